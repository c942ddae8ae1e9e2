"""Turns a refusal raised anywhere below into the page or the JSON that says it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from marketplace.core.errors import DomainError, NotFound


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        return answer(request, error)


def answer(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """The refusal as JSON under /api/, as a page elsewhere; what is shut for a moment says when to come back."""
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse({"error": refusal.as_dict()}, status=refusal.status)
    else:
        template = "errors/404.html" if isinstance(refusal, NotFound) else "errors/refusal.html"
        response = render(request, template, {"refusal": refusal}, status=refusal.status)
    if refusal.status in (429, 503):
        response["Retry-After"] = "60"
    return response
