"""Files made to harm, sent through the pages: refused with a sentence in both languages, or read within bounds."""

from __future__ import annotations

import gzip
import io
import resource
import time
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from listings.assets.models import Asset
from listings.patents.models import ImportRun, ImportState
from listings.patents.services import work
from marketplace.core.models import StoredFile
from tests import cast
from tests.world import HEAD, World

EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><us-patent-grant>&x;</us-patent-grant>'
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 20))
    + b"]><us-patent-grant>&l19;</us-patent-grant>"
)
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MOST_MEMORY_MB = 400
MOST_SECONDS = 30  # of processor time; each takes under two


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def nested(depth: int) -> bytes:
    inner = zipped({"x.csv": b"a" * 1000})
    for _level in range(depth):
        inner = zipped({f"{n}.zip": inner for n in range(3)})
    return inner


def big_cell() -> bytes:
    """A CSV with one cell of 100 MB, packed: made a piece at a time."""
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
        packed.write(HEAD.encode() + b'CN110112345A,201910526314.8,"')
        for _piece in range(100):
            packed.write(b"x" * (1024 * 1024))
        packed.write(b'",a,2019-06-18\r\n')
    return file.getvalue()


def stored() -> tuple[int, int]:
    """Rows of files, and files on the disk."""
    root = Path(settings.MEDIA_ROOT)
    return StoredFile.objects.count(), sum(one.is_file() for one in root.rglob("*"))


NOT_TAKEN = {
    "picture.svg": SVG,
    "page.html": HTML,
    "page.pdf": HTML,
    "picture.png": SVG,
    "program.exe": b"MZ" + b"\0" * 300,
    "program.pdf": b"MZ" + b"\0" * 300,
    "script.js": b"alert(1)",
    "empty.pdf": b"",
    "double.pdf.html": b"%PDF-1.4",
    "elf.docx": b"\x7fELF" + b"\0" * 300,
    "none": b"%PDF-1.4",
    "macro.xlsm": zipped({"xl/vbaProject.bin": b"x"}),
    "gif.jpg": b"GIF89a" + b"\0" * 99,
    "ends.pdf\x00.html": b"%PDF-1.4",
    "php.php": b"<?php echo 1;",
}
NOT_IMPORTED = {
    "picture.svg": SVG,
    "page.html": HTML,
    "program.exe": b"MZ" + b"\0" * 300,
    "program.csv": b"MZ\0\0" * 99,
    "paper.pdf": b"%PDF-1.4",
    "empty.csv": b"",
    "picture.csv": b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
    "rar.zip": b"Rar!\x1a\x07\0" + b"\0" * 99,
}


@pytest.mark.parametrize("language", ["", "/en"])
def test_what_is_no_document_is_not_kept(world: World, language: str) -> None:
    owner, before = world.visitor("owner"), stored()
    listing = f"{language}/workspace/listings/{world.ines.listings['draft'].number}/edit/papers/"
    identity = f"{language}/workspace/organisation/documents/"
    word = "not a file of a kind we take" if language else "不是"
    for url, field, more in ((listing, "upload", {"access": "public"}), (identity, "file", {"paper": "licence"})):
        for name, content in NOT_TAKEN.items():
            answer = owner.post(url, {field: SimpleUploadedFile(name, content, content_type="application/pdf"), **more})
            assert answer.status_code == 422, (url, name, answer.status_code)
            if content and "\0" not in name and name != "none":
                assert word in answer.content.decode(), (url, name)
    assert stored() == before


