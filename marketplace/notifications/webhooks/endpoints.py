"""What the owners of an organisation do with its webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.access import own_organisation
from marketplace.accounts.graphs import OWNERS
from marketplace.core import clock, events
from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError
from marketplace.core.locks import locked
from marketplace.notifications.catalogue import THEMES
from marketplace.notifications.models import Outcome, WebhookEndpoint, WebhookMessage
from marketplace.notifications.models.webhooks import a_nonce
from marketplace.notifications.webhooks import egress
from marketplace.notifications.webhooks.messages import body_of_test, wake

MOST_ENDPOINTS = 10


class TooManyWebhooks(DomainError):
    code = "too_many_webhooks"
    sentence = _("An organisation has at most %(most)s webhooks.")
    remedy = _("Remove one first.")


class WebhookTaken(DomainError):
    code = "webhook_taken"
    sentence = _("Your organisation has a webhook with this address already.")
    remedy = _("Change that one, or give another address.")


def _own(actor: Actor) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.kept().filter(organisation=own_organisation(actor))


def endpoints_visible_to(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """Those of one's own organisation, for its owners. Raises NotPermitted, NoOrganisation."""
    require(OWNERS, actor, own_organisation(actor))
    return _own(actor)


def get_endpoint_for(actor: Actor, pk: int) -> WebhookEndpoint:
    """Raises NotFound for those of others, NotPermitted for members who own nothing."""
    row = found(_own(actor), pk=pk)
    require(OWNERS, actor, row)
    return row


def begin(*, url: str, themes: Sequence[str], by: Actor) -> WebhookEndpoint:
    """Add an endpoint. Raises NotPermitted, AddressRefused, WebhookTaken, TooManyWebhooks.

    A name that does not resolve yet is taken: it is judged at every try anyway.
    """
    mine = endpoints_visible_to(by)
    if mine.count() >= MOST_ENDPOINTS:
        raise TooManyWebhooks(most=MOST_ENDPOINTS)
    try:
        egress.judged(url)
    except egress.NotDelivered:
        egress.read(url)
    known = {theme.key for theme in THEMES}
    try:
        with transaction.atomic():
            endpoint = WebhookEndpoint.objects.create(
                organisation=own_organisation(by),
                url=url,
                themes=sorted(set(themes) & known),
                created_by_id=by.user_id or 0,
            )
            _record("begin", endpoint, by)
    except IntegrityError as error:
        raise WebhookTaken(field="url") from error
    return endpoint


def _record(verb: str, endpoint: WebhookEndpoint, by: Actor) -> None:
    host = egress.read(endpoint.url)[0]
    events.record(
        f"webhook_endpoint.{verb}", endpoint, by, data={"organisation": endpoint.organisation_id, "host": host}
    )


def rotate(*, endpoint_id: int, by: Actor) -> WebhookEndpoint:
    """A new secret; the earlier one still signs beside it for a day. Raises NotFound, NotPermitted."""
    get_endpoint_for(by, endpoint_id)
    with locked(WebhookEndpoint, endpoint_id) as row:
        row.previous_nonce, row.nonce, row.rotated_at = row.nonce, a_nonce(), clock.now()
        row.save(update_fields=["previous_nonce", "nonce", "rotated_at"])
        _record("rotate", row, by)
    return row


def enable(*, endpoint_id: int, by: Actor) -> None:
    """Tell it again from now on; what it missed can be replayed. Raises NotFound, NotPermitted."""
    get_endpoint_for(by, endpoint_id)
    with locked(WebhookEndpoint, endpoint_id) as row:
        row.disabled_at, row.disabled_why, row.failing_since = None, "", None
        row.save(update_fields=["disabled_at", "disabled_why", "failing_since"])
        _record("enable", row, by)


def end(*, endpoint_id: int, by: Actor) -> None:
    """Remove it. Raises NotFound, NotPermitted."""
    get_endpoint_for(by, endpoint_id)
    with locked(WebhookEndpoint, endpoint_id) as row:
        row.ended_at = clock.now()
        row.save(update_fields=["ended_at"])
        _record("end", row, by)


def send_test(*, endpoint_id: int, by: Actor) -> WebhookMessage:
    """Send a message that tells nothing, by the same way as all others. Raises NotFound, NotPermitted."""
    endpoint = get_endpoint_for(by, endpoint_id)
    message = WebhookMessage.objects.create(endpoint=endpoint, kind="webhook.test", body=body_of_test())
    transaction.on_commit(wake)
    return message


def replay(*, message_ids: Iterable[int], by: Actor) -> int:
    """Send messages again under their ids; returns how many. Those of others are passed over. Raises NotPermitted."""
    mine = WebhookMessage.objects.filter(endpoint__in=endpoints_visible_to(by), pk__in=list(message_ids))
    again = mine.exclude(outcome__in=[Outcome.WAITING, Outcome.SENDING])
    count = again.update(outcome=Outcome.WAITING, tries=0, due_at=None, error="")
    transaction.on_commit(wake)
    return count
