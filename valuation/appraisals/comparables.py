"""Closed deals of this market that an appraiser may compare with, so told that nobody's price can be known from them.

A price is told only within a group of three deals or more, by three different sellers and three different buyers: of
the same kind and mode in the same IPC subclass, or, where those are too few, the same section, or the kind alone.
Within a group rows stand by price, rounded to two figures, with nothing that would tell one deal from another; the year
only where three deals or more of the group were agreed in it. What a buyer expected to earn is not known to the market:
the appraiser finds the revenue to set beside each price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from listings.catalogue.states import Mode
from marketplace.core import clock
from marketplace.core.errors import BadInput
from valuation.appraisals.states import Purpose, ValueType
from valuation.estimate.facts import PatentFacts
from valuation.estimate.reading import facts_of
from valuation.estimate.sales import Closed, closed_deals
from valuation.models import Order

#: Fewer deals, sellers or buyers than this, and a group tells nothing.
LEAST = 3
MODES = (Mode.TRANSFER, Mode.DISPOSAL, Mode.EXCLUSIVE, Mode.SOLE, Mode.ORDINARY, Mode.OPEN)
_SHARE = Decimal("0.0001")


class ModeWrong(BadInput):
    code = "comparable_mode_unknown"
    sentence = _("Choose one of the ways in which rights change hands here.")


class Nearness(TextChoices):
    """How alike a group is to the right."""

    AREA = "area", _("same kind and IPC subclass")
    SECTION = "section", _("same kind and IPC section")
    KIND = "kind", _("same kind of right")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One closed deal: its price to two figures, and its year where that tells nobody apart."""

    price: Decimal
    year: int | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the market offers to compare one right with; empty rows where every group is too small.

    `dispersion` is the mean distance from the median as a share of it; `first` and `last` bound the years.
    """

    asset_id: int
    mode: str
    currency: str
    nearness: str
    rows: tuple[Candidate, ...]
    first: int | None = None
    last: int | None = None
    median: Decimal | None = None
    dispersion: Decimal | None = None


def mode_of(order: Order) -> str:
    """The way of changing hands that goes with an order: a licence for a licence, a disposal for a forced sale."""
    if order.purpose == Purpose.LICENCE:
        return Mode.EXCLUSIVE
    return Mode.DISPOSAL if order.value_type == ValueType.LIQUIDATION else Mode.TRANSFER


def candidates(order: Order, mode: str = "") -> list[Candidates]:
    """For each right of an order; of deals agreed by the base date. Raises ModeWrong. Six queries."""
    chosen = mode or mode_of(order)
    if chosen not in MODES:
        raise ModeWrong(field="mode")
    on = min(order.base_date, clock.today())
    rights = facts_of([one.pk for one in order.subject_rights], clock.today())
    deals = [one for one in closed_deals({chosen}, order.currency, on) if one.sale.facts.asset_id not in rights]
    return [_beside(facts, deals, chosen, order.currency) for facts in rights.values()]


def _beside(facts: PatentFacts, deals: Sequence[Closed], mode: str, currency: str) -> Candidates:
    tests: tuple[tuple[str, Callable[[PatentFacts], bool]], ...] = (
        (Nearness.AREA, lambda other: bool(facts.area) and other.area == facts.area),
        (Nearness.SECTION, lambda other: bool(facts.area) and other.section == facts.section),
        (Nearness.KIND, lambda other: True),
    )
    for nearness, is_near in tests:
        group = [one for one in deals if one.sale.facts.kind == facts.kind and is_near(one.sale.facts)]
        if tells_nobody(group):
            return _told(facts.asset_id, group, mode, currency, nearness)
    return Candidates(facts.asset_id, mode, currency, "", ())


def tells_nobody(group: Sequence[Closed]) -> bool:
    """Whether the group is large enough that no price in it can be laid at anybody's door."""
    return min(len(group), len({one.seller for one in group}), len({one.buyer for one in group})) >= LEAST


def _told(asset_id: int, group: Sequence[Closed], mode: str, currency: str, nearness: str) -> Candidates:
    years = Counter(one.sale.on.year for one in group)
    rows = sorted(
        (
            Candidate(two_figures(one.sale.price), one.sale.on.year if years[one.sale.on.year] >= LEAST else None)
            for one in group
        ),
        key=lambda row: (row.price, row.year or 0),
    )
    middle = median(row.price for row in rows)
    apart = sum((abs(row.price - middle) for row in rows), Decimal(0)) / len(rows)
    return Candidates(
        asset_id, mode, currency, nearness, tuple(rows), min(years), max(years),
        two_figures(middle), (apart / middle).quantize(_SHARE, ROUND_HALF_UP),
    )  # fmt: skip


def two_figures(value: Decimal) -> Decimal:
    """An amount to two figures: 1,234,567 is 1,200,000."""
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 1), ROUND_HALF_UP).quantize(Decimal("0.01"))
