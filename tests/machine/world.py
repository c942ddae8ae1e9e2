"""The product side of the machine: a cast, a market, crashes at any statement, and what it looks like in one query."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

from listings.catalogue.models import ListedAsset
from listings.catalogue.states import Mode
from listings.deals.models import Deal, Filing, Negotiation
from marketplace.core import clock, invariants, relay, timers
from marketplace.core.actor import Actor
from marketplace.core.models import Event, Subscription
from marketplace.core.money import Money
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import Obligation, Payout
from marketplace.payments.services import books, inbox, polling
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals.talks import a_negotiation
from tests.machine.model import Model
from tests.machine.things import Right, Talks
from tests.payments.makers import a_bank_account, a_payout_account, an_obligation, send_all
from tests.payments.practice import Practice, opens, payee_ready

CURRENCY = "USD"
FOLLOWERS = ("deals-follow", "deals-talks", "deals-deposits", "deals-overtaken")
BUYERS = ("bo", "stranger")
PEOPLE = {"ines": cast.ines, "bo": cast.bo, "stranger": cast.stranger, "lena": cast.lena, "ops": cast.ops}
EXAMPLES_A_DATABASE = 8
FLOAT = "50000.00"  # of the market's own at Stripe, out of which its fees are paid


class Crash(BaseException):
    """The process dies here. No `except Exception` of the product may catch it, as none could catch kill -9."""


@contextmanager
def crashing(at: int) -> Iterator[None]:
    """Die at the `at`-th statement; at -1 right before the first commit, at -2 right after it; 0 never."""
    if not at:
        yield
        return
    seen = 0

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == at:
            raise Crash(sql[:120])
        return execute(sql, params, many, context)

    commit = DatabaseWrapper._commit  # type: ignore[attr-defined]

    def dying(self: Any) -> None:
        if at == -1:
            self.connection.rollback()
            raise Crash("before commit")
        commit(self)
        if at == -2:
            raise Crash("after commit")

    if at > 0:
        with connection.execute_wrapper(count):
            yield
    else:
        DatabaseWrapper._commit = dying  # type: ignore[attr-defined]
        try:
            yield
        finally:
            DatabaseWrapper._commit = commit  # type: ignore[attr-defined]


def connection_dies() -> None:
    """What a dead process had promised to do after its commit is never done."""
    assert not connection.in_atomic_block
    connection.run_on_commit.clear()


@dataclass
class World:
    """A market on a real database, emptied now and then; `begin` lays out the rights and talks of one example."""

    practice: Practice
    now: datetime = field(default_factory=timezone.now)
    people: dict[str, cast.Part] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    assets: dict[str, int] = field(default_factory=dict)
    talks: list[int] = field(default_factory=list)
    examples: int = 0
    heard: int | None = None
    polled: int = -1
    waited: Decimal = Decimal("0.00")

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def tick(self, more: timedelta = timedelta(seconds=1)) -> datetime:
        """The next moment; the provider's clock goes along."""
        self.now += more
        self.practice.fake.store.set("clock_ahead", int(self.now.timestamp() - time.time()))
        return self.now

    # ── the beginning ────────────────────────────────────────────────────────────────────────────────────────────────
    def empty(self) -> None:
        """A new database, and the people of the market in it."""
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False, inhibit_post_migrate=True)
        cache.clear()
        self.heard, self.polled = None, -1
        self.practice.do("reset")
        self.practice.do("settings", settle_seconds=0)
        self.now = timezone.now()
        self.tick()
        self.people = {name: make() for name, make in PEOPLE.items()}
        self.actors = {name: part.actor for name, part in self.people.items()}
        root = cast._part("root@market.test", "Root", "operator", "云澜市场运营中心", "Yunlan Market Operator")
        self.actors["root"] = root.actor
        self.names = {part.organisation.pk: name for name, part in self.people.items()}
        there = a_bank_account("sandbox", CURRENCY)
        own = Decimal(FLOAT) * 100  # so that a recalled transfer leaves enough for payouts that are under way
        sandbox.send(account=there, amount=own, party_name="云澜知识产权市场", party_account="1", text="自有资金")
        for name in ("ines", "lena"):
            a_payout_account(self.people[name])
            payee_ready(self.practice, self.people[name])
        fees = Money(Decimal(FLOAT), CURRENCY)
        owed = an_obligation(self.people["stranger"], money=fees, subject=("payments.float", 1))
        payin = opens(self.people["stranger"], owed)
        self.practice.do("pay", session=payin.external_id)
        self.calm()

    def begin(self, second: str, is_pledged: bool) -> Model:
        """Right p on the market for transfer, and by a second listing again: alone (`second` is how it is offered) or
        together with right q; Bo talks about both, another about the first."""
        if self.examples % EXAMPLES_A_DATABASE == 0:
            self.empty()
        self.examples += 1
        ines = self.people["ines"]
        with clock.at(self.tick()):
            rights = {"p": a_right(ines), "q": a_right(ines)}
            self.assets = {name: one.pk for name, one in rights.items()}
            listings = [a_listing(by=ines, assets=[rights["p"]])]
            if second == "bundle":
                listings.append(a_listing(by=ines, assets=[rights["q"]]))
                ListedAsset.objects.create(listing=listings[1], asset=rights["p"], position=1)
            else:
                listings.append(a_listing(by=ines, mode=Mode(second), assets=[a_right(ines)]))
                # As if the second listing of one right had slipped through the review.
                ListedAsset.objects.filter(listing=listings[1]).update(asset=rights["p"])
            pairs = [(0, "bo"), (0, "stranger"), (1, "bo")]
            self.talks = [a_negotiation(listing=listings[at], buyer=self.people[who]).pk for at, who in pairs]
            model = Model(self.now, workday=end_of_working_day)
            self.relay()
        model.listings = [
            ("transfer", ("p",)),
            ("transfer", ("p", "q")) if second == "bundle" else (second, ("p",)),
        ]
        model.rights = {name: Right() for name in rights}
        model.talks = [Talks(at, who, said_at=self.now) for at, who in pairs]
        self.waited = self.waits()
        if is_pledged:
            self.pledge("p")
            model.rights["p"].pledge = True
        return model

    def pledge(self, name: str) -> None:
        from listings.assets.models import Asset
        from listings.rights.states import Source
        from tests.rights.makers import a_subject, pledged

        with clock.at(self.tick()):
            pledged(
                Asset.objects.get(pk=self.assets[name]),
                self.people["lena"],
                subject=a_subject("loans.loan"),
                by=self.actors["lena"],
                source=Source.MARKET,
            )

    # ── what goes on by itself ───────────────────────────────────────────────────────────────────────────────────────
    def relay(self) -> None:
        """Deals and talks hear of every event; where there is none since the last time, nobody is woken."""
        while (last := Event.objects.order_by("pk").values_list("pk", flat=True).last()) != self.heard:
            for one in relay.subscribers():
                if one.name in FOLLOWERS:
                    relay.relay_to(one)
            places = Subscription.objects.filter(name__in=FOLLOWERS).values_list("event_id", flat=True)
            if min(places) < last:
                time.sleep(0.02)  # an open transaction elsewhere in the cluster holds the newest events back
            else:
                self.heard = last

    def run_timers(self) -> None:
        while timers.run_due():
            pass

    def work(self) -> None:
        """The worker's round: what providers tell, payouts, reversals, refunds, statements."""
        account = a_bank_account("sandbox", CURRENCY)
        sandbox.pull_statement(account)
        told = self.practice.fake.store.counts().get("event", 0)
        stumbles = bool(self.practice.fake.store.setting("faults", []))
        if told != self.polled or stumbles:
            polling.poll()
            self.polled = -1 if stumbles else told
        inbox.apply_waiting()
        for pk in polling.open_payins():
            polling.ask_payin(pk)
        send_all()
        sandbox.pull_statement(account)

    def calm(self) -> None:
        """No fault any more, and time enough for everything that is under way to arrive."""
        self.practice.do("faults")
        self.practice.do("webhooks")
        self.polled = -1
        for n in range(6):
            if n > 1 and not self.is_busy():
                break
            with clock.at(self.tick(timedelta(minutes=3))):
                self.run_timers()
                self.relay()
                self.work()
                self.relay()

    def is_busy(self) -> bool:
        """Whether something is under way that only needs time."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM payments_payout WHERE state IN ('prepared', 'submitted'))"
                " OR EXISTS (SELECT 1 FROM payments_refund WHERE state NOT IN ('complete', 'failed'))"
                " OR EXISTS (SELECT 1 FROM payments_inboundevent WHERE state = 'received')"
            )
            return bool(cursor.fetchone()[0])

    # ── to compare ───────────────────────────────────────────────────────────────────────────────────────────────────
    def deals(self) -> list[int]:
        return list(Deal.objects.filter(offer__negotiation__in=self.talks).order_by("pk").values_list("pk", flat=True))

    def waits(self) -> Decimal:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(-sum(balance), 0) FROM payments_account WHERE kind = 'suspense' AND currency = %s",
                [CURRENCY],
            )
            return Decimal(cursor.fetchone()[0])

    def snapshot(self) -> dict[str, Any]:
        """The example as the database has it, in the model's words."""
        with connection.cursor() as cursor:
            cursor.execute(SNAPSHOT, {"talks": self.talks, "rights": list(self.assets.values()), "currency": CURRENCY})
            told = cursor.fetchone()[0]
        told = told if isinstance(told, dict) else json.loads(told)
        order = {pk: at for at, pk in enumerate(one["id"] for one in told["deals"])}
        rights = {one["id"]: one for one in told["rights"]}
        return {
            "talks": [[one["state"], one["offers"]] for one in told["talks"]],
            "rights": {
                name: [
                    self.names.get(rights[pk]["owner"], "?"),
                    rights[pk]["pledge"],
                    sorted(rights[pk]["licences"]),
                    sorted(order[one] for one in rights[pk]["promised"]),
                ]
                for name, pk in self.assets.items()
            },
            "deals": [self._deal(one) for one in told["deals"]],
            "waiting": f"{Decimal(told['waiting']) - self.waited:.2f}",
        }

    def _deal(self, one: dict[str, Any]) -> dict[str, Any]:
        papers = {None: "", "drafted": "live", "signing": "live", "complete": "complete"}
        paper = papers.get(one["paper"], "dead" if one["paper"] else "live")
        return {
            "state": one["state"],
            "paper": paper,
            "signed": one["signed"] if paper in ("live", "complete") else 0,
            "consent": one["consent"] or "" if one["state"] == "consenting" else "",
            "payoff": one["payoff"],
            "held": one["held"],
            "recoverable": one["recoverable"],
            "owed": one["owed"],
            "filings": one["filings"],
            "quarrel": one["quarrel"],
            "agreed": sorted(self.names[pk] for pk in one["agreed"]),
            "bounced": one["bounced"],
            "released": {name: f"{Decimal(sum_):.2f}" for name, sum_ in sorted((one["released"] or {}).items())},
        }

    def check(self) -> None:
        """`check_books` and `check_invariants` as they run in production, and no event that nobody could digest."""
        report = books.check()
        wrong = [one for one in report.findings if one.what != f"bank {CURRENCY}"]
        assert not wrong, wrong
        broken = [answer.as_dict() for answer in invariants.ask_all() if answer.broken]
        assert not broken, broken

    def unpaid(self) -> list[str]:
        """Payouts of the example that have not arrived, by state."""
        rows = Payout.objects.filter(subject_kind="deals.deal", subject_id__in=self.deals())
        return sorted(rows.exclude(state__in=["paid", "cancelled"]).values_list("state", flat=True))

    def filing(self, deal: int, kind: str) -> int:
        return Filing.objects.filter(deal=self.deals()[deal], kind=kind).values_list("pk", flat=True)[0]

    def obligations(self, deal: int) -> list[Obligation]:
        return list(Obligation.objects.about(("deals.deal", self.deals()[deal])).order_by("pk"))

    def talks_row(self, at: int) -> Negotiation:
        return Negotiation.objects.get(pk=self.talks[at])


