"""What should be true, told a second time: talks, deals, money and rights in plain Python, without a database.

The machine does everything twice, once through the services and once here, and compares. Nothing of the product is
imported: sums are split, days are counted and rights are judged by this file's own few lines. What the product learns
from events it learns here by `relay`, and what its workers do happens here in `calm`; until then both stand apart from
the cause in the same way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.machine.things import (
    FEE_PCT,
    OVER,
    PAYING_DAYS,
    UNFUNDED,
    WORKING_DAYS,
    ZERO,
    Deal,
    Matter,
    Offered,
    Owed,
    Plan,
    Quarrel,
    Right,
    Talks,
    part,
)


@dataclass
class Model:
    """The whole small world. `workday` gives the last moment of the n-th working day after a moment."""

    now: datetime
    workday: Any
    listings: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # mode, rights
    rights: dict[str, Right] = field(default_factory=dict)
    talks: list[Talks] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    closed: set[int] = field(default_factory=set)  # listings that are settled
    waiting: Decimal = ZERO  # at the bank, not placed

    def __post_init__(self) -> None:
        self.began = self.now

    # ── talks ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def may_offer(self, at: int, answers: int) -> bool:
        talks = self.talks[at]
        return talks.is_open and answers == len(talks.offers)

    def offer(self, at: int, maker: str, price: Decimal, plan: Plan, valid_until: datetime) -> None:
        talks = self.talks[at]
        if talks.offers and talks.offers[-1].state == "standing":
            talks.offers[-1].state = "superseded"
        talks.offers.append(Offered(maker, price, plan, valid_until))
        self.heard(talks, maker)

    def heard(self, talks: Talks, who: str) -> None:
        talks.said_at = self.now
        if who == "ines" and talks.state == "asked":
            talks.state = "talking"

    def stands(self, at: int, version: int) -> Offered | None:
        """The offer of that version if it is the latest and stands."""
        offers = self.talks[at].offers
        if version != len(offers) or not offers or offers[-1].state != "standing":
            return None
        return offers[-1]

    def may_accept(self, at: int, version: int, by: str) -> bool:
        talks, offer = self.talks[at], self.stands(at, version)
        if offer is None or not talks.is_open or by == offer.maker or self.now >= offer.valid_until:
            return False
        mode, names = self.listings[talks.listing]
        return all(self.may_promise(self.rights[name], mode) for name in names)

    def may_promise(self, right: Right, mode: str) -> bool:
        others = [self.deals[one].mode for one in right.promised]
        if right.owner != "ines" or (mode != "transfer" and "exclusive" in right.licences):
            return False
        return not others or (mode == "ordinary" and set(others) == {"ordinary"})

    def accept(self, at: int) -> None:
        talks = self.talks[at]
        offer = talks.offers[-1]
        offer.state, talks.state, talks.said_at = "accepted", "agreed", self.now
        mode, names = self.listings[talks.listing]
        is_pledged = any(self.rights[name].pledge for name in names)
        self.deals.append(
            Deal(at, talks.buyer, mode, names, offer.price, offer.plan, is_pledged, self.now, len(talks.offers))
        )
        for name in names:
            self.rights[name].promised.append(len(self.deals) - 1)

    # ── contract ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def enter(self, deal: Deal, state: str) -> None:
        deal.state, deal.since = state, self.now

    def draw_up(self, deal: Deal) -> None:
        self.enter(deal, "signing")
        deal.paper, deal.signed, deal.drawn_at = "live", 0, self.now

    def redraw(self, deal: Deal) -> None:
        self.enter(deal, "agreed")
        self.tear_up(deal)
        self.ask_no_more(deal)
        deal.paper, deal.payoff = "", None

    def tear_up(self, deal: Deal) -> None:
        deal.paper, deal.signed, deal.consent = "dead" if deal.paper else "", 0, ""

    def ask_no_more(self, deal: Deal) -> None:
        for one in deal.owed:
            if one.state in ("open", "reopened") and one.paid == one.refunded:
                one.state = "cancelled"

    def sign(self, deal: Deal) -> None:
        deal.signed += 1
        if deal.signed == 2:
            deal.paper = "complete"
            deal.news.append("complete")

    def still_pledged(self, deal: Deal) -> bool:
        return any(self.rights[name].pledge for name in deal.assets)

    def payoff_fits(self, deal: Deal, amount: Decimal) -> bool:
        first = deal.plan.first or deal.price
        return first - amount - part(first, FEE_PCT) >= 0

    def state_payoff(self, deal: Deal, amount: Decimal) -> None:
        deal.payoff = amount
        self.consented(deal)

    def payoff_is_known(self, deal: Deal) -> bool:
        return deal.payoff is not None or not self.still_pledged(deal)

    def consented(self, deal: Deal) -> None:
        if deal.state == "consenting" and deal.consent == "given" and self.payoff_is_known(deal):
            self.call_for_payment(deal)

    def call_for_payment(self, deal: Deal) -> None:
        self.enter(deal, "paying")
        plan = deal.plan
        if plan.first:
            parts = [("deal_price", plan.first), ("deal_milestone", deal.price - plan.first)]
        else:
            parts = [("deal_price", plan.deposit), ("deal_price", deal.price - plan.deposit)]
        deal.owed += [Owed(purpose, amount) for purpose, amount in parts if amount]

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def pay(self, deal: Deal, owed: Owed, amount: Decimal, way: str) -> None:
        taken, more = owed.take_in(amount, way)
        recovered = min(taken, deal.recoverable)
        deal.recoverable -= recovered
        deal.held += taken - recovered
        self.waiting += more
        if taken and owed.state == "paid":
            deal.news.append("settle")

    def take_back(self, deal: Deal, owed: Owed, amount: Decimal, way: str) -> None:
        """A provider takes away again what had come in."""
        undone = min(amount, owed.paid - owed.refunded)
        from_held = min(undone, deal.held)
        deal.held -= from_held
        deal.recoverable += amount - from_held
        if undone:
            owed.paid -= undone
            owed.ways[way] -= undone  # type: ignore[assignment]
            owed.state = "reopened"

    def give_again(self, deal: Deal, owed: Owed, amount: Decimal, way: str) -> None:
        """What a provider had taken away comes again: first it makes good what was lost."""
        recovered = min(amount, deal.recoverable)
        deal.recoverable -= recovered
        taken, _more = owed.take_in(recovered, way)
        if taken and owed.state == "paid":
            deal.news.append("settle")
        if amount > recovered:
            self.pay(deal, owed, amount - recovered, way)

    def give_back(self, deal: Deal, amount: Decimal) -> None:
        """Refund, latest payment first."""
        for one in reversed(deal.owed):
            back = min(amount, one.paid - one.refunded - one.pending)
            if back > 0:
                one.pending += back
                one.state = "refunding"
                deal.held -= back
                amount -= back
        assert not amount, "what is held was paid by somebody"

    def legs(self, deal: Deal, amount: Decimal, *, is_first: bool, holds_back: bool) -> Counter[str]:
        legs: Counter[str] = Counter()
        payoff = deal.payoff or ZERO if is_first else ZERO
        fee = part(amount, FEE_PCT)
        own = amount - payoff - fee
        kept = part(own, Decimal(deal.plan.hold_pct)) if holds_back else ZERO
        legs.update({"pledgee": payoff, "platform": fee, "seller": own - kept, "hold_back": kept})
        return Counter({name: sum_ for name, sum_ in legs.items() if sum_})

    def release(self, deal: Deal, legs: Counter[str]) -> None:
        for name, amount in legs.items():
            if name == "hold_back":
                continue
            deal.released[name] += amount
            deal.held -= amount  # type: ignore[assignment]
            deal.unsent += name != "platform"

    def pay_out(self, deal: Deal) -> None:
        """Everything that may leave leaves, if nothing stands against it."""
        is_ready = deal.state == "recording" and deal.quarrel is None and not deal.to_come
        if not is_ready or (deal.waits_for_the_register and not deal.is_recorded):
            return
        first = sum((one.paid - one.refunded for one in deal.owed if one.purpose == "deal_price"), ZERO)
        legs = self.legs(deal, first, is_first=True, holds_back=True)
        self.enter(deal, "releasing")
        if legs["hold_back"]:
            deal.kept_back, deal.free_at = legs["hold_back"], self.now + timedelta(days=deal.plan.hold_days)  # type: ignore[assignment]
        self.release(deal, legs)
        self.pay_out_milestone(deal)

    def pay_out_milestone(self, deal: Deal) -> None:
        free = deal.held - deal.kept_back
        if deal.state == "releasing" and free > 0:
            self.release(deal, self.legs(deal, free, is_first=False, holds_back=False))

    def complete(self, deal: Deal) -> None:
        owes = any(one.outstanding and one.state not in OVER for one in deal.owed)
        if deal.state == "releasing" and not (deal.unsent or deal.bounced or deal.held or owes):
            self.enter(deal, "completed")
            self.let_go(deal)
            if deal.waits_for_the_register:
                self.closed.add(self.talks[deal.talks].listing)

    # ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────
    def begin_filings(self, deal: Deal) -> None:
        kinds = ["assignment" if deal.mode == "transfer" else "licence", "technology_contract"]
        if deal.is_pledged and deal.mode == "transfer":
            kinds.append("pledge_cancellation")
        deal.filings = {kind: Matter() for kind in kinds}

    def may_record(self, deal: Deal) -> bool:
        """The register takes it only if nothing has come between since, as it may after a decided dispute."""
        if deal.state not in ("recording", "releasing", "completed") or not deal.waits_for_the_register:
            return True
        at = self.deals.index(deal)
        return all(
            right.owner == "ines"
            and not set(right.promised) - {at}
            and not (deal.mode == "exclusive" and "exclusive" in right.licences)
            and (not right.pledge or deal.consent == "given")
            for right in (self.rights[name] for name in deal.assets)
        )

    def recorded(self, deal: Deal) -> None:
        if deal.state in ("recording", "releasing", "completed") and deal.waits_for_the_register:
            self.enter_register(deal)
        self.pay_out(deal)

    def enter_register(self, deal: Deal) -> None:
        for name in deal.assets:
            if deal.mode == "transfer":
                self.rights[name].owner = deal.buyer
            else:
                self.rights[name].licences.append(deal.mode)
            promised = self.rights[name].promised  # what was promised is in the register now
            promised[:] = [one for one in promised if one != self.deals.index(deal)]

    # ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def unwind(self, deal: Deal) -> None:
        self.tear_up(deal)
        self.ask_no_more(deal)
        self.give_back(deal, deal.held)
        self.let_go(deal)
        for one in deal.filings.values():
            if one.state != "approved":
                one.state = "dropped"
        talks = self.talks[deal.talks]
        talks.offers[deal.version - 1].state = "undone"
        talks.state, talks.said_at = "talking", self.now

    def let_go(self, deal: Deal) -> None:
        at = self.deals.index(deal)
        for right in self.rights.values():
            right.promised = [one for one in right.promised if one != at]

    def cancel(self, deal: Deal) -> None:
        self.enter(deal, "cancelled")
        self.unwind(deal)

    def refund(self, deal: Deal) -> None:
        self.enter(deal, "refunding")
        self.unwind(deal)

    def decide(self, deal: Deal) -> None:
        assert deal.quarrel is not None
        pct, deal.quarrel = deal.quarrel.pct or 0, None
        deal.decided.append(pct)
        if not pct:
            self.refund(deal)
            return
        to_seller = part(deal.held, Decimal(pct))
        self.enter(deal, "releasing")
        self.give_back(deal, deal.held - to_seller)
        if to_seller:
            self.release(deal, self.legs(deal, to_seller, is_first=True, holds_back=False))
        self.complete(deal)

    # ── what follows by itself ───────────────────────────────────────────────────────────────────────────────────────
    def relay(self) -> None:
        """Deals hear of what happened to their papers and their money."""
        while any(deal.news for deal in self.deals):
            for deal in self.deals:
                while deal.news:
                    self.hear(deal, deal.news.pop(0))

    def hear(self, deal: Deal, news: str) -> None:
        if news == "complete" and deal.state == "signing" and deal.paper == "complete":
            if self.still_pledged(deal):
                self.enter(deal, "consenting")
                deal.consent = "asked"
            else:
                self.call_for_payment(deal)
        elif news == "consent":
            self.consented(deal)
        elif news == "settle" and deal.state == "paying" and not deal.to_come:
            self.enter(deal, "recording")
            self.begin_filings(deal)
            if not deal.waits_for_the_register:
                self.enter_register(deal)
            self.pay_out(deal)
        elif news in ("settle", "withdrawn"):
            self.pay_out(deal)
            self.pay_out_milestone(deal)
            self.complete(deal)
        elif news == "payout":
            self.pay_out_milestone(deal)
            self.complete(deal)
        elif news == "bounce" and deal.state == "completed":
            self.enter(deal, "releasing")
        elif news == "chargeback" and deal.state == "recording" and deal.quarrel is None:
            deal.quarrel = Quarrel("platform")
        elif news == "lapse":
            self.unwind(deal)
        elif news == "refund" and deal.state == "refunding" and not (deal.held or deal.is_giving_back):
            self.enter(deal, "refunded")

    def work(self) -> None:
        """The worker sends what is due and hears from the providers; nothing fails."""
        for deal in self.deals:
            for one in deal.owed:
                if one.pending:
                    one.refunded, one.pending = one.refunded + one.pending, ZERO
                    if one.refunded == one.paid:
                        one.state = "refunded"
                    else:
                        one.state = "paid" if one.paid == one.amount else "part_paid"
                    deal.news.append("refund")
            if deal.unsent:
                deal.unsent = 0
                deal.news.append("payout")

    def calm(self) -> None:
        """Everything that is under way arrives, and everybody hears of it."""
        self.relay()
        self.work()
        self.relay()
        self.work()
        self.relay()

    def pass_time(self, moment: datetime) -> None:
        """The clock stands at `moment`: what was to happen by then happens."""
        self.now = moment
        for talks in self.talks:
            for offer in talks.offers:
                if offer.state == "standing" and moment >= offer.valid_until:
                    offer.state = "expired"
            assert talks.said_at is not None
            silent = moment - talks.said_at
            if (talks.state == "talking" and silent >= timedelta(days=60)) or (
                talks.state == "asked" and silent >= timedelta(days=30)
            ):
                talks.state = "lapsed"
                if talks.offers and talks.offers[-1].state == "standing":
                    talks.offers[-1].state = "ended"
        for deal in self.deals:
            self._pass_time(deal)

    def _pass_time(self, deal: Deal) -> None:
        if deal.state in UNFUNDED:
            days = WORKING_DAYS.get(deal.state)
            ends = self.workday(deal.since, days) if days else deal.since + timedelta(days=PAYING_DAYS)
            if self.now >= ends:
                self.enter(deal, "expired")
                deal.news.append("lapse")
        elif deal.free_at is not None and self.now >= deal.free_at:
            freed = min(deal.kept_back, deal.held)
            deal.kept_back, deal.free_at = ZERO, None
            if deal.state == "releasing":
                if freed:
                    self.release(deal, Counter({"seller": freed}))
                self.pay_out_milestone(deal)
                self.complete(deal)

    # ── to compare ───────────────────────────────────────────────────────────────────────────────────────────────────
    def snapshot(self) -> dict[str, Any]:
        return {
            "talks": [[one.state, [each.state for each in one.offers]] for one in self.talks],
            "rights": {
                name: [one.owner, one.pledge, sorted(one.licences), sorted(one.promised)]
                for name, one in self.rights.items()
            },
            "deals": [self._shown(one) for one in self.deals],
            "waiting": f"{self.waiting:.2f}",
        }

    def _shown(self, deal: Deal) -> dict[str, Any]:
        return {
            "state": deal.state,
            "paper": deal.paper,
            "signed": deal.signed if deal.paper in ("live", "complete") else 0,
            "consent": deal.consent if deal.state == "consenting" else "",
            "payoff": None if deal.payoff is None else f"{deal.payoff:.2f}",
            "held": f"{deal.held:.2f}",
            "recoverable": f"{deal.recoverable:.2f}",
            "owed": [
                [one.purpose, f"{one.amount:.2f}", f"{one.paid:.2f}", f"{one.refunded:.2f}", one.state]
                for one in deal.owed
            ],
            "filings": {kind: one.state for kind, one in sorted(deal.filings.items())},
            "quarrel": deal.quarrel.shown if deal.quarrel else None,
            "agreed": sorted(deal.give_back_agreed),
            "bounced": deal.bounced,
            "released": {name: f"{sum_:.2f}" for name, sum_ in sorted(deal.released.items())},
        }
