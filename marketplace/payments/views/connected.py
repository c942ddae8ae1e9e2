"""A payee's account at Stripe: opening it, and the way to Stripe's page where its papers are given."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from marketplace.core.errors import DomainError, NotFound
from marketplace.payments import access
from marketplace.payments.services import connected


@require_POST
@login_required
@reauthentication_required
def connected_open(request: HttpRequest) -> HttpResponse:
    """Open the organisation's account at Stripe, in the country given; the way on is a link of the page."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation_id = access.require_treasurer(actor)
    try:
        connected.open_connected_account(
            organisation_id=organisation_id, country=request.POST.get("country", settings.STRIPE_COUNTRY), by=actor
        )
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    return redirect("payout_account")


@require_safe
@never_cache
@login_required
def connected_onboarding(request: HttpRequest) -> HttpResponse:
    """On to Stripe's page. It is made anew at each visit, for it is good for minutes; nothing changes here."""
    actor = request.actor  # type: ignore[attr-defined]
    account = connected.connected_account(access.require_treasurer(actor))
    if account is None:
        raise NotFound()
    back = request.build_absolute_uri(reverse("payout_account"))
    try:
        return redirect(connected.onboarding_url(account_id=account.pk, return_url=back, by=actor))
    except DomainError as refusal:
        messages.warning(request, refusal.message)
        return redirect("payout_account")
