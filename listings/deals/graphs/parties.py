"""Who may take the steps of a deal."""

from __future__ import annotations

from marketplace.accounts.roles import DESK_KINDS, Power, Role
from marketplace.core.lifecycle import AnyOf, Clock, Desk, Party

CLOCK = Clock()
#: People who decide for their organisation: what binds it.
DECIDERS = frozenset({Role.OWNER, Role.SIGNATORY})
#: People who do its daily work.
WORKERS = frozenset({Role.OWNER, Role.SIGNATORY, Role.STAFF})

SELLER_DECIDES = Party("seller_id", DECIDERS)
BUYER_DECIDES = Party("buyer_id", DECIDERS)
EITHER_DECIDES = AnyOf((SELLER_DECIDES, BUYER_DECIDES))
EITHER_WORKS = AnyOf((Party("seller_id", WORKERS, Power.LIST), Party("buyer_id", WORKERS, Power.ENQUIRE)))
OPERATORS = Desk(frozenset(DESK_KINDS), frozenset({Role.REVIEWER, Role.APPROVER, Role.OWNER}))
#: Steps that follow from something that happened elsewhere: a document complete, money in, a payout gone through.
PLATFORM = CLOCK
