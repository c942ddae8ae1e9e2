"""Sales closed before this market kept its books here, from a table."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.core.actor import SYSTEM
from marketplace.core.errors import BadInput
from valuation.estimate.entering import COLUMNS, enter_past_sales


class Command(BaseCommand):
    help = (
        f"Enter sales of single patents from a CSV file in UTF-8 with the columns {', '.join(COLUMNS)}; amounts in "
        "yuan, days as 2026-01-31. All rows are kept or none; what is kept already is left as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as source:
                made = enter_past_sales(csv.DictReader(source), by=SYSTEM)
        except OSError as error:
            raise CommandError(str(error)) from error
        except BadInput as refusal:
            raise CommandError(f"{refusal.field}: {refusal.message}") from refusal
        self.stdout.write(f"{made} sales entered")
