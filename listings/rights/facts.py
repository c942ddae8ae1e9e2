"""What the check looks at, as plain values: a right with its entries, the act asked for, who asks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from listings.assets.states import ENDED, LegalStatus
from listings.rights.scope import WHOLE, Scope
from listings.rights.states import Act, ConsentKind, EntryKind
from listings.rights.wording import Named


def plain_name(name: str) -> str:
    """A name without regard to width, case and spaces: how two spellings of one name are known as the same."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


class EntryFact(NamedTuple):
    """An entry as the check needs it. `meets`, `covers`: how it stands to the scope asked for."""

    id: int
    asset_id: int
    kind: str
    licence_type: str
    party_id: int | None
    party_zh: str
    party_en: str
    grantor_id: int | None
    share_numerator: int | None
    share_denominator: int | None
    starts_on: date
    ends_on: date | None
    is_recorded_only: bool
    export_category: str
    may_sublicense: bool
    in_force: bool
    meets: bool
    covers: bool

    @property
    def party(self) -> Named:
        return Named(self.party_zh, self.party_en)


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """A yes that a caller vouches for. `asset_id` None is for every right asked about, no `acts` for every act.

    An organisation's own `name` counts where the register knows the party it is asked of by name only.
    """

    kind: ConsentKind
    organisation_id: int | None = None
    name: str = ""
    asset_id: int | None = None
    acts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who owns a part: an organisation of the market, or a name of the register."""

    organisation_id: int | None
    name: Named
    share: Fraction | None = None


@dataclass(slots=True)
class Right:
    """A right as the register has it on the day asked about. `owners` is empty where the register names none."""

    id: int
    office: str
    number: str
    status: str
    granted_on: date | None
    expires_on: date | None
    holder_id: int | None
    holder_country: str
    patent_kind: str
    has_report: bool
    is_granted: bool
    owners: tuple[Owner, ...] = ()
    consents: tuple[GivenConsent, ...] = ()
    reserved_by: tuple[tuple[str, str, int], ...] = ()
    entries: list[EntryFact] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> Iterator[EntryFact]:
        """Its entries of these kinds in force on the day."""
        return (one for one in self.entries if one.kind in kinds and one.in_force)

    def licences(self, *types: str) -> Iterator[EntryFact]:
        """Its licences of these types that meet the scope asked for in place, field and time."""
        return (
            one for one in self.entries if one.kind == EntryKind.LICENCE and one.licence_type in types and one.meets
        )

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def is_in_grace(self) -> bool:
        return self.status == LegalStatus.IN_GRACE

    @property
    def pledge(self) -> EntryFact | None:
        """The registered pledge in force, if there is one."""
        return next((one for one in self.of_kind(EntryKind.PLEDGE) if not one.is_recorded_only), None)


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: may `holder_id` do `act` with `other_id` in this scope on this day."""

    act: Act
    on: date
    holder_id: int | None = None
    other_id: int | None = None
    other_country: str = ""
    scope: Scope = WHOLE
    consents: Sequence[GivenConsent] = ()

    def agreed(self, right: Right, kind: ConsentKind, organisation_id: int | None = None, name: str = "") -> bool:
        """Whether this party's yes is there; without a party, anybody's yes of the kind."""
        for one in (*self.consents, *right.consents):
            if one.kind != kind or one.asset_id not in (None, right.id) or (one.acts and self.act not in one.acts):
                continue
            if organisation_id is None and not name:
                return True
            if organisation_id is not None and one.organisation_id == organisation_id:
                return True
            if organisation_id is None and name and plain_name(one.name) == plain_name(name):
                return True
        return False
