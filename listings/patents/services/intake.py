"""What a record means for the register before anything is written: its keys, its content, what becomes of it.

`Intake` decides record by record, in order, from what the database holds and from what earlier records of the same
import have changed. It writes nothing, so a check of a file and its import decide alike.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection

from listings.assets.models import Asset
from listings.patents.numbers import right_of
from listings.patents.record import PatentIn, RawRecord, Rejection
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind

Key = tuple[str, str, str]  # sort, office, number
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
EARLIER_KEPT = 20
OWNER_ROLES = ("owner", "assignee", "applicant")
#: Tables whose rows belong to the register's own record of a right; any other reference means somebody deals with it.
OWN_RELATIONS = frozenset({"parties", "legal_events", "patent"})


@dataclass(slots=True)
class Document:
    """One document of one source, as stored or about to be."""

    sha: bytes
    as_of: date
    earlier: list[bytes] = field(default_factory=list)
    content: Mapping[str, Any] | None = None  # of this import; None when it stands in the database already
    text: str = ""  # the content as JSON
    raw: bytes = b""  # packed


@dataclass(slots=True)
class Right:
    """A patent during an import: id (negative until it has one), holder, documents, new keys."""

    id: int
    holder_id: int | None = None
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    new_keys: list[Key] = field(default_factory=list)
    owners: set[str] = field(default_factory=set)
    new_holder_id: int | None = None
    is_changed: bool = False
    absorbs: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Claimant:
    """The organisation that an import is for: its id, folded names, and whether inventors count (a natural person)."""

    id: int
    names: frozenset[str]
    is_person: bool

    @classmethod
    def of(cls, organisation: Organisation) -> Claimant:
        names = {folded_name(one) for one in (organisation.name_zh, organisation.name_en) if one}
        return cls(organisation.pk, frozenset(names), organisation.kind == Kind.INDIVIDUAL)


@lru_cache(maxsize=16_384)
def folded_name(name: str) -> str:
    """A name for comparing: compatibility forms folded (full-width brackets), spaces and case gone."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def keys_of(record: PatentIn) -> list[Key]:
    """The numbers by which this record is one with others of the same right.

    Publication numbers leave out the kind code (an A and a B of one application are one right), except that offices
    other than CN and US number their utility models and designs apart, so theirs carry a mark. Numbers of other
    offices do not join.
    """
    office = record.office
    found: dict[Key, None] = {}
    if record.application_number:
        found["application", office, record.application_number] = None
    if record.grant_number:
        sort = "application" if office == "CN" and "." in record.grant_number else "publication"
        found[sort, office, _marked(office, record.grant_number, record.kind_code, sort)] = None
    if record.publication_number:
        found["publication", office, _marked(office, record.publication_number, record.kind_code)] = None
    for published, number, code, _on in record.publications:
        if published == office:
            found["publication", office, _marked(office, number, code)] = None
    return [key for key in found if len(key[2]) <= 40]


def _marked(office: str, number: str, code: str, sort: str = "publication") -> str:
    if sort == "publication" and office not in ("CN", "US"):
        right = right_of(office, code)
        if right == "utility_model":
            return f"{number}/U"
        if right == "design":
            return f"{number}/S"
    return number


_TEXT_FIELDS = (
    "office",
    "kind",
    "application_number",
    "publication_number",
    "kind_code",
    "grant_number",
    "title_zh",
    "title_en",
    "abstract_zh",
    "abstract_en",
    "first_claim",
    "family_id",
    "legal_status",
    "language",
)
_DATE_FIELDS = ("filed_on", "published_on", "granted_on", "expires_on")
_PLAIN_LISTS = ("claims", "ipc", "cpc", "locarno", "family")


def content_of(record: PatentIn) -> dict[str, Any]:
    """The record as stored: what the source says, silent fields left out, dates as ISO text. Descriptions stay in the
    raw."""
    content: dict[str, Any] = {}
    for name in _TEXT_FIELDS:
        if value := getattr(record, name):
            content[name] = value
    for name in _DATE_FIELDS:
        if (day := getattr(record, name)) is not None:
            content[name] = day.isoformat()
    for name in _PLAIN_LISTS:
        if value := getattr(record, name):
            content[name] = list(value)
    if record.title_other:
        content["title_other"] = record.title_other
    if record.extras:
        content["extras"] = record.extras
    if record.cited_by_count is not None:
        content["cited_by_count"] = record.cited_by_count
    if record.partial:
        content["partial"] = True
    if record.description:
        content["description_length"] = len(record.description)
    if record.priority:
        content["priority"] = [
            [office, number, day.isoformat() if day else ""] for office, number, day in record.priority
        ]
    if record.publications:
        content["publications"] = [
            [office, number, code, day.isoformat() if day else ""] for office, number, code, day in record.publications
        ]
    if record.parties:
        content["parties"] = [
            _full(
                role=one.role,
                name=one.name,
                name_en=one.name_en,
                country=one.country,
                address=one.address,
                share=[one.share.numerator, one.share.denominator] if one.share else None,
            )
            for one in record.parties
        ]
    if record.events:
        content["events"] = [
            _full(
                code=one.code,
                on=one.on.isoformat() if one.on else "",
                office=one.office,
                category=one.category,
                text_zh=one.text_zh,
                text_en=one.text_en,
            )
            for one in record.events
        ]
    if record.citations:
        content["citations"] = [
            _full(
                number=one.number,
                kind_code=one.kind_code,
                office=one.office,
                category=one.category,
                by=one.by,
                text=one.text,
            )
            for one in record.citations
        ]
    return content


