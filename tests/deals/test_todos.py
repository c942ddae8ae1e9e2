"""What the first page of the workspace tells each side of a deal to do, and that it goes once it is done."""

from __future__ import annotations

import pytest

from listings.deals.services import disputes, filings
from listings.deals.todos import todo_lines
from marketplace.core import clock
from tests import cast
from tests.deals import stages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"


def told(part: cast.Part) -> list[str]:
    return [str(line["text"]) for line in todo_lines(part.actor)]


def test_each_side_hears_what_is_its_own_and_only_until_it_is_done():
    seller, buyer, desk = cast.ines(), cast.bo(), cast.ops()
    deal = stages.agreed()
    assert len(told(seller)) == len(told(buyer)) == 1 and deal.number in told(buyer)[0]
    assert told(cast.stranger()) == told(desk) == []
    deal = stages.paid(stages.signed(deal))
    assert len(told(seller)) == 1, "registration of the technology contract"
    assert len(told(buyer)) == 1, "recordal"
    recordal = stages.recordal(deal)
    filings.say_filed(filing_id=recordal.pk, filed_on=clock.today(), reference="1", by=buyer.actor)
    assert told(buyer) == []
    filings.say_refused(filing_id=recordal.pk, found="名称不符", correct_by=None, by=buyer.actor)
    assert len(told(buyer)) == 1
    stages.evidenced(deal)
    assert (told(buyer), len(told(desk))) == ([], 1)
    dispute = disputes.raise_dispute(deal_id=deal.pk, complaint="资料不全", by=buyer.actor)
    assert len(told(desk)) == 2
    disputes.withdraw_dispute(dispute_id=dispute.pk, reason="已补齐", by=buyer.actor)
    filings.approve_evidence(filing_id=recordal.pk, by=desk.actor)
    assert told(desk) == []
