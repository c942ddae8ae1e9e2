"""Entering sales closed before this market kept its books here; the estimates and appraisers' comparables read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import BadInput, Missing, NotPermitted
from marketplace.core.hints import hint
from valuation.models import PastSale
from valuation.reading import POSITIVE_AMOUNT, decimal_of, within
from valuation.refusals import BadDate

COLUMNS = ("number", "price", "agreed_on", "seller", "buyer", "source")
LONGEST = 200


class UnknownRight(BadInput):
    code = "past_sale_right_unknown"
    sentence = _("The register has no right with this number.")


class NotPastYet(BadInput):
    code = "past_sale_not_past"
    sentence = _("The day of agreement lies in the future.")


def enter_past_sales(rows: Iterable[Mapping[str, str]], *, by: Actor) -> int:
    """Keep every row that is not kept yet, or none; the number of new ones.

    A row has the COLUMNS as text: a register number, an amount in yuan, an ISO day, both sides, and where the sale is
    proved. A right sold on a day that is kept already is left as it is. Raises NotPermitted (only the system and the
    operator's own commands enter), and BadInput with the row (`rows[2].price`).
    """
    if not by.is_system:
        raise NotPermitted()
    made = 0
    with transaction.atomic():
        for at, row in enumerate(rows):
            sale = _read(row, f"rows[{at}]")
            is_kept = PastSale.objects.filter(asset=sale.asset_id, agreed_on=sale.agreed_on).exists()
            if not is_kept:
                sale.entered_at = clock.now()
                sale.save()
                made += 1
        if made:
            transaction.on_commit(lambda: hint("valuation.tasks.refit_estimates"))
    return made


def _read(row: Mapping[str, str], path: str) -> PastSale:
    told = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    for name, text in told.items():
        if not text:
            raise Missing(field=f"{path}.{name}")
    asset = Asset.objects.filter(number=told["number"]).first()
    if asset is None:
        raise UnknownRight(field=f"{path}.number")
    price = within(decimal_of(told["price"], f"{path}.price"), POSITIVE_AMOUNT, f"{path}.price")
    try:
        day = date.fromisoformat(told["agreed_on"])
    except ValueError:
        raise BadDate(field=f"{path}.agreed_on") from None
    if day > clock.today():
        raise NotPastYet(field=f"{path}.agreed_on")
    return PastSale(
        asset=asset,
        price=price.quantize(Decimal("0.01")),
        agreed_on=day,
        **{name: told[name][:LONGEST] for name in ("seller", "buyer", "source")},
    )
