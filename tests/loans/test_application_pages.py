"""Pages and API of applications: who sees which, how many statements, both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from loans.contracts.filling import particulars_of
from loans.contracts.papers import LOAN, PLEDGE, REQUIRED, paper
from loans.contracts.particulars import LoanParticulars
from loans.quoting import quote
from loans.services import applications
from loans.states.application import PaperKind
from loans.terms import Terms
from marketplace.accounts.models import Organisation
from marketplace.core.errors import BadInput, Invalid
from marketplace.core.models import StoredFile
from tests import cast
from tests.builders import a_pdf
from tests.loans import stages

pytestmark = pytest.mark.django_db


def test_a_bank_sees_only_what_was_sent_to_it_and_a_borrower_only_its_own():
    other, ines = stages.another_bank(), cast.ines()
    first, second = stages.drafted(ines, banks=(cast.lena(), other))
    for one in (first, second):
        stages.consented(one)
        applications.add_paper(application_id=one.pk, kind=PaperKind.ACCOUNTS, upload=a_pdf(), by=ines.actor)
    applications.submit(application_id=first.pk, by=ines.actor)
    files = {one.subject_id: one.pk for one in StoredFile.objects.filter(purpose=applications.FILE_PURPOSE)}
    visitors = {
        "lena": (stages.reviewer().signed_in(), {first.number}),
        "other": (stages.reviewer(other).signed_in(), set()),  # its own application is a draft still
        "bo": (cast.bo().signed_in(), set()),
        "ops": (cast.ops().signed_in(), set()),
        "ines": (ines.signed_in(), {first.number, second.number}),
    }
    for name, (browser, seen) in visitors.items():
        listed = browser.get("/api/v1/loans/applications/")
        body = listed.json()
        rows = body["results"] if isinstance(body, dict) else body
        assert {one["number"] for one in rows} == seen, name
        page = browser.get(reverse("my_loan_applications") + "?show=all").content.decode()
        for one in (first, second):
            is_seen = one.number in seen
            assert (one.number in page) is is_seen, name
            wanted = 200 if is_seen else 404
            assert browser.get(reverse("loan_application", args=[one.number])).status_code == wanted, name
            assert browser.get(f"/api/v1/loans/applications/{one.number}/").status_code == wanted, name
            assert browser.get(reverse("file", args=[files[one.pk]])).status_code == wanted, name
            assert browser.post(f"/api/v1/loans/applications/{one.number}/steps/take/").status_code in (
                {403, 409} if is_seen else {404}
            ), name


def test_the_review_page_takes_few_statements_in_both_languages(django_assert_max_num_queries):
    application = stages.in_review()
    stages.proposed(application)
    stages.declared(application, stages.approver())
    browser = stages.approver().signed_in()
    for language, word in (("zh-hans", "质押"), ("en", "Collateral")):
        with translation.override(language):
            url = reverse("loan_application", args=[application.number])
        browser.get(url)
        with django_assert_max_num_queries(15):
            page = browser.get(url)
        assert page.status_code == 200 and word in page.content.decode()


def test_an_application_goes_its_way_through_the_api():
    ines = cast.ines()
    browser = ines.signed_in()
    application = stages.drafted(ines)[0]
    base = f"/api/v1/loans/applications/{application.number}/"
    for text in browser.get(base).json()["consents"]:
        given = {"kind": text["kind"], "sha256": text["sha256"]}
        assert browser.post(f"{base}steps/consent/", given, "application/json").status_code == 200
    assert browser.post(f"{base}steps/submit/", {}, "application/json").json()["state"] == "submitted"
    officer = stages.reviewer().signed_in()
    assert officer.post(f"{base}steps/take/", {}, "application/json").status_code == 403
    assert officer.post(f"{base}steps/declare/", {"has_conflict": False}, "application/json").status_code == 200
    assert officer.post(f"{base}steps/take/", {}, "application/json").json()["state"] == "pre_check"


def test_the_yearly_rate_counts_the_fee_and_terms_survive_json():
    terms = Terms.from_json({**stages.TERMS, "shift": "none", "day_count": "ACT/365"})
    assert Terms.from_json(terms.as_json()) == terms
    found = quote(terms, Decimal("1000000.00"), 12, date(2026, 1, 1))
    free = quote(
        Terms.from_json({**terms.as_json(), "fee": {"share_bp": 0, "amount": "0.00"}}),
        Decimal("1000000.00"),
        12,
        date(2026, 1, 1),
    )
    # monthly interest at 4.35 % compounds to 4.44 % a year; half a per cent paid on the first day costs the rest
    assert (free.apr_pct, found.fee) == (Decimal("4.44"), Decimal("5000.00"))
    assert Decimal("4.95") < found.apr_pct < Decimal("5.00")
    for name, value in (("amount_min", "x"), ("term_min", 0), ("limits", []), ("shape", 1)):
        with pytest.raises((BadInput, Invalid)):
            Terms.from_json({**stages.TERMS, name: value})


@pytest.mark.rule("LN-CONTRACT", "PLG-CONTENT", "PLG-NO-FORFEIT", "LN-APR", "LN-NO-UPFRONT")
def test_both_contracts_hold_every_clause_the_law_asks_for():
    application = stages.offered()
    Organisation.objects.filter(pk__in=[application.borrower_id, application.bank_id]).update(address="云澜市")
    data = particulars_of(stages.now(application)).as_data()
    for template in (LOAN, PLEDGE):
        for language in ("zh", "en"):
            made = paper(template, LoanParticulars.from_data(data), language)
            assert REQUIRED[template] <= made.rules()
    pledge = str(paper(PLEDGE, LoanParticulars.from_data(data), "zh").as_data())
    assert "第四百二十八条" in pledge and application.collateral.get().asset.number.split(".")[0][-6:] in pledge
