"""kill -9 of web and worker at random points of a deal: each time it is before or after, never between, and goes on.

Buyer, seller and desk act over HTTP on a real web server while a real worker relays and pays out; both are killed at
random moments. After every kill the deal must show either what it showed before the step or what the step brings, the
books must add up and every invariant must hold; then whoever was cut off simply tries again, and the deal ends.

`KILLS` sets how many (20 otherwise; `make machine` asks for 200).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.utils import timezone

from listings.deals.models import Deal, Negotiation, Offer
from marketplace.accounts.paper import sample_paper
from marketplace.accounts.roles import Kind
from marketplace.core import invariants
from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import Obligation, Payout
from marketplace.payments.services import books
from marketplace.signing.models import Document
from tests import cast
from tests.cast import Part
from tests.catalogue.makers import a_listing
from tests.faults.crew import PATIENCE_S, Browser, Crew, crew_at_work
from tests.payments.makers import a_bank_account, a_payout_account

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

KILLS = int(os.environ.get("KILLS", 20))
WHOLE_EVERY = 20  # of so many kills one takes the master too
PAIRS = 6  # a code signs once in thirty seconds, so several pairs deal in turn
SEED = int(os.environ.get("KILLS_SEED", 0)) or int(time.time())
SLOWEST_S = 1.2

STANDS = """
SELECT n.state,
    (SELECT array_agg(o.state ORDER BY o.version) FROM deals_offer o WHERE o.negotiation_id = n.id),
    d.state, d.contract_id IS NOT NULL, c.state,
    (SELECT count(*) FROM signing_signature g WHERE g.document_id = d.contract_id AND g.signed_at IS NOT NULL),
    (SELECT array_agg(f.kind || f.state ORDER BY f.kind) FROM deals_filing f WHERE f.deal_id = d.id),
    (SELECT array_agg(b.state || b.paid ORDER BY b.id) FROM payments_obligation b
     WHERE b.subject_kind = 'deals.deal' AND b.subject_id = d.id),
    (SELECT array_agg(p.state || p.amount ORDER BY p.id) FROM payments_payout p
     WHERE p.subject_kind = 'deals.deal' AND p.subject_id = d.id),
    (SELECT -sum(a.balance) FROM payments_account a
     WHERE a.kind = 'held' AND a.subject_kind = 'deals.deal' AND a.subject_id = d.id),
    (SELECT array_agg(x.holder_id) FROM assets_asset x JOIN deals_dealasset y ON y.asset_id = x.id
     WHERE y.deal_id = d.id),
    (SELECT count(*) FROM rights_reservation r WHERE r.released_at IS NULL AND r.subject_kind = 'deals.deal'
     AND r.subject_id = d.id)
