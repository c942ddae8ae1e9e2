"""Matches as the page of a need shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from listings.catalogue.models import Listing, Need
from listings.catalogue.rows import listing_row
from listings.matching import offers
from listings.matching.dictionary import dictionary
from listings.matching.explaining import Link, links
from listings.matching.factors import FactorCode, factors
from listings.matching.models import Match, Verdict
from listings.matching.services.matches import weights_of
from listings.matching.sides import SIDES
from listings.matching.weighing import BEGIN
from marketplace.core import clock
from marketplace.search.index import IndexNotReady, reader

BEST, PLAIN, NEWEST = "best", "plain", "newest"
ORDERS = {
    BEST: ("-total", "listing_id"),
    PLAIN: ("-relevance", "listing_id"),
    NEWEST: ("-listing__published_at", "listing_id"),
}
FAR_LIKENESS = 3.0
NEAR_LIKENESS = 2.0


def match_rows(need: Need, matches: Sequence[Match]) -> list[dict[str, Any]]:
    """One row a match, with its listing, factors and answered words; the number of queries does not grow with them."""
    listings = {one.pk: one for one in Listing.objects.with_rights().filter(pk__in=[m.listing_id for m in matches])}
    facts, wanted, today = offers.offer_facts(list(listings.values())), offers.need_facts(need), clock.today()
    sought = offers.sought_texts(need)
    rows = []
    for match in matches:
        listing = listings[match.listing_id]
        answered = _links(match, sought, listing)
        marked = " ".join(word for link in answered for word in link.offered)
        rows.append(
            {
                "match": match,
                "row": listing_row(listing, marked),
                "links": answered,
                "words_percent": round(100 * match.words),
                "likeness": _likeness(match.likeness),
                "is_translated": match.wanted != match.offered,
                "factors": factors(wanted, facts[listing.pk], today),
                "verdict": Verdict(match.verdict).label if match.verdict else "",
                "reasons": [FactorCode(code).label for code in match.reasons],
            }
        )
    return rows


def _links(match: Match, sought: dict[str, str], listing: Listing) -> list[Link]:
    """No reasons while the index is made anew: the match stands all the same."""
    text = sought.get(match.wanted, "")
    offered = "\n".join(offers.offered_text(listing, match.offered))
    try:
        return links((match.wanted, text), (match.offered, offered), reader(SIDES[match.wanted]), dictionary())
    except IndexNotReady:
        return []


def _likeness(z: float | None) -> str:
    if z is None:
        return ""
    if z >= FAR_LIKENESS:
        return _("The texts mean nearly the same.")
    if z >= NEAR_LIKENESS:
        return _("The texts mean something alike.")
    return ""


def weight_rows(need: Need) -> list[dict[str, Any]]:
    """The weight of each factor, and whether it was learned."""
    return [
        {"label": code.label, "weight": round(100 * weight), "is_learned": abs(weight - BEGIN) > 1e-9}
        for code, weight in weights_of(need.pk).items()
    ]


def order_tabs(order: str) -> list[dict[str, Any]]:
    said = {BEST: _("Best for you"), PLAIN: _("By text alone"), NEWEST: _("Newest first")}
    return [
        {"label": label, "url": f"?order={name}", "count": None, "current": name == order}
        for name, label in said.items()
    ]


def matches_url(need: Need) -> str:
    return reverse("need_matches", args=[need.number])
