"""The pages and the API of the rights register: what they show to whom, and what is done through them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from listings.rights.models import Consent, Entry, PledgeRelease, Statement
from listings.rights.services import pledges
from listings.rights.states import Act, EntryKind, LicenceType, ReleaseState, StatementState
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications.models import Delivery
from marketplace.notifications.service import deliver
from marketplace.search import index
from tests import cast
from tests.builders import a_pdf, a_person, an_operator, joins
from tests.catalogue.makers import a_right
from tests.rights.makers import a_paper, licensed, owned, pledged, preserved, who

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def searchable(db):
    for name in ("patents", "listings", "needs"):
        index.rebuild(name)


@pytest.fixture
def right():
    return a_right()


def page(right, language: str = "zh-hans", **query) -> str:
    with translation.override(language):
        return reverse("rights_page", args=[right.pk], query=query or None)


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "今日可办事项"), ("en", "What may be done today")])
def test_the_page_shows_state_timeline_acts_and_entries(right, language, words):
    pledged(right)
    preserved(right)
    licensed(right, LicenceType.SOLE)

    body = text(Client().get(page(right, language)))

    assert words in body and 'class="rb"' in body and "云澜市中级人民法院" in body
    with translation.override(language):
        assert ("财产保全" if language == "zh-hans" else "Court preservation") in body
        assert ("《民法典》第" if language == "zh-hans" else "Civil Code, art.") in body
    assert body.count("acts-list") == 1 and body.count('id="e') == 3


def test_a_past_day_shows_what_was_known_to_hold_then(right):
    pledge = pledged(right, registered_on=date(2024, 3, 1))
    pledges.release_pledge(entry_id=pledge.pk, by=cast.lena().actor, on=date(2025, 3, 1))
    licensed(right, starts_on=date(2026, 1, 1))

    then, now = text(Client().get(page(right, on="2024-06-01"))), text(Client().get(page(right)))

    assert "已失效" not in then and "持证公司" not in then and "acts-list" not in then
    assert "已失效" in now and "持证公司" in now
    assert Client().get(page(right, on="no day")).status_code == 200


def test_amounts_and_papers_are_for_the_parties_and_the_desk(right):
    pledged(right, evidence_id=a_paper().pk)

    for reader, sees in (
        (None, False),
        (cast.stranger(), False),
        (cast.lena(), True),
        (cast.ines(), True),
        (cast.ops(), True),
    ):
        browser = reader.signed_in() if reader else Client()
        body = text(browser.get(page(right)))
        assert ("3,000,000.00" in body) == sees and ("proof.pdf" in body) == sees
        paper = Entry.objects.get(asset=right).evidence_id
        assert browser.get(reverse("file", args=[paper])).status_code == (200 if sees else 404)


def test_what_is_promised_is_shown_without_saying_to_whom(right):
    from listings.rights.services import reservations

    reservations.reserve([right.pk], subject=("deals.deal", 4711), act=Act.ASSIGN, by=cast.ines().actor)

    body = text(Client().get(page(right)))
    with translation.override("zh-hans"):
        assert str(translation.gettext("promised in a deal or pledge in progress")) in body
    assert "4711" not in body


def test_names_are_harmless(right):
    licensed(right, party=who("<script>alert(1)</script>"), reference="<b>")

    body = text(Client().get(page(right)))
    assert "<script>alert" not in body and "&lt;script&gt;alert" in body


def test_the_patent_page_carries_the_drawn_state(right):
    pledged(right)

    body = text(Client().get(reverse("patent_detail", args=[right.pk])))
    assert page(right) in body and "乐娜银行" in body


def test_twenty_entries_cost_as_many_queries_as_two(right, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    other = a_right()
    for one, count in ((right, 2), (other, 20)):
        for _ in range(count):
            licensed(one)
    browser = Client()
    browser.get(page(right))
    with CaptureQueriesContext(connection) as few:
        browser.get(page(right))
    with CaptureQueriesContext(connection) as many:
        browser.get(page(other))
    assert len(many) == len(few) <= 9


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
def form(**given):
    return {
        "kind": "licence",
        "party": "乙公司",
        "licence_type": "sole",
        "starts_on": "2026-01-01",
        "ends_on": "2027-12-31",
        "territories": "330000，320100",
        "fields_of_use": "C08F 14; C08J",
        "evidence": a_pdf(),
        **given,
    }


def test_a_holder_states_a_licence_and_the_desk_enters_it(right):
    ines, ops = cast.ines().signed_in(), cast.ops().signed_in()
    url = reverse("statement_new", args=[right.pk])
    assert url in text(ines.get(page(right)))
    assert text(ines.get(url))

    assert ines.post(url, form()).status_code == 302
    statement = Statement.objects.get()
    assert statement.facts["territories"] == ["330000", "320100"] and statement.facts["fields"] == ["C08F 14", "C08J"]
    review = reverse("statement_review", args=[statement.pk])
    assert review in text(ops.get(reverse("statement_list"))) and "乙公司" in text(ops.get(review))
    assert ops.post(review, {"verb": "confirm"}).status_code == 302

    entry = Entry.objects.get()
    assert (entry.licence_type, entry.territories, entry.fields) == ("sole", ["330000", "320100"], ["C08F 14", "C08J"])
    assert "乙公司" in text(Client().get(page(right)))


def test_a_statement_that_contradicts_the_register_says_so_at_the_desk(right):
    ines, ops = cast.ines().signed_in(), cast.ops().signed_in()
    licensed(right, LicenceType.EXCLUSIVE)
    ines.post(reverse("statement_new", args=[right.pk]), form())
    review = reverse("statement_review", args=[Statement.objects.get().pk])

    refused = ops.post(review, {"verb": "confirm"})
    assert refused.status_code == 422 and "独占或排他许可" in refused.content.decode()
    assert ops.post(review, {"verb": "refuse", "reason": ""}).status_code == 422
    assert ops.post(review, {"verb": "refuse", "reason": "与在先许可冲突"}).status_code == 302
    assert Statement.objects.get().state == StatementState.REFUSED
    deliver(list(Event.objects.order_by("pk")))  # the relay waits for a commit that a test never makes
    assert Delivery.objects.filter(topic="statement.refuse", recipient=cast.ines().person).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"party": ""},
        {"territories": "浙江"},
        {"fields_of_use": "C08F14/18"},
        {"ends_on": "2025-01-01"},
        {"kind": "preservation", "ends_on": ""},
        {"kind": "pledge", "reference": ""},
        {"kind": "export_control"},
        {"kind": "consent"},
        {"kind": "ownership", "share": "3/2"},
        {"kind": "ownership", "share": "a third"},
        {"evidence": ""},
        {"kind": "name_change"},
    ],
)
def test_what_a_statement_lacks_is_said_at_its_field(right, wrong):
    response = cast.ines().signed_in().post(reverse("statement_new", args=[right.pk]), form(**wrong))

    assert response.status_code == 422 and "errsum" in response.content.decode()
    assert not Statement.objects.exists()


def test_a_statement_is_taken_back_by_its_holder_only(right):
    ines = cast.ines().signed_in()
    ines.post(reverse("statement_new", args=[right.pk]), form())
    url = reverse("statement_withdraw", args=[Statement.objects.get().pk])

    assert cast.stranger().signed_in().post(url).status_code == 404
    assert ines.post(url).status_code == 302
    assert Statement.objects.get().state == StatementState.WITHDRAWN


@pytest.mark.parametrize("visitor", [None, "stranger", "lena"])
def test_forms_and_desk_are_not_there_for_others(right, visitor):
    browser = getattr(cast, visitor)().signed_in() if visitor else Client()
    gone = 302 if visitor is None else 404

    assert browser.get(reverse("statement_new", args=[right.pk])).status_code == gone
    assert browser.get(reverse("statement_list")).status_code == gone
    assert browser.get(reverse("statement_review", args=[1])).status_code == gone
    assert browser.post(reverse("release_decide", args=[1]), {"verb": "approve"}).status_code == gone


# ── releases and consents ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_pledgee_releases_on_its_page(right):
    pledge, lena = pledged(right), cast.lena().signed_in()
    url = reverse("pledge_release", args=[pledge.pk])
    assert url in text(lena.get(page(right))) and text(lena.get(url))
    assert cast.stranger().signed_in().get(url).status_code == 404

    assert lena.post(url, {"on": clock.today().isoformat()}).status_code == 302
    pledge.refresh_from_db()
    assert pledge.ended_on == clock.today()
    assert lena.get(url).status_code == 404


def test_two_people_release_at_the_desk(right):
    pledge, ops = pledged(right), cast.ops().signed_in()
    url = reverse("pledge_release", args=[pledge.pk])
    without = ops.post(url, {"on": clock.today().isoformat()})
    assert without.status_code == 422
    assert ops.post(url, {"on": clock.today().isoformat(), "evidence": a_pdf()}).status_code == 302
    decide = reverse("release_decide", args=[PledgeRelease.objects.get().pk])
    assert decide in text(ops.get(reverse("statement_list")))
    assert ops.post(decide, {"verb": "approve"}).status_code == 403

    second = a_person("second@market.test")
    joins(second, an_operator(), [Role.APPROVER])
    assert cast.Part(second, an_operator()).signed_in().post(decide, {"verb": "approve"}).status_code == 302
    assert PledgeRelease.objects.get().state == ReleaseState.DONE


def test_a_co_owner_agrees_and_takes_it_back(right):
    owned(right, (cast.ines(), (1, 2)), (cast.bo(), (1, 2)))
    bo = cast.bo().signed_in()
    give = reverse("consent_give", args=[right.pk])
    assert give in text(bo.get(page(right))) and give not in text(cast.stranger().signed_in().get(page(right)))

    assert bo.post(give, {"acts": []}).status_code == 302 and not Consent.objects.exists()
    assert bo.post(give, {"acts": ["assign"]}).status_code == 302
    take_back = reverse("consent_revoke", args=[Consent.objects.get().pk])
    assert cast.stranger().signed_in().post(take_back).status_code == 404
    assert bo.post(take_back).status_code == 302 and not Consent.objects.live().exists()
    assert cast.stranger().signed_in().post(give, {"acts": ["assign"]}).status_code == 404


@pytest.mark.rule("PLG-NOTIFY")
def test_the_pledgee_hears_of_an_order_against_its_collateral(right):
    pledged(right)
    preserved(right)
    deliver(list(Event.objects.order_by("pk")))  # the relay waits for a commit that a test never makes

    told = Delivery.objects.filter(topic="rights.record").values_list("recipient_id", flat=True)
    assert {cast.lena().person.pk, cast.ines().person.pk} <= set(told) and cast.bo().person.pk not in told


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_api_tells_the_entries_of_any_day_without_amounts(right):
    pledge = pledged(right, registered_on=date(2024, 3, 1))
    url = reverse("api_patent_rights", args=[right.pk])

    [row] = Client().get(url).json()["entries"]
    assert (row["id"], row["kind"], row["in_force"], row["starts_on"]) == (pledge.pk, "pledge", True, "2024-03-01")
    assert "amount" not in row
    assert Client().get(url, {"on": "2024-02-29"}).json()["entries"] == []
    assert Client().get(url, {"on": "x"}).status_code == 400
    assert Client().get(reverse("api_patent_rights", args=[10**9])).status_code == 404


def test_the_api_answers_the_question_in_both_languages(right):
    pledged(right)
    url = reverse("api_rights_check")
    asked = {"assets": [right.pk], "act": "assign"}
    assert Client().post(url, asked, content_type="application/json").status_code in (401, 403)

    answer = cast.ines().signed_in().post(url, asked, content_type="application/json").json()
    assert answer["is_allowed"] is False
    [found] = answer["findings"]
    assert (found["code"], found["rule"], found["consent"]) == ("pledgee_must_agree", "PLG-NO-TRANSFER", "pledgee")
    assert (
        "质押" in found["message_zh"]
        and "pledged" in found["message_en"]
        and found["article_zh"].startswith("《民法典》")
    )


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"act": "steal"}, 400),
        ({"assets": []}, 400),
        ({"assets": [10**9]}, 404),
        ({"territories": ["Zhejiang"]}, 400),
        ({"territories": ["ZZZZZZ"]}, 422),
        ({"starts_on": "2027-01-02", "ends_on": "2027-01-01"}, 422),
        ({"assets": list(range(1, 60))}, 400),
    ],
)
def test_the_api_refuses_what_is_no_question(right, wrong, status):
    asked = {"assets": [right.pk], "act": "exclusive", **wrong}
    response = cast.ines().signed_in().post(reverse("api_rights_check"), asked, content_type="application/json")

    assert response.status_code == status


def test_a_term_that_ends_reaches_the_page(right):
    order = preserved(right, starts_on=clock.today() - timedelta(days=10), ends_on=clock.today() - timedelta(days=1))

    body = text(Client().get(page(right)))
    assert "已失效" in body and order.kind == EntryKind.PRESERVATION
