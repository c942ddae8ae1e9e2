"""The pages and the API of a deal: every stage, both languages, every side; who may not see it gets a 404."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from listings.deals.services import disputes
from listings.deals.states import DealState
from tests import cast
from tests.deals import stages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"


def looks_at(deal, *parts) -> None:
    for part in parts:
        browser = part.signed_in()
        for prefix in ("", "/en"):
            answer = browser.get(f"{prefix}/workspace/deals/{deal.number}/")
            assert answer.status_code == 200, (deal.state, part.person.name)
            assert deal.number in answer.content.decode()


def test_a_deal_is_shown_at_every_stage():
    """One deal from agreement to payout; both sides and the operator look at it on the way."""
    everybody = (cast.ines(), cast.bo(), cast.ops())
    deal = stages.agreed()
    looks_at(deal, *everybody)
    deal = stages.signed(deal)
    looks_at(deal, *everybody)
    deal = stages.paid(deal)
    assert deal.state == DealState.RECORDING
    looks_at(deal, *everybody)
    dispute = disputes.raise_dispute(deal_id=deal.pk, complaint="资料不全", by=cast.bo().actor)
    disputes.add_statement(dispute_id=dispute.pk, text="已补齐", upload=None, by=cast.ines().actor)
    looks_at(deal, *everybody)
    assert cast.ops().signed_in().get("/desk/deals/").status_code == 200
    disputes.withdraw_dispute(dispute_id=dispute.pk, reason="已补齐", by=cast.bo().actor)
    deal = stages.recorded(deal)
    assert deal.state == DealState.RELEASING
    looks_at(deal, *everybody)
    for part in everybody:
        assert part.signed_in().get("/workspace/deals/").status_code == 200


def test_the_page_takes_its_steps():
    deal = stages.agreed()
    browser = cast.ines().signed_in()
    page = f"/workspace/deals/{deal.number}/"
    assert browser.get(f"{page}draw_up/").status_code == 200
    assert browser.post(f"{page}draw_up/").status_code == 302
    assert stages.now(deal).state == DealState.SIGNING
    refused = browser.post(f"{page}cancel/", {"reason": ""})
    assert refused.status_code == 422 and stages.now(deal).state == DealState.SIGNING
    assert browser.post(f"{page}cancel/", {"reason": "买方放弃"}).status_code == 302
    assert stages.now(deal).state == DealState.CANCELLED


def test_who_has_reviewed_is_not_asked_again_and_reads_only_its_own():
    deal = stages.paid_out(stages.recorded(stages.paid(stages.signed(stages.agreed()))), cast.ines())
    page = f"/workspace/deals/{deal.number}/"
    ines, bo = cast.ines().signed_in(), cast.bo().signed_in()
    assert f"{page}review/" in ines.get(page).content.decode()
    assert ines.post(f"{page}review/", {"stars": "5", "text": "付款及时"}).status_code == 302
    own, other = ines.get(page).content.decode(), bo.get(page).content.decode()
    assert f"{page}review/" not in own and "付款及时" in own and "尚未公开" in own
    assert f"{page}review/" in other and "付款及时" not in other
    assert bo.post(f"{page}review/", {"stars": "4", "text": "交接顺利"}).status_code == 302
    assert "交接顺利" in ines.get(page).content.decode() and "尚未公开" not in ines.get(page).content.decode()


def test_strangers_find_nothing():
    deal = stages.agreed()
    stranger = cast.stranger().signed_in()
    for address in ("", "cancel/", "draw_up/"):
        assert stranger.get(f"/workspace/deals/{deal.number}/{address}").status_code == 404
    assert stranger.get(f"/api/v1/deals/{deal.number}/").status_code == 404
    assert Client().get(f"/workspace/deals/{deal.number}/").status_code == 302
    assert cast.bo().signed_in().get("/desk/deals/").status_code == 404


def test_the_api_says_and_does_the_same():
    deal = stages.agreed()
    browser = cast.ines().signed_in()
    told = browser.get(f"/api/v1/deals/{deal.number}/").json()
    assert told["state"] == "agreed" and told["steps"] == ["draw_up", "cancel"]
    assert [leg["amount"] for leg in told["split"]] == ["4554000.00", "46000.00"]
    steps, as_json = f"/api/v1/deals/{deal.number}/steps/", {"content_type": "application/json"}
    answer = browser.post(f"{steps}draw_up/", json.dumps({}), **as_json)
    assert answer.status_code == 200 and answer.json()["state"] == "signing"
    wrong = browser.post(f"{steps}cancel/", json.dumps({}), **as_json)
    assert wrong.status_code == 400 and "reason" in json.dumps(wrong.json())
