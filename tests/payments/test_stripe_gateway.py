"""Stripe's library against the practice provider: paying in, paying out, refunds, disputes, late failures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.core.actor import SYSTEM
from marketplace.core.money import Money
from marketplace.payments.gateways import stripe_facts as facts
from marketplace.payments.gateways.ports import PayInProvider, PayOutProvider, providers
from marketplace.payments.gateways.stripe import StripeProvider
from marketplace.payments.inbound import InboundState
from marketplace.payments.models import Obligation, PayoutAccount
from marketplace.payments.services import inbox
from marketplace.payments.services.books import check
from marketplace.payments.services.payins import apply_payin
from marketplace.payments.services.payouts import retry_payout, send_payout
from marketplace.payments.services.refunds import refund, retry_refund, send_refund
from marketplace.payments.services.reversals import due_reversals, retry_reversal, send_reversal
from marketplace.payments.states import ObligationState, PayInState, PayoutState, RefundState, ReversalState
from tests.cast import Part, bo, ines, ops
from tests.payments.practice import Practice, books, opens, owes, paid, payee_ready, pays_out

pytestmark = pytest.mark.django_db


def test_it_is_a_provider_of_both_kinds():
    found = providers.get("stripe")
    assert isinstance(found, PayInProvider) and isinstance(found, PayOutProvider)


def test_paying_is_seen_only_by_asking(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    assert payin.state == PayInState.WAITING
    assert payin.instructions["url"].startswith(practice.fake.url)
    assert apply_payin(payin.pk).state == PayInState.WAITING  # coming back from the page proves nothing
    practice.do("pay", session=payin.external_id)
    payin = apply_payin(payin.pk)
    assert payin.state == PayInState.RECEIVED
    assert payin.obligation.state == ObligationState.PAID
    assert payin.charge_id.startswith("ch_")
    assert books() == {
        "clearing USD": Decimal("970.70"),
        "held USD": Decimal("-1000.00"),
        "provider_fee USD": Decimal("29.30"),
    }
    assert providers.get("stripe").balance().totals == {"USD": Decimal("970.70")}


def test_a_declined_card_leaves_the_payment_open_for_another(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    answer = practice.do("pay", session=payin.external_id, method="pm_card_chargeDeclined")
    assert answer["error"]["code"] == "card_declined"
    payin = apply_payin(payin.pk)
    assert payin.state == PayInState.WAITING
    assert payin.note == "Your card was declined."
    practice.do("pay", session=payin.external_id)
    assert apply_payin(payin.pk).state == PayInState.RECEIVED
    assert len(practice.fake.every("charge")) == 2  # the failed one and the good one


def test_three_d_secure_waits_for_the_payer(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("pay", session=payin.external_id, method="pm_card_threeDSecure2Required")
    assert apply_payin(payin.pk).state == PayInState.WAITING
    practice.do("authenticate", payment_intent=practice.fake.every("payment_intent")[0]["id"])
    assert apply_payin(payin.pk).state == PayInState.RECEIVED


def test_a_slow_method_counts_only_when_it_has_succeeded(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("pay", session=payin.external_id, method="pm_usBankAccount_processing")
    practice.bring("checkout.session.completed")  # complete, and not paid
    payin.refresh_from_db()
    assert payin.state == PayInState.WAITING
    practice.do("finish", payment_intent=practice.fake.every("payment_intent")[0]["id"])
    practice.bring("checkout.session.async_payment_succeeded")
    payin.refresh_from_db()
    assert payin.state == PayInState.RECEIVED


def test_a_slow_method_that_fails_ends_the_payment(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("pay", session=payin.external_id, method="pm_usBankAccount_processing")
    practice.do("finish", payment_intent=practice.fake.every("payment_intent")[0]["id"], passed=False)
    practice.bring("checkout.session.async_payment_failed")
    payin.refresh_from_db()
    assert payin.state == PayInState.FAILED
    assert books() == {}


def test_an_unpaid_session_expires(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("expire", session=payin.external_id)
    practice.bring("checkout.session.expired")
    payin.refresh_from_db()
    assert payin.state == PayInState.EXPIRED


def test_paying_out_draws_on_the_charge_and_leaves_the_books_even(practice: Practice):
    payer, payee = bo(), ines()
    payin = paid(practice, payer)
    destination = payee_ready(practice, payee)
    payout = pays_out(payee, "900.00")
    assert payout.state == PayoutState.PAID
    [transfer] = practice.fake.every("transfer")
    assert transfer["destination"] == destination
    assert transfer["source_transaction"] == payin.charge_id
    assert transfer["transfer_group"] == "payments.rehearsal:1"
    assert books() == {
        "clearing USD": Decimal("70.70"),
        "held USD": Decimal("-100.00"),
        "provider_fee USD": Decimal("29.30"),
    }
    assert providers.get("stripe").balance().totals == {"USD": Decimal("70.70")}


def test_a_payee_without_an_account_waits(practice: Practice):
    payer, payee = bo(), ines()
    paid(practice, payer)
    payout = pays_out(payee, "900.00")
    assert (payout.state, payout.note) == (PayoutState.PREPARED, "no_account")
    assert practice.fake.every("transfer") == []
    payee_ready(practice, payee)
    assert send_payout(payout.pk).state == PayoutState.PAID


def test_a_refused_transfer_fails_and_goes_out_on_a_retry(practice: Practice):
    payer, payee = bo(), ines()
    paid(practice, payer)
    account = payee_ready(practice, payee)
    practice.do("restrict", account=account)  # we have not heard of it yet
    payout = pays_out(payee, "900.00")
    assert payout.state == PayoutState.FAILED
    assert "insufficient_capabilities_for_transfer" in payout.note
    practice.do("onboard", account=account)
    retry_payout(payout_id=payout.pk, by=ops().actor)
    assert send_payout(payout.pk).state == PayoutState.PAID
    assert len(practice.fake.every("transfer")) == 1


def test_a_stopped_account_is_seen_and_waited_for(practice: Practice):
    payer, payee = bo(), ines()
    paid(practice, payer)
    account = payee_ready(practice, payee)
    practice.do("restrict", account=account)
    practice.bring("account.updated")
    row = PayoutAccount.objects.get(external_id=account)
    assert not row.is_ready
    assert row.facts["due"] == ["external_account"]
    assert pays_out(payee, "900.00").note == "no_account"


def test_a_bank_that_returns_a_payout_late_reopens_it(practice: Practice):
    """The payout was paid, and its money arrived; days later the payee's bank sends it back (invariant 32)."""
    payer, payee = bo(), ines()
    paid(practice, payer)
    account = payee_ready(practice, payee)
    payout = pays_out(payee, "900.00")
    practice.do("settle")
    bank_payout = practice.do("payout", account=account, currency="usd")
    practice.bring("payout.paid")
    payout.refresh_from_db()
    assert payout.state == PayoutState.PAID
    practice.do("clock", advance_seconds=86_400)
    practice.do("fail_payout", payout=bank_payout["id"], code="account_closed")
    practice.bring("payout.failed")
    payout.refresh_from_db()
    assert (payout.state, payout.note) == (PayoutState.FAILED, "account_closed")
    assert payout.came_back == Decimal("900.00")
    assert books() == {
        "clearing USD": Decimal("970.70"),
        "held USD": Decimal("-100.00"),
        "payable USD": Decimal("-900.00"),
        "provider_fee USD": Decimal("29.30"),
    }
    assert providers.get("stripe").balance().totals == {"USD": Decimal("970.70")}
    retry_payout(payout_id=payout.pk, by=ops().actor)
    payout = send_payout(payout.pk)
    assert (payout.state, payout.left, payout.came_back) == (
        PayoutState.PAID,
        Decimal("1800.00"),
        Decimal("900.00"),
    )
    assert providers.get("stripe").balance().totals == {"USD": Decimal("70.70")}
    # The old event once more, by another way: the new transfer is not touched by it.
    event = practice.event("payout.failed") | {"id": "evt_again"}
    received = practice.deliver(event)
    assert inbox.apply_event(received.event.pk).state == InboundState.APPLIED
    payout.refresh_from_db()
    assert payout.state == PayoutState.PAID
    assert len(practice.fake.every("transfer_reversal")) == 1


