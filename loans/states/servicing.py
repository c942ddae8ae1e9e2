"""What a live loan, a day's close, a warning, a shortfall and a disposal may be."""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class LoanState(TextChoices):
    ACTIVE = "active", _("Running")
    OVERDUE = "overdue", _("Overdue")
    ACCELERATED = "accelerated", _("Called in")
    DEFAULT = "default", _("In default")
    DISPOSAL = "disposal", _("Collateral for sale")
    SETTLED = "settled", _("Paid off")
    RELEASED = "released", _("Paid off, pledge released")
    WRITTEN_OFF = "written_off", _("Written off")


#: Something is still owed, so each day has a position. What was written off is still owed, and closed no more.
LIVE = frozenset({LoanState.ACTIVE, LoanState.OVERDUE, LoanState.ACCELERATED, LoanState.DEFAULT, LoanState.DISPOSAL})
#: The whole debt is due: only its end is left.
CALLED = frozenset({LoanState.ACCELERATED, LoanState.DEFAULT, LoanState.DISPOSAL})


class Category(IntegerChoices):
    """Five classes of risk (Order 2023 No. 1); the last three are non-performing."""

    NORMAL = 1, _("Normal")
    SPECIAL_MENTION = 2, _("Special mention")
    SUBSTANDARD = 3, _("Substandard")
    DOUBTFUL = 4, _("Doubtful")
    LOSS = 5, _("Loss")


class VersionReason(TextChoices):
    OPENING = "opening", _("As agreed")
    EARLY = "early", _("After an early repayment")
    RESTRUCTURING = "restructuring", _("Agreed anew")
    CALLED = "called", _("Called in: the whole is due")
    REPLAY = "replay", _("Counted again after a late entry")


class PaymentSource(TextChoices):
    MARKET = "market", _("Paid on the market")
    BANK = "bank", _("Entered by the bank")
    FILE = "file", _("From the bank’s core system")
    DISPOSAL = "disposal", _("Proceeds of the collateral")


class ChargeKind(TextChoices):
    """A cost the borrower owes besides principal and interest."""

    ANNUITY = "annuity", _("Annuity paid by the bank")
    COURT = "court", _("Court and enforcement costs")
    APPRAISAL = "appraisal", _("Appraisal")
    OTHER = "other", _("Other cost")


class CloseState(TextChoices):
    RUNNING = "running", _("Under way")
    DONE = "done", _("Closed")


class Impairment(TextChoices):
    """Why a right that secures a loan counts nothing."""

    LAPSED = "lapsed", _("The right has ended")
    INVALID = "invalid", _("Declared invalid")
    FROZEN = "frozen", _("Frozen by a court")
    DISPUTED = "disputed", _("Ownership in dispute")


class AlarmKind(TextChoices):
    LAPSED = "lapsed", _("The right has ended or was declared invalid")
    WORTHLESS = "worthless", _("The right counts nothing")
    UNAPPRAISED = "unappraised", _("The right was never appraised")
    STALE = "stale", _("The appraisal is past its validity")
    TERM = "term", _("The right ends before the debt")
    SHORTFALL = "shortfall", _("Owed above the maintenance line")
    OVERDUE = "overdue", _("An instalment is overdue")
    NON_PERFORMING = "non_performing", _("Non-performing")
    ANNUITY_DUE = "annuity_due", _("An annuity is due")
    ANNUITY_GRACE = "annuity_grace", _("An annuity is unpaid; months of grace are running")
    INVALIDATION = "invalidation", _("Invalidation is asked for")
    SUIT = "suit", _("Ownership is disputed in court")
    FREEZE = "freeze", _("A court has frozen the right")
    OWNER = "owner", _("The owner has changed")
    REQUEST = "request", _("Somebody asks to buy or license the right")


class Severity(IntegerChoices):
    NOTE = 1, _("Note")
    AMBER = 2, _("Amber")
    RED = 3, _("Red")


class ShortfallState(TextChoices):
    OPEN = "open", _("Found")
    NOTIFIED = "notified", _("Cover asked for")
    CURED = "cured", _("Covered")
    OVERDUE = "overdue", _("Not covered in time")
    ACCELERATED = "accelerated", _("Loan called in")


class Route(TextChoices):
    """Ways to turn the collateral into money (Civil Code, articles 436 to 438)."""

    AGREED = "agreed", _("At an agreed price")
    MARKET = "market", _("Listing on this market")
    AUCTION = "auction", _("Partner auctioneer")
    REPURCHASE = "repurchase", _("Repurchase by guarantor or risk pool")
    COURT = "court", _("Court enforcement")


class DisposalState(TextChoices):
    NOTICED = "noticed", _("Notice given, cure running")
    CURED = "cured", _("Cured")
    PREPARING = "preparing", _("Being prepared")
    OFFERED = "offered", _("On offer")
    SOLD = "sold", _("Sold")
    DISTRIBUTED = "distributed", _("Proceeds distributed")
    CLOSED = "closed", _("Given up")
