"""Value questions, one JSON object a line in, one answer a line out, in order. Needs no database."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from valuation.entry import MOST_LINE_BYTES, answer_line


class Command(BaseCommand):
    help = (
        'Answer {"method": …, "input": …}, one a line, from FILE or the standard input. A line that cannot be valued '
        'answers {"error": …} in its place and the run goes on.'
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="JSON lines; - or nothing is the standard input")
        parser.add_argument(
            "--lang",
            default=settings.LANGUAGE_CODE,
            choices=[code for code, _name in settings.LANGUAGES],
            help="language of refusals (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # JSON lines are, whatever the terminal's own encoding
        with translation.override(options["lang"]):
            if options["file"] == "-":
                self.answer(sys.stdin.buffer)
                return
            try:
                with Path(options["file"]).open("rb") as source:
                    self.answer(source)
            except OSError as error:
                raise CommandError(str(error)) from error

    def answer(self, source: IO[bytes]) -> None:
        """Each answer is out before the next line is read, so that another program can hold a conversation."""
        for line in lines(source):
            self.stdout.write(answer_line(line))
            self.stdout.flush()


def lines(source: IO[bytes]) -> Iterator[bytes]:
    """The lines of `source`; of one that is too long only the beginning, which is then no JSON."""
    while line := source.readline(MOST_LINE_BYTES):
        whole = line
        while len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
            line = source.readline(MOST_LINE_BYTES)
        yield whole
