"""What deals add to shared pages and the floors below: workspace, the ledger's purposes, the documents' matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.deals import access, money
from listings.deals.models import Deal, Dispute, Filing
from listings.deals.models.dispute import UNSETTLED
from listings.deals.states import DealState, FilingState, LegPurpose
from listings.deals.todos import todo_lines
from listings.rights.states import ConsentKind
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.payments import registry as payments
from marketplace.portal import registry as portal
from marketplace.signing import registry as signing

TRADE = _("Trade")
DESK = _("Review desk")
SUBJECT = "deals.deal"


def deal_title(pk: int) -> str:
    deal = Deal.objects.filter(pk=pk).first()
    return f"{deal.number} {deal.title}" if deal else ""


def deal_url(pk: int) -> str:
    number = Deal.objects.filter(pk=pk).values_list("number", flat=True).first()
    return reverse("deal", args=[number]) if number else ""


def may_read(actor: Actor, pk: int) -> bool:
    return access.deals_seen_by(actor).filter(pk=pk).exists()


def running(actor: Actor) -> list[QuerySet[Any]]:
    return [access.deals_seen_by(actor).live()]


def waiting_at_desk(actor: Actor) -> list[QuerySet[Any]]:
    return [Filing.objects.in_state(FilingState.EVIDENCED), Dispute.objects.in_state(*UNSETTLED)]


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[portal.Entry]:
    """Days by which running deals must go on."""
    if access.is_at_desk(actor):
        return
    after, until = clock.moments(first, last)
    for deal in access.deals_seen_by(actor).live().filter(due_at__gt=after, due_at__lte=until):
        assert deal.due_at is not None
        words = gettext("Deal %(number)s, last day: %(state)s") % {
            "number": deal.number,
            "state": DealState(deal.state).label,
        }
        yield portal.Entry(clock.last_day(deal.due_at), words, reverse("deal", args=[deal.number]), deal.title)


def contribute() -> None:
    """Called once the app is ready."""
    portal.desk(
        TRADE,
        30,
        _("Deals"),
        "my_deals",
        shows=lambda actor: actor.acts_for is not None and not access.is_at_desk(actor),
        count=running,
    )
    portal.desk(DESK, 30, _("Deals to check"), "desk_deals", shows=access.is_at_desk, count=waiting_at_desk)
    portal.todo(24, todo_lines)
    portal.calendar(calendar_days)
    signing.matter(SUBJECT, title=deal_title, url=deal_url, may_read=may_read)
    for kind in ConsentKind:
        signing.consent_kind(kind.value, kind.label)
    purposes: dict[str, Any] = {
        money.PRICE: _("Price of a deal"),
        money.MILESTONE: _("Milestone of a deal"),
        money.COMMISSION: _("Broker’s commission"),
        money.ROYALTY: _("Royalty"),
        **{purpose.value: purpose.label for purpose in LegPurpose},
    }
    for name, label in purposes.items():
        payments.purpose(name, label)
    payments.subject_kind(SUBJECT, label=deal_title, url=deal_url)
