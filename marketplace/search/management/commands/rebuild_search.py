"""rebuild_search: make the search index anew from the database."""

import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.search import index
from marketplace.search.registry import UnknownCollection, provider


class Command(BaseCommand):
    help = "Make the search index anew from the database. The old one answers until the new one is in place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("collections", nargs="*", help="names; all of them when none is given")
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")
        parser.add_argument(
            "--if-needed", action="store_true", help="only those that are missing, outdated or unreadable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["collections"] or [one.name for one in index.collections()]
        answer = {}
        for name in names:
            try:
                provider(name)
            except UnknownCollection as error:
                raise CommandError(str(error)) from error
        for name in names:
            if options["if_needed"] and index.ready(name).is_ready:
                continue
            began = time.monotonic()
            bar = ProgressBar(name)
            try:
                documents = index.rebuild(name, bar.show)
            except index.IndexBusy as error:
                raise CommandError(str(error)) from error
            finally:
                bar.end()
            answer[name] = {"documents": documents, "seconds": round(time.monotonic() - began, 2)}
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        for name, done in answer.items():
            self.stdout.write(f"{name}: {done['documents']} documents in {done['seconds']} s")


class ProgressBar:
    """A line on stderr that grows, or lines now and then where that is no screen."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.expected = index.ready(name).documents
        self.on_screen = sys.stderr.isatty()
        self.last = 0.0

    def show(self, done: int) -> None:
        now = time.monotonic()
        if now - self.last < (0.2 if self.on_screen else 5.0):
            return
        self.last = now
        share = min(1.0, done / self.expected) if self.expected else None
        drawn = "" if share is None else f"[{'#' * int(30 * share):<30}] {share:4.0%} "
        print(f"{self.name} {drawn}{done:,}", end="\r" if self.on_screen else "\n", file=sys.stderr, flush=True)  # noqa: T201

    def end(self) -> None:
        if self.on_screen:
            print(file=sys.stderr)  # noqa: T201
