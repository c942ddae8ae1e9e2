"""What the public page finds out about a file, and what it keeps to itself."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfWriter

from marketplace.signing.models import SealCertificate
from marketplace.signing.refusals import NotAHash, NotAPdf
from marketplace.signing.verifying import LARGEST, Outcome, seal_holds, verify_file, verify_hash
from tests.signing.test_documents import content_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(signed) -> tuple:
    document = signed(text="ZQX7内容")
    return document, content_of(document.sealed_zh)


@pytest.mark.rule("ES-RELIABLE")
def test_the_sealed_file_is_known_and_its_seal_holds(sealed) -> None:
    document, content = sealed
    answer = verify_file(content)
    assert (answer.outcome, answer.document, answer.seal_holds, answer.language) == (
        Outcome.SEALED, document, True, "zh",
    )  # fmt: skip
    assert [slot.person_name for slot in answer.signatures] == ["Ines", "Bo"]
    assert not answer.is_replaced and answer.is_signed_by_all
    english = verify_file(content_of(document.sealed_en))
    assert (english.outcome, english.language, english.seal_holds) == (Outcome.SEALED, "en", True)


@pytest.mark.rule("ES-RELIABLE")
@pytest.mark.parametrize("place", [0.02, 0.1, 0.4, 0.7, 0.8, 0.97])
def test_one_changed_byte_is_found(sealed, place: float) -> None:
    _document, content = sealed
    changed = bytearray(content)
    changed[int(len(content) * place)] ^= 1
    answer = verify_file(bytes(changed))
    assert answer.outcome == Outcome.ALTERED and answer.document is None and answer.signatures == []
    assert seal_holds(bytes(changed)) is False


def test_an_altered_file_names_only_the_number_it_bears(sealed) -> None:
    document, content = sealed
    changed = content.replace(b"%PDF-1.7", b"%PDF-1.6", 1)
    assert verify_file(changed).claims == str(document)


def test_something_added_after_the_seal_is_found(sealed) -> None:
    document, content = sealed
    answer = verify_file(content + b"\n% more\n%%EOF\n")
    assert (answer.outcome, answer.document, answer.seal_holds) == (Outcome.ADDED, document, False)


def test_the_text_that_was_signed_is_known_by_itself(sealed) -> None:
    document, content = sealed
    answer = verify_file(content[: document.file_zh.size])
    assert (answer.outcome, answer.document, answer.seal_holds) == (Outcome.TEXT, document, None)


def test_a_seal_of_somebody_else_is_not_ours(sealed) -> None:
    _document, content = sealed
    assert seal_holds(content)
    SealCertificate.objects.update(fingerprint="0" * 64)
    assert not seal_holds(content)


def test_a_later_version_is_told(sealed, draft) -> None:
    _document, content = sealed
    draft(text="补充协议")
    answer = verify_file(content)
    assert (answer.outcome, answer.replaced_by, answer.seal_holds) == (Outcome.SEALED, 2, True)


def test_hashes_of_text_and_seal(sealed) -> None:
    document, _content = sealed
    assert document.sealed_en is not None
    spaced = f" {document.sha256_zh[:32].upper()}\n{document.sha256_zh[32:]} "
    assert verify_hash(spaced).outcome == Outcome.TEXT
    known = verify_hash(document.sealed_en.sha256)
    assert (known.outcome, known.language, known.seal_holds) == (Outcome.SEALED, "en", True)
    assert verify_hash("0" * 64).outcome == Outcome.UNKNOWN
    for wrong in ("", "0" * 63, "g" * 64, "S-2026-000001"):
        with pytest.raises(NotAHash):
            verify_hash(wrong)


def test_a_strange_pdf_is_unknown_and_other_files_are_refused(sealed, tmp_path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "x.pdf")
    answer = verify_file((tmp_path / "x.pdf").read_bytes())
    assert (answer.outcome, answer.document, answer.claims) == (Outcome.UNKNOWN, None, "")
    for content in (b"", b"PK\x03\x04", b"<html>", b"%PDF-" + b"0" * LARGEST):
        with pytest.raises(NotAPdf):
            verify_file(content)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3]" * 5000,
        b"%PDF-1.7\n/ByteRange [0 9999999999 9999999999 9999999999] /Reason (S\\0552026\\055000001 v1)",
        b"%PDF-1.7\n" + b"[" * 100_000,
        b"%PDF-1.7\n1 0 obj <</Type /Sig /Reason (S-2026-999999 v9)>> endobj trailer <</Root 1 0 R>>",
    ],
)
def test_a_hostile_pdf_is_neither_parsed_nor_believed(content: bytes) -> None:
    answer = verify_file(content)
    assert answer.outcome in (Outcome.UNKNOWN, Outcome.ALTERED) and answer.document is None and not answer.signatures


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_anybody_checks_a_file_and_reads_nothing_of_its_content(sealed, prefix: str, client: Client) -> None:
    document, content = sealed
    assert client.get(f"{prefix}/verify/").status_code == 200
    page = client.post(f"{prefix}/verify/", {"file": SimpleUploadedFile("合同.pdf", content)})
    body = page.content.decode()
    assert page.status_code == 200
    assert document.number in body and "Ines" in body
    assert ("demo certificate" if prefix else "演示证书") in body
    for secret in ("ZQX7", document.title_zh, document.title_en, "转让方", "Assignor", "192.0.2.7"):
        assert secret not in body
    changed = bytearray(content)
    changed[2000] ^= 1
    body = client.post(f"{prefix}/verify/", {"file": SimpleUploadedFile("x.pdf", bytes(changed))}).content.decode()
    assert "Ines" not in body and ("at least one byte" in body or "至少有一个字节" in body)


def test_the_page_takes_a_hash_and_refuses_what_is_neither(sealed, client: Client) -> None:
    document, _content = sealed
    assert document.number in client.post("/verify/", {"sha256": document.sha256_en}).content.decode()
    assert client.post("/verify/", {"sha256": "abc"}).status_code == 422
    assert client.post("/verify/", {}).status_code == 422
    assert client.post("/verify/", {"file": SimpleUploadedFile("x.pdf", b"hello")}).status_code == 422


def test_harvesting_is_slowed_down(client: Client, db) -> None:
    answers = [client.post("/verify/", {"sha256": f"{n:064x}"}).status_code for n in range(31)]
    assert answers[:30] == [200] * 30 and answers[30] == 429
