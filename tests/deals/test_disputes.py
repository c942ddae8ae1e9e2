"""Disputes: who may raise, say and decide what, and where the money and the right go by each decision."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from listings.assets.models import Asset
from listings.deals import money
from listings.deals.models import Deal, Dispute
from listings.deals.refusals import DisputeOpen, NothingToDispute
from listings.deals.services import disputes, filings
from listings.deals.states import DealState, DisputeState
from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, Invalid, NotPermitted, ReasonMissing
from marketplace.payments.gateways.ports import providers
from marketplace.payments.gateways.stripe import StripeProvider
from marketplace.payments.models import Obligation, Payout, Refund
from tests import cast
from tests.builders import a_pdf, member_actor
from tests.deals import stages
from tests.deals.test_deal_path import legs, own_place  # noqa: F401
from tests.payments.conftest import practice  # noqa: F401
from tests.payments.makers import a_payout_account
from tests.payments.practice import Practice, opens

pytestmark = pytest.mark.django_db(transaction=True)
COMPLAINT = "权利范围与约定不符"


def raised(deal: Deal, by: cast.Part | None = None) -> Dispute:
    return disputes.raise_dispute(deal_id=deal.pk, complaint=COMPLAINT, by=(by or cast.bo()).actor)


def decided(dispute: Dispute, seller_pct: str) -> Deal:
    """One person of the operator proposes, another confirms."""
    ops = cast.ops()
    disputes.propose_decision(
        dispute_id=dispute.pk, seller_pct=Decimal(seller_pct), decision="依合同第八条", by=ops.actor
    )
    disputes.confirm_decision(dispute_id=dispute.pk, by=member_actor(ops.organisation, Role.APPROVER))
    return Deal.objects.get(pk=dispute.deal_id)


def refunds(deal: Deal) -> list[Decimal]:
    return [one.amount for one in Refund.objects.filter(obligation__in=Obligation.objects.about(deal.subject))]


def states(dispute: Dispute, by: cast.Part, text: str, upload=None):
    return disputes.add_statement(dispute_id=dispute.pk, text=text, upload=upload, by=by.actor)


def test_a_dispute_is_raised_argued_and_decided_one_way_or_another():
    a_payout_account(cast.bo())
    buyer, seller, ops, stranger = cast.bo(), cast.ines(), cast.ops(), cast.stranger()
    deal = stages.agreed()
    with pytest.raises(NothingToDispute):
        raised(deal)
    deal = stages.paid(stages.signed(deal))
    for outsider in (stranger.actor, ops.actor, member_actor(buyer.organisation, Role.STAFF)):
        with pytest.raises(NotPermitted):
            disputes.raise_dispute(deal_id=deal.pk, complaint="?", by=outsider)
    for nothing in ("  ", "长" * 8001):
        with pytest.raises(Invalid) as refused:
            disputes.raise_dispute(deal_id=deal.pk, complaint=nothing, by=buyer.actor)
        assert refused.value.field == "complaint"
    dispute = raised(deal)
    assert (dispute.raised_by, dispute.state) == (buyer.organisation, DisputeState.OPEN)
    with pytest.raises(DisputeOpen):
        raised(deal, seller)

    # Both sides and the operator state their case; nobody else reads it.
    proof = states(dispute, buyer, " 附图为证 ", a_pdf("fig.pdf"))
    states(dispute, seller, "已按约交付")
    states(dispute, ops, "请补充检索报告")
    assert list(dispute.statements.values_list("organisation", "text")) == [
        (buyer.organisation.pk, "附图为证"),
        (seller.organisation.pk, "已按约交付"),
        (ops.organisation.pk, "请补充检索报告"),
    ]
    opened = [part.signed_in().get(f"/files/{proof.file_id}/").status_code for part in (buyer, seller, ops, stranger)]
    assert opened == [200, 200, 200, 404]
    for outsider in (stranger.actor, SYSTEM):
        with pytest.raises(NotPermitted):
            disputes.add_statement(dispute_id=dispute.pk, text="?", upload=None, by=outsider)
    with pytest.raises(Invalid) as refused:
        states(dispute, buyer, " ")
    assert refused.value.field == "text"

    # The operator alone decides.
    with pytest.raises(NotPermitted):
        disputes.propose_decision(dispute_id=dispute.pk, seller_pct=Decimal(0), decision="?", by=buyer.actor)
    for field, share, words in (("seller_pct", "-0.001", "?"), ("seller_pct", "100.001", "?"), ("decision", "50", " ")):
        with pytest.raises(Invalid) as refused:
            disputes.propose_decision(dispute_id=dispute.pk, seller_pct=Decimal(share), decision=words, by=ops.actor)
        assert refused.value.field == field
    with pytest.raises(IllegalTransition):
        disputes.confirm_decision(dispute_id=dispute.pk, by=ops.actor)

    with stages.what_if():  # for the seller: the whole price by the frozen terms
        deal = decided(dispute, "100")
        assert (deal.state, money.held(deal).amount) == (DealState.RELEASING, 0)
        assert (legs(deal), refunds(deal)) == ({"seller": Decimal("4554000.00")}, [])
        with pytest.raises(NothingToDispute):
            raised(deal)
    with stages.what_if():  # divided: 33.333 % of 4,600,000.00 are 1,533,318.00, less the fee of 1 %
        deal = decided(dispute, "33.333")
        assert (legs(deal), refunds(deal)) == ({"seller": Decimal("1517984.82")}, [Decimal("3066682.00")])
        with pytest.raises(Invalid, match="settled"):
            states(dispute, buyer, "还有")

    # For the buyer, by the latest proposal: everything goes back and the right is free for others.
    approver = member_actor(ops.organisation, Role.APPROVER)
    disputes.propose_decision(dispute_id=dispute.pk, seller_pct=Decimal(90), decision="初议", by=approver)
    deal = decided(dispute, "0")
    dispute.refresh_from_db()
    assert (dispute.seller_pct, dispute.decision, dispute.proposed_by) == (0, "依合同第八条", ops.person)
    with pytest.raises(IllegalTransition):
        disputes.propose_decision(dispute_id=dispute.pk, seller_pct=Decimal(1), decision="翻案", by=approver)
    assert (deal.state, money.held(deal).amount) == (DealState.REFUNDING, 0)
    deal = stages.paid_out(deal)
    assert deal.state == DealState.REFUNDED
    assert Obligation.objects.about(deal.subject).get().refunded == stages.PRICE
    assert not Payout.objects.about(deal.subject).exists()
    assert Asset.objects.get(dealt__deal=deal).holder == seller.organisation
    assert deal.listing.state == "published", "others may have it"
    stages.adds_up()


def test_the_pages_and_the_api_take_a_dispute_to_its_end():
    deal = stages.paid(stages.signed(stages.agreed()))
    page = f"/workspace/deals/{deal.number}/"
    buyer, seller, desk = cast.bo().signed_in(), cast.ines().signed_in(), cast.ops().signed_in()
    assert buyer.get(f"{page}dispute/").status_code == 200
    assert buyer.post(f"{page}dispute/", {"complaint": COMPLAINT}).status_code == 302
    dispute = deal.disputes.get()
    own = f"{page}disputes/{dispute.pk}/"
    told = buyer.get(page).content.decode()
    assert f"{own}state/" in told and f"{own}withdraw/" in told and f"{own}propose/" not in told
    told = seller.get(page).content.decode()
    assert f"{own}state/" in told and f"{own}withdraw/" not in told
    assert cast.stranger().signed_in().get(f"{own}state/").status_code == 404
    assert seller.post(f"{own}state/", {"text": "已按约交付", "file": a_pdf()}).status_code == 302
    assert "已按约交付" in buyer.get(page).content.decode()
    refused = seller.post(f"{own}propose/", {"seller_pct": "100", "decision": "归我"})
    assert refused.status_code == 403 and deal.disputes.get().state == DisputeState.OPEN
    assert desk.post(f"{own}propose/", {"seller_pct": "60", "decision": "六四开"}).status_code == 302
    assert "4,554,000.00" in desk.get(f"{own}decide/").content.decode(), "where the money goes is shown before"
    assert desk.post(f"{own}decide/").status_code == 403

    def posts(browser, verb, **given):
        address = f"/api/v1/deals/{deal.number}/disputes/{dispute.pk}/steps/{verb}/"
        return browser.post(address, given, content_type="application/json")

    answer = posts(desk, "decide")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_person_needed")
    assert posts(seller, "fight").status_code == 404
    assert posts(seller, "withdraw", reason="不成立").status_code == 403
    with pytest.raises(ReasonMissing):
        disputes.withdraw_dispute(dispute_id=dispute.pk, reason=" ", by=cast.bo().actor)
    answer = posts(buyer, "withdraw", reason="已和解")
    assert (answer.status_code, answer.json()["disputes"][0]["state"]) == (200, "withdrawn")
    assert stages.recorded(deal).state == DealState.RELEASING


def test_a_card_payment_disputed_at_the_bank_stops_the_deal_until_the_operator_decides(practice: Practice):  # noqa: F811
    """Through Stripe's library, against the practice provider."""
    providers.register(StripeProvider())
    deal = stages.signed(stages.agreed(price=Decimal("46000.00"), currency="USD"))
    payin = opens(cast.bo(), Obligation.objects.about(deal.subject).get())
    practice.do("pay", session=payin.external_id)
    practice.bring("checkout.session.completed")
    deal = stages.now(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RECORDING, Decimal("46000.00"))
    payin.refresh_from_db()
    theirs = practice.do("dispute", charge=payin.charge_id)
    practice.bring("charge.dispute.created", "charge.dispute.funds_withdrawn")
    deal = stages.now(deal)
    dispute = deal.disputes.get()
    assert (dispute.raised_by, money.held(deal).amount) == (None, 0)
    assert "买方开户银行" in cast.ines().signed_in().get(f"/workspace/deals/{deal.number}/").content.decode()
    filings.approve_evidence(filing_id=stages.evidenced(deal).pk, by=cast.ops().actor)
    assert stages.now(deal).state == DealState.RECORDING
    for part in (cast.bo(), cast.ines()):
        with pytest.raises(NotPermitted):
            disputes.withdraw_dispute(dispute_id=dispute.pk, reason="误会", by=part.actor)
    with stages.what_if():  # decided for the buyer, whose bank has everything back already
        deal = decided(dispute, "0")
        assert (deal.state, refunds(deal)) == (DealState.REFUNDED, [])
        assert Obligation.objects.about(deal.subject).get().state == "cancelled"
    practice.do("close_dispute", dispute=theirs["id"], won=True)
    practice.bring("charge.dispute.closed")
    deal = stages.now(deal)
    assert deal.disputes.get() == dispute, "one dispute, however often the bank tells"
    assert (deal.state, money.held(deal).amount) == (DealState.RECORDING, Decimal("46000.00"))
    deal = decided(dispute, "100")
    assert (deal.state, legs(deal)) == (DealState.RELEASING, {"seller": Decimal("45540.00")})
    stages.adds_up()


