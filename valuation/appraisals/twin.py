"""The machine-readable twin of a report: everything the conclusion follows from, and the way to follow it again.

Canonical JSON (keys sorted, no spaces, UTF-8) is hashed; the PDF prints the hash. Amounts and rates are decimal
strings. `recompute` runs every method again from the inputs in the twin and weighs the answers as the twin says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from listings.assets.models import Asset
from listings.assets.states import PartyRole
from listings.patents.annuities import due_on
from listings.patents.models import Patent
from marketplace.accounts.models import Organisation, User
from valuation.appraisals import bundles, encumbrances, engine
from valuation.appraisals.completeness import rounded

if TYPE_CHECKING:
    from valuation.models import MethodUse, Order

SCHEMA = "appraisal-report/1"


def build(order: Order, *, number: str, report_date: date, valid_until: date) -> dict[str, Any]:
    """The twin of the report that the order's draft makes. JSON types only."""
    draft, agency = order.draft, order.agency
    assert agency is not None
    certificates = {one.user_id: one for one in agency.appraisers.active().filter(user__in=draft.signers)}
    people = User.objects.in_bulk(draft.signers)
    assert draft.conclusion is not None
    methods = [_method(use, seed=order.pk) for use in order.methods.all()]
    return {
        "schema": SCHEMA,
        "number": number,
        "order": order.number,
        "engaged_elsewhere": order.is_elsewhere,
        "agency": {
            **_party(agency.organisation),
            "filing_number": agency.filing_number,
            "filed_with": agency.filed_with,
        },
        "client": _party(order.client),
        "users": [_party(one) for one in order.users.order_by("pk")],
        "other_users": order.other_users,
        "purpose": order.purpose,
        "value_type": order.value_type,
        "is_statutory": order.is_statutory,
        "base_date": order.base_date.isoformat(),
        "report_date": report_date.isoformat(),
        "valid_until": valid_until.isoformat(),
        "currency": order.currency,
        "rights": _rights(order),
        "economic_life_ends_on": draft.economic_life_ends_on.isoformat() if draft.economic_life_ends_on else None,
        "visited_on": draft.visited_on.isoformat() if draft.visited_on else None,
        "texts": draft.texts,
        "single_reason": draft.single_reason,
        "methods": methods,
        "conclusion": {
            "amount": f"{draft.conclusion:.2f}",
            "low": f"{draft.low:.2f}",
            "high": f"{draft.high:.2f}",
            "unit": draft.unit,
            "parts": bundles.parts_of_methods(draft.conclusion, order.currency, methods),
            "rule": "weighted mean of the methods' values, rounded half up to the unit",
        },
        "scores": [
            {
                "asset": one.asset.number,
                "indicator": one.indicator,
                "points": f"{one.points:.2f}",
                "is_computed": one.is_computed,
                "evidence": one.evidence,
                "evidence_en": one.basis.get("evidence_en", one.evidence),
            }
            for one in order.scores.select_related("asset").order_by("asset", "indicator")
        ],
        "rubric": _rubric(order),
        "signers": [
            {
                "name": people[pk].name or people[pk].name_en,
                "certificate": certificates[pk].certificate,
                "is_certified": certificates[pk].is_certified,
            }
            for pk in draft.signers
        ],
    }


def _party(row: Organisation) -> dict[str, str]:
    return {
        "name_zh": row.name_zh or row.name_en,
        "name_en": row.name_en or row.name_zh,
        "code": row.uscc,
        "address_zh": row.address,
        "address_en": row.address_en,
        "legal_representative": row.legal_representative,
    }


