"""Confidentiality by version, files given one by one, marked and logged before a byte leaves."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader, PdfWriter

from listings.deals import marking
from listings.deals.models import NdaAcceptance, NdaText, RoomFile, RoomGrant
from listings.deals.services import ndas, negotiations, rooms
from listings.deals.talks.refusals import FileCannotBeMarked, GrantUnfit, NdaAccepted, NdaChanged, NdaMissing
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.files import FileTypeRefused
from marketplace.core.models import FileOpening
from tests import cast
from tests.builders import a_pdf, member_actor
from tests.deals.talks import a_negotiation, a_room_file, accepts_nda, given

pytestmark = pytest.mark.django_db


def a_png(width: int = 320, height: int = 200, name: str = "bench.png") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


def opens(talks, row, part=None):
    part = part or cast.bo()
    return rooms.open_room_file(negotiation_id=talks.pk, room_file_id=row.pk, by=part.actor, address="192.0.2.9")


# ── confidentiality ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_markets_text_is_the_default_and_its_hash_names_it():
    talks = a_negotiation()
    text = ndas.current_text(talks.listing_id)
    assert text.is_default and text.sha256 == ndas.digest_of(text.text_zh, text.text_en)
    assert ndas.default_text() == text and NdaText.objects.count() == 1


def test_acceptance_keeps_name_time_address_and_hash():
    talks = a_negotiation()
    text = ndas.current_text(talks.listing_id)
    made = ndas.accept_nda(
        negotiation_id=talks.pk, by=cast.bo().actor, sha256=text.sha256, name=" Bo Zhang ", address="192.0.2.7"
    )
    made.refresh_from_db()
    assert (made.name, made.address, made.sha256) == ("Bo Zhang", "192.0.2.7", text.sha256)
    assert made.accepted_by == cast.bo().person and ndas.acceptance_of(talks) == made
    with pytest.raises(NdaAccepted):
        accepts_nda(talks)


def test_who_may_accept_and_what():
    talks = a_negotiation()
    digest = ndas.current_text(talks.listing_id).sha256
    staff = member_actor(cast.bo().organisation, Role.STAFF)
    for actor, error in ((staff, NotPermitted), (cast.ines().actor, NotPermitted), (cast.stranger().actor, NotFound)):
        with pytest.raises(error):
            ndas.accept_nda(negotiation_id=talks.pk, by=actor, sha256=digest, name="X", address=None)
    with pytest.raises(NdaChanged):
        ndas.accept_nda(negotiation_id=talks.pk, by=cast.bo().actor, sha256="0" * 64, name="Bo", address=None)
    with pytest.raises(Invalid):
        ndas.accept_nda(negotiation_id=talks.pk, by=cast.bo().actor, sha256=digest, name=" ", address=None)
    assert not NdaAcceptance.objects.exists()


def test_a_new_version_voids_old_acceptances_at_once():
    talks = a_negotiation()
    row = a_room_file(talks.listing)
    given(talks, row)
    accepts_nda(talks)
    assert opens(talks, row).is_marked
    new = ndas.write_text(
        listing_id=talks.listing_id, by=cast.ines().actor, text_zh="只供评估。", text_en="Only to evaluate."
    )
    assert new.version == 1 and not new.is_default and ndas.acceptance_of(talks) is None
    assert ndas.earlier_acceptances(talks, new)
    with pytest.raises(NdaMissing):
        opens(talks, row)
    accepts_nda(talks)
    assert opens(talks, row).is_marked
    newer = ndas.write_text(listing_id=talks.listing_id, by=cast.ines().actor, upload=a_pdf("nda.pdf"))
    assert newer.version == 2 and newer.file is not None and newer.sha256 == newer.file.sha256


def test_only_the_holder_writes_the_text():
    talks = a_negotiation()
    for actor, error in (
        (cast.bo().actor, NotFound),
        (member_actor(cast.ines().organisation, Role.READ_ONLY), NotPermitted),
    ):
        with pytest.raises(error):
            ndas.write_text(listing_id=talks.listing_id, by=actor, text_zh="x")
    with pytest.raises(Invalid):
        ndas.write_text(listing_id=talks.listing_id, by=cast.ines().actor, text_zh=" ")


def test_texts_and_acceptances_never_change():
    talks = a_negotiation()
    accepts_nda(talks)
    for model in (NdaText, NdaAcceptance):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(sha256="0" * 64)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()


# ── the room ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_nothing_opens_without_a_grant_and_the_text():
    talks = a_negotiation()
    row = a_room_file(talks.listing)
    with pytest.raises(NotFound):
        opens(talks, row)
    accepts_nda(talks)
    with pytest.raises(NotFound):
        opens(talks, row)
    given(talks, row)
    assert opens(talks, row).content.startswith(b"%PDF")
    for part in (cast.stranger(), cast.ops()):
        with pytest.raises(NotFound):
            opens(talks, row, part)
    assert FileOpening.objects.count() == 1


def test_revocation_expiry_withdrawal_and_closing_act_on_the_next_request():
    talks = a_negotiation()
    accepts_nda(talks)
    row = a_room_file(talks.listing)
    given(talks, row, days=3)
    opens(talks, row)
    with clock.at(clock.now() + timedelta(days=4)), pytest.raises(NotFound):
        opens(talks, row)
    assert rooms.revoke(room_file_id=row.pk, negotiation_id=talks.pk, by=cast.ines().actor)
    assert not rooms.revoke(room_file_id=row.pk, negotiation_id=talks.pk, by=cast.ines().actor)
    with pytest.raises(NotFound):
        opens(talks, row)
    given(talks, row)
    opens(talks, row)
    rooms.withdraw_room_file(room_file_id=row.pk, by=cast.ines().actor)
    with pytest.raises(NotFound):
        opens(talks, row)
    other = a_room_file(talks.listing)
    given(talks, other)
    opens(talks, other)
    negotiations.close(negotiation_id=talks.pk, by=cast.ines().actor, reason="Sold.")
    with pytest.raises(NotFound):
        opens(talks, other)


def test_a_grant_is_for_one_negotiation_only():
    first = a_negotiation()
    other = a_negotiation(listing=first.listing, buyer=cast.stranger())
    accepts_nda(first)
    accepts_nda(other, cast.stranger())
    row = a_room_file(first.listing)
    given(first, row)
    with pytest.raises(NotFound):
        opens(other, row, cast.stranger())
    with pytest.raises(NotFound):
        opens(first, row, cast.stranger())


def test_who_may_give_and_for_how_long():
    talks = a_negotiation()
    row = a_room_file(talks.listing)
    foreign = a_room_file(a_negotiation().listing)

    def give(actor, days=10, file=row):
        rooms.grant(
            room_file_id=file.pk, negotiation_id=talks.pk, by=actor, expires_at=clock.now() + timedelta(days=days)
        )

    for actor, error in (
        (cast.bo().actor, NotPermitted),
        (member_actor(cast.ines().organisation, Role.READ_ONLY), NotPermitted),
        (cast.stranger().actor, NotFound),
    ):
        with pytest.raises(error):
            give(actor)
    for days in (-1, 0, 400):
        with pytest.raises(GrantUnfit):
            give(cast.ines().actor, days=days)
    with pytest.raises(NotFound):
        give(cast.ines().actor, file=foreign)
    give(cast.ines().actor)
    give(cast.ines().actor, days=20)
    assert RoomGrant.objects.filter(revoked_at=None).count() == 1


def test_the_opening_is_on_record_before_a_byte_is_read(monkeypatch):
    talks = a_negotiation()
    accepts_nda(talks)
    row = a_room_file(talks.listing)
    given(talks, row)
    seen = []

    class Watching:
        def open(self, name):
            seen.append(FileOpening.objects.filter(file=row.file).count())
            return default_storage.open(name)

    monkeypatch.setattr(rooms, "default_storage", Watching())
    opens(talks, row)
    assert seen == [1]
    monkeypatch.setattr(FileOpening.objects, "create", lambda **given: (_ for _ in ()).throw(IntegrityError("no row")))
    with pytest.raises(IntegrityError):
        opens(talks, row)
    assert seen == [1], "no row, no bytes"


def test_the_log_names_reader_organisation_time_and_address():
    talks = a_negotiation()
    accepts_nda(talks)
    row = a_room_file(talks.listing, title="Bench report")
    given(talks, row)
    opens(talks, row)
    (line,) = rooms.openings_of(talks.listing_id)
    assert (line["file"], line["person"], line["address"]) == ("Bench report", "Bo", "192.0.2.9")
    assert line["organisation"] == cast.bo().organisation.name


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_page_of_a_pdf_carries_name_organisation_and_time():
    talks = a_negotiation()
    accepts_nda(talks)
    writer = PdfWriter()
    for size in ((595, 842), (842, 595), (300, 300)):
        writer.add_blank_page(*size)
    out = io.BytesIO()
    writer.write(out)
    row = a_room_file(talks.listing, SimpleUploadedFile("plan.pdf", out.getvalue(), content_type="application/pdf"))
    given(talks, row)
    at = clock.now()
    with clock.at(at):
        opened = opens(talks, row)
        words = rooms.mark_words(cast.bo().actor, at, talks.number)
    pages = PdfReader(io.BytesIO(opened.content)).pages
    assert len(pages) == 3
    for page in pages:
        text = "".join(page.extract_text().split())
        assert "".join(words.split()) in text, text
    assert "Bo" in words and cast.bo().organisation.name_zh in words and talks.number in words


def test_a_picture_is_marked_and_keeps_its_size_and_kind():
    talks = a_negotiation()
    accepts_nda(talks)
    row = a_room_file(talks.listing, a_png())
    given(talks, row)
    opened = opens(talks, row)
    picture = Image.open(io.BytesIO(opened.content))
    assert (picture.size, picture.format) == ((320, 200), "PNG")
    colours = picture.convert("L").getcolors(maxcolors=256)
    assert colours is not None and len(colours) > 4, "nothing was drawn"


def test_other_kinds_go_out_as_they_are():
    content = b"hello"
    assert marking.marked(content, "application/zip", "Bo") == content


@pytest.mark.parametrize("kind", ["encrypted", "damaged", "huge"])
def test_what_cannot_be_marked_is_refused_when_handed_in(kind):
    listing = a_negotiation().listing
    if kind == "encrypted":
        writer = PdfWriter()
        writer.add_blank_page(100, 100)
        writer.encrypt("secret", algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
        upload = SimpleUploadedFile("a.pdf", out.getvalue(), content_type="application/pdf")
    elif kind == "damaged":
        upload = SimpleUploadedFile("a.pdf", b"%PDF-1.4 nothing more", content_type="application/pdf")
    else:
        out = io.BytesIO()
        Image.new("1", (9000, 5000)).save(out, "PNG")
        upload = SimpleUploadedFile("a.png", out.getvalue(), content_type="image/png")
    with pytest.raises(FileCannotBeMarked):
        a_room_file(listing, upload)
    assert not RoomFile.objects.exists()
    with pytest.raises(FileTypeRefused):
        a_room_file(listing, SimpleUploadedFile("a.svg", b"<svg/>", content_type="image/svg+xml"))


def test_the_unmarked_file_opens_to_the_holders_people_only():
    talks = a_negotiation()
    accepts_nda(talks)
    row = a_room_file(talks.listing)
    given(talks, row)
    plain = reverse("file", args=[row.file_id])
    assert cast.bo().signed_in().get(plain).status_code == 404
    assert cast.stranger().signed_in().get(plain).status_code == 404
    assert cast.ines().signed_in().get(plain).status_code == 200
    answer = cast.bo().signed_in().get(reverse("room_file_open", args=[talks.number, row.pk]))
    assert answer.status_code == 200 and answer["Cache-Control"] == "private, no-store"
    assert "attachment" in answer["Content-Disposition"] and answer.content.startswith(b"%PDF")
