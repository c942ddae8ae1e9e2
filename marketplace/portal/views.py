"""Home, the workspace's first page, plain-language pages about the market, preferences, and the way out for files."""

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.core.files import send
from marketplace.core.pagecache import public_page, theme_of
from marketplace.portal import registry

THEMES = ("", "light", "dark")
THEME_KEPT_S = 365 * 24 * 3600
ABOUT = {
    "ranking": _("Rules of ranking"),
    "sources": _("Data sources"),
    "fees": _("Fees"),
    "complaints": _("Complaints and disputes"),
    "accessibility": _("Accessibility"),
}


def home_version(request: HttpRequest) -> str:
    """Home changes by the minute at most: figures are counts, not promises."""
    return clock.now().strftime("%Y%m%d%H%M")


@require_safe
@public_page(home_version, seconds=90)
def home(request: HttpRequest) -> HttpResponse:
    """The public front page, put together from what every floor contributes."""
    sections = [
        {"template": block.template, "column": block.column, **block.context()} for block in registry.blocks
    ]
    figures = [
        {"label": one.label, "value": one.value(), "note": one.note(), "url_name": one.url_name}
        for one in registry.figures
    ]
    context = {
        "main_blocks": [section for section in sections if section["column"] == "main"],
        "aside_blocks": [section for section in sections if section["column"] == "aside"],
        "figures": figures,
    }
    return render(request, "portal/home.html", context)


@require_GET
@login_required
def workspace(request: HttpRequest) -> HttpResponse:
    """What is yours to do, across all floors."""
    actor = request.actor  # type: ignore[attr-defined]
    lines = [line for todo in registry.todos for line in todo.lines(actor)]
    lines.sort(key=lambda line: (line.get("due") is None, line.get("due")))
    return render(request, "portal/workspace.html", {"lines": lines})


@require_safe
@public_page(lambda request, page: "1")
def about(request: HttpRequest, page: str) -> HttpResponse:
    """One of the plain-language pages."""
    if page not in ABOUT:
        raise NotFound()
    return render(request, "portal/about.html", {"page": page, "title": ABOUT[page], "part": f"portal/about/{page}.html"})


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Appearance, kept in a cookie, so that it works without an account."""
    if request.method != "POST":
        context = {"chosen": theme_of(request), "themes": THEMES, "next": request.GET.get("next", "")}
        return render(request, "portal/preferences.html", context)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "home"
    response = redirect(target)
    theme = request.POST.get("theme", "")
    response.set_cookie(
        "theme",
        theme if theme in THEMES else "",
        max_age=THEME_KEPT_S,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


@require_safe
def file(request: HttpRequest, file_id: uuid.UUID) -> FileResponse:
    """A stored file, for whoever may have it."""
    return send(request, file_id)
