"""The desk's look at what did not arrive."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from marketplace.core.errors import NotFound
from marketplace.notifications import parked

LONGEST_ID = 18


@require_GET
@login_required
def notice_desk(request: HttpRequest) -> HttpResponse:
    """Parked events, letters and digests with their errors, each with a button to send it again."""
    return render(request, "notifications/desk.html", {"lines": parked.stuck(request.actor)})  # type: ignore[attr-defined]


@require_POST
@login_required
def notice_release(request: HttpRequest) -> HttpResponse:
    """Send one of them again."""
    pk = request.POST.get("id", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= LONGEST_ID):
        pk = "0"
    try:
        went = parked.release(kind=request.POST.get("kind", ""), pk=int(pk), by=request.actor)  # type: ignore[attr-defined]
    except NotFound:
        messages.info(request, _("That is settled already."))
        return redirect("notice_desk")
    if went:
        messages.success(request, _("It goes out again."))
    else:
        messages.error(request, _("It failed again; the error is shown below."))
    return redirect("notice_desk")
