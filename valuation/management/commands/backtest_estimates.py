"""How good the indicative estimates are: the model tried on this market's closed sales."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from valuation.estimate.model import fit
from valuation.estimate.sales import closed_sales
from valuation.estimate.services import refit


class Command(BaseCommand):
    help = "Leave each closed sale out in turn and print what the model would have said; --keep fits and stores it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--keep", action="store_true", help="store the fit where three sales or more are new")

    def handle(self, *args: Any, **options: Any) -> None:
        sales = closed_sales()
        self.stdout.write(f"{len(sales)} sales")
        if len(sales) >= 2:
            _made, test = fit(sales)
            for one in test.sales:
                mark = "inside" if one.is_inside else "outside"
                self.stdout.write(f"{one.number}\t{one.price:.2f}\t{one.low:.2f} – {one.high:.2f}\t{mark}")
            self.stdout.write(
                f"typical error {test.typical_error:.4f} (×{test.factor:.2f}), plain guess {test.plain_error:.4f}, "
                f"inside {100 * test.inside:.1f}%"
            )
        if options["keep"]:
            made = refit()
            self.stdout.write(f"stored: fit {made.pk}" if made is not None else "nothing stored: too little is new")
