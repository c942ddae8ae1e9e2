"""Who is told what about a live loan: its instalments, arrears, cover, default and end. Never another bank."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.deals.talks.notices import people_of
from loans.graphs.lending import OFFICERS, PAYERS
from loans.models import Disposal, Loan, Shortfall
from loans.models.loan import in_money
from loans.states.servicing import AlarmKind
from marketplace.accounts.models import Membership
from marketplace.core.models import Event
from marketplace.notifications.service import announce

LOANS = Loan._meta.label_lower
OF_A_LOAN: dict[str, Any] = {one._meta.label_lower: one for one in (Shortfall, Disposal)}


def loan_of(event: Event) -> Loan | None:
    """The loan that an event of it, of its shortfall or of its disposal is about."""
    if event.subject_kind == LOANS:
        return Loan.objects.filter(pk=event.subject_id).first()
    model = OF_A_LOAN.get(event.subject_kind)
    row = model.objects.select_related("loan").filter(pk=event.subject_id).first() if model else None
    return row.loan if row is not None else None


def _members(organisation_id: int, roles: frozenset[str]) -> set[int]:
    rows = Membership.objects.live().filter(organisation=organisation_id, roles__overlap=sorted(roles))
    return set(rows.values_list("user_id", flat=True))


def _borrower(event: Event) -> set[int]:
    """Its owners, staff and signatories, and those who pay."""
    loan = loan_of(event)
    return people_of(loan.borrower_id) | _members(loan.borrower_id, PAYERS) if loan is not None else set()


def _bank(event: Event) -> set[int]:
    """Whoever looks after loans that were paid out at the bank that lent."""
    loan = loan_of(event)
    return _members(loan.bank_id, OFFICERS) if loan is not None else set()


def _both(event: Event) -> set[int]:
    return _borrower(event) | _bank(event)


def _of_the_bank(event: Event) -> set[int]:
    """The digest of a day is one bank's; the bank is its subject."""
    return _members(event.subject_id, OFFICERS)


def _params(event: Event) -> dict[str, Any]:
    loan, data = loan_of(event), event.data
    cents = data.get("cents")
    kind = data.get("kind", "")
    return {
        "number": loan.number if loan is not None else "",
        "reason": event.reason,
        "amount": f"{in_money(int(cents)):,.2f} {loan.currency}" if cents is not None and loan is not None else "",
        "until": _day(data.get("cure_by") or data.get("on") or ""),
        "days": data.get("days", ""),
        "alarm": str(AlarmKind(kind).label) if kind in AlarmKind.values else "",
        "count": data.get("count", 0),
        "grave": data.get("grave", 0),
    }


def _day(told: Any) -> str:
    return told.isoformat() if isinstance(told, date) else str(told)


def _page(event: Event) -> str:
    loan = loan_of(event)
    with translation.override("zh-hans"):
        return reverse("loan", args=[loan.number]) if loan is not None else reverse("loan_alarms")


Told = tuple[str, Callable[[Event], Iterable[int]], Any]
TELL: tuple[Told, ...] = (
    ("instalment.due", _borrower, _("Loan %(number)s: an instalment of %(amount)s is payable on %(until)s")),
    ("instalment.late", _both, _("Loan %(number)s: an instalment is %(days)s days late, %(amount)s are open")),
    ("loan.pay", _borrower, _("Loan %(number)s: a payment of %(amount)s was entered")),
    ("loan.fall_overdue", _both, _("Loan %(number)s is overdue")),
    ("loan.catch_up", _both, _("Loan %(number)s: everything due is paid")),
    ("loan.restructure", _borrower, _("Loan %(number)s was agreed anew; see the new schedule")),
    ("loan.accelerate", _borrower, _("Loan %(number)s was called in: %(reason)s")),
    ("loan.settle", _both, _("Loan %(number)s is paid off; its pledge is to be released")),
    ("loan.release", _borrower, _("Loan %(number)s: the pledge is released")),
    ("loan.write_off", _borrower, _("Loan %(number)s was written off; the debt stays a debt")),
    ("loan.alarm", _bank, _("Loan %(number)s: %(alarm)s")),
    (
        "alarm.day",
        _of_the_bank,
        _("The close of the day found %(count)s things about your loans, %(grave)s of them grave"),
    ),
    ("shortfall.begin", _bank, _("Loan %(number)s: cover of %(amount)s is missing")),
    ("shortfall.notify", _borrower, _("Loan %(number)s: provide cover of %(amount)s by %(until)s")),
    ("shortfall.miss", _both, _("Loan %(number)s: the cover asked for did not come in time")),
    ("shortfall.cure", _both, _("Loan %(number)s: the cover suffices again")),
    ("shortfall.accelerate", _borrower, _("Loan %(number)s was called in for want of cover: %(reason)s")),
    ("disposal.begin", _borrower, _("Loan %(number)s is in default; you can cure it until %(until)s")),
    ("disposal.prepare", _borrower, _("Loan %(number)s: the way to sell the collateral was chosen")),
    ("disposal.offer", _borrower, _("Loan %(number)s: the collateral is put up for sale")),
    ("disposal.sell", _both, _("Loan %(number)s: the collateral was sold for %(amount)s")),
    ("disposal.distribute", _borrower, _("Loan %(number)s: the proceeds are distributed")),
    ("disposal.give_up", _borrower, _("Loan %(number)s: the sale of the collateral was given up")),
    ("disposal.cure", _both, _("Loan %(number)s: the default is cured")),
)


def announce_all() -> None:
    """Called once the app is ready."""
    for kind, recipients, sentence in TELL:
        announce(kind, recipients=recipients, params=_params, sentence=sentence, url=_page)
