"""What this floor itself tells: changes of webhooks, to all owners of the organisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Membership
from marketplace.accounts.roles import Role
from marketplace.core.models import Event
from marketplace.notifications.service import announce

TELL = (
    ("begin", _("A webhook of your organisation was added: %(host)s")),
    ("rotate", _("The secret of your webhook at %(host)s was changed")),
    ("enable", _("Your webhook at %(host)s was switched on again")),
    ("disable", _("Your webhook at %(host)s was switched off: it did not take our messages")),
    ("end", _("A webhook of your organisation was removed: %(host)s")),
)


def _owners(event: Event) -> Iterable[int]:
    rows = Membership.objects.live().filter(organisation=event.data["organisation"], roles__overlap=[Role.OWNER])
    return rows.values_list("user_id", flat=True)


def _params(event: Event) -> dict[str, Any]:
    return {"host": event.data["host"]}


def _page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("webhook_list")


def announce_all() -> None:
    """Called once the app is ready."""
    for verb, sentence in TELL:
        announce(f"webhook_endpoint.{verb}", recipients=_owners, params=_params, sentence=sentence, url=_page)
