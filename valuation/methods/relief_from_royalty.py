"""Relief from royalty: what the owner is spared, because a licence would cost a royalty.

value = Σ revenue_t · royalty rate · (1 − tax) ÷ (1 + r)^t, times the tax amortisation factor where it is asked for.
Revenue in money per year, rates as shares of one. Source: International Valuation Standards 2025, IVS 210;
专利资产评估指导意见 (中评协〔2017〕49号), income approach.

Two ways to give the revenue: an array of whole years, or by calendar year between a base date and the day the right
ends. Dated pieces are cut at each 1 January and at the end, half-open; each is discounted from its own middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation import amortisation_benefit, refusals
from valuation.arithmetic import Arithmetic, Number
from valuation.discounting import Piece, calendar_pieces, total
from valuation.methods.method import Method, Outcome
from valuation.methods.years import Years, read_years
from valuation.reading import AMOUNT, MOST_YEARS, RATE, Fields
from valuation.showing import cents, share


@dataclass(frozen=True, slots=True)
class Relief:
    """`years` for an array, `pieces` for dates: one of the two. `revenue` is for the full year or calendar year."""

    revenue: list[Number]
    royalty_rate: Number
    tax_rate: Number
    discount_rate: Number
    tab: bool = False
    tab_life: int | None = None
    years: Years | None = None
    pieces: tuple[Piece, ...] = ()


def read(fields: Fields) -> Relief:
    """Raises BadInput."""
    if fields.has("revenue"):
        revenue = fields.series("revenue", AMOUNT)
        pieces: tuple[Piece, ...] = ()
    elif fields.has("annual_revenue") or fields.has("valuation_date") or fields.has("expiry_date"):
        pieces = read_pieces(fields)
        revenue = read_calendar_revenue(fields, pieces)
    else:
        raise refusals.Missing(field=fields.at("revenue"))
    royalty_rate = fields.number("royalty_rate", RATE)
    discount_rate = fields.number("discount_rate", RATE)
    tax_rate = fields.number("tax_rate", RATE)
    tab = fields.flag("tab")
    tab_life = fields.whole("tab_life", 1, MOST_YEARS) if fields.has("tab_life") else None
    years = None if pieces else read_years(fields, len(revenue), discount_rate)
    return Relief(revenue, royalty_rate, tax_rate, discount_rate, tab, tab_life, years, pieces)


def read_pieces(fields: Fields) -> tuple[Piece, ...]:
    """From the base date to the legal end, or to the end of the economic life where that comes first."""
    base, end = fields.day("valuation_date"), fields.day("expiry_date")
    if end <= base:
        raise refusals.ExpiryBeforeBaseDate(field=fields.at("expiry_date"))
    if fields.has("economic_life_end"):
        economic = fields.day("economic_life_end")
        if economic <= base:
            raise refusals.ExpiryBeforeBaseDate(field=fields.at("economic_life_end"))
        end = min(end, economic)
    if end.year - base.year >= MOST_YEARS:
        raise refusals.TooMany(field=fields.at("expiry_date"), most=MOST_YEARS)
    return tuple(calendar_pieces(base, end))


def read_calendar_revenue(fields: Fields, pieces: tuple[Piece, ...]) -> list[Number]:
    """The revenue of each piece's calendar year; years outside the pieces are not looked at."""
    by_year = fields.inside("annual_revenue")
    return [by_year.number(str(piece.since.year), AMOUNT) for piece in pieces]


def value(relief: Relief, a: Arithmetic) -> Outcome:
    kept = relief.royalty_rate * (1 - relief.tax_rate)
    if relief.years is None:
        flows = [
            revenue * a.number(piece.fraction) for revenue, piece in zip(relief.revenue, relief.pieces, strict=True)
        ]
        weights = [a.power(1 + relief.discount_rate, -a.number(piece.mid_years)) for piece in relief.pieces]
    else:
        flows, weights = relief.revenue, relief.years.weights(a)
    before = total(flows, weights) * kept
    factor = a.number(1)
    if relief.tab and relief.pieces and relief.tab_life is None:
        factor = amortisation_benefit.over_pieces(
            relief.tax_rate, [a.number(piece.fraction) for piece in relief.pieces], weights
        )
    elif relief.tab:
        life = relief.tab_life or len(relief.revenue)
        factor = amortisation_benefit.over_years(relief.discount_rate, relief.tax_rate, life, a)

    def shown() -> dict[str, Any]:
        taxed = [flow * kept for flow in flows]
        if relief.years is None:
            rows = [dated_row(*one) for one in zip(relief.pieces, relief.revenue, taxed, weights, strict=True)]
        else:
            rows = relief.years.rows(
                weights,
                revenue=[cents(one) for one in relief.revenue],
                royalty=[cents(one * relief.royalty_rate) for one in relief.revenue],
                after_tax_royalty=[cents(one) for one in taxed],
                pv=[cents(one * weight) for one, weight in zip(taxed, weights, strict=True)],
            )
        return {"value_before_tab": cents(before), "tab_factor": share(factor), "rows": rows}

    return Outcome(before * factor, shown)


def dated_row(piece: Piece, revenue: Number, taxed: Number, weight: Number) -> dict[str, Any]:
    return {
        "from": iso(piece.since),
        "to": iso(piece.until),
        "fraction": share(piece.fraction),
        "mid_years": share(piece.mid_years),
        "annual_revenue": cents(revenue),
        "after_tax_royalty": cents(taxed),
        "factor": share(weight),
        "pv": cents(taxed * weight),
    }


def iso(day: date) -> str:
    return day.isoformat()


METHOD = Method(
    "relief_from_royalty",
    _("Relief from royalty"),
    "Σ revenue · royalty · (1 − tax) ÷ (1 + r)^t",
    read,
    value,
)
