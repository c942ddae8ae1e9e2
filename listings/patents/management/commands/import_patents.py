"""Import patents from files and folders: the register's door for operators."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from listings.patents.reasons import NOT_PATENTS, sentence
from listings.patents.services.importing import Summary, import_paths
from listings.patents.services.indexing import beside
from marketplace.core.actor import SYSTEM

EVERY_S = 2.0


class Command(BaseCommand):
    requires_system_checks = ()  # they load every page of the site, which importing has no use for
    help = "Import patents from XML, CSV, XLSX, .gz and .zip files; folders are walked in depth."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout, nothing else")
        parser.add_argument(
            "--strict", action="store_true", help="refuse a whole file when one of its records is rejected"
        )
        parser.add_argument("--language", choices=("zh-hans", "en"), default="en", help="language of the reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"No such file or folder: {', '.join(missing)}", returncode=2)
        began, said = time.monotonic(), [0.0]

        def progress(summary: Summary) -> None:
            if time.monotonic() - said[0] >= EVERY_S:
                said[0] = time.monotonic()
                rate = summary.records / max(0.001, said[0] - began)
                self.stderr.write(f"{summary.records} records, {summary.rejected} rejected, {rate:.0f}/s")

        with translation.override(options["language"]):
            with beside():
                summary = import_paths(options["paths"], by=SYSTEM, strict=options["strict"], progress=progress)
            for one in summary.not_patents:
                self.stderr.write(f"{one.file}: {NOT_PATENTS.get(one.what, one.what)}")
            if options["json"]:
                self.stdout.write(json.dumps(summary.as_json(), ensure_ascii=False))
            else:
                self._say(summary)
        if summary.rejected:
            sys.exit(1)

    def _say(self, summary: Summary) -> None:
        for one in summary.rejections:
            place = one.file if one.line is None else f"{one.file}:{one.line}"
            self.stdout.write(f"{place} {one.number} {sentence(one.code, one.params)}")
        self.stdout.write(
            f"{summary.files} files, {summary.records} records: {summary.created} created, {summary.updated} updated, "
            f"{summary.unchanged} unchanged, {summary.rejected} rejected"
        )
