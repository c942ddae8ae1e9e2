"""What the catalogue adds to shared pages: masthead, workspace, home, profiles of organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.catalogue import access
from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import shown_number
from listings.catalogue.rows import listing_row, need_row
from listings.catalogue.states import LICENCES, PUBLIC, ListingState, Mode, NeedState
from listings.patents.slots import slot
from marketplace.accounts.models import Organisation
from marketplace.accounts.profiles import profile_block
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.portal import registry
from marketplace.search.pages import result_row

HOME_ROWS = 6
PROFILE_ROWS = 10
TRADE = _("Trade")
DESK = _("Review desk")


def newest_listings() -> dict[str, Any]:
    """The listings published last, without ranking."""
    newest = Listing.objects.public().with_rights().order_by("-published_at", "-pk")[:HOME_ROWS]
    return {"newest_listings": [{"row": listing_row(listing), "on": listing.published_at} for listing in newest]}


def newest_needs() -> dict[str, Any]:
    newest = Need.objects.public().select_related("organisation").order_by("-published_at", "-pk")[:HOME_ROWS]
    return {"newest_needs": [need_row(need) for need in newest]}


def listings_profile(organisation: Organisation, actor: Actor) -> dict[str, Any] | None:
    """What an organisation offers, for its public page."""
    found = Listing.objects.public().of(organisation.pk)
    total = found.count()
    if not total:
        return None
    shown = found.with_rights().order_by("-published_at", "-pk")[:PROFILE_ROWS]
    return {"rows": [result_row(listing_row(listing)) for listing in shown], "total": total}


def needs_profile(organisation: Organisation, actor: Actor) -> dict[str, Any] | None:
    """What it seeks under its own name."""
    found = Need.objects.public().of(organisation.pk).filter(is_anonymous=False).select_related("organisation")
    shown = list(found.order_by("-published_at", "-pk")[:PROFILE_ROWS])
    return {"rows": [need_row(need) for need in shown]} if shown else None


def listings_of_asset(asset_id: int) -> dict[str, Any] | None:
    """Public listings of one right, for its own page."""
    found = Listing.objects.public().with_rights().filter(listed__asset=asset_id).order_by("-published_at", "-pk")
    rows = [result_row(listing_row(listing)) for listing in found[:PROFILE_ROWS]]
    return {"rows": rows} if rows else None


def _waiting(actor: Actor) -> list[QuerySet[Any]]:
    return [
        access.listings_for_review(actor).in_state(ListingState.IN_REVIEW),
        access.needs_for_review(actor).in_state(NeedState.IN_REVIEW),
    ]


def _returned(actor: Actor) -> list[QuerySet[Any]]:
    return [access.own_listings(actor).in_state(ListingState.RETURNED, ListingState.SUSPENDED)]


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """What is the actor's to do: corrections owed, and at the desk what waits for a decision."""
    lines: list[dict[str, Any]] = []
    for listing in access.own_listings(actor).in_state(ListingState.RETURNED, ListingState.SUSPENDED)[:20]:
        words = (
            gettext("Correct listing %(number)s and submit it again")
            if listing.state == ListingState.RETURNED
            else gettext("Listing %(number)s is suspended: see why")
        )
        address = reverse("my_listing", args=[listing.number])
        lines.append({"text": words % {"number": listing.number}, "url": address, "note": listing.title})
    for listed in access.consents_awaited(actor).order_by("-listing__updated_at")[:20]:
        words = gettext("Answer whether %(number)s may be listed") % {"number": shown_number(listed.asset)}
        address = f"{reverse('rights_page', args=[listed.asset_id])}#consents"
        lines.append({"text": words, "url": address, "note": listed.listing.organisation.name})
    for need in access.own_needs(actor).in_state(NeedState.RETURNED)[:20]:
        words = gettext("Correct need %(number)s and submit it again") % {"number": need.number}
        lines.append({"text": words, "url": reverse("my_need", args=[need.number]), "note": need.title})
    for kind, waiting in (("listings", access.listings_for_review(actor)), ("needs", access.needs_for_review(actor))):
        for matter in waiting.in_state(ListingState.IN_REVIEW).select_related("organisation").order_by("due_at")[:20]:
            lines.append(
                {
                    "text": gettext("Decide on %(number)s") % {"number": matter.number},
                    "url": reverse("review_detail", args=[kind, matter.number]),
                    "due": matter.due_at,
                    "note": f"{matter.title} · {matter.organisation.name}",
                }
            )
    return lines


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[registry.Entry]:
    """Last days of one's own listings and needs on the market."""
    for listing in access.own_listings(actor).filter(state__in=PUBLIC, valid_until__range=(first, last)):
        words = gettext("Last day of listing %(number)s") % {"number": listing.number}
        assert listing.valid_until is not None  # public_listing_has_its_dates
        url = reverse("my_listing", args=[listing.number])
        yield registry.Entry(listing.valid_until, words, url, listing.title)
    for need in access.own_needs(actor).filter(state=NeedState.PUBLISHED, deadline__range=(first, last)):
        assert need.deadline is not None
        words = gettext("Last day of need %(number)s") % {"number": need.number}
        yield registry.Entry(need.deadline, words, reverse("my_need", args=[need.number]), need.title)


