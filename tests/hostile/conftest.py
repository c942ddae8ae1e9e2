"""Every test of this floor begins in the market's first language."""

from collections.abc import Iterator

import pytest
from django.conf import settings as market
from django.utils import translation


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    with translation.override(market.LANGUAGE_CODE):
        yield
