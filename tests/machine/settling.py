"""Rules about the register, disputes and the ways back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from listings.deals.models import Dispute
from listings.deals.services import closing, disputes, filings
from marketplace.core import clock
from tests.builders import a_pdf
from tests.machine import things as shadow
from tests.machine.market import (
    ANY,
    CRASHES,
    DESK,
    SIDES,
    Market,
)
from tests.machine.things import Quarrel


class Settling(Market):
    """From a paid deal to its end, whichever it is."""

    # ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: any(one.filings for one in self.model.deals))
    @rule(
        at=ANY,
        kind=st.sampled_from(["recordal", "recordal", "technology_contract", "pledge_cancellation"]),
        verb=st.sampled_from(["file", "refuse", "evidence", "approve", "return"]),
        desk=DESK,
        crash=CRASHES,
    )
    def register(self, at: int, kind: str, verb: str, desk: str, crash: int) -> None:
        at, deal = self.deal(at)
        if kind == "recordal":
            kind = "assignment" if deal.mode == "transfer" else "licence"
        if kind not in deal.filings:
            return
        self.at_the_office(at, deal, kind, verb, desk, crash)

    def at_the_office(self, at: int, deal: shadow.Deal, kind: str, verb: str, desk: str, crash: int) -> None:
        matter, pk, actors = deal.filings[kind], self.world.filing(at, kind), self.world.actors
        owed_by = {"technology_contract": "ines", "pledge_cancellation": "lena"}.get(kind, deal.buyer)
        by = actors[owed_by]
        today = clock.today
        calls: dict[str, tuple[tuple[str, ...], str, Callable[[], Any]]] = {
            "file": (
                ("due", "refused"),
                "filed",
                lambda: filings.say_filed(filing_id=pk, filed_on=today(), reference="1", by=by),
            ),
            "refuse": (
                ("filed",),
                "refused",
                lambda: filings.say_refused(filing_id=pk, found="样式", correct_by=None, by=by),
            ),
            "evidence": (
                ("filed", "refused"),
                "evidenced",
                lambda: filings.hand_in_evidence(filing_id=pk, recorded_on=today(), upload=a_pdf(), by=by),
            ),
            "approve": (
                ("evidenced",),
                "approved",
                lambda: filings.approve_evidence(filing_id=pk, by=actors[desk]),
            ),
            "return": (
                ("evidenced",),
                "refused",
                lambda: filings.return_evidence(filing_id=pk, reason="unlesbar", by=actors[desk]),
            ),
        }
        sources, target, call = calls[verb]

        def effect() -> None:
            matter.state = target
            if verb == "evidence" and kind == "pledge_cancellation":
                for name in deal.assets:
                    self.model.rights[name].pledge = False
            if verb == "approve" and kind in shadow.RECORDALS:
                self.model.recorded(deal)

        self.act(
            f"{verb} {at} {kind}",
            allowed=matter.state in sources
            and (verb != "approve" or kind not in shadow.RECORDALS or self.model.may_record(deal)),
            call=call,
            effect=effect,
            crash=crash,
        )

    # ── disputes and ways back ───────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: any(one.state == "recording" for one in self.model.deals))
    @rule(
        at=ANY,
        verb=st.sampled_from(["raise", "raise", "propose", "decide", "withdraw"]),
        side=SIDES,
        desk=DESK,
        pct=st.sampled_from([0, 40, 100]),
        crash=CRASHES,
    )
    def quarrel(self, at: int, verb: str, side: str, desk: str, pct: int, crash: int) -> None:
        at, deal = self.deal(at)
        self.dispute(at, deal, verb, self.who(deal, side), desk, pct, crash)

    def dispute(self, at: int, deal: shadow.Deal, verb: str, by: str, desk: str, pct: int, crash: int) -> None:
        actors, pk, quarrel = self.world.actors, self.row(at).pk, deal.quarrel
        row = Dispute.objects.filter(deal=pk).order_by("-pk").first()
        if verb == "raise":
            self.act(
                f"dispute {at} by {by}",
                allowed=deal.state == "recording" and quarrel is None,
                call=lambda: disputes.raise_dispute(deal_id=pk, complaint="范围不符", by=actors[by]),
                effect=lambda: setattr(deal, "quarrel", Quarrel(by)),
                crash=crash,
            )
        elif row is None:
            return
        elif verb == "propose":

            def propose() -> None:
                assert quarrel is not None
                quarrel.state, quarrel.pct, quarrel.proposed_by = "deciding", pct, desk

            self.act(
                f"propose {at} {pct}% by {desk}",
                allowed=quarrel is not None,
                call=lambda: disputes.propose_decision(
                    dispute_id=row.pk, seller_pct=Decimal(pct), decision="分配", by=actors[desk]
                ),
                effect=propose,
                crash=crash,
            )
        elif verb == "decide":
            self.act(
                f"decide {at} by {desk}",
                allowed=self.may_decide(deal, desk),
                call=lambda: disputes.confirm_decision(dispute_id=row.pk, by=actors[desk]),
                effect=lambda: self.model.decide(deal),
                crash=crash,
            )
        else:

            def withdraw() -> None:
                deal.quarrel = None
                deal.news.append("withdrawn")

            self.act(
                f"withdraw_dispute {at} by {by}",
                allowed=quarrel is not None and quarrel.raised_by == by,
                call=lambda: disputes.withdraw_dispute(dispute_id=row.pk, reason="erledigt", by=actors[by]),
                effect=withdraw,
                crash=crash,
            )

    def may_decide(self, deal: shadow.Deal, desk: str) -> bool:
        quarrel = deal.quarrel
        if quarrel is None or quarrel.state != "deciding" or quarrel.proposed_by == desk or deal.state != "recording":
            return False
        to_seller = shadow.part(deal.held, Decimal(quarrel.pct or 0))
        return not quarrel.pct or to_seller - (deal.payoff or 0) - shadow.part(to_seller, shadow.FEE_PCT) >= 0

    @precondition(lambda self: any(one.state == "recording" for one in self.model.deals))
    @rule(at=ANY, side=SIDES, crash=CRASHES, chance=st.integers(0, 1))
    def agree_to_refund(self, at: int, side: str, crash: int, chance: int) -> None:
        at, deal = self.deal(at)
        if chance:
            return
        by, pk = self.who(deal, side), self.row(at).pk
        would = deal.give_back_agreed | {by}

        def effect() -> None:
            deal.give_back_agreed = would
            if len(would) == 2:
                self.model.refund(deal)

        self.act(
            f"agree_to_refund {at} by {by}",
            allowed=deal.state == "recording" and (len(would) < 2 or deal.quarrel is None),
            call=lambda: closing.agree_to_refund(deal_id=pk, reason="einig", by=self.world.actors[by]),
            effect=effect,
            crash=crash,
        )

    @precondition(lambda self: self.model.deals)
    @rule(at=ANY, side=SIDES, crash=CRASHES, chance=st.integers(0, 3))
    def cancel(self, at: int, side: str, crash: int, chance: int) -> None:
        at, deal = self.deal(at)
        if chance:
            return
        by, pk = self.who(deal, side), self.row(at).pk
        self.act(
            f"cancel {at} by {by}",
            allowed=deal.state in shadow.UNFUNDED,
            call=lambda: closing.cancel(deal_id=pk, reason="vorbei", by=self.world.actors[by]),
            effect=lambda: self.model.cancel(deal),
            crash=crash,
        )
