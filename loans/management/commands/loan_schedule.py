"""Schedules in bulk: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from loans.schedule.entry import answer_text


class Command(BaseCommand):
    help = (
        'Answer each line {"convention": …, "input": …} with its schedule {"rows": …, "totals": …}, in order; '
        'a line that cannot be taken is answered {"error": {code, field, message}} and the run goes on.'
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="JSON lines; standard input when it is left out or “-”")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["file"]
        if name in (None, "-"):
            self.answer_all(sys.stdin.buffer)
            return
        try:
            with Path(name).open("rb") as lines:
                self.answer_all(lines)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from error

    def answer_all(self, lines: IO[bytes]) -> None:
        """Each line is answered as soon as it is read, so a run may be piped and never holds the whole file.

        Every line has its answer, an empty one too, so that the n-th answer is always that of the n-th line.
        """
        for line in lines:
            self.stdout.write(orjson.dumps(answer_text(line)).decode())
