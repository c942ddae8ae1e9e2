"""Mandates in browsers and for programs: proposed, answered, used and ended, each by whom it belongs to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from listings.brokers.models import Introduction, Mandate
from listings.brokers.services import mandates
from listings.brokers.spans import EVERYTHING, span_of
from listings.brokers.states import MandateState, Scope
from marketplace.accounts.roles import Role
from marketplace.core import clock
from tests import cast
from tests.brokers.makers import a_mandate, a_proposal, zhou
from tests.builders import a_person, joins
from tests.catalogue import makers

pytestmark = pytest.mark.django_db
LIST = "/api/v1/mandates/"


def answers(**given: Any) -> dict[str, Any]:
    """The form of a mandate for everything, from today for a year."""
    return {
        "other": zhou().organisation.pk,
        "side": "selling",
        "scope": "all",
        "starts_on": f"{clock.today()}",
        "ends_on": f"{clock.today() + timedelta(days=364)}",
        "tail_months": "6",
        "commission_pct": "3.000",
        "payer": "split",
        **given,
    }


def posts(browser, address: str, **given: Any):
    return browser.post(address, given, content_type="application/json")


def test_a_mandate_is_proposed_and_accepted_in_browsers():
    ines, broker = cast.ines().signed_in(), zhou().signed_in()
    new = reverse("mandate_new")
    assert ines.get(new).status_code == 200
    for unfit in (
        {"ends_on": f"{clock.today() - timedelta(days=1)}"},  # ends before it begins
        {"scope": "matter", "matter": "L-2026-99999"},  # no such listing
        {"other": cast.bo().organisation.pk},  # no broker
        {"commission_pct": ""},
    ):
        assert ines.post(new, answers(**unfit)).status_code == 422
    assert not Mandate.objects.exists()
    right = makers.a_right()
    answer = ines.post(new, answers(scope="assets", assets=[right.pk], note=" 先看样品 "))
    made = Mandate.objects.get()
    page = reverse("mandate", args=[made.pk])
    assert answer.status_code == 302 and answer["Location"] == page
    assert (made.asset_ids, made.note, made.broker) == ([right.pk], "先看样品", zhou().organisation)
    assert "1 项权利" in ines.get(reverse("mandate_list")).content.decode()
    accept = reverse("mandate_act", args=[made.pk, "accept"])
    assert accept in broker.get(page).content.decode() and accept not in ines.get(page).content.decode()
    assert ines.post(accept).status_code == 403
    assert broker.get(accept).status_code == 200
    assert broker.post(accept).status_code == 302
    assert broker.post(accept).status_code == 409, "accepted once"
    assert broker.get(reverse("mandate_act", args=[made.pk, "frame"])).status_code == 404
    assert cast.stranger().signed_in().get(page).status_code == 404
    end = reverse("mandate_act", args=[made.pk, "terminate"])
    assert ines.post(end, {"reason": " "}).status_code == 422
    assert ines.post(end, {"reason": "改为自行洽谈"}).status_code == 302
    assert "改为自行洽谈" in broker.get(page).content.decode()


def test_a_broker_proposes_to_a_client_and_never_names_its_rights():
    broker = zhou().signed_in()
    form = broker.get(reverse("mandate_new")).content.decode()
    assert 'name="assets"' not in form and 'value="assets"' not in form
    answer = broker.post(reverse("mandate_new"), answers(other=cast.ines().organisation.pk))
    assert answer.status_code == 302
    made = Mandate.objects.get()
    assert (made.client, made.broker, made.receiver_id) == (
        cast.ines().organisation,
        zhou().organisation,
        cast.ines().organisation.pk,
    )


def test_staff_read_mandates_and_propose_none():
    a_mandate()
    clerk = a_person("clerk@holder.test")
    joins(clerk, cast.ines().organisation, [Role.STAFF])
    browser = cast.Part(clerk, cast.ines().organisation).signed_in()
    assert "zhou" in browser.get(reverse("mandate_list")).content.decode()
    assert browser.get(reverse("mandate_new")).status_code == 403
    assert browser.post(reverse("mandate_new"), answers()).status_code == 403
    assert Mandate.objects.count() == 1


def test_an_introduction_is_recorded_on_its_page():
    listing, made = makers.a_listing(), a_mandate()
    page, broker = reverse("mandate_introduce", args=[made.pk]), zhou().signed_in()
    assert broker.get(page).status_code == 200
    assert cast.ines().signed_in().get(page).status_code == 404
    told = {"matter": listing.number.lower(), "other": cast.bo().organisation.pk, "note": "展会"}
    assert broker.post(page, {**told, "matter": "L-2026-99999"}).status_code == 422
    assert broker.post(page, {**told, "other": ""}).status_code == 422
    assert broker.post(page, told).status_code == 302
    made_introduction = Introduction.objects.get()
    assert (made_introduction.other, made_introduction.matter_number) == (cast.bo().organisation, listing.number)
    again = broker.post(page, told)
    assert again.status_code == 422 and Introduction.objects.count() == 1


def test_programs_propose_answer_introduce_and_end():
    ines, broker, stranger = cast.ines().signed_in(), zhou().signed_in(), cast.stranger().signed_in()
    given = {
        "client": cast.ines().organisation.pk,
        "broker": zhou().organisation.pk,
        "starts_on": f"{clock.today()}",
        "ends_on": f"{clock.today() + timedelta(days=364)}",
        "commission_pct": "3.000",
    }
    assert posts(ines, LIST, **{**given, "commission_pct": "x"}).status_code == 400
    refused = posts(stranger, LIST, **given)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_permitted")
    made = [posts(ines, LIST, **given).json() for _ in range(3)]
    assert [one["state"] for one in made] == [MandateState.PROPOSED] * 3
    first, second, third = (f"{LIST}{one['id']}/" for one in made)
    assert posts(ines, f"{first}accept/").status_code == 403
    assert posts(broker, f"{first}accept/").json()["state"] == MandateState.ACTIVE
    assert posts(broker, f"{second}decline/").json()["state"] == MandateState.DECLINED
    assert posts(ines, f"{third}withdraw/").json()["state"] == MandateState.WITHDRAWN
    assert {one["id"] for one in broker.get(LIST).json()} == {one["id"] for one in made}
    assert stranger.get(LIST).json() == [] and stranger.get(first).status_code == 404
    listing = makers.a_listing()
    introduction = {"matter": listing.number, "other": cast.bo().organisation.pk, "note": "展会"}
    assert posts(ines, f"{first}introduce/", **introduction).status_code == 404
    answer = posts(broker, f"{first}introduce/", **introduction)
    assert (answer.status_code, answer.json()["terms"]["commission_pct"]) == (201, "3.000")
    assert [one["matter_number"] for one in ines.get(first).json()["introductions"]] == [listing.number]
    assert posts(ines, f"{first}terminate/").status_code == 400
    assert posts(ines, f"{first}terminate/", reason="改为自行洽谈").json()["state"] == MandateState.TERMINATED


def test_what_a_mandate_covers_reads_back_as_the_database_keeps_it():
    rights = [makers.a_right(), makers.a_right()]
    named = a_proposal(scope=Scope.ASSETS, asset_ids=[one.pk for one in rights])
    assert Mandate.objects.get(pk=named.pk).span == f"{{[{rights[0].pk},{rights[1].pk + 1})}}", (
        "neighbours are one range"
    )
    assert Mandate.objects.get(pk=a_proposal().pk).span == EVERYTHING
    with pytest.raises(ValueError, match="at least one"):
        span_of([])


def test_a_mandate_binds_from_its_first_day_to_its_last():
    begins = clock.today() + timedelta(days=5)
    made = a_mandate(starts_on=begins, ends_on=begins + timedelta(days=10))
    bound = []
    for days in (4, 5, 15, 16):
        with clock.at(clock.now() + timedelta(days=days)):
            bound.append(mandates.is_in_force(made))
    assert bound == [False, True, True, False]
