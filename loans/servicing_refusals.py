"""Why something about a live loan cannot be done now."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class StillOwed(DomainError):
    code = "loan_still_owed"
    sentence = _("%(amount)s %(currency)s is still owed on the loan.")
    remedy = _("Ask for the payoff of the day, and enter its payment first.")


class ReferenceUsed(DomainError):
    """A payment's reference stands for one receipt at one bank."""

    code = "payment_reference_used"
    sentence = _("The reference “%(reference)s” was entered before, for another payment.")
    remedy = _("Check the bank’s list; one receipt is entered once.")


class ValueDateWrong(DomainError):
    code = "value_date_wrong"
    status = 422
    sentence = _("A value date lies between the day the loan was paid out (%(first)s) and today (%(last)s).")
    remedy = _("Correct the value date.")


class ReversedAlready(DomainError):
    code = "payment_reversed"
    sentence = _("This payment was taken back before, or is itself a reversal.")
    remedy = _("Enter a new payment if the money came after all.")


class LoanEnded(DomainError):
    code = "loan_ended"
    sentence = _("The loan has ended; nothing more is entered on it.")
    remedy = _("A recovery after a write-off is entered as such.")


class LoanNotPaidOff(DomainError):
    code = "loan_not_paid_off"
    sentence = _("The loan is not paid off; there is nothing to certify yet.")
    remedy = _("The statement of account says what is owed.")


class LoanThere(DomainError):
    code = "loan_opened_already"
    sentence = _("The application was paid out before.")
    remedy = _("Open its loan.")


class NotRegistered(DomainError):
    """Civil Code, article 444: the pledge exists from its registration, and nothing is paid out before."""

    code = "pledge_not_registered"
    sentence = _("The pledge is not registered yet, so nothing is paid out.")
    remedy = _("Enter the certificate of registration first.")


class TermPastRight(DomainError):
    """Announcement 461: the term of the debt ends before the right does."""

    code = "term_past_right"
    sentence = _("The right %(number)s ends on %(day)s, before the debt would.")
    remedy = _("Choose a shorter term.")


class CannotReplan(DomainError):
    code = "loan_cannot_be_planned"
    status = 422
    sentence = _("The new schedule cannot be made of these terms: %(problem)s")
    remedy = _("Change the terms of the new schedule.")


class DayNotOver(DomainError):
    code = "business_day_ahead"
    status = 422
    sentence = _("%(day)s lies ahead; only days up to today are closed.")
    remedy = _("Close it when it has come.")


class StillShort(DomainError):
    code = "still_short"
    sentence = _("%(amount)s is still missing on the maintenance line.")
    remedy = _("Add cover, repay, or enter a newer appraisal.")


class AlarmHandled(DomainError):
    code = "alarm_handled"
    sentence = _("The alarm was handled before.")


class NotSecuring(DomainError):
    code = "right_not_securing"
    sentence = _("This right does not secure the loan.")
    remedy = _("Choose one of the rights pledged for it.")


class SecuresAnother(DomainError):
    code = "right_secures_another_loan"
    sentence = _("The right %(number)s secures another loan already.")
    remedy = _("A right can be pledged once; choose another.")


class ReleaseBreaksLine(DomainError):
    code = "release_breaks_line"
    sentence = _("Without this right %(amount)s would be missing on the maintenance line.")
    remedy = _("Repay as much first, or put another right in its place.")


class GradeNotWorse(DomainError):
    code = "grade_not_worse"
    status = 422
    sentence = _("A manual grade only makes a loan worse than its days past due do.")
    remedy = _("Choose a worse class.")


class CureStillRuns(DomainError):
    """Civil Code, article 428: the borrower's days to cure come first, and the right never passes by itself."""

    code = "cure_still_runs"
    sentence = _("The borrower may still cure the default until %(day)s.")
    remedy = _("Wait for that day, or agree on the sale with the pledgor in writing.")


class NotOffered(DomainError):
    code = "disposal_has_no_price"
    sentence = _("The collateral is not sold yet.")
    remedy = _("Enter what was realised first.")


class NoticeTooShort(DomainError):
    code = "cure_too_short"
    status = 422
    sentence = _("The borrower has at least %(days)s days to cure.")
    remedy = _("Name a later day.")


class RouteNeedsListing(DomainError):
    code = "disposal_needs_listing"
    status = 422
    sentence = _("A sale on this market names its reserve prices, highest first.")
    remedy = _("Enter a ladder of reserve prices.")
