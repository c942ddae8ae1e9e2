"""Name every sentence without a Chinese translation, or with two; exit 1 when there is one."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from marketplace.core.translations import conflicting, sentences, translated


class Command(BaseCommand):
    help = "List sentences in code and templates that have no Chinese translation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--room", help="only sources whose path contains this word")

    def handle(self, *args: Any, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        known = translated(base / "locale")
        roots = [base / name for name in ("marketplace", "listings", "valuation", "loans", "templates")]
        missing: dict[tuple[str, str], str] = {}
        for one in sentences(roots, base):
            if (one.context, one.text) not in known and (not options["room"] or options["room"] in one.path):
                missing.setdefault((one.context, one.text), one.path)
        for (_context, text), path in sorted(missing.items(), key=lambda item: item[1]):
            self.stdout.write(f"{path}: {text!r}")
        clashes = conflicting(base / "locale")
        for (_context, text), rooms in sorted(clashes.items()):
            self.stdout.write(f"{text!r}: " + "; ".join(f"{room} {words!r}" for room, words in sorted(rooms.items())))
        if missing or clashes:
            self.stderr.write(f"{len(missing)} sentences without Chinese, {len(clashes)} that rooms say differently.")
            raise SystemExit(1)
        self.stderr.write("Every sentence has its Chinese, and only one.")
