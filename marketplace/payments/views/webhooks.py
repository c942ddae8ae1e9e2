"""The doors providers knock at. They verify, keep and answer; nothing is applied here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from marketplace.payments.services import inbox

LARGEST_BODY = 512 * 1024  # events are a few kilobytes


@csrf_exempt
@never_cache
@require_POST
def stripe_account(request: HttpRequest) -> HttpResponse:
    """Events of our own account. 200 when kept (also a second time), 400 when refused, 404 without a secret."""
    return _take(request, "account")


@csrf_exempt
@never_cache
@require_POST
def stripe_connect(request: HttpRequest) -> HttpResponse:
    """Events of connected accounts, signed with a secret of their own."""
    return _take(request, "connect")


def _take(request: HttpRequest, scope: str) -> HttpResponse:
    if not inbox.secret_of(scope):
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return HttpResponse(status=413)
    done = inbox.receive(
        scope=scope,
        raw=request.body,
        signature=request.headers.get("Stripe-Signature", ""),
        address=request.META.get("REMOTE_ADDR", ""),
    )
    return HttpResponse(status=done.status)
