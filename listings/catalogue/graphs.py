"""Where a listing and a need may go, who may take them there, and by when.

A published listing is never changed in place. `amend` takes it off the market back to a draft with its number kept; it
comes back through review. So what the public sees is always what an operator read.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.catalogue import checks
from listings.catalogue.states import ListingState, NeedState
from marketplace.accounts.roles import DESK_KINDS, Power, Role
from marketplace.core.lifecycle import AnyOf, Clock, Days, Desk, Edge, EndOf, Graph, Party, WorkingDays, register

REVIEW_WORKING_DAYS = 2
RESERVED_DAYS = 90  # ours: a reservation nobody lifts does not keep a right off the market for ever

HOLDER = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}), Power.LIST)
SEEKER = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}), Power.NEED)
REVIEWERS = Desk(frozenset(DESK_KINDS), frozenset({Role.REVIEWER, Role.APPROVER}))
CLOCK = Clock()

_L = ListingState
LISTING_GRAPH = register(
    Graph(
        name="listing",
        model="catalogue.listing",
        initial=_L.DRAFT,
        states=ListingState,
        resting=frozenset({_L.DRAFT, _L.RETURNED, _L.EXPIRED}),
        edges=(
            Edge(
                "submit", (_L.DRAFT, _L.RETURNED), _L.IN_REVIEW, HOLDER, _("Submit for review"), checks.listing_is_ready
            ),
            Edge("recall", (_L.IN_REVIEW,), _L.DRAFT, HOLDER, _("Take back to change it")),
            Edge(
                "publish",
                (_L.IN_REVIEW,),
                _L.PUBLISHED,
                REVIEWERS,
                _("Publish"),
                checks.listing_may_be_published,
                due=WorkingDays(REVIEW_WORKING_DAYS),
            ),
            Edge("return", (_L.IN_REVIEW,), _L.RETURNED, REVIEWERS, _("Return for correction"), asks_reason=True),
            Edge("amend", (_L.PUBLISHED, _L.SUSPENDED, _L.EXPIRED), _L.DRAFT, HOLDER, _("Take offline and change it")),
            Edge(
                "suspend",
                (_L.PUBLISHED, _L.RESERVED),
                _L.SUSPENDED,
                AnyOf((REVIEWERS, CLOCK)),
                _("Suspend"),
                asks_reason=True,
            ),
            Edge(
                "resume",
                (_L.SUSPENDED,),
                _L.PUBLISHED,
                AnyOf((HOLDER, REVIEWERS)),
                _("Put back on the market"),
                checks.listing_may_resume,
            ),
            Edge("reserve", (_L.PUBLISHED,), _L.RESERVED, AnyOf((HOLDER, CLOCK)), _("Mark as reserved")),
            Edge(
                "release",
                (_L.RESERVED,),
                _L.PUBLISHED,
                AnyOf((HOLDER, CLOCK)),
                _("Lift the reservation"),
                due=Days(RESERVED_DAYS),
                timed=True,
            ),
            Edge("close", (_L.PUBLISHED, _L.RESERVED), _L.CLOSED, AnyOf((HOLDER, CLOCK)), _("Close as settled")),
            Edge(
                "withdraw",
                (_L.DRAFT, _L.RETURNED, _L.IN_REVIEW, _L.PUBLISHED, _L.SUSPENDED),
                _L.WITHDRAWN,
                HOLDER,
                _("Withdraw"),
            ),
            Edge(
                "expire",
                (_L.PUBLISHED, _L.SUSPENDED),
                _L.EXPIRED,
                CLOCK,
                _("Expire"),
                due=EndOf("valid_until"),
                timed=True,
            ),
        ),
    )
)

_N = NeedState
NEED_GRAPH = register(
    Graph(
        name="need",
        model="catalogue.need",
        initial=_N.DRAFT,
        states=NeedState,
        resting=frozenset({_N.DRAFT, _N.RETURNED, _N.EXPIRED}),
        edges=(
            Edge("submit", (_N.DRAFT, _N.RETURNED), _N.IN_REVIEW, SEEKER, _("Submit for review"), checks.need_is_ready),
            Edge("recall", (_N.IN_REVIEW,), _N.DRAFT, SEEKER, _("Take back to change it")),
            Edge(
                "publish",
                (_N.IN_REVIEW,),
                _N.PUBLISHED,
                REVIEWERS,
                _("Publish"),
                checks.need_is_ready,
                due=WorkingDays(REVIEW_WORKING_DAYS),
            ),
            Edge("return", (_N.IN_REVIEW,), _N.RETURNED, REVIEWERS, _("Return for correction"), asks_reason=True),
            Edge("amend", (_N.PUBLISHED, _N.EXPIRED), _N.DRAFT, SEEKER, _("Take offline and change it")),
            Edge("meet", (_N.PUBLISHED,), _N.MET, SEEKER, _("Close as met")),
            Edge("withdraw", (_N.DRAFT, _N.RETURNED, _N.IN_REVIEW, _N.PUBLISHED), _N.WITHDRAWN, SEEKER, _("Withdraw")),
            Edge("expire", (_N.PUBLISHED,), _N.EXPIRED, CLOCK, _("Expire"), due=EndOf("deadline"), timed=True),
        ),
    )
)
