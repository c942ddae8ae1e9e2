"""A reader that follows every link, and a hand that fills every form: for tests that want all pages, whichever."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client
from lxml import html

#: Not followed: they end the session, or are one file under many addresses.
LEFT_OUT = re.compile(r"^/(static|account/logout)|^/api/schema")
VARIANTS = 3
SITE = "http://testserver"


@dataclass
class Page:
    """One answer: its address, status, and body as text (empty for what is no text)."""

    url: str
    status: int
    kind: str
    body: str


@dataclass
class Form:
    """A form as a page shows it, with what its fields hold."""

    page: str
    action: str
    method: str
    texts: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)


def body_of(answer: HttpResponse) -> str:
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    kind = answer.get("Content-Type", "")
    return raw.decode("utf-8", "replace") if kind.startswith(("text/", "application/json", "application/xml")) else ""


def crawl(client: Client, starts: Iterable[str], *, limit: int = 500) -> dict[str, Page]:
    """Every page reachable by links from `starts`, at most `limit`, at most three query strings a path."""
    waiting, seen, found = deque(starts), set(starts), {}
    variants: dict[str, int] = {}
    while waiting and len(found) < limit:
        url = waiting.popleft()
        answer = client.get(url)
        page = Page(url, answer.status_code, answer.get("Content-Type", ""), body_of(answer))
        found[url] = page
        targets = [answer["Location"]] if answer.status_code in (301, 302, 303) else links(page)
        for target in targets:
            there = urlsplit(urljoin(SITE + url, target))
            if there.netloc != "testserver" or LEFT_OUT.match(there.path):
                continue
            address = there.path + (f"?{there.query}" if there.query else "")
            if address in seen or (there.query and variants.get(there.path, 0) >= VARIANTS):
                continue
            seen.add(address)
            variants[there.path] = variants.get(there.path, 0) + bool(there.query)
            waiting.append(address)
    return found


def links(page: Page) -> Iterator[str]:
    """Where the links of an HTML page lead."""
    if not page.kind.startswith("text/html") or not page.body.strip():
        return
    for one in html.fromstring(page.body.encode()).iter("a"):
        if one.get("href"):
            yield one.get("href")


def forms(page: Page) -> Iterator[Form]:
    """The forms of an HTML page."""
    if not page.kind.startswith("text/html") or not page.body.strip():
        return
    for one in html.fromstring(page.body.encode()).iter("form"):
        action = urljoin(SITE + page.url, one.get("action") or page.url)
        made = Form(page.url, action.removeprefix(SITE), (one.get("method") or "get").lower())
        for box in one.iter("input", "textarea", "select", "button"):
            name, kind = box.get("name"), (box.get("type") or box.tag).lower()
            if not name or name == "csrfmiddlewaretoken":
                continue
            if box.tag == "textarea" or kind in (
                "text",
                "search",
                "email",
                "url",
                "tel",
                "hidden",
                "password",
                "input",
            ):
                made.texts.append(name)
                made.values[name] = [box.text or "" if box.tag == "textarea" else box.get("value") or ""]
            elif kind in ("number", "date", "datetime-local"):
                made.numbers.append(name)
                made.values[name] = [box.get("value") or ""]
            elif box.tag == "select":
                chosen = [o.get("value") or "" for o in box.iter("option") if o.get("selected") is not None]
                first = [o.get("value") for o in box.iter("option") if o.get("value")]
                made.values[name] = chosen or first[:1]
            elif kind in ("checkbox", "radio"):
                held = made.values.setdefault(name, [])
                if box.get("checked") is not None or (not held and box.get("disabled") is None):
                    made.values[name] = [box.get("value") or "on"]
        yield made
