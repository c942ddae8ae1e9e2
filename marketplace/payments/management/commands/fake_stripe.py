"""`manage.py fake_stripe`: the practice provider, while no real key is set. `manage.py up` keeps it running."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import translation

from marketplace.payments.fake_stripe.server import FakeStripe
from marketplace.payments.gateways.stripe_events import SUBSCRIBED


def endpoints() -> list[dict[str, Any]]:
    """The market's two webhook endpoints, as they would be set up at the provider."""
    with translation.override(settings.LANGUAGE_CODE):
        rows = (
            ("account", "stripe_webhook", settings.STRIPE_WEBHOOK_SECRET),
            ("connect", "stripe_connect_webhook", settings.STRIPE_CONNECT_WEBHOOK_SECRET),
        )
        return [
            {
                "url": settings.SITE_URL + reverse(name),
                "secret": secret,
                "scope": scope,
                "events": sorted(SUBSCRIBED[scope]),
            }
            for scope, name, secret in rows
        ]


class Command(BaseCommand):
    help = "Run the practice payment provider on FAKE_STRIPE_PORT, with its memory in RUN_DIR."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--public-url", default="", help="Where browsers reach it, when that is elsewhere.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.STRIPE_IS_FAKE:
            raise CommandError("A real Stripe key is set, so the practice provider stays off.")
        settings.RUN_DIR.mkdir(parents=True, exist_ok=True)
        # A server that listens everywhere is reached on the loopback unless told otherwise.
        shown = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(options["host"], options["host"])  # noqa: S104
        fake = FakeStripe(
            settings.RUN_DIR / "fake-stripe.sqlite",
            host="0.0.0.0" if options["host"] == "::" else options["host"],  # noqa: S104 - as the site is asked to
            port=settings.FAKE_STRIPE_PORT,
            public_url=options["public_url"] or f"http://{shown}:{settings.FAKE_STRIPE_PORT}",
        )
        fake.do("endpoints", endpoints=endpoints())
        fake.do("settings", country=settings.STRIPE_COUNTRY)
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        self.stderr.write(f"Practice provider at {fake.url}/")
        try:
            fake.serve()
        except KeyboardInterrupt:
            self.stderr.write("Practice provider stopped.")
