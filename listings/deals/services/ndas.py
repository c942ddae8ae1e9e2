"""Confidentiality texts by version, and who accepted which of them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from listings.catalogue.access import may_list
from listings.catalogue.models import Listing
from listings.deals.models.negotiation import NdaAcceptance, NdaText, Negotiation
from listings.deals.services.negotiations import demand_part
from listings.deals.talks.access import NDA_PURPOSE, may_bind
from listings.deals.talks.refusals import NdaAccepted, NdaChanged, TalksClosed
from listings.deals.talks.states import Side
from marketplace.core import clock, events, files
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.locks import locked

DIRECTORY = Path(__file__).resolve().parent.parent / "nda"
LONGEST_TEXT = 40_000
BETWEEN = "\n\n----\n\n"


def exact_text(text_zh: str, text_en: str) -> str:
    """Both languages as one text: what is shown, accepted and hashed."""
    return BETWEEN.join(part for part in (text_zh.strip(), text_en.strip()) if part)


def digest_of(text_zh: str, text_en: str) -> str:
    """SHA-256 of the exact text in UTF-8."""
    return hashlib.sha256(exact_text(text_zh, text_en).encode()).hexdigest()


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, str]:
    return tuple((DIRECTORY / f"default.{name}.txt").read_text(encoding="utf-8").strip() for name in ("zh", "en"))  # type: ignore[return-value]


def default_text() -> NdaText:
    """The operator's latest default; the shipped text becomes a version of its own when it has changed."""
    text_zh, text_en = _shipped()
    digest = digest_of(text_zh, text_en)
    latest = NdaText.objects.filter(listing__isnull=True).order_by("-version").first()
    if latest is not None and (latest.sha256 == digest or latest.written_by_id is not None):
        return latest
    try:
        with transaction.atomic():
            return NdaText.objects.create(
                version=(latest.version if latest else 0) + 1,
                text_zh=text_zh,
                text_en=text_en,
                sha256=digest,
                created_at=clock.now(),
            )
    except IntegrityError:  # another process wrote the same version
        return NdaText.objects.filter(listing__isnull=True).order_by("-version")[0]


def current_text(listing_id: int) -> NdaText:
    """The version in force for a listing: the holder's latest, else the operator's default."""
    own = NdaText.objects.filter(listing=listing_id).order_by("-version").first()
    return own or default_text()


def write_text(
    *, listing_id: int, by: Actor, text_zh: str = "", text_en: str = "", upload: UploadedFile[bytes] | None = None
) -> NdaText:
    """Set the holder's own text for a listing, written or as a PDF. Acceptances of earlier versions no longer count.

    Raises NotFound, NotPermitted, Invalid (neither text nor file), FileRefused.
    """
    with locked(Listing, listing_id) as listing:
        if by.acts_for != listing.organisation_id:
            raise NotFound()
        if not may_list(by) or by.user_id is None:
            raise NotPermitted()
        if upload is None and not exact_text(text_zh, text_en):
            raise Invalid(field="text_zh", problem=_("Write the text, or hand in a PDF."))
        if len(text_zh) > LONGEST_TEXT or len(text_en) > LONGEST_TEXT:
            raise Invalid(field="text_zh", problem=_("The text is longer than 40,000 characters."))
        stored = (
            files.keep(
                upload,
                purpose=NDA_PURPOSE,
                by=by,
                allowed=(files.PDF,),
                subject_id=listing.pk,
                org_id=listing.organisation_id,
            )
            if upload is not None
            else None
        )
        last = NdaText.objects.filter(listing=listing).aggregate(last=Max("version"))["last"] or 0
        made = NdaText.objects.create(
            listing=listing,
            version=last + 1,
            text_zh="" if stored else text_zh.strip(),
            text_en="" if stored else text_en.strip(),
            file=stored,
            sha256=stored.sha256 if stored else digest_of(text_zh, text_en),
            written_by_id=by.user_id,
            created_at=clock.now(),
        )
        events.record(
            "listing.nda", listing, by, data={"number": listing.number, "version": made.version, "sha256": made.sha256}
        )
    return made


def accept_nda(*, negotiation_id: int, by: Actor, sha256: str, name: str, address: str | None) -> NdaAcceptance:
    """Accept the current text for the asking organisation: the hash names the exact text that was read.

    Raises NotFound, NotPermitted (owners and signatories accept), TalksClosed, NdaChanged, NdaAccepted, Invalid.
    """
    with locked(Negotiation, negotiation_id) as negotiation:
        side = demand_part(negotiation, by)
        if side != Side.BUYER or not may_bind(by) or by.user_id is None:
            raise NotPermitted()
        if not negotiation.is_open:
            raise TalksClosed()
        if not name.strip():
            raise Invalid(field="name", problem=_("Write your full name."))
        text = current_text(negotiation.listing_id)
        if text.sha256 != sha256:
            raise NdaChanged()
        if NdaAcceptance.objects.filter(negotiation=negotiation, nda=text).exists():
            raise NdaAccepted()
        made = NdaAcceptance.objects.create(
            negotiation=negotiation,
            nda=text,
            organisation_id=negotiation.buyer_id,
            accepted_by_id=by.user_id,
            name=name.strip()[:80],
            sha256=sha256,
            address=address or None,
            at=clock.now(),
        )
        events.record(
            "negotiation.nda",
            negotiation,
            by,
            data={
                "number": negotiation.number,
                "holder": negotiation.holder_id,
                "buyer": negotiation.buyer_id,
                "version": text.version,
                "sha256": sha256,
            },
        )
    return made


def acceptance_of(negotiation: Negotiation, text: NdaText | None = None) -> NdaAcceptance | None:
    """The acceptance of the text in force now; None when there is none, or only of an earlier version."""
    text = text or current_text(negotiation.listing_id)
    return NdaAcceptance.objects.filter(negotiation=negotiation, nda=text).select_related("accepted_by").first()


def earlier_acceptances(negotiation: Negotiation, text: NdaText) -> bool:
    """Whether an earlier text was accepted, so that the page can say why a new acceptance is asked."""
    return NdaAcceptance.objects.filter(Q(negotiation=negotiation) & ~Q(nda=text)).exists()
