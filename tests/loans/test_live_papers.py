"""What a live loan shows and answers beside its page: early repayment, statement, certificate, keys of programs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from loans.models import Charge, Loan, Payment
from loans.portfolio import portfolio
from loans.services import day_end, repaying
from loans.services.standing import position_of
from marketplace.core import clock
from marketplace.core.models import AnsweredRequest
from marketplace.core.replaying import KEPT, forget_answers
from tests import cast
from tests.loans.lent import a_loan, at_noon

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def in_march():
    with clock.at(at_noon(DAY)):
        yield


def paid_up(loan: Loan) -> None:
    owed = position_of(loan, DAY).due
    repaying.receive(loan_id=loan.pk, reference="due", value_date=DAY, amount=Decimal(owed) / 100, by=cast.lena().actor)


def test_both_ways_of_an_early_repayment_are_shown_and_come_true() -> None:
    ines = cast.ines()
    loan = a_loan(borrower=ines)
    paid_up(loan)
    browser, given = ines.signed_in(), {"amount": "300000.00", "on": DAY.isoformat()}
    told = browser.get(reverse("api_loan-early", args=[loan.number]), given).json()
    shorter, smaller = told
    assert (shorter["how"], smaller["how"]) == ("shorter", "smaller")
    assert len(shorter["rows"]) < len(smaller["rows"]) == 10
    assert Decimal(shorter["interest_saved"]) > Decimal(smaller["interest_saved"]) > 0
    page = browser.get(reverse("loan_early", args=[loan.number]), given)
    assert page.status_code == 200
    assert all(row["principal"] in page.content.decode() for row in shorter["rows"])
    assert Payment.objects.count() == 1, "looking pays nothing"
    repaying.receive(
        loan_id=loan.pk, reference="early", value_date=DAY, amount=Decimal("300000.00"), early="smaller",
        by=cast.lena().actor,
    )  # fmt: skip
    assert [one.principal for one in loan.rows_to_come.order_by("n")] == [
        int(Decimal(row["principal"]) * 100) for row in smaller["rows"]
    ]
    for wrong in ({"amount": "0"}, {"amount": "x"}, {"amount": "5.00", "on": "2026-03-01"}):
        assert browser.get(reverse("api_loan-early", args=[loan.number]), wrong).status_code == 400
        assert browser.get(reverse("loan_early", args=[loan.number]), wrong).status_code == 422
    for address in ("api_loan-early", "loan_early", "loan_statement", "loan_certificate"):
        assert cast.bo().signed_in().get(reverse(address, args=[loan.number]), given).status_code == 404


def test_statement_and_certificate_are_papers_of_both_sides() -> None:
    ines, lena = cast.ines(), cast.lena()
    loan = a_loan(borrower=ines, bank=lena)
    paid_up(loan)
    first = ines.signed_in().get(reverse("loan_statement", args=[loan.number]))
    assert first.content.startswith(b"%PDF-1.7") and first["Content-Type"] == "application/pdf"
    assert first.content == lena.signed_in().get(reverse("loan_statement", args=[loan.number])).content
    assert ines.signed_in().get(reverse("loan_certificate", args=[loan.number])).status_code == 409
    owed = repaying.quoted(loan, DAY).total
    repaying.receive(
        loan_id=loan.pk, reference="all", value_date=DAY, amount=Decimal(owed) / 100, early="shorter", by=lena.actor
    )
    assert ines.signed_in().get(reverse("loan_certificate", args=[loan.number])).content.startswith(b"%PDF-1.7")


def test_the_same_key_and_content_act_once_and_answer_as_before() -> None:
    lena = cast.lena()
    loan = a_loan(bank=lena)
    browser, step = lena.signed_in(), reverse("api_loan-step", args=[loan.number, "charge"])
    given = {"kind": "court", "value_date": "2026-03-01", "amount": "500.00", "reference": "c-1"}

    def send(content: dict[str, str], key: str = "k-1") -> tuple[int, object, str]:
        answer = browser.post(step, content, content_type="application/json", headers={"Idempotency-Key": key})
        return answer.status_code, answer.json(), answer.headers.get("Idempotent-Replayed", "")

    first = send(given)
    assert (first[0], first[2]) == (200, "")
    again = send(given)
    assert again == (200, first[1], "true")
    assert Charge.objects.count() == 1
    status, said, _ = send(given | {"amount": "600.00"})
    assert (status, said["error"]["code"]) == (409, "idempotency_key_used")  # type: ignore[index]
    refused = send(given, "k-2")
    assert refused[0] == 409 and not AnsweredRequest.objects.filter(key="k-2").exists(), "a refusal is not kept"
    assert send(given | {"reference": "c-2"}, "k-2")[0] == 200
    assert send(given, "x" * 121)[0] == 422
    with clock.at(clock.now() + KEPT + KEPT):
        assert forget_answers() == 2


def test_the_book_is_told_by_quarter_region_and_value_and_counted_again_when_a_day_is() -> None:
    lena = cast.lena()
    loan = a_loan("3000000.00", bank=lena, months=3)
    a_loan("1000000.00", bank=lena, borrower=cast.bo(), paid_on=date(2026, 1, 20))
    run = day_end.close_day(DAY)
    found = portfolio(run, lena.organisation.pk)
    assert [(one.name, one.loans) for one in found.quarters] == [("2026-Q1", 2)]
    assert sum(one.owed for one in found.tenths) == sum(one.owed for one in found.borrowers) == 400_000_000
    assert found.quarters[0].late == 300_000_000, "the other has been late for 28 days"
    assert [one.loans for one in found.regions] == [2]
    browser = lena.signed_in()
    assert "2026-Q1" in browser.get(reverse("loan_book")).content.decode()
    repaying.receive(
        loan_id=loan.pk, reference="late", value_date=date(2026, 3, 1), amount=Decimal("1500000.00"), by=lena.actor
    )
    day_end.restate_some()
    run.refresh_from_db()
    assert portfolio(run, lena.organisation.pk).quarters[0].owed < 400_000_000
