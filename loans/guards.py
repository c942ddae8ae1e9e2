"""What must hold before a product, an application, a proposal or a filing moves on; each raises what lacks.

Guards read under the lock of their subject. Those about rights ask the register itself, in the same transaction.
"""

from __future__ import annotations

from listings.rights.ruling import enforces
from loans import diligence, persons
from loans.eligibility import Line, blocks
from loans.facts import eligibility_of, is_member, register_says
from loans.models import Application, PledgeFiling, Product, Proposal
from loans.refusals import (
    AboveLimit,
    AnotherAccepted,
    ConsentsNotGiven,
    ContractsUnsigned,
    DiligenceOpen,
    HasInterest,
    MakerChecks,
    NoProposal,
    NotDeclared,
    NotEligible,
    NotPledged,
    NoVersion,
    OfferOver,
    ProductNotOpen,
    ProposalVoid,
    SameConfirmer,
    StillPledged,
    VotesMissing,
)
from loans.states.application import BINDING, ApplicationState, CollateralState, ConsentKind
from loans.states.credit import Action, ProposalState
from loans.states.product import ProductState
from marketplace.accounts.models import User, in_language
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.signing.states import DocumentState


# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def version_is_published(product: Product, actor: Actor) -> None:
    if product.version is None or product.version.published_at is None:
        raise NoVersion()


def product_is_open(application: Application) -> None:
    """The product takes applications, on the very terms this one froze."""
    product = application.product_version.product
    if product.state != ProductState.OPEN or product.version_id != application.product_version_id:
        raise ProductNotOpen(name=product.name)


# ── on the way to the bank ───────────────────────────────────────────────────────────────────────────────────────────
@enforces("DP-SEPARATE", "DP-SENSITIVE", "DP-CREDIT-QUERY")
def consents_are_given(application: Application) -> None:
    """Each consent by itself; nothing of the file is shown to a bank before (PIPL 23, 29)."""
    given = set(application.consents.filter(withdrawn_at__isnull=True).values_list("kind", flat=True))
    missing = [str(ConsentKind(one).label) for one in ConsentKind.values if one not in given]
    if missing:
        raise ConsentsNotGiven(names="、".join(missing))


def nothing_blocks(lines: list[Line]) -> None:
    """Raises NotEligible with the first points in the way."""
    found = blocks(lines)
    if found:
        told = [one.as_dict() for one in found[:3]]
        raise NotEligible(
            found="；".join(in_language(one["evidence_zh"], one["evidence_en"]) for one in told), count=len(found)
        )


def may_be_submitted(application: Application, actor: Actor) -> None:
    """The product is open, the consents are there, and nothing in the report blocks."""
    if application.state == ApplicationState.DRAFT:
        product_is_open(application)
    if is_accepted_elsewhere(application):
        raise AnotherAccepted()
    consents_are_given(application)
    nothing_blocks(eligibility_of(application))


def is_accepted_elsewhere(application: Application) -> bool:
    """Another bank's offer for the same request stands accepted."""
    others = Application.objects.filter(request=application.request_id, state__in=BINDING)
    return others.exclude(pk=application.pk).exists()


# ── the bank's work ──────────────────────────────────────────────────────────────────────────────────────────────────
@enforces("LN-RELATED")
def is_free_of_interest(application: Application, actor: Actor) -> None:
    """Whoever works on an application said that they have no interest in it, and is no member of the borrower."""
    if actor.user_id is None:
        raise NotPermitted()
    said = application.declarations.filter(officer=actor.user_id).values_list("has_conflict", flat=True).first()
    if said is None:
        raise NotDeclared()
    if said or is_member(actor.user_id, application.borrower_id):
        raise HasInterest()


def pre_check_passes(application: Application, actor: Actor) -> None:
    is_free_of_interest(application, actor)
    nothing_blocks(eligibility_of(application))


