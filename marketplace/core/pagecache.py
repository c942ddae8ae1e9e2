"""Whole pages kept for readers who are not signed in.

A page is kept under its address, language, theme and a version its view names (the search generation, as a rule), so a
change is seen as soon as the version moves and no page is ever thrown away by hand. Such a page must hold nothing that
belongs to one reader: no name, no token, no count of theirs.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

KEPT_FOR_S = 300
KEPT_HEADERS = ("Content-Type", "Content-Language", "Link")
LONGEST_QUERY = 1000
View = Callable[..., HttpResponse]


def is_plain_reader(request: HttpRequest) -> bool:
    """Claims that nothing on the page may depend on who reads: a GET with no session of ours."""
    return request.method == "GET" and settings.SESSION_COOKIE_NAME not in request.COOKIES


def theme_of(request: HttpRequest) -> str:
    """The reader's choice from the cookie: "light", "dark" or "" (as the system has it)."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in ("light", "dark") else ""


def public_page(version: Callable[..., str], seconds: int = KEPT_FOR_S) -> Callable[[View], View]:
    """Keep the decorated view's 200 answers for plain readers; `version` gets the view's arguments."""

    def around(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            query = request.META.get("QUERY_STRING", "")
            if not is_plain_reader(request) or len(query) > LONGEST_QUERY:
                return view(request, *args, **kwargs)
            parts = [
                request.get_host(),
                request.path,
                query,
                get_language() or "",
                theme_of(request),
                "part" if request.headers.get("HX-Request") else "whole",
                version(request, *args, **kwargs),
            ]
            key = "page:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
            kept = cache.get(key)
            if kept is not None:
                body, headers = kept
                return HttpResponse(body, headers=headers)
            response = view(request, *args, **kwargs)
            if response.status_code == 200 and not response.streaming and not response.cookies:
                headers = {name: response[name] for name in KEPT_HEADERS if name in response}
                cache.set(key, (response.content, headers), seconds)
            return response

        return answer

    return around
