"""The calendar for programs that cannot sign in: a signed address that says whose, made anew to end the old one.

Whoever has the address reads what the member may read on that day; a membership that has ended reads nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.urls import reverse

from marketplace.accounts.acting import actor_for
from marketplace.accounts.models import Membership
from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.portal import agenda
from marketplace.portal.models import CalendarFeed

SALT = "portal.calendar"


def address(feed: CalendarFeed) -> str:
    """The whole address of a feed, in the active language."""
    token = signing.dumps([feed.membership_id, feed.generation], salt=SALT)
    return f"{settings.SITE_URL}{reverse('calendar_feed', args=[token])}"


def of(membership: Membership) -> CalendarFeed | None:
    """The member's feed, when it has an address now."""
    return CalendarFeed.objects.filter(membership=membership).exclude(made_at=None).first()


def renew(membership: Membership) -> CalendarFeed:
    """Make the member's address, or a new one; the one before stops answering."""
    feed, is_new = CalendarFeed.objects.get_or_create(membership=membership, defaults={"made_at": clock.now()})
    if not is_new:
        CalendarFeed.objects.filter(pk=feed.pk).update(
            generation=F("generation") + 1, made_at=clock.now(), read_at=None
        )
        feed.refresh_from_db()
    return feed


def end(membership: Membership) -> None:
    """No program reads any more."""
    CalendarFeed.objects.filter(membership=membership).update(made_at=None)


def read(token: str) -> bytes:
    """The file under an address. Raises NotFound for one that was not made here, was replaced, or whose member left."""
    try:
        membership_id, generation = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound() from error
    feed = (
        CalendarFeed.objects.filter(membership_id=membership_id, generation=generation)
        .exclude(made_at=None)
        .select_related("membership__user", "membership__organisation")
        .first()
    )
    if feed is None or feed.membership.ended_at is not None or not feed.membership.user.is_active:
        raise NotFound()
    CalendarFeed.objects.filter(pk=feed.pk).update(read_at=clock.now())
    actor, today = actor_for(feed.membership.user, feed.membership), clock.today()
    entries = agenda.between(actor, today - agenda.BEHIND, today + agenda.AHEAD)
    return agenda.as_file(feed.membership.organisation.name, entries)
