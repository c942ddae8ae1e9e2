"""Multi-period excess earnings, and the charges for the other assets that help to earn them.

value = Σ (cash flow_t − charge_t)(1 − tax) ÷ (1 + r)^t, times the tax amortisation factor where it is asked for; a
year in which the charge exceeds the flow counts against the value. Charge of an asset = its value × the return it has
to earn. Source: International Valuation Standards 2025, IVS 210.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation import amortisation_benefit
from valuation.arithmetic import Arithmetic, Number
from valuation.discounting import total
from valuation.methods.method import Method, Outcome
from valuation.methods.years import Years, read_years
from valuation.reading import AMOUNT, MOST_YEARS, RATE, SIGNED_AMOUNT, Fields
from valuation.showing import cents, share


@dataclass(frozen=True, slots=True)
class ExcessEarnings:
    cash_flow: list[Number]
    charge: list[Number]
    tax_rate: Number
    years: Years
    tab_life: int | None  # None: no tax amortisation benefit


def read(fields: Fields) -> ExcessEarnings:
    """Raises BadInput."""
    name = "contributory_asset_charge_pre_tax"
    cash_flow = fields.series("cash_flow_pre_tax", SIGNED_AMOUNT)
    charge = fields.as_long_as(name, "cash_flow_pre_tax", fields.series(name, AMOUNT), len(cash_flow))
    rate = fields.number("discount_rate", RATE)
    tax_rate = fields.number("tax_rate", RATE)
    life = fields.whole("tab_life", 1, MOST_YEARS, len(cash_flow))
    years = read_years(fields, len(cash_flow), rate)
    return ExcessEarnings(cash_flow, charge, tax_rate, years, life if fields.flag("tab") else None)


def value(earnings: ExcessEarnings, a: Arithmetic) -> Outcome:
    weights = earnings.years.weights(a)
    excess = [flow - charge for flow, charge in zip(earnings.cash_flow, earnings.charge, strict=True)]
    kept = 1 - earnings.tax_rate
    before = total(excess, weights) * kept
    factor = a.number(1)
    if earnings.tab_life is not None:
        factor = amortisation_benefit.over_years(earnings.years.rate, earnings.tax_rate, earnings.tab_life, a)

    def shown() -> dict[str, Any]:
        taxed = [one * kept for one in excess]
        rows = earnings.years.rows(
            weights,
            cash_flow_pre_tax=[cents(one) for one in earnings.cash_flow],
            charge_pre_tax=[cents(one) for one in earnings.charge],
            after_tax_excess=[cents(one) for one in taxed],
            pv=[cents(one * weight) for one, weight in zip(taxed, weights, strict=True)],
        )
        return {"value_before_tab": cents(before), "tab_factor": share(factor), "rows": rows}

    return Outcome(before * factor, shown)


@dataclass(frozen=True, slots=True)
class ContributoryAsset:
    kind: str
    value: Number
    return_rate: Number


def read_assets(fields: Fields) -> list[ContributoryAsset]:
    """Raises BadInput."""
    return [
        ContributoryAsset(one.text("type"), one.number("value", AMOUNT), one.number("return_rate", RATE))
        for one in fields.each("assets")
    ]


def charges(assets: list[ContributoryAsset], a: Arithmetic) -> Outcome:
    """The charges of one year; `breakdown` in the order of the assets."""
    amounts = [one.value * one.return_rate for one in assets]
    whole = sum(amounts)

    def shown() -> dict[str, Any]:
        rows = [
            {
                "type": one.kind,
                "value": cents(one.value),
                "return_rate": share(one.return_rate),
                "charge": cents(amount),
            }
            for one, amount in zip(assets, amounts, strict=True)
        ]
        return {"total": cents(whole), "breakdown": [cents(one) for one in amounts], "rows": rows}

    return Outcome(whole, shown)


METHOD = Method(
    "mpeem", _("Multi-period excess earnings"), "Σ (cash flow − charge) · (1 − tax) ÷ (1 + r)^t", read, value
)
CHARGES = Method(
    "contributory_asset_charges", _("Contributory asset charges"), "Σ value · return rate", read_assets, charges
)
