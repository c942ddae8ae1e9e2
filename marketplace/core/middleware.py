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
        if request.path.startswith("/api/"):
            return JsonResponse({"error": error.as_dict()}, status=error.status)
        template = "errors/404.html" if isinstance(error, NotFound) else "errors/refusal.html"
        return render(request, template, {"refusal": error}, status=error.status)
