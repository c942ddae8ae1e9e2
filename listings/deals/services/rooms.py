"""The data room: files kept, given, taken back, and opened under the reader's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from listings.catalogue.access import may_list
from listings.catalogue.models import Listing
from listings.deals import marking
from listings.deals.models.negotiation import Negotiation
from listings.deals.models.room import RoomFile, RoomGrant
from listings.deals.services.ndas import acceptance_of
from listings.deals.services.negotiations import demand_part
from listings.deals.talks.access import ROOM_PURPOSE, speaks_for
from listings.deals.talks.refusals import FileCannotBeMarked, GrantUnfit, NdaMissing, TalksClosed
from listings.deals.talks.states import Side, TalkState
from marketplace.accounts.models import Organisation, User
from marketplace.core import clock, events, files
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked, locked_all
from marketplace.core.models import FileOpening

LONGEST_GRANT = timedelta(days=366)
SHORTEST_GRANT = timedelta(minutes=1)
ROOM_TYPES = files.DOCUMENTS


def add_room_file(*, listing_id: int, by: Actor, upload: UploadedFile[bytes], title: str = "") -> RoomFile:
    """Put a paper into the data room of one's own listing; nobody else sees it before it is given.

    Raises NotFound, NotPermitted, FileRefused, FileCannotBeMarked.
    """
    with locked(Listing, listing_id) as listing:
        _keeps(listing, by)
        stored = files.keep(
            upload,
            purpose=ROOM_PURPOSE,
            by=by,
            allowed=ROOM_TYPES,
            subject_id=listing.pk,
            org_id=listing.organisation_id,
        )
        upload.seek(0)
        try:
            marking.check_markable(upload.read(), stored.content_type)
        except marking.Unmarkable as error:
            default_storage.delete(stored.stored_as)
            raise FileCannotBeMarked(field="file", name=stored.name) from error
        assert by.user_id is not None
        made = RoomFile.objects.create(
            listing=listing, file=stored, title=title.strip()[:120], added_by_id=by.user_id, added_at=clock.now()
        )
        events.record("listing.room_add", listing, by, data={"number": listing.number, "name": made.name})
    return made


def _keeps(listing: Listing, by: Actor) -> None:
    if speaks_for(by) != listing.organisation_id and by.acts_for != listing.organisation_id:
        raise NotFound()
    if not may_list(by) or by.user_id is None:
        raise NotPermitted()


def withdraw_room_file(*, room_file_id: int, by: Actor) -> RoomFile:
    """Take a paper out of the room: from the next request on nobody it was given to opens it. Raises NotFound, …"""
    with locked(RoomFile, room_file_id) as row:
        _keeps(row.listing, by)
        if row.withdrawn_at is None:
            row.withdrawn_at = clock.now()
            row.save(update_fields=["withdrawn_at"])
            events.record(
                "listing.room_withdraw", row.listing, by, data={"number": row.listing.number, "name": row.name}
            )
    return row


def grant(*, room_file_id: int, negotiation_id: int, by: Actor, expires_at: datetime) -> RoomGrant:
    """Open one file to one negotiation until a moment; an earlier grant of it is replaced.

    Raises NotFound, NotPermitted, TalksClosed, GrantUnfit.
    """
    with locked_all([(Negotiation, negotiation_id), (RoomFile, room_file_id)]) as rows:
        negotiation, row = rows
        assert isinstance(negotiation, Negotiation) and isinstance(row, RoomFile)
        if demand_part(negotiation, by) != Side.HOLDER:
            raise NotPermitted()
        if row.listing_id != negotiation.listing_id or row.withdrawn_at is not None:
            raise NotFound()
        if not negotiation.is_open and negotiation.state != TalkState.AGREED:
            raise TalksClosed()
        if not SHORTEST_GRANT <= expires_at - clock.now() <= LONGEST_GRANT:
            raise GrantUnfit(field="expires_at")
        _end_live(negotiation, row, by)
        assert by.user_id is not None
        made = RoomGrant.objects.create(
            room_file=row,
            negotiation=negotiation,
            granted_by_id=by.user_id,
            granted_at=clock.now(),
            expires_at=expires_at,
        )
        events.record("negotiation.grant", negotiation, by, data=_told(negotiation, row, expires=expires_at))
    return made


def _end_live(negotiation: Negotiation, row: RoomFile, by: Actor) -> int:
    live = RoomGrant.objects.filter(room_file=row, negotiation=negotiation, revoked_at__isnull=True)
    return live.update(revoked_at=clock.now(), revoked_by_id=by.user_id)


def revoke(*, room_file_id: int, negotiation_id: int, by: Actor) -> bool:
    """Take a file back; effective on the next request. Whether there was anything to take back.

    Raises NotFound, NotPermitted.
    """
    with locked_all([(Negotiation, negotiation_id), (RoomFile, room_file_id)]) as rows:
        negotiation, row = rows
        assert isinstance(negotiation, Negotiation) and isinstance(row, RoomFile)
        if demand_part(negotiation, by) != Side.HOLDER:
            raise NotPermitted()
        if not _end_live(negotiation, row, by):
            return False
        events.record("negotiation.revoke", negotiation, by, data=_told(negotiation, row))
    return True


def _told(negotiation: Negotiation, row: RoomFile, **more: object) -> dict[str, object]:
    return {
        "number": negotiation.number,
        "holder": negotiation.holder_id,
        "buyer": negotiation.buyer_id,
        "name": row.name,
        **more,
    }


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as it is handed out: bytes, type, name, and whether it carries the reader's name."""

    content: bytes
    content_type: str
    name: str
    is_marked: bool


