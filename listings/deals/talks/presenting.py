"""Talks, offers and rounds as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from listings.catalogue.states import Mode
from listings.deals.contacts import hide_contacts
from listings.deals.models.negotiation import Message, Negotiation
from listings.deals.models.offers import Offer
from listings.deals.talks.states import Bears, Decider, Horizon, OfferState, Purpose, RoundState, Side, Stage, TalkState
from listings.deals.terms import LABELS, OF_LICENCES, Difference, Terms, differences
from marketplace.core import clock, formats
from marketplace.core.workdays import work_calendar
from marketplace.payments.models import Obligation
from marketplace.payments.presenting import SHAPES
from marketplace.payments.references import shown as reference_shown
from marketplace.payments.states import ObligationState

STATE_SHAPES: dict[str, str] = {
    TalkState.ASKED: "wait",
    TalkState.TALKING: "now",
    TalkState.AGREED: "go",
    TalkState.CLOSED: "ended",
    TalkState.LAPSED: "off",
    OfferState.STANDING: "now",
    OfferState.SUPERSEDED: "off",
    OfferState.WITHDRAWN: "ended",
    OfferState.REJECTED: "ended",
    OfferState.ACCEPTED: "go",
    OfferState.UNDONE: "ended",
    OfferState.EXPIRED: "ended",
    OfferState.ENDED: "ended",
    RoundState.COLLECTING: "now",
    RoundState.CLOSED: "wait",
    RoundState.OPENED: "go",
    RoundState.VOID: "ended",
}
MONEY = frozenset({"price", "upfront", "deposit", "royalty_minimum"})
PERCENT = frozenset({"hold_back_pct", "royalty_pct"})
BEARERS = frozenset({"tax_by", "annuity_by", "records"})
#: Shown only where they say something.
SILENT_WHEN_EMPTY = frozenset(
    {"upfront", "milestones", "deposit", "hold_back_pct", "hold_back_days", "royalty_pct", "royalty_base"}
    | {"royalty_minimum", "starts_on", "term_months", "conditions"}
)


def _lang() -> str:
    return get_language() or "zh-hans"


def term_text(field: str, value: Any, currency: str, *, is_licence: bool) -> str:
    """One term in words and exact figures; a dash for none."""
    if field == "milestones":
        parts = [
            gettext("%(title)s: %(amount)s, %(days)s days after agreement")
            % {
                "title": one.title,
                "amount": formats.money_exact(one.amount, currency, _lang()),
                "days": one.due_days,
            }
            for one in value
        ]
        return pgettext("list", "; ").join(parts) or formats.NOTHING
    if field == "territories":
        return pgettext("list", ", ").join(value) or gettext("whole country")
    if field == "fields_of_use":
        return pgettext("list", ", ").join(value) or gettext("every use")
    if value in (None, "", 0, Decimal(0)):
        return formats.NOTHING
    if field in MONEY:
        return formats.money_exact(value, currency, _lang())
    if field in PERCENT:
        return formats.percent(value, 3)
    if field in BEARERS:
        return str(Bears.said(is_licence=is_licence)[value])
    if field == "mode":
        return str(Mode(value).label)
    if isinstance(value, datetime):
        return f"{formats.day(timezone.localtime(value).date(), _lang())} {timezone.localtime(value):%H:%M}"
    if isinstance(value, date):
        return formats.day(value, _lang())
    return str(value)


def term_lines(terms: Terms) -> list[tuple[str, str]]:
    """(label, text) of every term that says something, in the order offers show them."""
    lines = []
    for field, label in LABELS.items():
        value = getattr(terms, field)
        if field == "currency" or (field in OF_LICENCES and not terms.is_licence):
            continue
        text = term_text(field, value, terms.currency, is_licence=terms.is_licence)
        if field in SILENT_WHEN_EMPTY and text == formats.NOTHING:
            continue
        lines.append((str(label), text))
    return lines


def difference_lines(before: Offer, after: Offer) -> list[dict[str, str]]:
    """Terms that changed from one version to the next: label, before, after."""
    return [
        {
            "label": one.label,
            "before": term_text(one.field, one.before, before.currency, is_licence=before.terms.is_licence),
            "after": term_text(one.field, one.after, after.currency, is_licence=after.terms.is_licence),
        }
        for one in differences(before.terms, after.terms)
        if one.field not in OF_LICENCES or after.terms.is_licence
    ]


def difference_data(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """The same as data for the API: field, before and after as JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value:f}"
        if isinstance(value, date | datetime):
            return value.isoformat()
        if isinstance(value, tuple):
            return [one.as_dict() if hasattr(one, "as_dict") else one for one in value]
        return value

    return [{"field": one.field, "before": plain(one.before), "after": plain(one.after)} for one in found]


