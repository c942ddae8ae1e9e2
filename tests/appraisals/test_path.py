"""An appraisal from request to a sealed report, and the ways out of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.core import clock, invariants
from marketplace.core.errors import IllegalTransition, NotPermitted, ReasonMissing
from marketplace.payments import ledger
from marketplace.payments.models import Invoice, Payout
from marketplace.signing.models import Document
from marketplace.signing.states import DocumentState
from tests import cast
from tests.appraisals import stages
from tests.builders import a_pdf
from tests.catalogue.makers import a_right
from valuation.appraisals import fees
from valuation.appraisals import twin as twins
from valuation.appraisals.refusals import (
    AgencyNotOpen,
    AppraisersWrong,
    CommentsOpen,
    DataMissing,
    DraftIncomplete,
    OneMethodOnly,
    PresetValue,
    SamePerson,
    WeightsWrong,
)
from valuation.appraisals.services import data, drafting, orders, posting, reviewing
from valuation.appraisals.services.drafting import Frame
from valuation.appraisals.states import DataState, OrderState, ReportState
from valuation.models import Report

pytestmark = pytest.mark.django_db


def test_from_request_to_a_sealed_report_that_recomputes() -> None:
    report = stages.issued()

    assert report.state == ReportState.ISSUED
    assert report.order.state == OrderState.ISSUED
    document = Document.objects.get(pk=report.document_id)
    assert document.state == DocumentState.COMPLETE
    assert [bool(one.named_id) for one in document.signatures.order_by("order")] == [True, True, False]
    again = twins.recompute(report.twin)
    assert again.agrees
    assert again.found == report.amount
    assert twins.digest(report.twin) == report.twin_sha256
    assert [one.as_dict() for one in invariants.ask_all() if one.broken] == []


def test_the_fee_is_held_until_the_report_is_issued_and_invoiced() -> None:
    report = stages.signing_stage()
    assert fees.held(report.order).amount == stages.FEE
    assert not Payout.objects.filter(subject_kind="valuation.order").exists()

    stages.all_sign(report)

    assert ledger.held(report.order.subject, "CNY") == Decimal("0.00")
    payout = Payout.objects.get(subject_kind="valuation.order", subject_id=report.order_id)
    assert (payout.payee_id, payout.amount) == (cast.val().organisation.pk, stages.FEE)
    bill = Invoice.objects.get(subject_kind="valuation.order")
    assert (bill.issuer_id, bill.total, bill.net) == (payout.payee_id, stages.FEE, Decimal("50000.00"))


@pytest.mark.rule("APR-VALID")
def test_a_report_is_valid_for_a_year_from_its_base_date() -> None:
    report = stages.signing_stage()
    assert report.valid_until == report.base_date.replace(year=report.base_date.year + 1) - timedelta(days=1)


def test_the_conclusion_follows_from_methods_and_weights_and_is_rounded_once() -> None:
    order = stages.drafting_stage()
    stages.write_everything(order, stages.member(cast.val(), "a"))
    draft = stages.now(order).draft
    income, cost = order.methods.order_by("position")
    exact = (income.value * 70 + cost.value * 30) / 100
    assert abs(draft.conclusion - exact) <= 5000
    assert draft.conclusion % 10000 == 0
    assert draft.low <= draft.conclusion <= draft.high


def test_work_waits_for_the_fee_and_for_the_data() -> None:
    order = stages.engaged()
    with pytest.raises(IllegalTransition):
        data.begin_drafting(order_id=order.pk, by=cast.val().actor)
    order = stages.paid(order)
    request = data.ask(order_id=order.pk, title="合同", due_on=clock.today() + timedelta(days=3), by=cast.val().actor)
    with pytest.raises(DataMissing):
        data.begin_drafting(order_id=order.pk, by=cast.val().actor)
    data.withhold(request_id=request.pk, reason="商业秘密", by=cast.ines().actor)
    with pytest.raises(DataMissing):
        data.begin_drafting(order_id=order.pk, by=cast.val().actor)
    data.drop(request_id=request.pk, by=cast.val().actor)
    assert data.begin_drafting(order_id=order.pk, by=cast.val().actor).state == OrderState.DRAFTING


def test_what_was_delivered_can_be_asked_for_again_with_a_reason() -> None:
    order = stages.paid(stages.engaged())
    request = data.ask(order_id=order.pk, title="合同", due_on=clock.today(), by=cast.val().actor)
    data.deliver(request_id=request.pk, answer="", uploads=[a_pdf()], by=cast.ines().actor)
    with pytest.raises(ReasonMissing):
        data.ask_again(request_id=request.pk, reason="", by=cast.val().actor)
    assert data.ask_again(request_id=request.pk, reason="缺页", by=cast.val().actor).state == DataState.ASKED


@pytest.mark.rule("APR-METHODS")
def test_one_method_needs_its_exception_and_weights_make_the_whole() -> None:
    order = stages.drafting_stage()
    a = stages.member(cast.val(), "a")
    stages.write_everything(order, a)
    with pytest.raises(WeightsWrong):
        drafting.weigh(order_id=order.pk, weights={"relief_from_royalty": Decimal(70)}, by=a.actor)
    drafting.drop_method(order_id=order.pk, method="replacement_cost", by=a.actor)
    drafting.weigh(order_id=order.pk, weights={"relief_from_royalty": Decimal(100)}, by=a.actor)
    with pytest.raises(OneMethodOnly):
        drafting.hand_in(order_id=order.pk, by=a.actor)
    draft = stages.now(order).draft
    frame = Frame(
        draft.economic_life_ends_on, draft.visited_on, 100, "研发成本无法取得，市场无同类交易。", draft.signers
    )
    drafting.set_frame(order_id=order.pk, frame=frame, by=a.actor)
    assert drafting.hand_in(order_id=order.pk, by=a.actor).state == OrderState.REVIEWING


def test_an_assumption_without_its_reason_keeps_the_draft_back() -> None:
    order = stages.drafting_stage()
    a = stages.member(cast.val(), "a")
    stages.write_everything(order, a)
    drafting.use_method(order_id=order.pk, working=stages.working(reasons={"revenue": "合同"}), by=a.actor)
    with pytest.raises(DraftIncomplete) as refused:
        drafting.hand_in(order_id=order.pk, by=a.actor)
    assert "折现率" in refused.value.message or "Discount rate" in refused.value.message


def test_a_preset_value_is_refused_as_conclusion() -> None:
    order = stages.drafting_stage()
    a = stages.member(cast.val(), "a")
    stages.write_everything(order, a)
    reached = stages.now(order).draft.conclusion
    type(order).objects.filter(pk=order.pk).update(wished=reached + Decimal("1234.00"))
    with pytest.raises(PresetValue):
        drafting.hand_in(order_id=order.pk, by=a.actor)


@pytest.mark.rule("APR-METHODS")
def test_who_drafted_may_not_review() -> None:
    order = stages.reviewing_stage()
    with pytest.raises(NotPermitted):
        reviewing.approve(order_id=order.pk, by=stages.member(cast.val(), "a").actor)
    drafting_owner = cast.val()
    order.draft.drafters.append(drafting_owner.person.pk)
    order.draft.save()
    with pytest.raises(SamePerson):
        reviewing.approve(order_id=order.pk, by=drafting_owner.actor)


def test_every_comment_is_answered_before_approval() -> None:
    order = stages.reviewing_stage()
    a, c = stages.member(cast.val(), "a"), stages.member(cast.val(), "c")
    made = reviewing.comment(order_id=order.pk, text="折现率依据不足", by=c.actor)
    with pytest.raises(CommentsOpen):
        reviewing.approve(order_id=order.pk, by=c.actor)
    reviewing.return_draft(order_id=order.pk, reason="见意见", by=c.actor)
    drafting.answer_comment(comment_id=made.pk, answer="已补充可比公司数据", by=a.actor)
    drafting.hand_in(order_id=order.pk, by=a.actor)
    assert reviewing.approve(order_id=order.pk, by=c.actor).state == ReportState.SIGNING


@pytest.mark.rule("APR-TWO")
def test_two_different_certified_people_sign() -> None:
    order = stages.drafting_stage()
    a = stages.member(cast.val(), "a")
    frame = Frame(None, None, 100, signer_ids=[a.person.pk])
    with pytest.raises(AppraisersWrong):
        drafting.set_frame(order_id=order.pk, frame=frame, by=a.actor)
    with pytest.raises(AppraisersWrong):
        stranger = cast.bo().person.pk
        frame = Frame(None, None, 100, signer_ids=[a.person.pk, stranger])
        drafting.set_frame(order_id=order.pk, frame=frame, by=a.actor)


@pytest.mark.rule("APR-TWO")
def test_nobody_signs_in_the_place_of_a_named_appraiser() -> None:
    report = stages.signing_stage()
    document = Document.objects.get(pk=report.document_id)
    from marketplace.signing.refusals import NotYourTurn

    with pytest.raises(NotYourTurn):
        stages.signs(cast.val(), document)  # the owner binds the agency, and is not the appraiser whose turn it is
    stages.signs(stages.member(cast.val(), "a"), document)
    from marketplace.signing.refusals import AlreadySigned

    with pytest.raises(AlreadySigned):
        stages.signs(stages.member(cast.val(), "a"), Document.objects.get(pk=document.pk))


def test_taken_back_from_signing_the_document_is_void_and_a_new_one_follows() -> None:
    report = stages.signing_stage()
    a, c = stages.member(cast.val(), "a"), stages.member(cast.val(), "c")
    reviewing.take_back(order_id=report.order_id, reason="笔误", by=a.actor)
    report.refresh_from_db()
    assert report.state == ReportState.DROPPED
    assert Document.objects.get(pk=report.document_id).state == DocumentState.VOID
    drafting.hand_in(order_id=report.order_id, by=a.actor)
    second = reviewing.approve(order_id=report.order_id, by=c.actor)
    assert second.number != report.number
    assert stages.all_sign(second).state == ReportState.ISSUED


def test_a_client_that_ends_it_late_pays_for_the_work_done() -> None:
    order = stages.drafting_stage()
    orders.terminate(order_id=order.pk, reason="不再需要", by=cast.ines().actor)
    payout = Payout.objects.get(subject_kind="valuation.order", payee=cast.val().organisation)
    assert payout.amount == stages.FEE / 2
    assert fees.held(order).amount == 0
    assert sum(bill.total for bill in Invoice.objects.filter(subject_kind="valuation.order")) == stages.FEE / 2


def test_an_agency_that_ends_it_gets_nothing() -> None:
    order = stages.drafting_stage()
    orders.terminate(order_id=order.pk, reason="委托人要求预设价值", by=cast.val().actor)
    assert not Payout.objects.filter(subject_kind="valuation.order", payee=cast.val().organisation).exists()
    assert sum(bill.total for bill in Invoice.objects.filter(subject_kind="valuation.order")) == 0


def test_before_the_fee_is_held_the_client_may_cancel_and_afterwards_not() -> None:
    order = stages.engaged()
    orders.cancel(order_id=order.pk, reason="改主意", by=cast.ines().actor)
    assert not fees.obligations(order).filter(state="open").exists()
    order = stages.paid(stages.engaged())
    with pytest.raises(IllegalTransition):
        orders.cancel(order_id=order.pk, reason="改主意", by=cast.ines().actor)


def test_the_draft_is_nobody_elses() -> None:
    order = stages.drafting_stage()
    for part in (cast.ines(), cast.bo(), stages.vera()):
        with pytest.raises(NotPermitted):
            drafting.write_text(order_id=order.pk, section="legal", zh="x", en="x", by=part.actor)


def test_a_report_engaged_elsewhere_goes_the_same_way_but_for_the_fee() -> None:
    val, ines = cast.val(), cast.ines()
    stages.agency_of(val)
    right = a_right(ines)
    order = posting.post_elsewhere(client_id=ines.organisation.pk, wanted=stages.wanted(right), by=val.actor)
    assert order.state == OrderState.DRAFTING and order.is_elsewhere
    stages.write_everything(order, stages.member(val, "a"))
    drafting.hand_in(order_id=order.pk, by=stages.member(val, "a").actor)
    report = reviewing.approve(order_id=order.pk, by=stages.member(val, "c").actor)
    report = stages.all_sign(report)
    assert report.state == ReportState.ISSUED and report.is_elsewhere and report.twin["engaged_elsewhere"]
    assert not fees.obligations(order).exists()
    with pytest.raises(AgencyNotOpen):
        posting.post_elsewhere(client_id=ines.organisation.pk, wanted=stages.wanted(right), by=ines.actor)
    assert [one.as_dict() for one in invariants.ask_all() if one.broken] == []


def test_reports_cannot_be_changed_or_deleted() -> None:
    from django.db import InternalError, transaction
    from django.db.utils import DatabaseError

    report = stages.issued()
    for act in (
        lambda: Report.objects.filter(pk=report.pk).update(amount=Decimal("1.00")),
        lambda: Report.objects.filter(pk=report.pk).delete(),
    ):
        with pytest.raises((InternalError, DatabaseError)), transaction.atomic():
            act()
