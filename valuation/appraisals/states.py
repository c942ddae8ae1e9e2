"""Where an appraisal order and what belongs to it may stand."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Purpose(TextChoices):
    """What the conclusion is for; it may be used for nothing else (Appraisal Law, article 32)."""

    TRANSFER = "transfer", pgettext_lazy("appraisal purpose", "Transfer")
    LICENCE = "licence", pgettext_lazy("appraisal purpose", "Licence")
    PLEDGE = "pledge", pgettext_lazy("appraisal purpose", "Pledge financing")
    CONTRIBUTION = "contribution", pgettext_lazy("appraisal purpose", "Capital contribution")
    LITIGATION = "litigation", pgettext_lazy("appraisal purpose", "Litigation or infringement damages")
    REPORTING = "reporting", pgettext_lazy("appraisal purpose", "Financial reporting")


class ValueType(TextChoices):
    MARKET = "market", _("Market value")
    INVESTMENT = "investment", _("Investment value")
    LIQUIDATION = "liquidation", _("Liquidation value")
    IN_USE = "in_use", _("Value in use")


class OrderState(TextChoices):
    REQUESTED = "requested", _("Requested, agencies to be chosen")
    QUOTING = "quoting", _("Waiting for quotes")
    CHOOSING = "choosing", _("Quotes are open, one to be chosen")
    CONTRACTING = "contracting", _("Chosen, engagement contract to be signed")
    ENGAGED = "engaged", _("Engaged, fee to be paid")
    DATA = "data", _("Data being gathered")
    DRAFTING = "drafting", _("Being drafted")
    REVIEWING = "reviewing", _("In internal review")
    SIGNING = "signing", _("Being signed")
    ISSUED = "issued", _("Report issued")
    CANCELLED = "cancelled", _("Cancelled")
    DECLINED = "declined", _("Declined by every agency")
    TERMINATED = "terminated", _("Terminated")


class QuoteState(TextChoices):
    INVITED = "invited", _("Invited to quote")
    OFFERED = "offered", _("Quoted")
    DECLINED = "declined", pgettext_lazy("quote", "Declined")
    ACCEPTED = "accepted", pgettext_lazy("quote", "Chosen")
    LOST = "lost", _("Not chosen")
    LAPSED = "lapsed", pgettext_lazy("quote", "No answer in time")


class DataState(TextChoices):
    ASKED = "asked", pgettext_lazy("data request", "Asked for")
    DELIVERED = "delivered", pgettext_lazy("data request", "Delivered")
    ACCEPTED = "accepted", pgettext_lazy("data request", "Accepted")
    WITHHELD = "withheld", _("Withheld by the client")
    DROPPED = "dropped", _("No longer needed")


class ReportState(TextChoices):
    SIGNING = "signing", _("Being signed")
    ISSUED = "issued", pgettext_lazy("report", "In force")
    DISPUTED = "disputed", pgettext_lazy("report", "Disputed")
    SUSPENDED = "suspended", _("Agency suspended")
    RIGHT_ENDED = "right_ended", _("A right it values has ended")
    EXPIRED = "expired", pgettext_lazy("report", "Past its year of use")
    SUPERSEDED = "superseded", _("Replaced by a newer report")
    WITHDRAWN = "withdrawn", _("Withdrawn by the agency")
    DROPPED = "dropped", _("Never signed")


class ObjectionState(TextChoices):
    RAISED = "raised", _("To be explained by the agency")
    EXPLAINED = "explained", _("Explained")
    SECOND = "second_opinion", _("Second opinion ordered")
    SETTLED = "settled", pgettext_lazy("objection", "Settled")
    CONCLUDED = "concluded", _("Second opinion given")
    WITHDRAWN = "withdrawn", pgettext_lazy("objection", "Withdrawn")


#: The agency chosen is at work, the fee held or asked for.
AT_WORK = frozenset(
    {OrderState.ENGAGED, OrderState.DATA, OrderState.DRAFTING, OrderState.REVIEWING, OrderState.SIGNING}
)
BEFORE_WORK = frozenset({OrderState.REQUESTED, OrderState.QUOTING, OrderState.CHOOSING})
RUNNING = AT_WORK | BEFORE_WORK | {OrderState.CONTRACTING}
#: Engaged, but the agency may step back still: no fee is held.
BEFORE_FEE = frozenset({OrderState.CONTRACTING, OrderState.ENGAGED})
#: Work the client pays a part of when it ends the engagement itself.
WORK_DONE = frozenset({OrderState.DRAFTING, OrderState.REVIEWING, OrderState.SIGNING})
#: Reports that were issued and say something to their users still, with a warning or without.
STANDING = frozenset({ReportState.ISSUED, ReportState.DISPUTED, ReportState.SUSPENDED})
UNSETTLED = frozenset({ObjectionState.RAISED, ObjectionState.EXPLAINED, ObjectionState.SECOND})
