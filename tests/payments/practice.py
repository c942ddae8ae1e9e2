"""Stripe in the tests: the practice provider over real HTTP, and deliveries signed as Stripe signs them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.money import Money
from marketplace.payments.fake_stripe.server import FakeStripe
from marketplace.payments.fake_stripe.webhooks import sign
from marketplace.payments.models import Entry, InboundEvent, Obligation, PayIn, Payout
from marketplace.payments.services import inbox
from marketplace.payments.services.connected import open_connected_account, refresh_account
from marketplace.payments.services.obligations import raise_obligation
from marketplace.payments.services.payins import begin_payin
from marketplace.payments.services.payouts import send_payout
from marketplace.payments.services.releases import Leg, release
from tests.cast import Part

SUBJECT = ("payments.rehearsal", 1)
Thing = dict[str, Any]


@dataclass
class Practice:
    """A running provider, and what the market does with it."""

    fake: FakeStripe

    def do(self, act: str, **given: Any) -> Any:
        return self.fake.do(act, **given)

    def events(self, *kinds: str) -> list[Thing]:
        """What the provider has told, oldest first."""
        return [one for one in self.fake.every("event")[::-1] if not kinds or one["type"] in kinds]

    def event(self, kind: str) -> Thing:
        """The latest event of a kind."""
        return self.events(kind)[-1]

    def calls(self) -> list[Thing]:
        """Every call made so far, newest first, with its key."""
        with self.fake.store.turn():
            return self.fake.store.calls()

    def account_of_a_stranger(self) -> str:
        """A connected account we know nothing of."""
        with self.fake.store.turn():
            made = self.fake.connect.create_account(country="SG", email="", metadata={}, kind="express")
        return str(made["id"])

    def deliver(
        self, event: Thing | bytes, *, secret: str = "", at: int | None = None, scope: str = ""
    ) -> inbox.Received:
        """Knock at the door as the provider does."""
        raw = event if isinstance(event, bytes) else json.dumps(event).encode()
        scope = scope or ("connect" if isinstance(event, dict) and event.get("account") else "account")
        signed = sign(raw, secret or inbox.secret_of(scope), int(time.time()) if at is None else at)
        return inbox.receive(scope=scope, raw=raw, signature=signed, address="192.0.2.7")

    def bring(self, *kinds: str) -> list[InboundEvent]:
        """Deliver and apply what has been told; each event once."""
        brought = []
        for event in self.events(*kinds):
            scope = "connect" if event.get("account") else "account"
            if kinds or (scope, event["type"]) in inbox.HANDLERS:
                received = self.deliver(event)
                assert received.status == 200 and received.event is not None
                brought.append(inbox.apply_event(received.event.pk))
        return brought


def owes(payer: Part, amount: str = "1000.00", currency: str = "USD", subject: tuple[str, int] = SUBJECT) -> Obligation:
    """`payer` has to pay for a matter."""
    return raise_obligation(
        purpose="price",
        subject=subject,
        payer_id=payer.organisation.pk,
        money=Money(Decimal(amount), currency),
        due_at=clock.now() + timedelta(days=10),
        title_zh="专利转让价款",
        title_en="Price of a patent",
        by=SYSTEM,
    )


def opens(payer: Part, obligation: Obligation) -> PayIn:
    """The payer chooses Stripe."""
    return begin_payin(obligation_id=obligation.pk, provider="stripe", by=payer.actor, return_url="https://m.test/back")


def paid(practice: Practice, payer: Part, amount: str = "1000.00", **more: Any) -> PayIn:
    """Opened, paid at the provider, and known here."""
    payin = opens(payer, owes(payer, amount, **more))
    practice.do("pay", session=payin.external_id)
    practice.bring("checkout.session.completed")
    payin.refresh_from_db()
    return payin


def payee_ready(practice: Practice, payee: Part) -> str:
    """The payee has an account at Stripe that can be paid. Returns its id there."""
    account = open_connected_account(organisation_id=payee.organisation.pk, country="SG", by=payee.actor)
    practice.do("onboard", account=account.external_id)
    refresh_account(account.pk)
    return account.external_id


def pays_out(payee: Part, amount: str, key: str = "release-1", subject: tuple[str, int] = SUBJECT) -> Payout:
    """Release to one payee, and the payout sent."""
    made = release(
        subject=subject, legs=[Leg(payee.organisation.pk, "price", Money(Decimal(amount), "USD"))], key=key, by=SYSTEM
    )
    return send_payout(made.payouts.get().pk)


def books() -> dict[str, Decimal]:
    """Every balance, derived from the entries: {"held USD": …}."""
    sums: dict[str, Decimal] = {}
    for kind, currency, amount in Entry.objects.values_list("account__kind", "account__currency", "amount"):
        sums[f"{kind} {currency}"] = sums.get(f"{kind} {currency}", Decimal("0.00")) + amount
    return {name: total for name, total in sorted(sums.items()) if total}
