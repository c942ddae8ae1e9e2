"""Disputes: raised by one side, documented by both, decided by two persons of the operator.

A dispute stops the release through a guard read under the deal's lock, and raising one takes the same lock: of a
release and a dispute at the same moment one wins and the other is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from listings.deals.graphs.dispute import DISPUTE_GRAPH
from listings.deals.graphs.parties import EITHER_DECIDES, OPERATORS
from listings.deals.models import Deal, Dispute, DisputeStatement
from listings.deals.refusals import DisputeOpen, NothingToDispute
from listings.deals.states import DisputeState
from marketplace.core import clock, events, files, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotPermitted
from marketplace.core.locks import locked, locked_all

PURPOSE = "dispute"
LONGEST = 8000
#: The deal moves money when a dispute is decided; its services register how (they stand above disputes).
_on_decided: list[Any] = []


def on_decided(act: Any) -> Any:
    """Register what a decided dispute sets in motion: called with (deal, dispute, actor), same transaction."""
    _on_decided.append(act)
    return act


def raise_dispute(*, deal_id: int, complaint: str, by: Actor) -> Dispute:
    """Stop every payment out of the deal. Raises NotPermitted, NothingToDispute, DisputeOpen, Invalid."""
    with locked(Deal, deal_id) as deal:
        if not EITHER_DECIDES.permits(by, deal):
            raise NotPermitted()
        return _open(deal, complaint, raised_by_id=by.acts_for, by=by)


def freeze_for_chargeback(deal: Deal, *, complaint: str) -> Dispute | None:
    """The buyer's bank takes the payment back: the same stop, raised by the platform.

    Also while only a part is held back. None when a dispute stands already, or nothing is left that it could stop.
    """
    if deal.disputes.unsettled().exists() or not deal.may_be_disputed:
        return None
    return _open(deal, complaint, raised_by_id=None, by=SYSTEM)


def _open(deal: Deal, complaint: str, *, raised_by_id: int | None, by: Actor) -> Dispute:
    if not deal.may_be_disputed:
        raise NothingToDispute()
    if deal.disputes.unsettled().exists():
        raise DisputeOpen()
    dispute = Dispute(deal=deal, raised_by_id=raised_by_id, complaint=_text(complaint, "complaint"))
    lifecycle.begin(DISPUTE_GRAPH, dispute, by=by, data=_told(deal))
    return dispute


def add_statement(*, dispute_id: int, text: str, upload: UploadedFile[Any] | None, by: Actor) -> DisputeStatement:
    """Add words, and a paper, for one side or the operator, while it is not decided."""
    with _with_deal(dispute_id) as (deal, dispute):
        if by.acts_for is None or by.user_id is None:
            raise NotPermitted()
        if not (EITHER_DECIDES.permits(by, deal) or OPERATORS.permits(by, deal)):
            raise NotPermitted()
        if dispute.state not in (DisputeState.OPEN, DisputeState.DECIDING):
            raise Invalid(problem=_("The dispute is settled; nothing can be added."))
        statement = DisputeStatement(
            dispute=dispute, organisation_id=by.acts_for, by_id=by.user_id, text=_text(text, "text"), at=clock.now()
        )
        if upload is not None:
            statement.file = files.keep(upload, purpose=PURPOSE, subject_id=dispute.pk, by=by)
        statement.save()
        events.record("dispute.state", dispute, by, data=_told(deal))
    return statement


def propose_decision(*, dispute_id: int, seller_pct: Decimal, decision: str, by: Actor) -> Dispute:
    """Propose how the money held is divided; a second person confirms. A new proposal replaces the one before."""
    if not Decimal(0) <= seller_pct <= Decimal(100):
        raise Invalid(field="seller_pct", problem=_("A share lies between 0 and 100 percent."))
    with _with_deal(dispute_id) as (deal, dispute):
        dispute.seller_pct, dispute.decision = seller_pct, _text(decision, "decision")
        dispute.proposed_by_id = by.user_id
        lifecycle.walk(
            DISPUTE_GRAPH,
            dispute,
            "propose",
            by=by,
            reason=decision,
            data={**_told(deal), "seller_pct": f"{seller_pct:f}"},
            also=("seller_pct", "decision", "proposed_by"),
        )
    return dispute


def confirm_decision(*, dispute_id: int, by: Actor) -> Dispute:
    """Confirm as a second person; the money moves as decided in the same transaction."""
    with _with_deal(dispute_id) as (deal, dispute):
        dispute.confirmed_by_id = by.user_id
        lifecycle.walk(DISPUTE_GRAPH, dispute, "decide", by=by, data=_told(deal), also=("confirmed_by",))
        for act in _on_decided:
            act(deal, dispute, by)
    return dispute


def withdraw_dispute(*, dispute_id: int, reason: str, by: Actor) -> Dispute:
    """Take the complaint back; the deal goes on."""
    with _with_deal(dispute_id) as (deal, dispute):
        lifecycle.walk(DISPUTE_GRAPH, dispute, "withdraw", by=by, reason=reason, data=_told(deal))
    return dispute


@contextmanager
def _with_deal(dispute_id: int) -> Iterator[tuple[Deal, Dispute]]:
    deal_id = Dispute.objects.filter(pk=dispute_id).values_list("deal_id", flat=True).first() or 0
    with locked_all([(Deal, deal_id), (Dispute, dispute_id)]) as (deal, dispute):
        assert isinstance(deal, Deal) and isinstance(dispute, Dispute)
        yield deal, dispute


def _told(deal: Deal) -> dict[str, Any]:
    return {
        "number": deal.number,
        "deal": deal.pk,
        "seller": deal.seller_id,
        "buyer": deal.buyer_id,
        "touched": {"deals.deal": [deal.pk]},
    }


def _text(given: str, field: str) -> str:
    text = given.strip()
    if not text or len(text) > LONGEST:
        raise Invalid(field=field, problem=_("Write what you have to say, in at most 8,000 characters."))
    return text
