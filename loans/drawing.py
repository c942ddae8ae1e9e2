"""What the review page draws of an application: the rights' registers, the value's spread, the loan to value."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from listings.rights.models import Entry
from listings.rights.presenting import drawn
from loans.models import Collateral
from loans.terms import WHOLE_BP
from marketplace.core import charts, clock, formats
from valuation.simulation.lognormal_value import NORMAL, lognormal_value
from valuation.simulation.statistics import Summary

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal value through appraisals: its mean, σ, and the chance in per cent that it lies under an amount."""

    summary: Summary
    sigma: float
    chance: Decimal


def spread_of(rows: Sequence[Collateral], amount: Decimal) -> Spread | None:
    """The value of rights by the reports relied on and their ranges; None without a report, or where one has no range.

    A range is read as the 5th to the 95th percentile, and the reports as moving together, which is the cautious
    reading: σ = ln(Σ high ÷ Σ low) ÷ (2·z₀.₉₅).
    """
    known = {one.report.pk: one.report for one in rows if one.report is not None}
    if not known or any(one.low <= 0 or one.high <= one.low for one in known.values()):
        return None
    low, mean, high = (float(sum(getattr(one, name) for one in known.values())) for name in ("low", "amount", "high"))
    sigma = math.log(high / low) / (2 * NORMAL.inv_cdf(0.95))
    summary = lognormal_value(mean, sigma, float(amount))
    assert summary.below is not None
    return Spread(summary, sigma, Decimal(f"{summary.below.value * 100:.2f}"))


def rights_bars(rows: Sequence[Collateral]) -> list[dict[str, Any]]:
    """Each right's register over its life, owners, licences, pledges and freezes. One query for all."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    found = Entry.objects.of([one.asset_id for one in rows]).select_related("party", "grantor")
    for entry in found.order_by("-starts_on", "-pk"):
        entries[entry.asset_id].append(entry)
    today = clock.today()
    return [
        {"asset": one.asset, "bar": drawn(one.asset, entries[one.asset_id], today, f"rb{one.asset_id}")} for one in rows
    ]


def value_line(spread: Spread, principal: Decimal, currency: str) -> str:
    """The value's percentiles with the loan above them."""

    def reading(value: float | Decimal) -> charts.Reading:
        exact = Decimal(value).quantize(CENT)
        return charts.Reading(exact, formats.money_reading(exact, currency, get_language() or "zh-hans"))

    five = [reading(spread.summary.percentiles[one].value) for one in (5, 25, 50, 75, 95)]
    loan = charts.Reading(principal, _("Loan %(sum)s") % {"sum": reading(principal).text})
    label = _("Value range: P5 %(low)s, P50 %(middle)s, P95 %(high)s") % {
        "low": five[0].text, "middle": five[2].text, "high": five[4].text
    }  # fmt: skip
    return charts.value_range(*five, line=loan, label=label)


def ltv_gauge(rows: Sequence[Collateral], values: Sequence[Decimal | None], principal: Decimal) -> str | None:
    """The loan over the appraised value, against the cap of the terms and the line at which cover is asked for, both
    weighted by value; None without a value."""
    known = [(one, value) for one, value in zip(rows, values, strict=True) if value]
    total = sum((value for _row, value in known), Decimal(0))
    if not total:
        return None
    cap = sum(value * (WHOLE_BP - one.haircut_bp) for one, value in known) / total / 100
    call = sum(value * one.ltv_bp for one, value in known) / total / 100
    share = principal / total * 100
    label = _("Loan to value %(share)s, cap %(cap)s, cover asked for from %(call)s") % {
        "share": formats.percent(share), "cap": formats.percent(cap), "call": formats.percent(call)
    }  # fmt: skip
    marks = [(cap, formats.percent(cap), _("cap")), (max(cap, call), formats.percent(call), _("cover call"))]
    return charts.gauge(share, formats.percent(share), marks, label=label)
