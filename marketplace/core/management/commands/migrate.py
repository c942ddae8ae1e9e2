"""`migrate`, as the framework has it, in a fraction of the time on a new database."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from marketplace.core.migrating import options_in_place


class Command(migrate.Command):
    """Apply migrations."""

    def handle(self, *args: Any, **options: Any) -> None:
        with options_in_place():
            super().handle(*args, **options)
