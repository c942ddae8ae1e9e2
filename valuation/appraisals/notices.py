"""Who is told what about an appraisal, its quotes, its report and objections to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.deals.talks.notices import people_of
from marketplace.accounts.models import Membership
from marketplace.accounts.roles import DESK_KINDS, Role
from marketplace.core.models import Event
from marketplace.notifications.service import announce
from valuation.models import Report


def _client(event: Event) -> set[int]:
    return people_of(event.data.get("client"))


def _agency(event: Event) -> set[int]:
    return people_of(event.data.get("agency"))


def _quoting(event: Event) -> set[int]:
    return people_of(event.data.get("quoting"))


def _both(event: Event) -> set[int]:
    return _client(event) | _agency(event)


def _desk(event: Event) -> set[int]:
    rows = Membership.objects.live().filter(
        organisation__kind__in=DESK_KINDS, roles__overlap=[Role.OWNER, Role.REVIEWER, Role.APPROVER]
    )
    return set(rows.values_list("user_id", flat=True))


def _relying(event: Event) -> set[int]:
    """Client, agency, users named, holders of the rights, and holders of listings that show it."""
    report = Report.objects.filter(pk=event.data.get("report") or 0).first()
    if report is None:
        return _both(event)
    parties = {report.client_id, report.agency_org_id, *report.users.values_list("pk", flat=True)}
    parties |= set(report.assets.filter(holder__isnull=False).values_list("holder", flat=True))
    shown = report.showings.filter(ended_at__isnull=True)
    parties |= set(shown.values_list("listing__organisation", flat=True))
    return set().union(*(people_of(pk) for pk in parties))


def _params(event: Event) -> dict[str, Any]:
    return {
        "number": event.data.get("number", ""),
        "reason": event.reason,
        "title": event.data.get("title", ""),
        "days": event.data.get("days", ""),
    }


def _page(event: Event) -> str:
    name = "appraisal_report" if event.subject_kind in ("valuation.report", "valuation.objection") else "appraisal"
    with translation.override("zh-hans"):
        return reverse(name, args=[event.data["number"]]) if event.data.get("number") else ""


Told = tuple[str, Callable[[Event], Iterable[int]], Any]
TELL: tuple[Told, ...] = (
    ("quote.begin", _quoting, _("You are asked to quote for appraisal %(number)s")),
    ("quote.accept", _quoting, _("Your quote for appraisal %(number)s was chosen")),
    ("quote.lose", _quoting, _("Another quote was chosen for appraisal %(number)s")),
    ("quote.flag", _desk, _("Appraisal %(number)s: a quote is far under what is usual")),
    ("appraisal.close_quotes", _client, _("Appraisal %(number)s: the quotes are open")),
    ("appraisal.decline", _client, _("Appraisal %(number)s: no agency takes it")),
    ("appraisal.engage", _both, _("Appraisal %(number)s: a quote was chosen, the contract is to be signed")),
    ("appraisal.contract", _both, _("Appraisal %(number)s: the agency is engaged and the fee is to be paid")),
    ("appraisal.choose_again", _both, _("Appraisal %(number)s: the engagement contract was not signed: %(reason)s")),
    ("quote.fall_through", _quoting, _("Appraisal %(number)s: no contract was signed on your quote")),
    ("appraisal.start", _both, _("Appraisal %(number)s: the fee is held and work begins")),
    ("appraisal.hand_in", _agency, _("Appraisal %(number)s: a draft waits for internal review")),
    ("appraisal.return", _agency, _("Appraisal %(number)s: the draft was returned: %(reason)s")),
    ("appraisal.approve", _agency, _("Appraisal %(number)s: approved, to be signed")),
    ("appraisal.take_back", _agency, _("Appraisal %(number)s: taken back from signing: %(reason)s")),
    ("appraisal.cancel", _both, _("Appraisal %(number)s was cancelled: %(reason)s")),
    ("appraisal.lapse", _both, _("Appraisal %(number)s lapsed: the time for the next step was over")),
    ("appraisal.terminate", _both, _("Appraisal %(number)s was terminated: %(reason)s")),
    ("appraisal.resign", _both, _("Appraisal %(number)s: the agency resigned: %(reason)s")),
    ("appraisal.revise", _both, _("Appraisal %(number)s: the report is being revised: %(reason)s")),
    ("data_request.begin", _client, _("Appraisal %(number)s: the agency needs “%(title)s”")),
    ("data_request.deliver", _agency, _("Appraisal %(number)s: “%(title)s” was delivered")),
    ("data_request.withhold", _agency, _("Appraisal %(number)s: “%(title)s” is withheld: %(reason)s")),
    ("data_request.return", _client, _("Appraisal %(number)s: “%(title)s” is asked for again: %(reason)s")),
    ("report.issue", _relying, _("Appraisal report %(number)s was issued")),
    ("report.dispute", _relying, _("Appraisal report %(number)s is disputed")),
    ("report.settle", _relying, _("Appraisal report %(number)s: the objection is settled")),
    ("report.suspend", _relying, _("Appraisal report %(number)s: its agency is suspended")),
    ("report.reinstate", _relying, _("Appraisal report %(number)s: its agency is reinstated")),
    ("report.end_right", _relying, _("Appraisal report %(number)s: a right it values has ended")),
    ("report.revive", _relying, _("Appraisal report %(number)s: the right it values is in force again")),
    ("report.expire", _relying, _("Appraisal report %(number)s: its year of use is over")),
    ("report.supersede", _relying, _("Appraisal report %(number)s was replaced")),
    ("report.withdraw", _relying, _("Appraisal report %(number)s was withdrawn: %(reason)s")),
    ("report.offer_again", _client, _("Appraisal report %(number)s ends in %(days)s days: order a re-appraisal")),
    ("objection.begin", _agency, _("Report %(number)s: an objection is to be explained")),
    ("objection.explain", _relying, _("Report %(number)s: the agency explained")),
)


def announce_all() -> None:
    """Called once the app is ready."""
    for kind, recipients, sentence in TELL:
        announce(kind, recipients=recipients, params=_params, sentence=sentence, url=_page)
