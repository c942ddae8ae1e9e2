"""One's own details, keys, sessions and second factor."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.accounts import access
from marketplace.accounts.acting import standing_of
from marketplace.accounts.agents import browser_of
from marketplace.accounts.forms import ProfileForm, TokenForm, complain
from marketplace.accounts.models import User
from marketplace.accounts.refusals import NoOrganisation
from marketplace.accounts.services import people, tokens
from marketplace.core import clock
from marketplace.core.connections import address_of
from marketplace.core.errors import DomainError


@require_http_methods(["GET", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, telephone and language."""
    actor = request.actor  # type: ignore[attr-defined]
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ProfileForm.Meta.fields}
        person = people.amend_profile(user_id=actor.user_id, by=actor, **facts)
        with translation.override(person.language):
            messages.info(request, _("Changes saved."))
            return redirect(reverse("profile"))
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """Everything about signing in, in one place: address, password, second factor, sessions."""
    assert isinstance(request.user, User)
    people.note_sign_in(
        request.user,
        session_key=str(request.session.session_key),
        address=address_of(request),
        agent=request.META.get("HTTP_USER_AGENT", ""),
    )
    sessions = [
        {"row": row, "browser": browser_of(row.agent), "is_this": row.session_key == request.session.session_key}
        for row in people.live_sign_ins(request.user)
    ]
    kinds = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    context = {
        "sessions": sessions,
        "others": len(sessions) - 1,
        "has_totp": Authenticator.Type.TOTP in kinds,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
    }
    return render(request, "accounts/security.html", context)


@require_POST
@login_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    people.end_session(request.user, sign_in_id=pk)
    messages.info(request, _("That browser is signed out."))
    return redirect("security")


@require_POST
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    assert isinstance(request.user, User)
    ended = people.end_sessions(request.user, but=str(request.session.session_key))
    messages.info(request, _("Signed out in %(count)s other browsers.") % {"count": ended})
    return redirect("security")


@require_GET
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why nothing else opens, and the two ways to go on."""
    standing = standing_of(request)
    return render(request, "accounts/second_factor.html", {"standing": standing})


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
@reauthentication_required
def token_list(request: HttpRequest) -> HttpResponse:
    """One's keys to the API; a new one is shown on the answer to its making, once."""
    actor = request.actor  # type: ignore[attr-defined]
    standing = standing_of(request)
    if standing is None or standing.membership is None:
        raise NoOrganisation()
    form = TokenForm(request.POST or None)
    made = ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, made = tokens.issue_token(membership_id=standing.membership.pk, by=actor, **form.cleaned_data)
        except DomainError as refusal:
            complain(form, refusal)
        else:
            form = TokenForm()
    rows = access.tokens_visible_to(actor).filter(revoked_at__isnull=True).order_by("-pk")
    context = {
        "form": form,
        "made": made,
        "tokens": [{"row": row, "is_expired": row.expires_at <= clock.now()} for row in rows],
        "organisation": standing.membership.organisation,
    }
    return render(request, "accounts/token_list.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    tokens.revoke_token(token_id=access.get_token_for(actor, pk).pk, by=actor)
    messages.info(request, _("The key no longer opens anything."))
    return redirect("token_list")
