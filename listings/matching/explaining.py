"""Why a listing answers a need: which words of the one are met by which words of the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from listings.matching.dictionary import Dictionary
from listings.matching.sides import EN, ZH
from listings.matching.terms import LONGEST_TEXT, SAME_LANGUAGE, THROUGH_DICTIONARY, Rarities
from marketplace.search.segment import HAN, analyse, is_han, normalise, query_terms, stem

MOST_LINKS = 8
_LATIN = re.compile(rf"[^\W{HAN}_]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Link:
    """A word of the need and the words of the listing that answer it, each as its text writes it.

    `share` is what the word is worth among all words of the need, from 0 to 1.
    """

    wanted: str
    offered: tuple[str, ...]
    share: float

    @property
    def percent(self) -> int:
        return round(100 * self.share)

    @property
    def is_same(self) -> bool:
        return self.offered == (self.wanted,)


def links(need: tuple[str, str], offer: tuple[str, str], side: Rarities, dictionary: Dictionary | None) -> list[Link]:
    """The answered words of a need, those worth most first, at most `MOST_LINKS`.

    `need` and `offer` are (language, text); `side` is the index of the need's language, which knows how rare its words
    are. Across languages nothing is answered without a dictionary.
    """
    language, text = need
    text = text[:LONGEST_TEXT]
    surfaces = _surfaces(text)
    power = SAME_LANGUAGE if language == offer[0] else THROUGH_DICTIONARY
    worth = {word: side.rarity(word) ** power for word in query_terms(text)}
    whole = sum(worth.values())
    answered = _answers(worth, need, offer, dictionary)
    found = [
        Link(surfaces.get(word, word), answered[word], value / whole)
        for word, value in worth.items()
        if word in answered
    ]
    return sorted(found, key=lambda link: -link.share)[:MOST_LINKS]


def _answers(
    wanted: Iterable[str], need: tuple[str, str], offer: tuple[str, str], dictionary: Dictionary | None
) -> dict[str, tuple[str, ...]]:
    """Words of the need, as the index has them, to the words of the offer that answer them."""
    words = dict.fromkeys(analyse(offer[1])[0].split())
    surfaces = _surfaces(offer[1])
    if need[0] == offer[0]:
        return {word: (surfaces.get(word, word),) for word in wanted if word in words}
    if dictionary is None:
        return {}
    found: dict[str, dict[str, None]] = {}
    if (need[0], offer[0]) == (ZH, EN):
        for word in wanted:
            for english, _share in dictionary.stems(word) if is_han(word) else ((word, 1.0),):
                if english in words:
                    found.setdefault(word, {})[surfaces.get(english, english)] = None
    elif (need[0], offer[0]) == (EN, ZH):
        asked = set(wanted)
        for word in words:
            for english, _share in dictionary.stems(word) if is_han(word) else ((word, 1.0),):
                if english in asked:
                    found.setdefault(english, {})[surfaces.get(word, word)] = None
    return {word: tuple(offered) for word, offered in found.items()}


def _surfaces(text: str) -> dict[str, str]:
    """Stems to the first word of the text that has them; Chinese words are their own."""
    found: dict[str, str] = {}
    for word in _LATIN.findall(normalise(text)):
        found.setdefault(stem(word), word)
    return found
