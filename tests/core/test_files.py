"""What is kept as a file, and who gets it back."""

import io
import uuid
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from marketplace.core import files
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound
from marketplace.core.models import FileOpening

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SOMEBODY = Actor(user_id=7, org_id=9)


def an_upload(name="paper.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def a_docx():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return held.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("A.PDF", PDF, "application/pdf"),
        ("图.png", PNG, "image/png"),
        ("b.docx", a_docx(), files.DOCX_MIME),
    ],
)
def test_a_file_is_kept_with_its_hash_and_type(name, content, mime):
    row = files.keep(an_upload(name, content), purpose="test", by=SOMEBODY)
    assert (row.content_type, row.size, row.org_id, row.uploaded_by_id) == (mime, len(content), 9, 7)
    assert len(row.sha256) == 64


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.png", PDF),
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg onload='alert(1)'/>"),
        ("paper.pdf", b"<html><script>alert(1)</script>"),
        ("paper.pdf.exe", PDF),
        ("noextension", PDF),
        ("program.pdf", b"MZ" + b"\0" * 100),
    ],
)
def test_a_file_whose_content_and_name_differ_or_that_we_do_not_take_is_refused(name, content):
    with pytest.raises(files.FileTypeRefused):
        files.keep(an_upload(name, content), purpose="test", by=SOMEBODY)


@pytest.mark.django_db
def test_size_is_bounded_and_empty_is_refused():
    with pytest.raises(files.FileTooLarge):
        files.keep(an_upload(content=PDF * 100), purpose="test", by=SOMEBODY, max_bytes=1000)
    with pytest.raises(files.FileEmpty):
        files.keep(an_upload(content=b""), purpose="test", by=SOMEBODY)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\papers\\授权书.pdf", "授权书.pdf"),
        ("inv\u202efdp.exe.pdf", "invfdp.exe.pdf"),
        ("line\nbreak.pdf", "linebreak.pdf"),
        ("...", "file"),
        ("x" * 500 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_lose_paths_control_and_direction_marks(given, kept):
    assert files.safe_name(given) == kept


def a_request(actor):
    request = RequestFactory().get("/")
    request.actor = actor
    return request


@pytest.mark.django_db
def test_no_guard_no_file_and_strangers_get_not_found(monkeypatch):
    monkeypatch.setattr(files, "_guards", {})
    row = files.keep(an_upload(), purpose="closed", by=SOMEBODY)
    with pytest.raises(NotFound):
        files.send(a_request(SOMEBODY), row.pk)
    files.guard("closed")(lambda actor, file: actor.acts_for == file.org_id)
    with pytest.raises(NotFound):
        files.send(a_request(Actor(user_id=1, org_id=1)), row.pk)
    with pytest.raises(NotFound):
        files.send(a_request(SOMEBODY), uuid.uuid4())
    assert not FileOpening.objects.exists()


@pytest.mark.django_db
def test_an_opening_is_written_before_the_bytes_and_the_browser_runs_nothing(monkeypatch):
    monkeypatch.setattr(files, "_guards", {"open": lambda actor, file: True})
    row = files.keep(an_upload(), purpose="open", by=SOMEBODY)
    response = files.send(a_request(SOMEBODY), row.pk)
    opening = FileOpening.objects.get()
    assert (opening.actor_id, opening.org_id, opening.file_id) == (7, 9, row.pk)
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"] and "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content) == PDF
