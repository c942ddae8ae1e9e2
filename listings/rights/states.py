"""What may be done to a right, what its register says, and who has to agree."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Act(TextChoices):
    """Something a party wants to do to a right."""

    ASSIGN = "assign", _("Transfer")
    LIST = "list", _("Offer on the market")
    EXCLUSIVE = "exclusive", _("Grant an exclusive licence")
    SOLE = "sole", _("Grant a sole licence")
    ORDINARY = "ordinary", _("Grant an ordinary licence")
    CROSS = "cross", _("Grant a cross licence")
    SUB = "sub", _("Grant a sub-licence")
    DECLARE_OPEN = "declare_open", _("Declare an open licence")
    TAKE_OPEN = "take_open", _("Take an open licence")
    PLEDGE = "pledge", _("Pledge")
    WAIVE = "waive", _("Give up the right")
    PAY_ANNUITY = "pay_annuity", _("Pay the annuity")


#: Acts that give somebody a licence by the owner's own contract.
LICENSING = frozenset({Act.EXCLUSIVE, Act.SOLE, Act.ORDINARY, Act.CROSS, Act.SUB})
#: Licences that shut others out of their territory, field and period.
SHUTTING = frozenset({Act.EXCLUSIVE, Act.SOLE})
#: Acts that pass something of the right to another party.
DISPOSING = frozenset({Act.ASSIGN, Act.PLEDGE, Act.TAKE_OPEN, *LICENSING})
#: Acts a co-owner may do alone where the owners agreed nothing else (Patent Law art. 14(1)).
ALONE = frozenset({Act.ORDINARY, Act.TAKE_OPEN, Act.PAY_ANNUITY, Act.SUB, Act.CROSS})


class EntryKind(TextChoices):
    """What an entry of the register says of a right."""

    OWNERSHIP = "ownership", _("Ownership")
    LICENCE = "licence", _("Licence")
    PLEDGE = "pledge", _("Pledge")
    PRESERVATION = "preservation", _("Court preservation")
    OWNERSHIP_SUIT = "ownership_suit", _("Ownership dispute")
    OPEN_DECLARATION = "open_declaration", _("Open-licence declaration")
    COMPULSORY_LICENCE = "compulsory", _("Compulsory licence")
    SAME_DAY_PAIR = "same_day_pair", _("Same-day application for the same invention")
    INVALIDATION = "invalidation", _("Invalidation request pending")
    NAME_CHANGE = "name_change", _("Change of name")
    SERVICE_INVENTION = "service_invention", _("Service invention")
    COMMISSIONED = "commissioned", _("Commissioned development")
    EXPORT_CONTROL = "export_control", _("Technology export category")


#: Formalities stand still while one of these is in force (Implementing Rules 103–105).
FREEZES = frozenset({EntryKind.PRESERVATION, EntryKind.OWNERSHIP_SUIT})


class LicenceType(TextChoices):
    EXCLUSIVE = "exclusive", _("Exclusive licence")
    SOLE = "sole", _("Sole licence")
    ORDINARY = "ordinary", _("Ordinary licence")
    OPEN = "open", _("Open licence")
    CROSS = "cross", _("Cross licence")
    SUB = "sub", _("Sub-licence")


class ConsentKind(TextChoices):
    CO_OWNER = "co_owner", _("Consent of the co-owner")
    PLEDGEE = "pledgee", _("Consent of the pledgee")
    INVENTOR = "inventor", _("The inventor’s waiver of first refusal")
    COMMISSIONER = "commissioner", _("The commissioner’s waiver of first refusal")
    EXPORT = "export", _("Export licence or registration")


class ExportCategory(TextChoices):
    """Where the technology stands in the catalogues for export."""

    PROHIBITED = "prohibited", _("Export prohibited")
    RESTRICTED = "restricted", _("Export restricted")
    FREE = "free", _("Export free")


class Source(TextChoices):
    """Where an entry comes from."""

    MARKET = "market", _("A deal on this market")
    HOLDER = "holder", _("Stated by the holder, checked by the operator")
    OPERATOR = "operator", _("Entered by the operator")
    CNIPA = "cnipa", _("CNIPA register copy")
    USPTO = "uspto", _("USPTO assignment records")


class EndReason(TextChoices):
    TERM = "term", _("Its last day passed")
    ASSIGNED = "assigned", _("Passed on")
    RELEASED = "released", _("Released")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LIFTED = "lifted", _("Lifted")
    ENDED = "ended", _("Ended by agreement")
    DECIDED = "decided", _("Decided")
    MISTAKEN = "mistaken", _("Entered by mistake")


class StatementState(TextChoices):
    """A holder's statement on its way into the register."""

    SUBMITTED = "submitted", _("Waiting for the operator")
    CONFIRMED = "confirmed", _("Entered in the register")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ReleaseState(TextChoices):
    """A release of a pledge that the operator enters in the pledgee's place."""

    PROPOSED = "proposed", _("Waiting for a second person")
    DONE = "done", _("Released")
    REFUSED = "refused", _("Refused")
    LAPSED = "lapsed", _("Lapsed without a second person")
