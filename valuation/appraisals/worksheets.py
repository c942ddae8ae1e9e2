"""The methods as an appraiser fills them in: which fields, in which unit, and how a line of text becomes a figure.

Figures are kept as the decimal strings that were typed; the engine reads them, and it alone refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence


@dataclass(frozen=True, slots=True)
class Entry:
    """One input of a method.

    `sort` is "amount", "rate" (0.05 is five percent), "number", "flag", "amounts" (one a line) or "rows" (a line each,
    `columns` apart by commas). `may_vary` entries can be given a range for the simulation.
    """

    name: str
    label: Sentence
    sort: str
    help: Sentence = ""
    is_required: bool = True
    may_vary: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A method: its family decides whether two methods are really two ways (income, market, cost; a bundle
    only sums up what others found)."""

    method: str
    label: Sentence
    family: str
    note: Sentence
    entries: tuple[Entry, ...] = field(default=())

    def entry(self, name: str) -> Entry | None:
        return next((one for one in self.entries if one.name == name), None)


PATH = re.compile(r"(?P<name>\w+)(?:\[(?P<at>\d+)\])?")
_REVENUE = Entry(
    "revenue", _("Revenue of each year"), "amounts", _("One year a line, first year first."), may_vary=True
)
_ROYALTY = Entry("royalty_rate", _("Royalty rate"), "rate", _("0.05 is 5%."), may_vary=True)
_DISCOUNT = Entry("discount_rate", _("Discount rate"), "rate", _("0.15 is 15%."), may_vary=True)
_TAX = Entry("tax_rate", _("Income tax rate"), "rate", may_vary=True)
_TAB = Entry("tab", _("Tax amortisation benefit"), "flag", is_required=False)
_TAB_LIFE = Entry("tab_life", _("Years of amortisation"), "number", is_required=False)
_OBSOLESCENCE = (
    Entry("functional", _("Functional obsolescence"), "rate", may_vary=True),
    Entry("technological", _("Technological obsolescence"), "rate", may_vary=True),
    Entry("economic", _("Economic obsolescence"), "rate", may_vary=True),
)
WORKSHEETS: tuple[Worksheet, ...] = (
    Worksheet(
        "relief_from_royalty",
        _("Relief from royalty"),
        "income",
        _("The royalties an owner need not pay, after tax, discounted to the base date."),
        (_REVENUE, _ROYALTY, _DISCOUNT, _TAX, _TAB, _TAB_LIFE),
    ),
    Worksheet(
        "mpeem",
        _("Excess earnings"),
        "income",
        _("What is left of the cash flow after every other asset has had its return."),
        (
            Entry("cash_flow_pre_tax", _("Cash flow before tax"), "amounts", _("One year a line."), may_vary=True),
            Entry(
                "contributory_asset_charge_pre_tax",
                _("Charge for contributory assets"),
                "amounts",
                _("One year a line."),
                may_vary=True,
            ),
            _DISCOUNT,
            _TAX,
            _TAB,
            _TAB_LIFE,
        ),
    ),
    Worksheet(
        "incremental_cash_flow",
        _("With and without"),
        "income",
        _("The cash flow with the right less the cash flow without it."),
        (
            Entry("with_asset", _("Cash flow with the right"), "amounts", _("One year a line."), may_vary=True),
            Entry("without_asset", _("Cash flow without it"), "amounts", _("One year a line."), may_vary=True),
            _DISCOUNT,
        ),
    ),
    Worksheet(
        "risk_adjusted_npv",
        _("Risk-adjusted present value"),
        "income",
        _("Expected cash flow within the legal term, weighted with the probability of success."),
        (
            Entry("cash_flow", _("Cash flow of each year"), "amounts", _("One year a line."), may_vary=True),
            Entry("remaining_legal_years", _("Years of legal term left"), "number"),
            Entry("probability_of_success", _("Probability of success"), "rate", may_vary=True),
            _DISCOUNT,
        ),
    ),
    Worksheet(
        "comparable_transactions",
        _("Comparable transactions"),
        "market",
        _("The median of what closed deals imply for the revenue of this right."),
        (
            Entry(
                "comparables",
                _("Closed deals"),
                "rows",
                _("A deal a line: price, revenue"),
                columns=("price", "revenue"),
            ),
            Entry("subject_revenue", _("Revenue of this right"), "amount", may_vary=True),
        ),
    ),
    Worksheet(
        "portfolio",
        _("Portfolio"),
        "bundle",
        _("The value of each right, summed, less what it costs to stand on few fields."),
        (
            Entry(
                "patents",
                _("Each right"),
                "rows",
                _("A right a line: number, value, category (such as its IPC subclass)"),
                columns=("number", "value", "category"),
            ),
            Entry("diversification_factor", _("Weight of concentration"), "rate", _("0.2 is 20%."), may_vary=True),
        ),
    ),
    Worksheet(
        "replacement_cost",
        _("Replacement cost"),
        "cost",
        _("What it costs to make something of the same use today, less obsolescence."),
        (Entry("current_cost", _("Cost today"), "amount", may_vary=True), *_OBSOLESCENCE),
    ),
    Worksheet(
        "reproduction_cost",
        _("Reproduction cost"),
        "cost",
        _("What it costs to make the very same again, less obsolescence."),
        (
            Entry("labor", _("Labour"), "amount", may_vary=True),
            Entry("materials", _("Materials"), "amount", may_vary=True),
            Entry("overhead", _("Overhead"), "amount", may_vary=True),
            *_OBSOLESCENCE,
        ),
    ),
    Worksheet(
        "real_option",
        _("Real option"),
        "income",
        _("The right to go ahead later, as a call on the project (Black–Scholes)."),
        (
            Entry("expected_value", _("Present value of the project"), "amount", may_vary=True),
            Entry("exercise_cost", _("Cost of going ahead"), "amount", may_vary=True),
            Entry("volatility", _("Volatility a year"), "rate", may_vary=True),
            Entry("years", _("Years to decide"), "number"),
            Entry("risk_free", _("Risk-free rate"), "rate", may_vary=True),
        ),
    ),
)
BY_METHOD: Mapping[str, Worksheet] = {one.method: one for one in WORKSHEETS}
FAMILIES: Mapping[str, Sentence] = {
    "income": _("Income approach"),
    "market": _("Market approach"),
    "cost": _("Cost approach"),
    "bundle": _("Several rights together"),
}


