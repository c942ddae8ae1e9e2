"""Who is told what about talks, offers and sealed offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.catalogue.notices import members_of
from listings.deals.models.negotiation import NdaAcceptance, Negotiation
from listings.deals.models.sealed import SealedOffer, SealedRound
from marketplace.accounts.models import Membership
from marketplace.accounts.roles import DESK_KINDS, Power, Role
from marketplace.core.models import Event
from marketplace.notifications.service import announce


def people_of(organisation_id: int | None) -> set[int]:
    """Owners, staff and signatories of an organisation, and those who may answer enquiries for it."""
    if not organisation_id:
        return set()
    signing = Membership.objects.live().filter(
        Q(organisation=organisation_id), roles__overlap=[Role.OWNER, Role.SIGNATORY]
    )
    return members_of(organisation_id, Power.ENQUIRE) | set(signing.values_list("user_id", flat=True))


def _facts(event: Event) -> Mapping[str, Any]:
    """Number and sides as the event tells them; steps of the clock carry no data, so theirs are read from the row."""
    told: dict[str, Any] = event.data
    if told.get("number"):
        return told
    if event.subject_kind == "deals.negotiation":
        talks = Negotiation.objects.get(pk=event.subject_id)
        return {"number": talks.number, "holder": talks.holder_id, "buyer": talks.buyer_id}
    found = SealedRound.objects.select_related("listing").get(pk=event.subject_id)
    return {"number": found.listing.number, "holder": found.listing.organisation_id, "round": found.number}


def _to(*names: str) -> Callable[[Event], Iterable[int]]:
    """Recipients: the organisations the event names."""

    def recipients(event: Event) -> set[int]:
        told = _facts(event)
        return set().union(*(people_of(told.get(name)) for name in names))

    return recipients


def _to_other_side(event: Event) -> set[int]:
    """Whoever of the two sides did not act."""
    mine = event.on_behalf_of_id or event.org_id
    sides = {event.data.get("holder"), event.data.get("buyer")} - {mine}
    return set().union(*(people_of(one) for one in sides))


def _params(event: Event) -> dict[str, Any]:
    told = _facts(event)
    return {name: told.get(name, "") for name in ("number", "version", "days", "name", "round")} | {
        "reason": event.reason
    }


def _talks(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("negotiation", args=[_facts(event)["number"]])


def _offer(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("offer_detail", args=[event.data["number"], event.data["version"]])


def _round(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("sealed_round", args=[_facts(event)["number"]])


def _round_desk(event: Event) -> set[int]:
    desk = Membership.objects.live().filter(
        organisation__kind__in=DESK_KINDS, roles__overlap=[Role.OWNER, Role.REVIEWER, Role.APPROVER]
    )
    return people_of(_facts(event).get("holder")) | set(desk.values_list("user_id", flat=True))


def _bidders(event: Event) -> set[int]:
    rows = SealedOffer.objects.filter(round=event.subject_id).values_list("organisation_id", flat=True).distinct()
    return set().union(*(people_of(pk) for pk in rows))


def _bound_by_old_text(event: Event) -> set[int]:
    """Those who accepted an earlier text of the listing and have to accept the new one."""
    rows = NdaAcceptance.objects.filter(negotiation__listing=event.subject_id).values_list("organisation_id", flat=True)
    return set().union(*(people_of(pk) for pk in set(rows)))


def announce_all() -> None:
    """Called once the app is ready."""
    tell = [
        ("negotiation.say", _to_other_side, _("New message in talks %(number)s"), _talks),
        ("negotiation.remind", _to("holder"), _("Enquiry %(number)s has waited %(days)s days for an answer"), _talks),
        (
            "negotiation.share_contacts",
            _to_other_side,
            _("Talks %(number)s: the other side shares its contact"),
            _talks,
        ),
        ("negotiation.nda", _to("holder"), _("Talks %(number)s: confidentiality text accepted"), _talks),
        ("negotiation.grant", _to("buyer"), _("Talks %(number)s: “%(name)s” is open to you"), _talks),
        ("negotiation.close", _to_other_side, _("Talks %(number)s were closed: %(reason)s"), _talks),
        ("negotiation.lapse", _to("holder", "buyer"), _("Talks %(number)s ended in silence"), _talks),
        ("negotiation.give_up", _to("holder", "buyer"), _("Enquiry %(number)s lapsed unanswered"), _talks),
        (
            "negotiation.overtaken",
            _to("holder", "buyer"),
            _("Talks %(number)s: the right was promised to somebody else; the offer can no longer be accepted"),
            _talks,
        ),
        ("offer.begin", _to("receiver"), _("Talks %(number)s: version %(version)s of the offer for you"), _offer),
        ("offer.accept", _to("maker"), _("Talks %(number)s: your version %(version)s was accepted"), _offer),
        ("offer.reject", _to("maker"), _("Talks %(number)s: your version %(version)s was rejected"), _offer),
        ("offer.withdraw", _to("receiver"), _("Talks %(number)s: version %(version)s was withdrawn"), _offer),
        ("sealed.close", _round_desk, _("Sealed offers on %(number)s can be opened"), _round),
    ]
    for kind, recipients, sentence, url in tell:
        announce(kind, recipients=recipients, params=_params, sentence=sentence, url=url)
    announce(
        "sealed.open",
        recipients=_bidders,
        params=_params,
        sentence=_("The sealed offers on %(number)s were opened"),
        url=lambda event: _inbox(),
    )
    announce(
        "sealed.void",
        recipients=lambda event: _bidders(event) | people_of(_facts(event).get("holder")),
        params=_params,
        sentence=_("The round of sealed offers on %(number)s is void: it was not opened in time"),
        url=lambda event: _inbox(),
    )
    announce(
        "listing.nda",
        recipients=_bound_by_old_text,
        params=_params,
        sentence=_("Listing %(number)s has a new confidentiality text; accept it to use the data room again"),
        url=lambda event: _inbox(),
    )


def _inbox() -> str:
    with translation.override("zh-hans"):
        return reverse("enquiries")
