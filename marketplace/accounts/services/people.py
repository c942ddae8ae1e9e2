"""What is done with a person: preferences, sessions, suspension."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.graphs import REVIEWERS
from marketplace.accounts.models import SignIn, User
from marketplace.accounts.refusals import OwnSuspension
from marketplace.core import clock, events
from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, Invalid, ReasonMissing
from marketplace.core.locks import locked

PROFILE = ("name", "name_en", "phone", "language")


def amend_profile(*, user_id: int, by: Actor, **facts: str) -> User:
    """Change one's own name, telephone or language. Raises NotFound for anybody else's, Invalid."""
    if set(facts) - set(PROFILE):
        raise ValueError(f"Not facts of a person: {sorted(set(facts) - set(PROFILE))}.")
    if facts.get("language", "en") not in dict(settings.LANGUAGES):
        raise Invalid(field="language", problem=_("The market speaks Chinese and English."))
    with transaction.atomic():
        person = found(User.objects.select_for_update().filter(pk=by.user_id or 0), pk=user_id)
        changed = [name for name, value in facts.items() if getattr(person, name) != value.strip()]
        for name in changed:
            setattr(person, name, facts[name].strip())
        if changed:
            person.save(update_fields=changed)
            events.record("person.amend", person, by, data={"facts": changed})
    return person


def suspend_person(*, user_id: int, by: Actor, reason: str) -> User:
    """Shut a person out at once, open sessions included.

    Raises NotPermitted, OwnSuspension, ReasonMissing, IllegalTransition.
    """
    with locked(User, user_id) as person:
        _may_decide_on(person, by)
        if not reason.strip():
            raise ReasonMissing(field="reason")
        if not person.is_active:
            raise IllegalTransition(state=_("Suspended"))
        person.is_active = False
        person.save(update_fields=["is_active"])
        end_sessions(person)
        events.record("person.suspend", person, by, reason=reason.strip(), before="active", after="suspended")
    return person


def reinstate_person(*, user_id: int, by: Actor, reason: str = "") -> User:
    """Let a suspended person in again. Raises NotPermitted, OwnSuspension, IllegalTransition."""
    with locked(User, user_id) as person:
        _may_decide_on(person, by)
        if person.is_active:
            raise IllegalTransition(state=_("Active"))
        person.is_active = True
        person.save(update_fields=["is_active"])
        events.record("person.reinstate", person, by, reason=reason.strip(), before="suspended", after="active")
    return person


def note_sign_in(person: User, *, session_key: str, address: str | None, agent: str) -> SignIn:
    """Remember that this browser is signed in, so that it can be listed and ended."""
    row, _created = SignIn.objects.update_or_create(
        session_key=session_key,
        defaults={"user": person, "address": address, "agent": agent[:240], "at": clock.now()},
    )
    return row


def end_session(person: User, *, sign_in_id: int) -> None:
    """Sign one browser out. Raises NotFound for somebody else's."""
    row = found(person.sign_ins.all(), pk=sign_in_id)
    _store(row.session_key).delete()
    row.delete()


def end_sessions(person: User, *, but: str = "") -> int:
    """Sign every browser out except the session `but`; returns how many."""
    rows = list(person.sign_ins.exclude(session_key=but))
    for row in rows:
        _store(row.session_key).delete()
        row.delete()
    return len(rows)


def live_sign_ins(person: User) -> list[SignIn]:
    """The browsers signed in now, newest first; rows whose session has ended are dropped."""
    live: list[SignIn] = []
    gone: list[SignIn] = []
    for row in person.sign_ins.all():
        (live if _store(row.session_key).exists(row.session_key) else gone).append(row)
    SignIn.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return live


def _store(session_key: str) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return store


def _may_decide_on(person: User, by: Actor) -> None:
    require(REVIEWERS, by)
    if person.pk == by.user_id:
        raise OwnSuspension()
