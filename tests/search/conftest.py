"""A collection of small documents kept in memory, and an index folder of its own for each test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from marketplace.search import index
from marketplace.search.index import Collection, Document, Exact, Facet, Range, Sort, Text

BANDS = (0, 100, 1000)

PAPERS = Collection(
    "papers",
    (
        Text("title", boost=3),
        Text("abstract"),
        Facet("kind"),
        Facet("ways", multi=True),
        Facet("ipc", multi=True, tree=(1, 3, 4)),
        Exact("numbers"),
        Range("price", BANDS),
        Sort("price"),
        Sort("day"),
    ),
    default_sort="-day",
    subject="tests.paper",
)


class Papers:
    """The "database": documents by id."""

    def __init__(self) -> None:
        self.rows: dict[int, Document] = {}

    def put(self, number: int, *, version: int = 1, **values: str | Sequence[str] | int | None) -> Document:
        self.rows[number] = Document(number, version, values)
        return self.rows[number]

    def documents(self, ids: Sequence[int]) -> Iterable[Document]:
        return [self.rows[number] for number in ids if number in self.rows]

    def versions(self) -> Iterator[tuple[int, int]]:
        return iter([(row.id, row.version) for row in self.rows.values()])


@pytest.fixture
def papers(tmp_path: Path) -> Iterator[Papers]:
    kept = Papers()
    index.use_directory(tmp_path)
    index.register(PAPERS, kept)
    yield kept
    index.unregister(PAPERS.name)
    index.use_directory(None)
