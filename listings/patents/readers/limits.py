"""How much a reader will take before it refuses: the whole defence against bombs is that each of these is finite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in bytes or counts. The defaults let a real weekly bulk file of several gigabytes through."""

    unpacked_bytes: int = 8192 * MIB  # of one top-level file with everything packed inside it
    ratio: int = 200  # unpacked : packed, looked at once ``ratio_from`` bytes were unpacked
    ratio_from: int = 16 * MIB
    members: int = 20_000  # of one archive
    depth: int = 2  # archives within archives
    nested_archive_bytes: int = 512 * MIB  # an archive inside an archive is spooled to an unnamed temporary file
    cell_bytes: int = 1 * MIB
    row_bytes: int = 4 * MIB
    columns: int = 1_000
    workbook_bytes: int = 256 * MIB  # unpacked parts of an XLSX
    document_bytes: int = 48 * MIB  # one XML patent document, or one record element
    xml_depth: int = 200
    prolog_bytes: int = 1 * MIB
    number_chars: int = 80
    text_chars: int = 4 * MIB


DEFAULT = Limits()


class Refused(Exception):
    """A whole file, or one record of it, is refused. ``code`` and ``params`` become the Rejection."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params
