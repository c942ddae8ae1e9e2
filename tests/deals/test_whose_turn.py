"""What each side is told at every step of a deal, and what stands in the way of the next one, by its code.

One deal with everything in it: a pledge to be paid off first, an inventor's waiver on paper, a filing refused once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from listings.deals import access, guards
from listings.deals.graphs.deal import DEAL_GRAPH
from listings.deals.models import Deal, Filing
from listings.deals.presenting.page import deal_page
from listings.deals.refusals import MoneyMoved, MoneyStillHeld, NoticeMissing
from listings.deals.services import closing, contracts, disputes, filings
from listings.deals.states import DealState
from listings.rights.states import EntryKind
from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import Invalid, NotPermitted
from marketplace.core.money import Money
from marketplace.payments.models import Obligation
from marketplace.signing.models import Consent, Document
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.deals.test_deal_path import cny, own_place  # noqa: F401
from tests.payments.makers import sandbox_pays
from tests.rights.makers import entered, pledged, who

pytestmark = pytest.mark.django_db(transaction=True)


@translation.override("en")
def page(deal: Deal, part: cast.Part) -> dict[str, Any]:
    return deal_page(access.deal_of(part.actor, deal.number), part.actor)


def turn(deal: Deal, part: cast.Part) -> tuple[str, bool, str]:
    """What the page says first: the title, whether it is this side's turn, and the last part of where it is done."""
    told = page(deal, part)["turn"]
    return told.title, told.is_mine, told.url.rstrip("/").rpartition("/")[2]


@translation.override("en")
def owes(deal: Deal, who_owes: str) -> tuple[str, str]:
    rows = {one["name"]: (str(one["what"]), one["shape"]) for one in page(deal, cast.ines())["parties"]}
    return rows[who_owes]


def in_the_way(deal: Deal, verb: str) -> str:
    """The code of what keeps the platform from the step now."""
    edge = DEAL_GRAPH.edge(verb, deal.state)
    assert edge is not None
    refusal = DEAL_GRAPH.refusal(edge, deal, SYSTEM)
    return refusal.code if refusal else ""


