"""A judged collection of texts and needs, asked through the pipeline of the product in an index of its own.

corpus.jsonl.gz   id, lang, title, text          what is offered
queries.jsonl     id, kind, lang, text, source   needs; `source` is never an answer to its own need
qrels.tsv         query, document, grade         the judgements
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from listings.matching.keeping import KeptVectors, Progress
from listings.matching.meaning import Embedder
from listings.matching.normalising import Meanings
from listings.matching.ranking import Meaning, rank
from listings.matching.sides import LANGUAGES, Offered, SideProvider, collections
from marketplace.search import index
from marketplace.search.registry import provider as registered

ANSWERS = 50
"""Answers kept of each need; twenty are measured."""


@dataclass(frozen=True, slots=True)
class Text:
    id: str
    language: str
    title: str
    body: str

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.body}".strip()


@dataclass(frozen=True, slots=True)
class Need:
    id: str
    kind: str
    language: str
    text: str
    source: str | None


class Collected:
    """The files of one benchmark. Raises OSError, ValueError (a line that is not as described above)."""

    def __init__(self, folder: Path) -> None:
        with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
            self.texts = [Text(r["id"], r["lang"], r.get("title") or "", r["text"]) for r in map(json.loads, lines)]
        with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        self.needs = [Need(r["id"], r["kind"], r["lang"], r["text"], r.get("source")) for r in rows]
        self.grades = _grades(folder / "qrels.tsv", {need.id: need.source for need in self.needs})


def _grades(file: Path, sources: Mapping[str, str | None]) -> dict[str, dict[str, int]]:
    """Grades above 0 by query and document, without each query's own source."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with file.open(encoding="utf-8") as lines:
        for line in filter(str.strip, lines):
            query, document, grade = line.rstrip("\n").split("\t")
            if int(grade) > 0 and document != sources.get(query):
                found[query][document] = max(int(grade), found[query].get(document, 0))
    return found


class CorpusSource:
    """The texts of a benchmark as offered ones, numbered by their place."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._texts = texts

    def offered(self, ids: Sequence[int]) -> Iterable[Offered]:
        for number in ids:
            text = self._texts[number]
            yield Offered(number, 1, {text.language: (text.title, text.body)})

    def versions(self, language: str) -> Iterator[tuple[int, int]]:
        return ((number, 1) for number, text in enumerate(self._texts) if text.language == language)


@contextmanager
def scratch_sides(folder: Path, source: CorpusSource) -> Iterator[None]:
    """The sides of the market made of these texts, in this folder, in the place of the site's own until the end."""
    sides = collections()
    names = {side.name for side in sides}
    before = [(known, registered(known.name)) for known in index.collections() if known.name in names]
    kept_in = index.use_directory(folder)
    try:
        for side in sides:
            index.register(side, SideProvider(side.name, source))
            index.rebuild(side.name)
        yield
    finally:
        index.use_directory(kept_in)
        for side in sides:
            index.unregister(side.name)
        for known, provider in before:
            index.register(known, provider)


def read_meaning(
    texts: Sequence[Text], needs: Sequence[Need], model: Embedder, file: Path, progress: Progress | None = None
) -> tuple[Meaning, KeptVectors]:
    """Read every text and need with the model, or from the file; the second is to be closed."""
    kept = KeptVectors(file, model)
    kept.queries([need.text for need in needs])
    vectors = kept.passages([text.whole for text in texts], progress)
    sides = {}
    for language in LANGUAGES:
        rows = [row for row, text in enumerate(texts) if text.language == language]
        sides[language] = Meanings(rows, vectors[rows])
    return Meaning(kept, sides), kept


def answers(collected: Collected, need: Need, meaning: Meaning | None) -> list[tuple[str, float]]:
    """(document, score) of the best answers to one need, its own source left out."""
    ranked = rank({need.language: need.text}, meaning, limit=ANSWERS + 1)
    named = [(collected.texts[answer.id].id, answer.score) for answer in ranked]
    return [(document, score) for document, score in named if document != need.source][:ANSWERS]
