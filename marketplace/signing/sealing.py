"""The platform's seal: the signature page appended to the signed bytes, and a PAdES signature over the whole.

Both are one incremental update, so the file that was signed is still there, byte for byte, as the head of the sealed
one: whoever holds the sealed file can take the hash the signers named. The seal certifies the file (no change allowed
afterwards) and names the market, not a signer; the signers' own acts are the market's records, printed on the page.

Key and certificate come from SIGNING_KEY and SIGNING_CERT. Without them (demo only; production refuses to start) a
self-signed pair is made once in RUN_DIR and everything that shows a seal says that its certificate is a demo one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import structlog
from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from marketplace.core import clock
from marketplace.core.ruling import enforces
from marketplace.signing import rendering
from marketplace.signing.models import SealCertificate
from marketplace.signing.refusals import SealUnavailable

log = structlog.get_logger(__name__)
FIELD = "MarketSeal"
A4 = [0, 0, 595.276, 841.89]
"""In points; the layout of the signature page is set on it."""
DEMO_YEARS = 10
DEMO_FILE = "signing/demo-seal.pem"


@dataclass(frozen=True)
class SealKey:
    """A private key with its certificate, ready to seal."""

    signer: signers.SimpleSigner
    certificate: asn1_x509.Certificate
    is_demo: bool

    @property
    def subject(self) -> str:
        """Common name and organisation, as a page shows them."""
        names = self.certificate.subject.native
        return " · ".join(str(names[part]) for part in ("common_name", "organization_name") if names.get(part))[:200]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.certificate.dump()).hexdigest()


@enforces("ES-CA")
def seal_key() -> SealKey:
    """The market's key. Raises SealUnavailable when the files named cannot be read or do not belong together."""
    key_file, cert_file = str(settings.SIGNING_KEY), str(settings.SIGNING_CERT)
    try:
        if key_file and cert_file:
            return _read(Path(key_file).read_bytes(), Path(cert_file).read_bytes(), is_demo=False)
        pair = _demo_pair(Path(settings.RUN_DIR) / DEMO_FILE)
        return _read(pair, pair, is_demo=True)
    except (OSError, ValueError, TypeError) as error:
        log.exception("seal_key_unusable")
        raise SealUnavailable() from error


def key_problem() -> str:
    """Why the key that is configured could not seal today; empty when it could. For the check at production start."""
    if not (settings.SIGNING_KEY and settings.SIGNING_CERT):
        return "SIGNING_KEY and SIGNING_CERT are not set: documents would be sealed with a demo certificate."
    try:
        seal_key()
    except SealUnavailable:
        return "SIGNING_KEY and SIGNING_CERT cannot be read, do not belong together, or are not valid today."
    return ""


def _read(key_pem: bytes, cert_pem: bytes, *, is_demo: bool) -> SealKey:
    key = serialization.load_pem_private_key(key_pem, settings.SIGNING_KEY_PASSWORD.encode() or None)
    certificates = x509.load_pem_x509_certificates(cert_pem)
    own, chain = certificates[0], certificates[1:]
    as_der = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*as_der) != own.public_key().public_bytes(*as_der):
        raise ValueError("The certificate is not that of the key.")
    if not own.not_valid_before_utc <= clock.now() <= own.not_valid_after_utc and not is_demo:
        raise ValueError("The certificate is not valid today.")
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore()
    for one in chain:
        store.register(asn1_x509.Certificate.load(one.public_bytes(serialization.Encoding.DER)))
    certificate = asn1_x509.Certificate.load(own.public_bytes(serialization.Encoding.DER))
    signer = signers.SimpleSigner(
        signing_cert=certificate, signing_key=asn1_keys.PrivateKeyInfo.load(plain), cert_registry=store
    )
    return SealKey(signer, certificate, is_demo)


def _demo_pair(path: Path) -> bytes:
    """The demo's key and certificate, made by whoever comes first and read by all others."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"{settings.MARKET_NAME_EN} demo seal"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, settings.MARKET_NAME_EN),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "DEMO CERTIFICATE, NO LEGAL EFFECT"),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * DEMO_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    both = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:  # 0600 from the start
        draft.write(both)
    try:
        os.link(draft.name, path)  # fails when another process was first: its pair is then the pair
    except FileExistsError:
        pass
    finally:
        Path(draft.name).unlink()
    return path.read_bytes()


def certificate_row(key: SealKey) -> SealCertificate:
    """The kept copy of the key's certificate, written at its first use."""
    row, _made = SealCertificate.objects.get_or_create(
        fingerprint=key.fingerprint,
        defaults={
            "subject": key.subject,
            "pem": asn1_pem.armor("CERTIFICATE", key.certificate.dump()).decode(),
            "is_demo": key.is_demo,
            "valid_from": key.certificate.not_valid_before,
            "valid_until": key.certificate.not_valid_after,
            "first_used_at": clock.now(),
        },
    )
    return row


@enforces("ES-RELIABLE", "ES-KEEP")
def seal(drafted: bytes, *, page: Mapping[str, Any], label: str, key: SealKey) -> bytes:
    """`drafted` with the signature page set from `page` appended, and both under the market's PAdES seal.

    `label` is the document's number and version, written into the seal so that a damaged file can still be named.
    The bytes given are the head of the bytes returned. Raises SealUnavailable.
    """
    writer = IncrementalPdfFileWriter(BytesIO(drafted))
    _append(writer, rendering.pdf("signatures", page, is_tagged=False))
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        reason=label,
        name=settings.MARKET_NAME_EN,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    try:
        sealed = signers.sign_pdf(writer, meta, signer=key.signer)
    except (ValueError, TypeError) as error:
        log.exception("sealing_failed", document=label)
        raise SealUnavailable() from error
    answer: bytes = sealed.getvalue()
    if not answer.startswith(drafted):
        raise RuntimeError("A seal must leave the signed bytes as they were.")
    return answer


def _append(writer: IncrementalPdfFileWriter, pages: bytes) -> None:
    """Add the pages of another PDF at the end."""
    other = PdfFileReader(BytesIO(pages))
    for index in range(int(other.root["/Pages"]["/Count"])):
        drawn = writer.import_page_as_xobject(other, page_ix=index)
        resources = DictionaryObject(
            {NameObject(ResourceType.XOBJECT.value): DictionaryObject({NameObject("/P"): drawn})}
        )
        content = writer.add_object(StreamObject(stream_data=b"q /P Do Q"))
        writer.insert_page(PageObject(contents=content, media_box=A4, resources=resources))
