"""Unsubscribing from outside: an address that says who, which theme and which channel, signed so nobody can make one.

RFC 8058: a mail program posts to it without cookies and without a person; a person who opens it gets a page with a
button, for a mere look must not change anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from marketplace.accounts.models import User
from marketplace.core.errors import NotFound
from marketplace.notifications import preferences
from marketplace.notifications.catalogue import THEMES
from marketplace.notifications.models import Channel, Frequency

SALT = "notifications.unsubscribe"


@dataclass(frozen=True)
class Subscription:
    user: User
    theme: str
    channel: str


def address(user_id: int, theme: str, channel: str) -> str:
    """The path that ends one theme by one channel, in the active language."""
    token = signing.dumps([user_id, theme, str(channel)], salt=SALT)
    return reverse("unsubscribe", args=[token])


def read(token: str) -> Subscription:
    """What a token stands for. Raises NotFound for any that we did not make, and for people who are gone."""
    try:
        user_id, theme, channel = signing.loads(token, salt=SALT)
        user = User.objects.get(pk=user_id, is_active=True)
    except (signing.BadSignature, ValueError, User.DoesNotExist) as error:
        raise NotFound() from error
    if theme not in {one.key for one in THEMES} or channel not in Channel.values:
        raise NotFound()
    return Subscription(user, theme, channel)


def unsubscribe(subscription: Subscription) -> None:
    """Send no more of this theme by this channel, also not what waits. Notices of legal effect go on."""
    preferences.choose(user_id=subscription.user.pk, chosen={(subscription.theme, subscription.channel): Frequency.OFF})
