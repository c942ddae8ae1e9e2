"""Who takes the steps of a live loan."""

from __future__ import annotations

from marketplace.accounts.roles import Role
from marketplace.core.lifecycle import AnyOf, Clock, Party

CLOCK = Clock()
#: The bank's people who look after loans that were paid out.
OFFICERS = frozenset({Role.OWNER, Role.POST_LOAN, Role.HEAD_OF_CREDIT})
#: Those who decide against a borrower.
HEADS = frozenset({Role.OWNER, Role.HEAD_OF_CREDIT})
#: The borrower's people who handle its money.
PAYERS = frozenset({Role.OWNER, Role.FINANCE, Role.SIGNATORY})

OFFICER = Party("bank_id", OFFICERS)
HEAD = Party("bank_id", HEADS)
BORROWER = Party("borrower_id", PAYERS)
BOTH = AnyOf((OFFICER, BORROWER))
OFFICER_OR_CLOCK = AnyOf((OFFICER, CLOCK))
HEAD_OR_CLOCK = AnyOf((HEAD, CLOCK))
