"""Patents as pages show them: rows, facts with their sources, the calendar, the timeline. Reads only, a fixed number
of queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from listings.assets.models import Asset, LegalEvent
from listings.assets.states import LegalStatus, PartyRole
from listings.patents import annuities, reasons
from listings.patents.models import AnnuityPayment, Citation, FeeRate, Identifier, Patent, PatentKind
from listings.patents.numbers import format_number
from marketplace.accounts.models import in_language
from marketplace.core import clock
from marketplace.core.workdays import WorkCalendar, work_calendar
from marketplace.search.highlight import highlight_html, snippet

GRANTED_KINDS: Mapping[str, Any] = {
    PatentKind.INVENTION: gettext_lazy("Invention patent"),
    PatentKind.UTILITY_MODEL: gettext_lazy("Utility model patent"),
    PatentKind.DESIGN: gettext_lazy("Design patent"),
    PatentKind.PLANT: gettext_lazy("Plant patent"),
    PatentKind.OTHER: gettext_lazy("Patent"),
}
APPLIED_KINDS: Mapping[str, Any] = {
    PatentKind.INVENTION: gettext_lazy("Invention application"),
    PatentKind.UTILITY_MODEL: gettext_lazy("Utility model application"),
    PatentKind.DESIGN: gettext_lazy("Design application"),
    PatentKind.PLANT: gettext_lazy("Plant application"),
    PatentKind.OTHER: gettext_lazy("Patent application"),
}
SHAPES: Mapping[str, str] = {
    LegalStatus.PENDING: "now",
    LegalStatus.IN_FORCE: "go",
    LegalStatus.IN_GRACE: "wait",
    LegalStatus.LAPSED: "ended",
    LegalStatus.EXPIRED: "ended",
    LegalStatus.INVALIDATED: "stop",
    LegalStatus.WITHDRAWN: "ended",
    LegalStatus.UNKNOWN: "off",
}
WHY_LENGTH = 120
OWNERS_SHOWN = 3
CITED_SHOWN = 50


def kind_word(asset: Asset) -> str:
    """The kind in words: an application is never called a patent (Implementing Rules, rule 101(1)(3))."""
    kind = asset.patent.patent_kind
    return str((GRANTED_KINDS if asset.is_granted else APPLIED_KINDS)[kind])


def has_term(asset: Asset) -> bool:
    """Whether years are left to count: not once a right has lapsed, been withdrawn or declared invalid."""
    return asset.status not in (LegalStatus.LAPSED, LegalStatus.INVALIDATED, LegalStatus.WITHDRAWN)


def shown_number(asset: Asset) -> str:
    """ZL … once granted in China, CN … before; other offices as they write theirs."""
    code = asset.patent.kind_code if asset.office != "CN" or "." not in asset.number else ""
    return format_number(asset.office, asset.number, code, is_granted=asset.is_granted)


def title_language(asset: Asset) -> str:
    """The language of the title shown, where it is not the page's: "zh", "en" or another code; "" when it is."""
    wants_zh = (get_language() or "zh").startswith("zh")
    if (wants_zh and asset.title_zh) or (
        not wants_zh and asset.title_en and "title_language" not in asset.patent.extras
    ):
        return ""
    return "zh" if asset.title_zh and not asset.title_en else str(asset.patent.extras.get("title_language", "en"))


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def in_order(ids: Sequence[int]) -> list[Asset]:
    """These rights in this order with their patents, holders and parties; two queries."""
    rows = (
        Asset.objects.select_related("patent", "holder")
        .prefetch_related("parties")
        .filter(pk__in=ids, patent__isnull=False)
    )
    by_id = {asset.pk: asset for asset in rows}
    return [by_id[pk] for pk in ids if pk in by_id]


def rows(ids: Sequence[int], text: str) -> list[dict[str, Any]]:
    """Rows of a result list, words of `text` marked."""
    return [row(asset, text) for asset in in_order(ids)]


def row(asset: Asset, text: str = "") -> dict[str, Any]:
    patent = asset.patent
    owners = owner_names(asset)
    return {
        "pk": asset.pk,
        "url": reverse("patent_detail", args=[asset.pk]),
        "plain_title": asset.title,
        "title": highlight_html(asset.title, text),
        "numbers": [one for one in (shown_number(asset), kind_word(asset), patent.ipc[0] if patent.ipc else "") if one],
        "owner": _("; ").join(owners[:OWNERS_SHOWN]),
        "is_sample": asset.is_sample,
        "why": highlight_html(snippet(patent.abstract, text, WHY_LENGTH), text),
        "starts_on": asset.filed_on,
        "expires_on": asset.expires_on if has_term(asset) else None,
        "rights": [(SHAPES[asset.status], str(LegalStatus(asset.status).label))],
    }


