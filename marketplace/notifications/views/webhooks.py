"""An organisation's webhooks: added, tried, looked into, replayed, removed. Secrets are shown once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.accounts.forms import complain
from marketplace.core.errors import DomainError
from marketplace.notifications.catalogue import THEMES
from marketplace.notifications.forms import WebhookForm
from marketplace.notifications.models import Outcome, WebhookEndpoint
from marketplace.notifications.webhooks import endpoints, messages, signing

SHOWN = 50
LONGEST_ID = 18
BADGES = {Outcome.SENT: "go", Outcome.PARKED: "stop", Outcome.UNKNOWN: "stop", Outcome.DROPPED: "off"}


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def webhook_list(request: HttpRequest) -> HttpResponse:
    """The endpoints of one's organisation, and a form for one more."""
    actor = request.actor  # type: ignore[attr-defined]
    rows = endpoints.endpoints_visible_to(actor)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = endpoints.begin(url=form.cleaned_data["url"], themes=form.cleaned_data["themes"], by=actor)
        except DomainError as refusal:
            complain(form, refusal)
        else:
            return _detail(request, made, secret=signing.secret_of(made))
    context = {"form": form, "endpoints": [_shown(row) for row in rows.order_by("pk")]}
    return render(request, "notifications/webhook_list.html", context, status=422 if form.errors else 200)


def _shown(row: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint and its state in words."""
    labels = {theme.key: theme.label for theme in THEMES}
    state, words = "go", _("in use")
    if row.disabled_at is not None:
        state, words = "stop", _("gone") if row.disabled_why == "gone" else _("switched off after failures")
    elif row.failing_since is not None:
        state, words = "wait", _("failing")
    return {"row": row, "themes": [labels[key] for key in row.themes if key in labels], "state": state, "words": words}


@never_cache
@require_GET
@login_required
def webhook_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What it was told, and how each try went."""
    return _detail(request, endpoints.get_endpoint_for(request.actor, pk))  # type: ignore[attr-defined]


def _detail(request: HttpRequest, endpoint: WebhookEndpoint, *, secret: str = "") -> HttpResponse:
    log = [
        {
            "row": row,
            "badge": BADGES.get(Outcome(row.outcome), "now"),
            "words": Outcome(row.outcome).label,
            "tries": sorted(row.attempts.all(), key=lambda one: one.pk, reverse=True),
            "may_replay": row.outcome not in (Outcome.WAITING, Outcome.SENDING),
        }
        for row in messages.log_of(endpoint, SHOWN)
    ]
    context = {"endpoint": endpoint, "shown": _shown(endpoint), "log": log, "secret": secret}
    return render(request, "notifications/webhook_detail.html", context)


@require_POST
@login_required
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it a message that tells nothing."""
    endpoints.send_test(endpoint_id=pk, by=request.actor)  # type: ignore[attr-defined]
    flash.success(request, _("A test message goes out. How it went stands in the log within seconds."))
    return redirect("webhook_detail", pk=pk)


@never_cache
@require_POST
@login_required
def webhook_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, shown this once."""
    row = endpoints.rotate(endpoint_id=pk, by=request.actor)  # type: ignore[attr-defined]
    return _detail(request, row, secret=signing.secret_of(row))


@require_POST
@login_required
def webhook_enable(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell it again after it was switched off."""
    endpoints.enable(endpoint_id=pk, by=request.actor)  # type: ignore[attr-defined]
    flash.success(request, _("It is told again from now on; what it missed can be replayed."))
    return redirect("webhook_detail", pk=pk)


@require_POST
@login_required
def webhook_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove it."""
    endpoints.end(endpoint_id=pk, by=request.actor)  # type: ignore[attr-defined]
    flash.success(request, _("The webhook was removed."))
    return redirect("webhook_list")


@require_POST
@login_required
def webhook_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the messages named by `id` again."""
    endpoint = endpoints.get_endpoint_for(request.actor, pk)  # type: ignore[attr-defined]
    wanted = [
        int(one) for one in request.POST.getlist("id") if one.isascii() and one.isdigit() and len(one) <= LONGEST_ID
    ]
    mine = endpoint.messages.filter(pk__in=wanted).values_list("pk", flat=True)
    count = endpoints.replay(message_ids=mine, by=request.actor)  # type: ignore[attr-defined]
    flash.success(request, _("Messages sent again: %(count)s") % {"count": count})
    return redirect("webhook_detail", pk=pk)
