"""A listing's price and a need's budget as pages, rows and exports say them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from listings.catalogue.models import Listing, Need
from listings.catalogue.states import PriceMode, PricePer
from marketplace.core import formats
from marketplace.core.templatetags import market


@dataclass(frozen=True)
class Price:
    """`large` is safe HTML for the one big figure, or empty where `words` say it; `exact` is to the cent."""

    label: str
    large: str = ""
    words: str = ""
    exact: str = ""
    note: str = ""


def _lang() -> str:
    return get_language() or "zh-hans"


def _exact(amount: Decimal, currency: str) -> str:
    return formats.money_exact(amount, currency, _lang())


def price_of(listing: Listing) -> Price:
    """The price in the active language; a price still missing says so."""
    label = str(PriceMode(listing.price_mode).label)
    per = _("a year") if listing.price_per == PricePer.YEAR else ""
    low, high = listing.price_min, listing.price_max
    if listing.price_mode == PriceMode.FIXED and low is not None:
        return Price(label, market.money_large(low, listing.currency), exact=_exact(low, listing.currency), note=per)
    if listing.price_mode == PriceMode.RANGE and low is not None and high is not None:
        words = formats.money_range(low, high, listing.currency, _lang())
        exact = formats.money_exact_range(low, high, listing.currency, _lang())
        return Price(label, words=words, exact=exact, note=per)
    if listing.price_mode == PriceMode.ROYALTY and listing.royalty_pct is not None:
        words = _("%(rate)s royalty") % {"rate": formats.percent(listing.royalty_pct, 3)}
        entry = _("entry fee %(amount)s") % {"amount": _exact(low, listing.currency)} if low is not None else ""
        return Price(label, words=words, exact=entry, note=listing.royalty_base)
    if listing.price_mode == PriceMode.SEALED:
        floor = _("from %(amount)s") % {"amount": _exact(low, listing.currency)} if low is not None else ""
        until = ""
        if listing.offers_until is not None:
            until = format_html("{}", _("offers until %(moment)s") % {"moment": _plain_moment(listing)})
        return Price(label, words=label, exact=floor, note=until)
    return Price(
        label, words=str(PriceMode.NEGOTIABLE.label) if listing.price_mode == PriceMode.NEGOTIABLE else formats.NOTHING
    )


def _plain_moment(listing: Listing) -> str:
    from django.utils import timezone

    assert listing.offers_until is not None
    return formats.moment(timezone.localtime(listing.offers_until), _lang())


def row_price(listing: Listing) -> dict[str, Any]:
    """The price fields of components/result_row.html."""
    price = price_of(listing)
    exact = " · ".join(part for part in (price.exact, price.note) if part)
    return {"price_large": price.large, "price_words": price.words, "exact": exact, "price_note": price.note}


def budget_of(need: Need) -> tuple[str, str]:
    """(reading, exact) of a need's budget; both a dash when none is given."""
    low, high = need.budget_min, need.budget_max
    if low is None and high is None:
        return _("Budget open"), ""
    reading = (
        formats.money_range(low, high, need.currency, _lang())
        if low != high
        else formats.money_reading(low or Decimal(0), need.currency, _lang())
    )
    lowest, highest = (low if low is not None else high), (high if high is not None else low)
    assert lowest is not None and highest is not None
    return reading, formats.money_exact_range(lowest, highest, need.currency, _lang())
