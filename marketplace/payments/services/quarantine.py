"""Lines of a statement that nobody could place: one person proposes, another decides."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted, ReasonMissing
from marketplace.core.locks import locked, locked_all
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.graphs import MONEY_DESK
from marketplace.payments.models import Account, BankAccount, Journal, LineMatch, Obligation, StatementLine
from marketplace.payments.refusals import LineSettled, NotPayable, OwnProposal
from marketplace.payments.services.payouts import new_payout, wake_payouts
from marketplace.payments.services.receipts import take_in
from marketplace.payments.states import AccountKind, LineState, ObligationState

ZERO = Decimal("0.00")
Act = LineMatch.Act


def propose(*, line_id: int, act: str, reason: str, by: Actor, obligation_id: int | None = None) -> LineMatch:
    """Say what a quarantined line is. Nothing is booked before a second person agrees.

    Raises NotPermitted, LineSettled, ReasonMissing, Invalid (the act does not fit the line), NotPayable.
    """
    require(MONEY_DESK, by)
    if by.user_id is None:
        raise NotPermitted()
    with locked(StatementLine, line_id) as line:
        if not line.is_quarantined or line.matches.filter(decided_at=None).exists():
            raise LineSettled()
        if not reason.strip():
            raise ReasonMissing(field="reason")
        if (act == Act.CHARGE) != (line.amount < 0) or act not in Act.values:
            raise Invalid(field="act", problem=_("This cannot be done with this line."))
        if line.currency != line.account.currency:
            raise Invalid(field="act", problem=_("This line is in another currency than its account."))
        if act == Act.ATTRIBUTE:
            row = Obligation.objects.filter(pk=obligation_id or 0, currency=line.currency).first()
            if row is None:
                raise Invalid(field="obligation", problem=_("Name an open payment in the same currency."))
            if not row.is_payable:
                raise NotPayable(state=ObligationState(row.state).label)
        match = LineMatch.objects.create(
            line=line,
            act=act,
            obligation_id=obligation_id if act == Act.ATTRIBUTE else None,
            amount=line.rest,
            reason=reason.strip()[:240],
            proposed_by_id=by.user_id,
            proposed_at=clock.now(),
        )
        events.record("line.propose", line, by, reason=reason, data={"act": act, "amount": str(line.rest)})
    return match


def decide_proposal(*, match_id: int, approve: bool, by: Actor) -> LineMatch:
    """Agree to a proposal, which books it, or turn it down.

    Raises NotPermitted, OwnProposal, LineSettled, NotPayable.
    """
    require(MONEY_DESK, by)
    found = LineMatch.objects.filter(pk=match_id).values_list("line", "obligation").first()
    if found is None:
        raise NotFound()
    wanted = [(StatementLine, found[0]), (LineMatch, match_id)]
    if found[1] is not None:
        wanted.append((Obligation, found[1]))
    with locked_all(wanted) as rows:
        line, match = rows[0], rows[1]
        assert isinstance(line, StatementLine) and isinstance(match, LineMatch)
        if match.decided_at is not None or not line.is_quarantined:
            raise LineSettled()
        if by.user_id is None or by.user_id == match.proposed_by_id:
            raise OwnProposal()
        match.decided_by_id, match.decided_at, match.is_approved = by.user_id, clock.now(), approve
        if approve:
            match.journal = _book(line, match, rows[2] if len(rows) > 2 else None, by)
        match.save(update_fields=["decided_by_id", "decided_at", "is_approved", "journal"])
        verb = "approve" if approve else "reject"
        events.record(f"line.{verb}", line, by, data={"act": match.act, "amount": str(match.amount)})
    return match


def waits_in(line: StatementLine) -> Account:
    """The account in which what is left of a line stands."""
    decided = line.matches.filter(is_approved=True).order_by("pk")
    journals = [line.journal_id, *decided.values_list("journal", flat=True)]
    kinds = [AccountKind.SUSPENSE, AccountKind.UNEXPLAINED]
    for journal_id in reversed([pk for pk in journals if pk is not None]):
        for account in Account.objects.filter(entries__journal=journal_id, kind__in=kinds):
            amount = account.entries.get(journal=journal_id).amount
            if (amount < 0) == (account.kind == AccountKind.SUSPENSE):
                return account
    raise NotFound()


def _book(line: StatementLine, match: LineMatch, row: object, by: Actor) -> Journal:
    account = waits_in(line)
    key = f"match:{match.pk}"
    line.settled_at = clock.now()
    if match.act == Act.ATTRIBUTE:
        assert isinstance(row, Obligation)
        if not row.is_payable:
            raise NotPayable(state=ObligationState(row.state).label)
        excess = take_in(row, line.rest, provider=line.account.provider, key=key, by=by, debit=account)
        line.obligation, line.rest = row, excess
        line.state = LineState.OVER if excess else LineState.MATCHED
        if excess:
            line.settled_at = None
    elif match.act == Act.SEND_BACK:
        _send_back(line, account, key, by)
    else:
        cost = ledger.account(AccountKind.PROVIDER_FEE, line.currency, provider=line.account.provider)
        ledger.post(key, "bank_charge", [(cost, line.rest), (account, -line.rest)], by=by, memo=line.text)
        line.state, line.rest = LineState.BANK_CHARGE, ZERO
    line.save(update_fields=["state", "rest", "settled_at", "obligation", "payout"])
    return Journal.objects.get(key=key)


def _send_back(line: StatementLine, account: Account, key: str, by: Actor) -> None:
    """Owe what waits to whoever sent it, and send it there."""
    subject = (line._meta.label_lower, line.pk)
    owed = ledger.payable_to(account.party_id, subject, line.currency)
    ledger.post(key, "send_back", [(account, line.rest), (owed, -line.rest)], by=by, subject=subject, memo=line.text)
    line.payout = new_payout(
        subject=subject,
        payee_id=account.party_id,
        purpose="send_back",
        money=Money(line.rest, line.currency),
        provider=line.account.provider,
        to_name=line.payer_name,
        to_account=line.payer_account,
        by=by,
    )
    line.state, line.rest = LineState.SENT_BACK, ZERO
    transaction.on_commit(wake_payouts)


def our_account(provider: str, currency: str) -> BankAccount | None:
    """The market's account at a provider."""
    return BankAccount.objects.filter(provider=provider, currency=currency).first()
