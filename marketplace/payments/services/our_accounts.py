"""The market's own bank accounts, into which payers transfer: one a currency, entered by the operator's treasurers.

Whoever changes where payers transfer takes their money. So an account is corrected only while nobody was told of it
and no statement of it was read; after that it stays, and the ledger with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from marketplace.accounts.roles import DESK_KINDS, Role
from marketplace.core import events
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import Desk
from marketplace.payments.gateways.bank import BankProvider
from marketplace.payments.models import BankAccount, PayIn
from marketplace.payments.refusals import OurAccountInUse, SecondFactorNeeded
from marketplace.payments.services.payout_accounts import plain_number

PROVIDER = BankProvider.code
TREASURERS = Desk(frozenset(DESK_KINDS), frozenset({Role.OWNER, Role.FINANCE}))


@dataclass(frozen=True, slots=True)
class OurAccount:
    """What payers are told: holder and bank in both languages, number, bank code."""

    currency: str
    holder_zh: str
    holder_en: str
    account_number: str
    bank_zh: str
    bank_en: str
    bank_code: str = ""


def is_in_use(account: BankAccount) -> bool:
    """Claims that a payer was told of the account, or that a statement of it was read."""
    told = PayIn.objects.filter(provider=account.provider, obligation__currency=account.currency)
    return told.exists() or account.imports.exists()


def enter_our_account(told: OurAccount, *, by: Actor, is_confirmed: bool) -> BankAccount:
    """Enter the market's account in a currency, or correct the one that is not in use yet.

    `is_confirmed` says that the person has just proved again who they are. Raises SecondFactorNeeded, NotPermitted,
    AccountNumberWrong, OurAccountInUse.
    """
    if not is_confirmed:
        raise SecondFactorNeeded()
    number = plain_number(told.account_number)
    try:
        with transaction.atomic():
            row = (
                BankAccount.objects.select_for_update(no_key=True)
                .filter(provider=PROVIDER, currency=told.currency)
                .first()
            )
            is_new = row is None
            row = row or BankAccount(provider=PROVIDER, currency=told.currency)
            require(TREASURERS, by, row)
            if not is_new and is_in_use(row):
                raise OurAccountInUse(currency=told.currency)
            row.holder_zh, row.holder_en = told.holder_zh.strip(), told.holder_en.strip()
            row.bank_zh, row.bank_en = told.bank_zh.strip(), told.bank_en.strip()
            row.account_number, row.bank_code = number, told.bank_code.strip().upper()
            row.save()
            data = {"currency": row.currency, "ends": row.account_number[-4:]}
            events.record("bank_account.enter" if is_new else "bank_account.correct", row, by, data=data)
    except IntegrityError as error:  # a colleague entered the same currency at the same moment
        if "one_account_of_ours_per_provider_and_currency" in str(error):
            raise OurAccountInUse(currency=told.currency) from error
        raise
    return row
