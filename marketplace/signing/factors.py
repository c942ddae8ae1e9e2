"""The second factor, shown anew for one act and good for that act only.

Signing in proves who opened the browser; a signature must be under the signer's sole control at the moment of signing
(E-signature law 13), so it takes a code or a passkey each time. A recovery code opens the door but does not sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.ruling import enforces
from marketplace.signing.models import FactorUse
from marketplace.signing.refusals import FactorMissing, FactorTired, FactorWrong
from marketplace.signing.states import FactorKind

MOST_WRONG = 5
WRONG_FOR = timedelta(minutes=5)
CHALLENGE_KEY = "signing.challenge"
#: What the library raises for an answer that is wrong, or no answer at all.
MALFORMED = (ValidationError, KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Shown:
    """A second factor shown just now by one person, for one act (`purpose`)."""

    person_id: int
    kind: FactorKind
    purpose: str


def kinds_of(person_id: int) -> frozenset[FactorKind]:
    """What the person could sign with."""
    held = Authenticator.objects.filter(user_id=person_id, type__in=FactorKind.values)
    return frozenset(FactorKind(one) for one in held.values_list("type", flat=True))


@enforces("ES-RELIABLE")
def show_code(*, person_id: int, code: str, purpose: str) -> Shown:
    """Check and use up a code of the person's authenticator app.

    The use is kept whatever becomes of the act: a code is gone once it was right. Raises FactorMissing, FactorTired
    (five wrong ones in five minutes), FactorWrong (also for one used before, here or at sign-in).
    """
    authenticator = Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).first()
    if authenticator is None:
        raise FactorMissing()
    with transaction.atomic():
        # Tries are counted one after another, so that twenty at once are not twenty first tries.
        User.objects.select_for_update(no_key=True).get(pk=person_id)
        _rest(person_id)
        step = _step_of(authenticator, code)
        if step is not None:
            try:
                with transaction.atomic():
                    _note(person_id, FactorKind.TOTP, step=step)
            except IntegrityError:
                step = None  # one_code_acts_once
        # The sign-in library keeps its own note of codes used at sign-in; it speaks last, and only of right ones.
        is_good = step is not None and bool(authenticator.wrap().validate_code(code.strip()))
        if not is_good:
            if step is not None:
                FactorUse.objects.filter(person_id=person_id, step=step, is_good=True).delete()
            _note(person_id, FactorKind.TOTP, is_good=False)
    if not is_good:
        raise FactorWrong(field="otp")
    authenticator.record_usage()
    return Shown(person_id, FactorKind.TOTP, purpose)


def ask_passkey(request: HttpRequest, *, purpose: str) -> dict[str, Any] | None:
    """A challenge for the person's passkeys, bound to this session and act; None when they have none."""
    person = request.user
    if FactorKind.PASSKEY not in kinds_of(person.pk or 0):
        return None
    options: dict[str, Any] = webauthn.begin_authentication(person)
    request.session[CHALLENGE_KEY] = purpose
    return options


@enforces("ES-RELIABLE")
def show_passkey(request: HttpRequest, *, credential: Any, purpose: str) -> Shown:
    """Check a passkey's answer to the challenge asked for this very act. Raises FactorTired, FactorWrong."""
    person_id = request.user.pk or 0
    asked = request.session.pop(CHALLENGE_KEY, None)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person_id)
        _rest(person_id)
        try:
            if asked != purpose or not isinstance(credential, dict):
                raise ValidationError("no answer, or to the challenge of another act")
            webauthn.parse_authentication_response(credential)
            used = webauthn.complete_authentication(request.user, credential)
        except MALFORMED:
            used = None
            webauthn.clear_state()
        _note(person_id, FactorKind.PASSKEY, is_good=used is not None)
    if used is None:
        raise FactorWrong(field="credential")
    used.record_usage()
    return Shown(person_id, FactorKind.PASSKEY, purpose)


def _step_of(authenticator: Authenticator, code: str) -> int | None:
    """The 30-second period whose code this is; None when it is of none."""
    secret = decrypt(authenticator.data["secret"])
    entered = code.strip().replace(" ", "")
    return next(
        (
            step
            for step in yield_hotp_counters_from_time()
            if constant_time_compare(format_hotp_value(hotp_value(secret, step)), entered)
        ),
        None,
    )


def _rest(person_id: int) -> None:
    since = clock.now() - WRONG_FOR
    if FactorUse.objects.filter(person_id=person_id, is_good=False, at__gt=since).count() >= MOST_WRONG:
        raise FactorTired(minutes=int(WRONG_FOR.total_seconds() // 60))


def _note(person_id: int, kind: FactorKind, *, step: int | None = None, is_good: bool = True) -> None:
    FactorUse.objects.create(person_id=person_id, kind=kind, step=step, is_good=is_good, at=clock.now())
