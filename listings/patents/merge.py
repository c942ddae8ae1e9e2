"""One view of a patent from what several sources say of it. Pure: contents in, columns out; nothing is lost, see
`conflicts`.

Precedence, for every column on its own: the source's rank (`RANKS`: offices above services above the holder's own
sheets), then the newer date of the source, then the later record. A lower source fills what the higher ones leave
open. Families, events, citations and publications are united; other lists are taken whole from the winner.
docs/import.md says it for users.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from listings.patents import numbers

Content = Mapping[str, Any]

#: Offices speak with more weight than services that copy them, and those with more than a holder's own spreadsheet.
RANKS: Mapping[str, int] = {
    "cnipa": 3,
    "uspto": 3,
    "epo_ops": 3,
    "demo": 3,
    "nasa": 2,
    "lens": 2,
    "patentscope": 2,
    "thomson": 2,
    "google": 2,
    "cn_sheet": 1,
    "template": 0,
}
SCALARS = (
    "kind",
    "application_number",
    "grant_number",
    "title_zh",
    "title_en",
    "abstract_zh",
    "abstract_en",
    "first_claim",
    "filed_on",
    "granted_on",
    "expires_on",
    "family_id",
    "legal_status",
    "cited_by_count",
)
#: Texts and counts differ between sources as a matter of course; two readings of them are no dispute about a fact.
NO_DISPUTE = frozenset({"abstract_zh", "abstract_en", "first_claim", "family_id", "cited_by_count"})
WHOLE_LISTS = ("claims", "ipc", "cpc", "locarno", "priority")
DATES = frozenset({"filed_on", "granted_on", "expires_on", "published_on"})
PARTY_ROLES = ("applicant", "owner", "inventor", "agent", "assignee", "examiner")
MOST_FAMILY = 500
MOST_PUBLICATIONS = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What one source said (record.PatentIn as `importing.content_of` writes it: dates as ISO text, silent fields
    left out)."""

    source: str
    as_of: str  # ISO date or ""
    content: Content


@dataclass(slots=True)
class Merged:
    """The merged view. `columns` are ready for the models; `facts` maps a column to [source, as_of]; `conflicts` maps
    it to what other sources say instead: [[value, source, as_of], …], newer first."""

    columns: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, list[str]] = field(default_factory=dict)
    conflicts: dict[str, list[list[str]]] = field(default_factory=dict)
    parties: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    citations: list[dict[str, Any]] = field(default_factory=list)
    is_partial: bool = True


def merge(told: Sequence[Told]) -> Merged:
    """The merged view of one patent. `told` in the order the records came; at least one. The order of sources with
    different rank or date does not matter."""
    # the position breaks ties: of equal rank and date the later record comes first
    if len(told) == 1:
        return _only(told[0])
    places = sorted(range(len(told)), key=lambda at: (RANKS.get(told[at].source, 0), told[at].as_of, at), reverse=True)
    return _several([told[at] for at in places])


def _several(ranked: Sequence[Told]) -> Merged:
    merged = Merged(is_partial=all(one.content.get("partial") for one in ranked))
    for name in SCALARS:
        _scalar(merged, name, ranked)
    for name in WHOLE_LISTS:
        winner = next((one for one in ranked if one.content.get(name)), None)
        merged.columns[name] = list(winner.content[name]) if winner else []
        if winner:
            merged.facts[name] = [winner.source, winner.as_of]
    _other_title(merged, ranked)
    _documents(merged, ranked)
    merged.columns["family"] = sorted({one for each in ranked for one in each.content.get("family", ())})[:MOST_FAMILY]
    source = next((one for one in ranked if one.content.get("family")), None)
    if source:
        merged.facts["family"] = [source.source, source.as_of]
    merged.columns["extras"] = _extras(ranked)
    _parties(merged, ranked)
    merged.events = _events(ranked)
    merged.citations = _citations(ranked)
    return merged


_SILENT: Mapping[str, Any] = {name: None if name in DATES or name == "cited_by_count" else "" for name in SCALARS}


