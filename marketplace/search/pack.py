"""One file of named arrays, written once and mapped into memory by every reader.

A header line of JSON (names, types, lengths, places, and a note of the writer's), then the arrays, each on a
64-byte boundary. The header carries its own length and checksum and the file's size, so a file cut short is
refused, not misread.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
_MAGIC = b"MKTPACK1"


class TornFile(Exception):
    """The file is not a whole pack."""


def write_pack(path: Path, arrays: Mapping[str, Array], note: Mapping[str, Any]) -> None:
    """Write the arrays (one-dimensional) and flush them to the disk; the name appears only when the file is whole."""
    at = 0
    places: dict[str, tuple[str, int, int]] = {}
    for name, array in arrays.items():
        places[name] = (array.dtype.str, len(array), at)
        at += -(-array.nbytes // 64) * 64
    header = json.dumps({"arrays": places, "note": dict(note), "size": at}, ensure_ascii=False).encode()
    lead = _MAGIC + f"{len(header):016d}{zlib.crc32(header):010d}".encode()
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as out:
        out.write(lead + header)
        out.write(b"\0" * (_start(len(header)) - len(lead) - len(header)))
        for array in arrays.values():
            out.write(np.ascontiguousarray(array).data)
            out.write(b"\0" * (-array.nbytes % 64))
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def read_pack(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays, read-only and mapped, and the note. Raises FileNotFoundError, TornFile."""
    with path.open("rb") as file:
        lead = file.read(34)
        if len(lead) < 34 or not lead.startswith(_MAGIC):
            raise TornFile(f"{path.name}: not a pack")
        length, checksum = int(lead[8:24]), int(lead[24:34])
        header = file.read(length)
        if len(header) != length or zlib.crc32(header) != checksum:
            raise TornFile(f"{path.name}: header damaged")
        described = json.loads(header)
        start = _start(length)
        if os.fstat(file.fileno()).st_size != start + described["size"]:
            raise TornFile(f"{path.name}: cut short")
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        name: np.frombuffer(whole, dtype=np.dtype(kind), count=count, offset=start + at)
        for name, (kind, count, at) in described["arrays"].items()
    }
    return arrays, described["note"]


def _start(header_length: int) -> int:
    return -(-(34 + header_length) // 64) * 64
