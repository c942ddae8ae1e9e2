"""Paying by bank transfer: exact, in parts, too much, by somebody else, twice, for several at once, and taken back."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction

from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event
from marketplace.payments import ledger
from marketplace.payments.models import Account, Entry, LineMatch, Obligation, PayIn, Payout, Receipt, StatementLine
from marketplace.payments.refusals import LineSettled, OwnProposal
from marketplace.payments.services.payins import begin_payin
from marketplace.payments.services.quarantine import decide_proposal, propose
from marketplace.payments.services.statements import import_statement
from marketplace.payments.states import LineState, ObligationState, PayInState, PayoutState
from tests import cast
from tests.builders import a_person, an_operator, joins
from tests.payments.makers import (
    HEAD,
    a_bank_account,
    a_line,
    an_obligation,
    held,
    imported,
    leg,
    paid,
    released,
    send_all,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("adds_up")]


def only_line() -> StatementLine:
    return StatementLine.objects.get()


def kinds_of(obligation) -> list[str]:
    found = Event.objects.filter(subject_kind="payments.obligation", subject_id=obligation.pk).order_by("pk")
    return list(found.values_list("kind", flat=True))


def waiting() -> Decimal:
    return -sum((row.balance for row in Account.objects.filter(kind="suspense")), Decimal(0))


def a_colleague() -> cast.Part:
    operator = an_operator()
    person = a_person("second@market.test", name="Second")
    if not operator.memberships.live().filter(user=person).exists():
        joins(person, operator, ["finance"])
    return cast.Part(person, operator)


def test_the_exact_sum_settles_what_is_owed():
    obligation = an_obligation(cast.bo(), "100.00")
    a_bank_account()
    payin = begin_payin(obligation_id=obligation.pk, provider="bank", by=cast.bo().actor)
    run = imported(a_line("100.00", f"专利转让款 {obligation.reference}", bank_id="1"))

    obligation.refresh_from_db()
    payin.refresh_from_db()
    assert (obligation.state, obligation.paid) == (ObligationState.PAID, Decimal("100.00"))
    assert (payin.state, payin.received) == (PayInState.RECEIVED, Decimal("100.00"))
    assert run.counts == {LineState.MATCHED: 1}
    assert held(obligation) == 100
    assert kinds_of(obligation) == ["obligation.begin", "obligation.settle"]


def test_parts_add_up_and_each_is_told():
    obligation = an_obligation(cast.bo(), "100.00")
    imported(a_line("40.00", obligation.reference, bank_id="1"))
    obligation.refresh_from_db()
    assert (obligation.state, obligation.outstanding) == (ObligationState.PART_PAID, Decimal("60.00"))

    imported(a_line("25.00", obligation.reference, bank_id="2"), a_line("35.00", obligation.reference, bank_id="3"))
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.PAID
    assert kinds_of(obligation) == [
        "obligation.begin", "obligation.part_settle", "obligation.part_settle", "obligation.settle",
    ]  # fmt: skip
    assert held(obligation) == 100


def test_what_is_too_much_waits_and_goes_back_by_two_persons():
    obligation = an_obligation(cast.bo(), "100.00")
    imported(a_line("130.00", obligation.reference, bank_id="1"))
    line = only_line()
    assert (line.state, line.rest, held(obligation), waiting()) == (LineState.OVER, 30, 100, 30)

    match = propose(line_id=line.pk, act="send_back", reason="excess", by=cast.ops().actor)
    with pytest.raises(OwnProposal):
        decide_proposal(match_id=match.pk, approve=True, by=cast.ops().actor)
    decide_proposal(match_id=match.pk, approve=True, by=a_colleague().actor)

    payout = Payout.objects.get()
    assert (payout.amount, payout.to_account, waiting()) == (30, "6222000011112222", 0)
    send_all()
    payout.refresh_from_db()
    assert payout.state == PayoutState.SUBMITTED
    imported(a_line("-30.00", f"退款 {payout.reference}", bank_id="2"))
    payout.refresh_from_db()
    assert payout.state == PayoutState.PAID


def test_money_from_somebody_else_waits_until_two_persons_take_it():
    obligation = an_obligation(cast.bo(), "100.00")
    imported(a_line("100.00", obligation.reference, "别家贸易有限公司", bank_id="1"))
    line = only_line()
    obligation.refresh_from_db()
    assert (line.state, obligation.state, waiting()) == (LineState.THIRD_PARTY, ObligationState.OPEN, 100)

    match = propose(
        line_id=line.pk, act="attribute", obligation_id=obligation.pk, reason="group firm", by=cast.ops().actor
    )
    with pytest.raises(LineSettled):
        propose(line_id=line.pk, act="send_back", reason="no", by=a_colleague().actor)
    decide_proposal(match_id=match.pk, approve=True, by=a_colleague().actor)

    obligation.refresh_from_db()
    line.refresh_from_db()
    assert (obligation.state, line.state, waiting()) == (ObligationState.PAID, LineState.MATCHED, 0)


def test_a_rejected_proposal_books_nothing_and_leaves_the_line_open():
    imported(a_line("100.00", "no reference", bank_id="1"))
    line = only_line()
    match = propose(line_id=line.pk, act="send_back", reason="unknown", by=cast.ops().actor)
    decide_proposal(match_id=match.pk, approve=False, by=a_colleague().actor)

    line.refresh_from_db()
    assert (line.state, line.is_quarantined, waiting()) == (LineState.UNMATCHED, True, 100)
    assert LineMatch.objects.get().journal is None


def test_paying_twice_leaves_the_second_waiting_as_the_payers_own():
    obligation = an_obligation(cast.bo(), "100.00")
    imported(a_line("100.00", obligation.reference, bank_id="1"))
    imported(a_line("100.00", obligation.reference, bank_id="2"))
    states = list(StatementLine.objects.order_by("pk").values_list("state", flat=True))
    assert states == [LineState.MATCHED, LineState.DUPLICATE]
    assert Account.objects.get(kind="suspense", party__isnull=False).party == cast.bo().organisation
    assert held(obligation) == 100


@pytest.mark.parametrize(
    ("amount", "state"),
    [("150.00", LineState.MATCHED), ("149.99", LineState.SUMS_DIFFER), ("100.00", LineState.SUMS_DIFFER)],
)
def test_one_line_pays_several_only_when_the_sums_agree(amount, state):
    first, second = an_obligation(cast.bo(), "100.00"), an_obligation(cast.bo(), "50.00")
    imported(a_line(amount, f"{first.reference} {second.reference}", bank_id="1"))
    first.refresh_from_db()
    second.refresh_from_db()
    is_paid = state == LineState.MATCHED
    assert only_line().state == state
    assert {first.state, second.state} == {ObligationState.PAID if is_paid else ObligationState.OPEN}


def test_a_returned_transfer_opens_the_obligation_again():
    obligation = an_obligation(cast.bo(), "100.00")
    paid(obligation)
    imported(a_line("-100.00", f"退汇 {obligation.reference}", bank_id="R1"))

    obligation.refresh_from_db()
    assert (obligation.state, obligation.paid, held(obligation)) == (ObligationState.REOPENED, 0, 0)
    paid(obligation)
    assert obligation.state == ObligationState.PAID


def test_a_return_after_the_release_is_to_be_recovered_from_the_payer():
    obligation = an_obligation(cast.bo(), "100.00")
    paid(obligation)
    released(obligation, leg(cast.ines(), "100.00"))
    imported(a_line("-100.00", f"退汇 {obligation.reference}", bank_id="R1"))

    obligation.refresh_from_db()
    assert obligation.state == ObligationState.REOPENED
    assert ledger.balances(obligation.subject)["receivable", "CNY"] == 100


def test_what_leaves_without_a_known_cause_waits_and_becomes_a_charge_by_two_persons():
    paid(an_obligation(cast.bo(), "100.00"))
    imported(a_line("-15.00", "手续费", bank_id="9"))
    line = StatementLine.objects.get(amount__lt=0)
    assert (line.state, line.rest) == (LineState.UNEXPLAINED, 15)

    match = propose(line_id=line.pk, act="charge", reason="monthly charge", by=cast.ops().actor)
    decide_proposal(match_id=match.pk, approve=True, by=a_colleague().actor)
    assert Account.objects.get(kind="provider_fee").balance == 15


# ── each line once ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_file_again_adds_nothing():
    obligation = an_obligation(cast.bo(), "100.00")
    lines = (a_line("60.00", obligation.reference), a_line("0.00", "nothing moved"), a_line("15.00", "?"))
    imported(*lines)
    again = imported(*lines)
    assert (again.lines_new, again.lines_known) == (0, 3)
    assert StatementLine.objects.count() == 3


def test_files_that_overlap_add_only_what_is_new():
    obligation = an_obligation(cast.bo(), "100.00")
    same = a_line("20.00", obligation.reference)
    imported(same, same)
    run = imported(same, same, same, a_line("10.00", obligation.reference, day="2026-11-21"))
    assert (run.lines_new, run.lines_known) == (2, 2)
    obligation.refresh_from_db()
    assert obligation.paid == 70


def test_a_line_told_later_with_its_bank_id_is_the_same_line():
    obligation = an_obligation(cast.bo(), "100.00")
    imported(a_line("20.00", obligation.reference))
    run = imported(a_line("20.00", obligation.reference, bank_id="77"))
    assert run.lines_new == 0
    assert only_line().external_id == "77"
    assert imported(a_line("20.00", obligation.reference, bank_id="78")).lines_new == 1


@pytest.mark.parametrize(
    "typed",
    ["  {0}", "付 {1} 款", "ref:{2}", "000{0}", "{3}", "{4}"],
)
def test_references_match_however_they_are_typed(typed):
    obligation = an_obligation(cast.bo(), "100.00")
    ref = obligation.reference
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in ref)
    text = typed.format(ref, "-".join((ref[:4], ref[4:8], ref[8:])), ref.lower(), wide, " ".join(ref))
    imported(a_line("100.00", text, bank_id="1"))
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.PAID


def test_another_currency_is_quarantined_and_not_booked():
    obligation = an_obligation(cast.bo(), "100.00")
    account = a_bank_account()
    head = "Booking date,Amount,Currency,Name,Reference,Transaction ID\n"
    from marketplace.core.actor import SYSTEM
    from marketplace.payments.services.statements import import_statement

    row = f"2026-11-20,100.00,USD,博氏精密有限公司,{obligation.reference},1\n"
    import_statement(account_id=account.pk, name="usd.csv", content=(head + row).encode(), by=SYSTEM)
    assert (only_line().state, only_line().journal) == (LineState.CURRENCY, None)
    assert not Account.objects.filter(kind="clearing").exclude(balance=0).exists()


def test_the_closing_balance_is_compared_with_the_books():
    obligation = an_obligation(cast.bo(), "100.00")
    good = imported(a_line("100.00", obligation.reference, bank_id="1", balance="100.00"))
    assert good.difference == 0
    bad = imported(a_line("5.00", "?", bank_id="2", balance="115.00", day="2026-11-21"))
    assert bad.difference == 10
    assert bad.problems == [[0, "gap", {"opening": "110.00", "closing": "100.00"}]]


def test_a_payin_that_was_never_opened_needs_no_instructions():
    obligation = an_obligation(cast.bo(), "100.00")
    paid(obligation)
    assert not PayIn.objects.exists()
    assert obligation.state == ObligationState.PAID


def mixed_file() -> tuple[list[Obligation], list[str]]:
    """What is owed, and a file with a line of every kind."""
    owed = [an_obligation(cast.bo(), amount) for amount in ("100.00", "200.00", "300.00", "400.00")]
    exact, over, part, twice = (one.reference for one in owed)
    lines = [
        a_line("100.00", f"专利转让款 {exact}", bank_id="1"),
        a_line("250.00", over, bank_id="2"),
        a_line("120.00", part, bank_id="3"),
        a_line("70.00", "货款", bank_id="4"),
        a_line("80.00", "YL99999999", bank_id="5"),
        a_line("400.00", twice, "别家贸易有限公司", bank_id="6"),
        a_line("400.00", twice, bank_id="7"),
        a_line("400.00", twice, bank_id="8"),
        a_line("180.00", part, bank_id="9"),
        a_line("0.00", part, bank_id="10"),
        a_line("90.00", f"{exact} {over}", bank_id="11"),
        # a currency of its own stands in a column of its own
        a_line("50.00", exact, bank_id="12").rstrip() + ",USD\r\n",
        # without the bank's id two equal lines of one file are two movements
        a_line("33.00", "货款"),
        a_line("33.00", "货款"),
    ]
    return owed, lines


def outcome(owed: list[Obligation]) -> dict[str, object]:
    """Everything a file leaves behind, without the ids and moments."""
    for one in owed:
        one.refresh_from_db()
    lines = StatementLine.objects.order_by("pk").values_list("amount", "currency", "state", "rest", "settled_at")
    return {
        "owed": [(one.state, one.paid) for one in owed],
        "kinds": [kinds_of(one) for one in owed],
        "held": [held(one) for one in owed],
        "lines": [(*told, settled is None) for *told, settled in lines],
        "whose": list(StatementLine.objects.order_by("pk").values_list("obligation__amount", flat=True)),
        "entries": sorted(Entry.objects.values_list("account__kind", "account__subject_id", "amount"), key=repr),
        "receipts": sorted(Receipt.objects.values_list("obligation__amount", "amount")),
        "waiting": waiting(),
    }


def test_a_mixed_file_ends_as_its_lines_read_one_by_one_do():
    """All at once, and a line a file: the same states, events, entries and sums."""
    found = []
    subjects = range(1, 5)
    for at_once in (True, False):
        with transaction.atomic():
            owed, lines = mixed_file()
            for one, number in zip(owed, subjects, strict=True):  # the same matters both times
                Obligation.objects.filter(pk=one.pk).update(subject_id=number)
                one.subject_id = number
            account = a_bank_account()
            head = HEAD.rstrip() + ",币种\r\n"
            rows = [line if line.rstrip().endswith("USD") else line.rstrip() + ",CNY\r\n" for line in lines]
            files = [rows] if at_once else [[row] for row in rows[:-2]] + [rows[-2:]]
            for place, part in enumerate(files):
                content = (head + "".join(part)).encode()
                import_statement(account_id=account.pk, name=f"{place}.csv", content=content, by=SYSTEM)
            found.append(outcome(owed))
            transaction.set_rollback(True)
    at_once, one_by_one = found
    assert at_once == one_by_one
    states = [state for _amount, _currency, state, _rest, _is_open in at_once["lines"]]
    assert Counter(states) == Counter(
        matched=3, over=1, partial=1, unmatched=4, third_party=1, duplicate=2, ignored=1, currency=1
    )
    assert at_once["owed"] == [
        ("paid", Decimal("100.00")),
        ("paid", Decimal("200.00")),
        ("paid", Decimal("300.00")),
        ("paid", Decimal("400.00")),
    ]
