"""The market's own accounts: who enters them, and that nothing changes under payers."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.accounts.roles import Role
from marketplace.core.errors import NotPermitted
from marketplace.core.models import Event
from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import BankAccount
from marketplace.payments.refusals import AccountNumberWrong, OurAccountInUse, SecondFactorNeeded
from marketplace.payments.services.our_accounts import OurAccount, enter_our_account
from marketplace.payments.services.payins import begin_payin
from tests import cast
from tests.builders import an_operator, member_actor, operator_actor
from tests.payments.makers import a_line, an_obligation, imported

pytestmark = pytest.mark.django_db
TOLD = OurAccount(
    currency="CNY",
    holder_zh="云澜知识产权市场运营有限公司",
    holder_en="Yunlan IP Market Operations Co., Ltd.",
    account_number="3305 0161 2345 0000 0001",
    bank_zh="云澜银行营业部",
    bank_en="Yunlan Bank, head office",
)


def entered(told: OurAccount = TOLD, by=None) -> BankAccount:
    return enter_our_account(told, by=by or operator_actor(), is_confirmed=True)


def other_number(number: str) -> OurAccount:
    return OurAccount(**{**{name: getattr(TOLD, name) for name in TOLD.__slots__}, "account_number": number})


def test_bank_transfer_is_offered_once_an_account_is_entered():
    assert "CNY" not in providers.get("bank").capabilities().currencies
    row = entered()
    assert (row.provider, row.account_number) == ("bank", "33050161234500000001")
    assert "CNY" in providers.get("bank").capabilities().currencies
    told = Event.objects.get(kind="bank_account.enter")
    assert told.data == {"currency": "CNY", "ends": "0001"}


def test_a_slip_is_corrected_while_nobody_knows_the_account():
    row = entered()
    again = entered(other_number("3305016123450000 0002"))
    assert (again.pk, again.account_number) == (row.pk, "33050161234500000002")
    assert Event.objects.filter(kind="bank_account.correct").count() == 1


def test_it_is_fixed_once_a_payer_was_told_or_a_statement_was_read():
    row = entered()
    bo = cast.bo()
    begin_payin(obligation_id=an_obligation(bo).pk, provider="bank", by=bo.actor)
    with pytest.raises(OurAccountInUse):
        entered(other_number("33050161234500000002"))
    dollars = entered(OurAccount("USD", "甲", "A", "12345678", "乙", "B"))
    imported(a_line("5.00", "x"), account=dollars)
    with pytest.raises(OurAccountInUse):
        entered(OurAccount("USD", "甲", "A", "87654321", "乙", "B"))
    row.refresh_from_db()
    assert row.account_number == "33050161234500000001"


def test_only_treasurers_of_the_operator_who_have_just_shown_who_they_are():
    with pytest.raises(SecondFactorNeeded):
        enter_our_account(TOLD, by=operator_actor(), is_confirmed=False)
    for by in (cast.bo().actor, cast.ops().actor, member_actor(an_operator(), Role.READ_ONLY)):
        with pytest.raises(NotPermitted):
            entered(by=by)
    with pytest.raises(AccountNumberWrong):
        entered(other_number("12"))
    assert not BankAccount.objects.filter(provider="bank").exists()
    assert entered(by=member_actor(an_operator(), Role.FINANCE)).pk


def shown_just_now(browser: Client) -> Client:
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return browser


def test_the_page_takes_an_account_and_refuses_a_change_in_use(client: Client):
    operator = an_operator()
    owner = operator.memberships.live().filter(roles__contains=[Role.OWNER])[0].user
    browser = shown_just_now(cast.Part(owner, operator).signed_in(client))
    told = {name: getattr(TOLD, name) for name in TOLD.__slots__}
    assert browser.post(reverse("our_accounts"), told).status_code == 302
    assert "33050161234500000001" in browser.get(reverse("our_accounts")).content.decode()
    begin_payin(obligation_id=an_obligation(cast.bo()).pk, provider="bank", by=cast.bo().actor)
    assert browser.post(reverse("our_accounts"), told).status_code == 409
    assert browser.post(reverse("our_accounts"), {**told, "bank_zh": ""}).status_code == 422


def test_others_see_no_such_page(client: Client):
    assert shown_just_now(cast.bo().signed_in(client)).get(reverse("our_accounts")).status_code == 404
