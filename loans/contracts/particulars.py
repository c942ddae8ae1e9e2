"""What a loan contract and its pledge contract say that differs from loan to loan. Pure data, JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from listings.deals.contracts.particulars import Right, Side, plain, right_from
from loans.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanParticulars:
    """One loan as its two contracts name it. `values` are the appraised values in the order of `rights`, `report` the
    numbers of the reports; `apr_pct` the yearly rate with all costs, None where nothing is charged."""

    number: str
    borrower: Side
    bank: Side
    guarantor: Side | None
    rights: tuple[Right, ...]
    values: tuple[Decimal | None, ...]
    reports: tuple[str, ...]
    terms: Terms
    principal: Decimal
    months: int
    purpose: str
    purpose_note: str
    conditions: str
    fee: Decimal
    apr_pct: Decimal | None
    drawn_up_on: date
    payout_until: date
    debt_until: date

    def as_data(self) -> dict[str, Any]:
        """As JSON: decimals and days as text."""
        told: dict[str, Any] = plain(asdict(self))
        told["terms"] = self.terms.as_json()
        return told

    @classmethod
    def from_data(cls, told: Mapping[str, Any]) -> Self:
        """Read `as_data` back. Raises KeyError, TypeError, ValueError for what is none."""
        given = dict(told)
        for name in ("borrower", "bank"):
            given[name] = Side(**given[name])
        given["guarantor"] = Side(**given["guarantor"]) if given["guarantor"] else None
        given["rights"] = tuple(right_from(one) for one in given["rights"])
        given["values"] = tuple(Decimal(one) if one is not None else None for one in given["values"])
        given["reports"] = tuple(given["reports"])
        given["terms"] = Terms.from_json(given["terms"])
        for name in ("principal", "fee"):
            given[name] = Decimal(given[name])
        given["apr_pct"] = Decimal(given["apr_pct"]) if given["apr_pct"] is not None else None
        for name in ("drawn_up_on", "payout_until", "debt_until"):
            given[name] = date.fromisoformat(given[name])
        return cls(**given)
