"""Files by content: what may be kept, and the only way out of the storage.

Nothing under the storage has a public address. `send` checks the purpose's guard, writes the opening of a private file
before the first byte, and hands the bytes out as a download that no browser will run.
"""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import filetype
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext_lazy as _

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.connections import address_of
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.models import FileOpening, StoredFile

HEAD_BYTES = 8192
LONGEST_NAME = 120


@dataclass(frozen=True)
class FileType:
    """A type we take: its extensions, the MIME type we serve it as, and the MIME types its content may show."""

    extensions: tuple[str, ...]
    mime: str
    shows_as: tuple[str, ...]


PDF = FileType((".pdf",), "application/pdf", ("application/pdf",))
PNG = FileType((".png",), "image/png", ("image/png",))
JPEG = FileType((".jpg", ".jpeg"), "image/jpeg", ("image/jpeg",))
ZIP_MIMES = ("application/zip",)
DOCX_MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = FileType((".docx",), DOCX_MIME, (DOCX_MIME, *ZIP_MIMES))
XLSX = FileType((".xlsx",), XLSX_MIME, (XLSX_MIME, *ZIP_MIMES))
CSV = FileType((".csv", ".tsv", ".txt"), "text/csv", ("text/plain",))
XML = FileType((".xml",), "application/xml", ("text/plain", "application/xml"))
ZIP = FileType((".zip",), "application/zip", ZIP_MIMES)
GZIP = FileType((".gz",), "application/gzip", ("application/gzip",))

IMAGES = (PNG, JPEG)
DOCUMENTS = (PDF, PNG, JPEG, DOCX, XLSX)
SHEETS = (CSV, XLSX)
IMPORTS = (CSV, XLSX, XML, ZIP, GZIP)


class FileRefused(DomainError):
    """The file is not one we keep."""

    code = "file_refused"
    status = 422


class FileTypeRefused(FileRefused):
    code = "file_type_refused"
    sentence = _("“%(name)s” is not a file of a kind we take here, or its content does not match its name.")
    remedy = _("Take one of: %(allowed)s.")


class FileTooLarge(FileRefused):
    code = "file_too_large"
    sentence = _("“%(name)s” is larger than %(limit)s MB.")
    remedy = _("Send a smaller file, or split it.")


class FileEmpty(FileRefused):
    code = "file_empty"
    sentence = _("“%(name)s” is empty.")
    remedy = _("Check the file and choose it again.")


Guard = Callable[[Actor, StoredFile], bool]
_guards: dict[str, Guard] = {}


def guard(purpose: str) -> Callable[[Guard], Guard]:
    """Register who may open files of `purpose`. A purpose without a guard opens to nobody."""

    def keep_guard(check: Guard) -> Guard:
        _guards[purpose] = check
        return check

    return keep_guard


def keep(
    upload: UploadedFile[Any],
    *,
    purpose: str,
    by: Actor,
    allowed: tuple[FileType, ...] = DOCUMENTS,
    subject_id: int | None = None,
    org_id: int | None = None,
    max_bytes: int | None = None,
    is_public: bool = False,
) -> StoredFile:
    """Check an upload by its content and keep it. The bytes go away again if the transaction does.

    Raises FileTypeRefused, FileTooLarge, FileEmpty.
    """
    limit = max_bytes or settings.UPLOAD_MAX_BYTES
    name = safe_name(upload.name or "file")
    if not upload.size:
        raise FileEmpty(field="file", name=name)
    if upload.size > limit:
        raise FileTooLarge(field="file", name=name, limit=limit // (1024 * 1024))
    kind = type_of(upload, name, allowed)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    stored_as = default_storage.save(f"{purpose}/{clock.now():%Y/%m}/{uuid.uuid4().hex}", upload)
    try:
        with transaction.atomic():
            row = StoredFile.objects.create(
                purpose=purpose,
                subject_id=subject_id,
                org_id=org_id if org_id is not None else by.acts_for,
                uploaded_by_id=by.user_id,
                name=name,
                content_type=kind.mime,
                size=upload.size,
                sha256=digest.hexdigest(),
                stored_as=stored_as,
                is_public=is_public,
                created_at=clock.now(),
            )
    except BaseException:
        default_storage.delete(stored_as)
        raise
    return row


def type_of(upload: UploadedFile[Any], name: str, allowed: tuple[FileType, ...]) -> FileType:
    """The allowed type whose extension and content both fit; raises FileTypeRefused."""
    upload.seek(0)
    head = upload.read(HEAD_BYTES)
    upload.seek(0)
    guessed = filetype.guess(head)
    shown = guessed.mime if guessed else ("text/plain" if looks_like_text(head) else "application/octet-stream")
    extension = PurePosixPath(name).suffix.lower()
    for kind in allowed:
        if extension in kind.extensions and shown in kind.shows_as:
            return kind
    extensions = ", ".join(extension for kind in allowed for extension in kind.extensions)
    raise FileTypeRefused(field="file", name=name, allowed=extensions)


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes are text in an encoding we read (UTF-16 by its mark, UTF-8, GB18030), without NULs."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # a character may be cut at the end of the head
            try:
                head[: len(head) - cut].decode(encoding)
                return True
            except UnicodeDecodeError:
                continue
    return False


def safe_name(name: str) -> str:
    """A file name for showing and downloading: no path, no control or direction marks, not endless."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(ch for ch in plain if unicodedata.category(ch)[0] != "C").strip(" .")
    stem, dot, extension = kept.rpartition(".")
    if not dot:
        return (kept or "file")[:LONGEST_NAME]
    return f"{(stem or 'file')[: LONGEST_NAME - len(extension) - 1]}.{extension[:12]}"


def send(request: HttpRequest, file_id: uuid.UUID) -> FileResponse:
    """Stream a file to whoever its guard admits; raises NotFound for all others. Private openings are logged first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = StoredFile.objects.filter(pk=file_id).first()
    if row is None:
        raise NotFound()
    check = _guards.get(row.purpose)
    if check is None or not check(actor, row):
        raise NotFound()
    if not row.is_public:
        FileOpening.objects.create(
            file=row,
            actor_id=actor.user_id,
            org_id=actor.acts_for,
            address=address_of(request),
            at=clock.now(),
        )
    response = FileResponse(
        default_storage.open(row.stored_as), as_attachment=True, filename=row.name, content_type=row.content_type
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
