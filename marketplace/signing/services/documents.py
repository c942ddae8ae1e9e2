"""Documents: drafted in both languages, signed in order, sealed after the last signature, replaced by a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from marketplace.accounts.models import Organisation, User
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.files import PDF, keep
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import LOCK_TIMEOUT_MS, locked
from marketplace.core.models import StoredFile
from marketplace.core.ruling import enforces
from marketplace.signing import factors, rendering, sealing, wording
from marketplace.signing.graphs import DOCUMENT_GRAPH, may_fill
from marketplace.signing.models import Document, Signature
from marketplace.signing.paper import LANGUAGES, Language
from marketplace.signing.refusals import (
    AlreadySigned,
    NotCurrent,
    NotYourTurn,
    OtherText,
    SealUnavailable,
    SignersWrong,
    SignerUnverified,
)
from marketplace.signing.registry import find_template
from marketplace.signing.services import consents
from marketplace.signing.states import LIVE, UNSIGNED, DocumentState

FILE_PURPOSE = "document"


@dataclass(frozen=True, slots=True)
class SignerSlot:
    """A signer's place: 1 signs first. The capacity is what the text calls it: 转让方 / Assignor.

    `person_id` keeps the place for one member of the organisation, whatever their role there.
    """

    order: int
    organisation_id: int
    capacity_zh: str
    capacity_en: str
    person_id: int | None = None


@transaction.atomic
@enforces("ES-KEEP")
def draft_document(
    *,
    subject: tuple[str, int],
    template: str,
    data: Mapping[str, Any],
    signers: Sequence[SignerSlot],
    by: Actor,
    expires_at: datetime | None = None,
    reason: str = "",
) -> Document:
    """Fix the next version of a matter's document: set it in both languages, take its hashes, open it for signing.

    `subject` is (model label, id); `data` must be JSON and is all that the template's builder sees. `expires_at`
    defaults to the template's days from now. A version that was live becomes void with its signatures and consents,
    and whoever had been asked for consent is asked anew. The caller has decided that `by` may. Takes about 0.2 s, and
    holds no lock but that of this document's family. Raises SignersWrong, SignerUnverified, and the builder's refusals.
    """
    kind, subject_id = subject
    made = find_template(template)
    organisations = _check_signers(signers)
    _hold_family(kind, subject_id, template)
    previous = Document.objects.about(kind, subject_id).filter(template=template).order_by("-version").first()
    pk = _next_id()
    now = clock.now()
    document = Document(
        pk=pk,
        number=previous.number if previous else f"S-{clock.today():%Y}-{pk:06d}",
        version=previous.version + 1 if previous else 1,
        subject_kind=kind,
        subject_id=subject_id,
        template=template,
        data=dict(data),
        expires_at=expires_at or (now + timedelta(days=made.days_to_sign) if made.days_to_sign else None),
        created_by_id=by.user_id,
        created_at=now,
    )
    slots = [
        Signature(
            document=document,
            order=slot.order,
            organisation_id=slot.organisation_id,
            capacity_zh=slot.capacity_zh,
            capacity_en=slot.capacity_en,
            named_id=slot.person_id,
            name_zh=organisations[slot.organisation_id].name_zh or organisations[slot.organisation_id].name_en,
            name_en=organisations[slot.organisation_id].name_en or organisations[slot.organisation_id].name_zh,
        )
        for slot in sorted(signers, key=lambda one: one.order)
    ]
    for language in LANGUAGES:
        title, content = set_text(document, slots, language)
        setattr(document, f"title_{language}", title[:200])
        setattr(document, f"file_{language}", _keep(document, content, language, by=by))
        setattr(document, f"sha256_{language}", hashlib.sha256(content).hexdigest())
    if previous is not None and previous.state in LIVE:
        void_document(document_id=previous.pk, by=by, reason=reason or "replaced by a new version")
    told = {
        **_told(document),
        "turn": slots[0].organisation_id,
        "turn_person": slots[0].named_id,
        "replaces": previous.pk if previous else None,
    }
    begin(DOCUMENT_GRAPH, document, by=by, data=told)
    Signature.objects.bulk_create(slots)
    if previous is not None:
        consents.ask_anew(previous, document, by=by)
    return document


def set_text(document: Document, slots: Sequence[Signature], language: Language) -> tuple[str, bytes]:
    """(title, PDF) of a version in one language: the same row always gives the same bytes."""
    paper = find_template(document.template).build(document.data, language)
    data = {
        "language": language,
        "market": wording.market_name(language),
        "number": document.number,
        "version": document.version,
        "words": wording.PAPER[language],
        "paper": paper.as_data(),
        "signers": [
            {"capacity": getattr(slot, f"capacity_{language}"), "name": getattr(slot, f"name_{language}")}
            for slot in slots
        ],
    }
    return paper.title, rendering.pdf(find_template(document.template).layout, data)


@enforces("ES-RELIABLE")
def sign(*, document_id: int, sha256: str, by: Actor, otp: str | factors.Shown, address: str | None = None) -> Document:
    """Sign for one's organisation, in turn, the very text whose hash is named; the last signature seals the files.

    `otp` is a fresh code, or a passkey shown for `purpose_of(document)`. `sha256` is that of the Chinese file, which
    the page shows. Everything is checked before the code is used up, and again under the lock.
    Raises NotFound, NotPermitted, NotCurrent, OtherText, NotYourTurn, AlreadySigned, FactorMissing, FactorWrong,
    FactorTired, SealUnavailable.
    """
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        raise NotFound()
    _turn_of(document, sha256, by)
    if by.user_id is None:
        raise NotPermitted()
    purpose = purpose_of(document)
    shown = (
        otp if isinstance(otp, factors.Shown) else factors.show_code(person_id=by.user_id, code=otp, purpose=purpose)
    )
    if (shown.person_id, shown.purpose) != (by.user_id, purpose):
        raise NotPermitted()
    with locked(Document, document_id) as document:
        slot = _turn_of(document, sha256, by)
        slot.person_id = by.user_id
        slot.person_name = _name_of(by.user_id)
        slot.signed_at = clock.now()
        slot.address = address
        slot.sha256_zh, slot.sha256_en = document.sha256_zh, document.sha256_en
        slot.factor = shown.kind
        slot.save()
        turn = document.next_signature()
        told = {
            **_told(document),
            "order": slot.order,
            "organisation": slot.organisation_id,
            "turn": turn.organisation_id if turn else None,
            "turn_person": turn.named_id if turn else None,
        }
        walk(DOCUMENT_GRAPH, document, "sign", by=by, data=told)
        if turn is None:
            _complete(document)
    return document


def purpose_of(document: Document) -> str:
    """What a passkey's challenge is bound to: this act on these bytes."""
    return f"sign:{document.pk}:{document.sha256_zh}"