def owner_names(asset: Asset) -> list[str]:
    """Names of the owners, else of those assigned to, else of the applicants, in the reader's language where known."""
    for role in (PartyRole.OWNER, PartyRole.ASSIGNEE, PartyRole.APPLICANT):
        found = [one for one in asset.parties.all() if one.role == role]
        if found:
            return [in_language(one.name, one.name_en) for one in found]
    return []


# ── files and comparison ─────────────────────────────────────────────────────────────────────────────────────────────
def export_head() -> list[str]:
    return [
        _("Number"),
        _("Title"),
        _("Kind"),
        _("Legal status"),
        _("Owners"),
        _("IPC"),
        _("Filing date"),
        _("Publication number"),
        _("Publication date"),
        _("Grant date"),
        _("Expiry date"),
        _("Holder on this market"),
        _("Address of the page"),
    ]


def export_rows(pages: Iterator[list[int]], site: str) -> Iterator[list[Any]]:
    """The rows of an export, read page by page."""
    for ids in pages:
        for asset in in_order(ids):
            yield [
                shown_number(asset),
                asset.title,
                kind_word(asset),
                str(LegalStatus(asset.status).label),
                "; ".join(owner_names(asset)),
                "; ".join(asset.patent.ipc),
                asset.filed_on,
                f"{asset.office}{asset.patent.publication_number}{asset.patent.kind_code}"
                if asset.patent.publication_number
                else "",
                asset.patent.published_on,
                asset.granted_on,
                asset.expires_on,
                asset.holder.name if asset.holder else "",
                f"{site}{reverse('patent_detail', args=[asset.pk])}",
            ]


def comparison(assets: Sequence[Asset]) -> list[dict[str, Any]]:
    """Lines of the side-by-side page: a term, one cell a right, and whether the cells differ."""
    lines: list[tuple[str, list[Any], str]] = [
        (_("Number"), [shown_number(one) for one in assets], "text"),
        (_("Kind"), [kind_word(one) for one in assets], "text"),
        (_("Legal status"), [str(LegalStatus(one.status).label) for one in assets], "text"),
        (_("Owners"), ["; ".join(owner_names(one)) for one in assets], "text"),
        (_("IPC"), [", ".join(one.patent.ipc[:6]) for one in assets], "text"),
        (_("Filing date"), [one.filed_on for one in assets], "day"),
        (_("Grant date"), [one.granted_on for one in assets], "day"),
        (_("Expiry date"), [one.expires_on for one in assets], "day"),
        (_("Claims known"), [str(len(one.patent.claims) or "") for one in assets], "text"),
        (_("Family members known"), [str(len(one.patent.family) or "") for one in assets], "text"),
        (
            _("Cited by"),
            ["" if one.patent.cited_by_count is None else str(one.patent.cited_by_count) for one in assets],
            "text",
        ),
        (_("First claim"), [one.patent.first_claim[:400] for one in assets], "text"),
        (_("Abstract"), [one.patent.abstract[:600] for one in assets], "text"),
    ]
    return [
        {"term": term, "cells": cells, "is_day": shape == "day", "differs": len(set(map(str, cells))) > 1}
        for term, cells, shape in lines
        if any(cells)
    ]