def test_a_card_payment_disputed_while_a_part_is_held_back_keeps_that_part(practice: Practice):  # noqa: F811
    """The rest has left: what the bank takes beyond what is held is owed to the platform, and never made up."""
    providers.register(StripeProvider())
    terms = {"hold_back_pct": Decimal("10.000"), "hold_back_days": 30}
    deal = stages.signed(stages.agreed(price=Decimal("46000.00"), currency="USD", **terms))
    payin = opens(cast.bo(), Obligation.objects.about(deal.subject).get())
    practice.do("pay", session=payin.external_id)
    practice.bring("checkout.session.completed")
    deal = stages.recorded(stages.now(deal))
    assert (deal.state, money.held(deal).amount) == (DealState.RELEASING, Decimal("4554.00"))
    payin.refresh_from_db()
    theirs = practice.do("dispute", charge=payin.charge_id)
    practice.bring("charge.dispute.created", "charge.dispute.funds_withdrawn")
    deal = stages.now(deal)
    dispute = deal.disputes.get()
    assert (dispute.raised_by, money.held(deal).amount) == (None, 0)
    practice.do("close_dispute", dispute=theirs["id"], won=True)
    practice.bring("charge.dispute.closed")
    with clock.at(clock.now() + timedelta(days=31)):
        timers.run_due()
        assert money.held(stages.now(deal)).amount == Decimal("4554.00"), "the days are over, but not the dispute"
        deal = decided(dispute, "100")
    paid = Payout.objects.about(deal.subject).values_list("amount", flat=True)
    assert (money.held(deal).amount, set(paid)) == (0, {Decimal("40986.00"), Decimal("4554.00")})
    stages.adds_up()