def label_of(method: str) -> str:
    """What a method is called in the active language; its name where it has no worksheet."""
    return str(BY_METHOD[method].label) if method in BY_METHOD else method


def read(sheet: Worksheet, text: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as the engine takes it; fields left empty are left out, so that the engine names what lacks."""
    made: dict[str, Any] = {}
    for one in sheet.entries:
        typed = (text.get(one.name) or "").strip()
        if one.sort == "flag":
            made[one.name] = typed in {"on", "true", "True", "1"}
        elif not typed:
            continue
        elif one.sort == "amounts":
            made[one.name] = [figure_of(part) for part in typed.replace(";", "\n").splitlines() if part.strip()]
        elif one.sort == "rows":
            made[one.name] = [
                dict(zip(one.columns, (figure_of(cell) for cell in _cells(line)), strict=False))
                for line in typed.splitlines()
                if line.strip()
            ]
        elif one.sort == "number" and typed.isdigit():
            made[one.name] = int(typed)
        else:
            made[one.name] = figure_of(typed)
    return made


def written(sheet: Worksheet, given: Mapping[str, Any]) -> dict[str, str]:
    """The other way: what stands in the fields of a stored input."""
    made = {}
    for one in sheet.entries:
        value = given.get(one.name)
        if value is None:
            continue
        if one.sort == "amounts":
            made[one.name] = "\n".join(str(part) for part in value)
        elif one.sort == "rows":
            made[one.name] = "\n".join(", ".join(str(row.get(cell, "")) for cell in one.columns) for row in value)
        elif one.sort == "flag":
            made[one.name] = "on" if value else ""
        else:
            made[one.name] = str(value)
    return made


def in_order(method: str, given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What was given in the order of the worksheet, whatever order it was stored in."""
    sheet = BY_METHOD.get(method)
    names = [one.name for one in sheet.entries] if sheet else []
    return sorted(given.items(), key=lambda pair: names.index(pair[0]) if pair[0] in names else len(names))


def place_of(field: str) -> tuple[str, str]:
    """The entry a path of the engine lies in, and where in it, in words: `comparables[1].revenue` is the second line of
    `comparables`. A distribution's bound (`royalty_rate.high`) lies in the entry it replaces."""
    found = PATH.match(field)
    if found is None:
        return field, ""
    line = found["at"]
    return found["name"], gettext("Line %(number)s:") % {"number": int(line) + 1} if line else ""


def _cells(line: str) -> list[str]:
    """The cells of a line; a figure with its thousands apart is written without commas there."""
    return [cell.strip() for cell in line.replace("，", ",").replace("\t", ",").split(",")]


def figure_of(typed: str) -> str:
    """A figure without its grouping, and 5% as 0.05; anything else goes to the engine as it is, to be refused there."""
    plain = typed.strip().replace(" ", "").replace("，", ",")
    plain = plain.replace(",", "") if plain.count(",") and plain.replace(",", "").replace(".", "").isdigit() else plain
    if plain.endswith("%"):
        try:
            return format((Decimal(plain[:-1]) / 100).normalize(), "f")
        except InvalidOperation:
            return plain
    return plain
