"""Why something about an appraisal cannot be done now."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class AgencyNotOpen(DomainError):
    """Appraisal Law, articles 15, 16 and 27: filed, staffed and able to sign."""

    code = "agency_not_open"
    sentence = _("%(name)s cannot take orders now: it must be verified, insured and have two people who may sign.")
    remedy = _("Choose another agency from the directory.")


class NobodyInvited(DomainError):
    code = "nobody_invited"
    status = 422
    sentence = _("Choose at least one agency. The choice is yours alone (Appraisal Law, article 22).")
    remedy = _("Open the directory of agencies and pick those you want quotes from.")


class InConflict(DomainError):
    """Appraisal Law, articles 14, 20 and 23."""

    code = "conflict_of_interest"
    sentence = _("%(name)s may not take this appraisal: %(found)s")
    remedy = _("An agency without an interest in the right and without a job for the other side must do it.")


class NotIndependent(DomainError):
    code = "independence_not_declared"
    status = 422
    sentence = _(
        "A quote needs the declaration that nobody of yours has an interest and the fee does not follow the value."
    )
    remedy = _("Tick the declaration, or decline.")


class QuotesClosed(DomainError):
    code = "quotes_closed"
    sentence = _("Quotes are no longer taken for this order.")
    remedy = _("Nothing can be done; the client chooses among those that came in time.")


class DateWrong(DomainError):
    code = "date_wrong"
    status = 422
    sentence = _("%(problem)s")


class RightNotOpen(DomainError):
    code = "right_not_appraisable"
    sentence = _("%(number)s has ended or is not known well enough to be valued.")
    remedy = _("Leave it out, or have the register put right first.")


class FeeNotHeld(DomainError):
    code = "fee_not_held"
    sentence = _("The fee is not with the platform yet.")
    remedy = _("Work begins by itself when the money is there.")


class FeePaid(DomainError):
    code = "fee_paid"
    sentence = _("The fee has been paid; the order can only be terminated now.")
    remedy = _("Terminate it with a reason: the fee goes back, less the agreed part for work done.")


class DataMissing(DomainError):
    """Appraisal Law, article 18: without the data the agency may refuse to go on."""

    code = "data_missing"
    sentence = _("Needed before drafting and not accepted yet: %(titles)s.")
    remedy = _("The client delivers it, or the agency says that it is not needed, or terminates.")


class DraftIncomplete(DomainError):
    code = "draft_incomplete"
    sentence = _("The draft still lacks: %(missing)s.")
    remedy = _("Fill in what is missing; every assumption needs its reason.")


class OneMethodOnly(DomainError):
    """Appraisal Law, article 26: two methods unless the standards allow one only."""

    code = "one_method_only"
    sentence = _("A conclusion rests on at least two methods (Appraisal Law, article 26).")
    remedy = _("Add a second method with a weight, or state why the standards allow only one here.")


class WeightsWrong(DomainError):
    code = "weights_wrong"
    status = 422
    sentence = _("The weights of the methods make %(total)s percent and not 100.")
    remedy = _("Give each method its part; a cross-check has none.")


class PresetValue(DomainError):
    """Guideline on patent asset appraisal (CAS 2017, No. 49): a preset value is no conclusion."""

    code = "preset_value"
    sentence = _("The conclusion comes out at an amount that was named beforehand; a preset value is no conclusion.")
    remedy = _("Have another appraiser choose the assumptions afresh, or terminate the engagement.")


class SamePerson(DomainError):
    """Appraisal Law, article 26: the review is somebody else's."""

    code = "reviewer_drafted"
    status = 403
    sentence = _("Whoever wrote any of the draft does not review it.")
    remedy = _("Ask a colleague who holds the role and did not draft.")


class CommentsOpen(DomainError):
    code = "comments_open"
    sentence = _("Comments of the review without an answer: %(count)s.")
    remedy = _("The drafter answers each of them.")


class AppraisersWrong(DomainError):
    """Appraisal Law, articles 24, 27 and 28."""

    code = "appraisers_wrong"
    status = 422
    sentence = _(
        "Two different people with certificates sign a report; for one that the law requires, both are certified."
    )
    remedy = _("Choose two of the agency’s appraisers.")


class NotSealed(DomainError):
    code = "report_not_sealed"
    sentence = _("The report is not signed by all and sealed yet.")
    remedy = _("The appraisers sign with a fresh second factor, then the agency.")


class ReportNotStanding(DomainError):
    code = "report_not_standing"
    sentence = _("This report is not in force, so it can be neither shown nor relied on.")
    remedy = _("Order a new appraisal.")


class ObjectionOpen(DomainError):
    code = "objection_exists"
    sentence = _("An objection to this report is open already.")
    remedy = _("Wait for the explanation.")


class NotAgency(DomainError):
    code = "not_an_agency"
    status = 403
    sentence = _("Only a verified valuation agency keeps such a profile.")
    remedy = _("Register the organisation as a valuation agency.")


class NotAMember(DomainError):
    code = "not_a_member"
    status = 422
    sentence = _("That person is not a member of the agency.")
    remedy = _("Invite them to the organisation first.")


class CertificateTaken(DomainError):
    code = "certificate_taken"
    sentence = _("That certificate is entered already, here or at another agency.")
    remedy = _("Whoever left must be marked as having left there first.")


class UnknownIndicator(DomainError):
    code = "unknown_indicator"
    status = 422
    sentence = _("The rubric has no such indicator, or its points are computed from the register.")
    remedy = _("Choose one of those shown.")