def _rights(order: Order) -> list[dict[str, Any]]:
    rows = (
        order.ordered.select_related("asset__patent")
        .prefetch_related("asset__parties", "asset__patent__annuity_payments")
        .order_by("position")
    )
    assets = [row.asset for row in rows]
    noted = encumbrances.as_told(encumbrances.entries_on(assets, order.base_date))
    found = []
    for row in rows:
        asset = row.asset
        patent = getattr(asset, "patent", None)
        parties = list(asset.parties.all())
        owners = [one for one in parties if one.role == PartyRole.OWNER] or [
            one for one in parties if one.role == PartyRole.APPLICANT
        ]
        found.append(
            {
                "number": asset.number,
                "office": asset.office,
                "kind": patent.patent_kind if patent else asset.kind,
                "title_zh": asset.title_zh,
                "title_en": asset.title_en,
                "claims": row.claims,
                "ipc": list(patent.ipc) if patent else [],
                "status": asset.status,
                "is_granted": asset.is_granted,
                "filed_on": _day(asset.filed_on),
                "granted_on": _day(asset.granted_on),
                "expires_on": _day(asset.expires_on),
                "owners": [
                    {
                        "name": one.name,
                        "name_en": one.name_en,
                        "share": f"{one.share_numerator}/{one.share_denominator}" if one.share_numerator else "",
                    }
                    for one in owners
                ],
                "annuity": _annuity(asset, patent, order.base_date),
                "entries": noted.get(asset.pk, []),
                "register_version": asset.version,
            }
        )
    return found


def _annuity(asset: Asset, patent: Patent | None, day: date) -> dict[str, Any] | None:
    """The last annuity known to be paid on the day, and when the next falls due; None where none is known."""
    paid = [one for one in patent.annuity_payments.all() if one.paid_on <= day] if patent is not None else []
    if not paid or asset.filed_on is None:
        return None
    last = max(paid, key=lambda one: one.year)
    return {"year": last.year, "paid_on": _day(last.paid_on), "next_on": _day(due_on(asset.filed_on, last.year + 1))}


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _method(use: MethodUse, *, seed: int) -> dict[str, Any]:
    return {
        "method": use.method,
        "engine": use.engine,
        "input": use.input,
        "reasons": use.reasons,
        "why": use.why,
        "value": f"{use.value:.2f}",
        "weight_pct": f"{use.weight_pct:.2f}",
        "result": use.result,
        "uncertain": use.uncertain,
        "seed": seed,
        "draws": engine.DRAWS,
        "simulation": use.simulation,
        "tornado": use.tornado,
    }


def _rubric(order: Order) -> dict[str, Any] | None:
    score = order.scores.select_related("rubric").first()
    if score is None:
        return None
    rubric = score.rubric
    return {"code": rubric.code, "version": rubric.version, "sha256": rubric.sha256, "is_verified": rubric.is_verified}


def canonical(twin: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: keys sorted, no spaces, UTF-8."""
    return json.dumps(twin, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(twin: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(twin)).hexdigest()


@dataclass(frozen=True, slots=True)
class Again:
    """A method computed anew: the figure the report states and the figure it comes to now."""

    method: str
    stated: Decimal
    found: Decimal
    weight_pct: Decimal

    @property
    def agrees(self) -> bool:
        return self.stated == self.found


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A report computed anew from its twin."""

    methods: tuple[Again, ...]
    stated: Decimal
    found: Decimal
    parts_agree: bool = True

    @property
    def agrees(self) -> bool:
        """Claims that every method, the conclusion and each right's part of it come to the same cent again."""
        return self.stated == self.found and self.parts_agree and all(one.agrees for one in self.methods)


def recompute(twin: Mapping[str, Any]) -> Recomputed:
    """Follow the twin from its inputs to its conclusion. Raises BadInput where the engine takes an input no
    more."""
    rows = tuple(
        Again(
            method=one["method"],
            stated=Decimal(one["value"]),
            found=engine.value_of(engine.run(one["method"], one["input"])),
            weight_pct=Decimal(one["weight_pct"]),
        )
        for one in twin["methods"]
    )
    mean = sum((one.found * one.weight_pct for one in rows), Decimal(0)) / 100
    conclusion = twin["conclusion"]
    found = rounded(mean, int(conclusion["unit"]))
    parts = bundles.parts_of_methods(found, twin["currency"], twin["methods"])
    return Recomputed(rows, Decimal(conclusion["amount"]), found, parts == conclusion.get("parts", []))
