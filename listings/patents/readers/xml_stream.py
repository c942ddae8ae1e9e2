"""XML read as a stream of record elements, with the document type looked at before the parser sees a byte.

What is refused: any entity that would expand (internal, external or parameter), wherever declared; what is allowed is a
document type that only names its DTD (never fetched) and unparsed ``NDATA`` entities, which real gazette files list
for their drawings. A reference to an undeclared entity (``&mdash;`` in a file whose DTD we do not load) is kept as a
node and read from the standard character names. XInclude and processing instructions are ordinary, inert content.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from .limits import Limits, Refused
from .sources import Readable
from .xml_text import Element, text_of

CHUNK = 256 * 1024
_NEXT_DOCUMENT = re.compile(rb"(?<=[>\s\x00])<\?xml\s")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
_ROOT = re.compile(rb"<(?:([A-Za-z_\x80-\xff][\w.\-\x80-\xff]*):)?([A-Za-z_\x80-\xff][\w.\-\x80-\xff]*)")
_NDATA = re.compile(
    rb"""^<!ENTITY\s+[^\s%]+\s+(?:SYSTEM\s+(?:"[^"]*"|'[^']*')|PUBLIC\s+(?:"[^"]*"|'[^']*')\s+(?:"[^"]*"|'[^']*'))\s+NDATA\s+[^\s>]+\s*>$"""
)
_PLAIN_ENCODINGS = frozenset(["utf-8", "ascii"])
_KNOWN_ENCODINGS = frozenset(
    [
        "utf-8",
        "ascii",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "gb18030",
        "gbk",
        "gb2312",
        "big5",
        "iso8859-1",
        "iso8859-15",
        "cp1252",
        "shift_jis",
        "euc_jp",
        "euc_kr",
    ]
)
_DOC_NUMBER = re.compile(rb"<(?:\w+:)?(?:doc-number|DocNumber|DNUM><PDAT)[^>]*>\s*([A-Za-z0-9./\-]{3,30})")


@dataclass(slots=True)
class XmlRecord:
    """One record element, still in its tree; ``context`` is what stood before it outside any record."""

    element: Element
    line: int
    context: dict[str, str]


@dataclass(slots=True)
class XmlFault:
    """A document (or the rest of one) that was given up."""

    line: int
    number: str
    refusal: Refused


@dataclass(slots=True)
class XmlEnd:
    """A document was read to its end: what its root was and how many records came out of it."""

    root: str
    records: int
    marks: set[str] = field(default_factory=set)


def looks_like_xml(head: bytes) -> bool:
    """Whether the first bytes open an XML document, in any encoding we take."""
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(bom):
            text = head[len(bom) :].decode(encoding, "ignore").lstrip()
            return re.match(r"<[?!A-Za-z_]", text) is not None
    if head.startswith((b"<\x00", b"\x00<")):
        return True
    return re.match(rb"\s*<[?!A-Za-z_]", head) is not None


def read_xml(
    stream: Readable, head: bytes, limits: Limits, *, record_tags: tuple[str, ...], mark_tags: tuple[str, ...]
) -> Iterator[XmlRecord | XmlFault | XmlEnd]:
    """Walk every document in the stream (weekly files hold thousands, each with its own declaration) and give the
    outermost elements named in ``record_tags``. Elements in ``mark_tags`` outside records are noted in the context.

    Memory holds one record at a time. A broken document is one fault; reading goes on at the next declaration.
    """
    try:
        pieces = _as_utf8(stream, head)
        splitter = _Splitter(pieces)
        while (line := splitter.next_document()) is not None:
            yield from _document(splitter, line, limits, record_tags, mark_tags)
    except UnicodeDecodeError as error:
        yield XmlFault(1, "", Refused("bad_encoding", encoding=error.encoding))
    except Refused as refusal:
        yield XmlFault(1, "", refusal)


def _as_utf8(stream: Readable, head: bytes) -> Iterator[bytes]:
    encoding = "utf-8"
    skip = 0
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise Refused("bad_encoding", encoding="utf-32")
    if head.startswith(codecs.BOM_UTF8):
        skip = 3
    elif head.startswith((codecs.BOM_UTF16_LE, b"<\x00")):
        encoding, skip = "utf-16-le", 2 if head[0] == 0xFF else 0
    elif head.startswith((codecs.BOM_UTF16_BE, b"\x00<")):
        encoding, skip = "utf-16-be", 2 if head[0] == 0xFE else 0
    elif (match := _ENCODING.match(head)) is not None:
        try:
            encoding = codecs.lookup(match[1].decode("ascii")).name
        except LookupError:
            raise Refused("bad_encoding", encoding=match[1].decode("ascii")) from None
        if encoding not in _KNOWN_ENCODINGS:
            raise Refused("bad_encoding", encoding=encoding)
        if encoding.startswith("utf-16"):  # it says so in bytes that are not: the declaration is wrong
            encoding = "utf-8"
    if encoding in ("gb2312", "gbk"):
        encoding = "gb18030"
    decoder = None if encoding in _PLAIN_ENCODINGS else codecs.getincrementaldecoder(encoding)()
    while chunk := stream.read(CHUNK):
        if skip:
            chunk, skip = chunk[skip:], 0
        yield chunk if decoder is None else decoder.decode(chunk).encode("utf-8")
    if decoder is not None:
        decoder.decode(b"", final=True)


class _Splitter:
    """Cuts the byte stream at each XML declaration, and counts lines."""

    _TAIL = 16  # a declaration may straddle two chunks

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._buffer, self._line, self._eof = pieces, b"", 1, False
        self._fresh = True  # at the first byte of a document

    def next_document(self) -> int | None:
        """Move to the next document's first byte, skipping what is left of this one; its line, or None at the end."""
        if not self._fresh:
            for _ in self.chunks():
                pass
        while not self._buffer.lstrip():
            self._line += self._buffer.count(b"\n")
            self._buffer = b""
            if not self._fill():
                return None
        rest = self._buffer.lstrip()
        self._line += self._buffer[: len(self._buffer) - len(rest)].count(b"\n")
        self._buffer = rest
        self._fresh = False
        return self._line

    def _fill(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            self._eof = True
            return False
        self._buffer += piece
        return True

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the current document, up to the next declaration."""
        if self._fresh:
            return
        start = 1  # the document's own declaration is not a boundary
        while True:
            match = _NEXT_DOCUMENT.search(self._buffer, start)
            if match is not None:
                out, self._buffer = self._buffer[: match.start()], self._buffer[match.start() :]
                self._fresh = True
                self._line += out.count(b"\n")
                yield out
                return
            keep = 0 if self._eof else self._TAIL
            if len(self._buffer) > keep + 1:
                cut = len(self._buffer) - keep
                out, self._buffer = self._buffer[:cut], self._buffer[cut:]
                self._line += out.count(b"\n")
                # Keep one byte of what went out in mind: the boundary needs to see what stands before it.
                start = 0 if out[-1:] in b"> \n\r\t" else 1
                yield out
            if not self._fill():
                if not self._buffer:
                    self._fresh = True
                    return
                if self._eof and len(self._buffer) <= keep + 1:
                    out, self._buffer = self._buffer, b""
                    self._line += out.count(b"\n")
                    self._fresh = True
                    yield out
                    return


def _document(
    splitter: _Splitter, line: int, limits: Limits, record_tags: tuple[str, ...], mark_tags: tuple[str, ...]
) -> Iterator[XmlRecord | XmlFault | XmlEnd]:
    chunks = splitter.chunks()
    start = b""
    try:
        root = None
        for chunk in chunks:
            start += chunk
            root = _check_prolog(start, limits)
            if root is not None:
                break
        if root is None:
            raise Refused("bad_xml", detail="no root element")
    except Refused as refusal:
        yield XmlFault(line, _first_number(start), refusal)
        return
    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=[f"{{*}}{tag}" for tag in (*record_tags, *mark_tags)],
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )
    end = XmlEnd(root, 0)
    context: dict[str, str] = {}
    depth = held = 0
    pending: Iterator[bytes] = _chain(start, chunks)
    error: Refused | None = None
    while error is None:
        piece = next(pending, None)
        try:
            if piece is None:
                parser.close()
            else:
                held += len(piece)
                parser.feed(piece)
        except etree.XMLSyntaxError as problem:
            error = _fault(problem)
        for event, element in parser.read_events():
            name = etree.QName(element).localname
            if name not in record_tags:
                if event == "end" and depth == 0:
                    end.marks.add(name)
                    context[name] = text_of(element)[:1000]
                continue
            if event == "start":
                depth += 1
                continue
            depth -= 1
            if depth == 0:
                end.records += 1
                held = 0
                yield XmlRecord(element, line + (element.sourceline or 1) - 1, context)
                _forget(element)
        if piece is None:
            break
        if error is None and held > limits.document_bytes:
            error = Refused("too_large", limit=limits.document_bytes)
    if error is not None:
        yield XmlFault(line, _first_number(start) if end.records == 0 else "", error)
        return
    yield end


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    for at in range(0, len(first), CHUNK):
        yield first[at : at + CHUNK]
    yield from rest


def _forget(element: Element) -> None:
    parent = element.getparent()
    element.clear(keep_tail=False)
    if parent is not None:
        while (before := element.getprevious()) is not None:
            parent.remove(before)


def _fault(problem: Any) -> Refused:
    message = str(problem.msg or "")
    if "encoding" in message.lower() or "not proper UTF-8" in message:
        return Refused("bad_encoding", encoding="utf-8")
    return Refused("bad_xml", detail=message[:200], line=problem.lineno or 0)


def _first_number(start: bytes) -> str:
    match = _DOC_NUMBER.search(start[:65536])
    return match[1].decode("ascii") if match else ""


def _check_prolog(data: bytes, limits: Limits) -> str | None:
    """The root's local name once the whole prolog is in ``data`` and harmless; None while more bytes are needed."""
    at = 0
    while True:
        while at < len(data) and data[at] in b" \t\r\n":
            at += 1
        if data.startswith(b"<?", at):
            close = data.find(b"?>", at)
            at = close + 2
        elif data.startswith(b"<!--", at):
            close = data.find(b"-->", at + 4)
            at = close + 3
        elif data.startswith(b"<!DOCTYPE", at):
            close = _doctype_end(data, at)
            at = close
        elif len(data) - at < 10:
            close = -1
        else:
            match = _ROOT.match(data, at)
            if match is None:
                raise Refused("bad_xml", detail="no root element")
            if match.end() == len(data):
                close = -1
            else:
                return match[2].decode("utf-8", "replace")
        if close == -1:
            if len(data) > limits.prolog_bytes:
                raise Refused("prolog_too_large", limit=limits.prolog_bytes)
            # A very short document is complete although fewer bytes follow than a longest keyword needs.
            match = (
                _ROOT.match(data, at) if data[at:].rstrip().endswith(b">") and not data.startswith(b"<!", at) else None
            )
            if match is not None and not data.startswith(b"<?", at):
                return match[2].decode("utf-8", "replace")
            return None


def _doctype_end(data: bytes, at: int) -> int:
    """Index after the document type declaration, -1 if it is not complete. Raises Refused for entities that expand."""
    i, inside = at + 9, False
    while i < len(data):
        c = data[i : i + 1]
        if c in (b'"', b"'"):
            i = data.find(c, i + 1)
            if i == -1:
                return -1
        elif data.startswith(b"<!--", i):
            i = data.find(b"-->", i + 4)
            if i == -1:
                return -1
            i += 2
        elif data.startswith(b"<?", i):
            i = data.find(b"?>", i)
            if i == -1:
                return -1
            i += 1
        elif c == b"[":
            inside = True
        elif c == b"]":
            inside = False
        elif c == b"%" and inside:
            raise Refused("entities")
        elif data.startswith(b"<!ENTITY", i):
            close = _declaration_end(data, i)
            if close == -1:
                # Refuse at once if it cannot become an NDATA declaration, so that a giant value is not waited for.
                if re.match(rb"""<!ENTITY\s+(?:%|[^\s%]+\s+["'])""", data[i : i + 400]):
                    raise Refused("entities")
                return -1
            if _NDATA.match(data[i:close]) is None:
                raise Refused("entities")
            i = close - 1
        elif c == b">" and not inside:
            return i + 1
        i += 1
    return -1


def _declaration_end(data: bytes, at: int) -> int:
    i = at
    while i < len(data):
        c = data[i : i + 1]
        if c in (b'"', b"'"):
            i = data.find(c, i + 1)
            if i == -1:
                return -1
        elif c == b">":
            return i + 1
        i += 1
    return -1
