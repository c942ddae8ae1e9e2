"""Which listings a need should be held against: the best of every side by words, and by meaning where there is a model.

Words of both texts are compared as the share of the best answer there could be: 1 would be a very short text that
repeats every telling word of the need. That share means the same on every side of the market, so answers in the need's
own language and answers through the dictionary stand in one list; a plain score does not, since a side with rarer words
gives more points for the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from listings.matching.dictionary import Dictionary, dictionary
from listings.matching.sides import CHINESE, EN, ENGLISH, GLOSS, ZH
from listings.matching.terms import Asked, telling, telling_in_english, telling_in_gloss
from marketplace.search.index import reader
from marketplace.search.text import TextReader

MOST_BY_WORDS = 200


@dataclass(frozen=True, slots=True)
class Question:
    """A text asked of one side: which words, and in which language of the listings the answers are."""

    wanted: str
    offered: str
    side: TextReader
    asked: Asked

    def best(self, limit: int) -> dict[int, float]:
        return self._shares(self.side.weighed(self.asked.boosts, limit))

    def shares(self, ids: Sequence[int]) -> dict[int, float]:
        """The same for these listings only; one that has none of the words is not in it."""
        return self._shares(self.side.weighed(self.asked.boosts, len(ids), ids)) if ids else {}

    def _shares(self, scores: Sequence[tuple[int, float]]) -> dict[int, float]:
        ceiling = self.asked.ceiling
        return {number: score / ceiling for number, score in scores}


def questions(texts: Mapping[str, str], words: Callable[[], Dictionary | None] = dictionary) -> list[Question]:
    """A need as questions to every side. `texts` maps languages to what the need says in each; a language the need
    speaks itself is asked in its own words only, a dictionary's being worse. Raises IndexNotReady."""
    known = words()
    asked: list[Question] = []
    for wanted, side in ((ZH, reader(CHINESE)), (EN, reader(ENGLISH))):
        if text := texts.get(wanted, ""):
            asked.append(Question(wanted, wanted, side, telling(text, side)))
    if known is not None and texts.get(ZH) and not texts.get(EN):
        english = reader(ENGLISH)
        asked.append(Question(ZH, EN, english, telling_in_english(texts[ZH], english, known)))
    if known is not None and texts.get(EN) and not texts.get(ZH):
        gloss = reader(GLOSS)
        asked.append(Question(EN, ZH, gloss, telling_in_gloss(texts[EN], gloss)))
    return [question for question in asked if question.asked.ceiling > 0]
