"""Matching: one listing against all standing needs, one need against all listings, and quality on a judged collection.

    python -m bench.matching [--scale 1.0]

Texts are those of bench.search. A need of the first part has four words of one listing; its rule is the number of its
words that the listing has, most first, equal ones by number, the first twenty. The floor is SQL over an array with a
GIN index, on the embedded PostgreSQL. A need of the second part is the text of a listing cut short, and the floor is
the bare engine asked for the same words. Times are medians of processor time, the database's own included.

MATCHING_BENCHMARK names a judged collection (see `evaluate_matching`); with MATCHING_EMBEDDINGS its texts are read by
that model as well, once, into MATCHING_SCRATCH.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import tantivy

from bench.harness import answer, cpu_of, figure, scale_from_arguments
from bench.search import Corpus
from marketplace.embedded.postgres import Cluster

NEEDS, LISTINGS = 100_000, 1_000_000
PROBES, FIRST = 40, 20
NEED_WORDS = 4
REPEATS = 5
"""The kernel counts a process's time in hundredths of a second."""
SQL = (
    "SELECT id, (SELECT count(*) FROM unnest(words) w WHERE w = ANY(%(said)s)) AS hits FROM need "
    "WHERE words && %(said)s ORDER BY hits DESC, id LIMIT 20"
)


