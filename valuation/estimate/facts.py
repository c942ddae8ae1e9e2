"""What an estimate looks at: a patent as the register has it, in plain values, and what must be known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from listings.assets.states import ENDED, LegalStatus
from listings.patents.models import PatentKind
from listings.rights.states import FREEZES, EntryKind

#: Kinds whose sales can be told apart; plants and what no source names stay without an estimate.
KINDS = (PatentKind.INVENTION, PatentKind.UTILITY_MODEL, PatentKind.DESIGN)
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class PatentFacts:
    """A right on a day. `area` is an IPC subclass ("H01M") or, for designs, a Locarno class ("L12"). None where the
    register does not know. `is_licensed`: an exclusive licence stands; `is_disputed`: somebody sues for the title or
    a court froze it; `is_challenged`: an invalidation request is pending."""

    asset_id: int
    kind: str
    status: str
    is_granted: bool
    filed_on: date | None
    expires_on: date | None
    area: str
    offices: int | None
    cited_by: int | None
    claims: int | None
    granted_on: date | None = None
    is_challenged: bool = False
    is_licensed: bool = False
    is_disputed: bool = False

    @property
    def section(self) -> str:
        return self.area[:1]

    def on_day(self, day: date, marks: frozenset[str]) -> PatentFacts:
        """As it stood on an earlier day: granted by then or not, alive, with the entries in force then."""
        was_granted = self.is_granted and (self.granted_on is None or self.granted_on <= day)
        status = LegalStatus.IN_FORCE if was_granted else LegalStatus.PENDING
        return replace(self, status=status, is_granted=was_granted).marked(marks)

    def marked(self, marks: frozenset[str]) -> PatentFacts:
        """With what the entries in force, by their kinds, say of its value."""
        return replace(
            self,
            is_challenged=EntryKind.INVALIDATION in marks,
            is_licensed=EntryKind.LICENCE in marks,
            is_disputed=bool(marks & FREEZES),
        )

    def age(self, on: date) -> float:
        """Years since filing."""
        return max((on - self.filed_on).days, 0) / DAYS_A_YEAR if self.filed_on else 0.0

    def term_left(self, on: date) -> float:
        """Years of legal term left."""
        return max((self.expires_on - on).days, 0) / DAYS_A_YEAR if self.expires_on else 0.0


def lack_of(facts: PatentFacts, on: date) -> str:
    """The code of what keeps this right from being estimated at all, empty where nothing does."""
    if facts.status in ENDED or (facts.expires_on is not None and facts.expires_on <= on):
        return "ended"
    if facts.status == LegalStatus.UNKNOWN:
        return "status_unknown"
    if facts.kind not in KINDS:
        return "kind_not_covered"
    if facts.filed_on is None:
        return "filing_unknown"
    if facts.expires_on is None:
        return "expiry_unknown"
    if not facts.area:
        return "field_unknown"
    return "disputed" if facts.is_disputed else ""
