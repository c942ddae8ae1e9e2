"""Whom a session belongs to: the person and its memberships, read in one statement for every signed-in request."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from marketplace.accounts.acting import keep_memberships, memberships_of
from marketplace.accounts.models import User


class PersonBackend(AuthenticationBackend):
    """Signing in is allauth's; only the person of a session is found another way."""

    def get_user(self, user_id: Any) -> User | None:
        """The person if it may still sign in, with the memberships its standing is found from next."""
        held = tuple(memberships_of(user_id).select_related("user"))
        if not held:
            alone: User | None = super().get_user(user_id)
            return alone
        person: User = held[0].user
        if not self.user_can_authenticate(person):
            return None
        keep_memberships(person, held)
        return person
