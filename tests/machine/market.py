"""How a step is taken on both sides and compared, and how an example begins and ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from listings.deals.models import Deal
from marketplace.core import clock
from marketplace.core.errors import DomainError
from tests.machine import things as shadow
from tests.machine.things import Plan
from tests.machine.world import Crash, World, connection_dies, crashing

NEVER, ENDS = 0, (-1, -2)
CRASHES = st.sampled_from([NEVER] * 9 + [*ENDS, 3, 8, 14, 22, 35, 60])
FAULTS = st.sampled_from(["", "", "drop_before", "drop_after", "error_500_before", "error_500_after", "rate_limit"])
PRICES = st.sampled_from([Decimal("10000.00"), Decimal("9999.99"), Decimal("1234.57"), Decimal("250000.01")])
PLANS = st.sampled_from(["whole", "whole", "deposit", "milestones", "hold_back", "milestones and hold_back"])
ANY = st.integers(0, 7)
SIDES = st.sampled_from(["ines", "buyer"])
DESK = st.sampled_from(["ops", "root"])

taken: Counter[str] = Counter()
ended: Counter[str] = Counter()


def plan_of(kind: str, price: Decimal) -> Plan:
    return Plan(
        deposit=(price / 5).quantize(Decimal("0.01")) if kind == "deposit" else shadow.ZERO,
        first=(price / 2).quantize(Decimal("0.01")) if "milestones" in kind else shadow.ZERO,
        hold_pct=10 if "hold_back" in kind else 0,
        hold_days=14 if "hold_back" in kind else 0,
    )


class Market(RuleBasedStateMachine):
    """One example: two listings that want the same right, three talks, whatever comes of them."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []

    # ── how a step is taken ──────────────────────────────────────────────────────────────────────────────────────────
    def act(
        self,
        said: str,
        *,
        allowed: bool,
        call: Callable[[], Any],
        effect: Callable[[], None],
        crash: int = NEVER,
        settles: bool = False,
    ) -> bool:
        """Take a step on both sides and compare. `settles` is for what is no single transaction: after a crash
        everything under way may arrive before the two are compared. Returns whether it was done."""
        name = said.split()[0]
        taken[name] += 1
        before = self.model.snapshot()
        self.model.now = self.world.tick()
        outcome = "done"
        try:
            with clock.at(self.world.now), crashing(crash):
                call()
        except DomainError as refusal:
            outcome = refusal.code
        except Crash:
            outcome = "crash"
            taken["crash"] += 1
            connection_dies()
        self.story.append(f"{said} → {outcome}")
        if outcome == "crash":
            if settles:
                self.settle()
                before = self.model.snapshot()
            shown = self.world.snapshot()
            if shown == before:
                return False
            effect()
            if settles:
                self.model.calm()
            self.compare(shown)
            return True
        if outcome == "done":
            assert allowed, f"done, and the model would have refused: {said}"
            effect()
        else:
            taken["refused"] += 1
            assert not allowed, f"refused with {outcome}, and the model would have done it: {said}"
        self.compare()
        return outcome == "done"

    def settle(self) -> None:
        """Calm on both sides."""
        self.world.calm()
        self.model.pass_time(self.world.now)
        self.model.calm()

    def compare(self, shown: dict[str, Any] | None = None) -> None:
        shown, told = shown or self.world.snapshot(), self.model.snapshot()
        assert shown == told, "\n".join(differences(shown, told))

    def deal(self, at: int) -> tuple[int, shadow.Deal]:
        """A deal by number; the latest ones come up more often."""
        at = len(self.model.deals) - 1 - at % len(self.model.deals)
        return at, self.model.deals[at]

    def row(self, at: int) -> Deal:
        return Deal.objects.select_related("contract").get(pk=self.world.deals()[at])

    def who(self, deal: shadow.Deal, side: str) -> str:
        return "ines" if side == "ines" else deal.buyer

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        try:
            self.settle()
            self.compare()
            assert self.world.unpaid() == ["failed"] * sum(one.bounced for one in self.model.deals)
            self.world.check()
        except BaseException:
            print("\n".join(self.story))
            raise
        finally:
            ended.update(one.state for one in self.model.deals)


def differences(shown: Any, told: Any, path: str = "") -> list[str]:
    """Where the database and the model part."""
    if isinstance(shown, dict) and isinstance(told, dict):
        keys = sorted({*shown, *told}, key=str)
        return [line for key in keys for line in differences(shown.get(key), told.get(key), f"{path}/{key}")]
    if isinstance(shown, list) and isinstance(told, list) and len(shown) == len(told):
        return [
            line for n, pair in enumerate(zip(shown, told, strict=True)) for line in differences(*pair, f"{path}/{n}")
        ]
    return [] if shown == told else [f"{path}: the database has {shown!r}, the model {told!r}"]
