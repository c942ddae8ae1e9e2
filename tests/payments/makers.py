"""Makers for payments: an account of the market's, obligations, money that came in. All through the services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import (
    BankAccount,
    Invoice,
    Obligation,
    Payout,
    PayoutAccount,
    Release,
    StatementImport,
    StatementLine,
)
from marketplace.payments.services import invoices, payout_accounts, payouts, refunds, reversals
from marketplace.payments.services.obligations import raise_obligation
from marketplace.payments.services.releases import Leg, release
from marketplace.payments.services.statements import import_statement
from tests.cast import Part

_numbers = count(1)
PRICE = Decimal("1000000.00")


def cny(amount: str | int | Decimal) -> Money:
    return Money(Decimal(amount).quantize(Decimal("0.01")), "CNY")


def a_subject() -> tuple[str, int]:
    """Something that is paid for; no row stands behind it, for payments never look."""
    return "deals.deal", 1_000_000 + next(_numbers)


def a_bank_account(provider: str = "bank", currency: str = "CNY") -> BankAccount:
    found, _ = BankAccount.objects.get_or_create(
        provider=provider,
        currency=currency,
        defaults={
            "holder_zh": "云澜知识产权市场",
            "holder_en": "Yunlan IP Market",
            "account_number": f"33050161{len(provider):04d}00000001",
            "bank_zh": "云澜银行",
            "bank_en": "Yunlan Bank",
        },
    )
    return found


def an_obligation(payer: Part, amount: str | Decimal = PRICE, **given: Any) -> Obligation:
    told = {
        "purpose": "price",
        "subject": a_subject(),
        "payer_id": payer.organisation.pk,
        "money": cny(amount),
        "due_at": clock.now() + timedelta(days=10),
        "title_zh": "转让价款",
        "title_en": "Price of the assignment",
        "by": SYSTEM,
        **given,
    }
    return raise_obligation(**told)


HEAD = "交易日期,收入,支出,余额,对方户名,对方账号,摘要,交易流水号\r\n"


def a_line(
    amount: str,
    text: str,
    name: str = "博氏精密有限公司",
    *,
    bank_id: str = "",
    day: str = "2026-11-20",
    balance: str = "",
) -> str:
    """A line of a CSV statement; a negative amount leaves."""
    value = Decimal(amount)
    into, gone = (amount, "") if value >= 0 else ("", str(-value))
    return f"{day},{into},{gone},{balance},{name},6222000011112222,{text},{bank_id}\r\n"


def imported(*lines: str, account: BankAccount | None = None, name: str = "statement.csv") -> StatementImport:
    """These lines read in as a statement of the market's account."""
    account = account or a_bank_account()
    content = (HEAD + "".join(lines)).encode()
    return import_statement(account_id=account.pk, name=name, content=content, by=SYSTEM)


def paid(obligation: Obligation, amount: str | Decimal | None = None) -> Obligation:
    """The obligation after a bank transfer of what is outstanding (or `amount`) by its payer."""
    wanted = obligation.outstanding if amount is None else Decimal(amount)
    imported(a_line(str(wanted), obligation.reference, obligation.payer.name_zh, bank_id=f"B{next(_numbers)}"))
    obligation.refresh_from_db()
    return obligation


def a_payout_account(part: Part) -> PayoutAccount:
    """A bank account in use, its waiting time over."""
    with clock.at(clock.now() - timedelta(hours=49)):
        row = payout_accounts.enter_bank_account(
            organisation_id=part.organisation.pk,
            holder_name=part.organisation.name_zh,
            account_number="6222 0000 1234 5678",
            bank_name="云澜银行",
            by=part.actor,
            is_confirmed=True,
        )
    payout_accounts.take_into_use(row.pk, "activate")
    row.refresh_from_db()
    return row


def released(obligation: Obligation, *legs: Leg, key: str = "") -> Release:
    return release(subject=obligation.subject, legs=legs, key=key or f"release-{obligation.pk}", by=SYSTEM)


def leg(part: Part | None, amount: str, purpose: str = "price") -> Leg:
    return Leg(part.organisation.pk if part else None, purpose, cny(amount))


def held(obligation: Obligation) -> Decimal:
    return ledger.held(obligation.subject, obligation.currency)


def send_all() -> None:
    """What the worker does: payouts, reversals, refunds, each until nothing moves."""
    for pk in payouts.due_payouts():
        payouts.send_payout(pk)
    for pk in reversals.due_reversals():
        reversals.send_reversal(pk)
    for pk in refunds.due_refunds():
        refunds.send_refund(pk)


def sandbox_pays(obligation: Obligation, amount: str | None = None, *, name: str = "") -> None:
    """A transfer at the sandbox bank, and its statement read."""
    account = a_bank_account("sandbox", obligation.currency)
    sandbox.send(
        account=account,
        amount=Decimal(amount) if amount else obligation.outstanding,
        party_name=name or obligation.payer.name_zh,
        party_account="6222000011112222",
        text=obligation.reference,
    )
    sandbox.pull_statement(account)
    obligation.refresh_from_db()


def only_payout(obligation: Obligation) -> Payout:
    return Payout.objects.about(obligation.subject).get()


@dataclass(frozen=True)
class MoneyMatters:
    """One of everything of one organisation's money."""

    owed: Obligation
    settled: Obligation
    payout: Payout
    account: PayoutAccount
    bill: Invoice
    line: StatementLine


def money_matters(part: Part) -> MoneyMatters:
    """Something owed, something paid and released to itself, an account, an invoice, and a line nobody could place."""
    owed, settled = an_obligation(part, "500.00"), paid(an_obligation(part, "70.00"))
    released(settled, Leg(part.organisation.pk, "price", cny("70.00")))
    line = invoices.Line("平台服务费", "Platform fee", cny("100.00"), Decimal(6))
    bill = invoices.issue_invoice(
        series="FEE", issuer_id=None, buyer_id=part.organisation.pk, lines=[line], subject=settled.subject, by=SYSTEM
    )
    run = imported(a_line("5.00", f"not placed {part.organisation.pk}", bank_id=f"U{next(_numbers)}"))
    return MoneyMatters(
        owed=owed,
        settled=settled,
        payout=only_payout(settled),
        account=a_payout_account(part),
        bill=bill,
        line=run.lines.get(),
    )
