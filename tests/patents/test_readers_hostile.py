"""Files made to harm: refused within bounds and with a code, and never at the cost of the records beside them."""

from __future__ import annotations

import gzip
import io
import socket
import subprocess
import sys
import textwrap
import time
import zipfile

import pytest
from openpyxl import Workbook

from listings.patents.readers import Limits, RawRecord, Rejection, read
from tests.patents.reading import SAMPLES, put, records, rejections
from tests.patents.test_readers_tables import ROW, SHEET

LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 30))
GRANT = (SAMPLES / "US08926509_short.xml").read_text(encoding="utf-8")
ROOT = GRANT[GRANT.index("<us-patent-grant") :]


def with_subset(subset: str, reference: str = "") -> str:
    return f"<!DOCTYPE us-patent-grant [{subset}]>" + ROOT.replace("<abstract", f"<p>{reference}</p><abstract", 1)


@pytest.mark.parametrize(
    "document",
    [
        with_subset('<!ENTITY l0 "lol">' + LAUGHS, "&l29;"),
        with_subset('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
        with_subset('<!ENTITY x PUBLIC "p" "http://127.0.0.1:9/x">', "&x;"),
        with_subset('<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;'),
        with_subset("<!ELEMENT a ANY> %p;"),
        with_subset('<!-- ]> --><!ENTITY x "y">', "&x;"),
        with_subset('<!ENTITY x "' + "y" * 3_000_000 + '">', "&x;"),
        '<!DOCTYPE us-patent-grant [<!ENTITY x "y">',
    ],
    ids=["laughs", "file", "http", "parameter", "parameter-use", "hidden", "giant", "cut-off"],
)
def test_entities_that_would_expand_are_refused_quickly(tmp_path, document):
    path = put(tmp_path, "x.xml", '<?xml version="1.0"?>' + document)
    start = time.perf_counter()
    (wrong,) = rejections(path)
    assert wrong.code == "entities"
    assert time.perf_counter() - start < 2
    assert not any(isinstance(item, RawRecord) for item in read(path))


def test_the_same_in_utf_16_is_refused_too(tmp_path):
    text = '<?xml version="1.0" encoding="UTF-16"?>' + with_subset('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;")
    assert [r.code for r in rejections(put(tmp_path, "x.xml", text, "utf-16"))] == ["entities"]


def test_a_dtd_and_drawings_are_named_but_nothing_is_fetched(tmp_path, monkeypatch):
    def no_socket(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a reader opened a socket")

    monkeypatch.setattr(socket, "socket", no_socket)
    text = (
        '<?xml version="1.0"?><!DOCTYPE us-patent-grant SYSTEM "http://127.0.0.1:9/x.dtd" '
        '[<!ENTITY F1.TIF SYSTEM "F1.TIF" NDATA TIF>]>'
        + ROOT.replace(
            "<abstract", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/><abstract', 1
        )
    )
    (record,) = records(put(tmp_path, "x.xml", text))
    assert "root:" not in repr(record)


def test_one_poisoned_document_does_not_stop_the_next(tmp_path):
    poisoned = '<?xml version="1.0"?>\n' + with_subset('<!ENTITY x "y">', "&x;")
    items = list(read(put(tmp_path, "x.xml", f"{GRANT}\n{poisoned}\n{GRANT}")))
    assert [type(item) for item in items] == [RawRecord, Rejection, RawRecord]


def test_deep_and_wrongly_encoded_xml(tmp_path):
    deep = "<us-patent-grant>" + "<a>" * 100_000
    assert [r.code for r in rejections(put(tmp_path, "d.xml", deep))] == ["bad_xml"]
    wrong = GRANT.encode().replace(b"Wireless physiological", b"Wireless \xff\xfe physiological")
    assert [r.code for r in rejections(put(tmp_path, "e.xml", wrong))] == ["bad_encoding"]
    odd = GRANT.replace("UTF-8", "utf-7", 1)
    assert [r.code for r in rejections(put(tmp_path, "f.xml", odd))] == ["bad_encoding"]


def test_a_document_beyond_the_limit_is_given_up(tmp_path):
    path = put(tmp_path, "x.xml", ROOT.replace("<abstract", "<p>" + "x " * 4_000_000 + "</p><abstract", 1))
    assert [r.code for r in rejections(path, Limits(document_bytes=1_000_000))] == ["too_large"]


def test_a_hundred_megabyte_cell_costs_its_row_and_little_memory(tmp_path):
    path = tmp_path / "x.csv"
    with path.open("wb") as out:
        out.write((SHEET + ROW).encode())
        out.write(b'CN110123456A,201910526314.8,"')
        for _ in range(50):
            out.write("氟".encode() * 700_000)  # one line of 100 MB
        out.write(b'",,,,,,,,,\n')
        out.write(ROW.encode())
        out.write(b'CN110123456A,201910526314.8,"')
        for _ in range(1000):
            out.write(b"line of a cell\n" * 700)  # the same over many lines
        out.write(b'",,,,,,,,,\n')
        out.write(ROW.encode())
    code = f"""
        import resource, sys
        from pathlib import Path
        from listings.patents.readers import read
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kinds = [getattr(i, "code", "ok") for i in read(Path({str(path)!r}))]
        print(",".join(kinds), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    kinds, grown = done.stdout.split()
    assert kinds == "ok,cell_too_large,ok,cell_too_large,ok"
    assert int(grown) < 64


def test_a_cell_just_over_the_limit(tmp_path):
    path = put(tmp_path, "x.csv", SHEET + ROW.replace("一种氟硅材料", "x" * 1_100_000) + ROW)
    assert [getattr(i, "code", "ok") for i in read(path)] == ["cell_too_large", "ok"]


def test_nul_bytes_stray_quotes_and_bytes_that_are_no_text(tmp_path):
    text = SHEET + ROW + ROW.replace("张三", "张\0三") + ROW.replace("一种", '"一种') + ROW
    assert [getattr(i, "code", "ok") for i in read(put(tmp_path, "x.csv", text))] == [
        "ok",
        "nul_byte",
        "unclosed_quote",
        "ok",
    ]
    data = (SHEET + ROW).encode() + ROW.encode().replace("张三".encode(), b"\xff\xfe\xfa") + ROW.encode()
    assert [getattr(i, "code", "ok") for i in read(put(tmp_path, "y.csv", data))] == ["ok", "bad_encoding", "ok"]


@pytest.mark.parametrize("number", ["9" * 1_000_000, "\u202e" * 300 + "201910526314.8", "２" * 50_000])
def test_huge_numbers_and_floods_of_marks(tmp_path, number):
    (wrong,) = rejections(put(tmp_path, "x.csv", SHEET + ROW.replace("CN201910526314.8", number)))
    assert wrong.code == "too_long"
    assert len(wrong.number) <= 80


def test_right_to_left_marks_and_full_width_digits_are_harmless(tmp_path):
    (record,) = records(
        put(tmp_path, "x.csv", SHEET + ROW.replace("CN201910526314.8", "\u202eＣＮ２０１９１０５２６３１４．８\u202c"))
    )
    assert record.application_number == "201910526314.8"


def zipped(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def test_bombs_are_refused_by_ratio_size_number_and_depth(tmp_path):
    zeros = bytes(64 * 1024 * 1024)
    head = (SHEET + ROW).encode()
    for path in (
        put(tmp_path, "a.csv.gz", gzip.compress(head + zeros)),
        put(tmp_path, "b.zip", zipped(("x.csv", head + zeros))),
    ):
        start = time.perf_counter()
        assert [r.code for r in rejections(path)][-1] == "bomb"
        assert time.perf_counter() - start < 5
    many = put(tmp_path, "c.zip", zipped(*[(f"{i}.csv", b"x") for i in range(50)]))
    assert [r.code for r in rejections(many, Limits(members=49))] == ["bomb"]
    small = put(tmp_path, "d.csv.gz", gzip.compress((SHEET + ROW * 2000).encode()))
    assert [r.code for r in rejections(small, Limits(unpacked_bytes=100_000))] == ["bomb"]
    nested = zipped(("a.csv", head))
    for _ in range(3):
        nested = zipped(("inner.zip", nested))
    assert [r.code for r in rejections(put(tmp_path, "e.zip", nested))] == ["nested_too_deep"]


def test_damaged_and_locked_archives(tmp_path):
    good = gzip.compress((SHEET + ROW * 500).encode())
    assert "damaged_archive" in [r.code for r in rejections(put(tmp_path, "a.gz", good[: len(good) // 2]))]
    assert [r.code for r in rejections(put(tmp_path, "b.zip", zipped(("x.csv", b"x"))[:-8]))] == ["damaged_archive"]
    locked = bytearray(zipped(("x.csv", b"x")))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert [r.code for r in rejections(put(tmp_path, "c.zip", bytes(locked)))] == ["encrypted_archive"]
    beside = zipped(("a.zip", b"PK\x03\x04 not one"), ("b.csv", (SHEET + ROW).encode()))
    items = list(read(put(tmp_path, "d.zip", beside)))
    assert [type(item) for item in items] == [Rejection, RawRecord]


def test_a_workbook_with_a_document_type_or_a_bomb_inside(tmp_path):
    book = Workbook()
    book.active.append(["申请号", "专利名称"])
    out = io.BytesIO()
    book.save(out)
    for name, poison, code in (
        ("xl/comments1.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><sst/>', "entities"),
        ("xl/media/big.bin", bytes(64 * 1024 * 1024), "bomb"),
    ):
        poisoned = io.BytesIO(out.getvalue())
        with zipfile.ZipFile(poisoned, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, poison)
        assert [r.code for r in rejections(put(tmp_path, f"{code}.xlsx", poisoned.getvalue()))] == [code]
