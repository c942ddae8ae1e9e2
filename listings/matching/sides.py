"""The sides of the market: the texts that can be answered with, by language, each side an index of its own.

A side of its own gives a language its own word rarities and lengths, and lets answers in one language be compared with
answers in the other. The third side holds Chinese texts in English words, for English needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from listings.matching.dictionary import Dictionary, dictionary
from marketplace.search.fields import Collection, Document, Sort, Text
from marketplace.search.index import register
from marketplace.search.segment import analyse

ZH, EN = "zh", "en"
LANGUAGES = (ZH, EN)
CHINESE, ENGLISH, GLOSS = "matching_zh", "matching_en", "matching_gloss"
SIDES = {ZH: CHINESE, EN: ENGLISH}
TITLE_BOOST = 1


@dataclass(frozen=True, slots=True)
class Offered:
    """What a listing says: for each language it speaks, its title and the rest."""

    id: int
    version: int
    texts: Mapping[str, tuple[str, str]]
    published: int = 0


class Source(Protocol):
    """Where offered texts come from."""

    def offered(self, ids: Sequence[int]) -> Iterable[Offered]: ...

    def versions(self, language: str) -> Iterator[tuple[int, int]]:
        """(id, version) of what speaks this language."""
        ...


class SideProvider:
    """The documents of one side. A listing that does not speak its language is not in it: it would count among the
    texts that lack a word."""

    def __init__(self, side: str, source: Source, words: Callable[[], Dictionary | None] = dictionary) -> None:
        self._language = EN if side == ENGLISH else ZH
        self._is_gloss = side == GLOSS
        self._source = source
        self._dictionary = words

    def documents(self, ids: Sequence[int]) -> Iterable[Document]:
        known = self._dictionary() if self._is_gloss else None
        if self._is_gloss and known is None:
            return
        for offered in self._source.offered(ids):
            texts = offered.texts.get(self._language)
            if texts is None:
                continue
            title, body = texts if known is None else (known.gloss(analyse(text)[0].split()) for text in texts)
            yield Document(offered.id, offered.version, {"title": title, "body": body, "published": offered.published})

    def versions(self) -> Iterator[tuple[int, int]]:
        if self._is_gloss and self._dictionary() is None:
            return iter(())
        return self._source.versions(self._language)


def collections(
    subject: str = "", related: Mapping[str, Callable[[Sequence[int]], Iterable[int]]] | None = None
) -> list[Collection]:
    fields = (Text("title", TITLE_BOOST), Text("body"), Sort("published"))
    return [
        Collection(name, fields, default_sort="-published", subject=subject, related=related or {})
        for name in (CHINESE, ENGLISH, GLOSS)
    ]


def register_sides(source: Source, collections_: Iterable[Collection]) -> None:
    """Make the sides known to search, which then indexes, keeps and rebuilds them like any other collection."""
    for collection in collections_:
        register(collection, SideProvider(collection.name, source))
