"""Who is told what about mandates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.brokers.models import Mandate
from marketplace.accounts.models import Membership
from marketplace.accounts.roles import Role
from marketplace.core.models import Event
from marketplace.notifications.service import announce


def _people(organisation_ids: Iterable[int | None]) -> set[int]:
    rows = Membership.objects.live().filter(
        organisation__in=[pk for pk in organisation_ids if pk], roles__overlap=[Role.OWNER, Role.SIGNATORY, Role.STAFF]
    )
    return set(rows.values_list("user_id", flat=True))


def _both(event: Event) -> set[int]:
    found = Mandate.objects.filter(pk=event.subject_id).values_list("client_id", "broker_id").first()
    return _people(found or ())


def _introduced(event: Event) -> set[int]:
    return _people([event.data.get("client"), event.data.get("other")])


def _params(event: Event) -> dict[str, Any]:
    number = event.data.get("number") or Mandate.objects.get(pk=event.subject_id).number
    return {"number": number, "matter": event.data.get("matter", ""), "reason": event.reason}


def _page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("mandate", args=[event.subject_id])


def announce_all() -> None:
    """Called once the app is ready."""
    told: list[tuple[str, Callable[[Event], Iterable[int]], Any]] = [
        ("mandate.begin", _both, _("Mandate %(number)s was proposed to you")),
        ("mandate.accept", _both, _("Mandate %(number)s is in force")),
        ("mandate.decline", _both, _("Mandate %(number)s was declined")),
        ("mandate.withdraw", _both, _("The proposal of mandate %(number)s was withdrawn")),
        ("mandate.lapse", _both, _("The proposal of mandate %(number)s lapsed unanswered")),
        ("mandate.terminate", _both, _("Mandate %(number)s was ended: %(reason)s")),
        ("mandate.expire", _both, _("Mandate %(number)s has run out")),
    ]
    for kind, recipients, sentence in told:
        announce(kind, recipients=recipients, params=_params, sentence=sentence, url=_page)
    announce(
        "mandate.introduce",
        recipients=_introduced,
        params=_params,
        sentence=_("A broker introduced your organisation to another over listing %(matter)s"),
    )
