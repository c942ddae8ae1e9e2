"""The decision: proposed by one person, voted on where the limit asks for it, passed or refused by another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from listings.rights.ruling import enforces
from loans import guards, persons
from loans.eligibility import Appraised, limit_of
from loans.facts import kinds_of
from loans.graphs.application import APPLICATION_GRAPH
from loans.graphs.credit import PROPOSAL_GRAPH
from loans.graphs.parties import BANK_REVIEWS, BANK_WORKS
from loans.models import Application, Proposal, Vote
from loans.refusals import FileFixed, MakerChecks, OutsideTerms, ProposalOpen, VotedAlready
from loans.states.application import ApplicationState
from loans.states.credit import Action, ProposalState, Reason
from loans.telling import told
from marketplace.accounts.models import User
from marketplace.core import clock, events, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound, ReasonMissing
from marketplace.core.locks import locked, locked_all

#: Where each action may be proposed. An approval needs the whole file, a refusal may come as soon as it is taken on.
OPEN_IN: dict[str, frozenset[str]] = {
    Action.APPROVE: frozenset({ApplicationState.CREDIT_REVIEW}),
    Action.REJECT: frozenset(
        {ApplicationState.PRE_CHECK, ApplicationState.DUE_DILIGENCE, ApplicationState.CREDIT_REVIEW}
    ),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is proposed. Amount and term only for an approval, a reason code only for a refusal."""

    action: str
    reason: str
    amount: Decimal | None = None
    term_months: int | None = None
    conditions: str = ""
    reason_code: str = ""


@enforces("LN-SEPARATE", "LN-LTV")
def propose(*, application_id: int, draft: Draft, by: Actor) -> Proposal:
    """Propose a decision; the proposer is the maker. Raises OutsideTerms, ProposalOpen, FileFixed, ReasonMissing,
    NotDeclared, HasInterest, NotPermitted."""
    if draft.action not in Action.values:
        raise Invalid(field="action", problem=_("Approve or decline."))
    if not draft.reason.strip():
        raise ReasonMissing(field="reason")
    if draft.action == Action.REJECT and draft.reason_code not in Reason.values:
        raise ReasonMissing(field="reason_code")
    with locked(Application, application_id) as application:
        require(BANK_REVIEWS, by, application)
        guards.is_free_of_interest(application, by)
        if application.state not in OPEN_IN[draft.action]:
            raise FileFixed()
        is_approval = draft.action == Action.APPROVE
        if is_approval:
            _within_terms(application, draft)
        limit = application.terms.limit_for(draft.amount or application.amount)
        proposal = Proposal(
            application=application,
            application_version=application.version,
            action=draft.action,
            amount=draft.amount if is_approval else None,
            term_months=draft.term_months if is_approval else None,
            conditions=draft.conditions.strip() if is_approval else "",
            reason_code="" if is_approval else draft.reason_code,
            reason=draft.reason.strip(),
            votes_needed=limit.votes if limit is not None and is_approval else 0,
            maker_id=by.user_id or 0,  # whoever is free of interest is somebody
            made_at=clock.now(),
        )
        try:
            with transaction.atomic():
                lifecycle.begin(PROPOSAL_GRAPH, proposal, by=by, data=told(application, action=draft.action))
        except IntegrityError as error:
            raise ProposalOpen() from error
    return proposal


def _within_terms(application: Application, draft: Draft) -> None:
    """Amount and term lie within the frozen terms, what was asked for, and what the collateral counts for."""
    terms, amount, months = application.terms, draft.amount, draft.term_months
    if amount is None or amount % Decimal("0.01") or not terms.amount_min <= amount <= terms.amount_max:
        raise OutsideTerms(field="amount", problem=_("The amount lies outside the product."))
    if amount > application.amount:
        raise OutsideTerms(field="amount", problem=_("No more is approved than was asked for."))
    if months is None or not terms.term_min <= months <= terms.term_max or months > application.term_months:
        raise OutsideTerms(field="term_months", problem=_("The term lies outside the product or what was asked for."))
    rows = list(application.collateral.all())
    today = clock.today()
    values = {
        one.asset_id: Appraised(one.value if one.valid_until and one.valid_until >= today else None) for one in rows
    }
    most = limit_of(terms, kinds_of(list(values)), values)
    if amount > most:
        raise OutsideTerms(
            field="amount",
            problem=_("The security counts for %(most)s; no more is lent.") % {"most": f"{most:,.2f}"},
        )


