"""Write docs/lifecycles.md from the graphs in the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from marketplace.core.diagrams import document


class Command(BaseCommand):
    help = "Write docs/lifecycles.md from the graphs in the code."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "lifecycles.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(document(), encoding="utf-8")
        self.stderr.write(f"{path} written.")
