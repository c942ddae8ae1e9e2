"""The whole way over HTTP: paid on the provider's page, and its courier knocks at our door, three times, shuffled."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

import pytest

from marketplace.payments.gateways.stripe_events import SUBSCRIBED
from marketplace.payments.inbound import InboundState
from marketplace.payments.models import InboundEvent, PayIn
from marketplace.payments.services import inbox
from marketplace.payments.states import PayInState
from tests.cast import bo
from tests.payments.practice import Practice, books, opens, owes

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 60


def test_a_payment_over_the_wire(practice: Practice, live_server, settings):
    doors = {"account": "/webhooks/stripe/", "connect": "/webhooks/stripe/connect/"}
    secrets = {"account": settings.STRIPE_WEBHOOK_SECRET, "connect": settings.STRIPE_CONNECT_WEBHOOK_SECRET}
    practice.do(
        "endpoints",
        endpoints=[
            {
                "url": live_server.url + doors[scope],
                "secret": secrets[scope],
                "scope": scope,
                "events": sorted(SUBSCRIBED[scope]),
            }
            for scope in doors
        ],
    )
    practice.do("webhooks", duplicate=3, shuffle=True, shuffle_seconds=1)
    payer = bo()
    payin = opens(payer, owes(payer))
    form = urllib.parse.urlencode({"method": "pm_card_visa"}).encode()
    with pytest.raises(urllib.error.HTTPError) as gone:  # the page sends the browser back to the market
        urllib.request.build_opener(Stay).open(payin.instructions["url"], data=form, timeout=10)
    assert gone.value.code == 303 and gone.value.headers["Location"] == "https://m.test/back"
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and sum(InboundEvent.objects.values_list("deliveries", flat=True)) < 9:
        time.sleep(0.1)
    assert sorted(InboundEvent.objects.values_list("deliveries", flat=True)) == [3, 3, 3]
    assert PayIn.objects.get(pk=payin.pk).state == PayInState.WAITING  # kept, and nothing applied by the door itself
    assert inbox.apply_waiting() == 3
    assert PayIn.objects.get(pk=payin.pk).state == PayInState.RECEIVED
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {InboundState.APPLIED}
    assert books()["held USD"] == Decimal("-1000.00")


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None
