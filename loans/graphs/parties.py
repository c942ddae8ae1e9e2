"""Who may take the steps of an application and of the loan it becomes."""

from __future__ import annotations

from marketplace.accounts.roles import Power, Role
from marketplace.core.lifecycle import AnyOf, Clock, Party

CLOCK = Clock()
#: Steps that follow from something that happened elsewhere: a document complete, a certificate confirmed.
PLATFORM = CLOCK
DECIDERS = frozenset({Role.OWNER, Role.SIGNATORY})
WORKERS = frozenset({Role.OWNER, Role.SIGNATORY, Role.STAFF, Role.FINANCE})
#: Roles that look into applications, and those that decide on them. The owner of a bank's entry on this market keeps
#: its people and decides no loan unless given a role of credit.
REVIEWERS = frozenset({Role.REVIEWER, Role.HEAD_OF_CREDIT})
APPROVERS = frozenset({Role.APPROVER, Role.HEAD_OF_CREDIT})
OFFICERS = REVIEWERS | APPROVERS | frozenset({Role.POST_LOAN})

BORROWER_WORKS = Party("borrower_id", WORKERS, Power.BORROW)
BORROWER_DECIDES = Party("borrower_id", DECIDERS)
BANK_MANAGES = Party("bank_id", frozenset({Role.HEAD_OF_CREDIT, Role.OWNER}))
BANK_REVIEWS = Party("bank_id", REVIEWERS)
BANK_APPROVES = Party("bank_id", APPROVERS)
BANK_WORKS = Party("bank_id", OFFICERS)
EITHER_WORKS = AnyOf((BORROWER_WORKS, BANK_WORKS))
