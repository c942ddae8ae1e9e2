"""All 120 orders of a payment's five events, each delivered up to ten times from eight threads: one ledger.

The payment is paid, disputed and won back, so money goes in, out and in again. A second test takes the answers of the
provider itself, as they stood after each of the five moments, and books them in all 120 orders: an answer that was slow
on its way must not undo a newer one.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection

from marketplace.core.models import Event
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import PayInTruth, providers
from marketplace.payments.inbound import InboundState
from marketplace.payments.models import InboundEvent, Journal, Obligation, PayIn
from marketplace.payments.services import inbox
from marketplace.payments.services.payins import book_payin
from tests.cast import Part, bo
from tests.payments.practice import Practice, opens, owes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

KINDS = (
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.closed",
)
ORDERS = list(permutations(range(len(KINDS))))
THREADS = 8
MOST_COPIES = 10
EXPECTED = {
    ("clearing", "USD"): Decimal("955.70"),
    ("held", "USD"): Decimal("1000.00"),
    ("provider_fee", "USD"): Decimal("44.30"),
}


@pytest.fixture
def eight() -> Iterator[ThreadPoolExecutor]:
    """Eight threads, each with its own connection to the database."""
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        yield pool
        barrier = threading.Barrier(THREADS)

        def leave() -> None:
            barrier.wait(timeout=30)
            connection.close()

        wait([pool.submit(leave) for _ in range(THREADS)])


def lived(practice: Practice, payer: Part, number: int) -> tuple[PayIn, list[dict[str, Any]]]:
    """A payment of its own matter, with all that happened to it at the provider, and the five events of it."""
    practice.do("reset")  # the provider knows one payment at a time, which keeps it quick
    payin = opens(payer, owes(payer, subject=("payments.rehearsal", number)))
    practice.do("pay", session=payin.external_id)
    dispute = practice.do("dispute", charge=practice.fake.every("charge")[0]["id"])
    practice.do("close_dispute", dispute=dispute["id"], won=True)
    told = {one["type"]: one for one in practice.events(*KINDS)}
    return payin, [told[kind] for kind in KINDS]


def stands(payin: PayIn) -> tuple[Any, ...]:
    """Everything that must be the same whatever the order: the ledger of the matter, its sums, and where it stands."""
    payin = PayIn.objects.get(pk=payin.pk)
    obligation = Obligation.objects.get(pk=payin.obligation_id)
    subject = obligation.subject
    return (
        ledger.flows(subject),
        ledger.balances(subject),
        (payin.state, payin.received, payin.fee, payin.withdrawn, payin.reinstated, payin.dispute),
        (obligation.state, obligation.paid),
    )


def test_every_order_of_five_events_ends_in_the_same_ledger(practice: Practice, eight: ThreadPoolExecutor):
    """Whoever stored an event applies it, as the worker does on its hint; now and then the sweep comes between."""
    payer, chance = bo(), random.Random(26)
    copies = 0
    ended = set()

    def deliver(event: dict[str, Any], sweeps: bool) -> None:
        received = practice.deliver(event)
        assert received.status == 200 and received.event is not None
        if received.is_new or sweeps:
            inbox.apply_event(received.event.pk)

    for number, order in enumerate(ORDERS, start=1):
        payin, events = lived(practice, payer, number)
        for step, place in enumerate(order):
            # After this step exactly the events order[:step + 1] have come, the newest and old ones again all at once.
            batch = [events[place]] * chance.choice((1, 2, 3, MOST_COPIES))
            batch += [events[one] for one in order[:step] if chance.random() < 0.3]
            chance.shuffle(batch)
            copies += len(batch)
            for done in [eight.submit(deliver, event, chance.random() < 0.2) for event in batch]:
                done.result(timeout=60)
        assert ledger.flows(("payments.rehearsal", number)) == EXPECTED, order
        assert {"USD": EXPECTED["clearing", "USD"]} == providers.get("stripe").balance().totals
        ended.add(repr(stands(payin)[2:]))
    assert len(ended) == 1
    assert len(ORDERS) == 120
    assert InboundEvent.objects.count() == 600
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {InboundState.APPLIED}
    assert sum(InboundEvent.objects.values_list("deliveries", flat=True)) == copies


def test_ten_deliveries_of_each_event_at_once(practice: Practice, eight: ThreadPoolExecutor):
    """Fifty deliveries of five events from eight threads, with nothing in between to put them in order."""
    _, events = lived(practice, bo(), 1)
    batch = [event for event in events for _ in range(MOST_COPIES)]
    random.Random(5).shuffle(batch)

    def deliver_and_apply(event: dict[str, Any]) -> None:
        received = practice.deliver(event)
        inbox.apply_event(received.event.pk)

    for done in [eight.submit(deliver_and_apply, event) for event in batch]:
        done.result(timeout=60)
    assert ledger.flows(("payments.rehearsal", 1)) == EXPECTED
    assert set(InboundEvent.objects.values_list("deliveries", flat=True)) == {MOST_COPIES}
    assert Event.objects.filter(kind="inbound_event.apply").count() == 5


def truths(practice: Practice, payer: Part) -> list[PayInTruth]:
    """What the provider answers after each of five moments of one payment's life."""
    gateway = providers.pay_in("stripe")
    payin = opens(payer, owes(payer, subject=("payments.rehearsal", 999)))
    answers = [gateway.fetch_payin(payin)]
    moments: list[Callable[[], Any]] = [
        lambda: practice.do("pay", session=payin.external_id),
        lambda: practice.do("dispute", charge=practice.fake.every("charge")[0]["id"], amount=40_000),
        lambda: practice.do("close_dispute", dispute=practice.fake.every("dispute")[0]["id"], won=True),
    ]
    for happen in moments:
        happen()
        answers.append(gateway.fetch_payin(payin))
    with_second = practice.fake.every("charge")[0] | {"disputed": False}
    with practice.fake.store.turn():
        practice.fake.store.save(with_second)  # a second dispute of the same charge
    practice.do("dispute", charge=with_second["id"], amount=60_000)
    practice.do("close_dispute", dispute=practice.fake.every("dispute")[0]["id"], won=False)
    answers.append(gateway.fetch_payin(payin))
    return answers


