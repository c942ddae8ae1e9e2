"""What goes on by itself: events are heard, the worker works, time passes; and the next step of a deal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from marketplace.core import clock
from tests.machine import things as shadow
from tests.machine.market import (
    ANY,
    CRASHES,
    DESK,
    FAULTS,
    NEVER,
    Market,
    taken,
)
from tests.machine.things import PAYABLE
from tests.machine.world import Crash, connection_dies, crashing


class Passing(Market):
    """Nobody decides anything here that is not the next thing to do."""

    # ── what goes on by itself ───────────────────────────────────────────────────────────────────────────────────────
    @rule(crash=CRASHES)
    def relay(self, crash: int) -> None:
        """Deals hear what happened; cut off, they hear it again."""
        self.hear(crash)

    def hear(self, crash: int) -> None:
        taken["relay"] += 1
        self.model.now = self.world.tick()
        try:
            with clock.at(self.world.now), crashing(crash):
                self.world.relay()
        except Crash:
            taken["crash"] += 1
            connection_dies()
            with clock.at(self.world.now):
                self.world.relay()
        self.story.append("relay")
        self.model.relay()
        self.compare()

    # A failure told before anything was done is told again under its key: such a payout waits for a person by design.
    @rule(fault=FAULTS.filter(lambda one: one != "error_500_before"), times=st.integers(1, 3), crash=CRASHES)
    def work(self, fault: str, times: int, crash: int) -> None:
        """The worker's round with a provider that stumbles, and cut off itself; then a calm one."""

        def call() -> None:
            if fault:
                self.world.practice.do("faults", kind=fault, times=times)
            try:
                with crashing(crash):
                    self.world.work()
            except Crash:
                taken["crash"] += 1
                connection_dies()

        self._lossy(f"work {fault} {crash}", allowed=True, call=call, effect=lambda: None)

    @rule(hours=st.sampled_from([2, 30, 150, 605]))
    def time_passes(self, hours: int) -> None:
        self.settle()
        if self.world.now - self.model.began > timedelta(days=75):
            return
        taken["time"] += 1
        with clock.at(self.world.tick(timedelta(hours=hours))):
            self.world.run_timers()
        self.model.pass_time(self.world.now)
        with clock.at(self.world.now):
            self.world.relay()
        self.model.relay()
        self.story.append(f"{hours} hours pass")
        self.compare()

    # ── and mostly, deals go forward ─────────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: self.model.deals)
    @rule(at=ANY, crash=CRASHES, desk=DESK)
    def go_on(self, at: int, crash: int, desk: str) -> None:
        """The next thing that whoever's turn it is would do."""
        at, deal = self.deal(at)
        self.next_step(at, deal, crash, desk)

    @precondition(lambda self: self.model.deals)
    @rule(at=ANY, desk=DESK)
    def go_on_and_on(self, at: int, desk: str) -> None:
        """Three such steps."""
        at, deal = self.deal(at)
        for _ in range(3):
            self.next_step(at, deal, NEVER, desk)

    def take(self, name: str, **given: Any) -> None:
        """Follow the rule of that name, with what the machine would have drawn."""
        getattr(type(self), name).hypothesis_stateful_rule.function(self, **given)

    def next_step(self, at: int, deal: shadow.Deal, crash: int, desk: str) -> None:
        """The next thing that whoever's turn it is would do."""
        back = len(self.model.deals) - 1 - at
        if deal.news:
            self.hear(crash)
        elif deal.state == "agreed":
            self.take("draw_up", at=back, side="ines", crash=crash)
        elif deal.state == "signing" and deal.paper == "live":
            side = "buyer" if deal.signed else "ines"
            self.take("sign", at=back, side=side, crash=crash)
        elif deal.state == "signing" and deal.paper == "dead":
            self.take("redraw", at=back, side="ines", crash=crash, chance=0)
        elif deal.state == "consenting" and deal.payoff is None:
            self.take("state_payoff", at=back, pct=20, crash=crash)
        elif deal.state == "consenting":
            self.take("consent", at=back, crash=crash)
        elif deal.state == "paying" or any(one.state in PAYABLE for one in deal.owed):
            k = next(n for n, one in enumerate(deal.owed) if one.state in PAYABLE)
            self.take("pay_by_bank", at=back, k=k, how="whole", crash=crash)
        elif deal.state == "recording" and deal.quarrel is None and deal.waits_for_the_register:
            kind = "assignment" if deal.mode == "transfer" else "licence"
            verb = {"due": "file", "refused": "file", "filed": "evidence", "evidenced": "approve"}.get(
                deal.filings[kind].state
            )
            if verb:
                self.at_the_office(at, deal, kind, verb, desk, crash)
        elif deal.state in ("releasing", "refunding"):
            self.take("work", fault="", times=1, crash=crash)
