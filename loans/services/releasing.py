"""A right no longer secures a loan; and the end of a loan that was paid off, once all of them are free."""

from __future__ import annotations

from datetime import date

from listings.rights.ruling import enforces
from listings.rights.services.reservations import release
from loans.graphs.loan import LOAN_GRAPH
from loans.models import Loan, Security
from loans.services.standing import restate_since
from marketplace.core import events
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import walk


def end_security(loan: Loan, security: Security, on: date, by: Actor) -> None:
    """From a day on the right counts no more; both rows are locked."""
    security.released_on = max(on, security.added_on)
    security.save(update_fields=["released_on"])
    data = {"security": security.pk, "touched": {"assets.asset": [security.asset_id]}}
    events.record("loan.let_go", loan, by, data=data)
    restate_since(loan, on)


@enforces("PLG-CANCEL")
def let_all_go(loan: Loan, *, on: date, by: Actor) -> None:
    """A locked loan that was paid off is released: no right secures it, and nothing is spoken for any more."""
    walk(LOAN_GRAPH, loan, "release", by=by, data={"on": on})
    for security in Security.objects.standing().filter(loan=loan).order_by("asset"):
        end_security(loan, security, on, by)
    if loan.application is not None:
        release(subject=loan.application.subject, by=by)
