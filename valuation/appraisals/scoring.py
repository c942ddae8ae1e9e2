"""Points that the register itself can give, each with the facts it rests on.

Every scale is ours and plain: a bound per step, said in the evidence. Nothing here guesses what only a person can
judge; those indicators are scored by the appraiser with evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.patents.models import Citation, Patent
from listings.rights.models import Entry
from listings.rights.states import EntryKind

FULL, NONE = Decimal(100), Decimal(0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register knows of a right on a day; None where it does not know."""

    status: str
    is_granted: bool
    patent_kind: str
    filed_on: date | None
    expires_on: date | None
    family: int | None
    offices: int | None
    claims: int | None
    ipc: int
    cited_by: int | None
    licences: int
    assignments: int
    pledges: int
    suits: int
    invalidations: int
    on: date


@dataclass(frozen=True, slots=True)
class Point:
    """Points of 100 for an indicator, in words, and the facts they come from."""

    indicator: str
    points: Decimal
    evidence: str
    basis: dict[str, Any]


def facts_of(asset: Asset, on: date) -> Facts:
    """Read the register: four queries."""
    patent = Patent.objects.filter(pk=asset.pk).first()
    kinds = dict(
        Entry.objects.of([asset.pk]).filter(starts_on__lte=on).order_by().values_list("kind").annotate(Count("pk"))
    )
    cited_by = patent.cited_by_count if patent else None
    if cited_by is None and patent is not None and patent.publication_number:
        cited_by = Citation.objects.filter(office=asset.office, number=patent.publication_number).count() or None
    family = list(patent.family) if patent else []
    return Facts(
        status=asset.status,
        is_granted=asset.is_granted,
        patent_kind=patent.patent_kind if patent else "",
        filed_on=asset.filed_on,
        expires_on=asset.expires_on,
        family=len(family) or None,
        offices=len({one[:2] for one in family if one[:2].isalpha()} | {asset.office}) if family else None,
        claims=len(patent.claims) if patent and patent.claims else None,
        ipc=len({one[:4] for one in patent.ipc}) if patent else 0,
        cited_by=cited_by,
        licences=kinds.get(EntryKind.LICENCE, 0) + kinds.get(EntryKind.OPEN_DECLARATION, 0),
        assignments=max(kinds.get(EntryKind.OWNERSHIP, 0) - 1, 0),
        pledges=kinds.get(EntryKind.PLEDGE, 0),
        suits=kinds.get(EntryKind.OWNERSHIP_SUIT, 0) + kinds.get(EntryKind.PRESERVATION, 0),
        invalidations=kinds.get(EntryKind.INVALIDATION, 0),
        on=on,
    )


def _steps(value: int, *bounds: tuple[int, int]) -> Decimal:
    """The points of the highest bound that `value` reaches."""
    return Decimal(max((points for bound, points in bounds if value >= bound), default=0))


def points_of(facts: Facts) -> Iterator[Point]:
    """Every indicator the facts can answer; one whose facts are unknown is left to a person."""
    yield _validity(facts)
    if facts.family is not None and facts.offices is not None:
        yield Point(
            "family",
            _steps(facts.offices, (1, 20), (2, 50), (3, 70), (5, 90), (8, 100)),
            _("%(family)s family members at %(offices)s offices.") % {"family": facts.family, "offices": facts.offices},
            {"family": facts.family, "offices": facts.offices},
        )
    yield Point(
        "challenges",
        NONE if facts.status == LegalStatus.INVALIDATED else Decimal(40) if facts.invalidations else Decimal(80),
        _("Invalidation proceedings in the register: %(count)s.") % {"count": facts.invalidations},
        {"invalidations": facts.invalidations},
    )
    if facts.claims is not None:
        yield Point(
            "claim_type",
            _steps(facts.claims, (1, 40), (4, 60), (8, 80), (15, 100)),
            _("%(count)s claims published.") % {"count": facts.claims},
            {"claims": facts.claims},
        )
    if facts.cited_by is not None:
        yield Point(
            "citations",
            _steps(facts.cited_by, (0, 20), (1, 40), (5, 60), (10, 80), (25, 100)),
            _("Cited by %(count)s later documents.") % {"count": facts.cited_by},
            {"cited_by": facts.cited_by},
        )
    if facts.ipc:
        yield Point(
            "fields",
            _steps(facts.ipc, (1, 40), (2, 60), (3, 80), (5, 100)),
            _("%(count)s IPC subclasses.") % {"count": facts.ipc},
            {"ipc_subclasses": facts.ipc},
        )
    yield from _term(facts)
    moved = facts.licences + facts.assignments
    yield Point(
        "licensing",
        _steps(moved, (0, 20), (1, 60), (2, 80), (4, 100)),
        _("Licences: %(licences)s; assignments: %(assignments)s in the register.")
        % {"licences": facts.licences, "assignments": facts.assignments},
        {"licences": facts.licences, "assignments": facts.assignments},
    )
    yield Point(
        "financing",
        _steps(facts.pledges, (0, 20), (1, 70), (2, 100)),
        _("Pledges registered so far: %(count)s.") % {"count": facts.pledges},
        {"pledges": facts.pledges},
    )
    yield Point(
        "litigation",
        Decimal(40) if facts.suits else Decimal(60),
        _("Suits and preservation orders in the register: %(count)s.") % {"count": facts.suits},
        {"suits": facts.suits},
    )


def _validity(facts: Facts) -> Point:
    by_status = {
        LegalStatus.IN_FORCE: 100 if facts.patent_kind == "invention" else 80,
        LegalStatus.IN_GRACE: 40,
        LegalStatus.PENDING: 50,
        LegalStatus.UNKNOWN: 30,
    }
    status = LegalStatus(facts.status)
    return Point(
        "validity",
        Decimal(by_status.get(status, 0)),
        _("Status in the register: %(status)s.") % {"status": status.label},
        {"status": facts.status, "kind": facts.patent_kind},
    )


def _term(facts: Facts) -> Iterator[Point]:
    """Years of legal term left, five points a year up to twenty; the economic life may be shorter, which a person says
    in the report."""
    if facts.expires_on is None:
        return
    days = max((facts.expires_on - facts.on).days, 0)
    years = (Decimal(days) / Decimal("365.25")).quantize(Decimal("0.1"))
    yield Point(
        "remaining_life",
        min(FULL, (years * 5).quantize(Decimal("0.01"))),
        _("%(years)s years of legal term left on %(day)s.") % {"years": years, "day": facts.on.isoformat()},
        {"expires_on": facts.expires_on.isoformat(), "years": str(years)},
    )
