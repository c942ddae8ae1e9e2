"""Rules about money: paid in by bank and card, taken back, paid out, sent back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from marketplace.core import clock
from marketplace.core.errors import DomainError
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import PayIn, Payout, SandboxMovement
from marketplace.payments.services import payouts
from tests.machine.market import (
    ANY,
    CRASHES,
    FAULTS,
    Market,
    taken,
)
from tests.machine.things import PAYABLE
from tests.machine.world import CURRENCY
from tests.payments.makers import a_bank_account, sandbox_pays
from tests.payments.practice import opens


class Paying(Market):
    """What banks and the payment provider do."""

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: any(one.owed for one in self.model.deals))
    @rule(at=ANY, k=ANY, how=st.sampled_from(["whole", "whole", "part", "over", "stranger"]), crash=CRASHES)
    def pay_by_bank(self, at: int, k: int, how: str, crash: int) -> None:
        at, deal = self.deal(at)
        if not deal.owed:
            return
        k %= len(deal.owed)
        owed, row = deal.owed[k], self.world.obligations(at)[k]
        if how != "whole" and owed.state not in PAYABLE:
            return
        base = owed.outstanding or owed.amount
        amount = {"part": (base / 3).quantize(Decimal("0.01")) or base, "over": base + 77}.get(how, base)
        payer = "" if how != "stranger" else "不相干有限公司"

        def effect() -> None:
            if how == "stranger":
                self.model.waiting += amount
            else:
                self.model.pay(deal, owed, amount, "sandbox")

        self.act(
            f"bank {at}.{k} {how} {amount}",
            allowed=True,
            call=lambda: sandbox_pays(row, str(amount), name=payer),
            effect=effect,
            crash=crash,
            settles=True,
        )

    @precondition(lambda self: any(one.owed for one in self.model.deals))
    @rule(at=ANY, k=ANY, fault=FAULTS, times=st.integers(1, 2), hooks=st.sampled_from([1, 3]))
    def pay_by_card(self, at: int, k: int, fault: str, times: int, hooks: int) -> None:
        """Through the provider's library and its page; answers get lost, events come often, late and shuffled."""
        at, deal = self.deal(at)
        if not deal.owed:
            return
        k %= len(deal.owed)
        owed, row = deal.owed[k], self.world.obligations(at)[k]
        buyer, practice = self.world.people[deal.buyer], self.world.practice

        def call() -> None:
            if fault:
                practice.do("faults", kind=fault, times=times, path="/v1/*")
            for attempt in range(3):
                try:
                    payin = opens(buyer, row)
                    break
                except DomainError as refusal:
                    if refusal.code != "provider_fails" or attempt == 2:
                        raise
                    self.world.calm()
            practice.do("faults")
            practice.do("pay", session=payin.external_id)
            if fault:
                practice.do("faults", kind=fault, times=times, path="/v1/*")
            for event in practice.events("checkout.session.completed")[-1:] * hooks:
                practice.deliver(event)

        self._lossy(
            f"card {at}.{k} {fault}*{times}",
            allowed=owed.state in PAYABLE,
            call=call,
            effect=lambda: self.model.pay(deal, owed, owed.outstanding, "stripe"),
        )

    def _lossy(self, said: str, *, allowed: bool, call: Callable[[], Any], effect: Callable[[], None]) -> None:
        """A step with the provider: compared once everything under way has arrived."""
        taken[said.split()[0]] += 1
        self.model.now = self.world.tick()
        outcome = "done"
        try:
            with clock.at(self.world.now):
                call()
        except DomainError as refusal:
            outcome = refusal.code
        self.story.append(f"{said} → {outcome}")
        assert allowed == (outcome == "done"), f"{said}: {outcome}, the model says {allowed}"
        if allowed:
            effect()
        self.settle()
        self.compare()

    @precondition(lambda self: any(one.ways["sandbox"] for deal in self.model.deals for one in deal.owed))
    @rule(at=ANY, k=ANY, chance=st.integers(0, 2))
    def bank_returns(self, at: int, k: int, chance: int) -> None:
        """The payer's bank takes a transfer back."""
        at, deal = self.deal(at)
        found = [n for n, one in enumerate(deal.owed) if one.ways["sandbox"] and not one.pending]
        if not found or chance:
            return
        k = found[k % len(found)]
        owed, row = deal.owed[k], self.world.obligations(at)[k]
        came = SandboxMovement.objects.filter(text=row.reference, amount__gt=0, returns=None).order_by("-pk")
        back = set(SandboxMovement.objects.filter(returns__in=came).values_list("returns", flat=True))
        movement = next((one for one in came if one.pk not in back and one.amount <= owed.ways["sandbox"]), None)
        if movement is None:
            return

        def call() -> None:
            sandbox.give_back(movement.pk)
            sandbox.pull_statement(a_bank_account("sandbox", CURRENCY))

        self.act(
            f"return {at}.{k} {movement.amount}",
            allowed=True,
            call=call,
            effect=lambda: self.model.take_back(deal, owed, movement.amount, "sandbox"),
        )

    @precondition(lambda self: any(one.ways["stripe"] for deal in self.model.deals for one in deal.owed))
    @rule(at=ANY, k=ANY, won=st.booleans(), chance=st.integers(0, 1), fault=FAULTS)
    def charge_back(self, at: int, k: int, won: bool, chance: int, fault: str) -> None:
        """The buyer's bank disputes the card payment; the provider decides it for one or the other."""
        at, deal = self.deal(at)
        found = [n for n, one in enumerate(deal.owed) if one.ways["stripe"] and not one.pending]
        if not found or chance:
            return
        k = found[k % len(found)]
        owed, row = deal.owed[k], self.world.obligations(at)[k]
        payin = PayIn.objects.filter(obligation=row, provider="stripe", state="received", dispute="").last()
        if payin is None or payin.refunded:
            return
        practice, opened = self.world.practice, []

        def dispute() -> None:
            opened.append(practice.do("dispute", charge=payin.charge_id)["id"])
            if fault:
                practice.do("faults", kind=fault, times=1, method="GET")

        def effect() -> None:
            self.model.take_back(deal, owed, payin.received, "stripe")
            deal.news.append("chargeback")

        self._lossy(f"chargeback {at}.{k}", allowed=True, call=dispute, effect=effect)
        self._lossy(
            f"chargeback {at}.{k} won: {won}",
            allowed=True,
            call=lambda: practice.do("close_dispute", dispute=opened[0], won=won),
            effect=lambda: self.model.give_again(deal, owed, payin.received, "stripe") if won else None,
        )

    # ── payouts ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: any(one.state in ("releasing", "completed") for one in self.model.deals))
    @rule(at=ANY, chance=st.integers(0, 2))
    def payout_comes_back(self, at: int, chance: int) -> None:
        """The payee's bank sends a payout back after it had been taken for paid."""
        at, deal = self.deal(at)
        subject = ("deals.deal", self.row(at).pk)
        paid = Payout.objects.about(subject).filter(state="paid", provider="sandbox").order_by("pk")
        row = next((one for one in paid), None)
        if row is None or chance:
            return
        movement = SandboxMovement.objects.get(order_key=f"payout:{row.pk}:{row.attempt}")

        def effect() -> None:
            deal.bounced += 1
            deal.news.append("bounce")

        def call() -> None:
            sandbox.give_back(movement.pk)
            sandbox.pull_statement(a_bank_account("sandbox", CURRENCY))

        self.act(f"bounce {at}", allowed=True, call=call, effect=effect)

    @precondition(lambda self: any(one.bounced for one in self.model.deals))
    @rule(at=ANY, crash=CRASHES)
    def send_again(self, at: int, crash: int) -> None:
        at, deal = self.deal(at)
        row = Payout.objects.about(("deals.deal", self.row(at).pk)).filter(state="failed").first()
        if row is None:
            return

        def effect() -> None:
            deal.bounced -= 1
            deal.unsent += 1

        self.act(
            f"retry {at}",
            allowed=bool(deal.bounced),
            call=lambda: payouts.retry_payout(payout_id=row.pk, by=self.world.actors["root"]),
            effect=effect,
            crash=crash,
        )
