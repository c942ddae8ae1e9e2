"""The terms of a loan product: what a bank lends, against what, and how it is repaid and served.

A `Terms` is a value. A product version holds one as JSON, an application freezes a copy, and the loan is served by that
copy, so no change of a product moves a live loan. Amounts are decimal text in JSON, shares are basis points (10,000 is
the whole), rates are per cent a year.

    limit at origination   Σ valueᵢ · (1 − haircutᵢ)       no more is lent
    maintenance line       Σ valueᵢ · ltvᵢ, ltvᵢ ≥ 1 − haircutᵢ   owed above it is a shortfall; a fresh loan is none
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from listings.patents.models import PatentKind
from loans.schedule.amortise import Method
from loans.schedule.calendar import DaysOff, Frequency, Shift
from loans.schedule.conventions import BrokenPeriod, DayCount, Rounding
from loans.servicing.contract import Contract, Order, Part, Penalty
from marketplace.core.errors import Invalid, Missing, NotANumber, OutOfRange
from marketplace.core.money import LARGEST
from marketplace.core.workdays import months_after, work_calendar

T = TypeVar("T")
WHOLE_BP = 10_000
#: Rights a pledge can be registered for; a variety right or a right of unknown kind has no line in a product.
PLEDGEABLE = (PatentKind.INVENTION, PatentKind.UTILITY_MODEL, PatentKind.DESIGN)
#: Methods a product may offer: a fixed instalment is what an early repayment makes of a loan, no product has it.
OFFERED_METHODS = tuple(one for one in Method if one is not Method.FIXED_INSTALMENT)
OFFERED_DAY_COUNTS = tuple(one for one in DayCount if one not in (DayCount.PER_PERIOD, DayCount.NONE))
OFFERED_ROUNDINGS = tuple(one for one in Rounding if one is not Rounding.NONE)
LONGEST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class RightTerms:
    """What a right of one kind counts for: value less `haircut_bp` when lending, `ltv_bp` of it while the loan runs.

    `life_months` of legal life must be left when the debt ends.
    """

    haircut_bp: int
    ltv_bp: int
    life_months: int = 0


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee the borrower pays when the loan is paid out: a share of the principal, or a sum."""

    share_bp: int = 0
    amount: Decimal = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to which amount a role may approve; None for whatever the product lends."""

    role: str
    amount: Decimal | None
    votes: int = 0  # committee members who must be for it before the proposal is made


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a bank says of a product once and for all (see the module). `regions` are prefixes of division codes,
    `industries` section letters or prefixes of GB/T 4754 codes; empty for all. `offer_days` is how long an offer
    stands. `cure_days` is how long a borrower has to cure a shortfall, `appraisal_months` how old a value may be."""

    currency: str
    amount_min: Decimal
    amount_max: Decimal
    term_min: int
    term_max: int
    rights: Mapping[str, RightTerms]
    annual_rate_pct: Decimal
    method: str = Method.INTEREST_ONLY_BULLET.value
    day_count: str = DayCount.ACTUAL_360.value
    interest_rounding: str = Rounding.HALF_UP.value
    instalment_rounding: str = Rounding.HALF_UP.value
    unit: Decimal = Decimal("0.01")
    broken_period: str = BrokenPeriod.DAY_COUNT.value
    frequency: str = "MONTH"
    principal_grace: int = 0
    interest_grace: int = 0
    shift: str = Shift.FOLLOWING.value
    order: tuple[str, ...] = (Part.COST, Part.PENALTY, Part.INTEREST, Part.PRINCIPAL)
    order_non_performing: tuple[str, ...] = (Part.COST, Part.PRINCIPAL, Part.INTEREST, Part.PENALTY)
    non_performing_days: int = 90
    penalty_uplift_pct: Decimal = Decimal(50)
    penalty_grace_days: int = 0
    penalty_on_interest: bool = False
    early_fee_pct: Decimal = Decimal(0)
    fee: Fee = field(default_factory=Fee)
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    firm_years: int = 0
    needs_guarantor: bool = False
    guarantor_from: Decimal | None = None
    needs_granted_months: int = 0
    offer_days: int = 15
    cure_days: int = 15
    appraisal_months: int = 12
    limits: tuple[Limit, ...] = (Limit("approver", Decimal("5000000.00")), Limit("head_of_credit", None, 2))

    def __post_init__(self) -> None:
        _check(self)

    # ── what the engines ask ─────────────────────────────────────────────────────────────────────────────────────────
    @property
    def convention(self) -> dict[str, Any]:
        """For `loans.schedule`."""
        return {
            "day_count": self.day_count,
            "method": self.method,
            "interest_rounding": self.interest_rounding,
            "instalment_rounding": self.instalment_rounding,
            "unit": str(self.unit),
            "broken_period": self.broken_period,
        }

    def input(self, principal: Decimal, start: date, months: int) -> dict[str, Any]:
        """For `loans.schedule`: a loan of `principal` from a day, over so many months."""
        return {
            "principal": f"{principal:.2f}",
            "annual_rate_pct": str(self.annual_rate_pct),
            "start": start,
            "maturity": months_after(start, months),
            "frequency": self.frequency,
            "principal_grace_periods": self.principal_grace,
            "interest_grace_periods": self.interest_grace,
        }

    @property
    def days_off(self) -> DaysOff | None:
        """How due dates on days off are moved; None where they are not."""
        return DaysOff(Shift(self.shift), work_calendar().is_workday) if self.shift != Shift.NONE else None

    @property
    def penalty(self) -> Penalty:
        """Default interest: the contract's rate and the uplift on it (rule LN-PENALTY)."""
        year_days = 365 if self.day_count in (DayCount.ACTUAL_365, DayCount.ACTUAL_ACTUAL) else 360
        rate = self.annual_rate_pct * (100 + self.penalty_uplift_pct) / 100
        return Penalty(rate, year_days, self.penalty_grace_days, self.penalty_on_interest)

    def contract(self, principal: Decimal, start: date, months: int) -> Contract:
        """The loan as `loans.servicing` reads it."""
        return Contract(
            convention=self.convention,
            input=self.input(principal, start, months),
            penalty=self.penalty,
            order=Order(tuple(Part(one) for one in self.order)),
            order_non_performing=Order(tuple(Part(one) for one in self.order_non_performing), row_by_row=False),
            non_performing_days=self.non_performing_days,
            early_fee_pct=self.early_fee_pct,
            days_off=self.days_off,
        )

    def fee_of(self, principal: Decimal) -> Decimal:
        """What the borrower pays besides interest when the loan is paid out, to the cent, halves up."""
        share = (principal * self.fee.share_bp / WHOLE_BP).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        return share + self.fee.amount

    def limit_for(self, amount: Decimal) -> Limit | None:
        """The lowest limit that covers an amount; None where nobody at the bank may approve it."""
        covering = [one for one in self.limits if one.amount is None or one.amount >= amount]
        return min(covering, key=lambda one: (one.amount is None, one.amount or 0), default=None)

    def may_approve(self, roles: frozenset[str], amount: Decimal) -> bool:
        """Whether one of these roles may approve an amount."""
        return any(one.role in roles and (one.amount is None or one.amount >= amount) for one in self.limits)

    def wants_guarantor(self, amount: Decimal) -> bool:
        return self.needs_guarantor or (self.guarantor_from is not None and amount >= self.guarantor_from)

    # ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `Terms.from_json` reads it back to an equal value."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Terms:
        """Raises BadInput (Missing, NotANumber, OutOfRange) or Invalid, with the field, for what cannot be taken."""
        if not isinstance(given, Mapping):
            raise Missing(field="terms")
        unknown = sorted(set(given) - set(cls.__slots__))
        if unknown:
            raise Invalid(field=f"terms.{unknown[0]}", problem=_("No term has this name."))
        for name in ("currency", "amount_min", "amount_max", "term_min", "term_max", "rights", "annual_rate_pct"):
            if given.get(name) in (None, "", {}):
                raise Missing(field=f"terms.{name}")
        return cls(**{name: _READERS[name](value, f"terms.{name}") for name, value in given.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, RightTerms | Fee | Limit):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _decimal(value: Any, at: str) -> Decimal:
    if isinstance(value, bool | float) or value is None:
        raise NotANumber(field=at)
    try:
        read = Decimal(str(value))
    except InvalidOperation as error:
        raise NotANumber(field=at) from error
    if not read.is_finite() or abs(read) > LARGEST:
        raise OutOfRange(field=at, range=f"0 – {LARGEST}")
    return read


def _whole(value: Any, at: str) -> int:
    read = _decimal(value, at)
    if read != read.to_integral_value():
        raise NotANumber(field=at)
    return int(read)


def _flag(value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        raise Invalid(field=at, problem=_("Answer true or false."))
    return value


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise Invalid(field=at, problem=_("This is text."))
    return value


def _texts(value: Any, at: str) -> tuple[str, ...]:
    return tuple(_text(one, f"{at}[{n}]") for n, one in enumerate(_list(value, at)))


def _list(value: Any, at: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise Invalid(field=at, problem=_("This is a list."))
    return value


def _mapping(value: Any, at: str, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or set(value) - set(names):
        raise Invalid(field=at, problem=_("No term has this name."))
    return value


def _rights(value: Any, at: str) -> dict[str, RightTerms]:
    found: dict[str, RightTerms] = {}
    for kind, one in _mapping(value, at, PLEDGEABLE).items():
        here = f"{at}.{kind}"
        row = _mapping(one, here, RightTerms.__slots__)
        if "haircut_bp" not in row or "ltv_bp" not in row:
            raise Missing(field=f"{here}.haircut_bp")
        found[str(kind)] = RightTerms(**{name: _whole(figure, f"{here}.{name}") for name, figure in row.items()})
    return found


def _fee(value: Any, at: str) -> Fee:
    row = _mapping(value, at, ("share_bp", "amount"))
    return Fee(_whole(row.get("share_bp", 0), f"{at}.share_bp"), _decimal(row.get("amount", 0), f"{at}.amount"))


def _limits(value: Any, at: str) -> tuple[Limit, ...]:
    found = []
    for n, one in enumerate(_list(value, at)):
        here = f"{at}[{n}]"
        row = _mapping(one, here, ("role", "amount", "votes"))
        amount = row.get("amount")
        found.append(
            Limit(
                _text(row.get("role"), f"{here}.role"),
                None if amount is None else _decimal(amount, f"{here}.amount"),
                _whole(row.get("votes", 0), f"{here}.votes"),
            )
        )
    return tuple(found)


def _maybe(read: Callable[[Any, str], T]) -> Callable[[Any, str], T | None]:
    return lambda value, at: None if value in (None, "") else read(value, at)


_READERS: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(("currency", "method", "day_count", "interest_rounding", "instalment_rounding"), _text),
    **dict.fromkeys(("broken_period", "frequency", "shift"), _text),
    **dict.fromkeys(("amount_min", "amount_max", "annual_rate_pct", "unit", "penalty_uplift_pct"), _decimal),
    "early_fee_pct": _decimal,
    "guarantor_from": _maybe(_decimal),
    **dict.fromkeys(("term_min", "term_max", "principal_grace", "interest_grace", "non_performing_days"), _whole),
    **dict.fromkeys(("penalty_grace_days", "firm_years", "needs_granted_months", "offer_days", "cure_days"), _whole),
    "appraisal_months": _whole,
    **dict.fromkeys(("penalty_on_interest", "needs_guarantor"), _flag),
    **dict.fromkeys(("order", "order_non_performing", "regions", "industries"), _texts),
    "rights": _rights,
    "fee": _fee,
    "limits": _limits,
}


def _within(value: Decimal | int, low: Decimal | int, high: Decimal | int, at: str) -> None:
    if not low <= value <= high:
        raise OutOfRange(field=f"terms.{at}", range=f"{low} – {high}")


def _one_of(value: str, known: Sequence[str], at: str) -> None:
    if value not in known:
        raise OutOfRange(field=f"terms.{at}", range=", ".join(known))


def _check(terms: Terms) -> None:
    """Raises OutOfRange, Invalid or BadInput for terms no loan could be made of."""
    if len(terms.currency) != 3 or not terms.currency.isalpha() or not terms.currency.isupper():
        raise Invalid(field="terms.currency", problem=_("Give the three letters of the currency."))
    cent = Decimal("0.01")
    _within(terms.amount_min, cent, LARGEST, "amount_min")
    _within(terms.amount_max, terms.amount_min, LARGEST, "amount_max")
    _within(terms.term_min, 1, LONGEST_MONTHS, "term_min")
    _within(terms.term_max, terms.term_min, LONGEST_MONTHS, "term_max")
    _within(terms.annual_rate_pct, Decimal(0), Decimal(100), "annual_rate_pct")
    _one_of(terms.method, OFFERED_METHODS, "method")
    _one_of(terms.day_count, OFFERED_DAY_COUNTS, "day_count")
    _one_of(terms.interest_rounding, OFFERED_ROUNDINGS, "interest_rounding")
    _one_of(terms.instalment_rounding, OFFERED_ROUNDINGS, "instalment_rounding")
    _one_of(terms.broken_period, tuple(BrokenPeriod), "broken_period")
    _one_of(terms.shift, tuple(Shift), "shift")
    _within(terms.unit, cent, Decimal(1000), "unit")
    if terms.unit % cent:
        raise Invalid(field="terms.unit", problem=_("A unit is a multiple of the cent."))
    Frequency.read(terms.frequency)
    for at in ("principal_grace", "interest_grace"):
        _within(getattr(terms, at), 0, LONGEST_MONTHS, at)
    for at in ("order", "order_non_performing"):
        if sorted(getattr(terms, at)) != sorted(Part):
            raise Invalid(field=f"terms.{at}", problem=_("An order names cost, penalty, interest and principal once."))
    for at, high in (("offer_days", 90), ("cure_days", 90), ("appraisal_months", 24), ("non_performing_days", 360)):
        _within(getattr(terms, at), 1, high, at)
    for at in ("firm_years", "needs_granted_months", "penalty_grace_days"):
        _within(getattr(terms, at), 0, 240, at)
    _within(terms.penalty_uplift_pct, Decimal(0), Decimal(100), "penalty_uplift_pct")
    _within(terms.early_fee_pct, Decimal(0), Decimal(10), "early_fee_pct")
    _within(terms.fee.share_bp, 0, 1000, "fee.share_bp")
    _within(terms.fee.amount, Decimal(0), terms.amount_min, "fee.amount")
    if not terms.rights:
        raise Missing(field="terms.rights")
    for kind, one in terms.rights.items():
        _one_of(kind, PLEDGEABLE, "rights")
        _within(one.haircut_bp, 0, WHOLE_BP, f"rights.{kind}.haircut_bp")
        _within(one.ltv_bp, WHOLE_BP - one.haircut_bp, WHOLE_BP, f"rights.{kind}.ltv_bp")
        _within(one.life_months, 0, 240, f"rights.{kind}.life_months")
    if not terms.limits or terms.limit_for(terms.amount_max) is None:
        raise Invalid(field="terms.limits", problem=_("Somebody must be able to approve the largest amount."))
    for limit in terms.limits:
        _one_of(limit.role, ("approver", "head_of_credit"), "limits")
        _within(limit.votes, 0, 9, "limits.votes")
