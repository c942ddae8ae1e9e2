"""Consents of parties who are not on the market: somebody brings the paper, the market's desk checks it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from marketplace.core.files import FileTypeRefused
from marketplace.signing import access
from marketplace.signing.models import Consent
from marketplace.signing.refusals import FactorMissing, FactorWrong, NotCurrent, OtherText
from marketplace.signing.selectors import missing_consents
from marketplace.signing.services import (
    Wanted,
    ask_missing,
    confirm_paper,
    give_consent,
    hand_in,
    refuse_consent,
    send_back,
)
from tests import cast
from tests.builders import a_pdf, member_actor
from tests.cast import Part

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(db) -> Part:
    return cast.ops()


def wanted(part: Part, name: str = "林知远", kind: str = "inventor") -> Wanted:
    return Wanted(kind, brought_by_id=part.organisation.pk, name=name)


def asked(document, part: Part, **given) -> Consent:
    [consent] = ask_missing(document_id=document.pk, wanted=[wanted(part, **given)], by=cast.ines().actor)
    return consent


def brought(consent: Consent, part: Part) -> Consent:
    return hand_in(consent_id=consent.pk, sha256=consent.sha256_zh, upload=a_pdf(), by=part.actor)


def test_the_paper_is_brought_and_the_desk_confirms_it(draft, ines, ops, fresh_code) -> None:
    document = draft()
    consent = asked(document, ines)
    assert missing_consents(document, [wanted(ines)]) == [wanted(ines)]
    handed = brought(consent, ines)
    assert (handed.state, handed.paper.name, handed.answered_at) == ("handed_in", "paper.pdf", None)
    assert handed.due_at is not None and handed.due_at > clock.now()
    given = confirm_paper(consent_id=consent.pk, sha256=consent.sha256_zh, by=ops.actor, otp=fresh_code(ops))
    assert (given.state, given.party_name, given.answered_by, given.factor) == ("given", "林知远", ops.person, "totp")
    assert missing_consents(document, [wanted(ines)]) == []


def test_the_paper_can_be_sent_back_with_a_reason_and_brought_again(draft, ines, ops) -> None:
    consent = brought(asked(draft(), ines), ines)
    with pytest.raises(ReasonMissing):
        send_back(consent_id=consent.pk, by=ops.actor, reason=" ")
    returned = send_back(consent_id=consent.pk, by=ops.actor, reason="未写明合同版本")
    assert returned.state == "asked"
    assert brought(returned, ines).state == "handed_in"


def test_only_whoever_was_asked_to_brings_it_and_only_the_desk_confirms(draft, ines, bo, ops, fresh_code) -> None:
    consent = asked(draft(), ines)
    with pytest.raises(NotFound):
        brought(consent, bo)
    with pytest.raises(NotPermitted):
        hand_in(
            consent_id=consent.pk,
            sha256=consent.sha256_zh,
            upload=a_pdf(),
            by=member_actor(ines.organisation, Role.STAFF),
        )
    with pytest.raises(IllegalTransition):
        confirm_paper(consent_id=consent.pk, sha256=consent.sha256_zh, by=ops.actor, otp=fresh_code(ops))
    brought(consent, ines)
    with pytest.raises(NotPermitted):
        confirm_paper(consent_id=consent.pk, sha256=consent.sha256_zh, by=ines.actor, otp=fresh_code(ines))
    with pytest.raises(NotPermitted):
        send_back(consent_id=consent.pk, by=ines.actor, reason="x")
    with pytest.raises((FactorMissing, FactorWrong)):
        confirm_paper(consent_id=consent.pk, sha256=consent.sha256_zh, by=ops.actor, otp="")
    assert Consent.objects.get(pk=consent.pk).state == "handed_in"


def test_nobody_gives_by_a_click_what_is_asked_on_paper(draft, ines, fresh_code) -> None:
    consent = asked(draft(), ines)
    with pytest.raises(NotPermitted):
        give_consent(consent_id=consent.pk, sha256=consent.sha256_zh, by=ines.actor, otp=fresh_code(ines))


def test_whoever_brings_it_may_say_that_the_party_refuses(draft, ines) -> None:
    consent = asked(draft(), ines)
    refused = refuse_consent(consent_id=consent.pk, sha256=consent.sha256_zh, by=ines.actor, reason="发明人要优先受让")
    assert (refused.state, refused.note) == ("refused", "发明人要优先受让")


def test_another_text_or_file_is_refused_and_nothing_is_kept(draft, ines) -> None:
    consent = asked(draft(), ines)
    with pytest.raises(OtherText):
        hand_in(consent_id=consent.pk, sha256="0" * 64, upload=a_pdf(), by=ines.actor)
    with pytest.raises(FileTypeRefused):
        hand_in(consent_id=consent.pk, sha256=consent.sha256_zh, upload=a_pdf("paper.exe"), by=ines.actor)
    assert Consent.objects.get(pk=consent.pk).paper is None


@pytest.mark.rule("XB-CHANGE")
def test_an_export_licence_shown_for_one_version_does_not_serve_the_next(draft, ines, ops, fresh_code) -> None:
    first = draft()
    consent = brought(asked(first, ines, name="", kind="export"), ines)
    confirm_paper(consent_id=consent.pk, sha256=first.sha256, by=ops.actor, otp=fresh_code(ops))
    second = draft(text="改动")
    assert Consent.objects.get(pk=consent.pk).state == "void"
    anew = Consent.objects.get(document=second)
    assert (anew.kind, anew.state, anew.brought_by, anew.paper) == ("export", "asked", ines.organisation, None)
    with pytest.raises(NotCurrent):
        brought(consent, ines)


def test_a_paper_not_brought_in_time_lapses(draft, ines, clock_hand) -> None:
    document = draft()
    [consent] = ask_missing(
        document_id=document.pk, wanted=[wanted(ines)], by=ines.actor, answer_by=clock.now() + timedelta(hours=1)
    )
    clock_hand.shift(timedelta(hours=1, seconds=1))
    timers.run_due()
    assert Consent.objects.get(pk=consent.pk).state == "lapsed"


@pytest.mark.parametrize(
    "columns", [{"brought_by": None}, {"state": "given"}, {"name": "x", "brought_by": None}, {"organisation": 1}]
)
def test_the_database_keeps_papers_and_parties_apart(draft, ines, columns) -> None:
    consent = asked(draft(), ines)
    given = {key: ines.organisation if key == "organisation" else value for key, value in columns.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).update(**given)


def test_the_desk_sees_what_is_to_be_checked_and_nothing_before(draft, ines, ops, bo) -> None:
    consent = asked(draft(), ines)
    assert [one.pk for one in access.to_answer(ines.actor)] == [consent.pk]
    assert not access.to_answer(ops.actor).exists()
    brought(consent, ines)
    assert [one.pk for one in access.to_answer(ops.actor)] == [consent.pk]
    assert not access.to_answer(ines.actor).exists()
    with pytest.raises(NotFound):
        access.consent_for(bo.actor, consent.pk)


def test_the_page_leads_from_the_paper_to_the_confirmation(client, draft, ines, ops, bo, fresh_code) -> None:
    consent = asked(draft(), ines)
    page, sha256 = reverse("consent_answer", args=[consent.pk]), consent.sha256_zh
    hand_in_url, confirm_url = (reverse(f"signing_consent_{act}", args=[consent.pk]) for act in ("hand_in", "confirm"))
    client.force_login(ines.person)
    assert "交来书面文件" in client.get(page).content.decode()
    lacking = client.post(hand_in_url, {"sha256": sha256})
    assert lacking.status_code == 422 and "缺少已签署的书面文件" in lacking.content.decode()
    assert client.post(hand_in_url, {"sha256": sha256, "file": a_pdf()}).status_code == 302
    paper = reverse("file", args=[Consent.objects.get(pk=consent.pk).paper_id])
    assert client.get(paper).status_code == 200
    other = Client()
    other.force_login(cast.stranger().person)
    assert [other.get(url).status_code for url in (page, paper)] == [404, 404]
    code = fresh_code(ops)  # whoever works at the desk has a second factor before any page opens
    desk = ops.signed_in()
    assert "确认书面文件" in desk.get(page).content.decode()
    assert desk.post(confirm_url, {"sha256": sha256, "otp": code}).status_code == 302
    assert Consent.objects.get(pk=consent.pk).state == "given"
