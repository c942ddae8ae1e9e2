"""Vectors kept in a file under the hash of their text, so that a model reads a text once."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from listings.matching.meaning import AT_ONCE, Embedder, Vectors

Progress = Callable[[int, int], None]


def text_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


class KeptVectors:
    """The vectors of one model in a file; each batch is safe once it is embedded, so a killed run goes on from there.

    Queries and passages are kept apart: a model may read the same text differently.
    """

    def __init__(self, file: Path, model: Embedder) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._model = model
        self._rows = sqlite3.connect(file)
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS kept (model TEXT, is_query INTEGER, hash BLOB, vector BLOB,"
            " PRIMARY KEY (model, is_query, hash)) WITHOUT ROWID"
        )

    @property
    def name(self) -> str:
        return self._model.name

    def passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """As of the model, from the file where it has been read before. `progress` is told texts read and to read."""
        return self._vectors(texts, is_query=False, progress=progress)

    def queries(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self._vectors(texts, is_query=True, progress=progress)

    def close(self) -> None:
        self._rows.close()

    def _vectors(self, texts: Sequence[str], *, is_query: bool, progress: Progress | None) -> Vectors:
        hashes = [text_hash(text) for text in texts]
        found: dict[bytes, Vectors] = {}
        for one in dict.fromkeys(hashes):
            row = self._rows.execute(
                "SELECT vector FROM kept WHERE model = ? AND is_query = ? AND hash = ?",
                (self._model.name, is_query, one),
            ).fetchone()
            if row is not None:
                found[one] = np.frombuffer(row[0], np.float32)
        # Texts of about one length together: a batch takes as long as its longest text.
        missing = sorted({h: t for h, t in zip(hashes, texts, strict=True) if h not in found}.items(), key=_length)
        embed = self._model.queries if is_query else self._model.passages
        for at in range(0, len(missing), AT_ONCE):
            batch = missing[at : at + AT_ONCE]
            vectors = embed([text for _, text in batch])
            rows = [(self._model.name, is_query, h, v.tobytes()) for (h, _), v in zip(batch, vectors, strict=True)]
            with self._rows:
                self._rows.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", rows)
            found.update((h, vector) for (h, _), vector in zip(batch, vectors, strict=True))
            if progress:
                progress(at + len(batch), len(missing))
        return np.stack([found[one] for one in hashes]) if hashes else np.zeros((0, 0), np.float32)


def _length(row: tuple[bytes, str]) -> int:
    return len(row[1])
