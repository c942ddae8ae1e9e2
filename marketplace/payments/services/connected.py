"""Payees at Stripe: opening a connected account, sending its owner to the onboarding page, following its readiness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from marketplace.accounts.models import Organisation
from marketplace.core import events
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.locks import locked
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown
from marketplace.payments.gateways.stripe import CODE, StripeProvider
from marketplace.payments.graphs import TREASURERS
from marketplace.payments.models import PayoutAccount, ProviderCall
from marketplace.payments.refusals import ProviderFails
from marketplace.payments.services import calls
from marketplace.payments.services.payout_accounts import enter_provider_account, note_provider_account
from marketplace.payments.states import PayoutAccountState

LIVE = (PayoutAccountState.WAITING, PayoutAccountState.ACTIVE)


def connected_account(organisation_id: int) -> PayoutAccount | None:
    """The account of an organisation at Stripe, in use or waiting to be."""
    rows = PayoutAccount.objects.in_state(*LIVE).filter(organisation=organisation_id, rail=CODE)
    return rows.order_by("-pk").first()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of payout accounts shows of Stripe: the account if there is one, and where one may be opened."""

    account: PayoutAccount | None
    countries: tuple[str, ...]
    home: str
    is_play: bool


def connected_shown(organisation_id: int) -> Shown | None:
    """None where Stripe pays nobody out: no key, or a region that is not listed."""
    if not settings.STRIPE_SECRET_KEY:
        return None
    facts = StripeProvider().capabilities()
    if not facts.pays_out:
        return None
    return Shown(
        connected_account(organisation_id),
        tuple(sorted(facts.payout_countries)),
        settings.STRIPE_COUNTRY,
        facts.is_play,
    )


def open_connected_account(*, organisation_id: int, country: str, by: Actor) -> PayoutAccount:
    """Give an organisation an account at Stripe to be paid to; the one it has if it has one.

    It is used once Stripe says it is ready: Stripe checks the owner and the bank. Calls Stripe, so it must not be
    called within a transaction. Raises NotPermitted, Invalid (a country Stripe does not pay to from here),
    ProviderFails.
    """
    provider = StripeProvider()
    facts = provider.capabilities()
    if country not in facts.payout_countries:
        raise Invalid(field="country", problem=f"{country}: " + ", ".join(sorted(facts.payout_countries)))
    with transaction.atomic(durable=True), locked(Organisation, organisation_id) as organisation:
        require(TREASURERS, by, organisation)
        found = connected_account(organisation_id)
        if found is not None:
            return found
        so_far = PayoutAccount.objects.filter(organisation=organisation, rail=CODE).count()
        key = f"connect:{organisation_id}:{so_far + 1}"
        calls.plan(key, provider=CODE, operation="account.open", about=organisation)
    external_id = _opened(provider, key, organisation, country, facts.key_life)
    found = PayoutAccount.objects.filter(rail=CODE, external_id=external_id).first()
    return found or enter_provider_account(
        organisation_id=organisation_id,
        rail=CODE,
        external_id=external_id,
        facts_told={"country": country, "due": [], "stopped_because": ""},
        is_ready=False,
        by=by,
    )


def _opened(provider: StripeProvider, key: str, organisation: Organisation, country: str, key_life: timedelta) -> str:
    """The id of the account, made once per key."""
    try:
        return calls.make(
            key,
            lambda: provider.open_account(
                organisation_id=organisation.pk, country=country, email=organisation.contact_email, key=key
            ),
            key_life=key_life,
        )
    except calls.CallSettled as error:
        known = str(ProviderCall.objects.get(key=key).answer.get("answer", ""))
        if not known:
            raise ProviderFails(why=str(error)) from error
        return known
    except (ProviderRefused, ProviderUnknown, calls.CallInFlight, calls.KeyForgotten) as error:
        raise ProviderFails(why=str(error)) from error


def onboarding_url(*, account_id: int, return_url: str, by: Actor) -> str:
    """Where the organisation gives Stripe its papers. Raises NotFound, NotPermitted, ProviderFails."""
    account = PayoutAccount.objects.filter(pk=account_id, rail=CODE).exclude(external_id="").first()
    if account is None:
        raise NotFound()
    require(TREASURERS, by, account)
    try:
        return StripeProvider().onboarding_url(account.external_id, return_url=return_url)
    except (ProviderRefused, ProviderUnknown) as error:
        raise ProviderFails(why=str(error)) from error


def refresh_account(account_id: int) -> PayoutAccount:
    """Ask Stripe whether the account can be paid now, and keep the answer. Not within a transaction.

    Raises NotFound, ProviderUnknown, ProviderRefused.
    """
    account = PayoutAccount.objects.filter(pk=account_id, rail=CODE).exclude(external_id="").first()
    if account is None:
        raise NotFound()
    told = StripeProvider().account_facts(account.external_id)
    is_ready = bool(told["is_ready"])
    if account.is_ready == is_ready and account.facts == told:
        return account
    fresh = note_provider_account(account_id=account_id, is_ready=is_ready, facts_told=told)
    if account.is_ready != is_ready:
        kind = "payout_account.become_ready" if is_ready else "payout_account.stop"
        data = {"organisation": fresh.organisation_id, "provider": CODE, "rail": CODE, "why": told["stopped_because"]}
        with transaction.atomic():
            events.record(kind, fresh, SYSTEM, data=data)
    return fresh
