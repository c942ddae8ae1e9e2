"""What a person reads outside the market: words of one or several deliveries, in their language, as text and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from marketplace.accounts.models import User
from marketplace.core.formats import is_chinese
from marketplace.notifications import unsubscribing
from marketplace.notifications.catalogue import theme
from marketplace.notifications.couriers.mail import host
from marketplace.notifications.couriers.port import Letter
from marketplace.notifications.models import Delivery, Digest
from marketplace.notifications.service import has_effect, sentence_of


@dataclass(frozen=True)
class Line:
    words: str
    url: str


def letter_of(row: Delivery, address: str) -> Letter:
    """The letter of one delivery. What has legal effect says so and cannot be unsubscribed from."""
    return _letter([row], row.recipient, address, kind="notice", number=row.pk)


def letter_of_digest(digest: Digest, rows: Sequence[Delivery], address: str) -> Letter:
    """One letter for all that a window collected."""
    return _letter(rows, digest.recipient, address, kind="digest", number=digest.pk)


def _letter(rows: Sequence[Delivery], reader: User, address: str, *, kind: str, number: int) -> Letter:
    language = reader.language
    with translation.override(language):
        market = settings.MARKET_NAME_ZH if is_chinese(language) else settings.MARKET_NAME_EN
        lines = [Line(sentence_of(row), absolute(row.url, language)) for row in rows]
        is_legal = any(has_effect(row) for row in rows)
        first = rows[0]
        stop = "" if is_legal else settings.SITE_URL + unsubscribing.address(reader.pk, first.theme, first.channel)
        label = str(theme(first.theme).label) if first.theme else ""
        context = {
            "name": reader.display_name,
            "lines": lines,
            "line": lines[0],
            "market": market,
            "theme": label,
            "is_legal": is_legal,
            "preferences": settings.SITE_URL + reverse("notice_preferences"),
            "language": "zh-CN" if is_chinese(language) else "en",
        }
        words = lines[0].words if kind == "notice" else f"{label} ({len(lines)})"
        return Letter(
            id=f"<{kind}-{number}-{first.event_id}@{host()}>",
            address=address,
            subject=" ".join(f"{market}: {words}".split())[:180],
            text=render_to_string(f"emails/{kind}.txt", context),
            html=render_to_string(f"emails/{kind}.html", context),
            short=f"{market}: {words}",
            url=lines[0].url if kind == "notice" else settings.SITE_URL + reverse("notice_list"),
            unsubscribe=stop,
            headers={"Auto-Submitted": "auto-generated"},
        )


def absolute(path: str, language: str) -> str:
    """A path of the market as an address in the reader's language; empty for none."""
    if not path:
        return ""
    prefix = "" if is_chinese(language) or path.startswith("/en/") else "/en"
    return f"{settings.SITE_URL}{prefix}{path}"
