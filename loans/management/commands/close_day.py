"""python manage.py close_day [YYYY-MM-DD]: close a business day, and those missed before it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from loans.services.day_end import close_day
from marketplace.core import clock
from marketplace.core.errors import DomainError


class Command(BaseCommand):
    help = "Close a business day of all loans, today unless another is named, and every day missed before it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", nargs="?", type=date.fromisoformat, help="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = close_day(options["day"] or clock.today())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{run.business_date}: {run.loans} loans, {run.state}")