def test_every_side_knows_whose_turn_it_is_from_agreement_to_payout():
    seller, buyer, bank, ops = cast.ines(), cast.bo(), cast.lena(), cast.ops()
    asset = a_right(seller)
    pledged(asset, bank)
    entered(asset, EntryKind.SERVICE_INVENTION, party=who("林知远"))
    bank_name, seller_name, buyer_name = (one.organisation.name_en for one in (bank, seller, buyer))
    deal = stages.agreed(a_listing(by=seller, assets=[asset]))
    assert turn(deal, seller) == turn(deal, buyer) == ("Draw up the contract", True, "draw_up")
    assert turn(deal, bank) == ("Draw up the contract", False, "")
    assert owes(deal, seller_name) == ("Draw up the contract", "now")
    assert owes(deal, bank_name) == ("Nothing now", "go")

    contract = contracts.draw_up(deal_id=deal.pk, by=seller.actor).contract
    deal = stages.now(deal)
    assert turn(deal, seller) == ("Sign the contract", True, contract.number)
    assert turn(deal, buyer)[:2] == (f"Waiting for the signature of {seller_name}", False)
    assert owes(deal, buyer_name) == ("Sign the contract", "now")
    assert in_the_way(deal, "ask_consents") == in_the_way(deal, "call_for_payment") == "contract_not_signed"
    for part in (seller, buyer):
        stages.signs(part, Document.objects.get(pk=contract.pk))
    deal = stages.now(deal)

    assert deal.state == DealState.CONSENTING
    assert in_the_way(deal, "call_for_payment") == "consents_missing"
    assert turn(deal, bank) == ("State what you are owed", True, "payoff")
    assert turn(deal, seller)[:2] == ("Bring the written consent", True)
    assert turn(deal, buyer)[:2] == ("Waiting for consents", False)
    assert bank_name in page(deal, buyer)["turn"].text and "林知远" in page(deal, buyer)["turn"].text
    assert owes(deal, bank_name) == ("Answer the request for consent", "now")
    assert owes(deal, seller_name) == ("Bring the written consent", "now")
    with stages.what_if():
        contracts.state_payoff(deal_id=deal.pk, amount=cny("1000000.00"), by=bank.actor)
        assert turn(deal, bank)[:2] == ("Your consent is asked for", True)
    stages.consents(bank, Consent.objects.get(document=deal.contract, kind="pledgee"))
    waiver = Consent.objects.get(document=deal.contract, kind="inventor")
    stages.brings(seller, waiver)
    assert turn(deal, seller)[:2] == ("Waiting for consents", False), "brought; the desk reads it"
    stages.confirms(ops, waiver)
    deal = stages.now(deal)
    assert (deal.state, in_the_way(deal, "call_for_payment")) == (DealState.CONSENTING, "payoff_missing")
    assert bank_name in page(deal, seller)["turn"].text
    for wrong in (cny("-1.00"), Money(Decimal("1.00"), "USD")):
        with pytest.raises(Invalid) as refused:
            contracts.state_payoff(deal_id=deal.pk, amount=wrong, by=bank.actor)
        assert refused.value.field == "amount"
    contracts.state_payoff(deal_id=deal.pk, amount=cny("1000000.00"), by=bank.actor)
    deal = stages.now(deal)

    owed = Obligation.objects.about(deal.subject).get()
    assert turn(deal, buyer) == ("Pay into holding", True, owed.reference)
    assert turn(deal, seller) == ("Waiting for the buyer’s payment", False, "")
    assert owes(deal, buyer_name) == ("Pay into holding", "now")
    with pytest.raises(Invalid):
        contracts.state_payoff(deal_id=deal.pk, amount=cny("2.00"), by=bank.actor)
    sandbox_pays(owed, "600000.00")
    deal = stages.now(deal)
    assert (deal.state, in_the_way(deal, "fund")) == (DealState.PAYING, "price_not_held")
    with pytest.raises(MoneyMoved):
        contracts.redraw(deal_id=deal.pk, reason="改付款期", by=buyer.actor)
    sandbox_pays(owed)
    deal = stages.now(deal)

    recordal = stages.recordal(deal)
    assert turn(deal, buyer) == ("File it at the register", True, "file")
    assert turn(deal, seller)[1:] == (False, "")
    assert in_the_way(deal, "release") == "not_recorded"
    assert in_the_way(deal, "settle") == in_the_way(deal, "refund") == "not_decided"
    with pytest.raises(MoneyStillHeld):
        guards.nothing_is_held(deal, SYSTEM)
    filings.say_filed(filing_id=recordal.pk, filed_on=clock.today(), reference="1", by=buyer.actor)
    assert turn(deal, buyer)[0] == "Waiting for the register’s answer"
    filings.say_refused(filing_id=recordal.pk, found="名称不符", correct_by=None, by=buyer.actor)
    assert turn(deal, buyer)[0] == "Correct the filing and hand it in again"
    assert page(deal, buyer)["turn"].text == "名称不符"
    assert owes(deal, buyer_name)[1] == "wait"
    with stages.what_if():
        disputes.raise_dispute(deal_id=deal.pk, complaint="范围不符", by=buyer.actor)
        assert turn(deal, seller)[:2] == ("A dispute is open", False)
        assert in_the_way(deal, "release") == in_the_way(deal, "settle") == in_the_way(deal, "refund")
        assert in_the_way(deal, "release") == "dispute_open"
    with stages.what_if():
        for part in (seller, buyer):
            closing.agree_to_refund(deal_id=deal.pk, reason="登记无望", by=part.actor)
        assert turn(deal, buyer)[:2] == ("The money is going back", False)
    filing = stages.evidenced(deal)
    told = turn(deal, ops)
    assert told == ("The operator checks the register’s notice", True, "approve")
    assert turn(deal, buyer)[1] is False
    assert owes(deal, "The operator") == ("Check the office’s notice as a second person", "now")
    opened = [
        part.signed_in().get(f"/files/{filing.evidence_id}/").status_code
        for part in (seller, buyer, bank, ops, cast.stranger())
    ]
    assert opened == [200, 200, 200, 200, 404], "the office's notice: whoever sees the deal"
    filings.approve_evidence(filing_id=filing.pk, by=ops.actor)
    deal = stages.now(deal)
    assert turn(deal, seller)[:2] == ("The money is on its way", False)
    assert in_the_way(deal, "complete") == "payouts_open"
    deal = stages.paid_out(deal, seller, bank)
    assert (deal.state, page(deal, buyer)["turn"]) == (DealState.COMPLETED, None)


def test_evidence_is_the_notice_and_its_day():
    for given in ({}, {"recorded_on": clock.today()}):
        with pytest.raises(NoticeMissing):
            guards.has_evidence(Filing(**given), cast.bo().actor)


def test_one_side_alone_takes_nothing_back():
    deal = stages.agreed()
    with pytest.raises(NotPermitted):
        closing.agree_to_refund(deal_id=deal.pk, reason="?", by=cast.stranger().actor)
