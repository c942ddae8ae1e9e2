"""The maker of a proposal does not decide on it: not in the service, not by another account, not past the service."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from loans import guards
from loans.models import Proposal
from loans.refusals import (
    AboveLimit,
    HasInterest,
    MakerChecks,
    NotDeclared,
    ProposalOpen,
    ProposalVoid,
    VotesMissing,
)
from loans.services import applications, decisions, intake
from loans.states.application import ApplicationState, PaperKind
from loans.states.credit import ProposalState
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.errors import IllegalTransition, NotPermitted
from tests import cast
from tests.builders import a_pdf, joins
from tests.loans import stages

pytestmark = [pytest.mark.django_db, pytest.mark.rule("LN-SEPARATE")]


def _two_hats() -> cast.Part:
    """A reviewer who is an approver as well."""
    return stages.officer(cast.lena(), Role.HEAD_OF_CREDIT, 7)


def _proposed_by(part: cast.Part) -> tuple[object, Proposal]:
    application = stages.in_review()
    stages.declared(application, part)
    draft = stages.approval()
    return application, decisions.propose(application_id=application.pk, draft=draft, by=part.actor)


def test_the_maker_passes_nothing_though_their_role_could():
    part = _two_hats()
    _application, proposal = _proposed_by(part)
    with pytest.raises(MakerChecks):
        decisions.pass_proposal(proposal_id=proposal.pk, by=part.actor)
    with pytest.raises(MakerChecks):
        decisions.refuse_proposal(proposal_id=proposal.pk, reason="no", by=part.actor)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OPEN


def test_a_second_account_of_the_same_person_is_the_same_person():
    part = _two_hats()
    application, proposal = _proposed_by(part)
    by_mail = stages.officer(cast.lena(), Role.HEAD_OF_CREDIT, 8)
    by_phone = stages.officer(cast.lena(), Role.HEAD_OF_CREDIT, 9)
    name, _, domain = part.person.email.partition("@")
    type(part.person).objects.filter(pk=by_mail.person.pk).update(email=f"{name}+two@{domain}")
    type(part.person).objects.filter(pk=part.person.pk).update(phone="138 0000 1234")
    type(part.person).objects.filter(pk=by_phone.person.pk).update(phone="+86 138-0000-1234")
    for one in (by_mail, by_phone):
        stages.declared(application, one)
        with pytest.raises(MakerChecks):
            decisions.pass_proposal(proposal_id=proposal.pk, by=one.actor)
        with pytest.raises(MakerChecks):
            decisions.vote(proposal_id=proposal.pk, is_for=True, note="", by=one.actor)
        with pytest.raises(IntegrityError), transaction.atomic():  # past the service the trigger refuses it
            Proposal.objects.filter(pk=proposal.pk).update(checker=one.person, checked_at=clock.now())


def test_with_the_guard_off_the_database_refuses_it_and_without_both_it_would_pass(monkeypatch):
    """The control: what the refusals above rest on."""
    part = _two_hats()
    _application, proposal = _proposed_by(part)
    monkeypatch.setattr(guards.persons, "are_one_person", lambda one, other: False)
    with pytest.raises(IntegrityError, match=r"the_maker_does_not_check|one person"):
        decisions.pass_proposal(proposal_id=proposal.pk, by=part.actor)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE loans_proposal DROP CONSTRAINT the_maker_does_not_check")
        cursor.execute("ALTER TABLE loans_proposal DISABLE TRIGGER USER")
    decisions.pass_proposal(proposal_id=proposal.pk, by=part.actor)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.PASSED and proposal.checker_id == proposal.maker_id


def test_another_organisation_and_a_delegate_decide_nothing():
    _application, proposal = _proposed_by(_two_hats())
    outsider = stages.officer(stages.another_bank(), Role.HEAD_OF_CREDIT)
    for part in (outsider, cast.ines(), cast.ops(), cast.lena()):
        with pytest.raises(NotPermitted):
            decisions.pass_proposal(proposal_id=proposal.pk, by=part.actor)


def test_limits_by_amount_and_votes_hold_and_nobody_votes_on_their_own():
    application = stages.in_review(amount=Decimal("4000000.00"), value=Decimal("20000000.00"))
    proposal = stages.proposed(application, amount=Decimal("4000000.00"))
    stages.declared(application, stages.approver(), stages.head())
    with pytest.raises(AboveLimit):
        decisions.pass_proposal(proposal_id=proposal.pk, by=stages.approver().actor)
    with pytest.raises(VotesMissing):
        decisions.pass_proposal(proposal_id=proposal.pk, by=stages.head().actor)
    with pytest.raises(MakerChecks):
        decisions.vote(proposal_id=proposal.pk, is_for=True, note="", by=stages.reviewer().actor)
    decisions.vote(proposal_id=proposal.pk, is_for=True, note="", by=stages.approver().actor)
    decisions.pass_proposal(proposal_id=proposal.pk, by=stages.head().actor)
    assert stages.now(application).state == ApplicationState.OFFERED


def test_a_proposal_is_void_once_the_facts_changed_and_one_is_open_at_a_time():
    application = stages.in_review()
    proposal = stages.proposed(application)
    with pytest.raises(ProposalOpen):
        stages.proposed(application)
    applications.add_paper(application_id=application.pk, kind=PaperKind.ACCOUNTS, upload=a_pdf(), by=cast.ines().actor)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.VOID
    stages.declared(application, stages.approver())
    with pytest.raises(IllegalTransition):
        decisions.pass_proposal(proposal_id=proposal.pk, by=stages.approver().actor)
    again = stages.proposed(application)
    type(application).objects.filter(pk=application.pk).update(version=99)
    with pytest.raises(ProposalVoid):
        decisions.pass_proposal(proposal_id=again.pk, by=stages.approver().actor)


@pytest.mark.rule("LN-RELATED")
def test_who_has_an_interest_or_did_not_declare_works_on_nothing():
    application = stages.submitted()
    part = stages.reviewer()
    with pytest.raises(NotDeclared):
        intake.take(application_id=application.pk, by=part.actor)
    intake.declare(application_id=application.pk, has_conflict=True, note="配偶在借款人任职", by=part.actor)
    with pytest.raises(HasInterest):
        intake.take(application_id=application.pk, by=part.actor)
    other = stages.officer(cast.lena(), Role.REVIEWER, 5)
    joins(other.person, cast.ines().organisation, [Role.READ_ONLY])
    intake.declare(application_id=application.pk, has_conflict=False, note="", by=other.actor)
    with pytest.raises(HasInterest):
        intake.take(application_id=application.pk, by=other.actor)
