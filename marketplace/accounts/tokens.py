"""`Authorization: Bearer mkt_…`: the API's other way in, beside the session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.accounts.acting import actor_for
from marketplace.accounts.models import ApiToken, User
from marketplace.accounts.refusals import SecondFactorMissing
from marketplace.accounts.roles import SECOND_FACTOR_KINDS
from marketplace.accounts.services.tokens import digest
from marketplace.core import clock

SCHEME = "Bearer"
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """Signs a request in by its key and sets `request.actor` to the member who holds it. Never acts for a client."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME.lower().encode():
            return None
        try:
            text = words[1].decode("ascii") if len(words) == 2 else ""
        except UnicodeDecodeError:
            text = ""
        token = (
            ApiToken.objects.select_related("membership__user", "membership__organisation")
            .filter(sha256=digest(text), revoked_at__isnull=True, expires_at__gt=clock.now())
            .filter(membership__ended_at__isnull=True, membership__user__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed("The key is unknown, expired or revoked.", code="token_refused")
        membership = token.membership
        if membership.organisation.kind in SECOND_FACTOR_KINDS and not has_second_factor(membership.user):
            raise SecondFactorMissing()
        self._note_use(token)
        request._request.actor = actor_for(membership.user, membership)  # type: ignore[attr-defined]
        return membership.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME

    def _note_use(self, token: ApiToken) -> None:
        now = clock.now()
        if token.last_used_at is None or now - token.last_used_at >= USE_IS_NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def has_second_factor(person: User) -> bool:
    return bool(Authenticator.objects.filter(user=person).exists())


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API description names the key."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key from the page “API keys” of the workspace."}
