"""What the market knows about a file or a hash that somebody holds: number, when and by whom signed, whether it holds.

The answer never says what a document is about. Whoever shows the exact bytes, or their hash, holds the document
already; an altered file is told only that it is altered, so that nobody can fish for signers with forged numbers.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from django.db.models import Q
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from marketplace.core.ruling import enforces
from marketplace.signing.models import Document, SealCertificate, Signature
from marketplace.signing.refusals import NotAHash, NotAPdf
from marketplace.signing.registry import find_matter
from marketplace.signing.states import DocumentState

LARGEST_MB = 20
LARGEST = LARGEST_MB * 1024 * 1024
HASH = re.compile(r"[0-9a-f]{64}")
BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
LABEL = re.compile(r"(S-\d{4}-\d{6,12}) v(\d{1,6})")
#: How our seal writes its label; a hyphen may stand as an octal escape.
REASON = re.compile(rb"/Reason \(([0-9Sv \\-]{8,60})\)")
#: What the PDF reader raises for a file that cannot bear a sound seal.
UNREADABLE = (PdfError, SigningError, SignatureValidationError, PathError, ValidationError, ValueError)


class Outcome(StrEnum):
    SEALED = "sealed"
    """The sealed file, untouched; the seal was checked just now."""
    TEXT = "text"
    """The text that was or is to be signed, untouched, without the page of signatures."""
    ADDED = "added"
    """A file sealed here, with something added after the seal."""
    ALTERED = "altered"
    """It bears a seal of ours, or its number, and at least one byte is not as sealed."""
    UNKNOWN = "unknown"
    """Nothing known here."""


@dataclass(frozen=True)
class Answer:
    """The finding. `document` is None where nothing may be said; `claims` is the number an altered file bears, and
    `stands_against` says in the active language why nothing may rest on a sealed file today though its seal holds."""

    outcome: Outcome
    sha256: str
    document: Document | None = None
    signatures: list[Signature] = field(default_factory=list)
    seal_holds: bool | None = None
    sealed_at: datetime | None = None
    certificate: SealCertificate | None = None
    language: str = ""
    replaced_by: int | None = None
    claims: str = ""
    stands_against: list[str] = field(default_factory=list)

    @property
    def is_replaced(self) -> bool:
        return self.replaced_by is not None

    @property
    def is_signed_by_all(self) -> bool:
        return bool(self.signatures) and all(slot.is_signed for slot in self.signatures)


@enforces("ES-RELIABLE")
def verify_file(content: bytes) -> Answer:
    """What is known of a file. Raises NotAPdf for what is no PDF, or larger than 20 MB."""
    if not content.startswith(b"%PDF-") or len(content) > LARGEST:
        raise NotAPdf(field="file", limit=LARGEST_MB)
    digest = hashlib.sha256(content).hexdigest()
    known = _known(digest)
    if known is not None:
        document, language, is_sealed = known
        if not is_sealed:
            return _about(document, Outcome.TEXT, digest, language)
        holds = seal_holds(content)
        return _about(document, Outcome.SEALED if holds else Outcome.ALTERED, digest, language, holds=holds)
    for end in _sealed_ends(content):
        head = _known(hashlib.sha256(content[:end]).hexdigest())
        if head is not None and head[2]:
            return _about(head[0], Outcome.ADDED, digest, head[1], holds=False)
    claims = _claim(content)
    return Answer(
        Outcome.ALTERED if claims else Outcome.UNKNOWN, digest, seal_holds=False if claims else None, claims=claims
    )


def verify_hash(text: str) -> Answer:
    """What is known of a hash, of the text or of the sealed file. Raises NotAHash.

    A hash names bytes that nobody showed: the seal is checked on the copy kept here.
    """
    digest = "".join(text.split()).lower()
    if not HASH.fullmatch(digest):
        raise NotAHash(field="sha256")
    known = _known(digest)
    if known is None:
        return Answer(Outcome.UNKNOWN, digest)
    document, language, is_sealed = known
    return _about(document, Outcome.SEALED if is_sealed else Outcome.TEXT, digest, language)


def seal_holds(content: bytes) -> bool:
    """Whether the file's seal is one of ours, sound, and covers all of it with nothing changed or added.

    The certificate is judged as of the time of sealing that the market keeps; nothing is fetched from anywhere.
    """
    try:
        reader = PdfFileReader(BytesIO(content))
        seals = reader.embedded_signatures
        if len(seals) != 1:
            return False
        used = hashlib.sha256(seals[0].signer_cert.dump()).hexdigest()
        kept = SealCertificate.objects.filter(fingerprint=used).first()
        if kept is None:
            return False
        _kind, _headers, der = asn1_pem.unarmor(kept.pem.encode())
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(der)], allow_fetching=False, moment=kept.first_used_at
        )
        return bool(validate_pdf_signature(seals[0], context).bottom_line)
    except UNREADABLE:
        return False


def _known(digest: str) -> tuple[Document, str, bool] | None:
    """(document, language, whether it is the sealed file) whose bytes have this hash."""
    found = (
        Document.objects.select_related("certificate", "sealed_zh", "sealed_en")
        .filter(Q(sha256_zh=digest) | Q(sha256_en=digest) | Q(sealed_zh__sha256=digest) | Q(sealed_en__sha256=digest))
        .first()
    )
    if found is None:
        return None
    for language in ("zh", "en"):
        sealed: Any = getattr(found, f"sealed_{language}")
        if getattr(found, f"sha256_{language}") == digest:
            return found, language, False
        if sealed is not None and sealed.sha256 == digest:
            return found, language, True
    return None


def _about(document: Document, outcome: Outcome, digest: str, language: str, *, holds: bool | None = None) -> Answer:
    later = (
        Document.objects.about(document.subject_kind, document.subject_id)
        .filter(template=document.template, version__gt=document.version)
        .order_by("-version")
        .first()
    )
    if holds is None and outcome == Outcome.SEALED:
        holds = _kept_copy_holds(document, language)
    return Answer(
        outcome=outcome,
        sha256=digest,
        document=document,
        signatures=list(document.signatures.order_by("order")),
        seal_holds=holds,
        sealed_at=document.sealed_at,
        certificate=document.certificate,
        language=language,
        replaced_by=later.version if later else None,
        stands_against=_stands_against(document) if outcome == Outcome.SEALED else [],
    )


def _stands_against(document: Document) -> list[str]:
    matter = find_matter(document.subject_kind)
    return matter.stands_against(document.subject_id) if matter is not None else []


def _kept_copy_holds(document: Document, language: str) -> bool:
    from marketplace.signing.services.documents import read_file

    return seal_holds(read_file(getattr(document, f"sealed_{language}")))


def _sealed_ends(content: bytes) -> list[int]:
    """Where the ranges that signatures in the file cover come to an end."""
    ends = {int(found[2]) + int(found[3]) for found in BYTE_RANGE.finditer(content)}
    return sorted(end for end in ends if 0 < end < len(content))[:8]


def _claim(content: bytes) -> str:
    """The number and version a file bears in a seal that is no longer what was sealed; empty when it bears none.

    Read from the raw bytes: a stranger's file is never parsed, so there is nothing in it that could harm.
    """
    for found in REASON.finditer(content):
        label = LABEL.fullmatch(found[1].replace(b"\\055", b"-").decode("ascii"))
        if label:
            return label[0]
    return ""


def state_words(document: Document) -> str:
    """The document's state, as anybody may know it."""
    return str(DocumentState(document.state).label)
