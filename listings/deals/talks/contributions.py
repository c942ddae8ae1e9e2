"""What talks add to shared pages: the side navigation, things to do, and the listings brokers introduce people to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.brokers.matters import Matter, matters
from listings.catalogue.access import public_listing
from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.sealed import SealedRound
from listings.deals.services import deposits
from listings.deals.services.offers import MATTER
from listings.deals.talks import access as access
from listings.deals.talks.states import RoundState, Side, TalkState
from marketplace.accounts.roles import DESK_KINDS
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.payments import registry as payments
from marketplace.portal import registry

TRADE = _("Trade")
DESK = _("Review desk")
MOST = 20


def unanswered(actor: Actor) -> list[QuerySet[Negotiation]]:
    """Enquiries that wait for the organisation's first answer."""
    organisation = access.speaks_for(actor)
    if organisation is None:
        return []
    return [access.negotiations_seen_by(actor).filter(holder=organisation, state=TalkState.ASKED)]


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """Enquiries to answer, offers to decide on, rounds to open."""
    organisation = access.speaks_for(actor)
    lines: list[dict[str, Any]] = []
    if organisation is not None and access.may_write(actor):
        asked = access.negotiations_seen_by(actor).filter(holder=organisation, state=TalkState.ASKED)
        lines += [
            {
                "text": gettext("Answer enquiry %(number)s") % {"number": one.number},
                "url": reverse("negotiation", args=[one.number]),
                "due": one.due_at,
            }
            for one in asked.order_by("due_at")[:MOST]
        ]
        offers = Offer.objects.standing().filter(receiver=organisation).select_related("negotiation")
        lines += [
            {
                "text": gettext("Decide on version %(version)s in talks %(number)s")
                % {"version": one.version, "number": one.negotiation.number},
                "url": reverse("offer_detail", args=[one.negotiation.number, one.version]),
                "due": one.valid_until,
            }
            for one in offers.order_by("valid_until")[:MOST]
        ]
    lines += [
        {
            "text": gettext("Open the sealed offers on %(number)s") % {"number": one.listing.number},
            "url": reverse("sealed_open", args=[one.listing.number]),
            "due": one.due_at,
        }
        for one in rounds_to_open(actor)
    ]
    return lines


def rounds_to_open(actor: Actor) -> list[SealedRound]:
    """Rounds past their deadline that lack the approval of the actor's side."""
    side = "market" if access.may_open_rounds(actor) else Side.HOLDER
    if side == Side.HOLDER and not access.may_bind(actor):
        return []
    waiting = access.rounds_of(actor).filter(
        Q(state=RoundState.CLOSED) | Q(state=RoundState.COLLECTING, closes_at__lte=clock.now())
    )
    return list(waiting.exclude(approvals__side=side).order_by("closes_at")[:MOST])


def listing_matter(number: str) -> Matter:
    """A public listing as something brokers bring people together over. Raises NotFound."""
    listing = public_listing(number)
    return Matter(
        kind=MATTER,
        id=listing.pk,
        number=listing.number,
        title_zh=listing.title_zh,
        title_en=listing.title_en,
        asset_ids=tuple(sorted(one.asset_id for one in listing.listed.all())),
        holder_id=listing.organisation_id,
        url=reverse("listing_detail", args=[listing.number]),
    )


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[registry.Entry]:
    """Days on which one's own offers lapse; those to decide on are things to do."""
    organisation = access.speaks_for(actor)
    if organisation is None:
        return
    after, until = clock.moments(first, last)
    rows = Offer.objects.standing().filter(maker=organisation, valid_until__gt=after, valid_until__lte=until)
    for offer in rows.select_related("negotiation"):
        number = offer.negotiation.number
        words = gettext("Our offer lapses: version %(version)s in talks %(number)s")
        url = reverse("offer_detail", args=[number, offer.version])
        yield registry.Entry(
            clock.last_day(offer.valid_until), words % {"version": offer.version, "number": number}, url
        )


def contribute() -> None:
    """Called once the app is ready."""
    matters(listing_matter)
    payments.purpose(deposits.PURPOSE, _("Deposit for a sealed offer"), is_deposit=True)
    payments.subject_kind("deals.negotiation", label=_talks_label, url=_talks_url)
    registry.desk(TRADE, 24, _("Enquiries"), "enquiries", shows=_may_hold, count=unanswered)
    registry.desk(DESK, 74, _("Sealed offers"), "sealed_desk", shows=access.may_open_rounds)
    registry.todo(22, todo_lines)
    registry.calendar(calendar_days)


def _talks_label(pk: int) -> str:
    return Negotiation.objects.values_list("number", flat=True).get(pk=pk)


def _talks_url(pk: int) -> str:
    return reverse("negotiation", args=[_talks_label(pk)])


def _may_hold(actor: Actor) -> bool:
    return actor.acts_for is not None and actor.org_kind not in DESK_KINDS
