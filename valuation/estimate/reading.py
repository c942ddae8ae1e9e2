"""Facts of many rights in two queries, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Func, IntegerField, Q

from listings.assets.states import ONLY_GRANTED
from listings.patents.models import Patent
from listings.rights.models import Entry
from listings.rights.states import FREEZES, EntryKind, LicenceType
from valuation.estimate.facts import PatentFacts

_COLUMNS = (
    "pk", "patent_kind", "asset__status", "asset__granted_on", "asset__filed_on", "asset__expires_on", "asset__office",
    "ipc", "locarno", "family", "cited_by_count", "claim_count",
)  # fmt: skip


def area_of(ipc: Sequence[str], locarno: Sequence[str]) -> str:
    """The first IPC subclass ("H01M"), or the first Locarno class with an L before it ("L12"); empty for neither."""
    if ipc:
        return ipc[0][:4].strip()
    return f"L{locarno[0].split('-')[0].strip()}" if locarno else ""


def _offices(family: Sequence[str], office: str) -> int | None:
    return len({one[:2] for one in family if one[:2].isalpha()} | {office}) if family else None


def facts_of(asset_ids: Sequence[int], on: date) -> dict[int, PatentFacts]:
    """The rights among `asset_ids` that are patents, as the register has them; entries as in force on the day."""
    marks = marks_of(asset_ids)
    count = Func(F("claims"), function="jsonb_array_length", output_field=IntegerField())
    rows = Patent.objects.filter(pk__in=asset_ids).annotate(claim_count=count).values_list(*_COLUMNS)
    found = {}
    for pk, kind, status, granted_on, filed_on, expires_on, office, ipc, locarno, family, cited_by, claims in rows:
        found[pk] = PatentFacts(
            asset_id=pk,
            kind=kind,
            status=status,
            is_granted=granted_on is not None or status in ONLY_GRANTED,
            filed_on=filed_on,
            expires_on=expires_on,
            area=area_of(ipc, locarno),
            offices=_offices(family, office),
            cited_by=cited_by,
            claims=claims or None,
            granted_on=granted_on,
        ).marked(kinds_on(marks.get(pk, ()), on))
    return found


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry that bears on the value of a right: an exclusive licence, a suit, an order, a challenge."""

    kind: str
    period: DateRange

    def holds(self, on: date) -> bool:
        return on in self.period


def marks_of(asset_ids: Sequence[int]) -> dict[int, list[Mark]]:
    """All such entries of each right, whenever in force: one query."""
    told = Q(kind__in=[EntryKind.INVALIDATION, *FREEZES]) | Q(
        kind=EntryKind.LICENCE, licence_type=LicenceType.EXCLUSIVE
    )
    found: dict[int, list[Mark]] = {}
    for pk, kind, period in Entry.objects.of(list(asset_ids)).filter(told).values_list("asset_id", "kind", "period"):
        found.setdefault(pk, []).append(Mark(kind, period))
    return found


def kinds_on(marks: Iterable[Mark], on: date) -> frozenset[str]:
    return frozenset(one.kind for one in marks if one.holds(on))
