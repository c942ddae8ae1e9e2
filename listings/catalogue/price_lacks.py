"""What a listing's price lacks."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from listings.catalogue.content_lacks import open_licence_rule
from listings.catalogue.lacks import P50, PRESS, Lack
from listings.catalogue.states import LICENCES, Mode, PriceMode
from marketplace.core import clock
from marketplace.core.ruling import enforces

if TYPE_CHECKING:
    from listings.catalogue.models import Listing

# Usual ceilings of open-licence fees as the press reports the office's guide; we have not read the text itself.
USUAL_LUMP_SUM_CEILING = Decimal("20000000.00")
USUAL_ROYALTY_CEILING_PCT = Decimal("20")


@enforces("OL-FEE-CEIL", "OL-CONTENT")
def about_price(listing: Listing) -> Iterable[Lack]:
    mode, rule = listing.price_mode, open_licence_rule(listing)
    if mode == PriceMode.FIXED and listing.price_min is None:
        yield Lack("no_price", "price", "price_min", _("A fixed price needs its amount."), rule=rule)
    if mode == PriceMode.RANGE and (listing.price_min is None or listing.price_max is None):
        yield Lack("no_range", "price", "price_max", _("A price range needs its lowest and its highest price."))
    if mode == PriceMode.ROYALTY:
        if listing.royalty_pct is None:
            yield Lack(
                "no_royalty",
                "price",
                "royalty_pct",
                _("A royalty needs its percentage."),
                rule=rule,
            )
        if not listing.royalty_base:
            yield Lack(
                "no_royalty_base",
                "price",
                "royalty_base_zh",
                _("Say what the royalty is a share of."),
                rule=rule,
            )
        if listing.mode not in LICENCES:
            yield Lack(
                "royalty_on_sale", "price", "price_mode", _("A royalty belongs to a licence; choose another price.")
            )
    if mode == PriceMode.SEALED:
        if listing.offers_until is None:
            yield Lack(
                "no_offers_until",
                "price",
                "offers_until",
                _("Sealed offers need the moment until which they are taken."),
            )
        elif listing.offers_until <= clock.now():
            yield Lack("offers_past", "price", "offers_until", _("The moment until which offers are taken has passed."))
    if listing.mode == Mode.OPEN:
        yield from _about_open_fee(listing)


def _about_open_fee(listing: Listing) -> Iterable[Lack]:
    if listing.price_mode not in {PriceMode.FIXED, PriceMode.ROYALTY}:
        yield Lack(
            "open_fee_stated",
            "price",
            "price_mode",
            _("An open licence states its fee: a fixed sum or a royalty, the same for everybody."),
            rule=P50,
        )
    if listing.price_min is not None and listing.currency == "CNY" and listing.price_min > USUAL_LUMP_SUM_CEILING:
        yield Lack(
            "open_fee_high",
            "price",
            "price_min",
            _("Open-licence fees above 20 million yuan are unusual and may be questioned."),
            rule=PRESS,
            blocks=False,
        )
    if listing.royalty_pct is not None and listing.royalty_pct > USUAL_ROYALTY_CEILING_PCT:
        yield Lack(
            "open_royalty_high",
            "price",
            "royalty_pct",
            _("Open-licence royalties above 20% of net sales (40% of profit) are unusual and may be questioned."),
            rule=PRESS,
            blocks=False,
        )
