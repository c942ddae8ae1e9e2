"""Keys to the API: shown once, kept as a hash, ended with the membership they belong to."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import ApiToken, Membership
from marketplace.accounts.refusals import TokenLife
from marketplace.core import clock, events
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.locks import locked

PREFIX = "mkt_"
MOST_DAYS = 365


def issue_token(*, membership_id: int, name: str, days: int, by: Actor) -> tuple[ApiToken, str]:
    """A new key for one's own membership, and its text, never shown again. Raises NotFound, Invalid, TokenLife."""
    name = name.strip()
    if not name:
        raise Invalid(field="name", problem=_("Give the key a name by which you will know it."))
    if not 1 <= days <= MOST_DAYS:
        raise TokenLife(field="days", most=MOST_DAYS)
    with transaction.atomic():
        membership = found(Membership.objects.live(), pk=membership_id, user_id=by.user_id or 0)
        text = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken.objects.create(
            membership=membership,
            name=name,
            head=text[: len(PREFIX) + 4],
            sha256=digest(text),
            expires_at=clock.now() + timedelta(days=days),
        )
        events.record("token.issue", token, by, data={"days": days})
    return token, text


def revoke_token(*, token_id: int, by: Actor) -> ApiToken:
    """End one's own key at once. Raises NotFound (also when it has ended)."""
    with locked(ApiToken, token_id) as token:
        if token.membership.user_id != by.user_id or token.revoked_at is not None:
            raise NotFound()
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        events.record("token.revoke", token, by)
    return token


def digest(text: str) -> str:
    """What is kept of a key. A plain hash is enough: the key holds 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()