class Offers:
    """The corpus of bench.search as offered texts."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def offered(self, ids: Sequence[int]) -> Iterable[Any]:
        from listings.matching.sides import Offered

        for number in ids:
            values = self.corpus.document(number).values
            yield Offered(number, 1, {"zh": (str(values["title"]), str(values["abstract"]))})

    def versions(self, language: str) -> Iterator[tuple[int, int]]:
        return self.corpus.versions() if language == "zh" else iter(())


def listing_words(corpus: Corpus, number: int) -> list[str]:
    from marketplace.search.segment import analyse

    values = corpus.document(number).values
    return sorted(set(analyse(f"{values['title']}\n{values['abstract']}")[0].split()))


def against_needs(corpus: Corpus, count: int) -> list[dict[str, Any]]:
    """One listing against `count` needs: ours, and SQL's, with the same answers."""
    from listings.matching.standing import Standing

    needs: list[tuple[int, list[str]]] = []
    for number in range(1, count + 1):
        words = listing_words(corpus, (number - 1) % corpus.count + 1)
        step = max(1, len(words) // (NEED_WORDS + 1))
        needs.append((number, words[step::step][:NEED_WORDS]))
    built = time.process_time()
    standing = Standing((number, dict.fromkeys(words, 1.0)) for number, words in needs)
    built = time.process_time() - built
    probes = [listing_words(corpus, 1 + at * 97 % corpus.count) for at in range(PROBES)]
    ours: list[float] = []
    found = []
    for words in probes:
        began = time.process_time()
        found.append(standing.best(dict.fromkeys(words, 1.0), FIRST))
        ours.append(time.process_time() - began)
    theirs, same = sql_side(needs, probes[: max(4, PROBES // 5)], found)
    ratio = statistics.median(theirs) / statistics.median(ours)
    return [
        figure("one listing against the needs, against SQL", ratio, "× faster", target="≥ 100", met=ratio >= 100),
        figure("  the same needs in the same order", same, "", target="all", met=same == len(theirs)),
        figure("  needs", count),
        figure("  ours", statistics.median(ours) * 1000, "ms"),
        figure("  SQL", statistics.median(theirs) * 1000, "ms"),
        figure("  turning the needs around", built, "s"),
    ]


def sql_side(
    needs: list[tuple[int, list[str]]], probes: list[list[str]], found: list[list[tuple[int, float]]]
) -> tuple[list[float], int]:
    """Processor seconds of each question, and how many were answered as we answer them."""
    folder = Path(tempfile.mkdtemp(prefix="bench-matching-"))
    folder.chmod(0o755)  # as root the server runs as somebody else, who must get in
    cluster = Cluster(folder, durable=False)
    running = cluster.start()
    took: list[float] = []
    same = 0
    try:
        with psycopg.connect(running.url(), autocommit=True) as connection:
            connection.execute("SET max_parallel_workers_per_gather = 0")
            connection.execute("SET jit = off")
            connection.execute("CREATE TABLE need (id int PRIMARY KEY, words text[])")
            with connection.cursor().copy("COPY need FROM STDIN") as copy:
                for row in needs:
                    copy.write_row(row)
            connection.execute("CREATE INDEX ON need USING gin (words)")
            connection.execute("ANALYZE need")
            backend = connection.info.backend_pid
            for words, ours in zip(probes, found, strict=False):
                rows = connection.execute(SQL, {"said": words}).fetchall()  # once to warm what it reads
                began = cpu_of([backend])
                for _ in range(REPEATS):
                    connection.execute(SQL, {"said": words}).fetchall()
                took.append((cpu_of([backend]) - began) / REPEATS)
                same += [row[0] for row in rows] == [number for number, _ in ours]
    finally:
        cluster.stop(running)
        shutil.rmtree(folder, ignore_errors=True)
    return took, same


def against_listings(corpus: Corpus) -> list[dict[str, Any]]:
    """One need against all listings, through the pipeline of the product and by the bare engine."""
    from listings.matching.benchmark import scratch_sides
    from listings.matching.candidates import questions
    from listings.matching.ranking import rank
    from listings.matching.sides import CHINESE
    from marketplace.search import index

    folder = Path(tempfile.mkdtemp(prefix="bench-matching-"))
    try:
        with scratch_sides(folder, Offers(corpus)):
            text = index.reader(CHINESE)
            engine = tantivy.Index.open(str(next((folder / CHINESE).glob("text-*"))))
            searcher = engine.searcher()
            needs = []
            for at in range(PROBES):
                values = corpus.document(1 + at * 7919 % corpus.count).values
                needs.append(str(values["abstract"])[:80])
            ours, bare = [], []
            for need in needs:
                words = list(questions({"zh": need})[0].asked.boosts)
                each = [
                    (tantivy.Occur.Should, tantivy.Query.term_query(engine.schema, "text", word, "freq"))
                    for word in words
                ]
                began = time.process_time()
                searcher.search(tantivy.Query.boolean_query(each), FIRST)
                bare.append(time.process_time() - began)
                began = time.process_time()
                rank({"zh": need}, limit=FIRST)
                ours.append(time.process_time() - began)
            documents = len(text)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ratio = statistics.median(ours) / statistics.median(bare)
    return [
        figure("one need against the listings ÷ bare engine, p50", ratio, "×", target="≤ 1.5", met=ratio <= 1.5),
        figure("  listings", documents),
        figure("  ours", statistics.median(ours) * 1000, "ms"),
        figure("  bare engine", statistics.median(bare) * 1000, "ms"),
    ]


def quality() -> list[dict[str, Any]]:
    """nDCG@10 of the judged collection by kind, and what words, dictionary and meaning bring."""
    said = os.environ.get("MATCHING_BENCHMARK")
    if not said:
        return []
    from django.conf import settings
    from django.test.utils import override_settings

    from listings.matching.benchmark import Collected, CorpusSource, answers, read_meaning, scratch_sides
    from listings.matching.meaning import embedder
    from listings.matching.measuring import MACRO, measure

    collected = Collected(Path(said))
    scratch = Path(os.environ.get("MATCHING_SCRATCH") or tempfile.mkdtemp(prefix="bench-matching-"))
    model = embedder()
    meaning = kept = None
    if model is not None:
        meaning, kept = read_meaning(collected.texts, collected.needs, model, scratch / "vectors.sqlite3")
    kinds = {need.id: need.kind for need in collected.needs}
    rows = []
    variants = [("words", "none", None, 0.49), ("words and dictionary", settings.MATCHING_DICTIONARY, None, 0.49)]
    if meaning is not None:
        variants.append(("words and meaning", "none", meaning, None))
        variants.append(("words, dictionary and meaning", settings.MATCHING_DICTIONARY, meaning, 0.66))
    for name, words, read, target in variants:
        with override_settings(MATCHING_DICTIONARY=words), scratch_sides(scratch, CorpusSource(collected.texts)):
            runs = {need.id: [d for d, _ in answers(collected, need, read)] for need in collected.needs}
        found = measure(kinds, runs, collected.grades)
        macro = found[MACRO].ndcg10
        rows.append(
            figure(
                f"nDCG@10, {name}",
                macro,
                target=f"≥ {target}" if target else "",
                met=macro >= target if target else None,
            )
        )
        rows += [figure(f"  {kind}", one.ndcg10) for kind, one in found.items() if kind != MACRO]
    if kept is not None:
        kept.close()
    return rows


def run(scale: float) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from django.test.utils import override_settings

    corpus = Corpus(max(2_000, int(LISTINGS * scale)))
    print("needs", file=sys.stderr)
    figures = against_needs(corpus, max(2_000, int(NEEDS * scale)))
    print("listings", file=sys.stderr)
    with override_settings(MATCHING_DICTIONARY="none"):  # the words of the corpus mean nothing
        figures += against_listings(corpus)
    figures += quality()
    answer("Synthetic listings of some 85 words; needs of four words, and of eighty characters.", figures)


if __name__ == "__main__":
    run(scale_from_arguments())