# ── the page of one right ────────────────────────────────────────────────────────────────────────────────────────────
def facts(asset: Asset) -> list[dict[str, Any]]:
    """The fact sheet: term, value, source and date, and what other sources say instead. What nobody tells is left
    out."""
    patent = asset.patent
    told: list[tuple[str, str, Any, bool]] = [
        (
            "application_number",
            _("Application number"),
            _number(asset, patent.application_number, is_granted=False),
            False,
        ),
        ("publication_number", _("Publication number"), _published(asset), False),
        (
            "grant_number",
            _("Patent number"),
            _number(asset, patent.grant_number, is_granted=True) if asset.is_granted else "",
            False,
        ),
        ("kind", _("Kind"), kind_word(asset), False),
        ("filed_on", _("Filing date"), asset.filed_on, True),
        ("published_on", _("Publication date"), patent.published_on, True),
        ("granted_on", _("Grant date"), asset.granted_on, True),
        ("priority", _("Priority"), "; ".join(" ".join(filter(None, each)) for each in patent.priorities), False),
        ("ipc", _("IPC"), ", ".join(patent.ipc), False),
        ("cpc", _("CPC"), ", ".join(patent.cpc[:30]), False),
        ("locarno", _("Locarno class"), ", ".join(patent.locarno), False),
        ("legal_status", _("Legal status as the source writes it"), patent.legal_status_text, False),
        ("cited_by_count", _("Cited by"), patent.cited_by_count, False),
    ]
    sheet = []
    for name, term, value, is_day in told:
        if value in (None, ""):
            continue
        source, on = (patent.facts.get(name) or ["", ""])[:2]
        sheet.append(
            {
                "term": term,
                "value": value,
                "is_day": is_day,
                "source": reasons.source_name(source) if source else "",
                "on": date.fromisoformat(on) if on else None,
                "others": [
                    {"value": other, "source": reasons.source_name(from_), "on": date.fromisoformat(at) if at else None}
                    for other, from_, at in patent.conflicts.get(name, [])
                ],
            }
        )
    if asset.expires_on:
        is_said = patent.expires_override is not None
        source, on = (patent.facts.get("expires_on") or ["", ""])[:2] if is_said else ("", "")
        sheet.append(
            {
                "term": _("Expiry date") if asset.is_granted else _("Expiry date, if granted"),
                "value": asset.expires_on,
                "is_day": True,
                "source": reasons.source_name(source) if is_said else _("computed from the filing date"),
                "on": date.fromisoformat(on) if on else asset.status_on,
                "others": [],
            }
        )
    return sheet


def _number(asset: Asset, number: str, *, is_granted: bool) -> str:
    return format_number(asset.office, number, is_granted=is_granted) if number else ""


def _published(asset: Asset) -> str:
    patent = asset.patent
    if not patent.publication_number:
        return ""
    return format_number(asset.office, patent.publication_number, patent.kind_code, is_granted=asset.is_granted)


def parties(asset: Asset) -> list[dict[str, Any]]:
    """People and firms on the right, grouped by role, with shares and the source that names them."""
    groups = []
    for role in PartyRole:
        named = [one for one in asset.parties.all() if one.role == role]
        if not named:
            continue
        source, on = (asset.patent.facts.get(f"parties.{role}") or ["", ""])[:2]
        groups.append(
            {
                "label": PartyRole(role).label,
                "names": [
                    {
                        "name": one.name or one.name_en,
                        "other": one.name_en if one.name and one.name_en != one.name else "",
                        "country": one.country,
                        "share": f"{one.share_numerator}/{one.share_denominator}"
                        if one.share_numerator and one.share_numerator != one.share_denominator
                        else "",
                    }
                    for one in named
                ],
                "source": reasons.source_name(source) if source else "",
                "on": date.fromisoformat(on) if on else None,
            }
        )
    return groups


def _office_code(event: LegalEvent) -> str:
    """An office's own code of an event that also has words; plain lower-case names are ours and say nothing more."""
    return event.code if event.text and not event.code.islower() else ""


def timeline(asset: Asset) -> list[dict[str, Any]]:
    """Legal events and the dates of the right itself, newest first, with what is to come ahead of them."""
    today = clock.today()
    events: list[dict[str, Any]] = [
        {
            "on": one.on,
            "state": "go",
            "text": one.text or one.code,
            "note": " · ".join(part for part in (_office_code(one), reasons.source_name(one.source)) if part),
            "planned": False,
        }
        for one in asset.legal_events.all()
        if one.on is not None
    ]
    marks = (
        (asset.filed_on, _("Filed"), "filed_on"),
        (asset.patent.published_on, _("Published by the office"), "published_on"),
        (asset.granted_on, _("Granted"), "granted_on"),
    )
    told = {event["on"] for event in events}
    for on, words, name in marks:
        if on is not None and on not in told:  # an event of that day says it better
            source = (asset.patent.facts.get(name) or [""])[0]
            events.append(
                {
                    "on": on,
                    "state": "go",
                    "text": words,
                    "note": reasons.source_name(source) if source else "",
                    "planned": on > today,
                }
            )
    if asset.expires_on and asset.expires_on > today and asset.status in (LegalStatus.IN_FORCE, LegalStatus.IN_GRACE):
        events.append({"on": asset.expires_on, "text": _("Term ends"), "note": "", "planned": True})
    return sorted(events, key=lambda one: one["on"], reverse=True)


