"""What applications add to shared pages and the floors below: workspace, the documents' matter."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loans import access
from loans.models import Application
from loans.states.application import ApplicationState
from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence
from marketplace.portal import registry as portal
from marketplace.signing import registry as signing

SUBJECT = "loans.application"
TRADE = _("Finance")
MOST_TODO = 20
_S = ApplicationState
BORROWER_TODO: dict[str, Sentence] = {
    _S.RETURNED: _("correct it and submit it again"),
    _S.OFFERED: _("accept the offer, or let it lapse"),
    _S.CONTRACTING: _("sign the contracts"),
    _S.REGISTERING: _("register the pledge with the bank"),
}
BANK_TODO: dict[str, Sentence] = {
    _S.SUBMITTED: _("take it on"),
    _S.PRE_CHECK: _("pass the pre-check or return it"),
    _S.DUE_DILIGENCE: _("finish due diligence"),
    _S.CREDIT_REVIEW: _("propose and decide"),
    _S.ACCEPTED: _("draw up the contracts"),
    _S.CONTRACTING: _("sign the contracts"),
    _S.REGISTERING: _("register the pledge with the borrower"),
    _S.REGISTERED: _("pay out"),
}


def title(pk: int) -> str:
    number = Application.objects.filter(pk=pk).values_list("number", flat=True).first()
    return str(_("Loan application %(number)s") % {"number": number}) if number else ""


def url(pk: int) -> str:
    number = Application.objects.filter(pk=pk).values_list("number", flat=True).first()
    return reverse("loan_application", args=[number]) if number else ""


def may_read(actor: Actor, pk: int) -> bool:
    return access.applications_seen_by(actor).filter(pk=pk).exists()


def takes_part(actor: Actor) -> bool:
    """Borrows or lends here."""
    return access.borrows(actor) or access.is_bank(actor)


def _wanted(actor: Actor) -> dict[str, Sentence]:
    return BANK_TODO if access.is_bank(actor) else BORROWER_TODO


def waiting_for(actor: Actor) -> list[QuerySet[Application]]:
    """Applications in which something is the actor's organisation's to do."""
    return [access.applications_seen_by(actor).in_state(*_wanted(actor))]


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """What is the actor's to do, soonest deadline first."""
    words = _wanted(actor)
    rows = access.applications_seen_by(actor).in_state(*words).select_related("borrower", "bank")
    is_bank = access.is_bank(actor)
    return [
        {
            "text": gettext("Loan application %(number)s: %(what)s") % {"number": one.number, "what": words[one.state]},
            "url": reverse("loan_application", args=[one.number]),
            "due": one.due_at,
            "note": one.borrower.name if is_bank else one.bank.name,
        }
        for one in rows.order_by("due_at", "pk")[:MOST_TODO]
    ]


def contribute() -> None:
    """Called once the app is ready."""
    portal.place(45, _("Pledge loans"), "loan_products", has_search=False)
    portal.desk(TRADE, 40, _("Loan applications"), "my_loan_applications", shows=takes_part, count=waiting_for)
    portal.desk(TRADE, 41, _("Loan products"), "my_loan_products", shows=access.is_bank)
    portal.todo(28, todo_lines)
    signing.matter(SUBJECT, title=title, url=url, may_read=may_read)
