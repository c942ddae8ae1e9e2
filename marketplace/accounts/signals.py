"""What follows from signing in: the session is listed, a second factor remembered; a new password ends the rest."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import authentication_step_completed, password_changed, password_reset, user_signed_up
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from marketplace.accounts.acting import SECOND_FACTOR_KEY
from marketplace.accounts.models import User
from marketplace.accounts.services.people import end_sessions, note_sign_in
from marketplace.core import events
from marketplace.core.actor import Actor
from marketplace.core.connections import address_of


@receiver(user_logged_in)
def list_the_session(sender: Any, request: HttpRequest, user: User, **rest: Any) -> None:
    if request.session.session_key is None:
        request.session.save()
    note_sign_in(
        user,
        session_key=str(request.session.session_key),
        address=address_of(request),
        agent=request.META.get("HTTP_USER_AGENT", ""),
    )


@receiver(authentication_step_completed)
def remember_second_factor(sender: Any, request: HttpRequest, user: User, method: str, **rest: Any) -> None:
    if method == "mfa":
        request.session[SECOND_FACTOR_KEY] = str(user.pk)


@receiver(authenticator_added)
def enrolment_shows_it_too(sender: Any, request: HttpRequest, user: User, **rest: Any) -> None:
    """Adding an authenticator proves possession of it: its first code or signature was just checked."""
    request.session[SECOND_FACTOR_KEY] = str(user.pk)


@receiver(password_changed)
@receiver(password_reset)
def end_other_sessions(sender: Any, request: HttpRequest, user: User, **rest: Any) -> None:
    end_sessions(user, but=request.session.session_key or "")


@receiver(user_signed_up)
def record_arrival(sender: Any, request: HttpRequest, user: User, **rest: Any) -> None:
    with transaction.atomic():
        events.record("person.join", user, Actor(user_id=user.pk, name=user.display_name))