def open_room_file(*, negotiation_id: int, room_file_id: int, by: Actor, address: str | None) -> Opened:
    """A file of the room, marked with the reader's name and time. The opening is committed before a byte is read.

    The holder's own people get it marked too. Raises NotFound (no part in the talks, no grant in force), NdaMissing.
    """
    negotiation = Negotiation.objects.filter(pk=negotiation_id).first()
    if negotiation is None:
        raise NotFound()
    side = negotiation.side_of(speaks_for(by))
    row = RoomFile.objects.filter(pk=room_file_id, listing=negotiation.listing_id).select_related("file").first()
    if not side or row is None or by.user_id is None:
        raise NotFound()
    if side == Side.BUYER:
        _may_open(negotiation, row)
    at = clock.now()
    with transaction.atomic():
        FileOpening.objects.create(
            file=row.file, actor_id=by.user_id, org_id=by.acts_for, address=address or None, at=at
        )
    with default_storage.open(row.file.stored_as) as stored:
        content = stored.read()
    try:
        content = marking.marked(content, row.file.content_type, mark_words(by, at, negotiation.number))
    except marking.Unmarkable as error:
        raise FileCannotBeMarked(name=row.file.name) from error
    return Opened(content, row.file.content_type, row.file.name, row.file.content_type in marking.MARKED)


def _may_open(negotiation: Negotiation, row: RoomFile) -> None:
    """Raises NotFound without a grant in force, NdaMissing without the current text accepted."""
    if negotiation.state == TalkState.CLOSED or row.withdrawn_at is not None:
        raise NotFound()
    if not RoomGrant.objects.in_force().filter(room_file=row, negotiation=negotiation).exists():
        raise NotFound()
    if acceptance_of(negotiation) is None:
        raise NdaMissing()


def mark_words(by: Actor, at: datetime, number: str) -> str:
    """What is written across a page: reader, organisation, time in the market's zone, number of the talks."""
    organisation = Organisation.objects.filter(pk=by.acts_for or 0).values_list("name_zh", "name_en").first()
    name = next(filter(None, organisation or ()), "")
    return f"{by.name} · {name} · {timezone.localtime(at):%Y-%m-%d %H:%M:%S} · {number}"


def openings_of(listing_id: int) -> list[dict[str, object]]:
    """Who opened which file of a listing's room, newest first, for its holder; at most 200. Three queries."""
    rows = list(
        FileOpening.objects.filter(file__room_file__listing=listing_id)
        .select_related("file__room_file")
        .order_by("-id")[:200]
    )
    organisations = Organisation.objects.in_bulk({row.org_id for row in rows if row.org_id})
    people = User.objects.in_bulk({row.actor_id for row in rows if row.actor_id})
    return [
        {
            "at": row.at,
            "file": row.file.room_file.name,
            "person": people[row.actor_id].display_name if row.actor_id in people else "—",
            "organisation": organisations[row.org_id].name if row.org_id in organisations else "—",
            "address": row.address or "—",
        }
        for row in rows
    ]
