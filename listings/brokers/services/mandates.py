"""What happens to a mandate, one function a verb."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from listings.assets.models import Asset
from listings.brokers.access import may_propose
from listings.brokers.graphs import MANDATE_GRAPH
from listings.brokers.matters import Matter, matter_of
from listings.brokers.models import Mandate
from listings.brokers.refusals import BrokerUnfit, CommissionUnfit, MandateDates, MandateOverlaps, ScopeUnfit
from listings.brokers.spans import EVERYTHING, span_of
from listings.brokers.states import MandateState, Payer, Scope, Side
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.core.locks import locked, locked_all
from marketplace.core.workdays import years_after

LONGEST_YEARS = 3
MOST_COMMISSION_PCT = Decimal(50)
EXCLUSIVE = "one_exclusive_mandate_per_client_scope_and_period"


@transaction.atomic
def propose_mandate(
    *,
    client_id: int,
    broker_id: int,
    by: Actor,
    starts_on: date,
    ends_on: date,
    commission_pct: Decimal,
    side: str = Side.SELLING,
    scope: str = Scope.ALL,
    asset_ids: Sequence[int] = (),
    matter_number: str = "",
    territories: Sequence[str] = (),
    is_exclusive: bool = False,
    tail_months: int = 6,
    payer: str = Payer.SPLIT,
    note: str = "",
) -> Mandate:
    """Propose a mandate, as client or as broker; the other side accepts or declines it within thirty days.

    Raises NotPermitted, BrokerUnfit, MandateDates, CommissionUnfit, ScopeUnfit, NotFound (unknown listing).
    """
    if not may_propose(by) or by.org_id not in {client_id, broker_id} or by.user_id is None:
        raise NotPermitted()
    people = {one.pk: one for one in Organisation.objects.filter(pk__in=[client_id, broker_id])}
    client, broker = people.get(client_id), people.get(broker_id)
    if (
        client is None
        or broker is None
        or client == broker
        or broker.kind != Kind.BROKER
        or broker.state != OrganisationState.VERIFIED
    ):
        raise BrokerUnfit(field="broker")
    if ends_on < starts_on or ends_on < clock.today() or ends_on > years_after(starts_on, LONGEST_YEARS):
        raise MandateDates(field="ends_on")
    if not 0 < commission_pct <= MOST_COMMISSION_PCT:
        raise CommissionUnfit(field="commission_pct")
    matter = matter_of(matter_number) if scope == Scope.MATTER else None
    ids = _covered(client_id, side, scope, asset_ids, matter)
    mandate = Mandate(
        client=client,
        broker=broker,
        proposed_by_id=by.org_id,
        written_by_id=by.user_id,
        side=side,
        scope=scope,
        asset_ids=ids,
        span=span_of(ids) if ids else EVERYTHING,
        matter_kind=matter.kind if matter else "",
        matter_id=matter.id if matter else None,
        matter_number=matter.number if matter else "",
        territories=list(territories),
        is_exclusive=is_exclusive,
        starts_on=starts_on,
        ends_on=ends_on,
        tail_months=tail_months,
        commission_pct=commission_pct,
        payer=payer,
        note=note.strip(),
        created_at=clock.now(),
    )
    lifecycle.begin(MANDATE_GRAPH, mandate, by=by, data={"client": client_id, "broker": broker_id})
    return mandate


def _covered(client_id: int, side: str, scope: str, asset_ids: Sequence[int], matter: Matter | None) -> list[int]:
    """The rights covered, none for everything. A client sells its own rights only."""
    if scope == Scope.ALL:
        return []
    ids = sorted(set(matter.asset_ids if matter else asset_ids))
    own = Asset.objects.filter(pk__in=ids)
    if side == Side.SELLING:
        if matter is not None and matter.holder_id != client_id:
            raise ScopeUnfit(field="scope")
        own = own.held_by(client_id)
    if not ids or own.count() != len(ids):
        raise ScopeUnfit(field="scope")
    return ids


@contextmanager
def _exclusive_or_refused() -> Iterator[None]:
    """Turn the database's own refusal of a second exclusive mandate into a sentence."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if EXCLUSIVE in str(error):
            raise MandateOverlaps() from error
        raise


def accept_mandate(*, mandate_id: int, by: Actor) -> Mandate:
    """The other side accepts; the mandate is in force. Raises IllegalTransition, NotPermitted, MandateOverlaps."""
    seen = Mandate.objects.filter(pk=mandate_id).values_list("client_id", flat=True).first()
    with _exclusive_or_refused(), locked_all([(Organisation, seen or 0), (Mandate, mandate_id)]) as rows:
        mandate = rows[1]
        assert isinstance(mandate, Mandate)
        mandate.accepted_by_id, mandate.accepted_at = by.user_id, clock.now()
        lifecycle.walk(
            MANDATE_GRAPH, mandate, "accept", by=by, data=_told(mandate), also=("accepted_by", "accepted_at")
        )
    return mandate


def decline_mandate(*, mandate_id: int, by: Actor) -> Mandate:
    """The other side says no. Raises IllegalTransition, NotPermitted."""
    return _simple(mandate_id, "decline", by)


def withdraw_mandate(*, mandate_id: int, by: Actor) -> Mandate:
    """Take the proposal back. Raises IllegalTransition, NotPermitted."""
    return _simple(mandate_id, "withdraw", by)


def terminate_mandate(*, mandate_id: int, by: Actor, reason: str) -> Mandate:
    """End it early; introductions made keep their protection. Raises IllegalTransition, NotPermitted, ReasonMissing."""
    with locked(Mandate, mandate_id) as mandate:
        mandate.ended_on = clock.today()
        lifecycle.walk(
            MANDATE_GRAPH, mandate, "terminate", by=by, reason=reason, data=_told(mandate), also=("ended_on",)
        )
    return mandate


def _simple(mandate_id: int, verb: str, by: Actor) -> Mandate:
    with locked(Mandate, mandate_id) as mandate:
        lifecycle.walk(MANDATE_GRAPH, mandate, verb, by=by, data=_told(mandate))
    return mandate


def _told(mandate: Mandate) -> dict[str, object]:
    return {"number": mandate.number, "client": mandate.client_id, "broker": mandate.broker_id}


def is_in_force(mandate: Mandate) -> bool:
    """Whether the mandate binds today."""
    today = clock.today()
    return mandate.state == MandateState.ACTIVE and mandate.starts_on <= today <= mandate.ends_on
