"""Opening what lies on disk: plain files, gzip, zip and zip within zip, with every growth counted.

Nothing is unpacked to a named path: member names are only shown, never used as paths.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from .limits import Limits, Refused

GZIP_MAGIC, ZIP_MAGIC = b"\x1f\x8b", b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
PEEK = 65536


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(slots=True)
class Budget:
    """Bytes still allowed to come out of one top-level file."""

    left: int

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Refused("bomb", limit="unpacked_bytes")


class Metered(io.RawIOBase):
    """A stream that counts what comes out against a budget and, when packed, against the size that went in."""

    def __init__(self, inner: Readable, budget: Budget, limits: Limits, packed: Packed | None) -> None:
        super().__init__()
        self._inner, self._budget, self._limits, self._packed = inner, budget, limits, packed
        self._out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        try:
            data = self._inner.read(len(view))
        except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError, RuntimeError) as error:
            raise Refused("damaged_archive", detail=type(error).__name__) from error
        self._out += len(data)
        self._budget.spend(len(data))
        if (
            self._packed is not None
            and self._out > self._limits.ratio_from
            and self._out > self._limits.ratio * max(self._packed.size(), 1)
        ):
            raise Refused("bomb", limit="ratio")
        view[: len(data)] = data
        return len(data)


class Packed:
    """How many packed bytes a stream has cost: known beforehand for a zip member, measured for gzip."""

    def __init__(self, fixed: int | None = None, counter: CountingReader | None = None) -> None:
        self._fixed, self._counter = fixed, counter

    def size(self) -> int:
        return self._fixed if self._fixed is not None else (self._counter.count if self._counter else 0)


class CountingReader:
    def __init__(self, inner: Readable) -> None:
        self._inner, self.count = inner, 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._inner.read(size)
        self.count += len(data)
        return data


@dataclass(slots=True)
class Member:
    """One readable thing: a plain file, or one found inside archives. ``name`` joins container and member by ``!``."""

    name: str
    stream: io.BufferedReader
    head: bytes


def members(path: Path, limits: Limits) -> Iterator[Member | tuple[str, Refused]]:
    """Everything readable in a file, in the archive's sorted order; a refused part comes as its name and the
    refusal."""
    budget = Budget(limits.unpacked_bytes)
    with path.open("rb") as raw:
        yield from _open(str(path), raw, 0, budget, limits, None)


def _open(
    name: str, raw: IO[bytes], depth: int, budget: Budget, limits: Limits, packed: Packed | None
) -> Iterator[Member | tuple[str, Refused]]:
    try:
        stream: io.BufferedReader = io.BufferedReader(Metered(raw, budget, limits, packed), buffer_size=1024 * 1024)
        head = stream.peek(PEEK)[:PEEK]
        if head.startswith(GZIP_MAGIC):
            if depth >= limits.depth:
                raise Refused("nested_too_deep", depth=limits.depth)
            counted = CountingReader(stream)
            unpacked = cast(IO[bytes], gzip.GzipFile(fileobj=cast(IO[bytes], counted), mode="rb"))
            yield from _open(name, unpacked, depth + 1, budget, limits, Packed(counter=counted))
        elif head.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
            seekable: IO[bytes] = raw
            if depth > 0:
                seekable = _spool(stream, limits)
            yield from _open_zip(name, seekable, head, depth, budget, limits)
        else:
            yield Member(name, stream, head)
    except Refused as refusal:
        yield name, refusal


def _spool(stream: io.BufferedReader, limits: Limits) -> IO[bytes]:
    spool = tempfile.SpooledTemporaryFile(max_size=32 * 1024 * 1024)  # noqa: SIM115 - lives as long as its archive
    size = 0
    while chunk := stream.read(1024 * 1024):
        size += len(chunk)
        if size > limits.nested_archive_bytes:
            raise Refused("bomb", limit="nested_archive_bytes")
        spool.write(chunk)
    spool.seek(0)
    return cast(IO[bytes], spool)


def _open_zip(
    name: str, raw: IO[bytes], head: bytes, depth: int, budget: Budget, limits: Limits
) -> Iterator[Member | tuple[str, Refused]]:
    try:
        raw.seek(0)
        archive = zipfile.ZipFile(raw)
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise Refused("damaged_archive", detail=type(error).__name__) from error
    with archive:
        if len(infos) > limits.members:
            raise Refused("bomb", limit="members")
        if any(info.filename == "xl/workbook.xml" for info in infos):
            check_workbook(archive, infos, limits)
            raw.seek(0)
            # Spreadsheets need a seekable file: hand over the archive itself behind a reader that leaves it open.
            yield Member(name, io.BufferedReader(Unclosed(raw)), head)
            return
        if depth >= limits.depth:
            raise Refused("nested_too_deep", depth=limits.depth)
        for info in sorted(infos, key=lambda i: i.filename):
            if info.is_dir():
                continue
            inner_name = f"{name}!{info.filename}"
            try:
                if info.flag_bits & 0x1:
                    raise Refused("encrypted_archive")
                member = archive.open(info)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                yield inner_name, Refused("damaged_archive", detail=type(error).__name__)
                continue
            except Refused as refusal:
                yield inner_name, refusal
                continue
            with member:
                yield from _open(inner_name, member, depth + 1, budget, limits, Packed(fixed=info.compress_size))


def check_workbook(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse a workbook that would grow beyond bounds or whose parts declare a document type (which OOXML forbids)."""
    total = 0
    for info in infos:
        total += info.file_size
        if total > limits.workbook_bytes:
            raise Refused("bomb", limit="workbook_bytes")
        if info.file_size > limits.ratio_from and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise Refused("bomb", limit="ratio")
        if info.filename.endswith((".xml", ".rels")):
            try:
                with archive.open(info) as part:
                    start = part.read(4096)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
                raise Refused("damaged_archive", detail=type(error).__name__) from error
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start or b"<\x00!\x00" in start or b"\x00<\x00!" in start:
                raise Refused("entities")


class Unclosed(io.RawIOBase):
    """A seekable view on a file that its owner closes."""

    def __init__(self, inner: IO[bytes]) -> None:
        super().__init__()
        self._inner = inner

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        data = self._inner.read(len(view))
        view[: len(data)] = data
        return len(data)