def _full(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """JSON as PostgreSQL takes it: it has no NUL in texts."""
    if not value:
        return "[]" if value == [] else "{}" if value == {} else _encode(value)
    try:
        text = orjson.dumps(value).decode()
    except TypeError:  # half a surrogate pair, a number beyond 64 bits: rare, and the slow way writes the same bytes
        text = _encode(value)
    return text.replace("\\u0000", "") if "\\u0000" in text else text


_PARTS = (
    "claims",
    "events",
    "family",
    "citations",
    "description",
    "title_en",
    "title_zh",
    "abstract_en",
    "abstract_zh",
    "publications",
)


def document_of(record: PatentIn) -> str:
    """What tells this document of its source from the others about the same right. Partial answers (claims, events, a
    family) stand beside the bibliographic one and do not replace it."""
    name = f"{record.publication_number or record.application_number or record.grant_number}{record.kind_code}"
    if record.partial:
        name += "#" + "+".join(part for part in _PARTS if getattr(record, part))
    return name[:80]


@dataclass(slots=True)
class Prepared:
    """A record with all that follows from it alone, worked out while the database is busy with others."""

    file: str
    line: int | None
    record: PatentIn
    keys: list[Key]
    document: str
    content: dict[str, Any]
    text: str
    sha: bytes
    raw: bytes


RAW_LEVEL = 1  # zlib: the fastest; raw rows are small and read rarely


def prepare(item: RawRecord) -> Prepared:
    """What a record says as it will be stored, its hash and its numbers; the bytes as read, packed."""
    record = item.record
    content = content_of(record)
    text = dumps(content)
    sha = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    raw = zlib.compress(item.raw, RAW_LEVEL)
    return Prepared(item.file, item.line, record, keys_of(record), document_of(record), content, text, sha, raw)


def owner_names(record: PatentIn) -> set[str]:
    """Folded names of the owners a record names: its owners if any, else those assigned to, else the applicants."""
    for role in OWNER_ROLES:
        found = {folded_name(n) for one in record.parties if one.role == role for n in (one.name, one.name_en) if n}
        if found:
            return found
    return set()


class Intake:
    """Decides records in order. With `keeps_all` (a check) what earlier batches decided is remembered; without it (an
    import) `load` starts each batch from the database, which holds what the batch before wrote."""

    def __init__(self, *, claimant: Claimant | None, today: date, keeps_all: bool = False) -> None:
        self.claimant = claimant
        self.today = today
        self.keeps_all = keeps_all
        self.rights: dict[int, Right] = {}
        self.by_key: dict[Key, int] = {}
        self._next_new = -1

    def load(self, records: Sequence[Prepared]) -> None:
        """Read what the database knows of the rights these records name, in a fixed number of queries."""
        if not self.keeps_all:
            self.rights.clear()
            self.by_key.clear()
            self._next_new = -1
        wanted = {key for record in records for key in record.keys} - self.by_key.keys()
        if not wanted:
            return
        with connection.cursor() as cursor:
            # one JSON text a column: the driver takes arrays element by element
            cursor.execute(
                "SELECT i.sort, i.office, i.number, i.patent_id FROM patents_identifier i"
                " JOIN ROWS FROM (json_array_elements_text(%s), json_array_elements_text(%s),"
                " json_array_elements_text(%s)) AS w(sort, office, number)"
                " ON i.sort = w.sort AND i.office = w.office AND i.number = w.number",
                [dumps(column) for column in zip(*wanted, strict=True)],
            )
            found = cursor.fetchall()
            for sort, office, number, patent_id in found:
                self.by_key.setdefault((sort, office, number), patent_id)
            ids = {row[3] for row in found} - self.rights.keys()
            if not ids:
                return
            cursor.execute("SELECT id, holder_id FROM assets_asset WHERE id = ANY(%s)", [list(ids)])
            for pk, holder_id in cursor.fetchall():
                self.rights[pk] = Right(pk, holder_id)
            cursor.execute(
                "SELECT patent_id, source, document, content_sha256, earlier_sha256, as_of FROM patents_sourcerecord"
                " WHERE patent_id = ANY(%s)",
                [list(ids)],
            )
            for pk, source, document, sha, earlier, as_of in cursor.fetchall():
                self.rights[pk].documents[source, document] = Document(
                    bytes(sha), as_of or date.min, [bytes(one) for one in earlier or ()]
                )
            if self.claimant is not None:
                cursor.execute(
                    "SELECT asset_id, name, name_en FROM assets_party"
                    " WHERE asset_id = ANY(%s) AND role IN ('owner', 'applicant', 'assignee')",
                    [list(ids)],
                )
                for pk, name, name_en in cursor.fetchall():
                    self.rights[pk].owners |= {folded_name(one) for one in (name, name_en) if one}

    def decide(self, item: Prepared) -> str | Rejection:
        """What becomes of one record: created, updated, unchanged, or the rejection. Changes the rights held here."""
        keys = item.keys
        if not keys:
            return self._reject(item, "no_number")
        by_key = self.by_key
        ids = sorted({by_key[key] for key in keys if key in by_key}, key=lambda pk: (pk < 0, abs(pk)))
        right = self.rights[ids[0]] if ids else None
        if len(ids) > 1:
            target = self._absorbing(ids)
            if target is None:
                return self._reject(
                    item, "number_belongs_to_another", numbers=", ".join(sorted(key[2] for key in keys))
                )
            right = target
        refusal = self._claim(item, right)
        if refusal is not None:
            return refusal
        is_new = right is None
        if right is None:
            right = Right(self._next_new)
            self._next_new -= 1
            self.rights[right.id] = right
        for pk in ids:
            if pk != right.id:
                self._absorb(right, pk)
        changed = self._take(right, item)
        for key in keys:
            if by_key.get(key) != right.id:
                if key not in by_key:
                    right.new_keys.append(key)
                by_key[key] = right.id
        if self.claimant is not None:  # nobody else asks whose the rights are
            right.owners |= owner_names(item.record)
        if self.claimant is not None and right.holder_id is None and right.new_holder_id is None:
            right.new_holder_id = self.claimant.id
            changed = True
        if not changed and len(ids) < 2:
            return UNCHANGED
        right.is_changed = True
        return CREATED if is_new else UPDATED

    def _take(self, right: Right, new: Prepared) -> bool:
        """Put the record among the right's documents; False when it says nothing new or is older than what we hold."""
        record, sha = new.record, new.sha
        as_of = record.as_of or self.today
        name = (record.source, new.document)
        held = right.documents.get(name)
        earlier: list[bytes] = []
        if held is not None:
            if sha == held.sha or (sha in held.earlier and (record.as_of is None or as_of <= held.as_of)):
                return False
            if record.as_of is not None and as_of < held.as_of:
                return False
            earlier = [*held.earlier, held.sha][-EARLIER_KEPT:]
        right.documents[name] = Document(sha, as_of, earlier, new.content, new.text, new.raw)
        return True

    def _claim(self, item: Prepared, right: Right | None) -> Rejection | None:
        """An import for an organisation takes only rights that are its own, see docs/import.md."""
        claimant = self.claimant
        if claimant is None:
            return None
        holder = None if right is None else right.holder_id or right.new_holder_id
        if holder is not None and holder != claimant.id:
            return self._reject(item, "held_by_another")
        if holder == claimant.id:
            return None
        names = owner_names(item.record)
        if claimant.is_person:
            names |= {folded_name(one.name) for one in item.record.parties if one.role == "inventor"}
        known = right.owners if right is not None else set()
        if (names or known) and not claimant.names & (names | known):
            said = next((one.name for role in OWNER_ROLES for one in item.record.parties if one.role == role), "")
            return self._reject(item, "not_your_right", owner=said[:120])
        return None

    def _absorbing(self, ids: Sequence[int]) -> Right | None:
        """Of several rights that a record shows to be one, the one that takes in the others; None when two are in
        use."""
        used = [
            pk for pk in ids if self.rights[pk].holder_id or self.rights[pk].new_holder_id or self._is_referred_to(pk)
        ]
        if len(used) > 1:
            return None
        if used and used[0] > 0:
            return self.rights[used[0]]
        first = self.rights[ids[0]]
        if used:
            first.new_holder_id = self.rights[used[0]].new_holder_id
        return first

    def _is_referred_to(self, pk: int) -> bool:
        if pk < 0:
            return False
        for relation in Asset._meta.related_objects:
            name = relation.get_accessor_name()
            if name in OWN_RELATIONS or relation.many_to_many:
                continue
            if relation.related_model._default_manager.filter(**{relation.field.name: pk}).exists():
                return True
        return False

    def _absorb(self, right: Right, pk: int) -> None:
        other = self.rights.pop(pk)
        for name, document in other.documents.items():
            if name not in right.documents or right.documents[name].as_of < document.as_of:
                right.documents[name] = document
        right.new_keys += other.new_keys
        right.owners |= other.owners
        right.absorbs += other.absorbs
        if pk > 0:
            right.absorbs.append(pk)
        for key, owner in self.by_key.items():
            if owner == pk:
                self.by_key[key] = right.id
        right.is_changed = True

    def forget_contents(self) -> None:
        """A check only counts: it keeps what decides (hashes, keys, names) and lets go of the texts."""
        for right in self.rights.values():
            right.is_changed = False
            for document in right.documents.values():
                document.content, document.text, document.raw = None, "", b""

    def changed(self) -> list[Right]:
        return [right for right in self.rights.values() if right.is_changed]

    @staticmethod
    def _reject(item: Prepared, code: str, **params: Any) -> Rejection:
        return Rejection(item.file, item.line, item.record.number[:80], code, params)
