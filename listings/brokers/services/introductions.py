"""Bringing two organisations together, and what that earns.

An introduction freezes the commission terms of its mandate (invariant 16): a deal is settled by them, whatever becomes
of the mandate afterwards. A client that passes its broker by owes the commission all the same (Civil Code 965), which
is why the introduction, not the course of the talks, decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError
from django.db.models import F

from listings.brokers.graphs import BINDING
from listings.brokers.matters import Matter
from listings.brokers.models import Introduction, Mandate
from listings.brokers.refusals import AlreadyIntroduced, DualMandateHidden, MandateNotInForce, OutsideMandate
from listings.brokers.services.mandates import is_in_force
from listings.brokers.states import Scope, Side
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Role
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked
from marketplace.core.ruling import enforces
from marketplace.core.workdays import months_after

INTRODUCERS = BINDING | {Role.STAFF}


@dataclass(frozen=True, slots=True)
class Commission:
    """What a contract over a matter owes a broker: percent of the price, by whom, resting on which introduction."""

    introduction_id: int
    broker_id: int
    client_id: int
    pct: Decimal
    payer: str
    is_dual: bool
    terms: dict[str, Any]


def frozen_terms(mandate: Mandate) -> dict[str, Any]:
    """The commission terms of a mandate as an introduction keeps them."""
    return {
        "mandate": mandate.number,
        "broker_id": mandate.broker_id,
        "client_id": mandate.client_id,
        "side": mandate.side,
        "commission_pct": f"{mandate.commission_pct:f}",
        "payer": mandate.payer,
        "tail_months": mandate.tail_months,
        "is_exclusive": mandate.is_exclusive,
        "ends_on": mandate.ends_on.isoformat(),
        "frozen_at": clock.now().isoformat(),
    }


@enforces("PF-BROKER-TRUTH")
def introduce(
    *, mandate_id: int, matter: Matter, other_id: int, by: Actor, discloses_dual: bool = False, note: str = ""
) -> Introduction:
    """Record that the broker brings `other` and its client together over `matter`; both are told.

    For a selling client `other` is who may buy; for a buying client it is the holder of the matter. Raises NotFound,
    NotPermitted, MandateNotInForce, OutsideMandate, DualMandateHidden, AlreadyIntroduced.
    """
    try:
        with locked(Mandate, mandate_id) as mandate:
            if by.org_id != mandate.broker_id or by.on_behalf_of is not None:
                raise NotFound()
            if not INTRODUCERS & by.roles or by.user_id is None:
                raise NotPermitted()
            if not is_in_force(mandate):
                raise MandateNotInForce()
            other = Organisation.objects.filter(pk=other_id, state=OrganisationState.VERIFIED).first()
            if other is None or other_id in {mandate.client_id, mandate.broker_id}:
                raise NotFound()
            _within(mandate, matter, other_id)
            is_dual = Mandate.objects.in_force(clock.today()).filter(broker=mandate.broker, client=other).exists()
            if is_dual and not discloses_dual:
                raise DualMandateHidden(field="discloses_dual")
            made = Introduction.objects.create(
                mandate=mandate,
                matter_kind=matter.kind,
                matter_id=matter.id,
                matter_number=matter.number,
                asset_ids=list(matter.asset_ids),
                other=other,
                introduced_by_id=by.user_id,
                is_dual=is_dual,
                note=note.strip(),
                terms=frozen_terms(mandate),
                at=clock.now(),
            )
            events.record(
                "mandate.introduce",
                mandate,
                by,
                data={
                    "number": mandate.number,
                    "matter": matter.number,
                    "client": mandate.client_id,
                    "broker": mandate.broker_id,
                    "other": other_id,
                    "is_dual": is_dual,
                },
            )
    except IntegrityError as error:
        if "one_introduction_per_mandate_matter_and_organisation" in str(error):
            raise AlreadyIntroduced() from error
        raise
    return made


def _within(mandate: Mandate, matter: Matter, other_id: int) -> None:
    """Raises OutsideMandate unless the matter is the client's to trade on its side, and within the scope."""
    holder = mandate.client_id if mandate.side == Side.SELLING else other_id
    is_named = mandate.scope != Scope.MATTER or (mandate.matter_kind, mandate.matter_id) == (matter.kind, matter.id)
    if matter.holder_id != holder or not is_named or not mandate.covers(list(matter.asset_ids)):
        raise OutsideMandate()


def protected_until(introduction: Introduction) -> date:
    """The last day on which a contract still earns the commission, by the frozen terms, early end or not."""
    return months_after(date.fromisoformat(introduction.terms["ends_on"]), introduction.terms["tail_months"])


@enforces("PF-BROKER-FEE", "PF-BROKER-BYPASS")
def commissions_for(*, matter_kind: str, matter_id: int, holder_id: int, buyer_id: int, on: date) -> list[Commission]:
    """What a contract concluded on `on` between these two over this matter owes to brokers, at most one a side.

    Among several introductions of one client's brokers the first one made counts. Terms are the frozen ones. One query.
    """
    rows = (
        Introduction.objects.filter(matter_kind=matter_kind, matter_id=matter_id)
        .filter(other__in=[holder_id, buyer_id], mandate__client__in=[holder_id, buyer_id])
        .annotate(client_id=F("mandate__client"))
        .only("terms", "is_dual")
        .order_by("at", "pk")
    )
    found: dict[int, Commission] = {}
    for row in rows:
        client: int = row.client_id
        if client in found or protected_until(row) < on:
            continue
        found[client] = Commission(
            introduction_id=row.pk,
            broker_id=row.terms["broker_id"],
            client_id=client,
            pct=Decimal(row.terms["commission_pct"]),
            payer=row.terms["payer"],
            is_dual=row.is_dual,
            terms=row.terms,
        )
    return list(found.values())
