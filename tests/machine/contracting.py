"""Rules about the contract: drawn up, signed, declined, changed, consented to."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from listings.deals.services import contracts
from marketplace.core.money import Money
from marketplace.signing.models import Consent
from marketplace.signing.services import documents
from tests.deals import stages
from tests.machine import things as shadow
from tests.machine.market import (
    ANY,
    CRASHES,
    SIDES,
    Market,
)
from tests.machine.world import CURRENCY


class Contracting(Market):
    """From an agreed deal to a call for payment."""

    # ── the contract ─────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: self.model.deals)
    @rule(at=ANY, side=SIDES, crash=CRASHES)
    def draw_up(self, at: int, side: str, crash: int) -> None:
        at, deal = self.deal(at)
        by, pk = self.who(deal, side), self.row(at).pk
        self.act(
            f"draw_up {at} by {by}",
            allowed=deal.state == "agreed",
            call=lambda: contracts.draw_up(deal_id=pk, by=self.world.actors[by]),
            effect=lambda: self.model.draw_up(deal),
            crash=crash,
        )

    @precondition(lambda self: self.model.deals)
    @rule(at=ANY, side=SIDES, crash=CRASHES, chance=st.integers(0, 2))
    def redraw(self, at: int, side: str, crash: int, chance: int) -> None:
        at, deal = self.deal(at)
        if chance:
            return
        by, pk = self.who(deal, side), self.row(at).pk
        self.act(
            f"redraw {at} by {by}",
            allowed=deal.state in ("signing", "consenting", "paying") and not deal.held,
            call=lambda: contracts.redraw(deal_id=pk, reason="anders", by=self.world.actors[by]),
            effect=lambda: self.model.redraw(deal),
            crash=crash,
        )

    @precondition(lambda self: any(one.paper for one in self.model.deals))
    @rule(at=ANY, side=SIDES, crash=CRASHES)
    def sign(self, at: int, side: str, crash: int) -> None:
        at, deal = self.deal(at)
        row = self.row(at)
        if row.contract is None:
            return
        by, document = self.who(deal, side), row.contract
        self.act(
            f"sign {at} by {by}",
            allowed=deal.paper == "live" and by == ("ines", deal.buyer)[deal.signed],
            call=lambda: stages.signs(self.world.people[by], document),
            effect=lambda: self.model.sign(deal),
            crash=crash,
        )

    @precondition(lambda self: any(one.paper == "live" for one in self.model.deals))
    @rule(at=ANY, side=SIDES, crash=CRASHES, chance=st.integers(0, 4))
    def decline(self, at: int, side: str, crash: int, chance: int) -> None:
        at, deal = self.deal(at)
        row = self.row(at)
        if row.contract is None or chance:
            return
        by, document = self.who(deal, side), row.contract
        self.act(
            f"decline {at} by {by}",
            allowed=deal.paper == "live",
            call=lambda: documents.decline(document_id=document.pk, by=self.world.actors[by], reason="nein"),
            effect=lambda: self.model.tear_up(deal),
            crash=crash,
        )

    @precondition(lambda self: any(one.is_pledged for one in self.model.deals))
    @rule(at=ANY, pct=st.sampled_from([0, 20, 40, 60, 101]), crash=CRASHES)
    def state_payoff(self, at: int, pct: int, crash: int) -> None:
        at, deal = self.deal(at)
        if not deal.is_pledged:
            return
        pk, amount = self.row(at).pk, shadow.part(deal.price, Decimal(pct))
        self.act(
            f"payoff {at} {amount}",
            allowed=deal.state in ("signing", "consenting") and self.model.payoff_fits(deal, amount),
            call=lambda: contracts.state_payoff(
                deal_id=pk, amount=Money(amount, CURRENCY), by=self.world.actors["lena"]
            ),
            effect=lambda: self.model.state_payoff(deal, amount),
            crash=crash,
            settles=True,
        )

    @precondition(lambda self: any(one.consent == "asked" for one in self.model.deals))
    @rule(at=ANY, crash=CRASHES)
    def consent(self, at: int, crash: int) -> None:
        at, deal = self.deal(at)
        asked = Consent.objects.filter(document=self.row(at).contract, state="asked").first()
        if asked is None:
            return

        def effect() -> None:
            deal.consent = "given"
            deal.news.append("consent")

        self.act(
            f"consent {at}",
            allowed=deal.consent == "asked",
            call=lambda: stages.consents(self.world.people["lena"], asked),
            effect=effect,
            crash=crash,
        )
