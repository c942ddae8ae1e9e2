"""Rules about talks: offers, answers, acceptance, and the pledge of the right they are about."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from listings.deals.services import negotiations, offers
from listings.deals.terms import Milestone, Terms
from listings.rights.models import Entry
from listings.rights.services.pledges import release_pledge
from marketplace.core import clock
from tests.machine.market import (
    CRASHES,
    PLANS,
    PRICES,
    SIDES,
    Market,
    plan_of,
)
from tests.machine.world import CURRENCY


class Talking(Market):
    """Buyers and holder talk; a bank takes a pledge."""

    # ── talks ────────────────────────────────────────────────────────────────────────────────────────────────────────
    @rule(at=st.integers(0, 2), side=SIDES, price=PRICES, kind=PLANS, is_stale=st.integers(0, 9), crash=CRASHES)
    def offer(self, at: int, side: str, price: Decimal, kind: str, is_stale: int, crash: int) -> None:
        self.put_forward(at, side, price, kind, is_stale, crash)

    def put_forward(self, at: int, side: str, price: Decimal, kind: str, is_stale: int, crash: int) -> None:
        talks = self.model.talks[at]
        mode, names = self.model.listings[talks.listing]
        if talks.listing in self.model.closed or any(self.model.rights[one].owner != "ines" for one in names):
            return
        maker = "ines" if side == "ines" else talks.buyer
        answers = len(talks.offers) - (1 if not is_stale and talks.offers else 0)
        plan = plan_of(kind, price)
        until = self.world.now + timedelta(days=20 if price != Decimal("1234.57") else 1)
        first, rest = ("甲", plan.first, 10), ("乙", price - plan.first, 40)
        given = Terms(
            price=price,
            currency=CURRENCY,
            mode=mode,
            deposit=plan.deposit,
            milestones=tuple(Milestone(*one) for one in (first, rest)) if plan.first else (),
            hold_back_pct=Decimal(plan.hold_pct),
            hold_back_days=plan.hold_days,
            term_months=36 if mode != "transfer" else None,
            valid_until=until,
        )
        self.act(
            f"offer {at} by {maker}: {price} {kind}, answers {answers}",
            allowed=self.model.may_offer(at, answers),
            call=lambda: offers.make_offer(
                negotiation_id=self.world.talks[at], by=self.world.actors[maker], terms=given, answers=answers
            ),
            effect=lambda: self.model.offer(at, maker, price, plan, until),
            crash=crash,
        )

    @rule(at=st.integers(0, 2), is_stale=st.integers(0, 9), right_one=st.integers(0, 9), crash=CRASHES)
    def accept(self, at: int, is_stale: int, right_one: int, crash: int) -> None:
        self.say_yes(at, is_stale, right_one, crash)

    def say_yes(self, at: int, is_stale: int, right_one: int, crash: int) -> None:
        talks = self.model.talks[at]
        version = len(talks.offers) - (0 if is_stale else 1)
        if version < 1:
            return
        maker = talks.offers[-1].maker
        other = talks.buyer if maker == "ines" else "ines"
        by = other if right_one else maker
        is_open = talks.listing not in self.model.closed
        self.act(
            f"accept {at} version {version} by {by}",
            allowed=is_open and self.model.may_accept(at, version, by),
            call=lambda: offers.accept_offer(
                negotiation_id=self.world.talks[at], version=version, by=self.world.actors[by]
            ),
            effect=lambda: self.model.accept(at),
            crash=crash,
        )

    @rule(at=st.integers(0, 2), verb=st.sampled_from(["withdraw", "reject", "close"]), side=SIDES, crash=CRASHES)
    def turn_down(self, at: int, verb: str, side: str, crash: int) -> None:
        talks = self.model.talks[at]
        by = "ines" if side == "ines" else talks.buyer
        actor, pk, version = self.world.actors[by], self.world.talks[at], len(talks.offers)
        offer = self.model.stands(at, version)
        if verb == "close":
            if self.rare(at + version):
                return
            allowed, call = talks.is_open, lambda: negotiations.close(negotiation_id=pk, by=actor, reason="genug")
        elif verb == "withdraw":
            allowed = offer is not None and offer.maker == by
            call = lambda: offers.withdraw_offer(negotiation_id=pk, version=version, by=actor)  # noqa: E731
        else:
            allowed = offer is not None and offer.maker != by
            call = lambda: offers.reject_offer(negotiation_id=pk, version=version, by=actor)  # noqa: E731

        def effect() -> None:
            if offer is not None:
                offer.state = {"withdraw": "withdrawn", "reject": "rejected", "close": "ended"}[verb]
            if verb == "close":
                talks.state = "closed"
            else:
                self.model.heard(talks, by)

        self.act(f"{verb} {at} by {by}", allowed=allowed, call=call, effect=effect, crash=crash)

    def rare(self, number: int) -> bool:
        """Keep what ends everything from ending every example early."""
        return len(self.story) < 25 or number % 2 == 0

    # ── the pledge ───────────────────────────────────────────────────────────────────────────────────────────────────
    @rule(name=st.sampled_from(["p", "q"]), chance=st.integers(0, 5))
    def pledge(self, name: str, chance: int) -> None:
        right = self.model.rights[name]
        if right.owner != "ines" or chance:
            return
        self.act(
            f"pledge {name}",
            allowed=not right.pledge and not right.promised,
            call=lambda: self.world.pledge(name),
            effect=lambda: setattr(right, "pledge", True),
        )

    @precondition(lambda self: any(one.pledge for one in self.model.rights.values()))
    @rule(crash=CRASHES, name=st.sampled_from(["p", "q"]), chance=st.integers(0, 3))
    def let_go_of_pledge(self, name: str, crash: int, chance: int) -> None:
        right = self.model.rights[name]
        if not right.pledge or chance:
            return
        entry = Entry.objects.live().get(asset=self.world.assets[name], kind="pledge")
        self.act(
            f"unpledge {name}",
            allowed=True,
            call=lambda: release_pledge(entry_id=entry.pk, by=self.world.actors["lena"], on=clock.today()),
            effect=lambda: setattr(right, "pledge", False),
            crash=crash,
        )
