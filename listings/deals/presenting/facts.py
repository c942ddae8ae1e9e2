"""Everything the page of a deal reads, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse

from listings.deals import money
from listings.deals.models import Deal, Dispute, Filing
from listings.deals.presenting.leaves import Leaves, leaves, with_statements
from listings.deals.states import UNFUNDED, DealState, FilingState
from marketplace.core.actor import Actor
from marketplace.payments.models import Obligation, Payout
from marketplace.signing.models import Signature


@dataclass(slots=True)
class Facts:
    """Everything the page reads, once."""

    deal: Deal
    actor: Actor
    filings: list[Filing]
    signatures: list[Signature]
    consents: list[Any]
    obligations: list[Obligation]
    payouts: list[Payout]
    disputes: list[Dispute]
    names: dict[int, str]
    small: Leaves

    @property
    def is_seller(self) -> bool:
        return self.actor.acts_for == self.deal.seller_id

    @property
    def is_buyer(self) -> bool:
        return self.actor.acts_for == self.deal.buyer_id

    @property
    def rows(self) -> list[Model]:
        """The deal and everything of it that has a history."""
        own: list[Model] = [self.deal, *self.filings, *self.disputes, *self.consents, *self.obligations, *self.payouts]
        return [*own, self.deal.contract] if self.deal.contract else own

    def url(self, verb: str) -> str:
        return reverse("deal_act", args=[self.deal.number, verb])


def read(deal: Deal, actor: Actor) -> Facts:
    """The rows of a deal's page; those of a state that cannot have any are not asked for."""
    is_being_signed = deal.state == DealState.SIGNING
    is_paid_for = deal.state not in {DealState.AGREED, DealState.SIGNING, DealState.CONSENTING}
    was_funded = deal.state not in UNFUNDED
    small = leaves(deal)
    # what the rules below ask of the deal itself they find here
    kept = {"commissions": small.commissions, "reviews": small.reviews, "shares": small.shares}
    deal._prefetched_objects_cache = kept  # type: ignore[attr-defined]
    names = {one.pk: one.name for one in (deal.seller, deal.buyer, deal.pledgee) if one is not None}
    names |= {one.organisation_id: one.organisation.name for one in small.shares}
    names |= {one.broker_id: one.broker.name for one in small.commissions}
    names |= {person.pk: person.name for one in small.shares if one.inventor_pct for person in one.inventors.all()}
    return Facts(
        deal=deal,
        actor=actor,
        filings=list(deal.filings.exclude(state=FilingState.DROPPED).select_related("evidence")) if was_funded else [],
        signatures=list(deal.contract.signatures.order_by("order")) if deal.contract and is_being_signed else [],
        consents=(
            list(deal.contract.consents.standing().select_related("organisation", "person")) if deal.contract else []
        ),
        obligations=list(money.obligations(deal)) if is_paid_for else [],
        payouts=list(Payout.objects.about(deal.subject).order_by("id")) if was_funded else [],
        disputes=with_statements(deal.disputes.select_related("raised_by").order_by("-id")) if was_funded else [],
        names=names,
        small=small,
    )
