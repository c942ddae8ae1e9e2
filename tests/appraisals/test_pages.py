"""The pages of appraisals, in the hands of client, agency, bank, desk and strangers, in both languages."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from marketplace.core import clock
from tests import cast
from tests.appraisals import stages
from tests.cast import Part
from tests.catalogue.makers import a_listing, a_right
from tests.world import index_everything
from valuation.appraisals import twin as twins
from valuation.appraisals.services import objections, reports, scores
from valuation.appraisals.states import OrderState, ReportState
from valuation.models import Objection, Order, Report

pytestmark = pytest.mark.django_db
LANGUAGES = ("zh-hans", "en")


def looks(browser: Client, name: str, *args: object, expect: int = 200) -> str:
    """The page in both languages; the Chinese one is given back."""
    pages = {}
    for language in LANGUAGES:
        with translation.override(language):
            answer = browser.get(reverse(name, args=args))
        assert answer.status_code == expect, (name, args, language, answer.status_code)
        pages[language] = answer.content.decode()
    return pages["zh-hans"]


def test_the_directory_shows_who_may_sign() -> None:
    agency = stages.agency_of(cast.val())
    assert "瓦尔评估有限公司" in looks(Client(), "agency_list")
    page = looks(Client(), "agency_detail", agency.pk)
    assert agency.filing_number in page and agency.appraisers.first().certificate in page


def test_an_agency_keeps_its_profile_by_hand() -> None:
    val = cast.val()
    browser = val.signed_in()
    looks(browser, "agency_profile")
    facts = {
        "legal_form": "partnership", "filing_number": "云财资备〔2024〕9号", "filed_with": "云澜市财政局",
        "filed_on": "2024-03-01", "fields_known": "C08, h01m", "insurer": "云澜保险", "insured_amount": "1000000",
        "insured_until": (clock.today() + timedelta(days=90)).isoformat(), "turnaround_days": "15",
        "is_taking_orders": "on",
    }  # fmt: skip
    assert browser.post(reverse("agency_profile"), facts).status_code == 302
    assert stages.Agency.objects.get(organisation=val.organisation).fields == ["C08", "H01M"]
    assert cast.ines().signed_in().get(reverse("agency_profile")).status_code == 404


def test_a_client_orders_by_form_and_the_agency_quotes_by_form() -> None:
    ines, val = cast.ines(), cast.val()
    agency, right = stages.agency_of(val), a_right()
    mine = ines.signed_in()
    assert str(right.number) in mine.get(f"{reverse('appraisal_new')}?asset={right.pk}").content.decode()
    today = clock.today()
    sent = {
        "rights": str(right.pk), "purpose": "pledge", "value_type": "market", "base_date": today.isoformat(),
        "deadline": (today + timedelta(days=40)).isoformat(),
        "quotes_until": (today + timedelta(days=5)).isoformat(), "agencies": [str(agency.pk)], "note": "",
    }  # fmt: skip
    answer = mine.post(reverse("appraisal_new"), sent)
    order = Order.objects.get()
    assert answer["Location"].endswith(f"/workspace/appraisals/{order.number}/")
    looks(mine, "appraisal", order.number)
    quote = stages.quote_of(order, val)
    page = looks(val.signed_in(), "appraisal", order.number)
    assert "报价" in page
    step = reverse("appraisal_quote_act", args=[order.number, quote.pk, "offer"])
    offered = {"fee": "53000", "tax_pct": "6", "days": "20", "work_done_pct": "50", "is_independent": "on"}
    assert val.signed_in().post(step, offered).status_code == 302
    assert "53,000.00" in looks(mine, "appraisal", order.number)
    engage = reverse("appraisal_quote_act", args=[order.number, quote.pk, "engage"])
    assert "53,000.00" in mine.get(engage).content.decode()
    assert mine.post(engage).status_code == 302
    order = stages.now(order)
    assert order.state == OrderState.CONTRACTING and order.contract is not None
    assert reverse("signing_document", args=[order.contract.number]) in looks(mine, "appraisal", order.number)
    stages.contracted(order)
    looks(mine, "appraisal", order.number)
    looks(mine, "my_appraisals")


def test_a_sealed_quote_is_on_no_page_but_its_own() -> None:
    val, vera, ines = cast.val(), stages.vera(), cast.ines()
    order = stages.quoted(stages.invited(stages.requested(), val, vera), val)
    quote = stages.quote_of(order, val)
    for part in (vera, ines, cast.bo()):
        answer = part.signed_in().get(reverse("appraisal", args=[order.number]))
        assert "53,000" not in answer.content.decode()
    address = reverse("appraisal_quote_act", args=[order.number, quote.pk, "offer"])
    assert vera.signed_in().get(address).status_code == 404
    assert cast.bo().signed_in().get(reverse("appraisal", args=[order.number])).status_code == 404


def test_the_workbench_computes_live_and_keeps() -> None:
    order = stages.drafting_stage()
    a = stages.member(cast.val(), "a").signed_in()
    looks(a, "appraisal_workbench", order.number)
    sheet = {
        "revenue": "10000000\n11,000,000\n12000000", "revenue__spread": "20%", "revenue__reason": "合同",
        "royalty_rate": "4.2%", "royalty_rate__low": "3.4%", "royalty_rate__high": "5.1%",
        "royalty_rate__reason": "同类",
        "discount_rate": "0.175", "discount_rate__reason": "累加法", "tax_rate": "25%", "tax_rate__reason": "税法",
        "why": "可预测收益",
    }  # fmt: skip
    live = a.post(reverse("appraisal_live", args=[order.number, "relief_from_royalty"]), sheet).content.decode()
    assert "svg" in live and not order.methods.exists()
    wrong = a.post(reverse("appraisal_live", args=[order.number, "relief_from_royalty"]), {**sheet, "tax_rate": "x"})
    assert "tax_rate" in wrong.content.decode()
    looks(a, "appraisal_method", order.number, "relief_from_royalty")
    kept = a.post(reverse("appraisal_method", args=[order.number, "relief_from_royalty"]), sheet)
    assert kept.status_code == 302
    use = order.methods.get()
    assert use.input["royalty_rate"] == "0.042" and use.uncertain["revenue"] == {"spread": "0.2"}
    scores.compute_scores(order_id=order.pk, by=stages.member(cast.val(), "a").actor)
    page = looks(a, "appraisal_workbench", order.number)
    assert "radar" in page and "许可费" in page
    looks(a, "appraisal_text", order.number, "legal")
    for verb in ("frame", "weigh", "ask", "give_score", "hand_in"):
        looks(a, "appraisal_act", order.number, verb)
    for part in (cast.ines(), cast.bo(), cast.ops()):
        assert part.signed_in().get(reverse("appraisal_workbench", args=[order.number])).status_code == 404


def test_those_who_rely_on_it_see_compute_and_doubt() -> None:
    ines, val, lena = cast.ines(), cast.val(), cast.lena()
    report = stages.issued(user_ids=[lena.organisation.pk])
    for part in (ines, val, lena, cast.ops()):
        page = looks(part.signed_in(), "appraisal_report", report.number)
        assert f"{report.amount:,.2f}" in page
        looks(part.signed_in(), "my_reports")
    assert cast.bo().signed_in().get(reverse("appraisal_report", args=[report.number])).status_code == 404
    bank = lena.signed_in()
    again = bank.post(reverse("appraisal_recompute", args=[report.number]), HTTP_HX_REQUEST="true").content.decode()
    assert f"{report.amount:,.2f}" in again and "一致" in again
    assert bank.post(reverse("appraisal_recompute", args=[report.number])).status_code == 200
    twin = bank.get(reverse("appraisal_twin", args=[report.number])).content
    assert twins.digest(json.loads(twin)) == report.twin_sha256
    doubt = reverse("appraisal_report_act", args=[report.number, "doubt"])
    assert bank.post(doubt, {"doubt": "提成率偏高"}).status_code == 302
    assert "有争议" in looks(ines.signed_in(), "appraisal_report", report.number)
    made = Objection.objects.get()
    explain = reverse("appraisal_objection_act", args=[report.number, made.pk, "explain"])
    assert val.signed_in().post(explain, {"explanation": "同类九件取中位数"}).status_code == 302
    looks(bank, "appraisal_objection_act", report.number, made.pk, "second")
    objections.settle(objection_id=made.pk, by=lena.actor)
    assert Report.objects.get(pk=report.pk).state == ReportState.ISSUED
    looks(cast.ops().signed_in(), "desk_appraisals")


def test_a_listing_and_the_register_show_what_the_holder_decided() -> None:
    report = stages.issued()
    listing = a_listing(by=cast.ines(), assets=report.rights)
    looks(cast.ines().signed_in(), "appraisal_report_act", report.number, "show")
    step = reverse("appraisal_report_act", args=[report.number, "show"])
    assert cast.ines().signed_in().post(step, {"listing": listing.pk}).status_code == 302
    index_everything()
    assert report.number in looks(Client(), "listing_detail", listing.number)
    assert report.number in looks(Client(), "patent_detail", report.rights[0].pk)
    reports.withdraw(report_id=report.pk, reason="资料失实", by=cast.val().actor)
    page = looks(cast.bo().signed_in(), "listing_detail", listing.number)
    assert "已被评估机构撤回" in page


def test_members_who_only_read_may_look_and_do_nothing() -> None:
    from marketplace.accounts.roles import Role
    from tests.builders import a_person, joins

    order = stages.drafting_stage()
    person = a_person("rita@holder.test")
    joins(person, cast.ines().organisation, [Role.READ_ONLY])
    rita = Part(person, cast.ines().organisation).signed_in()
    looks(rita, "appraisal", order.number)
    assert rita.get(reverse("appraisal_act", args=[order.number, "terminate"])).status_code == 403
    assert rita.get(reverse("appraisal_new")).status_code == 403


def test_the_api_goes_the_same_way() -> None:
    ines, val = cast.ines(), cast.val()
    agency, right = stages.agency_of(val), a_right()
    mine, theirs = ines.signed_in(), val.signed_in()
    today = clock.today()
    sent = {
        "rights": [right.pk], "purpose": "pledge", "base_date": today.isoformat(), "agencies": [agency.pk],
        "deadline": (today + timedelta(days=40)).isoformat(),
        "quotes_until": (today + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    made = mine.post("/api/v1/appraisals/", sent, content_type="application/json")
    assert made.status_code == 201, made.content
    number, quote = made.json()["number"], made.json()["quotes"][0]["id"]
    offer = f"/api/v1/appraisals/{number}/quotes/{quote}/steps/offer/"
    terms = {"fee": "53000", "tax_pct": "6", "days": 20, "work_done_pct": 50, "is_independent": True}
    assert theirs.post(offer, terms, content_type="application/json").status_code == 200
    engage = f"/api/v1/appraisals/{number}/quotes/{quote}/steps/engage/"
    assert mine.post(engage, {}, content_type="application/json").json()["state"] == "contracting"
    order = stages.paid(stages.contracted(Order.objects.get(number=number)))
    begin = f"/api/v1/appraisals/{number}/steps/begin_drafting/"
    assert theirs.post(begin, {}, content_type="application/json").json()["state"] == "drafting"
    given = {"input": stages.COST, "reasons": {"current_cost": "研发账"}, "why": "成本可靠"}
    kept = theirs.post(f"/api/v1/appraisals/{number}/methods/replacement_cost/", given, content_type="application/json")
    assert Decimal(kept.json()["methods"][0]["value"]) == order.methods.get().value
    bad = {"input": {**stages.COST, "current_cost": "-5"}}
    refused = theirs.post(
        f"/api/v1/appraisals/{number}/methods/replacement_cost/", bad, content_type="application/json"
    )
    assert refused.status_code == 422 and refused.json()["error"]["field"] == "current_cost"
    assert mine.get(f"/api/v1/appraisals/{number}/").json()["methods"] == []
    assert cast.bo().signed_in().get(f"/api/v1/appraisals/{number}/").status_code == 404
    assert mine.get("/api/v1/agencies/").status_code == 200
    assert mine.get("/api/v1/appraisal-reports/").status_code == 200
