"""`manage.py up`: the whole site in the foreground until Ctrl-C; `make run` calls it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.embedded import supervisor


class Command(BaseCommand):
    help = (
        "Start PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL are set), migrate, load the demo data once, run "
        "web, worker and beat, and stop everything on Ctrl-C. Environment: PORT, HOST, WEB_WORKERS, WORKER_PROCESSES."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(supervisor.main([]))