FROM deals_negotiation n LEFT JOIN deals_offer a ON a.negotiation_id = n.id AND a.state = 'accepted'
LEFT JOIN deals_deal d ON d.offer_id = a.id LEFT JOIN signing_document c ON c.id = d.contract_id
WHERE n.listing_id = %s
"""


@dataclass
class Hunter:
    """Kills somebody at a random moment, until it has killed often enough."""

    crew: Crew
    dice: random.Random
    killed: Counter[str]

    @property
    def count(self) -> int:
        return self.killed["web"] + self.killed["worker"]

    def strike(self, part: str, within_s: float) -> None:
        time.sleep(self.dice.uniform(0.0, within_s))
        is_whole = self.count % WHOLE_EVERY == WHOLE_EVERY - 1
        self.crew.kill(part, whole=is_whole)
        self.killed[part] += 1
        self.killed["masters"] += is_whole


class Story:
    """One deal between two parties and the desk, step by step."""

    def __init__(self, crew: Crew, hunter: Hunter, seller: Part, buyer: Part, desk: Part) -> None:
        self.crew, self.hunter = crew, hunter
        self.seller, self.buyer = Browser(crew, seller), Browser(crew, buyer)
        self.desk = Browser(crew, desk)
        self.listing = a_listing(by=seller)
        self.takes: dict[str, float] = {}

    # ── what is there now ────────────────────────────────────────────────────────────────────────────────────────────
    def stands(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(STANDS, [self.listing.pk])
            return cursor.fetchall()

    @property
    def talks(self) -> Negotiation:
        return Negotiation.objects.get(listing=self.listing)

    @property
    def deal(self) -> Deal:
        return Deal.objects.select_related("contract").get(listing=self.listing)

    def deal_is(self, *states: str) -> bool:
        return Deal.objects.filter(listing=self.listing, state__in=states).exists()

    def filing(self, *states: str) -> bool:
        return self.deal.filings.filter(kind="assignment", state__in=states).exists()

    def signed(self, count: int) -> bool:
        document = self.deal.contract
        return document is not None and document.signatures.exclude(signed_at=None).count() >= count

    # ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────
    def tell(self) -> None:
        self.step("enquire", lambda: Negotiation.objects.filter(listing=self.listing).exists(), self._enquire)
        number = self.talks.number
        offers = f"/api/v1/negotiations/{number}/offers/"
        self.step("offer", lambda: Offer.objects.filter(negotiation=self.talks).exists(), lambda: self._offer(offers))
        accept = f"/api/v1/negotiations/{number}/accept/"
        self.step("accept", lambda: self.deal_is("agreed"), lambda: self.seller.post(accept, {"version": 1}))
        deal = f"/api/v1/deals/{self.deal.number}"
        self.step(
            "draw_up",
            lambda: self.deal_is("signing"),
            lambda: self.seller.post(f"{deal}/steps/draw_up/"),
        )
        self.step("sign", lambda: self.signed(1), lambda: self._sign(self.seller))
        self.step("seal", lambda: self.signed(2), lambda: self._sign(self.buyer))
        self.wait("call_for_payment", lambda: self.deal_is("paying"))
        reference = Obligation.objects.about(self.deal.subject).get().reference
        pay = self._address("sandbox_pay", reference, "exact")
        self.step("pay", lambda: not Obligation.objects.about(self.deal.subject).get().outstanding,
                  lambda: self.buyer.post(pay, form=True))  # fmt: skip
        self.wait("fund", lambda: self.deal_is("recording"))
        filing = f"{deal}/filings/{self.deal.filings.get(kind='assignment').pk}/steps"
        today = timezone.localdate().isoformat()
        self.step("file", lambda: self.filing("filed"),
                  lambda: self.buyer.post(f"{filing}/file/", {"filed_on": today, "reference": "1"}))  # fmt: skip
        notice = sample_paper("notice")
        self.step("prove", lambda: self.filing("evidenced"),
                  lambda: self.buyer.post(f"{filing}/prove/", {"recorded_on": today}, file=notice))  # fmt: skip
        self.step("approve", lambda: self.filing("approved"), lambda: self.desk.post(f"{filing}/approve/"))
        self.wait("complete", lambda: self.deal_is("completed"))
        assert set(Payout.objects.about(self.deal.subject).values_list("state", flat=True)) == {"paid"}

    @staticmethod
    def _address(name: str, *given: str) -> str:
        from django.urls import reverse

        return reverse(name, args=given)

    def _enquire(self) -> tuple[int, str] | None:
        form = {"purpose": "production", "stage": "evaluating", "horizon": "quarter", "decider": "management"}
        return self.buyer.post(
            "/api/v1/negotiations/", {"listing": self.listing.number, "message": "能否转让？", **form}
        )

    def _offer(self, path: str) -> tuple[int, str] | None:
        until = timezone.now() + timedelta(days=10)
        return self.buyer.post(
            path, {"price": "4600000.01", "mode": "transfer", "valid_until": until.isoformat(), "answers": 0}
        )

    def _sign(self, by: Browser) -> tuple[int, str] | None:
        document = Document.objects.get(pk=self.deal.contract_id)
        code = format_hotp_value(hotp_value(cast.TOTP_SECRET, int(time.time()) // 30))
        answer = by.post(f"/api/v1/documents/{document.number}/sign/", {"sha256": document.sha256, "otp": code})
        if answer is not None and answer[0] == 422:  # the code went with the request that was cut off
            time.sleep(30 - time.time() % 30)
        return answer

    # ── how a step is taken ──────────────────────────────────────────────────────────────────────────────────────────
    def step(self, name: str, is_done: Callable[[], bool], ask: Callable[[], Any]) -> None:
        """Ask until it is done; now and then the web server dies while it works on it.

        At most twice over one step: a request cut off may have used up a code, and the next one is half a minute away.
        """
        deadline = time.monotonic() + PATIENCE_S
        strikes = 2
        last: Any = None
        while not is_done():
            assert time.monotonic() < deadline, f"{name}: {last}"
            is_hunted = strikes > 0 and self.hunter.count < KILLS and self.hunter.dice.random() < 0.5
            before, began = self.stands(), time.monotonic()
            if not is_hunted:
                last = ask()
                if last is not None and last[0] < 400:
                    self.takes[name] = time.monotonic() - began
                    assert is_done(), f"{name} said {last} and was not done"
                    return
                self.crew.wait_until_up()
                continue
            asking = threading.Thread(target=ask_and_let_go, args=(ask,))
            asking.start()
            strikes -= 1
            self.hunter.strike("web", min(self.takes.get(name, 0.4) * 1.3, SLOWEST_S))
            asking.join()
            self.crew.wait_until_up()
            self.look(name, before, is_done)

    def wait(self, name: str, is_done: Callable[[], bool]) -> None:
        """What the worker brings about; now and then it dies over it."""
        deadline = time.monotonic() + PATIENCE_S
        strikes = self.hunter.dice.choice((0, 1, 1, 2, 3))
        while not is_done():
            assert time.monotonic() < deadline, f"{name} did not come: {self.stands()}"
            self.crew.nudge()
            if strikes and self.hunter.count < KILLS:
                strikes -= 1
                self.hunter.strike("worker", 0.8)
                self.sound()
            else:
                time.sleep(0.4)

    def look(self, name: str, before: Any, is_done: Callable[[], bool]) -> None:
        """Before or after: what is not done has left no trace in what the deal shows."""
        done, now = is_done(), self.stands()
        if not done:
            # Work of the worker's may have come in between; what it brings is its own before and after.
            assert now == before, f"{name} was cut off between:\n{before}\n{now}"
        self.sound()

    def sound(self) -> None:
        broken = [answer.as_dict() for answer in invariants.ask_all() if answer.broken]
        assert broken == []
        assert [one for one in books.check().findings if not one.what.startswith("bank ")] == []


def ask_and_let_go(ask: Callable[[], Any]) -> None:
    try:
        ask()
    finally:
        connection.close()


@pytest.fixture
def no_stripe():
    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    yield
    if "stripe" in kept:
        providers.register(kept["stripe"])


def a_pair(number: int) -> tuple[Part, Part]:
    seller = cast._part(f"s{number}@holder.test", f"S{number}", Kind.ENTERPRISE, f"卖方{number}号公司", f"S{number}")
    buyer = cast._part(f"b{number}@buyer.test", f"B{number}", Kind.ENTERPRISE, f"买方{number}号公司", f"B{number}")
    for part in (seller, buyer):
        cast.enrol(part.person)
    a_payout_account(seller)
    return seller, buyer


def test_a_deal_survives_kills_at_random_points(tmp_path, settings, no_stripe, capsys):
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")
    dice = random.Random(SEED)
    a_bank_account("sandbox")
    desk = cast.ops()
    pairs = [a_pair(number) for number in range(PAIRS)]
    began, deals = time.monotonic(), 0
    with crew_at_work(tmp_path) as crew:
        hunter = Hunter(crew, dice, Counter())
        while hunter.count < KILLS:
            story = Story(crew, hunter, *pairs[deals % PAIRS], desk)
            try:
                story.tell()
            except AssertionError as error:
                raise AssertionError(f"{error}\nseed {SEED}\n{crew.log.read_text(errors='replace')[-3000:]}") from error
            deals += 1
    with capsys.disabled():
        took = time.monotonic() - began
        print(f"\n{hunter.count} kills {dict(hunter.killed)} in {deals} deals, {took:.0f} s, seed {SEED}")
    assert Deal.objects.filter(state="completed").count() == deals
    assert KILLS < 20 or (hunter.killed["web"] and hunter.killed["worker"])
