"""Who is told what about listings and needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import shown_number
from listings.catalogue.services.co_owners import ASKED
from marketplace.accounts.models import Delegation, Membership
from marketplace.accounts.roles import DESK_KINDS, Power, Role
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications.service import announce

KEEPERS = [Role.OWNER, Role.STAFF]


def members_of(organisation_id: int | None, power: str) -> set[int]:
    """Owners and staff of an organisation, and of those who may act for it now within `power`."""
    today = clock.today()
    agents = Delegation.objects.filter(
        client=organisation_id,
        powers__contains=[power],
        starts_on__lte=today,
        ends_on__gte=today,
        ended_at__isnull=True,
    ).values("agent")
    rows = Membership.objects.live().filter(
        Q(organisation=organisation_id) | Q(organisation__in=agents), roles__overlap=KEEPERS
    )
    return set(rows.values_list("user_id", flat=True))


def reviewers(event: Event) -> set[int]:
    """The operator's reviewers; a catalogue taken over in bulk waits in the queue without a letter for each listing."""
    if event.data.get("taken_over"):
        return set()
    rows = Membership.objects.live().filter(
        organisation__kind__in=DESK_KINDS,
        organisation__state=OrganisationState.VERIFIED,
        roles__overlap=[Role.REVIEWER, Role.APPROVER],
    )
    return set(rows.values_list("user_id", flat=True))


def _holders(event: Event) -> Iterable[int]:
    found = Listing.objects.filter(pk=event.subject_id).values_list("organisation_id", flat=True).first()
    return members_of(found, Power.LIST) if found else ()


def _seekers(event: Event) -> Iterable[int]:
    found = Need.objects.filter(pk=event.subject_id).values_list("organisation_id", flat=True).first()
    return members_of(found, Power.NEED) if found else ()


def _number(event: Event) -> str:
    """The number of the matter; steps of the clock carry no data, so theirs is read from the row."""
    if event.data.get("number"):
        return str(event.data["number"])
    model: type[Listing] | type[Need] = Need if event.kind.startswith("need.") else Listing
    return model.objects.values_list("number", flat=True).get(pk=event.subject_id)


def _params(event: Event) -> dict[str, Any]:
    """Number and reason; the clock's reasons are told in both languages, a person's in their own."""
    zh, en = event.data.get("reason_zh", ""), event.data.get("reason_en", "")
    said = {"zh": zh, "en": en} if zh and en else event.reason
    return {"number": _number(event), "reason": said}


#: Pages of a review: the page's name, and what its address holds before the number.
REVIEW_PAGES = {"review_listing": ("review_detail", ["listings"]), "review_need": ("review_detail", ["needs"])}


def _address(name: str) -> Any:
    """The page of the matter, without a language prefix: the letter adds the reader's."""

    def url(event: Event) -> str:
        page, before = REVIEW_PAGES.get(name, (name, []))
        with translation.override("zh-hans"):
            return reverse(page, args=[*before, _number(event)])

    return url


def _co_owners(event: Event) -> Iterable[int]:
    """Those who bind the co-owners that are asked."""
    organisations = {organisation for organisation, _asset, _act in event.data["asked"]}
    rows = Membership.objects.live().filter(organisation__in=organisations, roles__overlap=[Role.OWNER, Role.SIGNATORY])
    return set(rows.values_list("user_id", flat=True))


def _asked_about(event: Event) -> dict[str, Any]:
    """The rights, and who would list them; not the listing, which is a draft that only its holder reads."""
    assets = Asset.objects.filter(pk__in={asset for _organisation, asset, _act in event.data["asked"]}).order_by("pk")
    holder = Listing.objects.select_related("organisation").get(pk=event.subject_id).organisation
    return {
        "right": ", ".join(shown_number(one) for one in assets),
        "holder": {"zh": holder.name_zh or holder.name_en, "en": holder.name_en or holder.name_zh},
    }


def _consents_page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("consents_asked")


def announce_all() -> None:
    """Called once the app is ready."""
    mine, seek = _address("my_listing"), _address("my_need")
    announce(
        ASKED,
        recipients=_co_owners,
        params=_asked_about,
        url=_consents_page,
        sentence=_("%(holder)s wishes to list %(right)s, which you own a share of, and asks for your consent"),
    )
    announce(
        "listing.submit",
        recipients=reviewers,
        params=_params,
        url=_address("review_listing"),
        sentence=_("Listing %(number)s waits for review"),
    )
    announce(
        "listing.publish",
        recipients=_holders,
        params=_params,
        url=mine,
        sentence=_("Your listing %(number)s is published"),
    )
    announce(
        "listing.return",
        recipients=_holders,
        params=_params,
        url=mine,
        sentence=_("Your listing %(number)s was returned: %(reason)s"),
    )
    announce(
        "listing.suspend",
        recipients=_holders,
        params=_params,
        url=mine,
        sentence=_("Your listing %(number)s was suspended: %(reason)s"),
    )
    announce(
        "listing.resume",
        recipients=_holders,
        params=_params,
        url=mine,
        sentence=_("Your listing %(number)s is on the market again"),
    )
    announce(
        "listing.expire",
        recipients=_holders,
        params=_params,
        url=mine,
        sentence=_("Your listing %(number)s has expired"),
    )
    announce(
        "listing.enquiry",
        recipients=_holders,
        params=_params,
        sentence=_("Somebody asked about your listing %(number)s"),
        url=lambda event: _enquiries(),
    )
    announce(
        "need.submit",
        recipients=reviewers,
        params=_params,
        url=_address("review_need"),
        sentence=_("Need %(number)s waits for review"),
    )
    announce(
        "need.publish", recipients=_seekers, params=_params, url=seek, sentence=_("Your need %(number)s is published")
    )
    announce(
        "need.return",
        recipients=_seekers,
        params=_params,
        url=seek,
        sentence=_("Your need %(number)s was returned: %(reason)s"),
    )
    announce(
        "need.expire", recipients=_seekers, params=_params, url=seek, sentence=_("Your need %(number)s has expired")
    )


def _enquiries() -> str:
    with translation.override("zh-hans"):
        return reverse("enquiries")
