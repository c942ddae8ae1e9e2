"""The engagement contract stands between the choice of an agency and its fee (Appraisal Law, article 23)."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.files.storage import default_storage
from pypdf import PdfReader

from marketplace.core import clock, relay, timers
from marketplace.signing.models import Document
from marketplace.signing.services import documents
from marketplace.signing.states import DocumentState
from tests import cast
from tests.appraisals import stages
from valuation.appraisals import fees
from valuation.appraisals.refusals import NotSealed
from valuation.appraisals.services import orders, quotes
from valuation.appraisals.states import OrderState, QuoteState
from valuation.models import Order

pytestmark = pytest.mark.django_db


def declined(order: Order) -> Order:
    document = Document.objects.get(pk=order.contract_id)
    documents.decline(document_id=document.pk, reason="费用另议", by=cast.val().actor)
    orders.contract_failed(order_id=order.pk, document_id=document.pk, reason="费用另议")
    quotes.quotes_opened(order_id=order.pk)
    return stages.now(order)


def test_no_fee_is_asked_for_before_both_have_signed() -> None:
    order = stages.chosen()
    assert order.state == OrderState.CONTRACTING and not fees.obligations(order).exists()
    orders.contract_signed(order_id=order.pk, document_id=(order.contract_id or 0) + 1)
    assert stages.now(order).state == OrderState.CONTRACTING
    stages.signs(cast.ines(), Document.objects.get(pk=order.contract_id))
    with pytest.raises(NotSealed):
        orders.contract_signed(order_id=order.pk, document_id=order.contract_id or 0)
    stages.signs(cast.val(), Document.objects.get(pk=order.contract_id))
    orders.contract_signed(order_id=order.pk, document_id=order.contract_id or 0)
    orders.contract_signed(order_id=order.pk, document_id=order.contract_id or 0)
    order = stages.now(order)
    assert order.state == OrderState.ENGAGED and fees.obligations(order).get().amount == stages.FEE


@pytest.mark.rule("APR-SCOPE")
@pytest.mark.rule("APR-ARCHIVE")
def test_the_contract_states_what_the_law_asks_for_in_both_languages() -> None:
    order = stages.chosen(is_statutory=True, other_users="云澜市人民法院")
    document = Document.objects.get(pk=order.contract_id)
    wanted = {
        "zh": (
            "资产评估委托合同",
            "伍万叁仟元整",
            "质押融资",
            "市场价值",
            "云澜市人民法院",
            "不少于30年",
            "第三十二条",
        ),
        "en": (
            "Asset appraisal engagement contract",
            "53,000.00",
            "pledge financing",
            "30 years",
            "article 32",
        ),
    }
    for language, words in wanted.items():
        with default_storage.open(getattr(document, f"file_{language}").stored_as) as file:
            pages = PdfReader(BytesIO(file.read())).pages
            found = "".join("".join(page.extract_text().split()) for page in pages)
        missing = [word for word in words if "".join(word.split()) not in found]
        assert not missing, (language, missing)


def test_a_declined_contract_opens_the_choice_again_while_others_stand() -> None:
    vera = stages.vera()
    order = stages.invited(stages.requested(), cast.val(), vera)
    stages.quoted(order, cast.val())
    stages.quoted(order, vera)
    orders.engage(order_id=order.pk, quote_id=stages.quote_of(order, cast.val()).pk, by=cast.ines().actor)
    assert stages.quote_of(order, vera).state == QuoteState.OFFERED
    order = declined(stages.now(order))
    assert (order.state, order.agency, order.quote, order.contract) == (OrderState.CHOOSING, None, None, None)
    assert stages.quote_of(order, cast.val()).state == QuoteState.LOST
    orders.engage(order_id=order.pk, quote_id=stages.quote_of(order, vera).pk, by=cast.ines().actor)
    order = stages.contracted(stages.now(order), agency=vera)
    assert order.state == OrderState.ENGAGED and order.agency_org_id == vera.organisation.pk


def test_without_another_quote_a_declined_contract_ends_the_order() -> None:
    assert declined(stages.chosen()).state == OrderState.DECLINED


def test_a_contract_nobody_signs_lapses_and_a_cancelled_one_is_void() -> None:
    order = stages.chosen()
    orders.cancel(order_id=order.pk, reason="改主意", by=cast.ines().actor)
    assert Document.objects.get(pk=order.contract_id).state == DocumentState.VOID
    order = stages.chosen()
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        timers.run_due()
        relay.relay_all()
        state = stages.now(order).state
    assert state in (OrderState.CANCELLED, OrderState.DECLINED)


def test_an_agency_may_resign_before_it_signs() -> None:
    order = stages.chosen()
    orders.terminate(order_id=order.pk, reason="人员不足", by=cast.val().actor)
    assert stages.now(order).state == OrderState.TERMINATED
    assert Document.objects.get(pk=order.contract_id).state == DocumentState.VOID