def message_text(text: str, negotiation: Negotiation) -> str:
    """What was written, with contact details hidden until both sides share them."""
    return text if negotiation.contacts_are_shared else hide_contacts(text)


def thread(negotiation: Negotiation, messages: Sequence[Message], organisation_id: int | None) -> list[dict[str, Any]]:
    """The first question and every message, oldest first."""
    first = negotiation.enquiry
    rows: list[dict[str, Any]] = [
        {
            "at": first.asked_at,
            "who": negotiation.buyer.name,
            "person": first.asked_by.display_name if negotiation.contacts_are_shared else "",
            "text": message_text(first.message, negotiation),
            "is_mine": organisation_id == negotiation.buyer_id,
        }
    ]
    for one in messages:
        sender = negotiation.holder if one.organisation_id == negotiation.holder_id else negotiation.buyer
        rows.append(
            {
                "at": one.at,
                "who": sender.name,
                "person": one.author.display_name
                if negotiation.contacts_are_shared or one.organisation_id == organisation_id
                else "",
                "text": message_text(one.text, negotiation),
                "is_mine": one.organisation_id == organisation_id,
            }
        )
    return rows


def deposit_row(obligation_id: int | None) -> dict[str, str] | None:
    """How the deposit of a sealed offer stands, and where it is paid; None where none is asked."""
    row = Obligation.objects.filter(pk=obligation_id or 0).first()
    if row is None:
        return None
    return {
        "said": str(ObligationState(row.state).label),
        "shape": SHAPES[row.state],
        "reference": reference_shown(row.reference),
        "url": reverse("obligation", args=[row.reference]),
    }


def form_lines(negotiation: Negotiation) -> list[tuple[str, str]]:
    """The short form in words; empty where it was not filled in."""
    if not negotiation.purpose:
        return []
    lines = [
        (gettext("Wanted for"), str(Purpose(negotiation.purpose).label)),
        (gettext("How far they are"), str(Stage(negotiation.stage).label) if negotiation.stage else formats.NOTHING),
        (gettext("To decide"), str(Horizon(negotiation.horizon).label) if negotiation.horizon else formats.NOTHING),
        (gettext("Decided by"), str(Decider(negotiation.decider).label) if negotiation.decider else formats.NOTHING),
    ]
    low, high = negotiation.budget_min, negotiation.budget_max
    if low is not None or high is not None:
        lines.append((gettext("Budget"), formats.money_range(low, high, negotiation.currency, _lang())))
    return lines


def contact_lines(negotiation: Negotiation, organisation_id: int | None) -> list[tuple[str, str]]:
    """How the other side can be reached, once both share it."""
    if not negotiation.contacts_are_shared:
        return []
    other = negotiation.other_of(organisation_id)
    lines = [
        (gettext("Contact person"), other.contact_name),
        (gettext("Telephone"), other.contact_phone),
        (gettext("E-mail"), other.contact_email),
    ]
    return [(label, text or formats.NOTHING) for label, text in lines]


def working_days_to(due: datetime | None) -> int | None:
    """Working days until a deadline; negative when it has passed."""
    if due is None:
        return None
    last_day = timezone.localdate(due - timedelta(microseconds=1))
    return work_calendar().working_days_between(clock.today(), last_day)


