"""Import recorded assignments, security interests and releases: the operator's door for the USPTO's data."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from listings.rights.services.recordations import import_recordations


class Command(BaseCommand):
    help = "Import USPTO assignment XML (also in .gz and .zip); folders are walked in depth."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout, nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"No such file or folder: {', '.join(missing)}", returncode=2)
        summary = import_recordations(options["paths"])
        if options["json"]:
            self.stdout.write(json.dumps(summary.as_json(), ensure_ascii=False))
        else:
            for one in summary.refused:
                place = one.file if one.line is None else f"{one.file}:{one.line}"
                self.stdout.write(f"{place} {one.number} {one.code}")
            self.stdout.write(
                f"{summary.files} files, {summary.papers} papers: {summary.created} created, {summary.updated} updated,"
                f" {summary.unchanged} unchanged, {len(summary.refused)} refused; {summary.linked} of {summary.rights}"
                f" rights are in the register, {summary.entries} entries made"
            )
        if summary.refused:
            sys.exit(1)
