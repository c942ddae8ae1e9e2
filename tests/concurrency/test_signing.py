"""Races of signing on PostgreSQL: one code, many documents; one turn, many clicks; signing against a new version."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection, connections

from marketplace.core.errors import DomainError
from marketplace.signing import factors
from marketplace.signing.models import Consent, Document, FactorUse, Signature
from marketplace.signing.services import ask_consent, give_consent, sign
from tests import cast
from tests.builders import an_organisation
from tests.cast import Part
from tests.signing.conftest import TEMPLATE, bo, clock_hand, draft, ines, known_matter, own_place  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act in a thread and connection of its own, all let go together; answers or refusals, in order."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers[index] = act()
        except DomainError as refusal:
            answers[index] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def code_now() -> str:
    """A code with at least ten seconds of its half minute left."""
    while time.time() % 30 > 20:
        time.sleep(0.2)
    return format_hotp_value(hotp_value(cast.TOTP_SECRET, int(time.time()) // 30))


@contextmanager
def forgetful_library(monkeypatch: pytest.MonkeyPatch):
    """The sign-in library's own memory of used codes is a cache that may be lost; without it the row must hold."""
    from allauth.mfa.totp.internal.auth import TOTP

    with monkeypatch.context() as patch:
        patch.setattr(TOTP, "_mark_code_used", lambda self, code: True)
        cache.clear()
        yield


def sign_all(documents: list[Document], part: Part, code: str) -> list[Any]:
    actor = part.actor
    return at_once(
        *[
            lambda document=document: sign(document_id=document.pk, sha256=document.sha256, by=actor, otp=code)
            for document in documents
        ]
    )


def test_one_code_signs_one_of_eight_documents(draft, ines, monkeypatch) -> None:  # noqa: F811
    cast.enrol(ines.person)
    documents = [draft(subject=an_organisation("draft")) for _ in range(8)]
    with forgetful_library(monkeypatch):
        answers = sign_all(documents, ines, code_now())
    assert sum(isinstance(one, Document) for one in answers) == 1
    assert Signature.objects.made().count() == 1 == FactorUse.objects.filter(is_good=True).count()


def test_control_without_the_constraint_one_code_signs_several(draft, ines, monkeypatch) -> None:  # noqa: F811
    cast.enrol(ines.person)
    documents = [draft(subject=an_organisation("draft")) for _ in range(4)]
    constraint = next(one for one in FactorUse._meta.constraints if one.name == "one_code_acts_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(FactorUse, constraint)
    try:
        with forgetful_library(monkeypatch):
            answers = sign_all(documents, ines, code_now())
        assert sum(isinstance(one, Document) for one in answers) > 1
    finally:
        FactorUse.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(FactorUse, constraint)


def test_a_turn_is_taken_once(draft, ines, monkeypatch) -> None:  # noqa: F811
    """Ten clicks with ten good factors: one signature, and the others hear that it is done."""
    document, actor = draft(), ines.actor
    shown = factors.Shown(ines.person.pk, factors.FactorKind.PASSKEY, f"sign:{document.pk}:{document.sha256}")
    answers = at_once(
        *[lambda: sign(document_id=document.pk, sha256=document.sha256, by=actor, otp=shown) for _ in range(10)]
    )
    assert sum(isinstance(one, Document) for one in answers) == 1
    assert {one.code for one in answers if isinstance(one, DomainError)} <= {"already_signed", "busy"}
    assert Signature.objects.made().count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_signature_and_a_new_version_never_both_stand(draft, ines, turn: int) -> None:  # noqa: F811
    """Whoever comes first: no signature stands on a version that is not the current one."""
    document, actor = draft(), ines.actor
    shown = factors.Shown(ines.person.pk, factors.FactorKind.PASSKEY, f"sign:{document.pk}:{document.sha256}")
    at_once(
        lambda: sign(document_id=document.pk, sha256=document.sha256, by=actor, otp=shown),
        lambda: draft(text="改动"),
        lambda: draft(text="再改"),
    )
    live = Document.objects.live().get(template=TEMPLATE)
    assert live.version == 3 == Document.objects.count()
    assert not Signature.objects.made().filter(document=live).exists()
    assert set(Document.objects.exclude(pk=live.pk).values_list("state", flat=True)) == {"void"}


@pytest.mark.parametrize("turn", range(3))
def test_no_consent_stands_on_a_version_that_changed(draft, ines, turn: int) -> None:  # noqa: F811
    lena, document = cast.lena(), draft()
    consent = ask_consent(document_id=document.pk, kind="pledgee", organisation_id=lena.organisation.pk, by=ines.actor)
    actor = lena.actor
    shown = factors.Shown(lena.person.pk, factors.FactorKind.PASSKEY, f"consent:{consent.pk}:{document.sha256}")
    at_once(
        lambda: give_consent(consent_id=consent.pk, sha256=document.sha256, by=actor, otp=shown),
        lambda: draft(text="改动"),
    )
    consent.refresh_from_db()
    assert consent.state == "void"
    [anew] = Consent.objects.filter(document__version=2)
    assert anew.state == "asked"
