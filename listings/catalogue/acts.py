"""The steps an actor may take on a listing or need now, each allowed or with its reason, for components/acts.html."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.catalogue.graphs import LISTING_GRAPH, NEED_GRAPH
from listings.catalogue.models import Listing, Need
from listings.catalogue.states import ListingState, NeedState
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, Sentence
from marketplace.core.lifecycle import Edge

STATE_SHAPES: dict[str, str] = {
    ListingState.DRAFT: "off",
    ListingState.IN_REVIEW: "now",
    ListingState.RETURNED: "wait",
    ListingState.PUBLISHED: "go",
    ListingState.RESERVED: "hold",
    ListingState.SUSPENDED: "hold",
    ListingState.WITHDRAWN: "ended",
    ListingState.EXPIRED: "ended",
    ListingState.CLOSED: "ended",
    NeedState.MET: "go",
}
#: What cannot be undone is said before it is done.
WARNINGS: dict[str, Sentence] = {
    "withdraw": _("A withdrawn matter cannot be taken up again; it can be copied into a new draft."),
    "close": _("A closed listing cannot be opened again; it can be copied into a new draft."),
    "meet": _("A need closed as met cannot be opened again."),
    "amend": _("It goes offline at once and comes back after review. Its number stays the same."),
    "recall": _("The review stops; you submit it again when it is ready."),
    "submit": _("The operator answers within two working days. Until then its content is fixed."),
    "reserve": _("It stays visible, marked as reserved."),
    "release": _("It is open to everybody again."),
    "resume": _("It is on the market again at once."),
    "publish": _("It is on the market at once and can be found within seconds."),
    "return": _("The reason is sent to the holder and stays in the record."),
    "suspend": _("It is off the market at once. The reason is sent to the holder and stays in the record."),
}
DANGEROUS = frozenset({"withdraw", "close", "suspend"})


@dataclass(frozen=True)
class Act:
    """One step: the verb, its button, and the refusal that stands in its way now (None when it is open)."""

    edge: Edge
    refusal: DomainError | None

    @property
    def verb(self) -> str:
        return self.edge.verb

    @property
    def label(self) -> str:
        return str(self.edge.label)

    @property
    def why(self) -> str:
        return self.refusal.message if self.refusal else ""


def acts_of(subject: Listing | Need, actor: Actor) -> list[Act]:
    """Steps open to the actor, the guarded ones with their refusal."""
    graph = LISTING_GRAPH if isinstance(subject, Listing) else NEED_GRAPH
    return [Act(edge, graph.refusal(edge, subject, actor)) for edge in graph.open_to(actor, subject)]


def as_component(acts: list[Act], url_of: Any) -> list[dict[str, Any]]:
    """For components/acts.html; `url_of(verb)` is where the step is confirmed."""
    return [
        {
            "state": "blocked" if act.refusal else "allowed",
            "label": act.label,
            "why": act.why,
            "url": "" if act.refusal else url_of(act.verb),
            "button": act.label,
        }
        for act in acts
    ]
