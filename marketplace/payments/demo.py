"""The demo's money: accounts at the sandbox bank, and where the sample organisations are paid."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.roles import Role
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.demo import Say
from marketplace.payments.gateways.sandbox import CODE
from marketplace.payments.models import BankAccount, PayoutAccount
from marketplace.payments.services.payout_accounts import enter_bank_account, take_into_use

CURRENCIES = ("CNY", "USD")
WAITED = timedelta(hours=49)


def load(say: Say) -> None:
    """Make what is missing; a second run changes nothing."""
    for place, currency in enumerate(CURRENCIES, start=1):
        BankAccount.objects.get_or_create(
            provider=CODE,
            currency=currency,
            defaults={
                "holder_zh": settings.MARKET_NAME_ZH,
                "holder_en": settings.MARKET_NAME_EN,
                "account_number": f"9900 0000 0000 {place:04d}".replace(" ", ""),
                "bank_zh": "沙盒银行（演练）",
                "bank_en": "Sandbox Bank (rehearsal)",
                "bank_code": "",
            },
        )
    made = sum(_give_account(row) for row in _unpaid())
    say(f"Sandbox bank in {', '.join(CURRENCIES)}; {made} organisations have said where they are paid.")


def _unpaid() -> list[Organisation]:
    has_one = PayoutAccount.objects.values("organisation")
    rows = Organisation.objects.in_state(OrganisationState.VERIFIED).filter(is_sample=True)
    return list(rows.exclude(pk__in=has_one).order_by("pk"))


def _give_account(row: Organisation) -> bool:
    """A bank account in its own name, entered by its owner and past its waiting time."""
    owner = Membership.objects.live().filter(organisation=row, roles__contains=[Role.OWNER]).order_by("pk").first()
    if owner is None:
        return False
    by = Actor(user_id=owner.user_id, org_id=row.pk, org_kind=row.kind, roles=frozenset(owner.roles))
    with clock.at(clock.now() - WAITED):
        account = enter_bank_account(
            organisation_id=row.pk,
            holder_name=row.name_zh or row.name_en,
            account_number=f"62220000{row.pk:010d}",
            bank_name="沙盒银行（演练）",
            by=by,
            is_confirmed=True,
        )
    take_into_use(account.pk, "activate")
    return True
