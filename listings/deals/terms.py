"""The terms of an offer: pure data, what makes them complete, and how two versions differ.

Amounts are exact decimals in `currency`; percentages are in percent. A milestone is a named part of the price with the
days after agreement by which it is due; milestones, where there are any, sum to the price. `territories` are region
codes and `fields_of_use` IPC symbols, none meaning everywhere and any use. What is said of licences is ignored for an
assignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.catalogue.states import LICENCES, Mode
from listings.deals.talks.states import Bears
from marketplace.core.errors import Sentence
from marketplace.core.money import CENT, LARGEST

CURRENCIES = ("CNY", "USD", "EUR", "HKD")
MOST_MILESTONES = 12
LONGEST_CONDITIONS = 8000
MOST_HOLD_BACK_DAYS = 1095
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Milestone:
    """A part of the price: what it is for, how much, and how many days after agreement it is due."""

    title: str
    amount: Decimal
    due_days: int

    def as_dict(self) -> dict[str, Any]:
        return {"title": self.title, "amount": f"{self.amount:.2f}", "due_days": self.due_days}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Milestone:
        """Raises ValueError, KeyError, InvalidOperation for what is no milestone."""
        return cls(str(told["title"]).strip(), Decimal(str(told["amount"])), int(told["due_days"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one side offers and the other may accept."""

    price: Decimal
    currency: str = "CNY"
    mode: str = Mode.TRANSFER
    territories: tuple[str, ...] = ()
    fields_of_use: tuple[str, ...] = ()
    starts_on: date | None = None
    term_months: int | None = None
    royalty_pct: Decimal | None = None
    royalty_base: str = ""
    royalty_minimum: Decimal | None = None
    upfront: Decimal | None = None
    milestones: tuple[Milestone, ...] = ()
    deposit: Decimal = ZERO
    hold_back_pct: Decimal = Decimal(0)
    hold_back_days: int = 0
    tax_by: str = Bears.LAW
    annuity_by: str = Bears.BUYER
    records: str = Bears.BUYER
    conditions: str = ""
    valid_until: datetime

    @property
    def is_licence(self) -> bool:
        return self.mode in LICENCES

    def problems(self) -> list[tuple[str, Sentence]]:
        """(field, sentence) for everything that keeps these terms from being offered."""
        return [
            *self._money_problems(),
            *self._licence_problems(),
            *self._milestone_problems(),
            *self._other_problems(),
        ]

    def _money_problems(self) -> Iterable[tuple[str, Sentence]]:
        amounts = {
            "price": self.price,
            "royalty_minimum": self.royalty_minimum,
            "upfront": self.upfront,
            "deposit": self.deposit,
        }
        for name, amount in amounts.items():
            if amount is None:
                continue
            if not amount.is_finite() or amount < 0 or amount > LARGEST or amount != amount.quantize(CENT):
                yield name, _("An amount is not negative, has at most two decimals and is not absurdly large.")
                return
        if self.price <= 0:
            yield "price", _("Name a price of more than zero.")
        if self.deposit > self.price:
            yield "deposit", _("The deposit is part of the price and not more than it.")
        if self.upfront is not None and self.upfront > self.price:
            yield "upfront", _("The upfront payment is part of the price and not more than it.")
        if self.currency not in CURRENCIES:
            yield "currency", _("Choose one of the currencies.")
        if bool(self.hold_back_pct) != bool(self.hold_back_days):
            yield "hold_back_pct", _("A hold-back has a share and a number of days, or neither.")
        if not 0 <= self.hold_back_pct < 100 or not 0 <= self.hold_back_days <= MOST_HOLD_BACK_DAYS:
            yield "hold_back_pct", _("A hold-back is less than the whole price, for at most three years.")

    def _licence_problems(self) -> Iterable[tuple[str, Sentence]]:
        if self.mode not in Mode.values:
            yield "mode", _("Choose what is agreed on.")
        if not self.is_licence:
            return
        if self.royalty_pct is not None and not 0 < self.royalty_pct <= 100:
            yield "royalty_pct", _("A royalty is more than 0% and at most 100%.")
        if self.royalty_pct is not None and not self.royalty_base.strip():
            yield "royalty_base", _("Say what the royalty is a share of (Civil Code 846).")
        if self.royalty_minimum is not None and self.royalty_pct is None:
            yield "royalty_minimum", _("A least royalty needs a royalty.")
        if self.term_months is not None and not 0 < self.term_months <= 240:
            yield "term_months", _("A term is from 1 to 240 months.")

    def _milestone_problems(self) -> Iterable[tuple[str, Sentence]]:
        if not self.milestones:
            return
        if len(self.milestones) > MOST_MILESTONES:
            yield "milestones", _("At most twelve milestones.")
        if any(not one.title or one.amount <= 0 or not 0 <= one.due_days <= 3650 for one in self.milestones):
            yield "milestones", _("Each milestone has a name, an amount of more than zero and days from 0 to 3650.")
        elif sum((one.amount for one in self.milestones), ZERO) != self.price:
            yield "milestones", _("The milestones must add up to the price.")

    def _other_problems(self) -> Iterable[tuple[str, Sentence]]:
        for name in ("tax_by", "annuity_by", "records"):
            if getattr(self, name) not in Bears.values:
                yield name, _("Choose who bears it.")
        if len(self.conditions) > LONGEST_CONDITIONS:
            yield "conditions", _("At most 8,000 characters.")

    def as_dict(self) -> dict[str, Any]:
        """As JSON: decimals and days as text."""
        told = asdict(self)
        told["milestones"] = [one.as_dict() for one in self.milestones]
        for name, value in told.items():
            if isinstance(value, Decimal):
                told[name] = f"{value:f}"
            elif isinstance(value, date | datetime):
                told[name] = value.isoformat()
            elif isinstance(value, tuple):
                told[name] = list(value)
        return told

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Terms:
        """Read `as_dict` back. Raises ValueError for what is not terms."""
        try:
            given = {one.name: told[one.name] for one in fields(cls) if one.name in told}
            for name in ("price", "royalty_pct", "royalty_minimum", "upfront", "deposit", "hold_back_pct"):
                if given.get(name) is not None:
                    given[name] = Decimal(str(given[name]))
            if given.get("starts_on"):
                given["starts_on"] = date.fromisoformat(given["starts_on"])
            given["valid_until"] = datetime.fromisoformat(given["valid_until"])
            given["milestones"] = tuple(Milestone.from_dict(one) for one in given.get("milestones", ()))
            for name in ("territories", "fields_of_use"):
                given[name] = tuple(given.get(name) or ())
            return cls(**given)
        except (KeyError, TypeError, InvalidOperation) as error:
            raise ValueError(f"these are no terms: {error}") from error


