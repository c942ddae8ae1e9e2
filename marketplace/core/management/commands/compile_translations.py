"""Compile the catalogues of sentences that changed. Needs no gettext programs and no database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from marketplace.core.translations import catalogues, compile_room


class Command(BaseCommand):
    help = "Compile the Chinese catalogues under locale/ that are newer than their compiled form."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        done = sum(compile_room(path) for path in catalogues(Path(settings.BASE_DIR) / "locale"))
        self.stderr.write(f"{done} catalogues compiled.")
