"""How one wants to be told: preferences, and the way out that stands in every letter."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from marketplace.notifications import preferences, unsubscribing
from marketplace.notifications.catalogue import ROWS, THEMES, theme
from marketplace.notifications.forms import PreferencesForm
from marketplace.notifications.models import Channel
from marketplace.notifications.views.inbox import reader_of


@require_http_methods(["GET", "POST"])
@login_required
def notice_preferences(request: HttpRequest) -> HttpResponse:
    """A table of themes and channels, quiet hours, and everything the market tells, as the catalogue has it."""
    user_id = reader_of(request)
    chosen = preferences.chosen_by([user_id], [one.key for one in THEMES])
    form = PreferencesForm(request.POST or None, habits=preferences.habits_of(user_id), chosen=chosen)
    if request.method == "POST" and form.is_valid():
        preferences.choose(user_id=user_id, chosen=form.chosen())
        preferences.keep_habits(
            user_id=user_id,
            quiet_from=form.cleaned_data["quiet_from"],
            quiet_until=form.cleaned_data["quiet_until"],
            wecom_id=form.cleaned_data.get("wecom_id", ""),
        )
        messages.success(request, _("Saved. What waits to be sent follows it too."))
        return redirect("notice_preferences")
    context = {
        "form": form,
        "channels": [Channel(one).label for one in form.channels],
        "rows": form.rows,
        "catalogue": [
            {"code": row.code, "theme": theme(row.theme).label, "kinds": row.kinds, "row": row} for row in ROWS
        ],
    }
    return render(request, "notifications/preferences.html", context, status=422 if form.errors else 200)


@csrf_exempt  # a mail program posts without cookies; the address itself is the proof
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button; posting ends one theme by one channel, from the page or from a mail program."""
    subscription = unsubscribing.read(token)
    is_done = request.method == "POST"
    if is_done:
        unsubscribing.unsubscribe(subscription)
    context = {
        "is_done": is_done,
        "theme": theme(subscription.theme).label,
        "channel": Channel(subscription.channel).label,
    }
    return render(request, "notifications/unsubscribe.html", context)
