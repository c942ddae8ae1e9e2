"""Drafting, versions, the order of signing, what a code is worth, and the seal."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, ProgrammingError, transaction
from pypdf import PdfReader

from marketplace.accounts.roles import Role
from marketplace.accounts.services import organisations
from marketplace.core import clock, timers
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from marketplace.core.events import timeline
from marketplace.core.models import StoredFile
from marketplace.signing import sealing
from marketplace.signing.models import Document, FactorUse, SealCertificate, Signature
from marketplace.signing.refusals import (
    AlreadySigned,
    FactorMissing,
    FactorTired,
    FactorWrong,
    NotCurrent,
    NotYourTurn,
    OtherText,
    SealUnavailable,
    SignersWrong,
    SignerUnverified,
)
from marketplace.signing.selectors import current_document
from marketplace.signing.services import SignerSlot, decline, draft_document, sign, void_document
from marketplace.signing.services.documents import set_text
from marketplace.signing.states import DocumentState
from tests import cast
from tests.builders import a_person, an_organisation, joins, member_actor, operator_actor
from tests.signing.conftest import TEMPLATE, code_at

pytestmark = pytest.mark.django_db


def content_of(file: StoredFile | None) -> bytes:
    assert file is not None
    with default_storage.open(file.stored_as) as kept:
        return kept.read()


def words_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


# ── drafting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_draft_is_two_files_with_their_hashes(draft, ines) -> None:
    document = draft()
    assert (document.state, document.version) == (DocumentState.DRAFTED, 1)
    for language in ("zh", "en"):
        content = content_of(getattr(document, f"file_{language}"))
        assert hashlib.sha256(content).hexdigest() == getattr(document, f"sha256_{language}")
        words = words_of(content)
        assert document.number in words
        assert ("测试协议" if language == "zh" else "Test agreement") in words
        assert "专利权转让" in words and ("转让方" if language == "zh" else "Assignor") in words
    event = timeline(document)[0]
    assert (event.kind, event.data["sha256"], event.data["subject"]) == (
        "document.begin", document.sha256_zh, ["accounts.organisation", ines.organisation.pk],
    )  # fmt: skip


def test_the_same_row_gives_the_same_bytes(draft) -> None:
    document = draft()
    slots = list(document.signatures.order_by("order"))
    for language in ("zh", "en"):
        _title, content = set_text(Document.objects.get(pk=document.pk), slots, language)
        assert hashlib.sha256(content).hexdigest() == getattr(document, f"sha256_{language}")


@pytest.mark.parametrize(
    "text",
    [
        '#import "@preview/x:1.0.0": *',
        '#read("/etc/passwd")',
        "#panic(1) $x$ *b* _i_ `c` <l> @r = H - l + n / t: x \\ // c /* d */ ~ -- --- \" ' [ ] { } # \\u{41}",
        "#sys.inputs #(1+1) #{ 2 + 2 } ]) #text(fill: red)[x",
        "\u202e反转\u2066 {{ 7*7 }} {% now %} ${7*7} %(x)s {x} <script>alert(1)</script>",
    ],
)
def test_what_a_party_types_is_printed_and_never_run(draft, text: str) -> None:
    document = draft(text=text)
    for language in ("zh", "en"):
        words = words_of(content_of(getattr(document, f"file_{language}")))
        plain = "".join(ch for ch in text if (ch.isascii() and ch.isalnum()) or ch in "#$%{}()@*_`")
        shown = "".join(ch for ch in words if (ch.isascii() and ch.isalnum()) or ch in "#$%{}()@*_`")
        assert shown.count(plain) == 4, shown


def test_the_text_of_a_version_is_fixed_in_the_database(draft) -> None:
    document = draft()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(sha256_zh="0" * 64)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(data={"text": "other"})
    with pytest.raises(ProgrammingError), transaction.atomic():
        Signature.objects.filter(document=document).delete()


@pytest.mark.parametrize("orders", [[], [1, 1], [0, 1]])
def test_signers_have_places_of_their_own(ines, bo, orders: list[int]) -> None:
    parts = [ines, bo]
    slots = [SignerSlot(order, parts[i].organisation.pk, "方", "Party") for i, order in enumerate(orders)]
    with pytest.raises(SignersWrong):
        draft_document(subject=("accounts.organisation", 1), template=TEMPLATE, data={}, signers=slots, by=ines.actor)


def test_an_unverified_organisation_is_no_signer(draft, ines) -> None:
    with pytest.raises(SignerUnverified):
        draft(signers=[SignerSlot(1, an_organisation("draft").pk, "方", "Party")])
    with pytest.raises(NotFound):
        draft(signers=[SignerSlot(1, 10**9, "方", "Party")])


def test_a_new_version_keeps_the_number_and_voids_the_old_one(draft, ines, fresh_code) -> None:
    first = draft()
    sign(document_id=first.pk, sha256=first.sha256, by=ines.actor, otp=fresh_code(ines))
    second = draft(text="专利申请权转让")
    first.refresh_from_db()
    assert (first.state, second.number, second.version) == (DocumentState.VOID, first.number, 2)
    assert not second.signatures.made().exists() and second.sha256 != first.sha256
    assert current_document(("accounts.organisation", ines.organisation.pk), TEMPLATE) == second
    with pytest.raises(NotCurrent):
        sign(document_id=first.pk, sha256=first.sha256, by=ines.actor, otp=fresh_code(ines))


def test_a_complete_document_can_be_replaced_too(signed, draft) -> None:
    first = signed()
    second = draft(text="补充")
    first.refresh_from_db()
    assert (first.state, second.version, second.state) == ("void", 2, "drafted")


def test_the_database_holds_one_live_version(draft) -> None:
    document = draft()
    copy = Document.objects.get(pk=document.pk)
    copy.pk, copy.version = None, 2
    with pytest.raises(IntegrityError, match="one_live_version_per_subject_and_template"), transaction.atomic():
        copy.save(force_insert=True)


# ── signing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("ES-RELIABLE", "ES-KEEP")
def test_both_sign_in_order_and_the_market_seals(draft, ines, bo, fresh_code) -> None:
    document = draft()
    document = sign(
        document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines), address="192.0.2.7"
    )
    assert document.state == DocumentState.SIGNING and document.sealed_zh is None
    document = sign(document_id=document.pk, sha256=document.sha256.upper(), by=bo.actor, otp=fresh_code(bo))
    assert document.state == DocumentState.COMPLETE
    slot = document.signatures.get(order=1)
    assert (slot.person_name, slot.address, slot.sha256_zh, slot.sha256_en, slot.factor) == (
        "Ines", "192.0.2.7", document.sha256_zh, document.sha256_en, "totp",
    )  # fmt: skip
    for language in ("zh", "en"):
        drafted, sealed = (content_of(getattr(document, f"{part}_{language}")) for part in ("file", "sealed"))
        assert sealed.startswith(drafted), "the signed bytes are the head of the sealed file"
        assert sealing.FIELD in PdfReader(BytesIO(sealed)).get_fields()
        last = PdfReader(BytesIO(sealed)).pages[-1].extract_text().replace("\n", "").replace(" ", "")
        assert "Ines" in last and "Bo" in last and document.sha256_zh in last
        assert ("演示证书" if language == "zh" else "Democertificate") in last
    kinds = [event.kind for event in timeline(document)]
    assert kinds == ["document.complete", "document.sign", "document.sign", "document.begin"]
    assert timeline(document)[0].data["sealed_sha256_zh"] == document.sealed_zh.sha256


def test_the_second_waits_for_the_first(draft, ines, bo, fresh_code) -> None:
    document = draft()
    with pytest.raises(NotYourTurn) as refusal:
        sign(document_id=document.pk, sha256=document.sha256, by=bo.actor, otp="000000")
    assert "因氏" in refusal.value.message
    sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))
    with pytest.raises(AlreadySigned):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))


def test_the_database_keeps_the_order_and_the_bytes_alone(draft, ines, bo) -> None:
    document = draft()
    whole = {
        "signed_at": clock.now(), "person": bo.person, "person_name": "Bo", "factor": "totp",
        "sha256_zh": document.sha256_zh, "sha256_en": document.sha256_en,
    }  # fmt: skip
    second, first = document.signatures.filter(order=2), document.signatures.filter(order=1)
    with pytest.raises(IntegrityError, match="out of turn"), transaction.atomic():
        second.update(**whole)
    with pytest.raises(IntegrityError, match="not over its bytes"), transaction.atomic():
        first.update(**{**whole, "sha256_zh": "0" * 64})
    with pytest.raises(IntegrityError, match="a_signature_is_whole_or_absent"), transaction.atomic():
        first.update(**{**whole, "factor": ""})
    first.update(**whole)
    with pytest.raises(ProgrammingError), transaction.atomic():
        first.update(person_name="Somebody")


def test_only_owners_and_signatories_sign_for_their_organisation(draft, ines, fresh_code) -> None:
    document = draft()
    for role in (Role.STAFF, Role.FINANCE, Role.READ_ONLY):
        with pytest.raises(NotPermitted):
            sign(
                document_id=document.pk,
                sha256=document.sha256,
                by=member_actor(ines.organisation, role),
                otp="000000",
            )
    with pytest.raises(NotFound):
        sign(document_id=document.pk, sha256=document.sha256, by=cast.stranger().actor, otp="000000")
    delegate = Actor(
        user_id=ines.person.pk, org_id=cast.cora().organisation.pk, roles=frozenset({"owner"}),
        on_behalf_of=ines.organisation.pk, powers=frozenset({"list", "enquire"}),
    )  # fmt: skip
    with pytest.raises(NotPermitted):
        sign(document_id=document.pk, sha256=document.sha256, by=delegate, otp="000000")
    signatory = cast.Part(a_person(), ines.organisation)
    joins(signatory.person, ines.organisation, [Role.SIGNATORY])
    sign(document_id=document.pk, sha256=document.sha256, by=signatory.actor, otp=fresh_code(signatory))


def test_a_suspended_organisation_does_not_sign(draft, ines, fresh_code) -> None:
    document = draft()
    organisations.suspend_organisation(organisation_id=ines.organisation.pk, by=operator_actor(), reason="Complaint.")
    with pytest.raises(NotPermitted):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))


def test_the_hash_named_must_be_that_of_the_text(draft, ines, fresh_code) -> None:
    document = draft()
    for other in ("", "0" * 64, document.sha256_en):
        with pytest.raises(OtherText):
            sign(document_id=document.pk, sha256=other, by=ines.actor, otp=fresh_code(ines))


def test_signing_takes_a_second_factor_even_where_signing_in_does_not(draft, ines, clock_hand) -> None:
    document = draft()
    with pytest.raises(FactorMissing):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp="123456")


@pytest.mark.rule("ES-RELIABLE")
def test_a_code_signs_once(draft, ines, fresh_code, settings) -> None:
    first, code = draft(), fresh_code(ines)
    second = draft(subject=cast.lena().organisation)
    sign(document_id=first.pk, sha256=first.sha256, by=ines.actor, otp=code)
    with pytest.raises(FactorWrong):
        sign(document_id=second.pk, sha256=second.sha256, by=ines.actor, otp=code)
    from django.core.cache import cache

    cache.clear()  # the sign-in library's memory is gone; the row remains
    with pytest.raises(FactorWrong):
        sign(document_id=second.pk, sha256=second.sha256, by=ines.actor, otp=code)
    assert FactorUse.objects.filter(person=ines.person, is_good=True).count() == 1
    sign(document_id=second.pk, sha256=second.sha256, by=ines.actor, otp=fresh_code(ines))


def test_a_code_used_at_sign_in_does_not_sign(draft, ines, clock_hand) -> None:
    document, code = draft(), code_at(clock_hand)
    assert cast.enrol(ines.person).wrap().validate_code(code)
    with pytest.raises(FactorWrong):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=code)
    assert not FactorUse.objects.filter(person=ines.person, is_good=True).exists()


def test_guessing_codes_comes_to_an_end(draft, ines, clock_hand, fresh_code) -> None:
    document = draft()
    good = fresh_code(ines)
    wrong = "000000" if good != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(FactorWrong):
            sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=wrong)
    with pytest.raises(FactorTired):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=good)
    clock_hand.shift(timedelta(minutes=6))
    sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))


def test_a_refusal_before_the_code_does_not_use_it_up(draft, ines, bo, fresh_code) -> None:
    document, code = draft(), fresh_code(ines)
    with pytest.raises(OtherText):
        sign(document_id=document.pk, sha256="0" * 64, by=ines.actor, otp=code)
    sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=code)


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_declining_ends_the_version_and_says_why(draft, ines, bo, fresh_code) -> None:
    document = draft()
    with pytest.raises(ReasonMissing):
        decline(document_id=document.pk, by=bo.actor, reason=" ")
    with pytest.raises(NotFound):
        decline(document_id=document.pk, by=cast.stranger().actor, reason="x")
    decline(document_id=document.pk, by=bo.actor, reason="价款有误")
    with pytest.raises(NotCurrent):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))
    assert timeline(document)[0].reason == "价款有误"
    assert draft().version == 2


def test_a_document_nobody_signs_expires(draft, ines, clock_hand, fresh_code) -> None:
    document = draft(expires_at=clock.now() + timedelta(days=3))
    clock_hand.shift(timedelta(days=3))
    with pytest.raises(NotCurrent):
        sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))
    assert timers.run_due() >= 1
    document.refresh_from_db()
    assert document.state == DocumentState.EXPIRED


def test_a_complete_document_does_not_expire(signed, clock_hand) -> None:
    document = signed()
    clock_hand.shift(timedelta(days=400))
    timers.run_due()
    document.refresh_from_db()
    assert document.state == DocumentState.COMPLETE and document.due_at is None


def test_what_has_ended_is_not_ended_again(draft, ines) -> None:
    document = draft()
    void_document(document_id=document.pk, by=ines.actor, reason="Deal withdrawn.")
    with pytest.raises(IllegalTransition):
        void_document(document_id=document.pk, by=ines.actor, reason="Again.")
    with pytest.raises(IllegalTransition):
        decline(document_id=document.pk, by=ines.actor, reason="Late.")


# ── the seal ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_demo_pair_is_made_once_and_closed_to_others(settings, draft) -> None:
    first, second = sealing.seal_key(), sealing.seal_key()
    assert first.is_demo and first.fingerprint == second.fingerprint
    path = settings.RUN_DIR / sealing.DEMO_FILE
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.rule("ES-CA")
def test_a_licensed_certificate_takes_the_demo_s_place(settings, tmp_path, signed) -> None:
    settings.RUN_DIR = tmp_path / "elsewhere"
    sealing.seal_key()
    pair = tmp_path / "elsewhere" / sealing.DEMO_FILE
    settings.SIGNING_KEY = settings.SIGNING_CERT = str(pair)
    document = signed()
    assert document.certificate is not None and not document.certificate.is_demo
    assert SealCertificate.objects.count() == 1
    assert "演示证书" not in words_of(content_of(document.sealed_zh))


def test_without_a_usable_key_the_last_signature_is_not_taken(settings, tmp_path, draft, ines, bo, fresh_code) -> None:
    document = draft()
    sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))
    settings.SIGNING_KEY = settings.SIGNING_CERT = str(tmp_path / "missing.pem")
    with pytest.raises(SealUnavailable):
        sign(document_id=document.pk, sha256=document.sha256, by=bo.actor, otp=fresh_code(bo))
    document.refresh_from_db()
    assert document.state == DocumentState.SIGNING and document.signatures.made().count() == 1
    settings.SIGNING_KEY = settings.SIGNING_CERT = ""
    assert sign(document_id=document.pk, sha256=document.sha256, by=bo.actor, otp=fresh_code(bo)).state == "complete"


def test_what_is_sealed_is_what_was_signed(draft, ines, bo, fresh_code, settings) -> None:
    document = draft()
    sign(document_id=document.pk, sha256=document.sha256, by=ines.actor, otp=fresh_code(ines))
    path = settings.MEDIA_ROOT / document.file_zh.stored_as
    path.write_bytes(path.read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6"))
    with pytest.raises(SealUnavailable):
        sign(document_id=document.pk, sha256=document.sha256, by=bo.actor, otp=fresh_code(bo))