def vote(*, proposal_id: int, is_for: bool, note: str, by: Actor) -> Vote:
    """A committee member's vote on an open proposal, once; never the maker's.

    Raises MakerChecks, VotedAlready, FileFixed, NotDeclared, NotPermitted.
    """
    with _proposal_and_file(proposal_id) as (application, proposal):
        require(BANK_WORKS, by, application)
        guards.is_free_of_interest(application, by)
        if proposal.state != ProposalState.OPEN:
            raise FileFixed()
        if by.user_id is None or persons.are_one_person(proposal.maker, User.objects.get(pk=by.user_id)):
            raise MakerChecks()
        try:
            with transaction.atomic():
                made = Vote.objects.create(
                    proposal=proposal, voter_id=by.user_id, is_for=is_for, note=note.strip(), at=clock.now()
                )
        except IntegrityError as error:
            raise VotedAlready() from error
        events.record("loan_proposal.vote", proposal, by, data=told(application))
    return made


@enforces("LN-SEPARATE")
def pass_proposal(*, proposal_id: int, note: str = "", by: Actor) -> Proposal:
    """Pass a proposal as a second person: the offer is made, or the application declined, in the same transaction.

    Raises MakerChecks, AboveLimit, VotesMissing, ProposalVoid, NotDeclared, NotPermitted, IllegalTransition.
    """
    with _proposal_and_file(proposal_id) as (application, proposal):
        _decide(application, proposal, "pass", note, by)
        if proposal.action == Action.APPROVE:
            _offer(application, proposal, by)
        else:
            application.reason_code = proposal.reason_code
            lifecycle.walk(
                APPLICATION_GRAPH,
                application,
                "reject",
                by=by,
                reason=proposal.reason,
                data=told(application, reason_code=proposal.reason_code),
                also=("reason_code",),
            )
    return proposal


def refuse_proposal(*, proposal_id: int, reason: str, by: Actor) -> Proposal:
    """Refuse a proposal as a second person; the file stays where it is. Raises MakerChecks, ReasonMissing."""
    with _proposal_and_file(proposal_id) as (application, proposal):
        _decide(application, proposal, "refuse", reason, by)
    return proposal


def _decide(application: Application, proposal: Proposal, verb: str, note: str, by: Actor) -> None:
    proposal.checker_id, proposal.checked_at, proposal.checker_note = by.user_id, clock.now(), note.strip()
    lifecycle.walk(
        PROPOSAL_GRAPH,
        proposal,
        verb,
        by=by,
        reason=note,
        data=told(application, action=proposal.action),
        also=("checker", "checked_at", "checker_note"),
    )


def _offer(application: Application, proposal: Proposal, by: Actor) -> None:
    application.offered_amount, application.offered_months = proposal.amount, proposal.term_months
    application.conditions = proposal.conditions
    application.offer_until = clock.today() + timedelta(days=application.terms.offer_days)
    application.reason_code = ""
    lifecycle.walk(
        APPLICATION_GRAPH,
        application,
        "offer",
        by=by,
        data=told(application, until=application.offer_until),
        also=("offered_amount", "offered_months", "conditions", "offer_until", "reason_code"),
    )


@contextmanager
def _proposal_and_file(proposal_id: int) -> Iterator[tuple[Application, Proposal]]:
    """A proposal and its application, both locked, so that two who decide at once come one after the other."""
    row = Proposal.objects.filter(pk=proposal_id).values_list("application", flat=True).first()
    if row is None:
        raise NotFound()
    with locked_all([(Application, row), (Proposal, proposal_id)]) as rows:
        application, proposal = rows
        assert isinstance(application, Application) and isinstance(proposal, Proposal)
        proposal.application = application
        yield application, proposal
