"""Listings and needs as rows of a result list, a comparison and an export. Ids in, rows in the same order out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import kind_key, kind_word, patent_of, readiness_word, shown_number, status_badge
from listings.catalogue.pricing import budget_of, price_of, row_price
from listings.catalogue.states import ListingState, Mode
from listings.patents.ipc_words import ipc_word
from marketplace.search.highlight import highlight_html, snippet

WHY_LENGTH = 120


def listings_in_order(ids: Sequence[int]) -> list[Listing]:
    """The public ones among these, in this order; two queries."""
    by_id = {listing.pk: listing for listing in Listing.objects.public().with_rights().filter(pk__in=ids)}
    return [by_id[pk] for pk in ids if pk in by_id]


def needs_in_order(ids: Sequence[int]) -> list[Need]:
    rows = Need.objects.public().select_related("organisation", "region").filter(pk__in=ids)
    by_id = {need.pk: need for need in rows}
    return [by_id[pk] for pk in ids if pk in by_id]


def listing_rows(ids: Sequence[int], text: str) -> list[dict[str, Any]]:
    """Rows of components/result_row.html with the words of `text` marked."""
    return [listing_row(listing, text) for listing in listings_in_order(ids)]


def listing_row(listing: Listing, text: str = "") -> dict[str, Any]:
    rights = listing.rights
    face = rights[0] if rights else None
    patent = patent_of(face) if face else None
    ends = [asset.expires_on for asset in rights if asset.expires_on is not None]
    marks = list(dict.fromkeys(status_badge(asset) for asset in rights))
    if listing.state == ListingState.RESERVED:
        marks.insert(0, ("hold", str(ListingState.RESERVED.label)))
    facts = [
        shown_number(face) if face else "",
        kind_word(kind_key(face)) if face else "",
        patent.ipc[0] if patent and patent.ipc else "",
        readiness_word(listing.readiness),
        _("bundle of %(count)s") % {"count": len(rights)} if len(rights) > 1 else "",
    ]
    why = listing.benefit or listing.problem or (patent.abstract if patent else "")
    return {
        "pk": listing.pk,
        "url": reverse("listing_detail", args=[listing.number]),
        "plain_title": listing.title,
        "title": highlight_html(listing.title, text),
        "numbers": [fact for fact in facts if fact],
        "owner": listing.organisation.name,
        "is_sample": listing.is_sample,
        "why": highlight_html(snippet(why, text, WHY_LENGTH), text),
        "starts_on": face.filed_on if face else None,
        "expires_on": min(ends, default=None),
        "rights": marks,
        "mode": Mode(listing.mode).label,
        **row_price(listing),
    }


def need_rows(ids: Sequence[int], text: str) -> list[dict[str, Any]]:
    """Rows of templates/catalogue/need_row.html."""
    return [need_row(need, text) for need in needs_in_order(ids)]


def need_row(need: Need, text: str = "") -> dict[str, Any]:
    reading, exact = budget_of(need)
    return {
        "pk": need.pk,
        "url": reverse("need_detail", args=[need.number]),
        "plain_title": need.title,
        "title": highlight_html(need.title, text),
        "numbers": [need.number, *(ipc_word(symbol) for symbol in need.ipc_hints[:3])],
        "owner": seeker_name(need),
        "is_sample": need.is_sample,
        "why": highlight_html(snippet(need.problem, text, WHY_LENGTH), text),
        "deadline": need.deadline,
        "modes": [Mode(mode).label for mode in need.modes],
        "price_words": reading,
        "exact": exact,
    }


def seeker_name(need: Need) -> str:
    """Who seeks, unless they asked not to be named."""
    return _("an organisation that is not named") if need.is_anonymous else need.organisation.name


# ── exports ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def listing_export_head() -> list[str]:
    return [
        _("Listing number"),
        _("Title"),
        _("Mode"),
        _("Rights"),
        _("Kind"),
        _("Legal status"),
        "IPC",
        _("Organisation"),
        _("Region"),
        _("Kind of price"),
        _("Price or lowest price"),
        _("Highest price"),
        _("Currency"),
        _("Royalty, percent"),
        _("Readiness (TRL)"),
        _("Published on"),
        _("Valid until"),
        _("Address"),
    ]


def listing_export_rows(pages: Iterator[list[int]], site_url: str) -> Iterator[list[Any]]:
    """One line a listing, page by page, so that a large export is never held whole."""
    for ids in pages:
        for listing in listings_in_order(ids):
            rights = listing.rights
            classes = [symbol for asset in rights if (patent := patent_of(asset)) for symbol in patent.ipc[:3]]
            yield [
                listing.number,
                listing.title,
                str(Mode(listing.mode).label),
                "; ".join(shown_number(asset) for asset in rights),
                "; ".join(dict.fromkeys(kind_word(kind_key(asset)) for asset in rights)),
                "; ".join(dict.fromkeys(status_badge(asset)[1] for asset in rights)),
                "; ".join(dict.fromkeys(classes)),
                listing.organisation.name,
                str(listing.region or ""),
                price_of(listing).label,
                listing.price_min,
                listing.price_max,
                listing.currency,
                listing.royalty_pct,
                listing.readiness,
                listing.published_at.date() if listing.published_at else None,
                listing.valid_until,
                site_url + reverse("listing_detail", args=[listing.number]),
            ]


def need_export_head() -> list[str]:
    return [
        _("Need number"),
        _("Title"),
        _("Organisation"),
        _("Region"),
        _("Open to"),
        "IPC",
        _("Budget from"),
        _("Budget up to"),
        _("Currency"),
        _("Answers until"),
        _("Address"),
    ]


def need_export_rows(pages: Iterator[list[int]], site_url: str) -> Iterator[list[Any]]:
    for ids in pages:
        for need in needs_in_order(ids):
            yield [
                need.number,
                need.title,
                seeker_name(need),
                str(need.region or ""),
                "; ".join(str(Mode(mode).label) for mode in need.modes),
                "; ".join(need.ipc_hints),
                need.budget_min,
                need.budget_max,
                need.currency,
                need.deadline,
                site_url + reverse("need_detail", args=[need.number]),
            ]


# ── side by side ─────────────────────────────────────────────────────────────────────────────────────────────────────
def comparison(listings: Sequence[Listing]) -> list[dict[str, Any]]:
    """Lines of the comparison table: label, one cell a listing, and whether the cells differ."""
    from marketplace.core.templatetags import market

    def cells(make: Any) -> list[Any]:
        return [make(listing) or "—" for listing in listings]

    def end(listing: Listing) -> Any:
        ends = [asset.expires_on for asset in listing.rights if asset.expires_on is not None]
        return market.day(min(ends)) if ends else ""

    lines = [
        (_("Mode"), cells(lambda one: str(Mode(one.mode).label))),
        (_("Price"), cells(lambda one: price_of(one).large or price_of(one).words)),
        (_("Exact price"), cells(lambda one: " · ".join(filter(None, (price_of(one).exact, price_of(one).note))))),
        (_("Rights"), cells(lambda one: ", ".join(shown_number(asset) for asset in one.rights))),
        (_("Kind"), cells(lambda one: ", ".join(dict.fromkeys(kind_word(kind_key(asset)) for asset in one.rights)))),
        (
            _("Legal status"),
            cells(lambda one: ", ".join(dict.fromkeys(status_badge(asset)[1] for asset in one.rights))),
        ),
        (_("First expiry"), cells(end)),
        ("IPC", cells(lambda one: ", ".join(_classes(one)[:6]))),
        (_("Readiness (TRL)"), cells(lambda one: str(one.readiness or ""))),
        (_("Problem solved"), cells(lambda one: one.problem)),
        (_("Benefit"), cells(lambda one: one.benefit)),
        (_("Applications"), cells(lambda one: one.applications)),
        (_("Territory"), cells(lambda one: one.territory)),
        (_("Field of use"), cells(lambda one: one.field_of_use)),
        (_("Licence term in months"), cells(lambda one: str(one.term_months or ""))),
        (_("Organisation"), cells(lambda one: one.organisation.name)),
        (_("Region"), cells(lambda one: str(one.region or ""))),
        (_("Valid until"), cells(lambda one: market.day(one.valid_until))),
    ]
    return [{"label": label, "cells": found, "differs": len(set(map(str, found))) > 1} for label, found in lines]


def _classes(listing: Listing) -> list[str]:
    return list(dict.fromkeys(symbol for asset in listing.rights if (p := patent_of(asset)) for symbol in p.ipc))
