"""Where a deal and the matters that belong to it may stand."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DealState(TextChoices):
    AGREED = "agreed", _("Agreed, contract to be drawn up")
    SIGNING = "signing", _("Contract being signed")
    CONSENTING = "consenting", _("Waiting for consents")
    PAYING = "paying", _("Waiting for payment")
    RECORDING = "recording", _("Paid, waiting for the register")
    RELEASING = "releasing", _("Money being paid out")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Lapsed")
    REFUNDING = "refunding", _("Being refunded")
    REFUNDED = "refunded", _("Refunded")


_D = DealState
#: The rights are spoken for: the reservation stands.
LIVE = frozenset({_D.AGREED, _D.SIGNING, _D.CONSENTING, _D.PAYING, _D.RECORDING, _D.RELEASING})
#: The buyer's money is with the platform.
FUNDED = frozenset({_D.RECORDING, _D.RELEASING})
#: Nothing has been paid in full yet: the deal may end without money moving.
UNFUNDED = frozenset({_D.AGREED, _D.SIGNING, _D.CONSENTING, _D.PAYING})
ENDED_WITHOUT = frozenset({_D.CANCELLED, _D.EXPIRED, _D.REFUNDED})


class FilingKind(TextChoices):
    ASSIGNMENT = "assignment", _("Recordal of the assignment")
    LICENCE = "licence", _("Recordal of the licence")
    TECHNOLOGY_CONTRACT = "technology_contract", _("Registration of the technology contract")
    PLEDGE_CANCELLATION = "pledge_cancellation", _("Cancellation of the pledge")


class FilingState(TextChoices):
    DUE = "due", _("To be filed")
    FILED = "filed", _("Filed")
    REFUSED = "refused", _("Refused by the register, to be corrected")
    EVIDENCED = "evidenced", _("Evidence handed in, to be checked")
    APPROVED = "approved", _("Checked by two persons")
    DROPPED = "dropped", _("No longer needed")


class DisputeState(TextChoices):
    OPEN = "open", _("Open, evidence being gathered")
    DECIDING = "deciding", _("Decision proposed, second person to confirm")
    DECIDED = "decided", _("Decided")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PeriodState(TextChoices):
    RUNNING = "running", _("Period running")
    DUE = "due", _("Statement due")
    INVOICED = "invoiced", _("Invoiced")
    PAID = "paid", _("Paid")


class LegPurpose(TextChoices):
    """Why a part of the price goes to somebody."""

    PLEDGEE = "pledgee", _("Pledgee, early repayment")
    SELLER = "seller", _("Seller")
    CO_OWNER = "co_owner", _("Co-owner")
    INVENTOR = "inventor", _("Inventor’s share")
    BROKER = "broker", _("Broker’s commission")
    PLATFORM = "platform", _("Platform fee")
    HOLD_BACK = "hold_back", _("Held back until the term agreed has passed")
