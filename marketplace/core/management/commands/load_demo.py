"""Fill the market with its demo story, once."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from marketplace.core import demo
from marketplace.core.models import Subscription
from marketplace.core.relay import relay_all

MARK = "demo-data"


class Command(BaseCommand):
    help = "Load the demo data; with --once nothing happens when they are there. Refused in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do nothing when the demo was loaded before")
        parser.add_argument("--sign-ins", action="store_true", help="only print the demo sign-ins")
        parser.add_argument("--json", action="store_true", help="print the sign-ins as one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data are refused in production.")
        if not options["sign_ins"]:
            self.load(options["once"])
        if options["sign_ins"] or options["json"]:
            self.show(as_json=options["json"])

    def load(self, once: bool) -> None:
        with connection.cursor() as cursor:
            # Two loaders at once would double the story; the second waits and then finds it told.
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [MARK])
        try:
            if once and Subscription.objects.filter(name=MARK).exists():
                return
            for chapter in demo.chapters():
                self.stderr.write(f"Demo: {chapter.name}")
                chapter.load(lambda line: self.stderr.write(f"  {line}"))
            relay_all()
            Subscription.objects.get_or_create(name=MARK)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [MARK])

    def show(self, *, as_json: bool) -> None:
        rows = demo.sign_ins()
        if as_json:
            self.stdout.write(json.dumps([vars(row) for row in rows], ensure_ascii=False))
            return
        width = max((len(row.email) for row in rows), default=0)
        for row in rows:
            self.stdout.write(f"  {row.email:<{width}}  {row.who}  {row.note}".rstrip())