def test_answers_that_overtake_each_other_end_in_the_same_ledger(practice: Practice):
    payer = bo()
    answers = truths(practice, payer)
    assert len(answers) == 5
    ended = set()
    for number, order in enumerate(permutations(answers), start=1):
        payin = opens(payer, owes(payer, subject=("payments.rehearsal", number)))
        for answer in order:
            book_payin(payin.pk, answer)
        flows, _, sums, (_, paid) = stands(payin)
        # One answer that tells of a loss and of what came again after it skips a state on the way: sums are compared.
        ended.add(repr((sorted(flows.items()), sums, paid)))
    assert len(ended) == 1, "\n".join(sorted(ended))


def test_without_the_unique_event_and_the_difference_rule_the_orders_do_differ(practice: Practice):
    """The control: a handler that books what each delivery says, as many webhooks are written, and its ledgers."""
    _, events = lived(practice, bo(), 1)

    def naive(batch: list[dict[str, Any]]) -> int:
        held = 0
        for event in batch:
            if event["type"] == "checkout.session.completed":
                held += event["data"]["object"]["amount_total"]
            elif event["type"] == "charge.dispute.funds_withdrawn":
                held = max(0, held - event["data"]["object"]["amount"])
            elif event["type"] == "charge.dispute.closed" and event["data"]["object"]["status"] == "won":
                held += event["data"]["object"]["amount"]
        return held

    assert len({naive([events[place] for place in order]) for order in ORDERS}) > 1
    assert naive(events * 2) != naive(events)
    assert not Journal.objects.exists()
