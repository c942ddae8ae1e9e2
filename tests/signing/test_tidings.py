"""Who is told what, and what stands on the first page of the workspace."""

from __future__ import annotations

import pytest
from django.utils import translation

from marketplace.accounts.roles import Role
from marketplace.core.models import Event
from marketplace.notifications import service
from marketplace.notifications.models import Delivery
from marketplace.signing import desks
from marketplace.signing.services import ask_consent, decline, give_consent, sign
from tests import cast
from tests.builders import a_person, joins
from tests.cast import Part

pytestmark = pytest.mark.django_db


def told(part: Part) -> list[tuple[str, str]]:
    """(topic, sentence) of everything a person was told, oldest first."""
    service.deliver(list(Event.objects.order_by("pk")))
    rows = Delivery.objects.filter(recipient=part.person, channel=Delivery.Channel.IN_APP).order_by("pk")
    return [(row.topic, service.sentence_of(row)) for row in rows if row.topic.startswith(("document.", "consent."))]


def waiting(part: Part) -> int:
    return sum(rows.count() for rows in desks.waiting(part.actor))


def test_each_is_told_when_it_is_their_turn(draft, ines, bo, fresh_code) -> None:
    document = draft(by=cast.ops().actor)
    [(topic, words)] = told(ines)
    assert topic == "document.begin" and "测试协议" in words and document.number in words
    assert told(bo) == []
    sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))
    assert [topic for topic, _words in told(bo)] == ["document.sign"]
    sign(document_id=document.pk, sha256=document.sha256, by=bo.actor, otp=fresh_code(bo))
    with translation.override("en"):
        assert told(ines)[-1] == ("document.complete", f"Signed by all: Test agreement ({document.number})")


def test_a_refusal_comes_with_its_reason(draft, ines, bo) -> None:
    document = draft()
    decline(document_id=document.pk, by=bo.actor, reason="价款有误")
    assert "价款有误" in told(ines)[-1][1]


def test_whoever_is_asked_and_whoever_asked_hear_of_a_consent(draft, ines, bo, fresh_code) -> None:
    lena, document = cast.lena(), draft()
    consent = ask_consent(document_id=document.pk, kind="pledgee", organisation_id=lena.organisation.pk, by=ines.actor)
    assert [topic for topic, _words in told(lena)] == ["consent.begin"]
    give_consent(consent_id=consent.pk, sha256=document.sha256, by=lena.actor, otp=fresh_code(lena))
    for part in (ines, bo):
        assert "乐娜银行已同意" in told(part)[-1][1]


def test_what_is_to_do_stands_for_those_who_may_do_it(draft, ines, bo) -> None:
    document = draft()
    assert [line["url"] for line in desks.to_do(ines.actor)] == [f"/workspace/signing/{document.number}/"]
    assert waiting(ines) == 1 and waiting(bo) == 0 and desks.to_do(bo.actor) == []
    staff = Part(a_person(), ines.organisation)
    joins(staff.person, ines.organisation, [Role.STAFF])
    assert desks.to_do(staff.actor) == [] and waiting(staff) == 0
    consent = ask_consent(document_id=document.pk, kind="pledgee", organisation_id=bo.organisation.pk, by=ines.actor)
    assert [line["url"] for line in desks.to_do(bo.actor)] == [f"/workspace/consents/{consent.pk}/"]
