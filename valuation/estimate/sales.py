"""This market's closed deals, as the model and appraisers take them: those done here, and those entered from before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from listings.catalogue.states import Mode
from listings.deals.models import Deal
from listings.deals.states import DealState
from marketplace.core import clock
from valuation.estimate.facts import lack_of
from valuation.estimate.model import Sale
from valuation.estimate.reading import facts_of, kinds_on, marks_of
from valuation.models import PastSale

#: Prices older than this say little of today's; they are not brought up to date by any index.
YEARS_BACK = 5
CURRENCY = "CNY"
#: What the number of a sale begins with that was entered from before.
PAST = "P-"
#: number, right, price, day or moment of agreement, mode, seller, buyer
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A completed deal about one patent: the patent as it stood on the day of agreement, price, mode and both sides
    (the ids of organisations here, names for a sale of before)."""

    sale: Sale
    mode: str
    seller: int | str
    buyer: int | str


def closed_sales(on: date | None = None) -> list[Sale]:
    """Transfers of one patent each, completed, agreed within the last five years, paid in yuan; in deal order.

    Licences are left out, and so are disposals after a default and sales abroad in other money.
    """
    return [one.sale for one in closed_deals({Mode.TRANSFER}, CURRENCY, on) if not lack_of(one.sale.facts, one.sale.on)]


def closed_deals(modes: Collection[str], currency: str, on: date | None = None) -> list[Closed]:
    """Completed deals of these modes about one patent each, agreed within the last five years: five queries.

    Bundles are left out, since their price does not say what each right was sold for. Grant and entries are those of
    the day of agreement; family, citations and claims are the register's of today, as it keeps no history of them.
    """
    today = on or clock.today()
    since = today - timedelta(days=365 * YEARS_BACK)
    rows: list[Row] = list(
        Deal.objects.filter(
            state=DealState.COMPLETED,
            mode__in=modes,
            currency=currency,
            agreed_at__date__gte=since,
            agreed_at__date__lte=today,
        )
        .annotate(rights=Count("dealt"), right=Min("dealt__asset"))
        .filter(rights=1)
        .order_by("pk")
        .values_list("number", "right", "price", "agreed_at", "mode", "seller_id", "buyer_id")
    )
    if Mode.TRANSFER in modes:
        rows += _entered(currency, since, today)
    ids = [row[1] for row in rows]
    facts, marks = facts_of(ids, today), marks_of(ids)
    found = []
    for number, right, price, at, mode, seller, buyer in rows:
        if right not in facts:
            continue
        day = timezone.localdate(at) if isinstance(at, datetime) else at
        then = facts[right].on_day(day, kinds_on(marks.get(right, ()), day))
        found.append(Closed(Sale(then, day, price, number), mode, seller, buyer))
    return found


def _entered(currency: str, since: date, until: date) -> list[Row]:
    """Sales of before this market's books, numbered apart from its deals."""
    found = PastSale.objects.filter(currency=currency, agreed_on__gte=since, agreed_on__lte=until)
    return [
        (f"{PAST}{pk}", *row, Mode.TRANSFER, seller, buyer)
        for pk, *row, seller, buyer in found.values_list("pk", "asset", "price", "agreed_on", "seller", "buyer")
    ]
