"""The way of a deal: every step, what the ledger says at each, and the ways back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from listings.deals import money
from listings.deals.models import Deal
from listings.deals.states import DealState
from tests import cast
from tests.deals import stages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"


def test_agreement_freezes_what_was_agreed():
    deal = stages.agreed()
    assert (deal.price, deal.currency, deal.state) == (stages.PRICE, "CNY", DealState.AGREED)
    assert [(one.organisation, one.fraction) for one in deal.shares.all()] == [(cast.ines().organisation, 1)]
    assert deal.platform_fee_pct == Decimal("1.000")


def test_a_deal_goes_from_agreement_to_completion():
    deal = stages.signed(stages.agreed())
    assert deal.state == DealState.PAYING
    assert money.still_to_come(deal).amount == stages.PRICE
    deal = stages.paid(deal)
    assert deal.state == DealState.RECORDING
    assert money.held(deal).amount == stages.PRICE
    deal = stages.recorded(deal)
    assert deal.state == DealState.RELEASING
    assert money.held(deal).amount == 0