def test_a_dispute_takes_the_money_and_winning_brings_it_back(practice: Practice):
    payer = bo()
    payin = paid(practice, payer)
    dispute = practice.do("dispute", charge=payin.charge_id)
    practice.bring("charge.dispute.created", "charge.dispute.funds_withdrawn")
    payin.refresh_from_db()
    assert (payin.state, payin.withdrawn) == (PayInState.DISPUTED, Decimal("1000.00"))
    assert Obligation.objects.get(pk=payin.obligation_id).state == ObligationState.REOPENED
    assert books() == {"clearing USD": Decimal("-44.30"), "provider_fee USD": Decimal("44.30")}
    practice.do("close_dispute", dispute=dispute["id"], won=True)
    practice.bring("charge.dispute.closed")
    payin.refresh_from_db()
    assert payin.state == PayInState.RECEIVED
    assert books()["held USD"] == Decimal("-1000.00")
    assert {"USD": books()["clearing USD"]} == providers.get("stripe").balance().totals


def test_a_lost_dispute_leaves_the_obligation_open(practice: Practice):
    payer = bo()
    payin = paid(practice, payer)
    dispute = practice.do("dispute", charge=payin.charge_id)
    practice.do("close_dispute", dispute=dispute["id"], won=False)
    practice.bring("charge.dispute.closed")
    payin.refresh_from_db()
    assert payin.state == PayInState.RETURNED
    assert Obligation.objects.get(pk=payin.obligation_id).state == ObligationState.REOPENED


