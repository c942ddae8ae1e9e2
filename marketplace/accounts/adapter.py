"""Our answers to the questions the sign-in library asks: language of letters, where to go next, secrets at rest."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import Login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes

from marketplace.accounts import guessing
from marketplace.accounts.models import User, in_language
from marketplace.core.connections import address_of


def market_name() -> str:
    """The market's name in the active language."""
    return in_language(settings.MARKET_NAME_ZH, settings.MARKET_NAME_EN)


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A new person speaks the language of the page they signed up on."""
        user.language = translation.get_language() or settings.LANGUAGE_CODE
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Letters go out in the language of the person, or of the page when nobody is known by that address."""
        person = context.get("user") or User.objects.filter(email__iexact=email).first()
        language = getattr(person, "language", "") or translation.get_language() or settings.LANGUAGE_CODE
        with translation.override(language):
            super().send_mail(
                template_prefix, email, {**context, "market_name": market_name(), "market_phone": settings.MARKET_PHONE}
            )

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failed attempts count per person and reader's address, so that nobody can lock another out by guessing."""
        return f"{self.get_client_ip(request)}:{super()._get_login_attempts_cache_key(request, **credentials)}"

    def get_client_ip(self, request: HttpRequest) -> str:
        address = address_of(request)
        if address is None:
            raise PermissionDenied("The server was not told where the request comes from.")
        return address

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        guessing.note_wrong_password(str(credentials.get("email") or ""))

    def is_login_by_code_required(self, login: Login) -> bool:
        """While an account is being guessed at, its password needs the mailed code beside it (see guessing.py)."""
        if not isinstance(login.user, User):
            return False
        shown = [record["method"] for record in get_authentication_records(self.request, login.user)]
        if shown[-1:] != ["password"] or is_mfa_enabled(login.user):
            return False
        return guessing.is_guessed_at(login.user.email)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        with translation.override(getattr(request.user, "language", "") or translation.get_language()):
            return reverse("workspace")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("organisation_new")


class MfaAdapter(DefaultMFAAdapter):
    def get_totp_issuer(self) -> str:
        return str(settings.MARKET_NAME_EN)

    def encrypt(self, text: str) -> str:
        """Secrets of authenticator apps are unreadable in a copy of the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """Keys from SECRET_KEY first, then from its fallbacks, so that a change of key loses no authenticator."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"mfa:" + force_bytes(secret)).digest())) for secret in secrets]
    )
