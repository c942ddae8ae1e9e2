"""What a contract says that differs from deal to deal: parties, rights, money, scope. Pure data, JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ContractKind(TextChoices):
    ASSIGNMENT = "assignment", _("Assignment contract")
    EXCLUSIVE = "exclusive", _("Exclusive licence contract")
    SOLE = "sole", _("Sole licence contract")
    ORDINARY = "ordinary", _("Ordinary licence contract")
    OPEN = "open", _("Notice of taking an open licence")


LICENCES = frozenset({ContractKind.EXCLUSIVE, ContractKind.SOLE, ContractKind.ORDINARY})
#: The licensor keeps out others, so every co-owner must agree (Patent Law 14(2)).
KEEPS_OTHERS_OUT = frozenset({ContractKind.EXCLUSIVE, ContractKind.SOLE})


@dataclass(frozen=True, slots=True)
class Side:
    """A party as the contract names it."""

    name_zh: str
    name_en: str
    code: str = ""
    country: str = "CN"
    address_zh: str = ""
    address_en: str = ""
    representative: str = ""
    is_person: bool = False

    @property
    def is_abroad(self) -> bool:
        return self.country != "CN"


@dataclass(frozen=True, slots=True)
class Right:
    """A patent, or an application for one (`is_granted` false), with what Civil Code 845(3) wants named."""

    title_zh: str
    title_en: str
    kind: str
    is_granted: bool
    application_number: str
    patent_number: str = ""
    applicant: str = ""
    owner: str = ""
    filed_on: date | None = None
    granted_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the price, by name, exact amount, and days after the contract is signed by all."""

    title: str
    amount: Decimal
    due_days: int


@dataclass(frozen=True, slots=True)
class Place:
    """A territory or a field of use, named in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """Everything a model contract is filled from.

    `price` is exact, in `currency`; `royalty_pct` and `hold_back_pct` are in percent. No `territories` is the whole of
    the right's territory, no `fields` every use; `ends_on` None is the end of the last right. `annuity_by`, `tax_by`
    and `records` say who bears or does it: "holder", "buyer", "split" or "law".
    """

    kind: str
    number: str
    holder: Side
    taker: Side
    rights: tuple[Right, ...]
    price: Decimal
    currency: str = "CNY"
    upfront: Decimal | None = None
    instalments: tuple[Instalment, ...] = ()
    deposit: Decimal = Decimal("0.00")
    hold_back_pct: Decimal = Decimal(0)
    hold_back_days: int = 0
    royalty_pct: Decimal | None = None
    royalty_base: str = ""
    royalty_minimum: Decimal | None = None
    territories: tuple[Place, ...] = ()
    fields: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    may_sublicense: bool = False
    tax_by: str = "law"
    annuity_by: str = "buyer"
    records: str = "buyer"
    co_owners: tuple[str, ...] = ()
    pledgee: Side | None = None
    is_service_invention: bool = False
    declaration: str = ""
    conditions: str = ""
    payment_days: int = 30
    cure_days: int = 15
    agreed_on: date | None = None
    earlier_licences: tuple[Place, ...] = field(default=())

    @property
    def is_abroad(self) -> bool:
        """Claims that a party sits outside the mainland, so that export or import rules apply (T 2)."""
        return self.holder.is_abroad or self.taker.is_abroad

    @property
    def all_granted(self) -> bool:
        return all(right.is_granted for right in self.rights)

    @property
    def none_granted(self) -> bool:
        return not any(right.is_granted for right in self.rights)

    @property
    def last_expiry(self) -> date | None:
        """The day the last of the rights ends, as far as it is known."""
        return max((right.expires_on for right in self.rights if right.expires_on), default=None)

    def as_data(self) -> dict[str, Any]:
        """As JSON: decimals and days as text."""
        told: dict[str, Any] = plain(asdict(self))
        return told

    @classmethod
    def from_data(cls, told: Mapping[str, Any]) -> Self:
        """Read `as_data` back. Raises KeyError, TypeError, ValueError for what is none."""
        given = dict(told)
        for name in ("holder", "taker"):
            given[name] = Side(**given[name])
        given["pledgee"] = Side(**given["pledgee"]) if given.get("pledgee") else None
        given["rights"] = tuple(right_from(one) for one in given["rights"])
        given["instalments"] = tuple(
            Instalment(one["title"], Decimal(one["amount"]), int(one["due_days"])) for one in given["instalments"]
        )
        for name in ("price", "deposit", "hold_back_pct"):
            given[name] = Decimal(given[name])
        for name in ("upfront", "royalty_pct", "royalty_minimum"):
            given[name] = Decimal(given[name]) if given.get(name) is not None else None
        for name in ("starts_on", "ends_on", "agreed_on"):
            given[name] = date.fromisoformat(given[name]) if given.get(name) else None
        for name in ("territories", "earlier_licences"):
            given[name] = tuple(Place(**one) for one in given[name])
        for name in ("fields", "co_owners"):
            given[name] = tuple(given[name])
        return cls(**given)


def right_from(told: Mapping[str, Any]) -> Right:
    """A right read back from its JSON."""
    given = dict(told)
    for name in ("filed_on", "granted_on", "expires_on"):
        given[name] = date.fromisoformat(given[name]) if given.get(name) else None
    return Right(**given)


def plain(value: Any) -> Any:
    """A value as JSON: decimals and days as text."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
