"""The way of a deal and the ways back: what the ledger says at every step, with the real sandbox bank."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from listings.assets.models import Asset
from listings.deals import money
from listings.deals.graphs.deal import DEAL_GRAPH
from listings.deals.models import Filing
from listings.deals.refusals import PledgeeAbroad, SamePerson, Unsettled
from listings.deals.services import closing, contracts, disputes, filings, reviews
from listings.deals.states import DealState, FilingKind, FilingState, LegPurpose
from listings.rights.models import Entry, Reservation
from listings.rights.states import EntryKind, ExportCategory
from marketplace.core import clock
from marketplace.core.errors import NotPermitted
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.money import Money
from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import Obligation, Payout
from marketplace.payments.states import ObligationState
from marketplace.signing.models import Consent
from tests import cast
from tests.builders import a_pdf
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.payments.makers import a_payout_account, sandbox_pays
from tests.rights.makers import entered, owned, pledged, who

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")
    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    yield
    if "stripe" in kept:
        providers.register(kept["stripe"])


def cny(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def legs(deal) -> dict[str, Decimal]:
    return {one.purpose: one.amount for one in Payout.objects.about(deal.subject)}


def test_a_deal_goes_from_agreement_to_completion():
    deal = stages.agreed()
    assert [(one.organisation, one.fraction) for one in deal.shares.all()] == [(cast.ines().organisation, 1)]
    assert Reservation.objects.live().count() == 1
    deal = stages.signed(deal)
    assert deal.state == DealState.PAYING
    assert money.still_to_come(deal).amount == stages.PRICE
    deal = stages.paid(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RECORDING, stages.PRICE)
    stages.adds_up()
    deal = stages.recorded(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RELEASING, 0)
    asset = Asset.objects.get(dealt__deal=deal)
    assert asset.holder == cast.bo().organisation
    assert Entry.objects.live().get(asset=asset, kind=EntryKind.OWNERSHIP).party == cast.bo().organisation
    deal = stages.paid_out(deal, cast.ines())
    assert deal.state == DealState.COMPLETED
    assert not Reservation.objects.live().exists()
    assert deal.listing.state == "closed"
    stages.adds_up()


def test_co_owner_and_pledgee_consent_and_the_price_goes_four_ways():
    """Lines 1 of the story without a browser: two owners at 70 : 30, a pledge, a fee; each gets its cents."""
    seller, partner, bank = cast.ines(), cast.stranger(), cast.lena()
    asset = a_right(seller)
    owned(asset, (seller, (7, 10)), (partner, (3, 10)))
    listing = a_listing(by=seller, assets=[asset], state="draft")
    from listings.catalogue.services import listings as listing_service
    from listings.rights.services.consents import give_consent as agree_to_listing

    agree_to_listing(asset_id=asset.pk, kind="co_owner", acts=["assign", "list"], by=partner.actor)
    listing_service.submit_listing(listing_id=listing.pk, by=seller.actor)
    listing_service.publish_listing(listing_id=listing.pk, by=cast.ops().actor)
    pledged(asset, bank)
    listing.refresh_from_db()
    deal = stages.signed(stages.agreed(listing))
    assert deal.state == DealState.CONSENTING and deal.pledgee == bank.organisation
    with pytest.raises(NotPermitted):
        contracts.state_payoff(deal_id=deal.pk, amount=cny("1.00"), by=seller.actor)
    contracts.state_payoff(deal_id=deal.pk, amount=cny("1208295.00"), by=bank.actor)
    deal = stages.consented(deal, [partner, bank])
    assert deal.state == DealState.PAYING
    deal = stages.recorded(stages.paid(deal))
    assert legs(deal) == {
        LegPurpose.PLEDGEE: Decimal("1208295.00"),
        LegPurpose.SELLER: Decimal("2341993.50"),
        LegPurpose.CO_OWNER: Decimal("1003711.50"),
    }
    stages.adds_up()
    cancelled = deal.filings.get(kind=FilingKind.PLEDGE_CANCELLATION)
    filings.say_filed(filing_id=cancelled.pk, filed_on=clock.today(), reference="", by=bank.actor)
    filings.hand_in_evidence(filing_id=cancelled.pk, recorded_on=clock.today(), upload=a_pdf(), by=bank.actor)
    assert not Entry.objects.live().filter(asset=asset, kind=EntryKind.PLEDGE).exists()
    deal = stages.paid_out(deal, seller, partner, bank)
    assert deal.state == DealState.COMPLETED


def test_who_hands_evidence_in_does_not_approve_it():
    deal = stages.paid(stages.signed(stages.agreed()))
    filing = stages.recordal(deal)
    ops = cast.ops().actor
    filings.say_filed(filing_id=filing.pk, filed_on=clock.today(), reference="", by=ops)
    filings.hand_in_evidence(filing_id=filing.pk, recorded_on=clock.today(), upload=a_pdf(), by=ops)
    with pytest.raises(SamePerson):
        filings.approve_evidence(filing_id=filing.pk, by=ops)
    filing.refresh_from_db()
    assert filing.state == FilingState.EVIDENCED and stages.now(deal).state == DealState.RECORDING


def test_a_refused_filing_is_corrected_and_handed_in_again():
    deal = stages.paid(stages.signed(stages.agreed()))
    filing, buyer = stages.recordal(deal), cast.bo().actor
    filings.say_filed(filing_id=filing.pk, filed_on=clock.today(), reference="1", by=buyer)
    filings.say_refused(filing_id=filing.pk, found="名称不一致", correct_by=None, by=buyer)
    assert money.held(deal).amount == stages.PRICE
    filings.say_filed(filing_id=filing.pk, filed_on=clock.today(), reference="2", by=buyer)
    filings.hand_in_evidence(filing_id=filing.pk, recorded_on=clock.today(), upload=a_pdf(), by=buyer)
    filings.return_evidence(filing_id=filing.pk, reason="受理通知书不是证据", by=cast.ops().actor)
    filing = filings.hand_in_evidence(filing_id=filing.pk, recorded_on=clock.today(), upload=a_pdf(), by=buyer)
    assert filing.refusal == "", "what was put right is no longer said of it"
    filings.approve_evidence(filing_id=filing.pk, by=cast.ops().actor)
    assert stages.now(deal).state == DealState.RELEASING


def test_what_is_held_back_follows_when_its_days_are_over():
    deal = stages.agreed(hold_back_pct=Decimal("10.000"), hold_back_days=30)
    deal = stages.recorded(stages.paid(stages.signed(deal)))
    assert money.held(deal).amount == Decimal("455400.00")
    deal = stages.paid_out(deal, cast.ines())
    assert deal.state == DealState.RELEASING
    with clock.at(clock.now() + timedelta(days=31)):
        closing.free_hold_back(deal.pk, "free")
        assert money.held(deal).amount == 0
        deal = stages.paid_out(deal)
    assert deal.state == DealState.COMPLETED


def test_a_cancelled_deal_gives_back_what_was_paid():
    a_payout_account(cast.bo())
    deal = stages.signed(stages.agreed(deposit=Decimal("100000.00")))
    sandbox_pays(Obligation.objects.about(deal.subject).order_by("id")[0])
    assert money.held(deal).amount == Decimal("100000.00")
    closing.cancel(deal_id=deal.pk, reason="买方放弃", by=cast.bo().actor)
    deal = stages.now(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.CANCELLED, 0)
    assert not Reservation.objects.live().exists()
    assert deal.listing.state == "published"
    stages.paid_out(deal)
    states = set(Obligation.objects.about(deal.subject).values_list("state", flat=True))
    assert states <= {ObligationState.CANCELLED, ObligationState.REFUNDED}
    stages.adds_up()


def test_the_clock_ends_a_deal_nobody_pays():
    deal = stages.signed(stages.agreed())
    with clock.at(clock.now() + timedelta(days=31)):
        take_timed_step(DEAL_GRAPH, deal.pk, "lapse")
        deal = stages.now(deal)
    assert deal.state == DealState.EXPIRED
    assert not Reservation.objects.live().exists()


def test_a_dispute_stops_the_release_and_its_decision_divides_the_money():
    a_payout_account(cast.bo())
    deal = stages.paid(stages.signed(stages.agreed()))
    dispute = disputes.raise_dispute(deal_id=deal.pk, complaint="范围不符", by=cast.bo().actor)
    filing = stages.evidenced(deal)
    filings.approve_evidence(filing_id=filing.pk, by=cast.ops().actor)
    deal = stages.now(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RECORDING, stages.PRICE)
    with pytest.raises(Unsettled):
        DEAL_GRAPH.edge("release", deal.state).guard(deal, cast.ops().actor)
    ops = cast.ops()
    disputes.propose_decision(dispute_id=dispute.pk, seller_pct=Decimal("60"), decision="六四", by=ops.actor)
    with pytest.raises(SamePerson):
        disputes.confirm_decision(dispute_id=dispute.pk, by=ops.actor)
    from tests.builders import member_actor

    disputes.confirm_decision(dispute_id=dispute.pk, by=member_actor(ops.organisation, "approver"))
    deal = stages.now(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RELEASING, 0)
    assert legs(deal) == {LegPurpose.SELLER: Decimal("2732400.00")}
    stages.adds_up()


def test_both_sides_may_agree_that_the_money_goes_back():
    a_payout_account(cast.bo())
    deal = stages.paid(stages.signed(stages.agreed()))
    closing.agree_to_refund(deal_id=deal.pk, reason="登记无望", by=cast.ines().actor)
    assert stages.now(deal).state == DealState.RECORDING
    closing.agree_to_refund(deal_id=deal.pk, reason="同意", by=cast.bo().actor)
    deal = stages.paid_out(stages.now(deal))
    assert (deal.state, money.held(deal).amount) == (DealState.REFUNDED, 0)
    stages.adds_up()


def test_a_changed_contract_reopens_signatures_and_consents():
    deal = stages.signed(stages.agreed())
    first = deal.contract
    contracts.redraw(deal_id=deal.pk, reason="改付款期", by=cast.bo().actor)
    deal = stages.signed(stages.now(deal))
    assert deal.contract.version == first.version + 1 and deal.state == DealState.PAYING
    first.refresh_from_db()
    assert first.state == "void"
    assert not Consent.objects.filter(document=first, state="given").exists()


def test_reviews_are_double_blind_and_only_of_completed_deals():
    deal = stages.paid(stages.signed(stages.agreed()))
    with pytest.raises(Exception, match="not_completed"):
        reviews.write_review(deal_id=deal.pk, stars=5, text="", by=cast.bo().actor)
    deal = stages.paid_out(stages.recorded(deal), cast.ines())
    reviews.write_review(deal_id=deal.pk, stars=5, text="顺利", by=cast.bo().actor)
    assert not deal.reviews.published().exists()
    reviews.write_review(deal_id=deal.pk, stars=4, text="及时", by=cast.ines().actor)
    assert deal.reviews.published().count() == 2


@pytest.mark.rule("PAT-INVENTOR-FIRST", "XB-FREE", "LIC-REFUSE-08")
def test_the_inventor_s_waiver_and_the_export_registration_come_on_paper_before_the_money():
    seller, buyer = cast.ines(), cast.bo()
    asset = a_right(seller)
    entered(asset, EntryKind.SERVICE_INVENTION, party=who("林知远"))
    entered(asset, EntryKind.EXPORT_CONTROL, export_category=ExportCategory.FREE)
    buyer.organisation.country = "SG"
    buyer.organisation.save(update_fields=["country"])
    deal = stages.signed(stages.agreed(a_listing(by=seller, assets=[asset])))
    assert deal.state == DealState.CONSENTING
    papers = list(Consent.objects.filter(document=deal.contract).order_by("kind"))
    assert [(one.kind, one.name, one.brought_by) for one in papers] == [
        ("export", "", seller.organisation),
        ("inventor", "林知远", seller.organisation),
    ]
    for paper in papers:
        assert not Obligation.objects.about(deal.subject).exists()
        stages.brings(seller, paper)
        stages.confirms(cast.ops(), paper)
        deal = stages.now(deal)
    assert deal.state == DealState.PAYING
    deal = stages.paid(deal)
    assert deal.state == DealState.RECORDING
    with pytest.raises(IntegrityError), transaction.atomic():
        Filing.objects.create(deal=deal, kind=FilingKind.ASSIGNMENT, due_on=clock.today(), state=FilingState.DUE)


def test_a_pledgee_who_cannot_be_paid_here_stops_the_contract_at_once():
    seller = cast.ines()
    asset = a_right(seller)
    pledged(asset, "某外地银行")
    deal = stages.agreed(a_listing(by=seller, assets=[asset]))
    with pytest.raises(PledgeeAbroad):
        contracts.draw_up(deal_id=deal.pk, by=seller.actor)
    assert stages.now(deal).state == DealState.AGREED
