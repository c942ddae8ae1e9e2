"""The same for programs."""

from __future__ import annotations

import pytest
from django.test import Client

from marketplace.signing.services import ask_consent
from tests import cast

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_reading_and_signing(draft, ines, bo, fresh_code) -> None:
    document, code, program = draft(), fresh_code(ines), ines.signed_in()
    [row] = program.get("/api/v1/documents/").json()
    assert (row["number"], row["state"], len(row["files"])) == (document.number, "drafted", 2)
    url = f"/api/v1/documents/{document.number}/sign/"
    wrong = program.post(url, {"sha256": document.sha256, "otp": "000000"}, content_type=JSON)
    assert wrong.status_code == 422 and wrong.json()["error"]["code"] == "second_factor_wrong"
    assert program.post(url, {"sha256": document.sha256}, content_type=JSON).status_code == 400
    done = program.post(url, {"sha256": document.sha256, "otp": code}, content_type=JSON)
    assert done.status_code == 200, done.content
    assert [one["person_name"] for one in done.json()["signatures"]] == ["Ines", ""]
    assert "address" not in done.json()["signatures"][0]
    declined = bo.signed_in().post(
        f"/api/v1/documents/{document.number}/decline/", {"reason": "价款有误"}, content_type=JSON
    )
    assert declined.json()["state"] == "declined"


def test_consents(draft, ines, fresh_code) -> None:
    lena, document = cast.lena(), draft()
    rows = [
        ask_consent(document_id=document.pk, kind=kind, organisation_id=lena.organisation.pk, by=ines.actor)
        for kind in ("pledgee", "co_owner")
    ]
    code, program = fresh_code(lena), lena.signed_in()
    assert {one["id"] for one in program.get("/api/v1/consents/").json()} == {row.pk for row in rows}
    given = program.post(
        f"/api/v1/consents/{rows[0].pk}/give/", {"sha256": document.sha256, "otp": code}, content_type=JSON
    )
    assert (given.status_code, given.json()["state"]) == (200, "given")
    refused = program.post(
        f"/api/v1/consents/{rows[1].pk}/refuse/", {"sha256": document.sha256, "reason": "No."}, content_type=JSON
    )
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")


def test_strangers_and_nobody(draft, ines) -> None:
    document = draft()
    consent = ask_consent(document_id=document.pk, kind="pledgee", organisation_id=ines.organisation.pk, by=ines.actor)
    stranger = cast.stranger().signed_in()
    assert stranger.get("/api/v1/documents/").json() == [] == stranger.get("/api/v1/consents/").json()
    for url in (f"/api/v1/documents/{document.number}/", f"/api/v1/consents/{consent.pk}/"):
        assert stranger.get(url).status_code == 404
        assert Client().get(url).status_code in (401, 403)
    body = {"sha256": document.sha256, "otp": "1", "reason": "x"}
    for url in (
        f"/api/v1/documents/{document.number}/sign/",
        f"/api/v1/documents/{document.number}/decline/",
        f"/api/v1/consents/{consent.pk}/give/",
        f"/api/v1/consents/{consent.pk}/refuse/",
    ):
        assert stranger.post(url, body, content_type=JSON).status_code == 404


def test_anybody_asks_about_a_hash(signed) -> None:
    document = signed(text="ZQX7")
    answer = Client().get(f"/api/v1/verify/{document.sealed_zh.sha256}/")
    told = answer.json()
    assert (told["outcome"], told["number"], told["seal_holds"], told["is_demo"]) == (
        "sealed", document.number, True, True,
    )  # fmt: skip
    assert [one["person_name"] for one in told["signatures"]] == ["Ines", "Bo"]
    assert "ZQX7" not in answer.content.decode() and "title" not in answer.content.decode()
    assert Client().get(f"/api/v1/verify/{'0' * 64}/").status_code == 404
    assert Client().get("/api/v1/verify/abc/").status_code == 422