def contribute() -> None:
    """Called once the app is ready."""
    registry.place(10, _("Listings"), "listing_list")
    registry.place(15, _("Technology needs"), "need_list")
    registry.desk(TRADE, 20, _("My listings"), "my_listings", shows=_may_hold, count=_returned)
    registry.desk(TRADE, 22, _("My needs"), "my_needs", shows=_may_hold)
    registry.desk(
        TRADE,
        23,
        _("Consents asked of us"),
        "consents_asked",
        shows=lambda actor: _may_hold(actor) and access.may_consent(actor),
        count=lambda actor: [access.consents_awaited(actor)],
    )
    registry.desk(TRADE, 26, _("Saved searches"), "saved_search_list", shows=lambda actor: actor.user_id is not None)
    registry.desk(DESK, 70, _("Listings and needs to review"), "review_list", shows=access.is_at_desk, count=_waiting)
    registry.figure(10, _("Listings on the market"), listings_figure, url_name="listing_list")
    registry.figure(20, _("Open needs"), needs_figure, url_name="need_list")
    registry.home_block(20, "catalogue/home_listings.html", newest_listings)
    registry.home_block(30, "catalogue/home_needs.html", newest_needs)
    registry.todo(20, todo_lines)
    registry.calendar(calendar_days)
    slot(10, "catalogue/asset_listings.html", listings_of_asset)
    registry.entrance(
        10,
        _("Sell or license a patent"),
        _("Check the rights, write the summary, submit it for review"),
        "listing_new",
    )
    registry.entrance(20, _("Find technology"), _("Search, compare side by side, ask the holder"), "listing_list")
    registry.entrance(30, _("Publish a need"), _("Say what is to be solved, by when and for how much"), "need_new")
    registry.shortcut(10, _("Polymers"), "listing_list", "ipc=C08")
    registry.shortcut(20, _("Machine tools"), "listing_list", "ipc=B23")
    registry.shortcut(30, _("Open licences"), "listing_list", "mode=open")
    registry.shortcut(40, _("Ready for use (TRL 7–9)"), "listing_list", "readiness=7-9")
    profile_block(20, "catalogue/profile_listings.html", listings_profile)
    profile_block(30, "catalogue/profile_needs.html", needs_profile)


def _may_hold(actor: Actor) -> bool:
    return actor.acts_for is not None and not access.is_at_desk(actor)


def listings_figure() -> tuple[int, str]:
    """How many there are, and how many of them to buy and to license; one query."""
    rows = dict(Listing.objects.public().order_by().values_list("mode").annotate(Count("pk")))
    parts = {"sale": rows.get(Mode.TRANSFER, 0), "licences": sum(rows.get(mode, 0) for mode in LICENCES)}
    return sum(rows.values()), gettext("%(sale)s for transfer, %(licences)s for licence") % parts


def needs_figure() -> tuple[int, str]:
    """How many there are, and how many close within 30 days; one query."""
    soon = Q(deadline__lte=clock.today() + timedelta(days=30))
    found = Need.objects.public().aggregate(open=Count("pk"), closing=Count("pk", filter=soon))
    return found["open"], gettext("%(count)s close within 30 days") % {"count": found["closing"]}
