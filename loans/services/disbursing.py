"""Paying the loan out: only once the pledge exists, and then the loan begins."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from listings.rights.ruling import enforces
from loans.graphs.application import APPLICATION_GRAPH
from loans.models import Loan
from loans.services.contracting import with_rights
from loans.services.opening import open_loan
from loans.telling import told
from marketplace.core import clock, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid
from marketplace.core.workdays import months_after


@enforces("PLG-EXIST", "LN-NO-UPFRONT")
def disburse(*, application_id: int, disbursed_on: date, by: Actor) -> Loan:
    """The bank paid the whole principal out on a day; the loan is opened in the same transaction.

    Raises NotPledged, Invalid (a day before the pledge, ahead, or too late for the contracts), NotPermitted,
    IllegalTransition, and what `open_loan` raises.
    """
    with with_rights(application_id) as application:
        if disbursed_on > clock.today():
            raise Invalid(field="disbursed_on", problem=_("That day lies ahead."))
        if application.pledged_on is not None and disbursed_on < application.pledged_on:
            raise Invalid(field="disbursed_on", problem=_("Nothing is paid out before the pledge exists."))
        if application.debt_until and months_after(disbursed_on, application.months) > application.debt_until:
            raise Invalid(
                field="disbursed_on", problem=_("The debt would run beyond what the contracts and the register say.")
            )
        application.disbursed_on = disbursed_on
        lifecycle.walk(
            APPLICATION_GRAPH, application, "disburse", by=by, data=told(application), also=("disbursed_on",)
        )
        return open_loan(application_id=application.pk, disbursed_on=disbursed_on, by=by)
