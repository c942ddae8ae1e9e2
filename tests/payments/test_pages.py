"""The money pages: who sees what, paying, placing by two persons, the sandbox bank, the API, exports."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from marketplace.core.actor import SYSTEM
from marketplace.payments.models import (
    LineMatch,
    Obligation,
    PayIn,
    Payout,
    PayoutAccount,
    SandboxMovement,
    StatementImport,
    StatementLine,
)
from marketplace.payments.services import invoices, refunds
from marketplace.payments.services.books import check_and_tell
from marketplace.payments.states import LineState, ObligationState, PayoutAccountState
from tests import cast
from tests.payments.makers import (
    HEAD,
    a_bank_account,
    a_line,
    a_payout_account,
    an_obligation,
    cny,
    imported,
    leg,
    paid,
    released,
    sandbox_pays,
    send_all,
)
from tests.payments.test_bank_story import a_colleague

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_stripe")]


def an_invoice(buyer=None):
    line = invoices.Line("平台服务费", "Platform fee", cny("100.00"), Decimal("6"))
    return invoices.issue_invoice(
        series="FEE",
        issuer_id=None,
        buyer_id=(buyer or cast.bo()).organisation.pk,
        lines=[line],
        subject=("deals.deal", 1),
        by=SYSTEM,
    )


def test_my_money_shows_what_i_owe_get_and_am_billed(client):
    owed = an_obligation(cast.bo(), "100.00")
    done = an_obligation(cast.bo(), "70.00", title_zh="已付款项")
    paid(done)
    released(done, leg(cast.bo(), "70.00"))
    bill = an_invoice()
    page = cast.bo().signed_in(client).get(reverse("money"))
    text = page.content.decode()
    assert page.status_code == 200
    for words in (owed.title, "已付款项", bill.number, "106.00"):
        assert words in text
    assert owed.title not in cast.ines().signed_in().get(reverse("money")).content.decode()


def test_a_payment_is_shown_to_its_payer_and_the_desk_alone():
    owed = an_obligation(cast.bo(), "100.00")
    url = reverse("obligation", args=[owed.reference])
    assert cast.bo().signed_in().get(url).status_code == 200
    assert cast.ops().signed_in().get(url).status_code == 200
    assert cast.ines().signed_in().get(url).status_code == 404


def test_choosing_the_bank_shows_account_and_reference(client):
    a_bank_account()
    owed = an_obligation(cast.bo(), "100.00")
    browser = cast.bo().signed_in(client)
    answer = browser.post(reverse("obligation_pay", args=[owed.reference, "bank"]))
    text = browser.get(answer["Location"]).content.decode()
    assert "-".join((owed.reference[:4], owed.reference[4:8], owed.reference[8:])) in text
    assert a_bank_account().account_number in text
    assert PayIn.objects.get().amount == 100


def test_a_way_not_offered_is_refused_in_words(client):
    owed = an_obligation(cast.bo(), "100.00")
    answer = cast.bo().signed_in(client).post(reverse("obligation_pay", args=[owed.reference, "barter"]))
    assert answer.status_code == 422


def test_others_cannot_pay_it(client):
    a_bank_account()
    owed = an_obligation(cast.bo(), "100.00")
    assert (
        cast.ops().signed_in(client).post(reverse("obligation_pay", args=[owed.reference, "bank"])).status_code == 403
    )


@pytest.mark.parametrize(
    ("how", "paid_sum", "state"),
    [("exact", 100, "matched"), ("short", 50, "partial"), ("over", 100, "over"), ("third", 0, "third_party")],
)
def test_the_sandbox_bank_pays_in_every_way(client, how, paid_sum, state):
    a_bank_account("sandbox")
    owed = an_obligation(cast.bo(), "100.00")
    browser = cast.bo().signed_in(client)
    assert owed.title in browser.get(reverse("sandbox_bank")).content.decode()
    browser.post(reverse("sandbox_pay", args=[owed.reference, how]))
    owed.refresh_from_db()
    assert (owed.paid, StatementLine.objects.get().state) == (paid_sum, state)
    page = browser.get(reverse("sandbox_bank"))
    assert owed.reference in page.content.decode()


def test_the_sandbox_bank_pays_twice_and_takes_back(client):
    a_bank_account("sandbox")
    owed = an_obligation(cast.bo(), "100.00")
    browser = cast.bo().signed_in(client)
    browser.post(reverse("sandbox_pay", args=[owed.reference, "twice"]))
    assert list(StatementLine.objects.order_by("pk").values_list("state", flat=True)) == ["matched", "duplicate"]
    first = SandboxMovement.objects.order_by("pk")[0]
    assert cast.ines().signed_in().post(reverse("sandbox_return", args=[first.pk])).status_code == 404
    browser.post(reverse("sandbox_return", args=[first.pk]))
    owed.refresh_from_db()
    assert owed.state == ObligationState.REOPENED


def test_any_transfer_can_be_sent(client):
    account = a_bank_account("sandbox")
    browser = cast.bo().signed_in(client)
    told = {"account": account.pk, "amount": "12.34", "party_name": "某公司", "text": "hello"}
    assert browser.post(reverse("sandbox_send"), told).status_code == 302
    assert StatementLine.objects.get().state == LineState.UNMATCHED
    assert browser.post(reverse("sandbox_send"), {**told, "amount": "0"}).status_code == 422


def test_outside_a_demo_there_is_no_sandbox_bank(client, settings):
    settings.IS_DEMO = False
    assert cast.bo().signed_in(client).get(reverse("sandbox_bank")).status_code == 404


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
DESK = ("money_desk", "statements", "quarantine", "payouts_desk", "invoices_desk")


@pytest.mark.parametrize("name", DESK)
def test_the_desk_pages_open_empty_and_full_and_for_the_desk_alone(name):
    ops = cast.ops().signed_in()
    assert ops.get(reverse(name)).status_code == 200
    done = an_obligation(cast.bo(), "100.00")
    paid(done)
    released(done, leg(cast.ines(), "90.00"), leg(None, "10.00", "platform_fee"))
    imported(a_line("5.00", "?", bank_id="q"))
    send_all()
    an_invoice()
    check_and_tell()
    assert ops.get(reverse(name)).status_code == 200
    assert ops.get("/en" + reverse(name)).status_code == 200
    assert cast.bo().signed_in().get(reverse(name)).status_code == 404


def test_a_statement_is_uploaded_and_its_lines_shown(client):
    account = a_bank_account()
    owed = an_obligation(cast.bo(), "100.00")
    content = (HEAD + a_line("100.00", owed.reference, bank_id="1") + a_line("7.00", "who?", bank_id="2")).encode()
    browser = cast.ops().signed_in(client)
    upload = SimpleUploadedFile("november.csv", content, content_type="text/csv")
    answer = browser.post(reverse("statements"), {"account": account.pk, "file": upload})
    assert answer.status_code == 302
    text = browser.get(answer["Location"]).content.decode()
    assert "who?" in text and owed.reference in text
    assert StatementImport.objects.get().actor_id == cast.ops().person.pk


def test_a_file_that_is_no_statement_is_refused_in_words(client):
    account = a_bank_account()
    upload = SimpleUploadedFile("x.csv", b"a,b\n1,2\n", content_type="text/csv")
    answer = cast.ops().signed_in(client).post(reverse("statements"), {"account": account.pk, "file": upload})
    assert answer.status_code == 422
    assert not StatementImport.objects.exists()


def test_a_line_is_placed_by_two_persons(client):
    owed = an_obligation(cast.bo(), "100.00")
    imported(a_line("100.00", owed.reference, "某某公司", bank_id="1"))
    line = StatementLine.objects.get()
    url = reverse("quarantine_line", args=[line.pk])
    first, second = cast.ops().signed_in(client), a_colleague().signed_in()
    assert first.post(url, {"act": "attribute", "reference": owed.reference, "reason": ""}).status_code == 422
    first.post(url, {"act": "attribute", "reference": owed.reference, "reason": "group firm"})
    decide = reverse("quarantine_decide", args=[line.pk])
    assert first.post(decide, {"decision": "approve"}).status_code == 403
    assert second.post(decide, {"decision": "perhaps"}).status_code == 422
    second.post(decide, {"decision": "approve"})
    owed.refresh_from_db()
    assert (owed.state, LineMatch.objects.get().is_approved) == (ObligationState.PAID, True)
    assert first.get(url).status_code == 200


def test_a_refund_alone_is_an_order_for_the_bank(client):
    bo = cast.bo()
    owed = paid(an_obligation(bo, "70.00"))
    refunds.refund(obligation_id=owed.pk, money=cny("70.00"), key="refund-1", reason="双方同意", by=SYSTEM)
    send_all()
    desk, orders = cast.ops().signed_in(client), reverse("payment_orders", args=["csv"])
    assert orders in desk.get(reverse("payouts_desk")).content.decode()
    told = b"".join(desk.get(orders)).decode("utf-8-sig")
    assert bo.organisation.name_zh in told and "70.00" in told


def test_orders_for_the_bank_name_payee_and_reference(client):
    a_payout_account(cast.ines())
    done = an_obligation(cast.bo(), "100.00")
    paid(done)
    released(done, leg(cast.ines(), "100.00"))
    send_all()
    answer = cast.ops().signed_in(client).get(reverse("payment_orders", args=["csv"]))
    text = b"".join(answer.streaming_content).decode()
    assert "因氏氟材有限公司" in text and "6222000012345678" in text and "YP" in text


def test_a_failed_payout_is_tried_again_from_the_desk(client):
    from marketplace.payments.gateways import sandbox

    a_payout_account(cast.ines())
    done = an_obligation(cast.bo(), "100.00")
    sandbox_pays(done)
    released(done, leg(cast.ines(), "100.00"))
    send_all()
    sandbox.give_back(SandboxMovement.objects.get(amount__lt=0).pk)
    sandbox.pull_statement(a_bank_account("sandbox"))
    browser = cast.ops().signed_in(client)
    payout = Payout.objects.get()
    assert payout.state == "failed"
    browser.post(reverse("payout_retry", args=[payout.pk]))
    payout.refresh_from_db()
    assert (payout.state, payout.attempt) == ("prepared", 2)


# ── where to be paid ─────────────────────────────────────────────────────────────────────────────────────────────────
FORM = {"holder_name": "因氏氟材（有限责任公司）", "account_number": "6222 0000 1234 5678", "bank_name": "云澜银行"}


def fresh(browser):
    """A browser whose person has just proved who they are."""
    import time

    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return browser


def test_an_account_asks_for_proof_a_name_and_two_days(client):
    url = reverse("payout_account")
    browser = cast.ines().signed_in(client)
    stale = browser.post(url, FORM)
    assert "reauthenticate" in stale["Location"]
    fresh(browser)
    assert browser.post(url, {**FORM, "holder_name": "别人有限公司"}).status_code == 422
    assert browser.post(url, {**FORM, "account_number": "123"}).status_code == 422
    assert browser.post(url, {**FORM, "holder_name": "因氏氟材有限责任公司"}).status_code == 302
    row = PayoutAccount.objects.get()
    assert row.state == PayoutAccountState.WAITING
    assert browser.post(url, {**FORM, "holder_name": "因氏氟材有限公司"}).status_code == 409
    browser.post(reverse("payout_account_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == PayoutAccountState.WITHDRAWN
    assert cast.bo().signed_in().post(reverse("payout_account_withdraw", args=[row.pk])).status_code == 404


def test_the_new_account_replaces_the_old_after_the_waiting_time():
    first = a_payout_account(cast.ines())
    second = a_payout_account(cast.ines())
    first.refresh_from_db()
    assert (first.state, second.state) == (PayoutAccountState.REPLACED, PayoutAccountState.ACTIVE)


# ── invoices, exports, API ───────────────────────────────────────────────────────────────────────────────────────────
def test_an_invoice_is_shown_to_its_parties(client):
    bill = an_invoice()
    note = invoices.credit_note(invoice_id=bill.pk, reason="mistake", by=SYSTEM)
    url = reverse("invoice", args=[bill.number])
    assert note.number in cast.bo().signed_in(client).get(url).content.decode()
    assert cast.ines().signed_in().get(url).status_code == 404
    assert cast.ops().signed_in().get(url).status_code == 200


@pytest.mark.parametrize("what", ["obligations", "payouts", "invoices"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_hold_ones_own(client, what, kind):
    an_obligation(cast.bo(), "100.00")
    an_invoice()
    answer = cast.bo().signed_in(client).get(reverse("money_export", args=[what, kind]))
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 20
    assert cast.bo().signed_in().get(reverse("money_export", args=["secrets", "csv"])).status_code == 404


def test_the_api_tells_ones_own_and_opens_a_way_to_pay(client):
    a_bank_account()
    owed = an_obligation(cast.bo(), "100.00")
    bill = an_invoice()
    browser = cast.bo().signed_in(client)
    told = browser.get("/api/v1/obligations/").json()["results"]
    assert [(one["reference"], one["amount"]) for one in told] == [(owed.reference, "100.00")]
    answer = browser.post(
        f"/api/v1/obligations/{owed.reference}/pay/", {"provider": "bank"}, content_type="application/json"
    )
    assert answer.json()["instructions"]["reference"] == owed.reference
    assert browser.get(f"/api/v1/invoices/{bill.number}/").json()["total"] == "106.00"
    other = cast.ines().signed_in()
    assert other.get(f"/api/v1/obligations/{owed.reference}/").status_code == 404
    assert other.get("/api/v1/payouts/").json()["results"] == []
    assert Obligation.objects.get().payins.count() == 1
