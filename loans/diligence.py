"""The checklist of due diligence, and what is missing before an application goes to credit review."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from loans.models import Application, Check
from loans.states.application import Purpose
from loans.states.credit import CheckState
from marketplace.accounts.roles import Kind
from marketplace.core.errors import Sentence


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A line of the checklist; `rule` is the id of the rule that asks for it, empty for usual practice."""

    key: str
    title: Sentence
    rule: str = ""


LINES: tuple[CheckLine, ...] = (
    CheckLine("identity", _("Borrower and beneficial owners identified"), "DP-AML-CDD"),
    CheckLine("licence", _("Business licence, in force and within its scope")),
    CheckLine("accounts", _("Accounts of three years")),
    CheckLine("tax", _("Tax grade and arrears")),
    CheckLine("credit_report", _("Credit report, queried with consent"), "DP-CREDIT-QUERY"),
    CheckLine("other_debt", _("Debts at other lenders and guarantees given")),
    CheckLine("title", _("Title chain and encumbrances of each right"), "LN-COLLATERAL"),
    CheckLine("value", _("Appraisal: assumptions, methods, comparables"), "LN-LTV"),
    CheckLine("realisability", _("Who would buy the rights, and how fast"), "LN-COLLATERAL"),
    CheckLine("purpose", _("Purpose, payees and proof of use"), "LN-USE"),
    CheckLine("repayment", _("Source of repayment")),
    CheckLine("related", _("Related parties and related dealings"), "LN-RELATED"),
)
#: A company pledging needs its organ's resolution where the debt is another's; the bank has it shown in any case.
RESOLUTION = CheckLine("resolution", _("Resolution of board or shareholders"), "PLG-RESOLUTION")
REFINANCE = CheckLine("refinance", _("Old loan, its sureties and their knowledge"), "PLG-NEW-FOR-OLD")
BY_KEY = {one.key: one for one in (*LINES, RESOLUTION, REFINANCE)}


def lines_for(application: Application) -> list[CheckLine]:
    """The lines an application's checklist has."""
    found = list(LINES)
    if application.borrower.kind != Kind.INDIVIDUAL:
        found.append(RESOLUTION)
    if application.purpose == Purpose.REFINANCE:
        found.append(REFINANCE)
    return found


def begin(application: Application) -> None:
    """Write the checklist's lines that are not there yet."""
    Check.objects.bulk_create(
        [Check(application=application, key=one.key) for one in lines_for(application)], ignore_conflicts=True
    )


def missing(application: Application) -> list[str]:
    """What due diligence still lacks, as words."""
    found = [str(BY_KEY[one.key].title) for one in application.checks.filter(state=CheckState.OPEN)]
    if not application.checks.exists():
        found.append(str(_("the checklist")))
    if not application.scores.exists():
        found.append(str(_("the score")))
    if not hasattr(application, "diligence"):
        found.append(str(_("the report")))
    return found