def held_back_deal() -> Deal:
    """Paid out but for a tenth, which is held back for thirty days."""
    a_payout_account(cast.bo())
    terms = {"hold_back_pct": Decimal("10.000"), "hold_back_days": 30}
    return stages.recorded(stages.paid(stages.signed(stages.agreed(**terms))))


def test_what_is_held_back_is_disputed_and_divided():
    deal = held_back_deal()
    kept = money.held(deal)
    assert (deal.state, kept.amount) == (DealState.RELEASING, Decimal("455400.00"))
    before = list(Payout.objects.about(deal.subject).values_list("pk", flat=True))
    page = f"/workspace/deals/{deal.number}/"
    buyer, ops = cast.bo(), cast.ops()
    browser = buyer.signed_in()
    assert f"{page}dispute/" in browser.get(page).content.decode()
    assert browser.post(f"{page}dispute/", {"complaint": "技术资料不完整"}).status_code == 302
    dispute = deal.disputes.get()
    with clock.at(clock.now() + timedelta(days=31)):
        timers.run_due()
        assert money.held(stages.now(deal)) == kept, "the days are over, but not the dispute"
    address = f"/api/v1/deals/{deal.number}/"
    assert browser.get(address).json()["disputes"][0]["state"] == "open"
    desk = ops.signed_in()
    proposed = desk.post(
        f"{address}disputes/{dispute.pk}/steps/propose/",
        {"seller_pct": "33.333", "decision": "资料部分欠缺"},
        content_type="application/json",
    )
    assert proposed.status_code == 200, proposed.content
    disputes.confirm_decision(dispute_id=dispute.pk, by=member_actor(ops.organisation, Role.APPROVER))
    deal = stages.now(deal)
    (paid,) = Payout.objects.about(deal.subject).exclude(pk__in=before)
    assert (paid.purpose, paid.amount) == ("seller", Decimal("151798.48"))
    assert refunds(deal) == [Decimal("303601.52")]
    stages.adds_up()
    deal = stages.paid_out(deal, cast.ines())
    assert (deal.state, money.held(deal).amount) == (DealState.COMPLETED, 0)
    with pytest.raises(NothingToDispute):
        raised(deal)
    stages.adds_up()


def test_a_withdrawn_dispute_lets_the_hold_back_go_when_its_days_are_over():
    deal = held_back_deal()
    dispute = raised(deal, cast.ines())
    disputes.withdraw_dispute(dispute_id=dispute.pk, reason="已经补齐", by=cast.ines().actor)
    assert money.held(stages.now(deal)).amount == Decimal("455400.00")
    with clock.at(clock.now() + timedelta(days=31)):
        timers.run_due()
        assert not money.held(stages.now(deal))
        stages.adds_up()
