"""The one question before every act: may this be done to this right, by these parties, today, and what cures it?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from listings.rights.facts import Case, GivenConsent, Right
from listings.rights.lanes import WHOLE_RIGHT
from listings.rights.points import Finding
from listings.rights.reading import lock_rights, read_rights
from listings.rights.refusals import RightsRefused
from listings.rights.rules import RULES
from listings.rights.scope import WHOLE, Scope
from listings.rights.states import Act, ConsentKind
from marketplace.core import clock

__all__ = ["WHOLE", "Finding", "GivenConsent", "Scope", "Verdict", "check", "judge"]


@dataclass(slots=True)
class Verdict:
    """Everything the register says about an act: what blocks it and on what conditions it is open.

    `rights` are the rights as they were read for it, so that who decides on them need not read them again.
    """

    findings: list[Finding] = field(default_factory=list)
    rights: Sequence[Right] = ()

    @property
    def blocks(self) -> list[Finding]:
        return [one for one in self.findings if one.is_block]

    @property
    def is_allowed(self) -> bool:
        return not any(one.is_block for one in self.findings)

    def demand(self) -> None:
        """Raises RightsRefused, listing what blocks, unless the act is open."""
        if blocks := self.blocks:
            raise RightsRefused(blocks)

    def consents_needed(self) -> list[Finding]:
        """The findings that somebody's yes would lift: whose, and why."""
        return [one for one in self.findings if one.consent is not None]

    def curable(self, *kinds: ConsentKind) -> bool:
        """Whether consents of these kinds (any, where none is named) would lift everything that blocks."""
        return all(one.consent is not None and (not kinds or one.consent in kinds) for one in self.blocks)


def check(
    assets: Sequence[int],
    act: Act,
    *,
    holder_id: int | None,
    other_id: int | None = None,
    other_country: str = "",
    scope: Scope = WHOLE,
    on: date | None = None,
    consents: Collection[GivenConsent] = (),
    subject: tuple[str, int] | None = None,
    lock: bool = False,
) -> Verdict:
    """Ask the register whether `holder_id` may do `act` to these rights, with `other_id`, in `scope`, on a day.

    At most three statements, whatever the number of rights. `holder_id` None asks for whoever owns them. For a pledge
    `scope.ends_on` is the last day of the debt. `other_country` is the country code of the other party; empty leaves
    technology export out. `subject` is the deal or loan that asks: its own reservations do not stand in its way, and
    consents given to it count beside standing ones. `lock` first takes the rights' rows in one order, for a decision
    in this transaction. The legal status is that of today; a past `on` asks for the entries of that day.
    Raises NotFound for a right that is not there, Busy when its row is held too long.
    """
    ids = sorted(set(assets))
    if lock:
        lock_rights(ids)
    day = on or clock.today()
    asked = Scope(starts_on=scope.starts_on) if act in WHOLE_RIGHT else scope
    rights = read_rights(ids, asked, day, subject)
    case = Case(Act(act), day, holder_id, other_id, other_country, scope, tuple(consents))
    return judge(case, rights)


def judge(case: Case, rights: Sequence[Right]) -> Verdict:
    """Ask every rule about every right; pure."""
    return Verdict([found for right in rights for ask in RULES for found in ask(case, right)], rights)
