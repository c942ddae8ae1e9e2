"""The inbox: what is genuine is kept once and applied by asking; what is not changes nothing and is seen."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from decimal import Decimal

import pytest
import stripe
import time_machine
from django.db import ProgrammingError, connection, transaction
from django.db.utils import IntegrityError
from django.test import Client

from marketplace.core import clock
from marketplace.core.errors import NotPermitted, ReasonMissing
from marketplace.core.models import Event
from marketplace.payments.gateways import stripe_events
from marketplace.payments.inbound import Doubt, InboundState
from marketplace.payments.models import InboundEvent, Journal, RefusedDelivery
from marketplace.payments.services import inbox
from marketplace.payments.services.payins import apply_payin
from marketplace.payments.states import PayInState, PayoutState
from tests.cast import bo, ines, ops, stranger
from tests.payments.practice import Practice, books, opens, owes, paid, payee_ready, pays_out

pytestmark = pytest.mark.django_db


def nothing_happened(payin) -> bool:
    payin.refresh_from_db()
    return payin.state == PayInState.WAITING and not Journal.objects.exists()


# ── kept and applied ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_event_is_kept_and_changes_nothing_until_it_is_applied(practice: Practice, waiting):
    received = practice.deliver(practice.event("checkout.session.completed"))
    assert (received.status, received.is_new, received.event.state) == (200, True, InboundState.RECEIVED)
    assert nothing_happened(waiting)
    applied = inbox.apply_event(received.event.pk)
    assert (applied.state, applied.about_kind, applied.about_id) == ("applied", "payments.payin", waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == PayInState.RECEIVED


def test_ten_deliveries_are_one_event_and_one_booking(practice: Practice, waiting):
    event = practice.event("payment_intent.succeeded")
    received = [practice.deliver(event) for _ in range(10)]
    assert [one.status for one in received] == [200] * 10
    assert [one.is_new for one in received] == [True] + [False] * 9
    for one in received:
        inbox.apply_event(one.event.pk)
    [kept] = InboundEvent.objects.all()
    assert kept.deliveries == 10
    assert books()["held USD"] == Decimal("-1000.00")


def test_figures_come_from_the_provider_and_never_from_the_event(practice: Practice, waiting):
    """Genuine, but with figures of its own: a thief of our secret could not make us book what Stripe does not have."""
    event = practice.event("checkout.session.completed")
    event["id"] = "evt_larger"
    event["data"]["object"] |= {"amount_total": 99_999_999, "payment_status": "paid"}
    inbox.apply_event(practice.deliver(event).event.pk)
    assert books()["held USD"] == Decimal("-1000.00")


def test_an_event_that_says_paid_before_it_is(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    event = {
        "id": "evt_early",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": payin.external_id, "object": "checkout.session", "payment_status": "paid"}},
    }
    assert inbox.apply_event(practice.deliver(event).event.pk).state == InboundState.APPLIED
    assert nothing_happened(payin)


def test_what_a_bank_payout_event_claims_is_asked(practice: Practice):
    payer, payee = bo(), ines()
    paid(practice, payer)
    account = payee_ready(practice, payee)
    payout = pays_out(payee, "900.00")
    practice.do("settle")
    practice.do("payout", account=account, currency="usd")
    event = practice.event("payout.paid") | {"id": "evt_lie", "type": "payout.failed"}
    event["data"]["object"]["status"] = "failed"
    assert inbox.apply_event(practice.deliver(event).event.pk).state == InboundState.APPLIED
    payout.refresh_from_db()
    assert payout.state == PayoutState.PAID
    assert practice.fake.every("transfer_reversal") == []


def test_an_event_no_handler_wants_is_set_down_as_such(practice: Practice, waiting):
    received = practice.deliver(practice.event("payment_intent.created"))
    assert (received.status, received.event.state) == (200, InboundState.IGNORED)
    assert inbox.apply_event(received.event.pk).state == InboundState.IGNORED


def test_an_event_before_our_own_answer_waits_for_it(practice: Practice, waiting):
    """The answer that names the session was lost: its event is kept, and applied once the name is known."""
    session = waiting.external_id
    type(waiting).objects.filter(pk=waiting.pk).update(external_id="")
    event = practice.deliver(practice.event("checkout.session.completed")).event
    postponed = inbox.apply_event(event.pk)
    assert (postponed.state, postponed.tries) == (InboundState.RECEIVED, 1)
    assert postponed.next_try_at > clock.now()
    assert inbox.apply_waiting() == 0
    type(waiting).objects.filter(pk=waiting.pk).update(external_id=session)
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert inbox.apply_waiting() == 1
    waiting.refresh_from_db()
    assert waiting.state == PayInState.RECEIVED


def test_a_provider_that_does_not_answer_postpones_and_after_twelve_times_asks_a_person(practice: Practice, waiting):
    event = practice.deliver(practice.event("checkout.session.completed")).event
    practice.do("faults", kind="drop_before", path="/v1/checkout/sessions/*", times=0)
    for tried in range(1, 12):
        assert inbox.apply_event(event.pk).tries == tried
    last = inbox.apply_event(event.pk)
    assert (last.state, last.doubt) == (InboundState.QUARANTINED, Doubt.NOT_APPLIED)
    practice.do("faults")
    inbox.retry_event(event_id=event.pk, by=ops().actor)
    assert inbox.apply_event(event.pk).state == InboundState.APPLIED


# ── at the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_forged_event_changes_nothing_and_is_seen(practice: Practice, waiting):
    event = practice.event("checkout.session.completed")
    assert practice.deliver(event, secret="whsec_guessed").status == 400
    assert practice.deliver(event, secret="whsec_connect", scope="account").status == 400  # the other endpoint's secret
    assert not InboundEvent.objects.exists() and nothing_happened(waiting)
    [row] = RefusedDelivery.objects.all()
    assert (row.doubt, row.count, row.last_address) == (Doubt.FORGED, 2, "192.0.2.7")
    assert Event.objects.filter(kind="refused_delivery.begin").count() == 1


@pytest.mark.parametrize("header", ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=", "nonsense", "t=1,v0=ab"])
def test_a_broken_signature_is_forged(practice: Practice, header: str):
    assert inbox.receive(scope="account", raw=b"{}", signature=header).status == 400
    assert RefusedDelivery.objects.get().doubt == Doubt.FORGED


def test_one_changed_byte_is_forged(practice: Practice, waiting):
    raw = json.dumps(practice.event("checkout.session.completed")).encode()
    signed = stripe.WebhookSignature.generate_signature_header(raw.decode(), "whsec_account")
    assert inbox.receive(scope="account", raw=raw.replace(b"paid", b"Paid", 1), signature=signed).status == 400
    assert inbox.receive(scope="account", raw=raw, signature=signed).status == 200


def test_a_stale_event_changes_nothing_and_is_seen(practice: Practice, waiting):
    event = practice.event("checkout.session.completed")
    assert practice.deliver(event, at=int(time.time()) - 301).status == 400
    assert RefusedDelivery.objects.get().doubt == Doubt.STALE
    assert nothing_happened(waiting)
    assert practice.deliver(event, at=int(time.time()) - 290).status == 200


def test_a_replayed_delivery_is_counted_and_then_stale(practice: Practice, waiting):
    """A recording of a genuine delivery: the same event within five minutes, refused after."""
    raw = json.dumps(practice.event("checkout.session.completed")).encode()
    signed = stripe.WebhookSignature.generate_signature_header(raw.decode(), "whsec_account")
    first = inbox.receive(scope="account", raw=raw, signature=signed)
    inbox.apply_event(first.event.pk)
    before = books()
    assert not inbox.receive(scope="account", raw=raw, signature=signed).is_new
    with time_machine.travel(time.time() + 400, tick=False):
        assert inbox.receive(scope="account", raw=raw, signature=signed).status == 400
    assert InboundEvent.objects.get().deliveries == 2
    assert RefusedDelivery.objects.get().doubt == Doubt.STALE
    assert books() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"id": "evt_1", "type": "x", "created": 1, "livemode": "no", "object": "event", "data": {"object": {}}}',
        b'{"id": "evt_1", "type": "x", "created": 1e400, "livemode": false, "data": {"object": {"object": "x"}}}',
        b'{"id": "", "type": "x", "created": 1, "livemode": true, "data": {"object": {"object": "x"}}}',
    ],
)
def test_what_is_signed_and_yet_no_event_is_refused(practice: Practice, raw: bytes):
    if raw.startswith(b"\xff"):
        assert inbox.receive(scope="account", raw=raw, signature="t=1,v1=00").status == 400
    else:
        assert practice.deliver(raw, scope="account").status == 400
    assert RefusedDelivery.objects.get().doubt == Doubt.MALFORMED


def test_the_door_over_http(practice: Practice, waiting, settings):
    browser = Client(enforce_csrf_checks=True)
    raw = json.dumps(practice.event("checkout.session.completed"))
    signed = stripe.WebhookSignature.generate_signature_header(raw, "whsec_account")
    send = {"content_type": "application/json", "headers": {"Stripe-Signature": signed}}
    assert browser.post("/webhooks/stripe/", raw, **send).status_code == 200
    assert browser.post("/webhooks/stripe/connect/", raw, **send).status_code == 400
    assert browser.get("/webhooks/stripe/").status_code == 405
    assert browser.post("/webhooks/stripe/", "x" * 600_000, **send).status_code == 413
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert browser.post("/webhooks/stripe/", raw, **send).status_code == 404


# ── quarantine ───────────────────────────────────────────────────────────────────────────────────────────────────────
def quarantined(received: inbox.Received, doubt: str) -> bool:
    """Kept, in quarantine for this reason, with an event that alerts the desk."""
    event = inbox.apply_event(received.event.pk)
    alerts = Event.objects.filter(kind="inbound_event.quarantine", subject_id=event.pk, data__doubt=doubt)
    return received.status == 200 and (event.state, event.doubt) == ("quarantined", doubt) and alerts.count() == 1


def test_an_event_of_the_other_mode(practice: Practice, waiting):
    event = practice.event("checkout.session.completed") | {"livemode": True}
    assert quarantined(practice.deliver(event), Doubt.OTHER_MODE)
    assert nothing_happened(waiting)


def test_an_event_of_a_connected_account_at_our_own_door(practice: Practice, waiting):
    event = practice.event("checkout.session.completed") | {"account": "acct_stranger"}
    assert quarantined(practice.deliver(event, scope="account"), Doubt.OTHER_ACCOUNT)
    assert nothing_happened(waiting)


def test_an_event_of_our_own_at_the_door_for_connected_accounts(practice: Practice, waiting):
    event = practice.event("checkout.session.completed")
    assert quarantined(practice.deliver(event, scope="connect"), Doubt.OTHER_ACCOUNT)


def test_an_event_of_an_account_that_is_none_of_ours(practice: Practice):
    practice.do("onboard", account=practice.account_of_a_stranger())
    assert quarantined(practice.deliver(practice.event("account.updated")), Doubt.OTHER_ACCOUNT)


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "charge.succeeded"])
@pytest.mark.parametrize("metadata", [{}, {"payin": "999999"}, {"payin": "1; drop"}, {"payin": "９"}])
def test_an_event_about_something_we_never_asked_for(practice: Practice, waiting, kind: str, metadata: dict):
    event = practice.event(kind) | {"id": "evt_other"}
    event["data"]["object"]["metadata"] = metadata
    assert quarantined(practice.deliver(event), Doubt.UNKNOWN_OBJECT)
    assert nothing_happened(waiting)


def test_a_charge_that_names_our_payment_and_is_not_its_charge(practice: Practice, waiting):
    apply_payin(waiting.pk)
    event = practice.event("charge.succeeded") | {"id": "evt_second"}
    event["data"]["object"]["id"] = "ch_second"
    assert quarantined(practice.deliver(event), Doubt.UNKNOWN_OBJECT)


@pytest.mark.parametrize("kind", ["refund.created", "transfer.created"])
def test_money_moved_by_hand_at_the_provider(practice: Practice, waiting, kind: str):
    """A refund or transfer made in the provider's dashboard carries no id of ours."""
    event = practice.event("charge.succeeded") | {"id": "evt_hand", "type": kind}
    event["data"]["object"] = {"id": "x_1", "object": kind.partition(".")[0], "metadata": {}}
    assert quarantined(practice.deliver(event), Doubt.UNKNOWN_OBJECT)


