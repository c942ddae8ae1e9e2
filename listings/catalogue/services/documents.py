"""Papers beside a listing."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from listings.catalogue.access import DOCUMENT_PURPOSE, may_list
from listings.catalogue.models import Listing, ListingDocument
from listings.catalogue.refusals import AlreadySubmitted, TooManyDocuments
from listings.catalogue.states import EDITABLE, DocumentAccess
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.files import DOCUMENTS, keep
from marketplace.core.locks import locked

MOST_DOCUMENTS = 20


def add_document(
    *, listing_id: int, by: Actor, upload: UploadedFile, title: str = "", access: str = DocumentAccess.PUBLIC
) -> ListingDocument:
    """Keep a paper of a draft. Raises NotFound, NotPermitted, AlreadySubmitted, TooManyDocuments, FileRefused."""
    with locked(Listing, listing_id) as listing:
        person = _may_write(listing, by)
        if listing.documents.filter(withdrawn_at__isnull=True).count() >= MOST_DOCUMENTS:
            raise TooManyDocuments(most=MOST_DOCUMENTS)
        file = keep(
            upload,
            purpose=DOCUMENT_PURPOSE,
            by=by,
            allowed=DOCUMENTS,
            subject_id=listing.pk,
            org_id=listing.organisation_id,
        )
        document = ListingDocument.objects.create(
            listing=listing, file=file, title=title, access=access, added_by_id=person, added_at=clock.now()
        )
        _touch(listing)
        events.record(
            "listing.document_add",
            listing,
            by,
            data={"number": listing.number, "name": file.name, "sha256": file.sha256},
        )
    return document


@transaction.atomic
def withdraw_document(*, document_id: int, by: Actor) -> ListingDocument:
    """Take a paper of a draft back; the record of it stays. Raises NotFound, NotPermitted, AlreadySubmitted."""
    document = ListingDocument.objects.filter(pk=document_id, withdrawn_at__isnull=True).first()
    if document is None:
        raise NotFound()
    with locked(Listing, document.listing_id) as listing:
        _may_write(listing, by)
        document.withdrawn_at = clock.now()
        document.save(update_fields=["withdrawn_at"])
        _touch(listing)
        events.record(
            "listing.document_withdraw", listing, by, data={"number": listing.number, "name": document.file.name}
        )
    return document


def _may_write(listing: Listing, by: Actor) -> int:
    """The id of the person who writes."""
    if by.acts_for != listing.organisation_id:
        raise NotFound()
    if not may_list(by) or by.user_id is None:
        raise NotPermitted()
    if listing.state not in EDITABLE:
        raise AlreadySubmitted()
    return by.user_id


def _touch(listing: Listing) -> None:
    listing.version += 1
    listing.updated_at = clock.now()
    listing.save(update_fields=["version", "updated_at"])
