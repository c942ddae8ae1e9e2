"""Where a document and a consent may go, who may take them there, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.accounts.roles import DESK_KINDS, DESK_ROLES, Role
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import AnyOf, At, Clock, Desk, Edge, Graph, WorkingDays, register
from marketplace.signing.states import ConsentState, DocumentState

SIGNING_ROLES = frozenset({Role.OWNER.value, Role.SIGNATORY.value})


def binds(actor: Actor, organisation_id: int | None) -> bool:
    """Whether the actor may bind the organisation: its own owner or signatory, never a delegate."""
    return (
        organisation_id is not None
        and actor.user_id is not None
        and actor.on_behalf_of is None
        and actor.org_id == organisation_id
        and bool(SIGNING_ROLES & actor.roles)
    )


def may_fill(actor: Actor, slot: Any) -> bool:
    """Whether the actor may sign in this place: the person it names, or whoever binds its organisation."""
    if slot.named_id is None:
        return binds(actor, slot.organisation_id)
    return actor.user_id == slot.named_id and actor.org_id == slot.organisation_id and actor.on_behalf_of is None


@dataclass(frozen=True)
class Signers:
    """Owners and signatories of the organisations the document names, and the persons it names, for themselves."""

    def permits(self, actor: Actor, subject: Any) -> bool:
        if actor.org_id is None:
            return False
        return any(may_fill(actor, slot) for slot in subject.signatures.filter(organisation=actor.org_id))

    def describe(self) -> str:
        return "signers: owner, signatory, the persons named"


@dataclass(frozen=True)
class Asked:
    """Owners and signatories of the organisation asked for a consent, or the person asked."""

    def permits(self, actor: Actor, subject: Any) -> bool:
        if subject.person_id is not None:
            return actor.user_id == subject.person_id and actor.on_behalf_of is None
        return binds(actor, subject.organisation_id)

    def describe(self) -> str:
        return "asked: owner, signatory / the person"


@dataclass(frozen=True)
class Bringer:
    """Owners and signatories of the organisation that brings the paper of a party who is not on the market."""

    def permits(self, actor: Actor, subject: Any) -> bool:
        return binds(actor, subject.brought_by_id)

    def describe(self) -> str:
        return "whoever brings the paper: owner, signatory"


OPERATORS = Desk(frozenset(DESK_KINDS), frozenset(role.value for role in DESK_ROLES))


@dataclass(frozen=True)
class Matter:
    """The matter the document belongs to: its own service has decided who may, before it calls."""

    def permits(self, actor: Actor, subject: Any) -> bool:
        return not actor.is_anonymous

    def describe(self) -> str:
        return "the matter it belongs to"


_D = DocumentState
_UNSIGNED = (_D.DRAFTED, _D.SIGNING)
DOCUMENT_GRAPH = register(
    Graph(
        name="document",
        model="signing.document",
        initial=_D.DRAFTED,
        states=DocumentState,
        resting=frozenset({_D.COMPLETE}),
        edges=(
            Edge("sign", _UNSIGNED, _D.SIGNING, Signers(), _("Sign"), due=At("expires_at")),
            Edge("complete", (_D.SIGNING,), _D.COMPLETE, Clock(), _("Seal")),
            Edge("decline", _UNSIGNED, _D.DECLINED, Signers(), _("Decline to sign"), asks_reason=True),
            Edge("expire", _UNSIGNED, _D.EXPIRED, Clock(), _("Expire"), due=At("expires_at"), timed=True),
            Edge(
                "void",
                (*_UNSIGNED, _D.COMPLETE),
                _D.VOID,
                AnyOf((Matter(), Clock())),
                _("Replace or make void"),
                asks_reason=True,
            ),
        ),
    )
)

CHECK_WORKING_DAYS = 2
_C = ConsentState
CONSENT_GRAPH = register(
    Graph(
        name="consent",
        model="signing.consent",
        initial=_C.ASKED,
        states=ConsentState,
        resting=frozenset({_C.GIVEN}),
        edges=(
            Edge("give", (_C.ASKED,), _C.GIVEN, Asked(), _("Give consent"), due=At("answer_by")),
            Edge("hand_in", (_C.ASKED,), _C.HANDED_IN, Bringer(), _("Hand in the paper"), due=At("answer_by")),
            Edge(
                "confirm",
                (_C.HANDED_IN,),
                _C.GIVEN,
                OPERATORS,
                _("Confirm the paper"),
                due=WorkingDays(CHECK_WORKING_DAYS),
            ),
            Edge("send_back", (_C.HANDED_IN,), _C.ASKED, OPERATORS, _("Send the paper back"), asks_reason=True),
            Edge(
                "refuse",
                (_C.ASKED,),
                _C.REFUSED,
                AnyOf((Asked(), Bringer())),
                _("Refuse consent"),
                asks_reason=True,
            ),
            Edge("lapse", (_C.ASKED,), _C.LAPSED, Clock(), _("Lapse"), due=At("answer_by"), timed=True),
            Edge("void", (_C.ASKED, _C.HANDED_IN, _C.GIVEN), _C.VOID, AnyOf((Matter(), Clock())), _("Make void")),
        ),
    )
)
