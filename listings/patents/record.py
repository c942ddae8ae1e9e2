"""What a reader hands to the importer: one patent as one source tells it, before anything is stored.

A record claims only what its source says. An empty string, ``None`` or an empty list means "this source is silent",
never "there is none", so a merge may skip it. Numbers are canonical (see ``numbers``): bare, without the office in
front.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

Priority = tuple[str, str, date | None]  # office, canonical application number, filing date
Publication = tuple[str, str, str, date | None]  # office, canonical number, kind code, date


@dataclass(slots=True)
class PartyIn:
    """A person or firm named in a record. ``role``: applicant, owner, inventor, agent, assignee or examiner."""

    role: str
    name: str
    name_en: str = ""
    country: str = ""  # ST.3
    address: str = ""
    share: Fraction | None = None
    sequence: int = 0  # 1 for the first named of its role


@dataclass(slots=True)
class EventIn:
    """A legal event. ``category`` is the ST.27 letter when the code is one we can place for certain, else empty."""

    code: str
    on: date | None
    office: str
    category: str = ""
    text_zh: str = ""
    text_en: str = ""


@dataclass(slots=True)
class CitationIn:
    """A document cited by the patent; ``text`` holds the words of a non-patent citation, which has no number."""

    number: str = ""
    kind_code: str = ""
    office: str = ""
    category: str = ""  # X, Y, A … of a search report
    by: str = ""  # "applicant", "examiner" or ""
    text: str = ""


@dataclass(slots=True)
class PatentIn:
    """One patent document, or what one file adds to it.

    ``partial`` is true when the source is not a bibliographic record of its own: a claims, description, legal, family
    or page-image answer, or a line of a search result. It enriches the patent it names; it is no reason to show a new
    one.
    """

    source: str
    office: str = ""
    as_of: date | None = None
    kind: str = ""  # invention, utility_model, design, plant, other; "" when the source does not tell
    application_number: str = ""
    publication_number: str = ""
    kind_code: str = ""
    grant_number: str = ""
    title_zh: str = ""
    title_en: str = ""
    title_other: dict[str, str] = field(default_factory=dict)
    abstract_zh: str = ""
    abstract_en: str = ""
    first_claim: str = ""
    claims: list[str] = field(default_factory=list)
    description: str = ""
    filed_on: date | None = None
    published_on: date | None = None
    granted_on: date | None = None
    expires_on: date | None = None
    priority: list[Priority] = field(default_factory=list)
    ipc: list[str] = field(default_factory=list)
    cpc: list[str] = field(default_factory=list)
    locarno: list[str] = field(default_factory=list)
    parties: list[PartyIn] = field(default_factory=list)
    events: list[EventIn] = field(default_factory=list)
    citations: list[CitationIn] = field(default_factory=list)
    family: list[str] = field(default_factory=list)  # "US-9254383-B2"
    family_id: str = ""
    legal_status: str = ""
    extras: dict[str, str] = field(default_factory=dict)
    cited_by_count: int | None = None
    publications: list[Publication] = field(default_factory=list)
    partial: bool = False
    language: str = ""  # of claims and description, ISO 639-1

    @property
    def number(self) -> str:
        """The number a person would quote for this record, with its office: for messages, not for matching."""
        if self.publication_number:
            return f"{self.office}{self.publication_number}{self.kind_code}"
        if self.application_number:
            return (
                self.application_number
                if self.application_number.startswith("PCT/")
                else (f"{self.office}{self.application_number}")
            )
        return self.grant_number


@dataclass(slots=True)
class RawRecord:
    """A record that was read: where it stood, the bytes as read (the row, or the XML element), and what they say."""

    file: str
    line: int | None
    raw: bytes
    record: PatentIn


@dataclass(slots=True)
class Rejection:
    """One record (or a whole file, when ``line`` is None) that could not be taken, and why: a stable code with its
    values, which the caller turns into a sentence in the reader's language."""

    file: str
    line: int | None
    number: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class NotPatents:
    """A file that is sound but holds no patents: ``what`` is class_scheme, number_service, recordations,
    search_without_results, legacy_excel, empty or unknown_format."""

    file: str
    what: str


ReadItem = RawRecord | Rejection | NotPatents