def decline(*, document_id: int, by: Actor, reason: str) -> Document:
    """Refuse to sign, with the reason; nobody can sign this version any more.

    Raises NotFound, NotPermitted, IllegalTransition, ReasonMissing.
    """
    with locked(Document, document_id) as document:
        if not document.signatures.filter(organisation=by.acts_for).exists():
            raise NotFound()
        walk(DOCUMENT_GRAPH, document, "decline", by=by, reason=reason, data=_told(document))
        consents.make_void(document, by=by)
    return document


def void_document(*, document_id: int, by: Actor, reason: str) -> Document:
    """End a live version with its signatures and consents, because its matter changed or ended.

    For the matter's own services, which have decided that `by` may. Raises NotFound, IllegalTransition, ReasonMissing.
    """
    with locked(Document, document_id) as document:
        consents.make_void(document, by=by)
        walk(DOCUMENT_GRAPH, document, "void", by=by, reason=reason, data=_told(document))
    return document


def _check_signers(signers: Sequence[SignerSlot]) -> dict[int, Organisation]:
    orders = [slot.order for slot in signers]
    if not signers or len(set(orders)) != len(orders) or min(orders) < 1:
        raise SignersWrong()
    found = Organisation.objects.in_bulk({slot.organisation_id for slot in signers})
    for slot in signers:
        organisation = found.get(slot.organisation_id)
        if organisation is None:
            raise NotFound()
        if organisation.state != OrganisationState.VERIFIED:
            raise SignerUnverified(name=organisation.name)
    return found


