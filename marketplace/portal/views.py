"""Home, the workspace's first page, plain-language pages about the market, preferences, and the way out for files."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from marketplace.accounts.acting import standing_of
from marketplace.core import clock, formats
from marketplace.core.errors import NotFound
from marketplace.core.files import send
from marketplace.core.pagecache import public_page, theme_of
from marketplace.core.workdays import WorkCalendar, work_calendar
from marketplace.portal import registry
from marketplace.portal.about import ABOUT

THEMES = {"": _("As the device has it"), "light": _("Light"), "dark": _("Dark")}
THEME_KEPT_S = 365 * 24 * 3600
LONGEST_SEARCH = 200
SOON_WORKING_DAYS = 2


def home_version(request: HttpRequest) -> str:
    """Home changes by the minute at most: figures are counts, not promises."""
    return clock.now().strftime("%Y%m%d%H%M")


@require_safe
@public_page(home_version, seconds=90)
def home(request: HttpRequest) -> HttpResponse:
    """The public front page, put together from what every floor contributes."""
    sections = [(block.column, {"template": block.template, "names": block.context()}) for block in registry.blocks]
    context = {
        "main_blocks": [section for column, section in sections if column == "main"],
        "aside_blocks": [section for column, section in sections if column == "aside"],
        "figures": [_shown(one) for one in registry.figures],
        "scopes": [(place.url_name, place.label) for place in registry.places if place.has_search],
        "entrances": registry.entrances,
        "shortcuts": [
            {"label": one.label, "url": f"{reverse(one.url_name)}?{one.query}"} for one in registry.shortcuts
        ],
        "structured": _structured(request),
    }
    return render(request, "portal/home.html", context)


def _shown(figure: registry.Figure) -> dict[str, Any]:
    """A figure as the row of figures takes it."""
    value, note = told if isinstance(told := figure.value(), tuple) else (told, figure.note())
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return {
        "label": figure.label,
        "figure": formats.number(value) if is_number else value,
        "unit": figure.unit,
        "note": note,
        "url": reverse(figure.url_name) if figure.url_name else "",
    }


def _structured(request: HttpRequest) -> dict[str, Any]:
    """The site and its search in schema.org words."""
    is_chinese = formats.is_chinese(get_language() or settings.LANGUAGE_CODE)
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": settings.MARKET_NAME_ZH if is_chinese else settings.MARKET_NAME_EN,
        "url": f"{settings.SITE_URL}{request.path}",
        "inLanguage": "zh-CN" if is_chinese else "en",
        "publisher": {
            "@type": "Organization",
            "name": settings.MARKET_HOST_ZH if is_chinese else settings.MARKET_HOST_EN,
        },
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{settings.SITE_URL}{reverse('search')}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Send a search from the home page to the list it is meant for: `in` names a place, by default the first."""
    searched = [place.url_name for place in registry.places if place.has_search]
    if not searched:
        raise NotFound()
    wanted = request.GET.get("in", "")
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    url = reverse(wanted if wanted in searched else searched[0])
    return redirect(f"{url}?{urlencode({'q': text})}" if text else url)


@require_GET
@login_required
def workspace(request: HttpRequest) -> HttpResponse:
    """What is yours to do, across all floors."""
    actor = request.actor  # type: ignore[attr-defined]
    lines = [{**line, "due": _day(line.get("due"))} for todo in registry.todos for line in todo.lines(actor)]
    lines.sort(key=lambda line: (line["due"] is None, line["due"] or date.max))
    calendar = work_calendar()
    standing = standing_of(request)
    organisation = standing.organisation if standing else None
    context = {
        "lines": [_with_days_left(line, calendar) for line in lines],
        "organisation": organisation,
        "state": organisation.state if organisation else "",
    }
    return render(request, "portal/workspace.html", context)


def _day(due: date | datetime | None) -> date | None:
    """The last day of a deadline: floors give days or moments."""
    return None if due is None else clock.last_day(due)


def _with_days_left(line: dict[str, Any], calendar: WorkCalendar) -> dict[str, Any]:
    """A line with the working days left until it is due, negative when late, and the shape of its urgency."""
    due, today = line["due"], clock.today()
    if due is None:
        return {**line, "days": None, "state": "now"}
    days = calendar.working_days_between(today, due)
    if due < today:
        # a deadline missed over a week-end is late even though no working day has passed
        return {**line, "days": min(days, -1), "state": "stop"}
    return {**line, "days": days, "state": "wait" if days <= SOON_WORKING_DAYS else "now"}


@require_safe
@public_page(lambda request, page: "1")
def about(request: HttpRequest, page: str) -> HttpResponse:
    """One of the plain-language pages."""
    if page not in ABOUT:
        raise NotFound()
    pages = [
        {"url": reverse("about", args=[slug]), "label": label, "current": slug == page} for slug, label in ABOUT.items()
    ]
    context = {"title": ABOUT[page], "part": f"portal/about/{page}.html", "pages": pages}
    return render(request, "portal/about.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Appearance, kept in a cookie, so that it works without an account."""
    if request.method != "POST":
        context = {"chosen": theme_of(request), "themes": THEMES, "next": request.GET.get("next", "")}
        return render(request, "portal/preferences.html", context)
    target = request.POST.get("next", "")
    if not target.startswith("/") or not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("home")
    response = HttpResponseRedirect(target)
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
