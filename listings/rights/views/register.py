"""The rights page of one right: its state on any day, its acts with their rules, its entries; and a holder's forms."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.assets.models import Asset
from listings.patents.presenting import shown_number
from listings.rights import access, presenting
from listings.rights.forms import ConsentForm, DayForm, ReleaseForm, StatementForm
from listings.rights.graphs import PLEDGEE, SIGNERS
from listings.rights.models import Consent, Entry
from listings.rights.services import consents, pledges, statements
from listings.rights.states import ConsentKind, EntryKind
from marketplace.core import clock, files
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound


@require_safe
def rights_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the register says of one right, today or on the day of ?on=."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asset = access.get_right(pk)
    form = DayForm(request.GET or None)
    on: date = (form.cleaned_data["on"] if form.is_valid() else None) or clock.today()
    entries = presenting.entries_of(asset)
    known = [one for one in entries if one.starts_on <= on] if on < clock.today() else entries
    is_today = on == clock.today()
    context: dict[str, Any] = {
        "asset": asset,
        "number": shown_number(asset),
        "form": form if form.is_bound else DayForm(initial={"on": on}),
        "on": on,
        "is_today": is_today,
        "bar": presenting.drawn(asset, known, on, f"rb{pk}"),
        "acts": presenting.acts(asset) if is_today else [],
        "rows": presenting.table(known, actor, on),
        "spoken_for": is_today and presenting.is_spoken_for(asset),
        "may_state": access.may_state(actor, asset),
        "consents": _consents(actor, asset),
        "releasable": [
            one
            for one in entries
            if one.kind == EntryKind.PLEDGE
            and one.ended_at is None
            and not one.is_recorded_only
            and (PLEDGEE.permits(actor, one) or access.is_at_desk(actor))
        ],
        "statements": access.statements_visible_to(actor).filter(asset=asset).order_by("-created_at")[:20],
    }
    return render(request, "rights/rights_page.html", context)


def _consents(actor: Actor, asset: Asset) -> dict[str, Any] | None:
    """What the reader's organisation, a co-owner, agreed to and can take back; None for everybody else."""
    if actor.org_id is None or not SIGNERS.permits(actor, Consent(organisation_id=actor.org_id)):
        return None
    if not access.owns_beside_the_holder(actor.org_id, asset):
        return None
    given = Consent.objects.live().filter(asset=asset, organisation_id=actor.org_id)
    return {"given": list(given), "form": ConsentForm()}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def statement_new(request: HttpRequest, pk: int) -> HttpResponse:
    """State an entry of one's own right, with its proof."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asset = access.get_own_right(actor, pk)
    form = StatementForm(request.POST or None, request.FILES or None, initial={"starts_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            statements.state(
                asset_id=asset.pk,
                kind=form.cleaned_data["kind"],
                facts=form.facts(),
                upload=form.cleaned_data["evidence"],
                by=actor,
            )
        except DomainError as refusal:
            form.add_error({"file": "evidence", "fields": "fields_of_use"}.get(refusal.field), refusal.message)
        else:
            messages.info(request, _("Handed in. The operator answers within five working days."))
            return redirect("rights_page", pk=pk)
    context = {"form": form, "asset": asset, "number": shown_number(asset)}
    return render(request, "rights/statement_form.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def statement_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a statement back while it waits."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    statement = access.get_statement(actor, pk)
    statements.withdraw(statement_id=statement.pk, by=actor)
    messages.info(request, _("Withdrawn."))
    return redirect("rights_page", pk=statement.asset_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def pledge_release(request: HttpRequest, pk: int) -> HttpResponse:
    """The pledgee releases; the operator proposes a release on the pledgee's written proof."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    entry = found(Entry.objects.live().select_related("asset", "asset__patent", "party"), pk=pk, kind=EntryKind.PLEDGE)
    by_pledgee = PLEDGEE.permits(actor, entry)
    if not by_pledgee and not access.is_at_desk(actor):
        raise NotFound()
    form = ReleaseForm(request.POST or None, request.FILES or None, initial={"on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            upload = form.cleaned_data["evidence"]
            paper = files.keep(upload, purpose=statements.PURPOSE, by=actor).pk if upload else None
            if by_pledgee:
                pledges.release_pledge(entry_id=pk, by=actor, on=form.cleaned_data["on"], evidence_id=paper)
                messages.info(request, _("The pledge is released."))
            else:
                pledges.propose_release(entry_id=pk, by=actor, on=form.cleaned_data["on"], evidence_id=paper)
                messages.info(request, _("Proposed. A second person at the desk has to approve it."))
        except DomainError as refusal:
            form.add_error({"file": "evidence"}.get(refusal.field), refusal.message)
        else:
            return redirect("rights_page", pk=entry.asset_id)
    context = {"form": form, "entry": entry, "number": shown_number(entry.asset), "by_pledgee": by_pledgee}
    return render(request, "rights/pledge_release.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def consent_give(request: HttpRequest, pk: int) -> HttpResponse:
    """A co-owner agrees to acts on the right, until it takes that back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asset = access.get_right(pk)
    if _consents(actor, asset) is None:
        raise NotFound()
    form = ConsentForm(request.POST)
    if form.is_valid():
        consents.give_consent(asset_id=pk, kind=ConsentKind.CO_OWNER, acts=form.cleaned_data["acts"], by=actor)
        messages.info(request, _("Your consent is recorded."))
    else:
        messages.error(request, _("Choose what you agree to."))
    return redirect(f"{reverse('rights_page', args=[pk])}#consents")


@require_POST
@login_required
def consent_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a consent back; listings that rest on it go off the market."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    consent = access.get_consent(actor, pk)
    consents.revoke_consent(consent_id=consent.pk, by=actor)
    messages.info(request, _("Your consent is taken back."))
    return redirect(f"{reverse('rights_page', args=[consent.asset_id])}#consents")