@pytest.mark.parametrize(
    ("fault", "doubt"),
    [({"kind": "wrong_amount", "by": -1}, Doubt.WRONG_AMOUNT), ({"kind": "wrong_currency"}, Doubt.WRONG_CURRENCY)],
)
def test_another_sum_or_currency_than_asked(practice: Practice, fault: dict, doubt: str):
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("faults", **fault)
    practice.do("pay", session=payin.external_id)
    assert quarantined(practice.deliver(practice.event("payment_intent.succeeded")), doubt)
    assert nothing_happened(payin)
    assert payin.note


def test_a_strangers_event_taken_out_of_quarantine_goes_back_into_it(practice: Practice, waiting):
    event = practice.event("checkout.session.completed") | {"account": "acct_stranger"}
    kept = practice.deliver(event, scope="account").event
    inbox.retry_event(event_id=kept.pk, by=ops().actor)
    assert inbox.apply_event(kept.pk).doubt == Doubt.OTHER_ACCOUNT
    assert nothing_happened(waiting)


def test_a_poison_event_does_not_hold_up_the_others(practice: Practice, waiting, monkeypatch):
    def breaks(*_args) -> list:
        raise LookupError("nobody foresaw this")

    monkeypatch.setitem(stripe_events.HANDLERS, ("account", "charge.succeeded"), breaks)
    poison = practice.deliver(practice.event("charge.succeeded")).event
    practice.deliver(practice.event("checkout.session.completed"))
    assert inbox.apply_waiting() == 2
    waiting.refresh_from_db()
    poison.refresh_from_db()
    assert waiting.state == PayInState.RECEIVED
    assert (poison.state, poison.tries) == (InboundState.RECEIVED, 1) and "nobody foresaw" in poison.note


def test_the_desk_decides_on_quarantine(practice: Practice, waiting):
    event = practice.deliver(practice.event("checkout.session.completed") | {"livemode": True}).event
    for outsider in (bo(), stranger()):
        with pytest.raises(NotPermitted):
            inbox.dismiss_event(event_id=event.pk, by=outsider.actor, reason="x")
        with pytest.raises(NotPermitted):
            inbox.retry_event(event_id=event.pk, by=outsider.actor)
    with pytest.raises(ReasonMissing):
        inbox.dismiss_event(event_id=event.pk, by=ops().actor, reason=" ")
    assert inbox.dismiss_event(event_id=event.pk, by=ops().actor, reason="rehearsal").state == InboundState.DISMISSED


def test_what_came_is_kept_as_it_came(practice: Practice, waiting):
    event = practice.deliver(practice.event("checkout.session.completed")).event
    for statement in ("UPDATE payments_inboundevent SET payload = '{}'", "DELETE FROM payments_inboundevent"):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert InboundEvent.objects.get().payload["id"] == event.external_id