def _only(one: Told) -> Merged:
    """The same as for several, when one source is all there is: most patents, so worth its own way. What the source
    does not speak of costs nothing but its column's empty value."""
    content = one.content
    fact = [one.source, one.as_of]
    columns: dict[str, Any] = dict(_SILENT)
    facts: dict[str, list[str]] = {}
    merged = Merged(columns, facts, is_partial=bool(content.get("partial")))
    for name, value in content.items():
        if name in _SILENT and value is not None and value != "":
            columns[name] = date.fromisoformat(value) if name in DATES else value
            facts[name] = fact
    for name in WHOLE_LISTS:
        found = content.get(name)
        columns[name] = list(found) if found else []
        if found:
            facts[name] = fact
    columns["title_other"] = {}
    if other := content.get("title_other"):
        columns["title_other"] = dict(other)
        facts["title_other"] = fact
    if not _one_document(merged, one, fact):
        _documents(merged, [one])
    columns["family"] = []
    if family := content.get("family"):
        columns["family"] = sorted(set(family))[:MOST_FAMILY]
        facts["family"] = fact
    columns["extras"] = dict(content.get("extras", ()))
    counts: dict[str, int] = {}
    for party in content.get("parties", ()):
        role = party["role"]
        counts[role] = at = counts.get(role, 0) + 1
        merged.parties.append({**party, "sequence": at})
    for role in counts:
        facts[f"parties.{role}"] = fact
    if content.get("events"):
        merged.events = _events([one])
    if content.get("citations"):
        merged.citations = _citations([one])
    return merged


def _one_document(merged: Merged, one: Told, fact: list[str]) -> bool:
    """What `_documents` makes of a source that names one publication, its own; False when it names more or none."""
    content = one.content
    listed = content.get("publications", ())
    office, number, code = content.get("office", ""), content.get("publication_number"), content.get("kind_code", "")
    if len(listed) != 1 or not number or not office or (office, number, code) != tuple(listed[0][:3]):
        return False
    day = listed[0][3] or content.get("published_on") or ""
    is_grant = numbers.is_grant_code(office, code, int((day or "9999")[:4]))
    columns, facts = merged.columns, merged.facts
    columns["publications"] = [[office, number, code, day]]
    columns["office"], columns["publication_number"], columns["kind_code"] = office, number, code
    columns["has_grant_document"] = is_grant
    said = content.get("published_on")
    columns["published_on"] = date.fromisoformat(day) if day else None
    facts["publication_number"] = fact
    if day and said:
        facts["published_on"] = fact
    if is_grant and day and columns["granted_on"] is None:
        columns["granted_on"] = date.fromisoformat(day)
        facts["granted_on"] = fact
    return True


def _scalar(merged: Merged, name: str, ranked: Sequence[Told]) -> None:
    winner = None
    for one in ranked:
        value = one.content.get(name)
        if value is None or value == "":
            continue
        if winner is None:
            winner = one
            merged.columns[name] = date.fromisoformat(value) if name in DATES else value
            merged.facts[name] = [one.source, one.as_of]
            seen = {_folded(str(value))}
            spoken = {one.source}
        elif name not in NO_DISPUTE and one.source not in spoken:
            # An older document of the same source is its past, not its disagreement.
            spoken.add(one.source)
            if _folded(str(value)) not in seen:
                seen.add(_folded(str(value)))
                merged.conflicts.setdefault(name, []).append([str(value), one.source, one.as_of])
    if name in merged.conflicts:
        merged.conflicts[name].sort(key=lambda row: row[2], reverse=True)
    if winner is None:
        merged.columns[name] = None if name in DATES or name == "cited_by_count" else ""


def _other_title(merged: Merged, ranked: Sequence[Told]) -> None:
    """A title in a third language, for rights that have none in Chinese or English; its language goes to the extras."""
    merged.columns["title_other"] = {}
    for one in ranked:
        if one.content.get("title_other"):
            merged.columns["title_other"] = dict(one.content["title_other"])
            merged.facts["title_other"] = [one.source, one.as_of]
            return


