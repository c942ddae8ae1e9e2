"""Words and meaning in one order.

score = share of the telling words answered + `MEANING` × likeness z, for each pair of a language the need speaks and a
language the listing speaks; the best pair counts. Where words of the two cannot be compared (no dictionary), the score
is `MEANING_ALONE` × z. Nothing else moves a listing here: no payment, no age.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from listings.matching.candidates import MOST_BY_WORDS, Question, questions
from listings.matching.meaning import Embedder, Vectors
from listings.matching.sides import LANGUAGES

MEANING = 0.05
"""One deviation of likeness is worth 5 % of the need's telling words. Any value from 0.03 to 0.08 ranks the public
benchmark within 0.01 of the best."""
MEANING_ALONE = 0.075
MOST_BY_MEANING = 200


class MeaningSide(Protocol):
    """The texts of one language by meaning: `normalising.Meanings`, or a store in the database."""

    def best(self, query: Vectors, limit: int) -> dict[int, float]: ...

    def of(self, query: Vectors, ids: list[int]) -> dict[int, float]: ...


@dataclass(frozen=True)
class Meaning:
    """A model and the texts it has read, by language."""

    model: Embedder
    sides: Mapping[str, MeaningSide]


@dataclass(frozen=True, slots=True)
class Answer:
    """One listing for one need: `words` is the share of the telling words answered, `likeness` the z of its meaning
    (None without a model or before the text was read), `wanted` and `offered` the languages they were compared in."""

    id: int
    score: float
    words: float
    likeness: float | None
    wanted: str
    offered: str


def rank(texts: Mapping[str, str], meaning: Meaning | None = None, limit: int = 50) -> list[Answer]:
    """The best listings for a need's texts (by language), best first; equal scores by id. Raises IndexNotReady."""
    return _best(texts, meaning, None)[:limit]


def rate(texts: Mapping[str, str], ids: Sequence[int], meaning: Meaning | None = None) -> list[Answer]:
    """These listings only, with the scores `rank` gives them; one that answers nothing is not there.

    Raises IndexNotReady.
    """
    return _best(texts, meaning, list(ids)) if ids else []


def _best(texts: Mapping[str, str], meaning: Meaning | None, among: list[int] | None) -> list[Answer]:
    asked = {(question.wanted, question.offered): question for question in questions(texts)}
    vectors = _read(texts, meaning)
    best: dict[int, Answer] = {}
    for wanted in LANGUAGES:
        for offered in LANGUAGES:
            question = asked.get((wanted, offered))
            side = meaning.sides.get(offered) if meaning is not None else None
            for answer in _pair((wanted, offered), question, side, vectors.get(wanted), among):
                known = best.get(answer.id)
                if known is None or answer.score > known.score:
                    best[answer.id] = answer
    return sorted(best.values(), key=lambda answer: (-answer.score, answer.id))


def _read(texts: Mapping[str, str], meaning: Meaning | None) -> dict[str, Vectors]:
    said = [(language, text) for language, text in texts.items() if text.strip()]
    if meaning is None or not said:
        return {}
    read = meaning.model.queries([text for _, text in said])
    return {language: vector for (language, _), vector in zip(said, read, strict=True)}


def _pair(
    languages: tuple[str, str],
    question: Question | None,
    side: MeaningSide | None,
    vector: Vectors | None,
    among: list[int] | None,
) -> list[Answer]:
    """Everything worth comparing between the need in one language and the listings in another or the same."""
    shares: dict[int, float] = {}
    likeness: dict[int, float] = {}
    if question is not None:
        shares = question.best(MOST_BY_WORDS) if among is None else question.shares(among)
    if side is not None and vector is not None:
        likeness = side.best(vector, MOST_BY_MEANING) if among is None else side.of(vector, among)
        if among is None:
            likeness |= side.of(vector, [number for number in shares if number not in likeness])
            if question is not None:
                shares |= question.shares([number for number in likeness if number not in shares])
    weight = MEANING_ALONE if question is None else MEANING
    return [
        Answer(
            number,
            shares.get(number, 0.0) + weight * likeness.get(number, 0.0),
            shares.get(number, 0.0),
            likeness.get(number),
            *languages,
        )
        for number in shares.keys() | likeness.keys()
    ]
