"""The desk's page of provider events, and a payee's way to an account at Stripe."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from marketplace.payments.inbound import InboundState
from marketplace.payments.models import InboundEvent, PayoutAccount, RefusedDelivery
from marketplace.payments.services.inbox import apply_event
from tests.cast import Part, bo, ines, ops
from tests.payments.practice import Practice, opens, owes

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubted(practice: Practice) -> InboundEvent:
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("pay", session=payin.external_id)
    event = practice.event("checkout.session.completed")
    practice.deliver(event, secret="whsec_guessed")
    received = practice.deliver(event | {"livemode": True})
    assert received.event is not None
    return received.event


def proved(part: Part) -> Client:
    """Signed in, and asked for the password a moment ago."""
    browser = part.signed_in()
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return browser


def test_the_desk_sees_what_is_doubted_and_what_was_refused(doubted: InboundEvent, django_assert_max_num_queries):
    desk = ops().signed_in()
    with django_assert_max_num_queries(10):
        text = desk.get("/desk/money/events/").content.decode()
    assert doubted.external_id in text
    assert "测试环境与正式环境不符" in text and "签名并非出自支付机构" in text and "192.0.2.7" in text
    english = desk.get("/en/desk/money/events/").content.decode()
    assert "Test event on a live account" in english
    assert bo().signed_in().get("/desk/money/events/").status_code == 404


def test_the_desk_decides(doubted: InboundEvent):
    desk = ops().signed_in()
    desk.post(f"/desk/money/events/{doubted.pk}/retry/")
    doubted.refresh_from_db()
    assert doubted.state == InboundState.RECEIVED
    # Taken out of quarantine by a person it is applied like any other, and so asked of the provider.
    assert apply_event(doubted.pk).state == InboundState.APPLIED


def test_a_dismissal_keeps_its_reason(doubted: InboundEvent):
    desk = ops().signed_in()
    desk.post(f"/desk/money/events/{doubted.pk}/dismiss/", {"reason": ""})
    doubted.refresh_from_db()
    assert doubted.state == InboundState.QUARANTINED
    desk.post(f"/desk/money/events/{doubted.pk}/dismiss/", {"reason": "演练"})
    doubted.refresh_from_db()
    assert doubted.state == InboundState.DISMISSED


def test_a_refused_hour_is_marked_as_seen_until_the_next_refusal(practice: Practice, doubted: InboundEvent):
    desk = ops()
    row = RefusedDelivery.objects.get()
    desk.signed_in().post(f"/desk/money/events/refused/{row.pk}/")
    row.refresh_from_db()
    assert row.seen_by_id == desk.person.pk
    practice.deliver(doubted.payload, secret="whsec_guessed")
    row.refresh_from_db()
    assert (row.seen_at, row.count) == (None, 2)


def test_a_payee_opens_an_account_and_goes_on_at_stripe(practice: Practice):
    payee = ines()
    browser = proved(payee)
    assert "在 Stripe 开通收款账户" in browser.get("/workspace/money/account/").content.decode()
    assert browser.get("/workspace/money/account/stripe/onboarding/").status_code == 404
    browser.post("/workspace/money/account/stripe/", {"country": "CN"})  # Stripe does not pay there from here
    assert practice.fake.every("account") == []
    browser.post("/workspace/money/account/stripe/", {"country": "SG"})
    browser.post("/workspace/money/account/stripe/", {"country": "SG"})  # a second click opens no second account
    [account] = practice.fake.every("account")
    row = PayoutAccount.objects.get(rail="stripe")
    assert (row.external_id, row.is_ready, row.organisation_id) == (account["id"], False, payee.organisation.pk)
    assert "Stripe 待您补齐资料" in browser.get("/workspace/money/account/").content.decode()
    sent = browser.get("/workspace/money/account/stripe/onboarding/")
    assert sent["Location"].startswith(f"{practice.fake.url}/onboard/")
    practice.do("onboard", account=account["id"])
    practice.bring("account.updated")
    assert "可以收款" in browser.get("/workspace/money/account/").content.decode()


def test_an_account_whose_answer_was_lost_is_the_same_one(practice: Practice):
    browser = proved(ines())
    practice.do("faults", kind="drop_after", path="/v1/accounts")
    browser.post("/workspace/money/account/stripe/", {"country": "SG"})
    assert not PayoutAccount.objects.exists()
    browser.post("/workspace/money/account/stripe/", {"country": "SG"})
    [account] = practice.fake.every("account")
    assert PayoutAccount.objects.get().external_id == account["id"]


def test_without_a_fresh_proof_nothing_is_opened(practice: Practice):
    answer = ines().signed_in().post("/workspace/money/account/stripe/", {"country": "SG"})
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert practice.fake.every("account") == []
