"""Taking recorded papers into the register: each once, with its own words, linked to the rights that are here.

A paper whose right is not in the register waits unlinked; when the right is imported it is linked (`link_waiting`).
What the papers of one right say is settled in the order of recording, however they arrived: an assignment ends the
recorded ownership of its assignor, a release ends the security interest it names, a merger passes ownership on.
Everything is entered as "recorded only".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from listings.assets.models import Asset
from listings.patents.models import Identifier
from listings.patents.readers import walk
from listings.rights.models import Conveyance, Entry, Recordation, RecordedProperty
from listings.rights.readers.uspto_assignments import PaperIn, PaperRefused, PropertyIn, named_paper, read_file
from listings.rights.services.entries import Who, close, record_entry
from listings.rights.states import EndReason, EntryKind, LicenceType, Source
from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.locks import locked

KINDS: dict[str, str] = {
    Conveyance.ASSIGNMENT: EntryKind.OWNERSHIP,
    Conveyance.MERGER: EntryKind.OWNERSHIP,
    Conveyance.CORRECTION: EntryKind.OWNERSHIP,
    Conveyance.SECURITY: EntryKind.PLEDGE,
    Conveyance.NAME_CHANGE: EntryKind.NAME_CHANGE,
    Conveyance.LICENCE: EntryKind.LICENCE,
}
_WORDS = re.compile(r"[^A-Z0-9]+")
_FORMS = frozenset(
    "INC LLC LTD LP LLP CORP CORPORATION CO COMPANY GMBH AG SA NV BV PLC KK LIMITED THE".split()  # noqa: SIM905
)
_ROLES = re.compile(r",?\s+AS\s+(?:\w+\s+)*(?:AGENT|TRUSTEE|LENDER|PARTY)\b.*$", re.IGNORECASE)


@dataclass
class Summary:
    """What an import did. `linked` counts the rights in papers that are in the register."""

    files: int = 0
    papers: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rights: int = 0
    linked: int = 0
    entries: int = 0
    refused: list[PaperRefused] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "papers": self.papers,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rights": self.rights,
            "linked": self.linked,
            "entries": self.entries,
            "refused": [
                {"file": one.file, "line": one.line, "number": one.number, "code": one.code} for one in self.refused
            ],
        }


def import_recordations(paths: Iterable[Path], *, progress: Callable[[Summary], None] | None = None) -> Summary:
    """Take every paper of these files and folders, each in a transaction of its own. Importing again adds nothing.

    A file that cannot be read is a refusal in the summary, never an exception.
    """
    summary = Summary()
    for path in walk(paths):
        summary.files += 1
        try:
            for item in read_file(path):
                if isinstance(item, PaperRefused):
                    summary.refused.append(item)
                else:
                    take_paper(item, summary)
                if progress is not None:
                    progress(summary)
        except OSError as error:
            detail = {"detail": error.strerror or type(error).__name__}
            summary.refused.append(PaperRefused(str(path), None, "", "unreadable", detail))
    return summary


@transaction.atomic
def take_paper(paper: PaperIn, summary: Summary) -> None:
    """Keep one paper and settle the rights it names. A paper the office has changed keeps its place, in new words."""
    summary.papers += 1
    kept = Recordation.objects.select_for_update().filter(source=Source.USPTO, number=paper.number).first()
    if kept is not None and _rank(kept.raw, kept.properties.count(), kept.sha256) >= _rank(
        paper.raw, len(paper.properties), paper.sha256
    ):
        summary.unchanged += 1
        return
    facts: dict[str, Any] = {
        "conveyance": paper.conveyance,
        "conveyance_text": paper.conveyance_text,
        "recorded_on": paper.recorded_on,
        "executed_on": paper.executed_on,
        "assignors": list(paper.assignors),
        "assignees": list(paper.assignees),
        "raw": paper.raw,
        "sha256": paper.sha256,
        "updated_at": clock.now(),
    }
    if kept is None:
        kept = Recordation.objects.create(source=Source.USPTO, number=paper.number, imported_at=clock.now(), **facts)
        summary.created += 1
    else:
        Recordation.objects.filter(pk=kept.pk).update(**facts)
        kept.refresh_from_db()
        summary.updated += 1
    assets = _assets_of(paper.properties)
    known = {(one.application_number, one.grant_number): one for one in kept.properties.all()}
    by_application = {one.application_number: one for one in known.values() if one.application_number}
    behind = max((one.position for one in known.values()), default=-1) + 1
    for one, asset_id in zip(paper.properties, assets, strict=True):
        summary.rights += 1
        summary.linked += asset_id is not None
        row = known.get((one.application_number, one.grant_number)) or by_application.get(one.application_number)
        if row is None:
            row, behind = RecordedProperty(recordation=kept, position=behind), behind + 1
        row.application_number, row.publication_number = one.application_number, one.publication_number
        row.grant_number, row.title = one.grant_number or row.grant_number, one.title
        row.asset_id = row.asset_id or asset_id
        row.save()
    for asset_id in sorted({pk for pk in assets if pk is not None}):
        summary.entries += settle(asset_id)


def _rank(raw: dict[str, Any], rights: int, sha256: str) -> tuple[str, int, str]:
    """Which of two accounts of one paper is kept: the later one of the office, of two alike the fuller."""
    return str(raw.get("lastUpdateDate", "")), rights, sha256


def _assets_of(properties: Sequence[PropertyIn]) -> list[int | None]:
    """The right of each property, by its application, grant or publication number; one query."""
    applications = {one.application_number for one in properties} - {""}
    published = ({one.grant_number for one in properties} | {one.publication_number for one in properties}) - {""}
    found = {
        (sort, number): pk
        for sort, number, pk in Identifier.objects.filter(
            Q(sort="application", number__in=applications) | Q(sort="publication", number__in=published), office="US"
        ).values_list("sort", "number", "patent_id")
    }
    return [
        found.get(("application", one.application_number))
        or found.get(("publication", one.grant_number))
        or found.get(("publication", one.publication_number))
        for one in properties
    ]


def link_waiting(asset_ids: Sequence[int]) -> int:
    """Link papers that waited for these rights; returns how many rights of papers found theirs. Running twice is one.

    Called when rights were imported; each right in a transaction of its own.
    """
    keys: dict[int, list[tuple[str, str]]] = {}
    for pk, sort, number in Identifier.objects.filter(patent_id__in=asset_ids, office="US").values_list(
        "patent_id", "sort", "number"
    ):
        keys.setdefault(pk, []).append((sort, number))
    linked = 0
    for asset_id, found in sorted(keys.items()):
        applications = [number for sort, number in found if sort == "application"]
        published = [number for sort, number in found if sort == "publication"]
        waiting = RecordedProperty.objects.filter(asset__isnull=True).filter(
            Q(application_number__in=applications) | Q(grant_number__in=published) | Q(publication_number__in=published)
        )
        with transaction.atomic():
            count = waiting.update(asset_id=asset_id)
            if count:
                settle(asset_id)
        linked += count
    return linked


def settle(asset_id: int) -> int:
    """Make the entries the linked papers of a right call for, in the order of recording; returns how many were made.

    Runs in a transaction. What is there already is left as it is.
    """
    made = 0
    with locked(Asset, asset_id):
        rows = list(
            RecordedProperty.objects.select_related("recordation", "entry")
            .filter(asset_id=asset_id)
            .order_by("recordation__recorded_on", "recordation__executed_on", "recordation__number", "position")
        )
        by_number = {row.recordation.number: row for row in rows}
        for row in rows:
            if row.entry_id is None and row.recordation.conveyance in KINDS:
                row.entry = _enter(row, asset_id)
                row.save(update_fields=["entry"])
                made += 1
        for row in rows:
            _end_what_it_ends(row, rows, by_number)
    return made


def _day_of(paper: Recordation) -> date:
    """The day a paper speaks from: that of its execution, unless that lies after its recording."""
    return min(paper.executed_on or paper.recorded_on, paper.recorded_on)


def _enter(row: RecordedProperty, asset_id: int) -> Entry:
    paper = row.recordation
    kind = KINDS[paper.conveyance]
    return record_entry(
        asset_id=asset_id,
        kind=kind,
        by=SYSTEM,
        source=Source.USPTO,
        starts_on=_day_of(paper),
        party=Who(None, "; ".join(paper.assignees) or "?"),
        grantor=Who(None, "; ".join(paper.assignors)),
        licence_type=LicenceType.ORDINARY if kind == EntryKind.LICENCE else "",
        reference=f"Reel {paper.number.replace('-', ' / Frame ')}",
        note_en=paper.conveyance_text,
        recorded_on=paper.recorded_on,
        is_recorded_only=True,
    )


def _end_what_it_ends(
    row: RecordedProperty, rows: list[RecordedProperty], by_number: dict[str, RecordedProperty]
) -> None:
    """A release, a later assignment or a correction ends an earlier recorded entry, once."""
    paper = row.recordation
    if row.ends_id is not None:
        return
    if paper.conveyance == Conveyance.RELEASE:
        named = by_number.get(named_paper(paper.conveyance_text))
        ended = [named] if named is not None else _from(rows, row, Conveyance.SECURITY)
        reason = EndReason.RELEASED
    elif paper.conveyance == Conveyance.CORRECTION:
        named = by_number.get(named_paper(paper.conveyance_text))
        ended, reason = ([named] if named is not None else []), EndReason.MISTAKEN
    elif paper.conveyance in (Conveyance.ASSIGNMENT, Conveyance.MERGER):
        ended = _from(rows, row, Conveyance.ASSIGNMENT, Conveyance.MERGER, Conveyance.CORRECTION)
        reason = EndReason.ASSIGNED
    else:
        return
    for one in ended:
        if one.pk == row.pk or one.entry is None:
            continue
        one.entry.refresh_from_db()
        if one.entry.ended_at is None:
            close(one.entry, on=_day_of(paper), reason=reason, by=SYSTEM, note=paper.conveyance_text)
        row.ends = one.entry
        row.save(update_fields=["ends"])


def _from(rows: list[RecordedProperty], row: RecordedProperty, *conveyances: str) -> list[RecordedProperty]:
    """Earlier papers of these kinds whose assignee is among this one's assignors."""
    givers = {_plain(name) for name in row.recordation.assignors}
    return [
        one
        for one in rows
        if one.recordation.conveyance in conveyances
        and (one.recordation.recorded_on, one.pk) < (row.recordation.recorded_on, row.pk)
        and givers & {_plain(name) for name in one.recordation.assignees}
    ]


def _plain(name: str) -> str:
    """A name without capacity ("as collateral agent"), legal form and punctuation, for telling the same party."""
    words = _WORDS.split(_ROLES.sub("", name).upper())
    return " ".join(word for word in words if word and word not in _FORMS)