def rates(office: str = "CN") -> list[annuities.Rate]:
    """The yearly fees, as the pure calendar takes them; a handful of rows kept for a while."""
    key = f"patents.rates.{office}"
    found: list[annuities.Rate] | None = cache.get(key)
    if found is None:
        found = [
            annuities.Rate(
                row.patent_kind, row.first_year, row.last_year, row.amount, row.valid_from, row.valid_to, row.currency
            )
            for row in FeeRate.objects.filter(office=office).order_by("-valid_from")
        ]
        cache.set(key, found, 300)
    return found


def annuity_calendars(assets: Sequence[Asset]) -> dict[int, annuities.Calendar | None]:
    """{right: its annuities} for many rights, with `patent` at hand. Two statements however many."""
    paid = AnnuityPayment.objects.paid_on([asset.pk for asset in assets])
    days = work_calendar()
    return {asset.pk: annuity_calendar(asset, paid.get(asset.pk, {}), days=days) for asset in assets}


def annuity_calendar(
    asset: Asset, paid: Mapping[int, date], reduction_pct: int = 0, *, days: WorkCalendar | None = None
) -> annuities.Calendar | None:
    """The annuities of a right, or None where the calendar is not covered (other offices, applications, ended
    rights)."""
    if asset.status not in (LegalStatus.IN_FORCE, LegalStatus.IN_GRACE, LegalStatus.LAPSED):
        return None
    found = annuities.calendar(
        office=asset.office,
        kind=asset.patent.patent_kind,
        filed_on=asset.filed_on,
        granted_on=asset.granted_on,
        expires_on=asset.expires_on,
        on=clock.today(),
        rates=rates(asset.office),
        paid=paid,
        days=days or work_calendar(),
        reduction_pct=reduction_pct,
    )
    if found is not None and asset.status == LegalStatus.LAPSED:
        # nothing falls due any more
        return annuities.Calendar(tuple(year for year in found.years if year.state != "due"), None)
    return found


def family(asset: Asset) -> list[dict[str, str]]:
    """Known members of the family; those in the register lead to their page."""
    members = [tuple([*one.split("-"), ""][:3]) for one in asset.patent.family]
    return _linked(asset, [(office, number, code) for office, number, code in members])


def cites(asset: Asset) -> list[dict[str, Any]]:
    """What the patent cites, publications first with links where the register has them."""
    listed = list(asset.patent.citations.all()[:CITED_SHOWN])
    linked = _linked(asset, [(one.office, one.number, one.kind_code) for one in listed if one.number])
    by_name = {each["key"]: each for each in linked}
    return [
        {
            "shown": by_name[f"{one.office}-{one.number}"]["shown"] if one.number else one.text,
            "url": by_name[f"{one.office}-{one.number}"]["url"] if one.number else "",
            "category": one.category,
            "by": one.cited_by,
        }
        for one in listed
    ]


def cited_by(asset: Asset) -> list[dict[str, Any]]:
    """Patents of the register that cite this one."""
    numbers = [one for one in {asset.patent.publication_number, asset.patent.grant_number} if one]
    if not numbers:
        return []
    found = (
        Citation.objects.filter(office=asset.office, number__in=numbers)
        .select_related("patent__asset")
        .order_by("patent_id")
        .distinct("patent_id")[:CITED_SHOWN]
    )
    return [
        {
            "shown": shown_number(one.patent.asset),
            "title": one.patent.asset.title,
            "url": reverse("patent_detail", args=[one.patent_id]),
        }
        for one in found
    ]


def _linked(asset: Asset, documents: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    wanted = {(office, number) for office, number, _code in documents if number}
    here = {
        (row[0], row[1]): row[2]
        for row in Identifier.objects.filter(
            sort=Identifier.Sort.PUBLICATION, number__in={number for _office, number in wanted}
        ).values_list("office", "number", "patent_id")
        if (row[0], row[1]) in wanted
    }
    return [
        {
            "key": f"{office}-{number}",
            "shown": format_number(office, number, code),
            "url": reverse("patent_detail", args=[here[office, number]])
            if here.get((office, number)) not in (None, asset.pk)
            else "",
        }
        for office, number, code in documents
    ]


def sources(patent: Patent) -> list[dict[str, Any]]:
    """Which sources have told of this patent, and as of when."""
    return [
        {"name": reasons.source_name(source), "document": document, "on": as_of}
        for source, document, as_of in patent.source_records.order_by("source", "document").values_list(
            "source", "document", "as_of"
        )[:30]
    ]
