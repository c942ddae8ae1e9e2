"""Likeness of meaning, made comparable between languages.

A model for many languages places texts of one language nearer to each other than to anything else: by cosine alone
every answer in the need's own language comes before every answer in another. So a likeness is measured against the
listings of its own language: z = (cosine − mean) / deviation, both of this one need against all texts of that language.
They need no pass over the texts: for unit vectors with mean m and covariance C, the cosines of a need q have the mean
q·m and the variance qᵀCq.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from listings.matching.meaning import Vectors

SMALLEST_DEVIATION = 1e-6
FEWEST = 20
"""With fewer texts in a language there is nothing to measure against, and no likeness is given."""


@dataclass(frozen=True)
class Spread:
    """How the vectors of one language lie: their mean and covariance."""

    mean: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Vectors) -> Spread:
        return cls(vectors.mean(0, dtype=np.float64), np.cov(vectors, rowvar=False, bias=True, dtype=np.float64))

    def z(self, query: Vectors, cosines: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Cosines of one query as deviations from what this language's texts have on average."""
        asked = query.astype(np.float64)
        deviation = max(float(asked @ self.covariance @ asked), 0.0) ** 0.5
        z: npt.NDArray[np.float64] = (cosines - float(asked @ self.mean)) / max(deviation, SMALLEST_DEVIATION)
        return z


class Meanings:
    """The vectors of one language's texts, in memory, and the likeness of a need to each."""

    def __init__(self, ids: Sequence[int], vectors: Vectors) -> None:
        if len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids for {len(vectors)} vectors")
        self._ids = np.array(ids, np.int64)
        self._vectors = vectors
        self._rows = {number: row for row, number in enumerate(ids)}
        self._spread = Spread.of(vectors) if len(ids) >= FEWEST else None

    def __len__(self) -> int:
        return len(self._ids)

    def best(self, query: Vectors, limit: int) -> dict[int, float]:
        """Likeness z of the `limit` nearest texts."""
        if self._spread is None:
            return {}
        z = self._spread.z(query, self._vectors @ query)
        rows = np.argpartition(-z, limit)[:limit] if limit < len(z) else np.arange(len(z))
        return dict(zip(self._ids[rows].tolist(), z[rows].tolist(), strict=True))

    def of(self, query: Vectors, ids: Sequence[int]) -> dict[int, float]:
        """Likeness z of these texts; one without a vector is not in it."""
        rows = [self._rows[number] for number in ids if number in self._rows]
        if self._spread is None or not rows:
            return {}
        z = self._spread.z(query, self._vectors[rows] @ query)
        return dict(zip(self._ids[rows].tolist(), z.tolist(), strict=True))
