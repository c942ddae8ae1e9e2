"""Where a holder's statement and an operator's release may go, and who may take them there."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.rights.models import PledgeRelease, Statement
from listings.rights.refusals import SamePerson
from listings.rights.states import ReleaseState, StatementState
from marketplace.accounts.roles import DESK_KINDS, Power, Role
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.core.lifecycle import Clock, Days, Desk, Edge, Graph, Party, WorkingDays, register

REVIEW_WORKING_DAYS = 5
RELEASE_DAYS = 14

HOLDER = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}), Power.REGISTER)
"""Who keeps an organisation's rights: its owners and staff, or a delegate with that power."""
SIGNERS = Party("organisation_id", frozenset({Role.OWNER, Role.SIGNATORY}))
"""Who binds an organisation: a consent is given by nobody else, and by no delegate."""
PLEDGEE = Party(
    "organisation_id",
    frozenset({Role.OWNER, Role.SIGNATORY, Role.APPROVER, Role.POST_LOAN, Role.HEAD_OF_CREDIT}),
)
DESK = Desk(frozenset(DESK_KINDS), frozenset({Role.REVIEWER, Role.APPROVER, Role.OWNER}))


def desk_is_outside(statement: Statement, by: Actor) -> None:
    """Raises NotPermitted when the reviewer's own organisation stated it."""
    if by.org_id == statement.organisation_id:
        raise NotPermitted()


def second_person(release: PledgeRelease, by: Actor) -> None:
    """Raises SamePerson: whoever proposed a release does not approve it."""
    if by.user_id is None or by.user_id == release.proposed_by_id:
        raise SamePerson()


_S, _R = StatementState, ReleaseState
STATEMENT_GRAPH = register(
    Graph(
        name="statement",
        model="rights.statement",
        initial=_S.SUBMITTED,
        states=StatementState,
        edges=(
            Edge(
                "confirm",
                (_S.SUBMITTED,),
                _S.CONFIRMED,
                DESK,
                _("Enter it in the register"),
                desk_is_outside,
                due=WorkingDays(REVIEW_WORKING_DAYS),
            ),
            Edge("refuse", (_S.SUBMITTED,), _S.REFUSED, DESK, _("Refuse"), desk_is_outside, asks_reason=True),
            Edge("withdraw", (_S.SUBMITTED,), _S.WITHDRAWN, HOLDER, _("Withdraw")),
        ),
    )
)
RELEASE_GRAPH = register(
    Graph(
        name="pledge_release",
        model="rights.pledgerelease",
        initial=_R.PROPOSED,
        states=ReleaseState,
        edges=(
            Edge("approve", (_R.PROPOSED,), _R.DONE, DESK, _("Approve the release"), second_person),
            Edge("refuse", (_R.PROPOSED,), _R.REFUSED, DESK, _("Refuse"), asks_reason=True),
            Edge("lapse", (_R.PROPOSED,), _R.LAPSED, Clock(), _("Lapse"), due=Days(RELEASE_DAYS), timed=True),
        ),
    )
)
