"""Where an organisation wants to be paid. A change takes 48 hours, so that a stolen sign-in does not steal money."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from stdnum import iban

from marketplace.accounts.models import Organisation
from marketplace.core import clock, timers
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.lifecycle import begin, rearm, walk
from marketplace.core.locks import locked, locked_all
from marketplace.payments.graphs import PAYOUT_ACCOUNT_GRAPH, PAYOUT_ACCOUNT_WAITS_HOURS, TREASURERS
from marketplace.payments.models import PayoutAccount
from marketplace.payments.names import same_name
from marketplace.payments.refusals import AccountNumberWrong, AccountWaits, NameDiffers, SecondFactorNeeded
from marketplace.payments.services.payouts import wake_payouts
from marketplace.payments.states import PayoutAccountState

BANK_RAIL = "bank"
_DIGITS = re.compile(r"\d{8,34}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")


def enter_bank_account(
    *,
    organisation_id: int,
    holder_name: str,
    account_number: str,
    bank_name: str,
    bank_code: str = "",
    country: str = "CN",
    by: Actor,
    is_confirmed: bool,
) -> PayoutAccount:
    """Name the bank account an organisation wants to be paid to; it is used from 48 hours on, and its people are told.

    `is_confirmed` says that the person has just proved again who they are. Raises SecondFactorNeeded, NotPermitted,
    NameDiffers (the holder must be the organisation), AccountNumberWrong, AccountWaits.
    """
    if not is_confirmed:
        raise SecondFactorNeeded()
    number = plain_number(account_number)
    with locked(Organisation, organisation_id) as organisation:
        row = PayoutAccount(
            organisation=organisation,
            rail=BANK_RAIL,
            holder_name=holder_name.strip(),
            account_number=number,
            bank_name=bank_name.strip(),
            bank_code=bank_code.strip().upper(),
            country=country,
            usable_from=clock.now() + timedelta(hours=PAYOUT_ACCOUNT_WAITS_HOURS),
            created_by_id=by.user_id,
            created_at=clock.now(),
        )
        require(TREASURERS, by, row)
        if not same_name(holder_name, [organisation.name_zh, organisation.name_en]):
            raise NameDiffers(field="holder_name", holder=holder_name, organisation=organisation.name)
        _refuse_second(row)
        begin(PAYOUT_ACCOUNT_GRAPH, row, by=by, data=facts(row))
    return row


def enter_provider_account(
    *, organisation_id: int, rail: str, external_id: str, facts_told: dict[str, Any], is_ready: bool, by: Actor
) -> PayoutAccount:
    """Keep an organisation's account at a provider, which checks holder and bank itself; usable when it is ready.

    Comes into use at once where the organisation has none on that rail, else after the 48 hours.
    """
    with locked(Organisation, organisation_id) as organisation:
        now = clock.now()
        has_one = PayoutAccount.objects.filter(
            organisation=organisation, rail=rail, state=PayoutAccountState.ACTIVE
        ).exists()
        row = PayoutAccount(
            organisation=organisation,
            rail=rail,
            external_id=external_id,
            facts=facts_told,
            is_ready=is_ready,
            usable_from=now + timedelta(hours=PAYOUT_ACCOUNT_WAITS_HOURS) if has_one else now,
            created_by_id=by.user_id,
            created_at=now,
        )
        if not by.is_system:
            require(TREASURERS, by, row)
        _refuse_second(row)
        begin(PAYOUT_ACCOUNT_GRAPH, row, by=by, data=facts(row))
        if not has_one:
            walk(PAYOUT_ACCOUNT_GRAPH, row, "activate", by=SYSTEM, data=facts(row))
    return row


def note_provider_account(*, account_id: int, is_ready: bool, facts_told: dict[str, Any]) -> PayoutAccount:
    """Keep what the provider now says of an account."""
    with locked(PayoutAccount, account_id) as row:
        row.is_ready, row.facts = is_ready, facts_told
        row.save(update_fields=["is_ready", "facts"])
        if is_ready:
            transaction.on_commit(wake_payouts)
    return row


def withdraw_account(*, account_id: int, by: Actor) -> PayoutAccount:
    """Do not pay there any more, or stop a change before it takes effect."""
    with locked(PayoutAccount, account_id) as row:
        walk(PAYOUT_ACCOUNT_GRAPH, row, "withdraw", by=by, data=facts(row))
    return row


def take_into_use(account_id: int, act: str) -> None:
    """What the timer does when the waiting time is over: the new account replaces the one before."""
    found = PayoutAccount.objects.filter(pk=account_id).first()
    if found is None or act != "activate":
        return
    before = PayoutAccount.objects.filter(
        organisation=found.organisation_id, rail=found.rail, state=PayoutAccountState.ACTIVE
    ).first()
    wanted = [(PayoutAccount, row.pk) for row in (found, before) if row is not None]
    with locked_all(wanted) as rows:
        row = rows[0]
        assert isinstance(row, PayoutAccount)
        if row.state != PayoutAccountState.WAITING:
            return
        if row.usable_from > clock.now():
            rearm(PAYOUT_ACCOUNT_GRAPH, row)
            return
        for old in rows[1:]:
            assert isinstance(old, PayoutAccount)
            if old.state == PayoutAccountState.ACTIVE:
                walk(PAYOUT_ACCOUNT_GRAPH, old, "replace", by=SYSTEM, data=facts(old))
        walk(PAYOUT_ACCOUNT_GRAPH, row, "activate", by=SYSTEM, data=facts(row))
        transaction.on_commit(wake_payouts)


def plain_number(number: str) -> str:
    """The account number without spaces and hyphens. Raises AccountNumberWrong."""
    plain = re.sub(r"[\s\-]+", "", number).upper()
    if _DIGITS.fullmatch(plain):
        return plain
    if _IBAN.fullmatch(plain) and iban.is_valid(plain, check_country=False):
        return plain
    raise AccountNumberWrong(field="account_number")


def _refuse_second(row: PayoutAccount) -> None:
    waiting = PayoutAccount.objects.filter(
        organisation=row.organisation_id, rail=row.rail, state=PayoutAccountState.WAITING
    )
    if waiting.exists():
        raise AccountWaits()


def facts(row: PayoutAccount) -> dict[str, Any]:
    """What events tell: never the number itself."""
    return {
        "organisation": row.organisation_id,
        "rail": row.rail,
        "ends": row.masked,
        "usable_from": row.usable_from,
    }


timers.on_timer(PAYOUT_ACCOUNT_GRAPH.name, take_into_use)
