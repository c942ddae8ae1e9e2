"""What an offer means for the rights it names: which act on them, within which scope.

The rights register answers whether that act is allowed and keeps two disposals from overlapping; this module only says,
for terms, what to ask it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from listings.catalogue.states import Mode
from listings.deals.terms import Terms
from listings.rights.scope import Scope
from listings.rights.states import Act
from marketplace.core import clock
from marketplace.core.workdays import months_after

ACTS: dict[str, Act] = {
    Mode.TRANSFER: Act.ASSIGN,
    Mode.DISPOSAL: Act.ASSIGN,
    Mode.EXCLUSIVE: Act.EXCLUSIVE,
    Mode.SOLE: Act.SOLE,
    Mode.ORDINARY: Act.ORDINARY,
    Mode.OPEN: Act.TAKE_OPEN,
}
#: Deals after which the listing has nothing left for others: it is marked as reserved on acceptance.
EXCLUSIVE_MODES = frozenset({Mode.TRANSFER, Mode.DISPOSAL, Mode.EXCLUSIVE, Mode.SOLE})


def act_of(mode: str) -> Act:
    """What a deal of this mode does to the rights. Raises KeyError for an investment, which does nothing to them."""
    return ACTS[mode]


def scope_of(terms: Terms) -> Scope:
    """Where, for what and when. Raises UnknownCode (a refusal) for territories or fields that are none."""
    if not terms.is_licence:
        return Scope()
    starts_on = terms.starts_on or clock.today()
    ends_on = months_after(starts_on, terms.term_months) - timedelta(days=1) if terms.term_months else None
    return Scope(
        territories=tuple(terms.territories), fields=tuple(terms.fields_of_use), starts_on=starts_on, ends_on=ends_on
    )


def codes(text: str | Iterable[str]) -> tuple[str, ...]:
    """Codes typed with commas or spaces between, each once, in order."""
    parts = text.replace("，", ",").replace("、", ",").replace(";", ",").split(",") if isinstance(text, str) else text
    return tuple(dict.fromkeys(part.strip().upper() for part in parts if part.strip()))