def _documents(merged: Merged, ranked: Sequence[Told]) -> None:
    """All publications, the one to quote (the grant, else the newest), when the first came out and when the grant
    did."""
    known: dict[tuple[str, str, str], str] = {}
    where: dict[tuple[str, str, str], Told] = {}
    for one in ranked:
        content = one.content
        listed: list[Sequence[Any]] = [*content.get("publications", ())]
        if content.get("publication_number"):
            named = (content["office"], content["publication_number"], content.get("kind_code", ""))
            listed.append((*named, content.get("published_on") or ""))
        for office, number, code, day in listed:
            key = (office, number, code)
            if key not in known or (not known[key] and day):
                known[key] = day or ""
                where.setdefault(key, one)
    # the same number without its kind code adds nothing where one with a code is known
    coded = {(office, number) for office, number, code in known if code}
    found = [key for key in known if key[2] or key[:2] not in coded]
    found.sort(key=lambda key: (known[key] or "9999", key))
    merged.columns["publications"] = [[*key, known[key]] for key in found][:MOST_PUBLICATIONS]
    office = next((one.content["office"] for one in ranked if one.content.get("office")), "")
    own = [key for key in found if key[0] == office]
    grants = [key for key in own if numbers.is_grant_code(office, key[2], int((known[key] or "9999")[:4]))]
    quoted = grants[0] if grants else own[-1] if own else None
    merged.columns["office"] = office
    merged.columns["publication_number"] = quoted[1] if quoted else ""
    merged.columns["kind_code"] = quoted[2] if quoted else ""
    merged.columns["has_grant_document"] = bool(grants)
    dated = [known[key] for key in own if known[key] and key not in grants] or [known[key] for key in own if known[key]]
    said = next((one for one in ranked if one.content.get("published_on")), None)
    first = min(dated, default="") or (said.content["published_on"] if said else "")
    merged.columns["published_on"] = date.fromisoformat(first) if first else None
    if quoted:
        merged.facts["publication_number"] = [where[quoted].source, where[quoted].as_of]
    if first and said:
        merged.facts["published_on"] = [said.source, said.as_of]
    if merged.columns["granted_on"] is None and grants:
        granted = min((known[key] for key in grants if known[key]), default="")
        if granted:
            merged.columns["granted_on"] = date.fromisoformat(granted)
            merged.facts["granted_on"] = [where[grants[0]].source, where[grants[0]].as_of]


def _extras(ranked: Sequence[Told]) -> dict[str, str]:
    extras: dict[str, str] = {}
    for one in ranked:
        for name, value in one.content.get("extras", {}).items():
            extras.setdefault(name, value)
    return extras


def _parties(merged: Merged, ranked: Sequence[Told]) -> None:
    named: list[Any]
    for role in PARTY_ROLES:
        for one in ranked:
            named = [party for party in one.content.get("parties", ()) if party["role"] == role]
            if named:
                merged.parties += [{**party, "sequence": at} for at, party in enumerate(named, 1)]
                merged.facts[f"parties.{role}"] = [one.source, one.as_of]
                break


def _events(ranked: Sequence[Told]) -> list[dict[str, Any]]:
    def key(event: Mapping[str, Any]) -> Any:
        return event.get("on"), event.get("code"), event.get("text_en") or event.get("text_zh")

    return _united(ranked, "events", key)


def _citations(ranked: Sequence[Told]) -> list[dict[str, Any]]:
    def key(one: Mapping[str, Any]) -> Any:
        return (one.get("office"), one["number"]) if one.get("number") else _folded(one.get("text", ""))

    return _united(ranked, "citations", key)


def _united(ranked: Iterable[Told], name: str, key: Any) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for one in ranked:
        for item in one.content.get(name, ()):
            found.setdefault(key(item), {**item, "source": one.source})
    return list(found.values())


def _folded(text: str) -> str:
    """Text as far as it means something: two sources that differ in width, case or spaces do not disagree."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.lower().split())


def asset_number(office: str, columns: Mapping[str, Any]) -> str:
    """The number people call the right by: in China the application number (a granted one with ZL before it),
    elsewhere the number of the grant or publication, or of the application while nothing is published."""
    if office == "CN":
        names = ("application_number", "grant_number", "publication_number")
    else:
        names = ("grant_number", "publication_number", "application_number")
    return next((str(columns[name]) for name in names if columns[name]), "")
