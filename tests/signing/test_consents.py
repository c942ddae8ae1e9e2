"""Consents: on one version, by act, void when it changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from marketplace.core.events import timeline
from marketplace.signing.models import Consent
from marketplace.signing.reactions import void_consents
from marketplace.signing.refusals import AlreadyAsked, FactorMissing, FactorWrong, NotCurrent, OtherText
from marketplace.signing.selectors import given_consents, missing_consents
from marketplace.signing.services import (
    Wanted,
    ask_consent,
    ask_missing,
    decline,
    give_consent,
    refuse_consent,
    void_document,
)
from tests import cast
from tests.builders import a_person, member_actor
from tests.cast import Part

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena(db) -> Part:
    return cast.lena()


def ask(document, part: Part, *, kind: str = "pledgee", **given) -> Consent:
    return ask_consent(
        document_id=document.pk, kind=kind, organisation_id=part.organisation.pk, by=cast.ines().actor, **given
    )


def test_an_organisation_consents_by_its_owner_with_a_fresh_code(draft, lena, fresh_code) -> None:
    document = draft()
    consent = ask(document, lena, why_zh="该专利已出质", why_en="The patent is pledged")
    assert (consent.state, consent.sha256_zh, consent.answer_by) == ("asked", document.sha256, document.expires_at)
    assert missing_consents(document, [Wanted("pledgee", lena.organisation.pk)]) != []
    given = give_consent(
        consent_id=consent.pk, sha256=document.sha256, by=lena.actor, otp=fresh_code(lena), address="192.0.2.9"
    )
    assert (given.state, given.answered_name, given.factor, given.address) == ("given", "Lena", "totp", "192.0.2.9")
    assert given_consents(document) == [given]
    assert missing_consents(document, [Wanted("pledgee", lena.organisation.pk)]) == []
    event = timeline(given)[0]
    assert (event.kind, event.data["kind"], event.data["version"]) == ("consent.give", "pledgee", 1)
    assert event.data["subject"] == [document.subject_kind, document.subject_id]


def test_a_code_gives_one_consent(draft, lena, fresh_code) -> None:
    document = draft()
    one, two = ask(document, lena), ask(document, lena, kind="co_owner")
    code = fresh_code(lena)
    give_consent(consent_id=one.pk, sha256=document.sha256, by=lena.actor, otp=code)
    with pytest.raises(FactorWrong):
        give_consent(consent_id=two.pk, sha256=document.sha256, by=lena.actor, otp=code)
    assert Consent.objects.get(pk=two.pk).state == "asked"


def test_only_whoever_is_asked_answers(draft, lena, bo, fresh_code) -> None:
    document = draft()
    consent = ask(document, lena)
    with pytest.raises(NotFound):
        give_consent(consent_id=consent.pk, sha256=document.sha256, by=bo.actor, otp=fresh_code(bo))
    with pytest.raises(NotPermitted):
        give_consent(
            consent_id=consent.pk,
            sha256=document.sha256,
            by=member_actor(lena.organisation, Role.REVIEWER),
            otp="000000",
        )
    with pytest.raises(OtherText):
        give_consent(consent_id=consent.pk, sha256="0" * 64, by=lena.actor, otp=fresh_code(lena))
    with pytest.raises(FactorWrong):
        give_consent(consent_id=consent.pk, sha256=document.sha256, by=lena.actor, otp="")


def test_a_person_consents_with_the_factor_they_have(draft, ines, fresh_code) -> None:
    document, person = draft(), a_person("inventor@people.test", name="Wang")
    consent = ask_consent(document_id=document.pk, kind="inventor", person_id=person.pk, by=ines.actor)
    from marketplace.core.actor import Actor

    by = Actor(user_id=person.pk, name="Wang")
    with pytest.raises(NotFound):
        give_consent(consent_id=consent.pk, sha256=document.sha256, by=ines.actor)
    assert give_consent(consent_id=consent.pk, sha256=document.sha256, by=by).state == "given"
    other = a_person("second@people.test")
    enrolled = ask_consent(document_id=document.pk, kind="inventor", person_id=other.pk, by=ines.actor)
    cast.enrol(other)
    with pytest.raises(FactorWrong):
        give_consent(consent_id=enrolled.pk, sha256=document.sha256, by=Actor(user_id=other.pk))


def test_an_organisation_without_a_second_factor_is_told_so(draft, bo, clock_hand) -> None:
    document = draft()
    consent = ask(document, bo)
    with pytest.raises(FactorMissing):
        give_consent(consent_id=consent.pk, sha256=document.sha256, by=bo.actor, otp="123456")


def test_refusing_needs_a_reason(draft, lena) -> None:
    document = draft()
    consent = ask(document, lena)
    with pytest.raises(ReasonMissing):
        refuse_consent(consent_id=consent.pk, sha256=document.sha256, by=lena.actor, reason=" ")
    refused = refuse_consent(consent_id=consent.pk, sha256=document.sha256, by=lena.actor, reason="价款未约定提前清偿")
    assert (refused.state, refused.note) == ("refused", "价款未约定提前清偿")
    with pytest.raises(IllegalTransition):
        refuse_consent(consent_id=consent.pk, sha256=document.sha256, by=lena.actor, reason="x")


@pytest.mark.rule("ES-RELIABLE", "XB-CHANGE")
def test_a_changed_version_voids_and_asks_anew(draft, lena, bo, fresh_code) -> None:
    first = draft()
    given, waiting = ask(first, lena), ask(first, bo, kind="co_owner", answer_by=clock.now() + timedelta(days=5))
    refused = ask(first, lena, kind="co_owner")
    give_consent(consent_id=given.pk, sha256=first.sha256, by=lena.actor, otp=fresh_code(lena))
    refuse_consent(consent_id=refused.pk, sha256=first.sha256, by=lena.actor, reason="No.")
    second = draft(text="改动")
    states = dict(Consent.objects.filter(document=first).values_list("pk", "state"))
    assert states == {given.pk: "void", waiting.pk: "void", refused.pk: "refused"}
    anew = list(Consent.objects.filter(document=second).order_by("pk"))
    assert [(one.kind, one.organisation_id, one.state, one.replaces_id) for one in anew] == [
        ("pledgee", lena.organisation.pk, "asked", given.pk),
        ("co_owner", bo.organisation.pk, "asked", waiting.pk),
        ("co_owner", lena.organisation.pk, "asked", refused.pk),
    ]
    assert all(one.sha256_zh == second.sha256 for one in anew)
    assert anew[1].answer_by is not None and anew[1].answer_by - anew[1].asked_at == timedelta(days=5)
    assert given_consents(second) == []
    with pytest.raises(NotCurrent):
        give_consent(consent_id=waiting.pk, sha256=first.sha256, by=bo.actor, otp=fresh_code(bo))
    with pytest.raises(OtherText):
        give_consent(consent_id=anew[0].pk, sha256=first.sha256, by=lena.actor, otp=fresh_code(lena))


def test_nobody_is_asked_twice(draft, lena, ines) -> None:
    document = draft()
    consent = ask(document, lena)
    with pytest.raises(AlreadyAsked):
        ask(document, lena)
    wanted = [Wanted("pledgee", lena.organisation.pk), Wanted("co_owner", ines.organisation.pk)]
    rows = ask_missing(document_id=document.pk, wanted=wanted, by=ines.actor)
    assert [row.kind for row in rows] == ["pledgee", "co_owner"] and rows[0] == consent
    assert ask_missing(document_id=document.pk, wanted=wanted, by=ines.actor) == rows


@pytest.mark.parametrize("end", ["decline", "void", "expire"])
def test_consents_end_with_their_document(draft, lena, ines, end: str, clock_hand) -> None:
    document = draft(expires_at=clock.now() + timedelta(days=2))
    consent = ask(document, lena, answer_by=clock.now() + timedelta(days=9))
    if end == "decline":
        decline(document_id=document.pk, by=ines.actor, reason="No.")
    elif end == "void":
        void_document(document_id=document.pk, by=ines.actor, reason="No.")
    else:
        clock_hand.shift(timedelta(days=2))
        timers.run_due()
        void_consents([event for event in timeline(document) if event.kind == "document.expire"])
    consent.refresh_from_db()
    assert consent.state == "void"
    with pytest.raises(NotCurrent):
        ask(document, lena, kind="co_owner")


def test_a_consent_nobody_answers_lapses(draft, lena, clock_hand, fresh_code) -> None:
    document = draft(expires_at=clock.now() + timedelta(days=30))
    consent = ask(document, lena, answer_by=clock.now() + timedelta(days=2))
    clock_hand.shift(timedelta(days=2))
    with pytest.raises(NotCurrent):
        give_consent(consent_id=consent.pk, sha256=document.sha256, by=lena.actor, otp=fresh_code(lena))
    timers.run_due()
    consent.refresh_from_db()
    assert consent.state == "lapsed"


def test_the_database_refuses_a_consent_off_the_current_version(draft, lena) -> None:
    first = draft()
    consent = ask(first, lena)
    draft(text="改动")
    same = {field.attname: getattr(consent, field.attname) for field in Consent._meta.fields if field.name != "id"}
    with pytest.raises(IntegrityError, match="not on its current version"), transaction.atomic():
        Consent.objects.create(**same)
    with pytest.raises(IntegrityError, match="a_consent_is_asked_of_one_party"), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).update(organisation=None)
