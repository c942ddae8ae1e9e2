"""Write docs/rules.md from the rule book, the code and the tests."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from listings.rights.ruledoc import document


class Command(BaseCommand):
    help = "Write docs/rules.md from the rule book, the code and the tests."

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        path = root / "docs" / "rules.md"
        path.write_text(document(root), encoding="utf-8")
        self.stderr.write(f"{path} written.")