@pytest.mark.parametrize("language", ["", "/en"])
def test_what_is_no_import_is_not_kept(world: World, language: str) -> None:
    owner, before, runs = world.visitor("owner"), stored(), ImportRun.objects.count()
    for name, content in NOT_IMPORTED.items():
        answer = owner.post(f"{language}/workspace/patents/imports/new/", {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == 422, name
    assert stored() == before and ImportRun.objects.count() == runs


BOMBS = {
    "entities.xml": lambda: LAUGHS,
    "external.xml": lambda: EXTERNAL,
    "bomb.zip": lambda: zipped({"x.csv": b"0" * 120_000_000}),
    "nested.zip": lambda: nested(5),
    "many.zip": lambda: zipped({f"{n}.csv": b"" for n in range(25_000)}),
    "escape.zip": lambda: zipped(
        {"../../../../tmp/zqx7-escaped.csv": HEAD.encode(), "/tmp/zqx7-absolute.csv": HEAD.encode()}
    ),
    "cell.csv.gz": big_cell,
    "bomb.xml.gz": lambda: gzip.compress(b"<us-patent-grant>" + b"<p>" * 2_000_000, 9),
    "bomb.xlsx": lambda: zipped(
        {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * 90_000_000}
    ),
    "entities.xlsx": lambda: zipped({"[Content_Types].xml": LAUGHS, "xl/workbook.xml": LAUGHS}),
    "cut.zip": lambda: zipped({"x.csv": HEAD.encode() * 50})[:-30],
    "cut.gz": lambda: gzip.compress(HEAD.encode() * 5000)[:-20],
    "encoding.csv": lambda: HEAD.encode("gb18030") + b"\xff\xfe\xfa\x81\x30 broken,\x80\x80\r\n" * 5,
    "utf7.csv": lambda: b"+ADw-script+AD4-," * 200,
    "wide.csv": lambda: b"a," * 3_000_000,
    "formula.csv": lambda: (
        HEAD + "CN110112345A,201910526314.8,=cmd|' /C calc'!A0,因氏氟材有限公司,2019-06-18\r\n"
    ).encode(),
    "number.csv": lambda: (HEAD + f"{'9' * 50_000},{'１' * 9000},x,因氏氟材有限公司,2019-06-18\r\n").encode(),
    "direction.csv": lambda: (
        HEAD + "CN\u202e110112345A,2019\u200b10526314.8,\u202e膜,因氏氟材有限公司,2019-06-18\r\n"
    ).encode(),
    "names.csv": lambda: (
        HEAD + "<script>alert(1)</script>,' OR 1=1 --,<img src=x onerror=alert(1)>,x,0000-99-99\r\n"
    ).encode(),
}


@pytest.mark.parametrize("name", list(BOMBS))
@pytest.mark.django_db
def test_a_bomb_is_checked_within_bounds_and_said_plainly(name: str) -> None:
    """The upload is taken as a file; the worker looks at it, and the page says in both languages what is wrong."""
    owner, rights = cast.ines().signed_in(), Asset.objects.count()
    sent = owner.post("/workspace/patents/imports/new/", {"file": SimpleUploadedFile(name, BOMBS[name]())})
    if sent.status_code == 422:  # refused at the door already
        assert "errorlist" in sent.content.decode()
        return
    assert sent.status_code == 302
    run = ImportRun.objects.latest("pk")
    began, most = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    state = work.work(run.pk)
    assert time.process_time() - began < MOST_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most) / 1024 < MOST_MEMORY_MB
    run.refresh_from_db()
    assert state == ImportState.CHECKED, (state, run.error)
    assert Asset.objects.count() == rights, "a check wrote to the register"
    assert not [path for path in ("/tmp/zqx7-escaped.csv", "/tmp/zqx7-absolute.csv") if Path(path).exists()]
    pages = {}
    for language in ("", "/en"):
        page = owner.get(f"{language}{reverse('import_run', args=[run.pk]).removeprefix('/en')}")
        assert page.status_code == 200
        pages[language] = page.content.decode()
        for word in ("<script>alert", "<img src=x", "root:x:0", "Traceback"):
            assert word not in pages[language]
    if name not in ("formula.csv", "direction.csv", "escape.zip"):
        assert run.rejections.exists() or run.not_patents, f"{name} was found sound: {run.found}"
    for kind in ("csv", "xlsx"):
        assert owner.get(f"/workspace/patents/imports/{run.pk}/errors.{kind}").status_code == 200
    if run.rejections.exists() or run.not_patents:
        going = owner.post(f"/workspace/patents/imports/{run.pk}/go/")
        assert going.status_code in (302, 409, 422)


def test_a_paper_that_is_also_a_page_is_handed_out_as_a_download(world: World) -> None:
    """A file that opens as a PDF and as HTML: never shown by the browser in our name."""
    owner = world.visitor("owner")
    polyglot = b"%PDF-1.4\n" + HTML + b"\n%%EOF"
    url = f"/workspace/listings/{world.ines.listings['draft'].number}/edit/papers/"
    name = "\u202efdp.<script>alert(1)<\u2044script>/../..\\evil Set-Cookie: a=b.pdf"
    answer = owner.post(url, {"upload": SimpleUploadedFile(name, polyglot), "access": "public", "title": "x"})
    assert answer.status_code == 302
    file = StoredFile.objects.latest("created_at")
    got = owner.get(reverse("file", args=[file.pk]))
    assert b"".join(got.streaming_content) == polyglot
    assert got["Content-Disposition"].startswith("attachment") and got["Content-Type"] == "application/pdf"
    assert got["X-Content-Type-Options"] == "nosniff" and "sandbox" in got["Content-Security-Policy"]
    assert "Set-Cookie" not in got.headers and "\n" not in got["Content-Disposition"]
    assert "/" not in file.name and "\\" not in file.name and "\u202e" not in file.name
    assert "evil" not in file.stored_as and file.stored_as.startswith("listing/")


def test_a_file_over_the_limit_is_not_kept(world: World, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 2 * 1024 * 1024
    before = stored()
    upload = SimpleUploadedFile("big.pdf", b"%PDF-1.4" + b"0" * (3 * 1024 * 1024))
    url = f"/workspace/listings/{world.ines.listings['draft'].number}/edit/papers/"
    answer = world.visitor("owner").post(url, {"upload": upload, "access": "public"})
    assert answer.status_code == 422 and "2 MB" in answer.content.decode()
    assert stored() == before
