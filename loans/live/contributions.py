"""What live loans add to shared pages and the floors below: workspace, purposes of payments, the matter's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.deals import collateral
from loans.access import borrows, is_bank
from loans.live import access
from loans.models import Alarm, Loan, ScheduleRow
from loans.models.loan import in_money
from loans.services.collecting import EARLY
from loans.services.disposing import under_disposal
from marketplace.core.actor import Actor
from marketplace.payments import registry as payments
from marketplace.portal import registry as portal

FINANCE = _("Finance")
LABELS = (_("Repayment of a loan"), _("Early repayment, shorter term"), _("Early repayment, smaller instalments"))


def loan_title(pk: int) -> str:
    return Loan.objects.filter(pk=pk).values_list("number", flat=True).first() or ""


def loan_url(pk: int) -> str:
    number = loan_title(pk)
    return reverse("loan", args=[number]) if number else ""


def alarms_open(actor: Actor) -> Sequence[QuerySet[Alarm]]:
    """What waits to be handled."""
    return (access.alarms_seen_by(actor).open(),)


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[portal.Entry]:
    """The borrower's instalments. A bank's book is no calendar."""
    if not borrows(actor):
        return
    rows = ScheduleRow.objects.filter(loan__in=access.loans_seen_by(actor), payable_on__range=(first, last))
    yield from instalments(rows.select_related("loan").order_by("payable_on", "loan_id"))


def instalments(rows: Iterable[ScheduleRow]) -> Iterator[portal.Entry]:
    """Rows of a schedule, with their loan, as days of a calendar."""
    for row in rows:
        words = gettext("Instalment %(n)s of loan %(number)s: %(amount)s %(currency)s") % {
            "n": row.n,
            "number": row.loan.number,
            "amount": f"{in_money(row.principal + row.interest):,.2f}",
            "currency": row.loan.currency,
        }
        yield portal.Entry(row.payable_on, words, reverse("loan", args=[row.loan.number]))


def contribute() -> None:
    """Called once the app is ready."""
    portal.desk(FINANCE, 60, _("Running loans"), "my_loans", shows=borrows)
    portal.desk(FINANCE, 61, _("Loan book"), "loan_book", shows=is_bank)
    portal.calendar(calendar_days)
    collateral.realised_by(under_disposal)
    portal.desk(FINANCE, 62, _("Alarms"), "loan_alarms", shows=is_bank, count=alarms_open)
    portal.desk(FINANCE, 63, _("Closes of day"), "loan_closes", shows=is_bank)
    for purpose, label in zip(EARLY.values(), LABELS, strict=True):
        payments.purpose(purpose, label)
    payments.subject_kind(Loan._meta.label_lower, label=loan_title, url=loan_url)