def test_a_refund_after_the_transfer_is_a_reversal_and_a_refund(practice: Practice):
    payer, payee = bo(), ines()
    payin = paid(practice, payer)
    payee_ready(practice, payee)
    pays_out(payee, "1000.00")
    practice.do("settings", fee_bp=0, fee_fixed=0)
    top_up(practice, payer)
    [made] = refund(
        obligation_id=payin.obligation_id, money=Money(Decimal("1000.00"), "USD"), key="r1", reason="void", by=SYSTEM
    )
    assert made.state == RefundState.REVERSING
    practice.do("faults", kind="drop_after", path="/v1/transfers/*/reversals")
    [reversal] = due_reversals()
    assert send_reversal(reversal).state == ReversalState.PREPARED  # no answer: unknown, not failed
    practice.bring("transfer.reversed")  # its event comes before we know: nothing is booked twice
    assert send_reversal(reversal).state == ReversalState.DONE  # asked, and found done
    assert len(practice.fake.every("transfer_reversal")) == 1
    assert send_refund(made.pk).state == RefundState.COMPLETE
    assert Obligation.objects.get(pk=payin.obligation_id).state == ObligationState.REFUNDED
    assert {"USD": books()["clearing USD"]} == providers.get("stripe").balance().totals


def test_a_reversal_that_fails_leaves_a_refund_that_can_be_tried_again(practice: Practice):
    """The payee has taken the money out already: the refund waits, visibly, until it is there again (invariant 34)."""
    payer, payee = bo(), ines()
    payin = paid(practice, payer)
    account = payee_ready(practice, payee)
    pays_out(payee, "1000.00")
    top_up(practice, payer)
    practice.do("settle")
    bank_payout = practice.do("payout", account=account, currency="usd")
    [made] = refund(
        obligation_id=payin.obligation_id, money=Money(Decimal("1000.00"), "USD"), key="r1", reason="void", by=SYSTEM
    )
    [reversal] = due_reversals()
    assert send_reversal(reversal).state == ReversalState.FAILED
    made.refresh_from_db()
    assert made.state == RefundState.REVERSING
    assert practice.fake.every("refund") == []
    practice.do("fail_payout", payout=bank_payout["id"])  # the money is in the account again
    retry_reversal(reversal_id=reversal, by=ops().actor)
    assert send_reversal(reversal).state == ReversalState.DONE
    assert send_refund(made.pk).state == RefundState.COMPLETE


def test_a_refund_that_the_payers_bank_returns_is_open_again(practice: Practice):
    payer = bo()
    payin = paid(practice, payer)
    top_up(practice, payer)
    [made] = refund(
        obligation_id=payin.obligation_id, money=Money(Decimal("400.00"), "USD"), key="r1", reason="part", by=SYSTEM
    )
    assert send_refund(made.pk).state == RefundState.COMPLETE
    payin.refresh_from_db()
    assert payin.refunded == 400
    practice.do("fail_refund", refund=practice.fake.every("refund")[0]["id"])
    practice.bring("refund.failed")
    made.refresh_from_db()
    payin.refresh_from_db()
    assert (made.state, payin.refunded) == (RefundState.FAILED, 0)
    assert {"USD": books()["clearing USD"]} == providers.get("stripe").balance().totals


