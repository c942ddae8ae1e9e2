"""Reading the USPTO's recorded assignments: search answers of its assignment service, one `doc` a reel and frame.

The office records what is handed in and does not look whether it is right (37 CFR 3.54), so nothing here is more than
"recorded". Absent values are written as "NULL" and as days of the year 1.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from listings.patents import numbers
from listings.patents.readers.limits import DEFAULT, Limits, Refused
from listings.patents.readers.sources import Member, members
from listings.patents.readers.xml_stream import XmlFault, XmlRecord, looks_like_xml, read_xml
from listings.patents.readers.xml_text import Element, text_of
from listings.rights.models import Conveyance

RECORD_TAG = "doc"
NAMED_BY = "conveyanceText"
_REEL = re.compile(r"REEL[\s:.#/]*0*(\d{1,6})\W+(?:AND\s+)?FRAME[\s:.#/]*0*(\d{1,4})", re.IGNORECASE)
_ABSENT = frozenset({"", "NULL", "N/A"})
#: First match wins: a release names the security agreement it ends.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Conveyance.RELEASE, r"\bRELEASE|\bTERMINAT|\bDISCHARGE"),
        (Conveyance.CORRECTION, r"\bCORRECTI(?:VE|ON)"),
        (Conveyance.SECURITY, r"\bSECURITY|\bMORTGAGE|\bLIEN\b|\bCOLLATERAL|\bPLEDGE"),
        (Conveyance.NAME_CHANGE, r"CHANGE OF (?:NAME|ADDRESS)|NAME CHANGE|CONVERSION"),
        (Conveyance.MERGER, r"\bMERGER"),
        (Conveyance.LICENCE, r"\bLICEN[CS]E"),
        (Conveyance.ASSIGNMENT, r"\bASSIGN"),
    )
)


@dataclass(frozen=True, slots=True)
class PropertyIn:
    """A right the paper names, by canonical numbers; empty where the source has none or one we cannot read."""

    application_number: str
    publication_number: str
    grant_number: str
    title: str


@dataclass(frozen=True, slots=True)
class PaperIn:
    """One recorded paper. `number` is reel-frame without leading zeros."""

    number: str
    conveyance: str
    conveyance_text: str
    recorded_on: date
    executed_on: date | None
    assignors: tuple[str, ...]
    assignees: tuple[str, ...]
    properties: tuple[PropertyIn, ...]
    raw: dict[str, Any] = field(hash=False)

    @property
    def sha256(self) -> str:
        """A hash of what the paper says, without the service's own bookkeeping."""
        said = {key: value for key, value in self.raw.items() if key not in _BOOKKEEPING}
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


_BOOKKEEPING = frozenset({"_version_", "transactionDate", "dateProduced", "dtdVersion", "actionKeyCode"})


@dataclass(frozen=True, slots=True)
class PaperRefused:
    """A paper or a file that cannot be taken: where, and why (a code of the patent readers, or its own)."""

    file: str
    line: int | None
    number: str
    code: str
    params: dict[str, Any]


def named_paper(text: str) -> str:
    """The reel and frame another paper is named by: "REEL 048818/FRAME 0520" is 48818-520; empty where none is."""
    found = _REEL.search(text)
    return f"{int(found[1])}-{int(found[2])}" if found else ""


def conveyance_of(text: str) -> str:
    """What a conveyance text says the paper does."""
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), Conveyance.OTHER)


def read_file(path: Path, limits: Limits = DEFAULT) -> Iterator[PaperIn | PaperRefused]:
    """Every recorded paper of a file, in order; archives are opened. Raises OSError when it cannot be opened."""
    for member in members(Path(path), limits):
        if isinstance(member, tuple):
            name, refusal = member
            yield PaperRefused(name, None, "", refusal.code, dict(refusal.params))
            continue
        try:
            yield from _read(member, limits)
        except Refused as refusal:
            yield PaperRefused(member.name, None, "", refusal.code, dict(refusal.params))


def _read(member: Member, limits: Limits) -> Iterator[PaperIn | PaperRefused]:
    if not looks_like_xml(member.head):
        yield PaperRefused(member.name, None, "", "unknown_format", {})
        return
    found = False
    for item in read_xml(member.stream, member.head, limits, record_tags=(RECORD_TAG,), mark_tags=()):
        if isinstance(item, XmlFault):
            found = True
            yield PaperRefused(member.name, item.line, item.number, item.refusal.code, dict(item.refusal.params))
        elif isinstance(item, XmlRecord):
            found = True
            raw = _raw(item.element)
            try:
                yield _paper(raw)
            except Refused as refusal:
                number = str(raw.get("id", ""))[:40]
                yield PaperRefused(member.name, item.line, number, refusal.code, dict(refusal.params))
    if not found:
        yield PaperRefused(member.name, None, "", "unknown_format", {})


def _raw(element: Element) -> dict[str, Any]:
    """The record as it came: single values as text, lists as lists of text."""
    found: dict[str, Any] = {}
    for one in element.iterchildren("*"):
        name = one.get("name", "")
        if name and not name.endswith(("Facet", "String", "First")):
            is_list = str(one.tag).rsplit("}", 1)[-1] == "arr"
            found[name] = [text_of(part) for part in one.iterchildren("*")] if is_list else text_of(one)
    return found


def _texts(raw: dict[str, Any], name: str) -> list[str]:
    values = raw.get(name, [])
    return ["" if text in _ABSENT else text for text in (values if isinstance(values, list) else [values])]


def _day(text: str) -> date | None:
    """The day of a moment; the year 1 stands for none. Moments are written at local midnight in UTC."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if day.year > 1700 else None


def _canonical(text: str, expect: str) -> str:
    if not text:
        return ""
    try:
        return numbers.parse(text, "US", expect).canonical
    except numbers.NumberError:
        return ""


def _paper(raw: dict[str, Any]) -> PaperIn:
    number = named_paper(f"REEL {raw.get('reelNo', '')} FRAME {raw.get('frameNo', '')}")
    if not number:
        raise Refused("no_number")
    text = str(raw.get(NAMED_BY, ""))
    recorded_on = _day(str(raw.get("recordedDate", "")))
    if recorded_on is None:
        raise Refused("bad_date", given=str(raw.get("recordedDate", ""))[:40])
    lists = {name: _texts(raw, name) for name in ("applNum", "publNum", "patNum", "inventionTitle")}
    count = max(map(len, lists.values()), default=0)
    for values in lists.values():
        values += [""] * (count - len(values))
    return PaperIn(
        number=number,
        conveyance=conveyance_of(text),
        conveyance_text=text[:400],
        recorded_on=recorded_on,
        executed_on=_day(str(raw.get("patAssignorEarliestExDate", ""))),
        assignors=tuple(filter(None, _texts(raw, "patAssignorName"))),
        assignees=tuple(filter(None, _texts(raw, "patAssigneeName"))),
        properties=tuple(
            PropertyIn(
                _canonical(lists["applNum"][at], numbers.APPLICATION),
                _canonical(lists["publNum"][at], numbers.PUBLICATION),
                _canonical(lists["patNum"][at], numbers.PUBLICATION),
                lists["inventionTitle"][at],
            )
            for at in range(count)
        ),
        raw=raw,
    )
