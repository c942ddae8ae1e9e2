"""Letting held money go, hold-backs, payouts with their failures, refunds before and after."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, NotPermitted
from marketplace.payments import ledger
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import Account, Payout, ProviderCall, Refund, Release, SandboxMovement
from marketplace.payments.refusals import (
    CannotReverse,
    HeldBack,
    KeyUsedDifferently,
    MoneyHasMoved,
    NotEnoughHeld,
    RefundTooLarge,
)
from marketplace.payments.services.obligations import cancel_obligation
from marketplace.payments.services.payouts import cancel_payout, retry_payout, send_payout
from marketplace.payments.services.refunds import refund, send_refund
from marketplace.payments.services.releases import free_holdback, hold_back
from marketplace.payments.states import ObligationState, PayoutState, RefundState
from tests import cast
from tests.payments.makers import (
    a_bank_account,
    a_line,
    a_payout_account,
    an_obligation,
    cny,
    held,
    imported,
    leg,
    only_payout,
    paid,
    released,
    sandbox_pays,
    send_all,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("adds_up")]


def pull() -> None:
    sandbox.pull_statement(a_bank_account("sandbox"))


def test_a_release_pays_four_ways_to_the_cent():
    obligation = an_obligation(cast.bo(), "1000000.00")
    paid(obligation)
    row = released(
        obligation,
        leg(cast.lena(), "300000.00", "pledge_payoff"),
        leg(cast.ines(), "649999.99"),
        leg(None, "45000.01", "platform_fee"),
        leg(None, "5000.00", "tax"),
    )
    assert held(obligation) == 0
    assert row.payouts.count() == 2
    flows = ledger.flows(obligation.subject)
    assert (flows["fee", "CNY"], flows["tax", "CNY"]) == (Decimal("45000.01"), Decimal("5000.00"))
    assert ledger.balances(obligation.subject)["payable", "CNY"] == Decimal("949999.99")


def test_the_same_key_releases_once_and_refuses_other_legs():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    first = released(obligation, leg(cast.ines(), "60.00"), key="k")
    assert released(obligation, leg(cast.ines(), "60.00"), key="k") == first
    with pytest.raises(KeyUsedDifferently):
        released(obligation, leg(cast.ines(), "40.00"), key="k")
    assert (held(obligation), Payout.objects.count()) == (40, 1)


def test_no_more_is_released_than_is_held():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    with pytest.raises(NotEnoughHeld):
        released(obligation, leg(cast.ines(), "100.01"))
    assert not Release.objects.exists()


def test_what_is_held_back_is_not_released_before_it_is_freed():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    kept = hold_back(
        subject=obligation.subject,
        money=cny("10.00"),
        until=clock.now() + timedelta(days=90),
        reason_zh="质保金",
        reason_en="Warranty",
        by=SYSTEM,
    )
    with pytest.raises(HeldBack):
        released(obligation, leg(cast.ines(), "90.01"))
    released(obligation, leg(cast.ines(), "90.00"), key="first")
    free_holdback(holdback_id=kept.pk, by=SYSTEM)
    released(obligation, leg(cast.ines(), "10.00"), key="second")
    assert held(obligation) == 0


def keep(obligation, amount: str):
    return hold_back(
        subject=obligation.subject,
        money=cny(amount),
        until=clock.now() + timedelta(days=90),
        reason_zh="质保金",
        reason_en="Warranty",
        by=SYSTEM,
    )


def test_all_that_is_held_may_be_held_back_and_not_a_cent_more():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    keep(obligation, "60.00")
    with pytest.raises(NotEnoughHeld) as refused:
        keep(obligation, "40.01")
    assert refused.value.params == {"held": "100.00 CNY", "wanted": "40.01 CNY"}
    keep(obligation, "40.00")
    with pytest.raises(HeldBack):
        released(obligation, leg(cast.ines(), "0.01"))


@pytest.mark.parametrize("kind", ["held", "payable", "suspense"])
def test_a_refusal_names_the_account_that_would_fall_below_nothing(kind: str):
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    if kind == "payable":
        released(obligation, leg(cast.ines(), "100.00"))
    if kind == "suspense":
        imported(a_line("100.00", "nothing we know", bank_id="stray"))
    account = Account.objects.get(kind=kind, balance=Decimal("-100.00"))
    clearing = ledger.clearing("bank", "CNY")
    with pytest.raises(NotEnoughHeld) as refused:
        ledger.post("too-much", "test", [(clearing, Decimal("-100.01")), (account, Decimal("100.01"))], by=SYSTEM)
    assert refused.value.params == {"held": "100.00 CNY", "wanted": "100.01 CNY"}


def test_a_payout_waits_for_the_payees_account_then_goes_and_arrives():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    released(obligation, leg(cast.ines(), "100.00"))
    send_all()
    assert (only_payout(obligation).state, only_payout(obligation).note) == (PayoutState.PREPARED, "no_account")

    a_payout_account(cast.ines())
    send_all()
    assert only_payout(obligation).state == PayoutState.SUBMITTED
    pull()
    done = only_payout(obligation)
    assert (done.state, done.left, done.paid_at is not None) == (PayoutState.PAID, 100, True)
    assert ledger.clearing("sandbox", "CNY").balance == 0


def test_a_payout_that_comes_back_late_is_owed_again_and_can_be_retried():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    a_payout_account(cast.ines())
    released(obligation, leg(cast.ines(), "100.00"))
    send_all()
    pull()
    sandbox.give_back(SandboxMovement.objects.get(amount__lt=0).pk)
    pull()

    failed = only_payout(obligation)
    assert (failed.state, failed.came_back) == (PayoutState.FAILED, 100)
    assert ledger.balances(obligation.subject)["payable", "CNY"] == 100
    with pytest.raises(NotPermitted):
        retry_payout(payout_id=failed.pk, by=cast.ines().actor)
    retry_payout(payout_id=failed.pk, by=cast.ops().actor)
    send_all()
    pull()
    again = only_payout(obligation)
    assert (again.state, again.left, again.came_back) == (PayoutState.PAID, 200, 100)
    assert ProviderCall.objects.filter(about_kind="payments.payout").count() == 2


def test_each_leg_leaves_from_where_its_money_lies():
    """Half came by the bank, half through the sandbox: no provider pays out what it does not have."""
    obligation = an_obligation(cast.bo(), "100.00")
    paid(obligation, "50.00")
    sandbox_pays(obligation, "50.00")
    released(obligation, leg(cast.ines(), "70.00"), leg(cast.lena(), "20.00"), leg(None, "10.00", "platform_fee"))
    found = sorted(Payout.objects.values_list("provider", "amount"))
    assert sum(amount for _, amount in found) == 90
    for provider in ("bank", "sandbox"):
        assert sum(amount for code, amount in found if code == provider) <= 50


def test_a_payout_not_sent_can_be_taken_back_into_holding():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    released(obligation, leg(cast.ines(), "100.00"))
    cancel_payout(payout_id=only_payout(obligation).pk, by=SYSTEM)
    assert held(obligation) == 100
    released(obligation, leg(cast.lena(), "100.00"), key="other")
    assert held(obligation) == 0


def test_one_that_may_be_out_cannot():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    a_payout_account(cast.ines())
    released(obligation, leg(cast.ines(), "100.00"))
    send_all()
    with pytest.raises(IllegalTransition):
        cancel_payout(payout_id=only_payout(obligation).pk, by=SYSTEM)


def test_paid_money_is_refunded_not_cancelled():
    obligation = paid(an_obligation(cast.bo(), "100.00"), "40.00")
    with pytest.raises(MoneyHasMoved):
        cancel_obligation(obligation_id=obligation.pk, by=SYSTEM)


# ── refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def give_back(obligation, amount: str, key: str = "refund") -> Refund:
    return refund(obligation_id=obligation.pk, money=cny(amount), key=key, reason="withdrawn", by=SYSTEM)[0]


def test_held_money_goes_back_to_its_payer():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    row = give_back(obligation, "100.00")
    assert held(obligation) == 0
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.REFUNDING
    send_all()
    pull()
    row.refresh_from_db()
    obligation.refresh_from_db()
    assert (row.state, obligation.state, obligation.refunded) == (RefundState.COMPLETE, ObligationState.REFUNDED, 100)


def test_a_part_goes_back_and_the_rest_stays_paid():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    give_back(obligation, "30.00")
    send_all()
    pull()
    obligation.refresh_from_db()
    assert (obligation.state, obligation.refunded, held(obligation)) == (ObligationState.PAID, 30, 70)
    with pytest.raises(RefundTooLarge):
        give_back(obligation, "70.01", key="too much")


def test_the_same_key_refunds_once():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    assert give_back(obligation, "30.00") == give_back(obligation, "30.00")
    with pytest.raises(KeyUsedDifferently):
        give_back(obligation, "31.00")


def test_a_refund_that_comes_back_is_open_again():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    row = give_back(obligation, "100.00")
    send_all()
    pull()
    sandbox.give_back(SandboxMovement.objects.get(amount__lt=0).pk)
    pull()
    row.refresh_from_db()
    obligation.refresh_from_db()
    assert (row.state, obligation.state, obligation.refunded) == (RefundState.FAILED, ObligationState.REFUNDING, 0)


def test_a_bank_line_of_another_amount_is_not_our_refund():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    row = give_back(obligation, "30.00")
    send_all()
    row.refresh_from_db()
    imported(a_line("-30.01", row.reference, bank_id="other"))
    row.refresh_from_db()
    assert (row.state, row.left) == (RefundState.SUBMITTED, 0)
    imported(a_line("-30.00", row.reference, bank_id="ours"))
    row.refresh_from_db()
    assert (row.state, row.left) == (RefundState.COMPLETE, 30)


def test_a_refund_after_an_unsent_release_cuts_the_payouts():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    released(obligation, leg(cast.ines(), "80.00"), leg(None, "20.00", "platform_fee"))
    row = give_back(obligation, "50.00")
    assert (row.state, row.set_aside, row.from_held) == (RefundState.PREPARED, 50, 40)
    standing = Payout.objects.exclude(state=PayoutState.CANCELLED).get()
    assert (standing.amount, ledger.flows(obligation.subject)["fee", "CNY"]) == (40, 10)


def test_what_a_bank_paid_out_cannot_be_taken_back():
    obligation = paid(an_obligation(cast.bo(), "100.00"))
    a_payout_account(cast.ines())
    released(obligation, leg(cast.ines(), "100.00"))
    send_all()
    imported(a_line("-100.00", only_payout(obligation).reference, bank_id="out"))
    with pytest.raises(CannotReverse):
        give_back(obligation, "100.00")
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.PAID


def test_the_sandbox_executes_an_order_once_however_often_it_is_sent():
    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    row = give_back(obligation, "100.00")
    send_refund(row.pk)
    send_refund(row.pk)
    ProviderCall.objects.filter(operation="refund.send").update(state="unknown")
    send_refund(row.pk)
    assert SandboxMovement.objects.filter(amount__lt=0).count() == 1


def test_a_payout_answered_unknown_is_asked_about_before_it_is_sent_again(monkeypatch):
    from marketplace.payments.gateways.ports import ProviderUnknown, providers

    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    a_payout_account(cast.ines())
    released(obligation, leg(cast.ines(), "100.00"))
    gateway = providers.pay_out("sandbox")
    carry_out = gateway.submit_payout

    def carry_out_then_drop(*args, **given):
        carry_out(*args, **given)
        raise ProviderUnknown("connection closed")

    monkeypatch.setattr(gateway, "submit_payout", carry_out_then_drop)
    payout = send_payout(only_payout(obligation).pk)
    assert (payout.state, ProviderCall.objects.get(operation="payout.submit").state) == ("prepared", "unknown")
    send_payout(payout.pk)  # asks, and finds it carried out: its statement is read on the way
    assert only_payout(obligation).state in {PayoutState.SUBMITTED, PayoutState.PAID}
    pull()
    assert only_payout(obligation).state == PayoutState.PAID
    assert SandboxMovement.objects.filter(amount__lt=0).count() == 1


def test_after_a_day_nobody_sends_again(monkeypatch):
    from marketplace.payments.gateways.ports import PayoutTruth, ProviderUnknown, providers

    obligation = an_obligation(cast.bo(), "100.00")
    sandbox_pays(obligation)
    a_payout_account(cast.ines())
    released(obligation, leg(cast.ines(), "100.00"))
    gateway = providers.pay_out("sandbox")
    tries = []

    def never_answers(*args, **given):
        tries.append(1)
        raise ProviderUnknown("timeout")

    monkeypatch.setattr(gateway, "submit_payout", never_answers)
    monkeypatch.setattr(gateway, "fetch_payout", lambda payout: PayoutTruth("unknown"))
    send_all()
    with clock.at(clock.now() + timedelta(hours=1)):
        send_all()
    assert len(tries) == 2
    with clock.at(clock.now() + timedelta(hours=25)):
        send_all()
    assert len(tries) == 2
    assert only_payout(obligation).note == "ask_by_hand"
