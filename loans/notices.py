"""Who is told what about an application, a decision on it and its pledge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.deals.talks.notices import people_of
from loans.graphs.parties import APPROVERS, OFFICERS
from loans.models import Application
from marketplace.accounts.models import Membership
from marketplace.core.models import Event
from marketplace.notifications.service import announce


def _borrower(event: Event) -> set[int]:
    return people_of(event.data.get("borrower"))


def _with_roles(event: Event, roles: frozenset[str]) -> set[int]:
    rows = Membership.objects.live().filter(organisation=event.data.get("bank") or 0, roles__overlap=sorted(roles))
    return set(rows.values_list("user_id", flat=True))


def _bank(event: Event) -> set[int]:
    """The reviewer, or everybody who works on applications while there is none."""
    reviewer = Application.objects.filter(pk=event.data.get("application") or 0).values_list("reviewer", flat=True)
    known = {pk for pk in reviewer if pk is not None}
    return known or _with_roles(event, OFFICERS)


def _approvers(event: Event) -> set[int]:
    return _with_roles(event, APPROVERS) - ({event.actor_id} if event.actor_id else set())


def _both(event: Event) -> set[int]:
    return _borrower(event) | _bank(event)


def _params(event: Event) -> dict[str, Any]:
    return {"number": event.data.get("number", ""), "reason": event.reason, "until": event.data.get("until", "")}


def _page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("loan_application", args=[event.data["number"]]) if event.data.get("number") else ""


Told = tuple[str, Callable[[Event], Iterable[int]], Any]
TELL: tuple[Told, ...] = (
    ("loan_application.submit", _bank, _("Application %(number)s has come in")),
    ("loan_application.take", _borrower, _("Application %(number)s: the bank has taken it on")),
    ("loan_application.look_into", _borrower, _("Application %(number)s: the pre-check is passed")),
    ("loan_application.return", _borrower, _("Application %(number)s was returned: %(reason)s")),
    ("loan_application.reject", _borrower, _("Application %(number)s was declined: %(reason)s")),
    ("loan_application.offer", _borrower, _("Application %(number)s: an offer stands until %(until)s")),
    ("loan_application.offer_ends", _borrower, _("Application %(number)s: the offer lapses after %(until)s")),
    ("loan_application.expire", _both, _("Application %(number)s: the offer has lapsed")),
    ("loan_application.accept", _bank, _("Application %(number)s: the offer was accepted")),
    ("loan_application.draw_up", _borrower, _("Application %(number)s: the contracts are to be signed")),
    ("loan_application.redraw", _borrower, _("Application %(number)s: the contracts are being changed: %(reason)s")),
    ("loan_application.unsign", _both, _("Application %(number)s: a contract was not signed")),
    ("loan_application.file", _both, _("Application %(number)s: the pledge is to be registered")),
    ("loan_application.register", _both, _("Application %(number)s: the pledge is in effect")),
    ("loan_application.disburse", _borrower, _("Application %(number)s: the loan is paid out")),
    ("loan_application.withdraw", _bank, _("Application %(number)s was withdrawn by the borrower")),
    ("loan_application.lapse", _both, _("Application %(number)s lapsed without a correction")),
    ("loan_application.give_way", _bank, _("Application %(number)s: the borrower accepted another bank’s offer")),
    ("loan_application.fail", _borrower, _("Application %(number)s: the bank called the loan off: %(reason)s")),
    ("loan_application.assign", _bank, _("Application %(number)s is yours to review")),
    ("loan_application.amend", _bank, _("Application %(number)s: the borrower changed the facts")),
    ("loan_proposal.begin", _approvers, _("Application %(number)s: a proposal waits for a second person")),
    ("loan_proposal.refuse", _bank, _("Application %(number)s: the proposal was not passed: %(reason)s")),
    ("pledge_filing.ask_correction", _both, _("Application %(number)s: the office asks for a correction: %(reason)s")),
    ("pledge_filing.refuse", _both, _("Application %(number)s: the office refused the filing: %(reason)s")),
    ("pledge_filing.certify", _bank, _("Application %(number)s: a certificate waits to be confirmed")),
    ("pledge_filing.confirm", _borrower, _("Application %(number)s: the office’s certificate is confirmed")),
)


def announce_all() -> None:
    """Called once the app is ready."""
    for kind, recipients, sentence in TELL:
        announce(kind, recipients=recipients, params=_params, sentence=sentence, url=_page)
