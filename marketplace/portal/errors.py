"""Error pages that need no database."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError
from marketplace.core.middleware import answer


class TooManyTries(DomainError):
    """Asked more often than a person does."""

    code = "too_many_tries"
    status = 429
    sentence = _("Too many tries from here in a short time.")
    remedy = _("Wait a few minutes, then try again.")


def too_many_tries(request: HttpRequest) -> HttpResponse:
    return answer(request, TooManyTries())


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return render(request, template, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/400.html", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/403.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "errors/404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors: the cause may be anything, the database included."""
    from django.template.loader import render_to_string

    reference = structlog.contextvars.get_contextvars().get("request_id", "")
    return HttpResponse(render_to_string("errors/500.html", {"request_id": reference}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/403.html", {"stale_form": True}, status=403)
