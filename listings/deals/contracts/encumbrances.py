"""What the register of rights adds to a contract: the open-licence declaration, earlier licences, service inventions.

Nobody types these: they are read from the entries in force on the day the contract is drawn up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import translation

from listings.deals.contracts import writing
from listings.deals.contracts.particulars import Place
from listings.rights.models import Entry
from listings.rights.states import EntryKind
from marketplace.signing.paper import Language

KINDS = (EntryKind.OPEN_DECLARATION, EntryKind.LICENCE, EntryKind.SERVICE_INVENTION)
CODES: dict[Language, str] = {"zh": "zh-hans", "en": "en"}


@dataclass(frozen=True, slots=True)
class Encumbrances:
    """`declaration` names the number and first day of each declaration, in words neither language owns; it is empty
    unless every right is declared. `may_sublicense` claims that every declaration lets its takers license on."""

    declaration: str = ""
    earlier_licences: tuple[Place, ...] = ()
    is_service_invention: bool = False
    may_sublicense: bool = False


def encumbrances_of(asset_ids: Sequence[int], *, on: date) -> Encumbrances:
    """What the register says of these rights on a day; entries an office merely recorded count as earlier licences
    too, since the buyer must hear of them. One query."""
    entries = list(
        Entry.objects.of(list(asset_ids))
        .on(on)
        .live()
        .filter(kind__in=KINDS)
        .select_related("asset", "party")
        .order_by("starts_on", "pk")
    )
    declared = [one for one in entries if one.kind == EntryKind.OPEN_DECLARATION]
    is_declared = bool(asset_ids) and {one.asset_id for one in declared} == set(asset_ids)
    return Encumbrances(
        declaration=_declaration(declared) if is_declared else "",
        earlier_licences=tuple(_licence(one) for one in entries if one.kind == EntryKind.LICENCE),
        is_service_invention=any(one.kind == EntryKind.SERVICE_INVENTION for one in entries),
        may_sublicense=is_declared and all(one.may_sublicense for one in declared),
    )


def _declaration(declared: Iterable[Entry]) -> str:
    return " · ".join(f"{one.reference or one.asset.number}, {one.starts_on.isoformat()}" for one in declared)


def _licence(entry: Entry) -> Place:
    return Place(_named(entry, "zh"), _named(entry, "en"))


def _named(entry: Entry, language: Language) -> str:
    """Licensee, kind, and until when: 云澜样例有限公司（普通许可，至2028年1月18日）."""
    with translation.override(CODES[language]):
        party, kind = entry.party.name if entry.party else entry.party_name, entry.get_licence_type_display()
    if language == "zh":
        until = f"，至{writing.day(entry.ends_on, language)}" if entry.ends_on else ""
        return f"{party}（{kind}{until}）"
    until = f", until {writing.day(entry.ends_on, language)}" if entry.ends_on else ""
    return f"{party} ({kind.lower()}{until})"
