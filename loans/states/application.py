"""Where an application for a pledge loan stands, what it is for, and who has consented to what."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApplicationState(TextChoices):
    DRAFT = "draft", _("Being prepared")
    SUBMITTED = "submitted", _("Submitted to the bank")
    PRE_CHECK = "pre_check", _("Pre-check")
    DUE_DILIGENCE = "due_diligence", _("Due diligence")
    CREDIT_REVIEW = "credit_review", _("Credit review")
    RETURNED = "returned", _("Returned for correction")
    OFFERED = "offered", _("Approved, offer open")
    ACCEPTED = "accepted", _("Offer accepted")
    CONTRACTING = "contracting", _("Contracts being signed")
    REGISTERING = "registering", _("Pledge being registered")
    REGISTERED = "registered", _("Pledge registered")
    DISBURSED = "disbursed", _("Loan paid out")
    REJECTED = "rejected", _("Declined by the bank")
    WITHDRAWN = "withdrawn", _("Withdrawn by the borrower")
    EXPIRED = "expired", _("Offer lapsed")
    FAILED = "failed", _("Fell through")


_S = ApplicationState
#: The borrower may still change the facts; the bank sees nothing yet, or has sent it back.
AMENDABLE = frozenset({_S.DRAFT, _S.RETURNED})
#: With the bank, undecided.
UNDECIDED = frozenset({_S.SUBMITTED, _S.PRE_CHECK, _S.DUE_DILIGENCE, _S.CREDIT_REVIEW})
#: The rights are promised to the bank: from acceptance until the register has the pledge.
PROMISED = frozenset({_S.ACCEPTED, _S.CONTRACTING, _S.REGISTERING, _S.REGISTERED})
#: One of these at most may stand for one request.
BINDING = PROMISED | {_S.DISBURSED}
#: On its way to a loan.
RUNNING = AMENDABLE | UNDECIDED | {_S.OFFERED} | PROMISED
#: What the bank ever saw.
SEEN_BY_BANK = frozenset(_S) - {_S.DRAFT}


class Purpose(TextChoices):
    """What the money is for; the longest term hangs on it (rules LN-TERM-WC, LN-TERM-FA, LN-TERM-PERS)."""

    WORKING_CAPITAL = "working_capital", _("Working capital")
    RESEARCH = "research", _("Research and development")
    FIXED_ASSETS = "fixed_assets", _("Plant and equipment")
    REFINANCE = "refinance", _("Repaying another loan")


class ConsentKind(TextChoices):
    """What a borrower agrees to before a bank sees anything; each by itself (PIPL 23, 29; credit regulation 18)."""

    SHARE = "share", _("Passing the file to the bank")
    CREDIT_QUERY = "credit_query", _("Querying the credit report")
    SENSITIVE = "sensitive", _("Use of sensitive personal data")


class PaperKind(TextChoices):
    LICENCE = "licence", _("Business licence")
    ACCOUNTS = "accounts", _("Accounts of three years")
    TAX = "tax", _("Tax certificate")
    CONTRACTS = "contracts", _("Contracts and orders")
    RESOLUTION = "resolution", _("Resolution of board or shareholders")
    REGISTER_COPY = "register_copy", _("Certified copy of the register")
    OTHER = "other", _("Other")


class CollateralState(TextChoices):
    OFFERED = "offered", _("Offered")
    PLEDGED = "pledged", _("Pledged")
    RELEASED = "released", _("Released")
    SOLD = "sold", _("Sold")
    DROPPED = "dropped", _("No longer offered")
