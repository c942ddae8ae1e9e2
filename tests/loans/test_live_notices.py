"""Who is told what about a live loan, once, and nobody of another bank; what the daily reminders find."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from loans.live.closes import closes_page, missed_days
from loans.models import CloseRun
from loans.services import day_end, disposing, reminding, repaying, shortfalls
from loans.states.servicing import CloseState
from marketplace.accounts.roles import Kind, Role
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications.models import Channel, Delivery
from marketplace.notifications.service import deliver
from tests import cast
from tests.builders import a_person, a_verified_organisation
from tests.loans.lent import a_cover, a_loan, at_noon
from tests.loans.stages import officer

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)


def told() -> dict[str, set[int]]:
    """{kind: people} of everything in the inboxes."""
    deliver(list(Event.objects.order_by("pk")))
    found: dict[str, set[int]] = {}
    for kind, person in Delivery.objects.filter(channel=Channel.IN_APP).values_list("topic", "recipient"):
        found.setdefault(kind, set()).add(person)
    return found


def test_both_sides_hear_of_arrears_and_cover_and_no_other_bank_hears_anything() -> None:
    ines, lena, post_loan = cast.ines(), cast.lena(), officer(cast.lena(), Role.POST_LOAN)
    person = a_person("luis@elsewhere.test", name="Luis")
    a_verified_organisation(person, kind=Kind.BANK, name_zh="彼行", name_en="Other Bank")
    with clock.at(at_noon(DAY)):
        loan = a_loan("3000000.00", borrower=ines, bank=lena, covers=[a_cover(value="2000000.00")])
        day_end.close_day(DAY)
        shortfalls.notify(shortfall_id=loan.shortfalls.get().pk, by=lena.actor)
        repaying.receive(
            loan_id=loan.pk, reference="core-1", value_date=DAY, amount=Decimal("1000.00"), by=post_loan.actor
        )
        disposing.give_notice(loan_id=loan.pk, ground="unpaid", cure_by=DAY + timedelta(days=10), by=lena.actor)
        found = told()
    assert {ines.person.pk, lena.person.pk, post_loan.person.pk} <= found.get("loan.fall_overdue", set()), sorted(found)
    assert lena.person.pk in found["shortfall.begin"] and ines.person.pk not in found["shortfall.begin"]
    assert ines.person.pk in found["shortfall.notify"] and lena.person.pk not in found["shortfall.notify"]
    assert ines.person.pk in found["loan.pay"] and post_loan.person.pk not in found["loan.pay"]
    assert ines.person.pk in found["disposal.begin"]
    ours = ("loan.", "shortfall.", "disposal.", "instalment.", "alarm.")
    assert not [kind for kind, people in found.items() if kind.startswith(ours) and person.pk in people]
    line = Delivery.objects.filter(topic="shortfall.notify", recipient=ines.person).first()
    assert line is not None and line.params["number"] == loan.number and line.url.endswith(f"/{loan.number}/")
    assert line.params["until"] == (DAY + timedelta(days=loan.frozen.cure_days)).isoformat()


def test_instalments_are_told_ahead_and_late_once_a_day_and_a_digest_goes_to_the_bank() -> None:
    lena = cast.lena()
    with clock.at(at_noon(date(2026, 1, 15))):
        loan = a_loan(bank=lena, covers=[a_cover(value="2000000.00")])
    first = loan.rows_to_come.order_by("n")[0].payable_on
    for day, kind in (
        (first - timedelta(days=7), "instalment.due"),
        (first - timedelta(days=1), "instalment.due"),
        (first + timedelta(days=1), "instalment.late"),
    ):
        with clock.at(at_noon(day)):
            day_end.close_day(day)
            before = Event.objects.filter(kind=kind).count()
            loan.refresh_from_db()
            assert reminding.remind(day) >= 1
            assert Event.objects.filter(kind=kind).count() == before + 1
            assert reminding.remind(day) == 0, "a second run of the day tells nothing again"
    digest = Event.objects.filter(kind="alarm.day").order_by("pk").last()
    assert digest is not None and digest.subject_id == lena.organisation.pk and digest.data["count"] >= 1


def test_the_page_of_closes_names_days_missed_and_what_was_cut_off() -> None:
    lena = cast.lena()
    with clock.at(at_noon(DAY)):
        a_loan(bank=lena)
        day_end.close_day(DAY - timedelta(days=4))
        CloseRun.objects.create(business_date=DAY - timedelta(days=3), started_at=clock.now() - timedelta(days=1))
        shown = closes_page()
        assert shown["missed"] == missed_days(DAY - timedelta(days=4)) == [DAY - timedelta(days=n) for n in (3, 2, 1)]
        assert [one.business_date for one in shown["cut_off"]] == [DAY - timedelta(days=3)]
        page = lena.signed_in().get("/workspace/book/closes/").content.decode()
        assert "补做日终" in page
        assert officer(lena, Role.REVIEWER).signed_in().post("/workspace/book/closes/run/").status_code == 403
        day_end.close_day(DAY - timedelta(days=1))
        assert set(CloseRun.objects.values_list("state", flat=True)) == {CloseState.DONE}
        assert not closes_page()["missed"]
