"""Who may take the steps of an appraisal."""

from __future__ import annotations

from listings.deals.graphs.parties import CLOCK, DECIDERS, OPERATORS, PLATFORM, WORKERS
from marketplace.accounts.roles import Power, Role
from marketplace.core.lifecycle import AnyOf, Party

#: People of an agency who prepare appraisals.
APPRAISING = frozenset({Role.OWNER, Role.SIGNATORY, Role.STAFF, Role.APPRAISER})
REVIEWING = frozenset({Role.OWNER, Role.REVIEWER})

CLIENT_WORKS = Party("client_id", WORKERS, Power.APPRAISE)
CLIENT_DECIDES = Party("client_id", DECIDERS)
AGENCY_WORKS = Party("agency_org_id", APPRAISING)
AGENCY_DECIDES = Party("agency_org_id", DECIDERS)
AGENCY_REVIEWS = Party("agency_org_id", REVIEWING)
EITHER_DECIDES = AnyOf((CLIENT_DECIDES, AGENCY_DECIDES))

__all__ = [
    "AGENCY_DECIDES",
    "AGENCY_REVIEWS",
    "AGENCY_WORKS",
    "APPRAISING",
    "CLIENT_DECIDES",
    "CLIENT_WORKS",
    "CLOCK",
    "DECIDERS",
    "EITHER_DECIDES",
    "OPERATORS",
    "PLATFORM",
    "REVIEWING",
    "WORKERS",
]