def turn(negotiation: Negotiation, standing: Offer | None, organisation_id: int | None) -> dict[str, Any] | None:
    """Whose turn it is, what for and by when; None when nobody owes anything."""
    side = negotiation.side_of(organisation_id)
    if not negotiation.is_open:
        return None
    if standing is not None:
        mine = standing.receiver_id == organisation_id
        return {
            "mine": mine,
            "title": gettext("Your answer to version %(version)s") % {"version": standing.version}
            if mine
            else gettext("The other side answers version %(version)s") % {"version": standing.version},
            "due": standing.valid_until,
            "days": working_days_to(standing.valid_until),
            "url": reverse("offer_detail", args=[negotiation.number, standing.version]),
            "act": gettext("Read the offer"),
            "text": gettext("After this moment the offer no longer stands."),
        }
    if negotiation.state == TalkState.ASKED:
        mine = side == Side.HOLDER
        return {
            "mine": mine,
            "title": gettext("Your answer to the enquiry") if mine else gettext("The holder answers your enquiry"),
            "due": negotiation.due_at,
            "days": working_days_to(negotiation.due_at),
            "url": "#say" if mine else "",
            "act": gettext("Answer"),
            "text": gettext("An enquiry without an answer lapses after 30 days."),
        }
    mine = negotiation.last_said_by != side
    return {
        "mine": mine,
        "title": gettext("Your turn to write or to make an offer") if mine else gettext("The other side’s turn"),
        "due": None,
        "days": None,
        "url": "",
        "act": "",
        "text": gettext("Talks in which nobody writes for 60 days end by themselves."),
    }


def waited(span: timedelta | None) -> str:
    """A response time in words: hours up to two days, days beyond; a dash when it is not known yet."""
    if span is None:
        return formats.NOTHING
    hours = max(1, round(span.total_seconds() / 3600))
    if hours < 48:
        return gettext("%(hours)s hours") % {"hours": hours}
    return gettext("%(days)s days") % {"days": round(hours / 24)}


def offer_rows(offers: Sequence[Offer], organisation_id: int | None) -> list[dict[str, Any]]:
    """Versions newest first, each with what changed against the one before."""
    by_version = {one.version: one for one in offers}
    rows = []
    for one in sorted(offers, key=lambda offer: -offer.version):
        before = by_version.get(one.version - 1)
        rows.append(
            {
                "offer": one,
                "shape": STATE_SHAPES[one.state],
                "label": OfferState(one.state).label,
                "is_mine": one.maker_id == organisation_id,
                "changed": difference_lines(before, one) if before else [],
                "url": reverse("offer_detail", args=[one.negotiation.number, one.version]),
            }
        )
    return rows


#: Events of talks in words, for components/timeline.html.
WORDS: dict[str, tuple[str, Any]] = {
    "negotiation.begin": ("now", _("Enquiry begun")),
    "negotiation.answer": ("go", _("Answered by the holder")),
    "negotiation.qualify": ("off", _("Short form filled in")),
    "negotiation.share_contacts": ("go", _("Agreed to share contact details")),
    "negotiation.nda": ("go", _("Confidentiality text accepted")),
    "negotiation.grant": ("now", _("File opened in the data room")),
    "negotiation.revoke": ("hold", _("File taken back from the data room")),
    "negotiation.close": ("ended", _("Talks closed")),
    "negotiation.lapse": ("off", _("Lapsed in silence")),
    "negotiation.give_up": ("off", _("Lapsed unanswered")),
    "negotiation.resume": ("now", _("Talks taken up again")),
    "negotiation.agree": ("go", _("Agreed")),
    "negotiation.reopen": ("now", _("Reopened after the deal fell through")),
    "negotiation.overtaken": ("stop", _("The right was promised to somebody else")),
    "offer.begin": ("now", _("Offer made")),
    "offer.accept": ("go", _("Offer accepted")),
    "offer.reject": ("ended", _("Offer rejected")),
    "offer.withdraw": ("ended", _("Offer withdrawn")),
    "offer.expire": ("ended", _("Offer expired")),
    "offer.end": ("ended", _("Offer ended with the talks")),
    "offer.undo": ("ended", _("The deal fell through")),
}
