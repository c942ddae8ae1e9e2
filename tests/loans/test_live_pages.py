"""Live loans on pages and in the API: each side its own, nobody else anything; book, alarms, files of repayments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from loans.models import Alarm, Loan, Payment
from loans.services import day_end
from marketplace.accounts.roles import Kind
from marketplace.core import clock
from tests import cast
from tests.builders import a_person, a_verified_organisation
from tests.loans.lent import a_cover, a_loan, at_noon

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def in_march():
    with clock.at(at_noon(DAY)):
        yield


def another_bank() -> cast.Part:
    person = a_person("luis@elsewhere.test", name="Luis")
    return cast.Part(person, a_verified_organisation(person, kind=Kind.BANK, name_zh="彼行", name_en="Other Bank"))


def test_each_side_sees_its_loan_and_nobody_else_anything() -> None:
    ines, lena = cast.ines(), cast.lena()
    loan = a_loan("3000000.00", borrower=ines, bank=lena, covers=[a_cover(value="2000000.00")])
    day_end.close_day(DAY)
    page = reverse("loan", args=[loan.number])
    mine, theirs = ines.signed_in().get(page), lena.signed_in().get(page)
    assert mine.status_code == theirs.status_code == 200
    assert "最近日终" in theirs.content.decode()
    assert "最近日终" not in mine.content.decode(), "classes and provisions are the bank's own"
    for stranger in (cast.bo(), another_bank(), cast.ops()):
        browser = stranger.signed_in()
        for name, args in (
            ("loan", [loan.number]),
            ("loan_calendar", [loan.number]),
            ("loan_act", [loan.number, "pay"]),
        ):
            assert browser.get(reverse(name, args=args)).status_code == 404
        assert browser.get(reverse("api_loan-detail", args=[loan.number])).status_code == 404
        assert browser.get(reverse("api_loan-list")).json() == []
    assert ines.signed_in().get(reverse("loan_act", args=[loan.number, "receive"])).status_code == 404
    ics = ines.signed_in().get(reverse("loan_calendar", args=[loan.number])).content.decode()
    assert ics.count("BEGIN:VEVENT") == 12


def test_the_book_shows_classes_stress_and_alarms_of_ones_own_bank() -> None:
    lena = cast.lena()
    a_loan("3000000.00", bank=lena, covers=[a_cover(value="2000000.00")])
    day_end.close_day(DAY)
    browser = lena.signed_in()
    for address in (reverse("loan_book"), reverse("loan_book") + "?class=2&short=1", reverse("loan_alarms")):
        assert browser.get(address).status_code == 200
    assert Loan.objects.get().number in browser.get(reverse("loan_book") + "?short=1").content.decode()
    assert Loan.objects.get().number not in another_bank().signed_in().get(reverse("loan_book")).content.decode()
    alarm = Alarm.objects.order_by("pk").first()
    assert alarm is not None
    told = browser.post(reverse("alarm_act", args=[alarm.pk]), {"action": "已要求补足担保"})
    assert told.status_code == 302
    assert Alarm.objects.get(pk=alarm.pk).action == "已要求补足担保"
    assert another_bank().signed_in().get(reverse("alarm_act", args=[alarm.pk])).status_code == 404


def test_a_step_is_taken_on_a_page_and_by_a_program() -> None:
    lena = cast.lena()
    loan = a_loan(bank=lena)
    browser = lena.signed_in()
    given = {"reference": "core-77", "value_date": "2026-02-15", "amount": "5000.00", "early": ""}
    page = browser.post(reverse("loan_act", args=[loan.number, "receive"]), given)
    assert page.status_code == 302
    step = reverse("api_loan-step", args=[loan.number, "receive"])
    again = browser.post(step, given, content_type="application/json")
    assert again.status_code == 200
    assert Payment.objects.count() == 1
    other = browser.post(step, given | {"amount": "6000.00"}, content_type="application/json")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "payment_reference_used")
    quote = browser.get(reverse("api_loan-payoff", args=[loan.number]) + "?on=2026-03-20").json()
    assert Decimal(quote["total"]) > Decimal("990000")


def test_a_file_of_repayments_is_taken_line_by_line_and_once() -> None:
    lena = cast.lena()
    loan, other = a_loan(bank=lena), a_loan(bank=lena)
    lines = [
        "bank_reference,reference,value_date,amount",
        f"{loan.bank_reference},f-1,2026-02-15,1000.00",
        f"{other.number},f-2,2026-02-16,2000.00",
        "unknown,f-3,2026-02-16,2000.00",
        f"{loan.bank_reference},f-4,2026-02-30,1.00",
        f"{loan.bank_reference},f-5,2026-02-15,1.001",
    ]
    address, browser = reverse("api_loan-repayments"), lena.signed_in()

    def read(client: Client) -> dict[str, object]:
        answer: dict[str, object] = client.post(
            address, {"csv": "\n".join(lines)}, content_type="application/json"
        ).json()
        return answer

    told = read(browser)
    assert (told["entered"], told["known"]) == (2, 0)
    assert [(one["line"], one["code"]) for one in told["refused"]] == [  # type: ignore[attr-defined]
        (4, "not_found"),
        (5, "bad_input"),
        (6, "not_a_number"),
    ]
    assert (read(browser)["entered"], Payment.objects.count()) == (0, 2)
    assert another_bank().signed_in().post(address, {"csv": "x"}, content_type="application/json").status_code == 422
