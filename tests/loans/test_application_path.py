"""An application from draft to a loan paid out, and what stands in its way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from listings.rights.models import Entry, Reservation
from listings.rights.states import EntryKind
from loans.consent_texts import text_of
from loans.graphs.application import APPLICATION_GRAPH
from loans.live.reactions import owe_cancellation
from loans.models import Collateral, ProductVersion
from loans.refusals import (
    ConsentsNotGiven,
    ConsentTextChanged,
    DebtNotPaid,
    NotEligible,
    NotPledged,
    ProductNotOpen,
    SameConfirmer,
    VersionWriter,
)
from loans.services import applications, contracting, decisions, disbursing, filings, products, repaying
from loans.states.application import ApplicationState, CollateralState, ConsentKind
from loans.states.pledge import FilingState
from loans.states.servicing import LoanState
from marketplace.core import clock, lifecycle
from marketplace.core.errors import IllegalTransition, Invalid, NotPermitted
from tests import cast
from tests.catalogue.makers import a_right
from tests.loans import stages
from tests.rights.makers import pledged

pytestmark = pytest.mark.django_db


@pytest.mark.rule("PLG-EXIST", "LN-CONTRACT", "PLG-WRITTEN", "PLG-REFUSE-03", "PLG-DECIDE")
def test_an_application_becomes_a_loan_by_every_step_after_a_correction_and_a_refusal():
    application = stages.signed()
    assert application.state == ApplicationState.REGISTERING
    with pytest.raises(IllegalTransition):  # nothing is paid out before the pledge exists
        disbursing.disburse(application_id=application.pk, disbursed_on=clock.today(), by=stages.approver().actor)
    filing, by = stages.filed(application), stages.reviewer().actor
    assert filing.decide_by > filing.filed_on
    filings.ask_correction(filing_id=filing.pk, found="申请表缺章", correct_by=None, by=by)
    filings.correct(filing_id=filing.pk, answer="已补章", by=by)
    filings.say_refused(filing_id=filing.pk, ground="07", reason="合同缺少担保范围", by=by)
    filings.file_anew(filing_id=filing.pk, by=by)
    stages.filed(application)
    filing = stages.certified(application)
    with pytest.raises(SameConfirmer):
        filings.confirm(filing_id=filing.pk, by=by)
    filings.confirm(filing_id=filing.pk, by=stages.approver().actor)
    application = stages.now(application)
    assert (application.state, application.pledged_on) == (ApplicationState.REGISTERED, clock.today())
    row = application.collateral.get()
    entry = Entry.objects.live().get(asset=row.asset_id, kind=EntryKind.PLEDGE)
    assert (row.state, row.entry_id, entry.party_id) == (CollateralState.PLEDGED, entry.pk, application.bank_id)
    assert not Reservation.objects.live().filter(asset=row.asset_id).exists()
    with pytest.raises(Invalid):
        disbursing.disburse(
            application_id=application.pk,
            disbursed_on=clock.today() - timedelta(days=1),
            by=stages.approver().actor,
        )
    loan = disbursing.disburse(application_id=application.pk, disbursed_on=clock.today(), by=stages.approver().actor)
    assert stages.now(application).state == ApplicationState.DISBURSED
    assert (loan.principal, loan.months, loan.bank_id) == (stages.AMOUNT, 24, application.bank_id)
    with pytest.raises(DebtNotPaid):
        filings.begin_cancellation(application_id=application.pk, by=by)
    paid_off_and_cancelled(application, loan)


def paid_off_and_cancelled(application, loan):
    """Paid off, the cancellation is owed at once; its certificate releases loan and rights."""
    quote = repaying.quoted(loan, clock.today())
    repaying.receive(
        loan_id=loan.pk,
        reference="all",
        value_date=clock.today(),
        amount=Decimal(quote.total) / 100,
        early="shorter",
        by=cast.lena().actor,
    )
    for _ in range(2):
        owe_cancellation(loan.pk)
    filing = stages.filing_of(application, "cancellation")
    assert filing.file_by > clock.today()
    stages.filed(application, "cancellation")
    filing = stages.certified(application, "cancellation")
    filings.confirm(filing_id=filing.pk, by=stages.approver().actor)
    loan.refresh_from_db()
    assert loan.state == LoanState.RELEASED
    assert not loan.securities.standing().exists()
    assert application.collateral.get().state == CollateralState.RELEASED
    assert not Reservation.objects.live().by_subject(application.subject).exists()


@pytest.mark.rule("DP-SEPARATE", "DP-SENSITIVE", "DP-CREDIT-QUERY")
def test_nothing_reaches_a_bank_before_each_consent_is_given_to_the_very_text():
    application = stages.drafted()[0]
    by = cast.ines().actor
    with pytest.raises(ConsentsNotGiven):
        applications.submit(application_id=application.pk, by=by)
    with pytest.raises(ConsentTextChanged):
        applications.consent(application_id=application.pk, kind=ConsentKind.SHARE, sha256="0" * 64, by=by)
    stages.consented(application)
    given = application.consents.get(kind=ConsentKind.SHARE)
    assert given.sha256 == text_of(ConsentKind.SHARE, application.bank).sha256
    applications.submit(application_id=application.pk, by=by)
    applications.withdraw_consent(application_id=application.pk, kind=ConsentKind.SHARE, by=by)
    assert stages.now(application).state == ApplicationState.WITHDRAWN


@pytest.mark.rule("PLG-REFUSE-09", "LN-LTV")
def test_a_pledged_right_a_missing_appraisal_and_too_much_money_each_block_with_article_and_cure():
    ines = cast.ines()
    free, taken = a_right(ines), a_right(ines)
    pledged(taken, cast.bo())
    application = stages.consented(stages.drafted(ines, free, taken, amount=Decimal("3500000.00"))[0])
    Collateral.objects.filter(application=application, asset=taken).update(value=None, base_date=None, valid_until=None)
    applications.check_again(application_id=application.pk, by=ines.actor)
    application.refresh_from_db()
    blocked = {(one["code"], one["asset"]) for one in application.eligibility if one["result"] == "block"}
    assert blocked == {("ground_09", taken.pk), ("appraisal", taken.pk), ("value", None)}
    assert {one["code"] for one in application.eligibility if one["asset"] == free.pk} >= {
        f"ground_{n:02d}" for n in range(1, 13)
    }
    said = next(one for one in application.eligibility if one["code"] == "ground_09" and one["result"] == "block")
    assert said["rule"] == "PLG-REFUSE-09" and said["cure_zh"] and said["cure_en"] and said["article_zh"]
    with pytest.raises(NotEligible):
        applications.submit(application_id=application.pk, by=ines.actor)


def test_of_several_banks_the_first_offer_accepted_wins_and_the_others_give_way():
    other = stages.another_bank()
    ines = cast.ines()
    first, second = stages.drafted(ines, banks=(cast.lena(), other))
    for one in (first, second):
        stages.consented(one)
        applications.submit(application_id=one.pk, by=ines.actor)
    stages.diligent(stages.looked_into(stages.taken(first)))
    proposal = stages.proposed(first)
    stages.declared(first, stages.approver())
    decisions.pass_proposal(proposal_id=proposal.pk, by=stages.approver().actor)
    contracting.accept(application_id=first.pk, by=ines.actor)
    assert stages.now(second).state == ApplicationState.WITHDRAWN
    assert Reservation.objects.live().filter(subject_kind="loans.application", subject_id=first.pk).count() == 1
    third = stages.drafted(ines, *[one.asset for one in first.collateral.all()])[0]
    with pytest.raises(NotEligible):  # the right is promised
        stages.consented(third)
        applications.submit(application_id=third.pk, by=ines.actor)
    contracting.call_off(application_id=first.pk, reason="客户撤回", by=stages.approver().actor)
    assert not Reservation.objects.live().filter(subject_id=first.pk, subject_kind="loans.application").exists()


def test_an_offer_lapses_by_the_clock_and_a_draft_keeps_the_terms_it_froze():
    application = stages.offered()
    with clock.at(clock.now() + timedelta(days=16)):
        lifecycle.take_timed_step(APPLICATION_GRAPH, application.pk, "expire")
    assert stages.now(application).state == ApplicationState.EXPIRED


def test_terms_are_published_by_another_person_and_never_change_under_an_application():
    product = stages.a_product()
    draft = stages.drafted()[0]
    newer = {**stages.TERMS, "annual_rate_pct": "9.9"}
    version = products.write_version(product_id=product.pk, terms=newer, by=cast.lena().actor)
    with pytest.raises(VersionWriter):
        products.publish_version(product_id=product.pk, by=cast.lena().actor)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductVersion.objects.filter(pk=version.pk).update(published_by=cast.lena().person, published_at=clock.now())
    products.publish_version(product_id=product.pk, by=stages.head().actor)
    draft.refresh_from_db()
    assert draft.terms.annual_rate_pct == Decimal("4.35")
    stages.consented(draft)
    with pytest.raises(ProductNotOpen):
        applications.submit(application_id=draft.pk, by=cast.ines().actor)
    with pytest.raises(Exception, match=r"Cannot update|fixed"), transaction.atomic():
        ProductVersion.objects.filter(product=product, number=1).update(terms_json=newer)


def test_a_delegate_prepares_and_does_not_submit():
    application = stages.consented(stages.drafted()[0])
    stranger = cast.bo().actor
    with pytest.raises(NotPermitted):
        applications.submit(application_id=application.pk, by=stranger)


@pytest.mark.rule("PLG-CANCEL")
def test_a_pledge_never_paid_out_is_cancelled_and_the_loan_called_off():
    application = stages.registered()
    by = stages.reviewer().actor
    filings.begin_cancellation(application_id=application.pk, by=by)
    stages.filed(application, "cancellation")
    filing = stages.certified(application, "cancellation")
    filings.confirm(filing_id=filing.pk, by=stages.approver().actor)
    row = application.collateral.get()
    assert row.state == CollateralState.RELEASED and row.entry.ended_at is not None
    assert filing.__class__.objects.get(pk=filing.pk).state == FilingState.EFFECTIVE
    with pytest.raises(NotPledged):
        disbursing.disburse(application_id=application.pk, disbursed_on=clock.today(), by=stages.approver().actor)
    contracting.call_off(application_id=application.pk, reason="未放款", by=stages.approver().actor)
    assert stages.now(application).state == ApplicationState.FAILED
