"""Asking the provider without its events, calls whose answer was lost, and what is checked at the start."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.core import clock
from marketplace.payments.gateways import stripe_checks, stripe_events
from marketplace.payments.models import InboundEvent, ProviderCall
from marketplace.payments.refusals import ProviderFails
from marketplace.payments.services import inbox, polling
from marketplace.payments.services.obligations import cancel_obligation
from marketplace.payments.services.payouts import send_payout
from marketplace.payments.states import CallState, PayInState, PayoutState
from tests.cast import bo, ines, ops
from tests.payments.practice import Practice, books, opens, owes, paid, payee_ready, pays_out

pytestmark = pytest.mark.django_db


# ── polling ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_without_any_webhook_the_market_still_learns_everything(practice: Practice):
    payer, payee = bo(), ines()
    payin = opens(payer, owes(payer))
    practice.do("pay", session=payin.external_id)
    assert polling.poll() == 3  # charge, intent, session
    inbox.apply_waiting()
    payin.refresh_from_db()
    assert payin.state == PayInState.RECEIVED
    account = payee_ready(practice, payee)
    payout = pays_out(payee, "900.00")
    practice.do("settle")
    bank_payout = practice.do("payout", account=account, currency="usd")
    practice.do("fail_payout", payout=bank_payout["id"])
    assert polling.poll() == 4  # transfer; account, bank payout paid, and failed
    inbox.apply_waiting()
    payout.refresh_from_db()
    assert payout.state == PayoutState.FAILED
    assert polling.poll() == 1  # the reversal that this led to
    assert {one.source for one in InboundEvent.objects.all()} == {"poll"}
    inbox.apply_waiting()
    assert polling.poll() == 0


def test_polling_does_not_count_as_a_delivery_nor_double_one(practice: Practice, waiting):
    practice.deliver(practice.event("checkout.session.completed"))
    assert polling.poll() == 2
    assert polling.poll() == 0
    assert set(InboundEvent.objects.values_list("deliveries", flat=True)) == {1}


def test_an_account_that_cannot_be_asked_does_not_hold_up_the_others(practice: Practice, waiting):
    payee_ready(practice, ines())
    practice.do("faults", kind="drop_before", path="/v1/events", times=1)
    assert polling.poll() == 1  # our own account failed; the connected one's was read
    assert polling.poll() == 3


def test_an_open_payment_is_asked_after(practice: Practice, waiting):
    assert polling.open_payins() == []
    with clock.at(clock.now() + timedelta(minutes=3)):
        assert polling.open_payins() == [waiting.pk]
        polling.ask_payin(waiting.pk)
        assert polling.open_payins() == []
    waiting.refresh_from_db()
    assert waiting.state == PayInState.RECEIVED


def test_a_page_nobody_is_to_pay_on_any_more_is_closed(practice: Practice):
    payer = bo()
    obligation = owes(payer)
    payin = opens(payer, obligation)
    cancel_obligation(obligation_id=obligation.pk, by=ops().actor)
    assert polling.abandoned_payins() == [payin.pk]
    polling.close_payin(payin.pk)
    assert practice.fake.every("checkout.session")[0]["status"] == "expired"
    assert polling.abandoned_payins() == []


def test_money_that_came_before_the_page_was_closed_is_booked_as_owed_back(practice: Practice):
    payer = bo()
    obligation = owes(payer)
    payin = opens(payer, obligation)
    practice.do("pay", session=payin.external_id)
    cancel_obligation(obligation_id=obligation.pk, by=ops().actor)
    polling.close_payin(payin.pk)
    assert books() == {
        "clearing USD": Decimal("970.70"),
        "provider_fee USD": Decimal("29.30"),
        "suspense USD": Decimal("-1000.00"),
    }


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("fault", ["drop_after", "error_500_after", "drop_before"])
def test_a_lost_answer_makes_one_transfer(practice: Practice, fault: str):
    payer, payee = bo(), ines()
    paid(practice, payer)
    payee_ready(practice, payee)
    practice.do("faults", kind=fault, path="/v1/transfers")
    payout = pays_out(payee, "900.00")
    assert payout.state == PayoutState.PREPARED
    assert ProviderCall.objects.get(operation="payout.submit").state == CallState.UNKNOWN
    assert send_payout(payout.pk).state == PayoutState.PAID
    assert len(practice.fake.every("transfer")) == 1


def test_the_key_is_kept_before_the_call(practice: Practice):
    payer, payee = bo(), ines()
    paid(practice, payer)
    payee_ready(practice, payee)
    payout = pays_out(payee, "900.00")
    [call] = [one for one in practice.calls() if one["path"] == "/v1/transfers"]
    kept = ProviderCall.objects.get(operation="payout.submit")
    assert call["key"] == kept.key == f"payout:{payout.pk}:1"


def test_after_a_day_nobody_sends_again(practice: Practice):
    """The provider may have forgotten the key: a second try could be a second transfer (invariant 29)."""
    payer, payee = bo(), ines()
    paid(practice, payer)
    payee_ready(practice, payee)
    practice.do("faults", kind="drop_before", path="/v1/transfers")
    payout = pays_out(payee, "900.00")
    with clock.at(clock.now() + timedelta(hours=25)):
        send_payout(payout.pk)
    payout.refresh_from_db()
    assert (payout.state, payout.note) == (PayoutState.PREPARED, "ask_by_hand")
    assert practice.fake.every("transfer") == []


def test_after_a_day_what_was_carried_out_is_found(practice: Practice):
    payer, payee = bo(), ines()
    paid(practice, payer)
    payee_ready(practice, payee)
    practice.do("faults", kind="drop_after", path="/v1/transfers")
    payout = pays_out(payee, "900.00")
    practice.do("clock", advance_seconds=25 * 3600)
    with clock.at(clock.now() + timedelta(hours=25)):
        assert send_payout(payout.pk).state == PayoutState.PAID
    assert len(practice.fake.every("transfer")) == 1


def test_a_session_whose_answer_was_lost_is_the_same_one_the_next_time(practice: Practice):
    payer = bo()
    obligation = owes(payer)
    practice.do("faults", kind="drop_after", path="/v1/checkout/sessions")
    with pytest.raises(ProviderFails):
        opens(payer, obligation)
    payin = opens(payer, obligation)
    assert [one["id"] for one in practice.fake.every("checkout.session")] == [payin.external_id]


# ── at the start ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_event_subscribed_to_is_handled_and_no_other(monkeypatch):
    assert stripe_events.handled() == stripe_events.SUBSCRIBED
    assert stripe_checks.every_subscribed_event_is_handled(None) == []
    monkeypatch.delitem(stripe_events.HANDLERS, ("connect", "payout.failed"))
    monkeypatch.setitem(stripe_events.HANDLERS, ("account", "radar.early_fraud_warning.created"), lambda *_: [])
    assert [one.id for one in stripe_checks.every_subscribed_event_is_handled(None)] == ["payments.E001"] * 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"PRODUCTION": True, "STRIPE_IS_FAKE": True}, {"payments.E002"}),
        ({"PRODUCTION": True, "STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_API_BASE": ""}, {"payments.E003"}),
        (
            {
                "PRODUCTION": True,
                "STRIPE_SECRET_KEY": "sk_test_1",
                "STRIPE_API_BASE": "",
                "STRIPE_ALLOW_TEST_KEY": True,
            },
            set(),
        ),
        (
            {"PRODUCTION": True, "STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_API_BASE": "http://127.0.0.1:1"},
            {"payments.E004"},
        ),
        ({"PRODUCTION": True, "STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_API_BASE": ""}, set()),
        ({"STRIPE_SECRET_KEY": "sk_live_1"}, {"payments.E005"}),
        ({"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": ""}, {"payments.W001"}),
        ({"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_COUNTRY": "HK"}, {"payments.W002"}),
    ],
)
def test_keys_fit_the_place(settings, given: dict, expected: set):
    settings.STRIPE_IS_FAKE = False
    settings.STRIPE_WEBHOOK_SECRET = settings.STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_x"
    for name, value in given.items():
        setattr(settings, name, value)
    assert {one.id for one in stripe_checks.stripe_keys_fit(None)} == expected
