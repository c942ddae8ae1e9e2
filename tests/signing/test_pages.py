"""The workspace's pages: what waits, reading, signing by code and passkey, declining, consents, downloads."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from marketplace.accounts.roles import Role
from marketplace.core.models import FileOpening
from marketplace.signing import registry
from marketplace.signing.models import Consent, Document, FactorUse
from marketplace.signing.services import ask_consent
from tests import cast
from tests.builders import a_person, joins
from tests.cast import Part
from tests.signing.passkeys import Passkey

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(ines: Part) -> Client:
    return ines.signed_in()


def sign_url(document: Document) -> str:
    return reverse("signing_sign", args=[document.number, document.version])


def options_on(page: str) -> dict:
    found = re.search(r'<script id="js_data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["request_options"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_way_from_the_list_to_a_signature(draft, ines, bo, browser, fresh_code, language: str) -> None:
    with translation.override(language):
        document, code = draft(), fresh_code(ines)
        page = browser.get(reverse("signing_list")).content.decode()
        assert sign_url(document) in page and document.number in page
        page = browser.get(reverse("signing_document", args=[document.number])).content.decode()
        assert sign_url(document) in page and bo.organisation.name in page
        page = browser.get(sign_url(document)).content.decode()
        assert document.sha256_zh in page and document.sha256_en in page, "the exact hashes are shown"
        answer = browser.post(sign_url(document), {"sha256": document.sha256_zh, "otp": code})
        assert answer.status_code == 302, answer.content.decode()
        page = browser.get(answer["Location"]).content.decode()
        assert "Ines" in page and sign_url(document) not in page
    slot = document.signatures.get(order=1)
    assert (slot.address, slot.person_name) == ("127.0.0.1", "Ines")
    theirs = bo.signed_in().get(reverse("workspace")).content.decode()
    assert document.title_zh in theirs or document.title_en in theirs


def test_a_wrong_code_says_so_and_signs_nothing(draft, ines, browser, fresh_code) -> None:
    document, _code = draft(), fresh_code(ines)
    answer = browser.post(sign_url(document), {"sha256": document.sha256_zh, "otp": "000000"})
    assert answer.status_code == 422 and "未作任何签署" in answer.content.decode()
    assert not document.signatures.made().exists()


def test_the_hash_on_the_page_must_be_the_current_one(draft, ines, browser, fresh_code) -> None:
    document, code = draft(), fresh_code(ines)
    answer = browser.post(sign_url(document), {"sha256": "0" * 64, "otp": code})
    assert answer.status_code == 409 and not document.signatures.made().exists()


def test_a_passkey_signs_one_document_once(draft, ines, browser) -> None:
    key, first, second = Passkey(ines.person), draft(), draft(subject=cast.lena().organisation)
    page = browser.get(sign_url(first)).content.decode()
    credential = key.answer(options_on(page))
    other = browser.post(sign_url(second), {"sha256": second.sha256_zh, "credential": credential})
    assert other.status_code == 422, "the challenge was for the other document"
    credential = key.answer(options_on(browser.get(sign_url(first)).content.decode()))
    assert browser.post(sign_url(first), {"sha256": first.sha256_zh, "credential": credential}).status_code == 302
    assert first.signatures.get(order=1).factor == "webauthn"
    browser.get(sign_url(second))
    again = browser.post(sign_url(second), {"sha256": second.sha256_zh, "credential": credential})
    assert again.status_code == 422 and not second.signatures.made().exists()
    assert FactorUse.objects.filter(person=ines.person, is_good=True).count() == 1


def test_a_passkey_of_somebody_else_does_not_sign(draft, ines, bo, browser) -> None:
    Passkey(ines.person)
    foreign, document = Passkey(bo.person), draft()
    credential = foreign.answer(options_on(browser.get(sign_url(document)).content.decode()))
    assert browser.post(sign_url(document), {"sha256": document.sha256_zh, "credential": credential}).status_code == 422
    for rubbish in ("{}", "null", "x", '{"id": 1}'):
        browser.get(sign_url(document))
        answer = browser.post(sign_url(document), {"sha256": document.sha256_zh, "credential": rubbish})
        assert answer.status_code in (422, 429)


def test_without_a_second_factor_the_page_leads_to_adding_one(draft, browser) -> None:
    page = browser.get(sign_url(draft())).content.decode()
    assert reverse("mfa_index") in page and 'name="otp"' not in page


def test_whose_turn_it_is_not_cannot_open_the_signing_page(draft, ines, bo) -> None:
    document = draft()
    assert bo.signed_in().get(sign_url(document)).status_code == 403
    reader = Part(a_person(), ines.organisation)
    joins(reader.person, ines.organisation, [Role.READ_ONLY])
    seen = reader.signed_in()
    assert seen.get(reverse("signing_document", args=[document.number])).status_code == 200
    assert seen.get(sign_url(document)).status_code == 403
    assert seen.post(sign_url(document), {"sha256": document.sha256_zh, "otp": "1"}).status_code == 403


def test_strangers_find_nothing(draft, ines) -> None:
    document = draft()
    consent = ask_consent(document_id=document.pk, kind="pledgee", organisation_id=ines.organisation.pk, by=ines.actor)
    urls = [
        reverse("signing_document", args=[document.number]),
        reverse("signing_version", args=[document.number, 1]),
        sign_url(document),
        reverse("signing_decline", args=[document.number, 1]),
        reverse("consent_answer", args=[consent.pk]),
        reverse("signing_consent_give", args=[consent.pk]),
        reverse("signing_consent_refuse", args=[consent.pk]),
        reverse("file", args=[document.file_zh_id]),
    ]
    stranger = cast.stranger().signed_in()
    for url in urls:
        assert {stranger.get(url).status_code, stranger.post(url).status_code} <= {404, 405}, url
    assert Client().get(urls[0]).status_code == 302
    assert stranger.get(reverse("signing_document", args=["S-2026-999999"])).status_code == 404


def test_files_open_to_the_signers_and_each_opening_is_kept(draft, ines, bo, browser) -> None:
    document = draft()
    answer = browser.get(reverse("file", args=[document.file_zh_id]))
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"%PDF-")
    opening = FileOpening.objects.get(file=document.file_zh_id)
    assert (opening.actor_id, opening.org_id) == (ines.person.pk, ines.organisation.pk)
    assert cast.ops().signed_in().get(reverse("file", args=[document.file_en_id])).status_code == 200


def test_a_matter_lets_its_own_readers_in(draft, ines, monkeypatch) -> None:
    document, friend = draft(), cast.stranger()
    url = reverse("signing_document", args=[document.number])
    assert friend.signed_in().get(url).status_code == 404
    registry.matter(
        "accounts.organisation", title=lambda pk: "交易 D-1", url=lambda pk: "/workspace/",
        may_read=lambda actor, pk: actor.org_id == friend.organisation.pk,
    )  # fmt: skip
    page = friend.signed_in().get(url)
    assert page.status_code == 200 and "交易 D-1" in page.content.decode()


def test_declining_asks_for_the_reason(draft, ines, browser) -> None:
    document = draft()
    url = reverse("signing_decline", args=[document.number, 1])
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"reason": " "}).status_code == 422
    assert browser.post(url, {"reason": "价款有误"}).status_code == 302
    document.refresh_from_db()
    assert document.state == "declined"
    assert "价款有误" in browser.get(reverse("signing_document", args=[document.number])).content.decode()
    assert browser.get(url).status_code == 403


def test_versions_stand_beside_each_other(draft, browser) -> None:
    first, second = draft(), draft(text="改动")
    page = browser.get(reverse("signing_document", args=[first.number])).content.decode()
    assert second.sha256_zh in page and reverse("signing_version", args=[first.number, 1]) in page
    assert first.sha256_zh in browser.get(reverse("signing_version", args=[first.number, 1])).content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_giving_and_refusing_consent_on_its_page(draft, ines, fresh_code, language: str) -> None:
    lena, document = cast.lena(), draft()
    registry.consent_kind("pledgee", "质权人同意")
    rows = [
        ask_consent(
            document_id=document.pk,
            kind=kind,
            organisation_id=lena.organisation.pk,
            by=ines.actor,
            why_zh="该专利已出质",
        )
        for kind in ("pledgee", "co_owner")
    ]
    code, browser = fresh_code(lena), lena.signed_in()
    with translation.override(language):
        page = browser.get(reverse("consent_answer", args=[rows[0].pk])).content.decode()
        assert document.sha256_zh in page and "该专利已出质" in page
        wrong = browser.post(
            reverse("signing_consent_give", args=[rows[0].pk]), {"sha256": document.sha256_zh, "otp": "1"}
        )
        assert wrong.status_code == 422
        given = browser.post(
            reverse("signing_consent_give", args=[rows[0].pk]), {"sha256": document.sha256_zh, "otp": code}
        )
        assert given.status_code == 302
        refuse = reverse("signing_consent_refuse", args=[rows[1].pk])
        assert browser.post(refuse, {"sha256": document.sha256_zh, "reason": ""}).status_code == 422
        assert browser.post(refuse, {"sha256": document.sha256_zh, "reason": "未清偿"}).status_code == 302
        assert "未清偿" in browser.get(reverse("consent_answer", args=[rows[1].pk])).content.decode()
    assert [one.state for one in Consent.objects.order_by("pk")] == ["given", "refused"]
    assert "Lena" in browser.get(reverse("signing_document", args=[document.number])).content.decode()


def test_the_pages_cost_the_same_for_two_documents_and_twenty(
    draft, ines, browser, django_assert_max_num_queries
) -> None:
    lena, bo = cast.lena(), cast.bo()
    for part in (lena, bo):
        draft(subject=part.organisation)
    browser.get(reverse("signing_list"))
    with django_assert_max_num_queries(13):
        browser.get(reverse("signing_list"))
    for _ in range(6):
        draft(subject=joins_new())
    with django_assert_max_num_queries(13):
        browser.get(reverse("signing_list"))


def joins_new():
    from tests.builders import an_organisation

    return an_organisation("draft")
