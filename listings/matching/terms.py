"""The telling words of a text, and what each is worth when a side of the market is asked for it.

A word is worth its rarity among the texts that are asked (not among all: a Chinese word is rare in any market that is
mostly English), to the power of `SAME_LANGUAGE` where both texts are of one language, and to the power of 1 where
words come through a dictionary, which is not sure enough of its rarest ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from listings.matching.dictionary import Dictionary
from marketplace.search.segment import is_han, query_terms
from marketplace.search.text import BM25_CEILING

SAME_LANGUAGE = 1.5
THROUGH_DICTIONARY = 1.0
MOST_WORDS = 48
MOST_TRANSLATED = 64
LONGEST_TEXT = 4_000
"""Characters read of a text that asks; what follows repeats it."""


class Rarities(Protocol):
    """What is known of the words of one side: `marketplace.search.text.TextReader` is one."""

    def frequency(self, term: str) -> int: ...

    def rarity(self, term: str) -> float: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Words to ask a side for: the boost of each over its BM25 weight, and what each is worth."""

    boosts: Mapping[str, float]
    worth: Mapping[str, float]
    unasked: float = 0.0
    """What the words are worth that could not be asked for: nothing here answers them."""

    @property
    def ceiling(self) -> float:
        """The most that all of them together can score."""
        return BM25_CEILING * (sum(self.worth.values()) + self.unasked)


def telling(text: str, side: Rarities) -> Asked:
    """The most telling words of a text for a side of its own language. Words the side has never seen cannot be
    found, but count in the ceiling: a need that uses them is not fully answered by anything there."""
    return _asked(dict.fromkeys(query_terms(text[:LONGEST_TEXT]), 1.0), side, SAME_LANGUAGE, MOST_WORDS)


def telling_in_gloss(text: str, side: Rarities) -> Asked:
    """The most telling words of an English text for the glosses of Chinese texts."""
    return _asked(dict.fromkeys(query_terms(text[:LONGEST_TEXT]), 1.0), side, THROUGH_DICTIONARY, MOST_TRANSLATED)


def telling_in_english(text: str, side: Rarities, dictionary: Dictionary) -> Asked:
    """The most telling English words for a Chinese text: each Chinese word has one vote, shared among its senses.

    Translations the side has never seen are left out: they are wrong senses as often as missing answers. A word with
    no translation left counts as one that nothing answers, so that a small side does not seem to answer everything.
    """
    shares: dict[str, float] = defaultdict(float)
    unasked = 0.0
    for word in query_terms(text[:LONGEST_TEXT]):
        senses = dictionary.stems(word) if is_han(word) else ((word, 1.0),)
        seen = [(english, share) for english, share in senses if side.frequency(english)]
        for english, share in seen:
            shares[english] += share
        if not seen:
            unasked += side.rarity(word)
    found = _asked(shares, side, THROUGH_DICTIONARY, MOST_TRANSLATED)
    return replace(found, unasked=unasked)


def _asked(shares: Mapping[str, float], side: Rarities, power: float, most: int) -> Asked:
    rarities = {word: side.rarity(word) for word in shares}
    worth = {word: share * rarities[word] ** power for word, share in shares.items()}
    kept = sorted(worth, key=lambda word: (-worth[word], word))[:most]
    return Asked(
        {word: shares[word] * rarities[word] ** (power - 1) for word in kept}, {word: worth[word] for word in kept}
    )
