"""What the rights register refuses, each with its sentence and cure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class Reason(Protocol):
    """What a refusal needs of each point the check found."""

    @property
    def text(self) -> str: ...

    def as_dict(self) -> dict[str, Any]: ...


class UnknownCode(DomainError):
    """A territory or field of use that no code stands for."""

    code = "unknown_scope"
    status = 422
    sentence = _("“%(given)s” is not a place, field of use or period that a licence can be limited to.")
    remedy = _(
        "Give six digits of the administrative division (330000 is Zhejiang), an IPC symbol down to the main group"
        " (C08F 14), and a last day that does not lie before the first."
    )


class RightsRefused(DomainError):
    """The act is not open to this right; `findings` say why and what would cure it."""

    code = "rights_refused"
    sentence = _("The state of the right does not allow this: %(points)s")
    remedy = _("Each point names its rule and what would lift it.")

    def __init__(self, findings: Sequence[Reason]) -> None:
        self.findings = findings
        super().__init__(points=_Points(findings))

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "findings": [one.as_dict() for one in self.findings]}


class _Points:
    """The findings as one text in whichever language is active when it is read."""

    def __init__(self, findings: Sequence[Reason]) -> None:
        self.findings = findings

    def __str__(self) -> str:
        return str(_("; ")).join(one.text for one in self.findings)


class RightReserved(DomainError):
    """Another deal or pledge in progress has been promised the same."""

    code = "right_reserved"
    sentence = _("Another deal or pledge in progress has been promised %(number)s already.")
    remedy = _("Wait until it is settled or falls through, or agree a scope that does not meet it.")


class EntryClash(DomainError):
    """The register holds an entry that this one contradicts."""

    code = "entry_clash"
    sentence = _("%(number)s: an entry in force contradicts this one.")
    remedy = _("End the earlier entry first, or correct this one.")


class LicencesClash(EntryClash):
    code = "licences_clash"
    sentence = _("%(number)s: an exclusive or sole licence in force covers part of the same territory, field and time.")


class AlreadyPledged(EntryClash):
    code = "already_pledged"
    sentence = _("%(number)s is pledged already; no second pledge is registered beside it.")
    remedy = _("Have the first pledge released, and its release recorded.")


class SharesExceedOne(EntryClash):
    code = "shares_exceed_one"
    sentence = _("%(number)s: the shares in force would add up to more than the whole right.")
    remedy = _("Say which owner’s share passes on, and how much of it.")


class TakenAlready(EntryClash):
    code = "taken_already"
    sentence = _("This organisation has taken the open licence of %(number)s already.")
    remedy = _("The licence it holds goes on; nothing more is owed for taking it twice.")


class ShareNotHeld(DomainError):
    code = "share_not_held"
    status = 422
    sentence = _("The transferor does not hold this share of %(number)s.")
    remedy = _("Look at the owners and shares in force, and correct the share.")


class EntryEnded(DomainError):
    code = "entry_ended"
    sentence = _("This entry has ended already.")
    remedy = _("Ended entries stay as they are; record what happened since as a new one.")


class OrderTooLong(DomainError):
    code = "order_too_long"
    status = 422
    sentence = _("One preservation order runs for at most %(months)s months.")
    remedy = _("Record a renewal as a new order with its own days.")


class SamePerson(DomainError):
    """Two different people have to act."""

    code = "same_person"
    status = 403
    sentence = _("The person who proposed this cannot also approve it.")
    remedy = _("Ask a colleague at the desk.")


class EvidenceMissing(DomainError):
    code = "evidence_missing"
    status = 422
    sentence = _("This entry needs a paper that proves it.")
    remedy = _("Add the register copy, contract, order or notice as a file.")


class FactsMissing(DomainError):
    """The entry lacks what its kind asks for."""

    code = "facts_missing"
    status = 422
    sentence = _("The entry lacks: %(missing)s.")
    remedy = _("Fill in what is named.")


class NotOpen(DomainError):
    code = "no_open_licence"
    sentence = _("%(number)s is not under an open licence on this day.")
    remedy = _("Ask the owner for an ordinary licence instead.")


class StatementNotOurs(DomainError):
    code = "right_not_yours"
    status = 403
    sentence = _("Your organisation does not keep this right on the market.")
    remedy = _("Only its holder states entries; others can send proof to the operator.")
