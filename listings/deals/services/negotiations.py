"""Talks about a listing: begun by an enquiry, carried by messages, ended by agreement, a word or silence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Enquiry
from listings.catalogue.numbering import next_number
from listings.catalogue.services.enquiries import ask
from listings.deals.graphs.talks import HOLDER_WORKS, NEGOTIATION_GRAPH, OFFER_GRAPH
from listings.deals.models.negotiation import Message, Negotiation
from listings.deals.models.offers import Offer
from listings.deals.talks.access import may_write, speaks_for
from listings.deals.talks.refusals import TalksClosed
from listings.deals.talks.states import Decider, Horizon, OfferState, Purpose, Side, Stage, TalkState
from marketplace.core import clock, events, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.lifecycle import begin, rearm, walk
from marketplace.core.locks import locked, locked_all

LONGEST_MESSAGE = 4000
REMINDERS = (("three_days", 3), ("seven_days", 7))
REMINDER = "negotiation_reminder"


@dataclass(frozen=True, slots=True)
class ShortForm:
    """What qualifies an enquiry. Budget bounds are in `currency`."""

    purpose: str
    stage: str
    horizon: str
    decider: str
    budget_min: Decimal | None = None
    budget_max: Decimal | None = None
    currency: str = "CNY"

    def check(self) -> None:
        """Raises Invalid for an unknown choice or a budget that runs downward."""
        for name, choices in (("purpose", Purpose), ("stage", Stage), ("horizon", Horizon), ("decider", Decider)):
            if getattr(self, name) not in choices.values:
                raise Invalid(field=name, problem=_("Choose one of the answers."))
        low, high = self.budget_min, self.budget_max
        if low is not None and low < 0:
            raise Invalid(field="budget_min", problem=_("A budget is not negative."))
        if high is not None and high < (low or 0):
            raise Invalid(field="budget_max", problem=_("The highest amount is below the lowest."))


@transaction.atomic
def enquire(*, listing_id: int, by: Actor, message: str, form: ShortForm) -> Negotiation:
    """Ask a qualified first question: the enquiry and its talks begin together.

    Raises what `ask` raises, and Invalid for the form.
    """
    form.check()
    enquiry = ask(listing_id=listing_id, by=by, message=message)
    return open_negotiation(enquiry_id=enquiry.pk, by=by, form=form)


@transaction.atomic
def open_negotiation(*, enquiry_id: int, by: Actor = SYSTEM, form: ShortForm | None = None) -> Negotiation:
    """The talks of an enquiry, begun if they are not yet. Safe to call from anywhere, any number of times."""
    made = Negotiation.objects.filter(enquiry=enquiry_id).first()
    if made is not None:
        return made
    enquiry = Enquiry.objects.select_related("listing").get(pk=enquiry_id)
    negotiation = Negotiation(
        number=next_number("T"),
        enquiry=enquiry,
        listing=enquiry.listing,
        holder_id=enquiry.listing.organisation_id,
        buyer_id=enquiry.organisation_id,
        opened_at=enquiry.asked_at,
        last_said_at=enquiry.asked_at,
        last_said_by=Side.BUYER,
    )
    _fill(negotiation, form)
    try:
        with transaction.atomic():
            begin(NEGOTIATION_GRAPH, negotiation, by=by, data=_told(negotiation))
    except IntegrityError:  # another process was faster
        found = Negotiation.objects.filter(enquiry=enquiry_id).first()
        if found is None:
            raise
        return found
    for act, days in REMINDERS:
        timers.arm(negotiation, REMINDER, act, enquiry.asked_at + timedelta(days=days))
    return negotiation


def _fill(negotiation: Negotiation, form: ShortForm | None) -> None:
    if form is None:
        return
    for name in ("purpose", "stage", "horizon", "decider", "budget_min", "budget_max", "currency"):
        setattr(negotiation, name, getattr(form, name))


def qualify(*, negotiation_id: int, by: Actor, form: ShortForm) -> Negotiation:
    """Fill in or correct the short form, by the asking side. Raises NotFound, NotPermitted, TalksClosed, Invalid."""
    form.check()
    with _spoken(negotiation_id, by) as negotiation:
        if negotiation.side_of(by.acts_for) != Side.BUYER:
            raise NotPermitted()
        _fill(negotiation, form)
        negotiation.save(
            update_fields=["purpose", "stage", "horizon", "decider", "budget_min", "budget_max", "currency"]
        )
        events.record("negotiation.qualify", negotiation, by, data=_told(negotiation))
    return negotiation


@contextmanager
def _spoken(negotiation_id: int, by: Actor, *, closed_too: bool = False) -> Iterator[Negotiation]:
    """The talks under their lock, for somebody who may write in them. Raises NotFound, NotPermitted, TalksClosed."""
    with locked(Negotiation, negotiation_id) as negotiation:
        demand_part(negotiation, by)
        if not negotiation.is_open and not closed_too:
            raise TalksClosed()
        yield negotiation


def demand_part(negotiation: Negotiation, by: Actor) -> str:
    """The side the actor writes for. Raises NotFound for strangers, NotPermitted for readers."""
    side = negotiation.side_of(speaks_for(by))
    if not side:
        raise NotFound()
    if not may_write(by) or by.user_id is None:
        raise NotPermitted()
    return side


def _told(negotiation: Negotiation, **more: object) -> dict[str, object]:
    return {
        "number": negotiation.number,
        "holder": negotiation.holder_id,
        "buyer": negotiation.buyer_id,
        "listing": negotiation.listing_id,
        **more,
    }


def say(*, negotiation_id: int, by: Actor, text: str) -> Message:
    """Write a message. The holder's first one answers the enquiry; one in quiet talks takes them up again.

    Raises NotFound, NotPermitted, TalksClosed, Invalid (empty, or over 4,000 characters).
    """
    text = text.strip()
    if not text or len(text) > LONGEST_MESSAGE:
        raise Invalid(field="text", problem=_("Write your message, in at most 4,000 characters."))
    with _spoken(negotiation_id, by, closed_too=True) as negotiation:
        side = negotiation.side_of(by.acts_for)
        if negotiation.state == TalkState.CLOSED:
            raise TalksClosed()
        assert by.user_id is not None and by.acts_for is not None
        message = Message.objects.create(
            negotiation=negotiation,
            organisation_id=by.acts_for,
            author_id=by.user_id,
            on_behalf_of_id=by.on_behalf_of,
            text=text,
            at=clock.now(),
        )
        heard(negotiation, side, by)
        events.record("negotiation.say", negotiation, by, data=_told(negotiation, message=message.pk, side=side))
    return message


def heard(negotiation: Negotiation, side: str, by: Actor) -> None:
    """Note that a side spoke (a message or an offer), on locked talks: silence counts from here."""
    negotiation.last_said_at, negotiation.last_said_by = clock.now(), side
    also = ["last_said_at", "last_said_by"]
    if side == Side.HOLDER and negotiation.first_answered_at is None:
        negotiation.first_answered_at = clock.now()
        also.append("first_answered_at")
        timers.disarm(negotiation, REMINDER)
    if negotiation.state == TalkState.ASKED and side == Side.HOLDER and HOLDER_WORKS.permits(by, negotiation):
        walk(NEGOTIATION_GRAPH, negotiation, "answer", by=by, data=_told(negotiation), also=also)
    elif negotiation.state == TalkState.LAPSED:
        walk(NEGOTIATION_GRAPH, negotiation, "resume", by=by, data=_told(negotiation), also=also)
    else:
        negotiation.save(update_fields=also)
        rearm(NEGOTIATION_GRAPH, negotiation)


def share_contacts(*, negotiation_id: int, by: Actor) -> Negotiation:
    """Agree, for one's side, to show each other how to be reached; shown once both did. Cannot be taken back.

    Raises NotFound, NotPermitted, TalksClosed.
    """
    with _spoken(negotiation_id, by) as negotiation:
        column = f"{negotiation.side_of(by.acts_for)}_shares_at"
        if getattr(negotiation, column) is None:
            setattr(negotiation, column, clock.now())
            negotiation.save(update_fields=[column])
            events.record(
                "negotiation.share_contacts",
                negotiation,
                by,
                data=_told(negotiation, both=negotiation.contacts_are_shared),
            )
    return negotiation


def close(*, negotiation_id: int, by: Actor, reason: str) -> Negotiation:
    """End the talks; a standing offer ends with them.

    Raises NotFound, NotPermitted, IllegalTransition, ReasonMissing.
    """
    standing = Offer.objects.filter(negotiation=negotiation_id).standing().values_list("pk", flat=True)
    wanted: list[tuple[type, int]] = [(Negotiation, negotiation_id), *((Offer, pk) for pk in standing)]
    with locked_all(wanted) as rows:
        negotiation = rows[0]
        assert isinstance(negotiation, Negotiation)
        demand_part(negotiation, by)
        for offer in Offer.objects.filter(negotiation=negotiation).standing():
            walk(OFFER_GRAPH, offer, "end", by=by, reason=reason, data=_told(negotiation, version=offer.version))
        walk(NEGOTIATION_GRAPH, negotiation, "close", by=by, reason=reason, data=_told(negotiation))
        timers.disarm(negotiation, REMINDER)
    return negotiation


def reopen(*, negotiation_id: int) -> Negotiation:
    """After a deal fell through: the talks go on. Called by what ends deals. Raises IllegalTransition."""
    with locked(Negotiation, negotiation_id) as negotiation:
        negotiation.last_said_at = clock.now()
        walk(NEGOTIATION_GRAPH, negotiation, "reopen", by=SYSTEM, data=_told(negotiation), also=("last_said_at",))
    return negotiation


def take_up_again(offer: Offer) -> None:
    """The deal made of this offer fell through: its talks go on. Runs twice harmlessly."""
    with locked_all([(Negotiation, offer.negotiation_id), (Offer, offer.pk)]) as rows:
        negotiation, row = rows
        assert isinstance(negotiation, Negotiation) and isinstance(row, Offer)
        if row.state == OfferState.ACCEPTED:
            walk(OFFER_GRAPH, row, "undo", by=SYSTEM, data=_told(negotiation, version=row.version))
            reopen(negotiation_id=negotiation.pk)


def remind(negotiation_id: int, act: str) -> None:
    """What a due reminder does: tell the holder that an enquiry still waits, unless it does not."""
    with locked(Negotiation, negotiation_id) as negotiation:
        if negotiation.state == TalkState.ASKED and negotiation.first_answered_at is None:
            days = dict(REMINDERS)[act]
            events.record("negotiation.remind", negotiation, SYSTEM, data=_told(negotiation, days=days))


timers.on_timer(REMINDER, remind)


def end_offers_of_quiet_talks(negotiation_id: int) -> None:
    """Talks that lapsed leave no offer standing."""
    for pk in Offer.objects.filter(negotiation=negotiation_id).standing().values_list("pk", flat=True):
        with locked_all([(Negotiation, negotiation_id), (Offer, pk)]) as rows:
            negotiation, offer = rows
            assert isinstance(negotiation, Negotiation) and isinstance(offer, Offer)
            if negotiation.state == TalkState.LAPSED and offer.state == OfferState.STANDING:
                walk(OFFER_GRAPH, offer, "end", by=SYSTEM, data=_told(negotiation, version=offer.version))


def response_time(organisation_id: int) -> timedelta | None:
    """The median time in which a holder first answered, over its last fifty answered enquiries; None before three."""
    rows = (
        Negotiation.objects.filter(holder=organisation_id, first_answered_at__isnull=False)
        .order_by("-first_answered_at")
        .values_list("opened_at", "first_answered_at")[:50]
    )
    waits = [answered - asked for asked, answered in rows if answered is not None]
    return median(waits) if len(waits) >= 3 else None  # type: ignore[type-var]