def end_of_working_day(since: datetime, count: int) -> datetime:
    """The first moment after the n-th working day."""
    from marketplace.core.workdays import work_calendar

    day = work_calendar().add_working_days(timezone.localdate(since), count)
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))


SNAPSHOT = """
SELECT json_build_object(
  'talks', (SELECT json_agg(json_build_object('state', n.state, 'offers', coalesce((
        SELECT json_agg(o.state ORDER BY o.version) FROM deals_offer o WHERE o.negotiation_id = n.id), '[]'))
      ORDER BY n.id) FROM deals_negotiation n WHERE n.id = ANY(%(talks)s)),
  'rights', (SELECT json_agg(json_build_object(
        'id', a.id, 'owner', a.holder_id,
        'pledge', EXISTS (SELECT 1 FROM rights_entry e WHERE e.asset_id = a.id AND e.kind = 'pledge'
                          AND e.ended_at IS NULL),
        'licences', coalesce((SELECT json_agg(e.licence_type) FROM rights_entry e WHERE e.asset_id = a.id
                          AND e.kind = 'licence' AND e.ended_at IS NULL), '[]'),
        'promised', coalesce((SELECT json_agg(r.subject_id) FROM rights_reservation r WHERE r.asset_id = a.id
                          AND r.released_at IS NULL AND r.subject_kind = 'deals.deal'), '[]')))
      FROM assets_asset a WHERE a.id = ANY(%(rights)s)),
  'deals', coalesce((SELECT json_agg(json_build_object(
        'id', d.id, 'state', d.state, 'payoff', to_char(d.payoff, 'FM999999999990.00'),
        'paper', (SELECT s.state FROM signing_document s WHERE s.id = d.contract_id),
        'signed', (SELECT count(*) FROM signing_signature g WHERE g.document_id = d.contract_id
                   AND g.signed_at IS NOT NULL),
        'consent', (SELECT min(c.state) FROM signing_consent c WHERE c.document_id = d.contract_id
                    AND c.state IN ('asked', 'given')),
        'held', coalesce((SELECT to_char(-sum(b.balance), 'FM999999999990.00') FROM payments_account b
                 WHERE b.kind = 'held' AND b.subject_kind = 'deals.deal' AND b.subject_id = d.id), '0.00'),
        'recoverable', coalesce((SELECT to_char(sum(b.balance), 'FM999999999990.00') FROM payments_account b
                 WHERE b.kind = 'receivable' AND b.subject_kind = 'deals.deal' AND b.subject_id = d.id), '0.00'),
        'owed', coalesce((SELECT json_agg(json_build_array(o.purpose, to_char(o.amount, 'FM999999999990.00'),
                   to_char(o.paid, 'FM999999999990.00'), to_char(o.refunded, 'FM999999999990.00'), o.state)
                   ORDER BY o.id)
                 FROM payments_obligation o WHERE o.subject_kind = 'deals.deal' AND o.subject_id = d.id), '[]'),
        'filings', coalesce((SELECT json_object_agg(f.kind, f.state) FROM deals_filing f WHERE f.deal_id = d.id), '{}'),
        'quarrel', (SELECT json_build_array(q.state, q.seller_pct::int, coalesce(split_part(u.email, '@', 1), ''))
                    FROM deals_dispute q LEFT JOIN accounts_user u ON u.id = q.proposed_by_id
                    WHERE q.deal_id = d.id AND q.state IN ('open', 'deciding')),
        'bounced', (SELECT count(*) FROM payments_payout p WHERE p.subject_kind = 'deals.deal' AND p.subject_id = d.id
                    AND p.state = 'failed'),
        'agreed', coalesce((SELECT json_agg(r.organisation_id) FROM deals_refundagreement r WHERE r.deal_id = d.id),
                   '[]'),
        'released', (SELECT json_object_agg(l.purpose, l.total) FROM (
            SELECT leg ->> 'purpose' AS purpose, sum((leg ->> 'amount')::numeric) AS total
            FROM payments_release r CROSS JOIN LATERAL jsonb_array_elements(r.legs) leg
            WHERE r.subject_kind = 'deals.deal' AND r.subject_id = d.id AND r.key LIKE 'deal:%%' GROUP BY 1) l))
      ORDER BY d.id)
    FROM deals_deal d JOIN deals_offer o ON o.id = d.offer_id WHERE o.negotiation_id = ANY(%(talks)s)), '[]'),
  'waiting', (SELECT coalesce(-sum(balance), 0)::text FROM payments_account
              WHERE kind = 'suspense' AND currency = %(currency)s))
"""
