"""A machine that deals at random for thousands of steps, beside a model, with faults, crashes and a clock.

Every step is taken twice, by the public services and by the model; after each the database must say what the model
says. A step may be cut off at any statement, before or after its commit: then the database must say what it said before
or what it would have said after, and nothing between. After every example the books and the invariants are checked as
in production.

`MACHINE=long` runs 50,000 steps instead of 2,000; `MACHINE_STEPS` any other number. Where a run fails, the story of the
example is printed.
"""

from __future__ import annotations

import logging
import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from marketplace.core import clock
from marketplace.signing import rendering
from tests.machine.contracting import Contracting
from tests.machine.market import NEVER, PLANS, PRICES, Market, ended, taken
from tests.machine.passing import Passing
from tests.machine.paying import Paying
from tests.machine.settling import Settling
from tests.machine.talking import Talking
from tests.machine.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

STEPS = int(os.environ.get("MACHINE_STEPS", 0)) or (50_000 if os.environ.get("MACHINE") == "long" else 2_000)
PER_EXAMPLE = 60


class Everything(Talking, Contracting, Paying, Settling, Passing):
    """All that may happen, and how it begins."""

    @initialize(
        second=st.sampled_from(["bundle", "exclusive", "ordinary", "ordinary"]),
        is_pledged=st.sampled_from([False, False, True]),
        at=st.integers(-1, 2),
        price=PRICES,
        kind=PLANS,
        along=st.integers(0, 16),
    )
    def begin(self, second: str, is_pledged: bool, at: int, price: Decimal, kind: str, along: int) -> None:
        """Mostly with a deal, and that `along` its way: what may happen late happens as often as what may early."""
        self.story.append(f"second listing: {second}, pledged: {is_pledged}")
        self.model = self.world.begin(second, is_pledged)
        self.compare()
        if at >= 0:
            self.put_forward(at, "buyer", price, kind, is_stale=1, crash=NEVER)
            self.say_yes(at, is_stale=1, right_one=1, crash=NEVER)
            for _ in range(along):
                self.next_step(0, self.model.deals[0], NEVER, "ops")


@pytest.fixture
def one_paper_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a paper says is tried elsewhere; here each layout is set once, so that a step costs milliseconds."""
    setting, papers = rendering.pdf, {}

    def pdf(layout: str, data: Any, **more: Any) -> bytes:
        if layout not in papers:
            papers[layout] = setting(layout, data, **more)
        return papers[layout]

    monkeypatch.setattr(rendering, "pdf", pdf)


def test_machine(practice, settings_of_machine, one_paper_for_all, monkeypatch, capsys) -> None:
    # The database's clock cannot be set; where it decides, the machine's own stands in for it.
    monkeypatch.setattr(clock, "database_now", clock.now)
    Market.world = World(practice)
    taken.clear()
    ended.clear()
    logging.getLogger("marketplace").setLevel(logging.CRITICAL)
    with capsys.disabled():
        while sum(taken.values()) < STEPS:
            missing = STEPS - sum(taken.values())
            run_state_machine_as_test(
                Everything,
                settings=settings(
                    max_examples=max(1, missing // PER_EXAMPLE),
                    stateful_step_count=PER_EXAMPLE,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                    print_blob=False,
                ),
            )
        print(f"\n{sum(taken.values())} steps in {Market.world.examples} examples: {dict(taken.most_common())}")
        print(f"deals ended: {dict(ended.most_common())}")
    assert sum(taken.values()) >= STEPS
    if STEPS >= 2_000:  # a shorter run, for looking at something, may miss them
        assert taken["crash"] and taken["refused"] and ended["completed"]
    if STEPS >= 20_000:  # few deals end so
        assert ended["refunded"]
