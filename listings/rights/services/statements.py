"""What a holder states about its right with proof, and the desk's decision on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from listings.assets.models import Asset
from listings.rights.graphs import DESK, HOLDER, STATEMENT_GRAPH
from listings.rights.models import Statement
from listings.rights.models.statements import CONSENT
from listings.rights.refusals import StatementNotOurs
from listings.rights.scope import Scope
from listings.rights.services import consents
from listings.rights.services.entries import NOBODY, Who, record_entry
from listings.rights.states import ConsentKind, EntryKind, Source
from marketplace.core import clock, files, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.files import DOCUMENTS
from marketplace.core.locks import locked_all
from marketplace.core.money import Money

PURPOSE = "rights"
#: What a holder may state; a change of name and a transfer come from the office's data or a deal.
STATED = (
    EntryKind.OWNERSHIP,
    EntryKind.LICENCE,
    EntryKind.PLEDGE,
    EntryKind.PRESERVATION,
    EntryKind.OWNERSHIP_SUIT,
    EntryKind.INVALIDATION,
    EntryKind.SAME_DAY_PAIR,
    EntryKind.SERVICE_INVENTION,
    EntryKind.COMMISSIONED,
    EntryKind.EXPORT_CONTROL,
    EntryKind.COMPULSORY_LICENCE,
)


@transaction.atomic
def state(*, asset_id: int, kind: str, facts: Mapping[str, Any], upload: UploadedFile[Any], by: Actor) -> Statement:
    """Hand in an entry with its proof; an answer is owed in five working days.

    `facts`: party (name), starts_on, and whatever the kind takes: ends_on, licence_type, territories, fields, share
    ("1/3"), amount, currency, debt_due_on, reference, export_category, may_sublicense, acts (of a consent). Raises
    NotPermitted, StatementNotOurs, FileRefused, and UnknownCode for a scope no code stands for.
    """
    if by.acts_for is None or by.user_id is None or not HOLDER.permits(by, Statement(organisation_id=by.acts_for)):
        raise NotPermitted()
    asset = Asset.objects.filter(pk=asset_id).first()
    if asset is None:
        raise NotFound()
    if asset.holder_id != by.acts_for:
        raise StatementNotOurs()
    _arguments(kind, facts)
    file = files.keep(upload, purpose=PURPOSE, by=by, allowed=DOCUMENTS, org_id=by.acts_for)
    statement = Statement(
        asset=asset,
        organisation_id=by.acts_for,
        kind=kind,
        facts=dict(facts),
        evidence=file,
        stated_by_id=by.user_id,
        created_at=clock.now(),
    )
    lifecycle.begin(STATEMENT_GRAPH, statement, by=by, data={"touched": {"assets.asset": [asset_id]}, "kind": kind})
    return statement


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)) if text else None


def _arguments(kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `record_entry` (or `record_consent`) that stored facts stand for. Raises UnknownCode."""
    if kind == CONSENT:
        return {"name": str(facts.get("party", "")), "acts": list(facts.get("acts", []))}
    starts_on = _day(facts.get("starts_on")) or clock.today()
    ends_on = _day(facts.get("ends_on"))
    scope = Scope(tuple(facts.get("territories", ())), tuple(facts.get("fields", ())))
    share = Fraction(str(facts["share"])) if facts.get("share") else None
    party = Who(facts.get("party_id"), str(facts.get("party", "")))
    amount = Money(Decimal(str(facts["amount"])), str(facts["currency"])) if facts.get("amount") else None
    return {
        "kind": kind,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "party": party or NOBODY,
        "licence_type": str(facts.get("licence_type", "")) if kind == EntryKind.LICENCE else "",
        "scope": scope,
        "share": (share.numerator, share.denominator) if share and kind == EntryKind.OWNERSHIP else None,
        "amount": amount,
        "debt_due_on": _day(facts.get("debt_due_on")),
        "export_category": str(facts.get("export_category", "")) if kind == EntryKind.EXPORT_CONTROL else "",
        "may_sublicense": bool(facts.get("may_sublicense", False)),
        "reference": str(facts.get("reference", "")),
        "recorded_on": _day(facts.get("recorded_on")),
        "note_zh": str(facts.get("note", "")),
    }


def confirm(*, statement_id: int, by: Actor) -> Statement:
    """The desk enters it. Raises IllegalTransition, NotPermitted, and whatever `record_entry` refuses."""
    with locked_all([(Asset, _asset_of(statement_id)), (Statement, statement_id)]) as rows:
        statement = rows[1]
        assert isinstance(statement, Statement)
        if not DESK.permits(by, statement):
            raise NotPermitted()
        taken = _arguments(statement.kind, statement.facts)
        common: dict[str, Any] = {"asset_id": statement.asset_id, "by": by, "evidence_id": statement.evidence_id}
        if statement.kind == CONSENT:
            statement.became_consent = consents.record_consent(kind=ConsentKind.CO_OWNER, **taken, **common)
        else:
            if statement.kind in (EntryKind.LICENCE, EntryKind.PLEDGE):
                taken["grantor"] = Who(statement.organisation_id)
            statement.became = record_entry(source=Source.HOLDER, **taken, **common)
        lifecycle.walk(
            STATEMENT_GRAPH,
            statement,
            "confirm",
            by=by,
            also=("became", "became_consent"),
            data={"touched": {"assets.asset": [statement.asset_id]}, "kind": statement.kind},
        )
    return statement


def refuse(*, statement_id: int, by: Actor, reason: str) -> Statement:
    """The proof does not carry it. Raises IllegalTransition, NotPermitted, ReasonMissing."""
    return _walk(statement_id, "refuse", by, reason)


def withdraw(*, statement_id: int, by: Actor) -> Statement:
    """The holder takes it back. Raises IllegalTransition, NotPermitted."""
    return _walk(statement_id, "withdraw", by, "")


def _walk(statement_id: int, verb: str, by: Actor, reason: str) -> Statement:
    with locked_all([(Statement, statement_id)]) as rows:
        statement = rows[0]
        assert isinstance(statement, Statement)
        lifecycle.walk(
            STATEMENT_GRAPH,
            statement,
            verb,
            by=by,
            reason=reason,
            data={"touched": {"assets.asset": [statement.asset_id]}, "kind": statement.kind},
        )
    return statement


def _asset_of(statement_id: int) -> int:
    found = Statement.objects.filter(pk=statement_id).values_list("asset_id", flat=True).first()
    if found is None:
        raise NotFound()
    return found
