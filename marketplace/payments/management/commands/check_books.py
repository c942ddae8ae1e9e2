"""Check the books; the exit code says whether they add up."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketplace.payments.services.books import check, check_and_tell


class Command(BaseCommand):
    help = "Derive every balance anew, compare it with the books and with the providers; exit code 1 on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")
        parser.add_argument("--keep", action="store_true", help="keep the result and tell the desk of a difference")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"]:
            row = check_and_tell()
            findings, figures, took_ms, is_clean = row.findings, row.figures, row.took_ms, row.is_clean
        else:
            report = check()
            findings = [vars(finding) for finding in report.findings]
            figures, took_ms, is_clean = report.figures, report.took_ms, report.is_clean
        if options["json"]:
            told = {"is_clean": is_clean, "findings": findings, "figures": figures, "took_ms": took_ms}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                self.stdout.write(
                    f"{finding['check']}: {finding['what']}: stands {finding['stands']}, should be {finding['should']}"
                )
            if is_clean:
                self.stdout.write(f"The books add up: {figures['journal']} journals, {figures['entry']} entries.")
        if not is_clean:
            raise CommandError(f"{len(findings)} differences in the books.")
