"""Needs that stand and wait, turned around: one new listing against all of them.

For every word, the needs that ask for it and how much of each need it is; a listing adds up the lists of its own words.
That is the sum the text engine makes for one need, made for all needs at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

K1, B = 1.2, 0.75
"""BM25's constants, as the text engine has them."""


def strengths(counts: Mapping[str, int], average_length: float) -> dict[str, float]:
    """How strongly a text speaks each of its words, from 0 to 1: BM25's tf / (tf + k1 (1 − b + b length / average))."""
    norm = K1 * (1 - B + B * sum(counts.values()) / max(average_length, 1.0))
    return {word: count / (count + norm) for word, count in counts.items()}


class Standing:
    """Standing needs by their words. `worth` maps a need's words to any positive numbers; only their shares count."""

    def __init__(self, needs: Iterable[tuple[int, Mapping[str, float]]]) -> None:
        codes: dict[str, int] = {}
        words, rows, shares = array("i"), array("i"), array("f")
        ids: list[int] = []
        for row, (number, worth) in enumerate(needs):
            ids.append(number)
            whole = sum(worth.values()) or 1.0
            for word, value in worth.items():
                words.append(codes.setdefault(word, len(codes)))
                rows.append(row)
                shares.append(value / whole)
        self._codes = codes
        self._ids = np.array(ids, np.int64)
        by_word = np.argsort(np.frombuffer(words, np.int32), kind="stable") if words else np.zeros(0, np.int64)
        counted = np.bincount(np.frombuffer(words, np.int32), minlength=len(codes)) if words else np.zeros(0, np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counted)]).astype(np.int64)
        self._rows = np.frombuffer(rows, np.int32)[by_word] if words else np.zeros(0, np.int32)
        self._shares = np.frombuffer(shares, np.float32)[by_word] if words else np.zeros(0, np.float32)

    def __len__(self) -> int:
        return len(self._ids)

    def best(self, spoken: Mapping[str, float], limit: int, least: float = 0.0) -> list[tuple[int, float]]:
        """(need, share of its words answered) for the needs a listing answers best, best first, equal ones by id.

        `spoken` maps the listing's words to how strongly it speaks them; `least` is the smallest share worth having.
        """
        lists: list[npt.NDArray[np.int32]] = []
        worth: list[npt.NDArray[np.float32]] = []
        for word, strength in spoken.items():
            code = self._codes.get(word)
            if code is not None:
                part = slice(self._starts[code], self._starts[code + 1])
                lists.append(self._rows[part])
                worth.append(self._shares[part] * np.float32(strength))
        if not lists:
            return []
        found = np.bincount(np.concatenate(lists), np.concatenate(worth), len(self._ids))
        return self._top(np.asarray(found, np.float64), limit, least)

    def _top(self, found: npt.NDArray[np.float64], limit: int, least: float) -> list[tuple[int, float]]:
        rows = np.flatnonzero(found > least)
        if len(rows) > limit:
            edge = np.partition(found[rows], len(rows) - limit)[len(rows) - limit]
            rows = rows[found[rows] >= edge]  # with all that equal the last one, so that ids decide among them
        order = np.lexsort((self._ids[rows], -found[rows]))[:limit]
        return [(int(self._ids[row]), float(found[row])) for row in rows[order]]