@enforces("LN-COLLATERAL")
def diligence_is_complete(application: Application, actor: Actor) -> None:
    """Title, value and realisability were looked at and written down; every check is done; a score is there."""
    is_free_of_interest(application, actor)
    missing = diligence.missing(application)
    if missing:
        raise DiligenceOpen(missing="、".join(missing))


def _passed(application: Application, action: str) -> Proposal:
    found = application.proposals.filter(
        state=ProposalState.PASSED, action=action, application_version=application.version
    ).first()
    if found is None:
        raise NoProposal()
    return found


@enforces("LN-SEPARATE")
def approval_has_passed(application: Application, actor: Actor) -> None:
    _passed(application, Action.APPROVE)


@enforces("LN-SEPARATE")
def refusal_has_passed(application: Application, actor: Actor) -> None:
    _passed(application, Action.REJECT)


@enforces("LN-SEPARATE")
def another_person_decides(proposal: Proposal, actor: Actor) -> None:
    """Four eyes, and no second account of the same person; the database asks the same (loans/models/credit.py).

    Both must still hold their roles: the actor's are read for this request, the maker's here.
    """
    checker = User.objects.filter(pk=actor.user_id or 0).first()
    if checker is None or actor.on_behalf_of is not None:
        raise NotPermitted()
    if persons.are_one_person(proposal.maker, checker):
        raise MakerChecks()
    is_free_of_interest(proposal.application, actor)


@enforces("LN-SEPARATE")
def may_be_passed(proposal: Proposal, actor: Actor) -> None:
    """Another person, within the limit of their role, on unchanged facts, carried by the committee where one votes."""
    another_person_decides(proposal, actor)
    application = proposal.application
    if proposal.application_version != application.version or not is_member(proposal.maker_id, application.bank_id):
        raise ProposalVoid()
    amount = application.amount if proposal.amount is None else proposal.amount
    if not application.terms.may_approve(actor.roles, amount):
        raise AboveLimit(amount=f"{amount:,.2f}", currency=application.currency)
    votes = [one.is_for for one in proposal.votes.all()]
    if sum(votes) < proposal.votes_needed or (sum(votes) * 2 <= len(votes) and votes):
        raise VotesMissing(have=sum(votes), need=proposal.votes_needed)


# ── offer, contracts, pledge ─────────────────────────────────────────────────────────────────────────────────────────
def offer_may_be_accepted(application: Application, actor: Actor) -> None:
    """In time, the only one of its request, and the rights still free to pledge; their rows stay locked."""
    if application.offer_until is None or application.offer_until < clock.today():
        raise OfferOver()
    if is_accepted_elsewhere(application):
        raise AnotherAccepted()
    nothing_blocks(eligibility_of(application, register_says(application, lock=True)))


@enforces("PLG-WRITTEN", "LN-CONTRACT")
def contracts_are_signed(application: Application, actor: Actor) -> None:
    for one in (application.loan_contract, application.pledge_contract):
        if one is None or one.state != DocumentState.COMPLETE:
            raise ContractsUnsigned()


@enforces("PLG-EXIST")
def every_right_is_pledged(application: Application, actor: Actor) -> None:
    """The pledge of every right is in the register and in force; before that nothing is paid out."""
    states = [(one.state, one.entry) for one in application.collateral.exclude(state=CollateralState.DROPPED)]
    if not states or any(
        state != CollateralState.PLEDGED or entry is None or entry.ended_at is not None for state, entry in states
    ):
        raise NotPledged()


def nothing_is_pledged(application: Application, actor: Actor) -> None:
    if application.collateral.filter(state=CollateralState.PLEDGED).exists():
        raise StillPledged()


def another_person_confirms(filing: PledgeFiling, actor: Actor) -> None:
    """The certificate is looked at by a second person of the bank."""
    confirmer = User.objects.filter(pk=actor.user_id or 0).first()
    handed_in_by = filing.handed_in_by
    if confirmer is None or actor.on_behalf_of is not None or handed_in_by is None:
        raise NotPermitted()
    if persons.are_one_person(handed_in_by, confirmer):
        raise SameConfirmer()
