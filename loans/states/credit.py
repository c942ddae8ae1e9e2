"""Where a decision on an application stands, and why one is refused."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProposalState(TextChoices):
    OPEN = "open", _("Waiting for a second person")
    PASSED = "passed", _("Passed")
    REFUSED = "refused", _("Not passed")
    VOID = "void", _("Void: the application changed")


class Action(TextChoices):
    """What a reviewer proposes."""

    APPROVE = "approve", _("Approve")
    REJECT = "reject", _("Decline")


class Reason(TextChoices):
    """Why an application is returned or declined; what the borrower is told."""

    TITLE = "title", _("Title to the collateral is not clear")
    VALUE = "value", _("The collateral is worth too little")
    REALISABILITY = "realisability", _("The collateral could hardly be sold")
    CASH_FLOW = "cash_flow", _("The cash flow does not carry the debt")
    CREDIT_RECORD = "credit_record", _("The credit record")
    PURPOSE = "purpose", _("The purpose is not financed by this product")
    TERMS = "terms", _("Amount or term lies outside the product")
    PAPERS = "papers", _("Papers are missing or do not agree")
    RELATED = "related", _("Related parties")
    OTHER = "other", _("Another reason, given in words")


class CheckState(TextChoices):
    OPEN = "open", _("To be checked")
    DONE = "done", _("Checked")
    FINDING = "finding", _("Checked, with a finding")
    NOT_NEEDED = "not_needed", _("Does not apply")
