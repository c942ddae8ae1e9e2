"""Where payouts go: a change waits two days, so that a thief who changes it is noticed before money leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from marketplace.core import clock, timers
from marketplace.core.errors import NotPermitted
from marketplace.payments.models import PayoutAccount
from marketplace.payments.refusals import AccountWaits
from marketplace.payments.services import payout_accounts
from marketplace.payments.states import PayoutAccountState
from tests import cast
from tests.payments.makers import a_payout_account

pytestmark = pytest.mark.django_db(transaction=True)
HOURS = 48


def a_provider_account(external_id: str, by: cast.Part | None = None) -> PayoutAccount:
    part = cast.ines()
    return payout_accounts.enter_provider_account(
        organisation_id=part.organisation.pk,
        rail="stripe",
        external_id=external_id,
        facts_told={"country": "CN"},
        is_ready=True,
        by=(by or part).actor,
    )


def state(row: PayoutAccount) -> str:
    return PayoutAccount.objects.get(pk=row.pk).state


def beat(at: datetime) -> None:
    with clock.at(at):
        timers.run_due()


def test_the_first_account_at_a_provider_is_used_at_once_and_the_next_waits():
    first = a_provider_account("acct_1")
    assert (state(first), first.usable_from <= clock.now()) == (PayoutAccountState.ACTIVE, True)
    second = a_provider_account("acct_2")
    assert state(second) == PayoutAccountState.WAITING
    assert abs(second.usable_from - clock.now() - timedelta(hours=HOURS)) < timedelta(minutes=1)
    with pytest.raises(AccountWaits):
        a_provider_account("acct_3")
    beat(second.usable_from - timedelta(seconds=1))
    assert (state(first), state(second)) == (PayoutAccountState.ACTIVE, PayoutAccountState.WAITING)
    beat(second.usable_from + timedelta(seconds=1))
    assert (state(first), state(second)) == (PayoutAccountState.REPLACED, PayoutAccountState.ACTIVE)


def test_a_change_of_the_bank_account_waits_and_can_be_stopped():
    part = cast.ines()
    old = a_payout_account(part)
    entered = {
        "organisation_id": part.organisation.pk,
        "holder_name": part.organisation.name_zh,
        "account_number": "6222 0000 9999 5678",
        "bank_name": "别处银行",
        "is_confirmed": True,
    }
    with pytest.raises(NotPermitted):
        payout_accounts.enter_bank_account(**entered, by=cast.bo().actor)
    new = payout_accounts.enter_bank_account(**entered, by=part.actor)
    payout_accounts.take_into_use(new.pk, "activate")
    assert (state(old), state(new)) == (PayoutAccountState.ACTIVE, PayoutAccountState.WAITING), "called too early"
    payout_accounts.withdraw_account(account_id=new.pk, by=part.actor)
    beat(new.usable_from + timedelta(hours=1))
    assert (state(old), state(new)) == (PayoutAccountState.ACTIVE, PayoutAccountState.WITHDRAWN)


def test_another_act_or_an_unknown_account_is_let_be():
    row = a_provider_account("acct_1")
    payout_accounts.take_into_use(row.pk, "something-else")
    payout_accounts.take_into_use(row.pk + 1000, "activate")
    assert state(row) == PayoutAccountState.ACTIVE