def _turn_of(document: Document, sha256: str, by: Actor) -> Signature:
    """The slot that `by` may fill now; raises what stands against it.

    All slots are read at once: whose turn it is must be of the same moment as who has signed.
    """
    slots = list(document.signatures.order_by("order"))
    own = [slot for slot in slots if slot.organisation_id == by.acts_for]
    if not own:
        raise NotFound()
    if not any(may_fill(by, slot) for slot in own):
        raise NotPermitted()
    is_late = document.expires_at is not None and document.expires_at <= clock.now()
    if document.state not in UNSIGNED or is_late:
        state = DocumentState.EXPIRED if document.state in UNSIGNED else DocumentState(document.state)
        raise NotCurrent(number=document.number, version=document.version, state=state.label)
    if sha256.strip().lower() != document.sha256_zh:
        raise OtherText()
    if all(slot.is_signed for slot in own if may_fill(by, slot)):
        raise AlreadySigned()
    turn = next(slot for slot in slots if not slot.is_signed)
    if not may_fill(by, turn):
        raise NotYourTurn(name=turn.name)
    return turn


def _complete(document: Document) -> None:
    key = sealing.seal_key()
    document.certificate = sealing.certificate_row(key)
    document.sealed_at = clock.now()
    for language in LANGUAGES:
        content = read_file(getattr(document, f"file_{language}"))
        sealed = sealing.seal(content, page=_signature_page(document, key, language), label=str(document), key=key)
        setattr(document, f"sealed_{language}", _keep(document, sealed, language, by=SYSTEM, is_sealed=True))
    walk(
        DOCUMENT_GRAPH,
        document,
        "complete",
        by=SYSTEM,
        data={
            **_told(document),
            "sealed_sha256_zh": document.sealed_zh.sha256 if document.sealed_zh else "",
            "sealed_sha256_en": document.sealed_en.sha256 if document.sealed_en else "",
            "is_demo": key.is_demo,
        },
        also=("sealed_zh", "sealed_en", "certificate", "sealed_at"),
    )


def read_file(file: StoredFile) -> bytes:
    """The bytes of a kept file, checked against its hash: what is sealed is what was signed."""
    with default_storage.open(file.stored_as) as kept:
        content: bytes = kept.read()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise SealUnavailable()
    return content


def _signature_page(document: Document, key: sealing.SealKey, language: Language) -> dict[str, Any]:
    words = wording.SIGNATURES[language]
    assert document.sealed_at is not None
    return {
        "language": language,
        "market": wording.market_name(language),
        "number": document.number,
        "version": document.version,
        "words": words,
        "sha256_zh": document.sha256_zh,
        "sha256_en": document.sha256_en,
        "signatures": [
            {
                "name": getattr(slot, f"name_{language}"),
                "capacity": getattr(slot, f"capacity_{language}"),
                "person": slot.person_name,
                "at": wording.written(slot.signed_at) if slot.signed_at else "",
                "factor": words[slot.factor],
            }
            for slot in document.signatures.order_by("order")
        ],
        "certificate": {
            "subject": key.subject,
            "fingerprint": key.fingerprint,
            "is_demo": key.is_demo,
        },
        "sealed_at": wording.written(document.sealed_at),
        "verify": wording.verify_address(language),
    }


def _keep(document: Document, content: bytes, language: Language, *, by: Actor, is_sealed: bool = False) -> StoredFile:
    ending = "-sealed" if is_sealed else ""
    upload = SimpleUploadedFile(
        f"{document.number}-v{document.version}-{language}{ending}.pdf", content, content_type="application/pdf"
    )
    return keep(upload, purpose=FILE_PURPOSE, by=by, allowed=(PDF,), subject_id=document.pk)


def _told(document: Document) -> dict[str, Any]:
    """What every event of a document says, for whoever subscribes."""
    return {
        "subject": [document.subject_kind, document.subject_id],
        "touched": {document.subject_kind: [document.subject_id]},
        "template": document.template,
        "number": document.number,
        "version": document.version,
        "sha256": document.sha256_zh,
    }


def _name_of(user_id: int) -> str:
    person = User.objects.get(pk=user_id)
    return (person.name or person.name_en or person.email.split("@")[0])[:80]


def _hold_family(kind: str, subject_id: int, template: str) -> None:
    """Versions of one document are made one after another; two drafts at once get versions 2 and 3, not 2 and 2."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS * 4}")
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"document:{kind}:{subject_id}:{template}"]
        )


def _next_id() -> int:
    """The id the document will have: its number stands on its pages, so it is needed before the row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('signing_document', 'id'))")
        pk: int = cursor.fetchone()[0]
    return pk
