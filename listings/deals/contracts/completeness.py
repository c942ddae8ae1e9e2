"""What a contract must name before anybody may be asked to sign it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.deals.contracts.particulars import KEEPS_OTHERS_OUT, LICENCES, ContractKind, ContractTerms
from listings.rights.ruling import enforces
from marketplace.core.errors import DomainError, Sentence


@dataclass(frozen=True, slots=True)
class Lack:
    """Something missing or contradictory: the term it concerns, the rule that wants it, and a sentence."""

    field: str
    rule: str
    sentence: Sentence
    what: str = ""

    @property
    def text(self) -> str:
        return f"{self.what}: {self.sentence}" if self.what else str(self.sentence)


class ContractIncomplete(DomainError):
    """The contract cannot be drawn up yet; `lacks` says why."""

    code = "contract_incomplete"
    status = 422
    sentence = _("The contract cannot be drawn up yet: %(count)s things are missing.")
    remedy = _("Complete the rights in the register and the organisations’ particulars, then draw it up again.")

    def __init__(self, lacks: list[Lack]) -> None:
        super().__init__(count=len(lacks))
        self.lacks = lacks

    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "lacks": [{"field": one.field, "rule": one.rule, "text": one.text} for one in self.lacks],
        }


def lacks(terms: ContractTerms, *, today: date) -> list[Lack]:
    """Everything that keeps the contract from being signed today, in the order it stands in the text."""
    checks: tuple[Callable[[ContractTerms, date], Iterator[Lack]], ...] = (_parties, _rights, _money, _scope, _opening)
    return [lack for check in checks for lack in check(terms, today)]


@enforces("LIC-REFUSE-03")
def demand_complete(terms: ContractTerms, *, today: date) -> None:
    """Raises ContractIncomplete naming all of them."""
    found = lacks(terms, today=today)
    if found:
        raise ContractIncomplete(found)


def _parties(terms: ContractTerms, today: date) -> Iterator[Lack]:
    for name, side in (("holder", terms.holder), ("taker", terms.taker)):
        if not (side.name_zh or side.name_en):
            yield Lack(name, "LIC-REFUSE-03", _("The party’s name is missing."))
        if side.country == "CN" and not side.code and not side.is_person:
            yield Lack(name, "LIC-REFUSE-03", _("The credit code is missing."), side.name_zh or side.name_en)
    if terms.holder == terms.taker:
        yield Lack("taker", "PAT-ASSIGN-WRITTEN", _("A contract has two parties."))


@enforces("LIC-CONTENT")
def _rights(terms: ContractTerms, today: date) -> Iterator[Lack]:
    """Civil Code 845(3): name, applicant and owner, filing date, numbers, validity."""
    if not terms.rights:
        yield Lack("rights", "LIC-CONTENT", _("No patent is named."))
    for right in terms.rights:
        number = right.patent_number or right.application_number or right.title_zh or right.title_en
        wanted: list[tuple[str, bool, Sentence]] = [
            ("title", bool(right.title_zh or right.title_en), _("the name of the invention is missing")),
            ("application_number", bool(right.application_number), _("the application number is missing")),
            ("filed_on", right.filed_on is not None, _("the filing date is missing")),
            ("applicant", bool(right.applicant or right.owner), _("the applicant or owner is missing")),
            ("patent_number", bool(right.patent_number) or not right.is_granted, _("the patent number is missing")),
            ("expires_on", right.expires_on is not None or not right.is_granted, _("the end of validity is missing")),
        ]
        for name, is_there, sentence in wanted:
            if not is_there:
                yield Lack(f"rights.{name}", "LIC-CONTENT", sentence, number)
        if right.expires_on is not None and right.expires_on < today:
            yield Lack("rights.expires_on", "LIC-TERM", _("the right has ended"), number)
        if terms.kind == ContractKind.OPEN and not right.is_granted:
            yield Lack("rights", "OL-CONTENT", _("only a granted patent is under an open licence"), number)


@enforces("LIC-PAYMENT")
def _money(terms: ContractTerms, today: date) -> Iterator[Lack]:
    if terms.price <= 0:
        yield Lack("price", "LIC-PAYMENT", _("The price is missing."))
    if terms.instalments and sum(one.amount for one in terms.instalments) != terms.price:
        yield Lack("instalments", "LIC-PAYMENT", _("The instalments do not add up to the price."))
    if terms.royalty_pct is not None and not terms.royalty_base.strip():
        yield Lack("royalty_base", "LIC-PAYMENT", _("It is not said what the royalty is a share of."))


@enforces("LIC-TERM", "LIC-COMPAT")
def _scope(terms: ContractTerms, today: date) -> Iterator[Lack]:
    """A licence lasts no longer than the right (Civil Code 865) and says when it begins and ends."""
    if terms.kind not in LICENCES:
        return
    if terms.ends_on is not None and terms.starts_on is not None and terms.ends_on < terms.starts_on:
        yield Lack("ends_on", "LIC-TERM", _("The licence ends before it begins."))
    last = terms.last_expiry
    if terms.ends_on is not None and terms.all_granted and last is not None and terms.ends_on > last:
        yield Lack("ends_on", "LIC-TERM", _("The licence would outlast the patent."))
    if terms.kind in KEEPS_OTHERS_OUT and terms.earlier_licences and not terms.conditions.strip():
        yield Lack(
            "earlier_licences",
            "LIC-COMPAT",
            _("Earlier licences stand; say in the further conditions how they and this one live together."),
        )


def _opening(terms: ContractTerms, today: date) -> Iterator[Lack]:
    if terms.kind == ContractKind.OPEN and not terms.declaration.strip():
        yield Lack("declaration", "OL-FORM", _("The published open-licence declaration is not named."))
