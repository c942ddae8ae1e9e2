"""Whether an application could become a pledged loan: the office's twelve grounds for refusal, right by right, the
product's own rules, and what looks like the same security given twice or a deal in a circle.

Pure: it reads `Facts` and the register's verdict and answers lines, each with its result, the evidence, the article
and the cure. Nothing is decided by it but this: a line that blocks keeps an application from going on, and every other
decision is a person's (PIPL 24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.assets.states import LegalStatus
from listings.rights.checking import Finding
from listings.rights.facts import Right
from listings.rights.ruling import enforces
from listings.rights.ruling import rule as rule_of
from listings.rights.wording import Day, Names
from loans.states.application import Purpose
from loans.states.pledge import Ground
from loans.terms import WHOLE_BP, Terms
from marketplace.core.errors import Sentence
from marketplace.core.workdays import months_after


class Result(StrEnum):
    PASS = "pass"  # noqa: S105  # a result, no secret
    CONDITION = "condition"  # open, on a condition or to a person's judgement
    BLOCK = "block"
    UNKNOWN = "unknown"  # nothing here tells; the bank looks


@dataclass(frozen=True, slots=True)
class Line:
    """One point of the report. `rule` is an id of the rule book, empty for the product's own rule."""

    code: str
    title: Sentence
    result: Result
    evidence: Sentence
    cure: Sentence = ""
    rule: str = ""
    asset_id: int | None = None
    number: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it is stored and shown, in both languages."""
        answer: dict[str, Any] = {
            "code": self.code,
            "result": str(self.result),
            "rule": self.rule,
            "asset": self.asset_id,
            "number": self.number,
        }
        for language, key in (("zh-hans", "zh"), ("en", "en")):
            with translation.override(language):
                shown = {name: str(value) for name, value in self.params.items()}
                answer[f"title_{key}"] = str(self.title)
                answer[f"evidence_{key}"] = _filled(self.evidence, shown)
                answer[f"cure_{key}"] = _filled(self.cure, shown)
                answer[f"article_{key}"] = rule_of(self.rule).citation if self.rule else str(OF_THE_PRODUCT)
        return answer


OF_THE_PRODUCT = _("Rule of the product")


def _filled(sentence: Sentence, params: Mapping[str, str]) -> str:
    return str(sentence) % params if params else str(sentence)


@dataclass(frozen=True, slots=True)
class Appraised:
    """What a right is valued at, with the dates of the value; None where nothing usable values it."""

    value: Decimal | None = None
    base_date: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """Something about a right that the bank should look at before it lends on it."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the report is made of.

    `ends_on` is the last day the debt may have, `region` a division code, empty where it is not known. `elsewhere` are
    rights that stand in another application under way, `circles` what looks odd, by right.
    """

    on: date
    ends_on: date
    terms: Terms
    amount: Decimal
    months: int
    purpose: str
    region: str
    is_person: bool
    has_guarantor: bool
    accepts_risks: bool
    rights: Sequence[Right]
    findings: Sequence[Finding]
    appraised: Mapping[int, Appraised]
    elsewhere: frozenset[int] = frozenset()
    circles: Mapping[int, Sequence[Circle]] = field(default_factory=dict)


def report(facts: Facts) -> list[Line]:
    """Every line, grounds first."""
    lines = [line for right in facts.rights for line in (*_grounds(right, facts), *_of_right(right, facts))]
    return [*lines, *_of_product(facts), *_of_circles(facts)]


def blocks(lines: Sequence[Line]) -> list[Line]:
    return [one for one in lines if one.result is Result.BLOCK]


# ── the twelve grounds ───────────────────────────────────────────────────────────────────────────────────────────────
#: What shows that a ground is not given, where the register finds nothing.
FINE: dict[str, Sentence] = {
    Ground.NOT_OWNER: _("Registered owner: %(owners)s."),
    Ground.ENDED: _("Legal status: %(status)s."),
    Ground.NOT_GRANTED: _("Granted on %(granted)s."),
    Ground.ANNUITY: _("Legal status: %(status)s; no annuity is overdue."),
    Ground.FROZEN: _("No suspension or preservation is in force."),
    Ground.TERM: _("The debt would end on %(debt)s, the right on %(end)s."),
    Ground.CONTRACT: _("The contracts are drawn up here with everything article 8 asks for."),
    Ground.CO_OWNERS: _("Owners: %(owners)s; every consent needed is there."),
    Ground.PLEDGED: _("No pledge is in force."),
    Ground.SAME_DAY: _("No same-day application for the same invention is known."),
    Ground.INVALIDATION: _("No invalidation request is pending."),
    Ground.OTHER: _("Nothing else is known that bars a pledge."),
}
OPEN_TO_ACCEPTANCE = (Ground.SAME_DAY, Ground.INVALIDATION)
ACCEPT = _("Borrower and bank are told and state that they want the pledge all the same.")


def ground_of(finding: Finding) -> Ground:
    """The ground a finding of the register falls under; what names no other is the twelfth."""
    known = {one.rule: one for one in Ground}
    return known.get(finding.rule, _OTHER_RULES.get(finding.code, Ground.OTHER))


_OTHER_RULES = {
    "status_unknown": Ground.ENDED,
    "right_lapsed": Ground.ENDED,
    "right_expired": Ground.ENDED,
    "utility_model_expired": Ground.ENDED,
    "design_expired": Ground.ENDED,
    "right_invalidated": Ground.ENDED,
    "application_ended": Ground.NOT_GRANTED,
    "is_application": Ground.NOT_GRANTED,
    "annuity_surcharge": Ground.ANNUITY,
}


@enforces(*(one.rule for one in Ground))
def _grounds(right: Right, facts: Facts) -> Iterator[Line]:
    """One line a ground for each right, whether it is given or not."""
    found: dict[Ground, list[Finding]] = {}
    for finding in facts.findings:
        if finding.asset_id == right.id:
            found.setdefault(ground_of(finding), []).append(finding)
    for ground in Ground:
        given = sorted(found.get(ground, []), key=lambda one: not one.is_block)
        if given:
            yield _found(right, ground, given[0], facts)
        else:
            yield Line(
                f"ground_{ground.value}",
                ground.label,
                Result.PASS,
                FINE[ground],
                rule=ground.rule,
                asset_id=right.id,
                number=right.number,
                params=_shown(right, facts),
            )


def _found(right: Right, ground: Ground, finding: Finding, facts: Facts) -> Line:
    if ground in OPEN_TO_ACCEPTANCE:
        result = Result.CONDITION if facts.accepts_risks else Result.BLOCK
        cure: Sentence = ACCEPT
    else:
        result = Result.BLOCK if finding.is_block else Result.CONDITION
        cure = finding.remedy
    return Line(
        f"ground_{ground.value}",
        ground.label,
        result,
        finding.sentence,
        cure,
        ground.rule,
        right.id,
        right.number,
        finding.params,
    )


def _shown(right: Right, facts: Facts) -> dict[str, Any]:
    return {
        "owners": Names(tuple(one.name for one in right.owners)),
        "status": LegalStatus(right.status).label,
        "granted": Day(right.granted_on) if right.granted_on else "—",
        "debt": Day(facts.ends_on),
        "end": Day(right.expires_on) if right.expires_on else "—",
    }


# ── the product's rules about a right ────────────────────────────────────────────────────────────────────────────────
def _of_right(right: Right, facts: Facts) -> Iterator[Line]:
    terms = facts.terms.rights.get(right.patent_kind)

    def line(code: str, title: Sentence, result: Result, evidence: Sentence, cure: Sentence = "", **more: Any) -> Line:
        rule = more.pop("rule", "")
        return Line(code, title, result, evidence, cure, rule, right.id, right.number, more)

    if terms is None:
        yield line(
            "right_kind",
            _("Kind of right"),
            Result.BLOCK,
            _("The product takes no right of this kind."),
            _("Offer another right, or choose another product."),
        )
        return
    yield line(
        "right_kind", _("Kind of right"), Result.PASS, _("Counted less %(haircut)s %%."), haircut=terms.haircut_bp / 100
    )
    needed = months_after(facts.ends_on, terms.life_months)
    known = right.expires_on is not None
    has_life = right.expires_on is not None and right.expires_on >= needed
    yield line(
        "remaining_life",
        _("Legal life left"),
        Result.PASS if has_life else Result.BLOCK if known else Result.UNKNOWN,
        _("Needed until %(needed)s, the right ends on %(end)s."),
        "" if has_life else _("Shorten the term, or offer a right with more life left."),
        needed=Day(needed),
        end=Day(right.expires_on) if right.expires_on else "—",
    )
    if facts.terms.needs_granted_months:
        since = right.granted_on
        is_old = since is not None and months_after(since, facts.terms.needs_granted_months) <= facts.on
        yield line(
            "granted_for",
            _("Time since the grant"),
            Result.PASS if is_old else Result.BLOCK,
            _("Granted on %(granted)s; the product asks for %(months)s months."),
            "" if is_old else _("Wait, or offer a right granted earlier."),
            granted=Day(since) if since else "—",
            months=facts.terms.needs_granted_months,
        )
    yield _appraisal(right, facts)


@enforces("LN-LTV")
def _appraisal(right: Right, facts: Facts) -> Line:
    """A right counts for nothing without an appraisal that may be relied on today."""
    value = facts.appraised.get(right.id, Appraised())
    params: dict[str, Any] = {"number": right.number, "months": facts.terms.appraisal_months}
    if value.value is None or value.base_date is None:
        result, evidence = Result.BLOCK, _("No appraisal in force values %(number)s by itself; it counts for nothing.")
    elif months_after(value.base_date, facts.terms.appraisal_months) < facts.on:
        result, evidence = Result.BLOCK, _("Appraised as of %(base)s, longer ago than %(months)s months.")
    else:
        result, evidence = Result.PASS, _("Appraised at %(value)s as of %(base)s.")
    if value.base_date is not None:
        params |= {"value": f"{value.value:,.2f}", "base": Day(value.base_date)}
    cure = "" if result is Result.PASS else _("Order an appraisal for pledge financing, or choose the report to use.")
    return Line("appraisal", _("Appraisal"), result, evidence, cure, "LN-LTV", right.id, right.number, params)


# ── the product's rules about the loan ───────────────────────────────────────────────────────────────────────────────
def limit_of(terms: Terms, kinds: Mapping[int, str], appraised: Mapping[int, Appraised]) -> Decimal:
    """Σ valueᵢ·(1 − haircutᵢ) of rights whose kind the product takes, to the cent, rounded down: no more is lent."""
    total = Decimal(0)
    for asset_id, kind in kinds.items():
        line, value = terms.rights.get(kind), appraised.get(asset_id, Appraised()).value
        if line is not None and value is not None:
            total += value * (WHOLE_BP - line.haircut_bp) / WHOLE_BP
    return total.quantize(Decimal("0.01"), "ROUND_DOWN")


#: The longest term of a purpose, as (rule, months), and that of a person's business loan.
LONGEST = {
    Purpose.WORKING_CAPITAL: ("LN-TERM-WC", 36),
    Purpose.RESEARCH: ("LN-TERM-WC", 36),
    Purpose.REFINANCE: ("LN-TERM-WC", 36),
    Purpose.FIXED_ASSETS: ("LN-TERM-FA", 120),
}
LONGEST_OF_A_PERSON = ("LN-TERM-PERS", 60)


def _of_product(facts: Facts) -> Iterator[Line]:
    terms = facts.terms
    yield _ranged(
        "amount",
        _("Amount"),
        terms.amount_min <= facts.amount <= terms.amount_max,
        _("Asked for: %(asked)s; the product lends %(low)s to %(high)s."),
        asked=f"{facts.amount:,.2f}",
        low=f"{terms.amount_min:,.2f}",
        high=f"{terms.amount_max:,.2f}",
    )
    yield _ranged(
        "term",
        _("Term"),
        terms.term_min <= facts.months <= terms.term_max,
        _("Asked for: %(asked)s months; the product lends for %(low)s to %(high)s."),
        asked=facts.months,
        low=terms.term_min,
        high=terms.term_max,
    )
    yield _term_by_purpose(facts)
    yield _value(facts)
    if terms.regions:
        yield _region(facts)
    if terms.industries:
        yield Line(
            "industry",
            _("Industry"),
            Result.UNKNOWN,
            _("The product is for the industries %(given)s; the bank checks the borrower’s."),
            params={"given": ", ".join(terms.industries)},
        )
    if terms.firm_years:
        yield Line(
            "firm_age",
            _("Age of the firm"),
            Result.UNKNOWN,
            _("The product asks for a firm of at least %(years)s years; the bank checks the licence."),
            params={"years": terms.firm_years},
        )
    if terms.wants_guarantor(facts.amount):
        yield Line(
            "guarantor",
            _("Guarantor"),
            Result.PASS if facts.has_guarantor else Result.BLOCK,
            _("The product asks for a guarantor at this amount."),
            "" if facts.has_guarantor else _("Name a guarantor that is registered here."),
        )


@enforces("LN-TERM-WC", "LN-TERM-FA", "LN-TERM-PERS")
def _term_by_purpose(facts: Facts) -> Line:
    """Beyond the usual longest term a loan needs a reason the bank writes down; it is told, not refused."""
    rule, months = LONGEST_OF_A_PERSON if facts.is_person else LONGEST[Purpose(facts.purpose)]
    fits = facts.months <= months
    return Line(
        "term_of_purpose",
        _("Term for the purpose"),
        Result.PASS if fits else Result.CONDITION,
        _("Usual longest term for this purpose: %(months)s months."),
        "" if fits else _("Shorten the term, or have the bank state why cash returns slowly."),
        rule,
        params={"months": months},
    )


@enforces("LN-LTV", "LN-COLLATERAL")
def _value(facts: Facts) -> Line:
    """The amount is at most what the collateral counts for."""
    limit = limit_of(facts.terms, {one.id: one.patent_kind for one in facts.rights}, facts.appraised)
    return Line(
        "value",
        _("Amount against the value of the security"),
        Result.PASS if facts.amount <= limit else Result.BLOCK,
        _("Asked for: %(asked)s; the security counts for %(limit)s."),
        "" if facts.amount <= limit else _("Ask for less, or offer more rights."),
        "LN-LTV",
        params={"asked": f"{facts.amount:,.2f}", "limit": f"{limit:,.2f}"},
    )


def _region(facts: Facts) -> Line:
    fits = any(facts.region.startswith(one.rstrip("0") or one) for one in facts.terms.regions) if facts.region else None
    return Line(
        "region",
        _("Region"),
        Result.UNKNOWN if fits is None else Result.PASS if fits else Result.BLOCK,
        _("The product is for the regions %(given)s."),
        "" if fits else _("Choose a product of the borrower’s own region."),
        params={"given": ", ".join(facts.terms.regions)},
    )


def _ranged(code: str, title: Sentence, fits: bool, evidence: Sentence, **params: Any) -> Line:
    result = Result.PASS if fits else Result.BLOCK
    cure = "" if fits else _("Choose an amount and a term within the product.")
    return Line(code, title, result, evidence, cure, params=params)


# ── the same security twice, deals in a circle ───────────────────────────────────────────────────────────────────────
CIRCLES: dict[str, tuple[Sentence, Sentence]] = {
    "related_seller": (
        _("The right was bought here on %(day)s from %(seller)s, which shares a member with the borrower."),
        _("Have the contract, the payment and the tax papers of that purchase shown."),
    ),
    "value_jump": (
        _("The right was bought here on %(day)s for %(price)s and is appraised at %(value)s, more than twice as much."),
        _("Have the appraiser explain what the value rests on."),
    ),
    "near_agency": (
        _("The agency of the appraisal, %(agency)s, shares a member with the borrower or the bank."),
        _("Order a second opinion from another agency."),
    ),
}


def _of_circles(facts: Facts) -> Iterator[Line]:
    for right in facts.rights:
        if right.id in facts.elsewhere:
            yield Line(
                "twice",
                _("The same security twice"),
                Result.CONDITION,
                _("%(number)s stands in another application under way."),
                _("Only one pledge is registered: whoever’s offer is accepted first has it."),
                "PLG-REFUSE-09",
                right.id,
                right.number,
                {"number": right.number},
            )
        for one in facts.circles.get(right.id, ()):
            evidence, cure = CIRCLES[one.code]
            yield Line(
                one.code,
                _("Related dealings"),
                Result.CONDITION,
                evidence,
                cure,
                asset_id=right.id,
                number=right.number,
                params=one.params,
            )
