"""Follow the events into the search index until stdin closes; import_patents runs this beside itself."""

import select
import sys
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.core import relay
from marketplace.core.memory import rarely_collected

NAME = "search"
PAUSE_S = 0.3


class Command(BaseCommand):
    requires_system_checks = ()  # the import that runs this has made them
    help = "Bring the search index up to date from the events until standard input is closed, then finish what is left."

    def handle(self, *args: Any, **options: Any) -> None:
        search = next((one for one in relay.subscribers() if one.name == NAME), None)
        if search is None:
            return
        with rarely_collected():
            while True:
                ready, _, _ = select.select([sys.stdin], [], [], PAUSE_S)
                relay.relay_to(search)
                if ready:
                    return
