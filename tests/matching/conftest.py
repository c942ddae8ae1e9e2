from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from listings.matching.benchmark import Collected, CorpusSource, scratch_sides

from . import corpus


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[Collected]:
    """Our small market, indexed in a folder of its own."""
    market = Collected(corpus.write(tmp_path / "market"))
    with scratch_sides(tmp_path / "index", CorpusSource(market.texts)):
        yield market
