"""Puts the actor on every request, keeps people who owe a second factor on the pages where they add it, and shuts the
entrance while tries cannot be counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from marketplace.accounts import guessing
from marketplace.accounts.acting import actor_of, passed_second_factor, standing_of
from marketplace.accounts.refusals import SecondFactorMissing
from marketplace.core.caching import CannotCount
from marketplace.core.middleware import answer

OPEN_NAMES = frozenset({"second_factor", "act_as", "preferences", "security", "healthz", "readyz"})
OPEN_PREFIXES = ("account_", "mfa_")


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Banks, agencies and offices: without a second factor shown in this session nothing else opens."""
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        if request.method == "POST" and guessing.is_entrance(name):
            try:
                guessing.require_counting()
            except CannotCount as shut:  # what a middleware raises here never reaches process_exception
                return answer(request, shut)
        standing = standing_of(request)
        if standing is None or not standing.needs_second_factor:
            return None
        if standing.is_enrolled and passed_second_factor(request):
            return None
        if name in OPEN_NAMES or name.startswith(OPEN_PREFIXES):
            return None
        if request.path.startswith("/api/"):
            refusal = SecondFactorMissing()
            return JsonResponse({"error": refusal.as_dict()}, status=refusal.status)
        if not standing.is_enrolled:
            return redirect("second_factor")
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
