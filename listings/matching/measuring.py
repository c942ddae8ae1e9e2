"""How good a ranking is, against judged answers.

nDCG@10: gain 2^grade − 1, discount log2(rank + 1), over the best order there could be (Järvelin and Kekäläinen 2002).
recall@20: share of the relevant documents among the first twenty. MRR: 1 / rank of the first relevant one of twenty.
Each is averaged over the queries of a kind; `macro` is the plain mean of the kinds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from statistics import fmean

MACRO = "macro"


@dataclass(frozen=True, slots=True)
class Figures:
    queries: int
    ndcg10: float
    recall20: float
    mrr: float


def measure_one(ranking: Sequence[str], grades: Mapping[str, int]) -> Figures:
    """One query: documents best first, and the grades of its relevant ones (all above 0, at least one)."""
    gained = sum((2 ** grades.get(one, 0) - 1) / log2(at + 2) for at, one in enumerate(ranking[:10]))
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:10]
    hits = [at for at, one in enumerate(ranking[:20], 1) if one in grades]
    return Figures(
        1,
        gained / sum(gain / log2(at + 2) for at, gain in enumerate(ideal)),
        len(hits) / len(grades),
        1 / hits[0] if hits else 0.0,
    )


def measure(
    kinds: Mapping[str, str], rankings: Mapping[str, Sequence[str]], grades: Mapping[str, Mapping[str, int]]
) -> dict[str, Figures]:
    """Figures by kind, and their macro mean. `kinds` names each query's kind; a query without an answer counts 0."""
    by_kind: dict[str, list[Figures]] = defaultdict(list)
    for query, kind in kinds.items():
        by_kind[kind].append(measure_one(rankings.get(query, ()), grades[query]))
    found = {kind: _mean(rows) for kind, rows in sorted(by_kind.items())}
    return {**found, MACRO: _mean(list(found.values()))}


def _mean(rows: Sequence[Figures]) -> Figures:
    return Figures(
        sum(row.queries for row in rows),
        fmean(row.ndcg10 for row in rows),
        fmean(row.recall20 for row in rows),
        fmean(row.mrr for row in rows),
    )
