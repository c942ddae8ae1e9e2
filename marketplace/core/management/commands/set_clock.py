"""python manage.py set_clock 31: set a practice market's clock so many days further ahead."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.core import clock


class Command(BaseCommand):
    help = "Set the clock of a practice market (PRACTICE_CLOCK=1) so many days further ahead, or say where it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("days", nargs="?", type=int, default=0, help="days to add to what it is ahead already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["days"]:
                clock.set_ahead(clock.ahead() + timedelta(days=options["days"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{clock.now():%Y-%m-%d %H:%M} UTC, {clock.ahead().days} days ahead")