@pytest.mark.parametrize("won", [True, False])
@pytest.mark.parametrize("knows_first", [True, False])
def test_a_chargeback_while_a_refund_is_on_its_way(practice: Practice, won: bool, knows_first: bool):
    """The payer's bank takes the whole while 400 are to go back: paid back once, whichever is known first."""
    payer = bo()
    payin = paid(practice, payer)
    top_up(practice, payer)
    [made] = refund(
        obligation_id=payin.obligation_id, money=Money(Decimal("400.00"), "USD"), key="r1", reason="part", by=SYSTEM
    )
    dispute = practice.do("dispute", charge=payin.charge_id)
    if knows_first:
        practice.bring("charge.dispute.created", "charge.dispute.funds_withdrawn")
    assert send_refund(made.pk).state == RefundState.FAILED  # Stripe gives nothing back on a charge in dispute
    practice.bring("charge.dispute.created", "charge.dispute.funds_withdrawn")
    assert (books()["payable USD"], books()["receivable USD"]) == (Decimal("-400.00"), Decimal("400.00"))
    practice.do("close_dispute", dispute=dispute["id"], won=won)
    practice.bring("charge.dispute.closed")
    made.refresh_from_db()
    if won:
        assert made.state == RefundState.FAILED
        retry_refund(refund_id=made.pk, by=ops().actor)
        assert send_refund(made.pk).state == RefundState.COMPLETE
    else:
        assert (made.state, made.set_aside) == (RefundState.OVERTAKEN, 0)
    row = Obligation.objects.get(pk=payin.obligation_id)
    assert (row.state, row.paid, row.refunded) == (
        (ObligationState.PAID, Decimal("1000.00"), Decimal("400.00"))
        if won
        else (ObligationState.REOPENED, Decimal("0.00"), Decimal("0.00"))
    )
    stands = books()
    assert "payable USD" not in stands and "receivable USD" not in stands
    assert {"USD": stands["clearing USD"]} == providers.get("stripe").balance().totals
    assert [one for one in check().findings if not one.what.startswith("bank")] == []


def test_amounts_of_currencies_without_cents(practice: Practice):
    payer = bo()
    payin = opens(payer, owes(payer, "150000.00", "JPY"))
    assert practice.fake.every("checkout.session")[0]["amount_total"] == 150_000
    practice.do("pay", session=payin.external_id)
    assert apply_payin(payin.pk).received == Decimal("150000.00")
    assert {"JPY": books()["clearing JPY"]} == providers.get("stripe").balance().totals


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("0.01", "USD", 1), ("999999.99", "EUR", 99_999_999), ("1.00", "JPY", 1), ("1234.50", "SGD", 123_450)],
)
def test_minor_units_and_back(amount: str, currency: str, units: int):
    assert facts.to_minor(Decimal(amount), currency) == units
    assert facts.from_minor(units, currency) == Decimal(amount)


def test_minor_units_refuse_what_the_currency_does_not_have():
    with pytest.raises(ValueError, match="smallest unit"):
        facts.to_minor(Decimal("1.50"), "JPY")


def test_where_payees_may_be():
    assert facts.payout_countries("SG") == {"SG"}
    assert {"US", "GB", "DE", "CA", "CH"} <= facts.payout_countries("US")
    assert facts.payout_countries("HK") == facts.payout_countries("CN") == frozenset()
    assert len(facts.SPLIT_REGIONS) == 40


def test_without_a_listed_region_it_pays_nobody_out(settings):
    settings.STRIPE_COUNTRY = "HK"
    told = StripeProvider().capabilities()
    assert told.pays_in and not told.pays_out and told.sources
    assert "CNY" not in told.currencies


def top_up(practice: Practice, payer: Part) -> None:
    """Money of another matter in our balance, out of which fees are covered."""
    paid(practice, payer, "500.00", subject=("payments.rehearsal", 2))