#: What each term is called, in the order an offer shows them.
LABELS: dict[str, Sentence] = {
    "mode": _("Mode"),
    "price": _("Price"),
    "currency": _("Currency"),
    "upfront": _("Upfront payment"),
    "milestones": _("Milestones"),
    "deposit": _("Deposit"),
    "hold_back_pct": _("Held back, percent"),
    "hold_back_days": _("Held back, days"),
    "royalty_pct": _("Royalty, percent"),
    "royalty_base": _("Royalty on"),
    "royalty_minimum": _("Least royalty a year"),
    "territories": _("Territory"),
    "fields_of_use": _("Field of use"),
    "starts_on": _("Licence begins"),
    "term_months": _("Licence term in months"),
    "tax_by": _("Taxes are borne by"),
    "annuity_by": _("Annuities are paid by"),
    "records": _("Recordal is filed by"),
    "conditions": _("Further conditions"),
    "valid_until": _("Stands until"),
}
#: Said of licences only.
OF_LICENCES = frozenset(
    {"royalty_pct", "royalty_base", "royalty_minimum", "territories", "fields_of_use", "starts_on", "term_months"}
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A term that two versions state differently: its name and both values."""

    field: str
    before: Any
    after: Any

    @property
    def label(self) -> str:
        return str(LABELS[self.field])


def differences(before: Terms, after: Terms) -> list[Difference]:
    """Every term in which the two differ, in the order offers show them; none for equal terms."""
    return [
        Difference(name, getattr(before, name), getattr(after, name))
        for name in LABELS
        if getattr(before, name) != getattr(after, name)
    ]
