"""What every page knows: the market, the language, who acts, where one can go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.core import clock, formats
from marketplace.core.actor import ANONYMOUS, Actor
from marketplace.core.counting import counts
from marketplace.core.pagecache import theme_of
from marketplace.core.workdays import work_calendar
from marketplace.portal import registry
from marketplace.portal.about import ABOUT

ENGLISH_PREFIX = "/en/"
DESK_PREFIXES = ("/workspace/", "/desk/", "/account/")
NOTICES = "notice_list"
DATA_DATE_KEY = "portal.data-date"
DATA_DATE_KEPT_S = 300


def bare_path(path: str) -> str:
    """The path without its language prefix."""
    return path[len(ENGLISH_PREFIX) - 1 :] if path.startswith(ENGLISH_PREFIX) else path


def market(request: HttpRequest) -> dict[str, Any]:
    """The context of every template; what costs queries is computed only when a template asks for it."""
    is_chinese = (get_language() or settings.LANGUAGE_CODE).startswith("zh")
    actor = getattr(request, "actor", ANONYMOUS)
    path = bare_path(request.path)
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    is_signed_in = actor is not ANONYMOUS and not actor.is_anonymous
    context: dict[str, Any] = {
        "market_name": settings.MARKET_NAME_ZH if is_chinese else settings.MARKET_NAME_EN,
        "market_host": settings.MARKET_HOST_ZH if is_chinese else settings.MARKET_HOST_EN,
        "market_phone": settings.MARKET_PHONE,
        "lang": "zh-hans" if is_chinese else "en",
        "home_url": "/" if is_chinese else ENGLISH_PREFIX,
        "site_url": settings.SITE_URL,
        "is_demo": settings.IS_DEMO,
        "theme": theme_of(request),
        "alternate_urls": {"zh-hans": path + query, "en": "/en" + path + query},
        "canonical_path": request.path,
        "places": SimpleLazyObject(lambda: places(path)),
        "footer_links": SimpleLazyObject(lambda: footer_links(request.path)),
        "today": clock.today(),
        "data_as_of": SimpleLazyObject(data_as_of),
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        "is_workday": SimpleLazyObject(lambda: work_calendar().is_workday(clock.today())),
        "actor": actor,
        "acting": None,
        "unread_count": 0,
        "side_nav": [],
    }
    if is_signed_in:
        from marketplace.accounts.acting import acting_for
        from marketplace.notifications.service import unread_count

        context["acting"] = SimpleLazyObject(lambda: acting_for(request))
        if path.startswith(DESK_PREFIXES):
            beside = SimpleLazyObject(lambda: side_nav(request))
            context["side_nav"] = beside
            # the bell shows what the line of the notices counts already
            context["unread_count"] = SimpleLazyObject(lambda: _count_at(beside, reverse(NOTICES)))
        else:
            context["unread_count"] = SimpleLazyObject(lambda: unread_count(actor.user_id or 0))
    return context


def data_as_of() -> date | None:
    """The latest day any floor's data reach; asked of the floors once in five minutes."""
    kept = cache.get(DATA_DATE_KEY)
    if kept is None:
        days = [day for newest in registry.data_dates if (day := newest()) is not None]
        kept = max(days).isoformat() if days else ""
        cache.set(DATA_DATE_KEY, kept, DATA_DATE_KEPT_S)
    return date.fromisoformat(kept) if kept else None


def places(path: str) -> list[dict[str, Any]]:
    """The masthead's places with the current one marked."""
    found = []
    for place in registry.places:
        url = reverse(place.url_name)
        inside = path.startswith(bare_path(url))
        found.append({"url": url, "label": place.label, "current": inside, "exact": path == bare_path(url)})
    return found


def footer_links(path: str) -> list[dict[str, Any]]:
    """The plain-language pages, the API and the page of preferences, which leads back to `path`."""
    about = [{"url": reverse("about", args=[page]), "label": title} for page, title in ABOUT.items()]
    # the documentation carries no language in its path
    docs = reverse("api_docs") if formats.is_chinese(get_language() or "zh") else f"{reverse('api_docs')}?lang=en"
    preferences = f"{reverse('preferences')}?{urlencode({'next': path})}"
    verify = {"url": reverse("verify"), "label": _("Check a document")}
    return [
        *about,
        verify,
        {"url": docs, "label": _("API")},
        {"url": preferences, "label": _("Language and appearance")},
    ]


def side_nav(request: HttpRequest) -> list[dict[str, Any]]:
    """The workspace's entries open to the actor, in groups; the longest matching address is the current one."""
    actor = request.actor  # type: ignore[attr-defined]
    groups: dict[str, list[dict[str, Any]]] = {}
    items: list[dict[str, Any]] = []
    shown = [entry for entry in registry.desks if entry.shows(actor)]
    for entry, waiting in zip(shown, _waiting(shown, actor), strict=True):
        url = reverse(entry.url_name)
        item = {"url": url, "label": entry.label, "count": waiting, "late": False, "current": False}
        items.append(item)
        groups.setdefault(str(entry.group), []).append(item)
    # the workspace's own address begins all the others: it is current only when it is the page itself
    root = reverse("workspace")
    here = [
        item
        for item in items
        if request.path == item["url"] or (item["url"] != root and request.path.startswith(item["url"]))
    ]
    if here:
        max(here, key=lambda item: len(item["url"]))["current"] = True
    return [{"label": label, "items": entries} for label, entries in groups.items()]


def _waiting(entries: Sequence[registry.DeskEntry], actor: Actor) -> list[int]:
    """How much waits at each of these lines; one statement for all of them."""
    parts = [entry.count(actor) for entry in entries]
    found = iter(counts([one for querysets in parts for one in querysets]))
    return [sum(islice(found, len(querysets))) for querysets in parts]


def _count_at(groups: Iterable[dict[str, Any]], url: str) -> int:
    return next((item["count"] for group in groups for item in group["items"] if item["url"] == url), 0)
