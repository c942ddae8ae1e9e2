"""Ask the whole database whether everything that must hold does."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.core import chain, invariants


class Command(BaseCommand):
    help = "Check rights, offers, deals and the chain over the events; exits 1 when something does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout, nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        chain.seal_events()
        answers = invariants.ask_all()
        holds = not any(one.broken for one in answers)
        if options["json"]:
            told = {"holds": holds, "invariants": [one.as_dict() for one in answers]}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for one in answers:
                self.stdout.write(f"{'holds ' if not one.broken else 'BROKEN'} {one.name} ({one.took_ms} ms)")
                for said in one.broken:
                    self.stdout.write(f"       {said}")
        if not holds:
            sys.exit(1)
