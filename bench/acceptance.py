"""Accepting an offer: the whole service beside a plain ORM program and a bare psycopg one, and a race for one listing.

    python -m bench.acceptance [--scale 1.0]

The service and the plain program (bench/acceptance_plain.py) accept offers of the same kind from the same database,
eight client processes at once, in turns. CPU is that of the clients and of the database together. The bare program is
the floor: one row locked and changed, four written, in tables of its own without a rule. In the race thirty-two clients
accept thirty-two offers on one listing at the same moment.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from bench.acceptance_world import Standing, listings, offers, traders
from bench.harness import answer, cpu_of, figure, fresh_site, postmaster_of, scale_from_arguments

CLIENTS = 8
RACERS, RACING_PROCESSES = 32, 4
ROUNDS = 3
EACH = 40
WARM = 3
RACES = 10
BARE_SECONDS = 3.0
BUNDLE = 5
AGAINST_PLAIN = 2.0

BARE = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.offer (id bigint PRIMARY KEY, price bigint NOT NULL, state text NOT NULL,
                         version int NOT NULL DEFAULT 0);
CREATE TABLE bare.deal (id bigserial PRIMARY KEY, offer_id bigint NOT NULL REFERENCES bare.offer, price bigint NOT NULL,
                        at timestamptz NOT NULL DEFAULT now());
CREATE TABLE bare.entry (id bigserial PRIMARY KEY, deal_id bigint NOT NULL REFERENCES bare.deal,
                         amount bigint NOT NULL);
CREATE TABLE bare.event (id bigserial PRIMARY KEY, kind text NOT NULL, subject bigint NOT NULL, data jsonb NOT NULL);
CREATE TABLE bare.outbox (id bigserial PRIMARY KEY, topic text NOT NULL, data jsonb NOT NULL);
INSERT INTO bare.offer SELECT n, 1000, 'open' FROM generate_series(1, 20000) n;
"""

Accept = Callable[[Standing], Any]


def by_service() -> Accept:
    """The service, as a view calls it."""
    from listings.deals.services.offers import accept_offer
    from marketplace.core.actor import Actor

    def accept(one: Standing) -> Any:
        owner = Actor(one.user_id, one.holder_id, "enterprise", frozenset({"owner"}))
        return accept_offer(negotiation_id=one.negotiation_id, version=1, by=owner)

    return accept


def by_plain() -> Accept:
    """The plain ORM program."""
    from bench.acceptance_plain import accept

    return lambda one: accept(one.negotiation_id, 1, one.holder_id, one.user_id)


def by_psycopg() -> Accept:
    """The floor: a lock, a change, four rows and a commit."""
    import os

    import psycopg

    connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options="-c search_path=bare")
    cursor = connection.cursor()

    def accept(one: Standing) -> None:
        with connection.transaction():
            pk = one.negotiation_id
            cursor.execute("SELECT price FROM offer WHERE id = %s FOR UPDATE", (pk,))
            (price,) = cursor.fetchone() or (0,)
            cursor.execute("UPDATE offer SET state = 'accepted', version = version + 1 WHERE id = %s", (pk,))
            cursor.execute("INSERT INTO deal (offer_id, price) VALUES (%s, %s) RETURNING id", (pk, price))
            (deal,) = cursor.fetchone() or (0,)
            cursor.execute("INSERT INTO entry (deal_id, amount) VALUES (%s, %s)", (deal, price))
            cursor.execute("INSERT INTO event (kind, subject, data) VALUES ('accept', %s, '{\"a\": 1}')", (pk,))
            cursor.execute("INSERT INTO outbox (topic, data) VALUES ('deal', '{\"d\": 1}')")

    return accept


PROGRAMS = {"service": by_service, "plain": by_plain, "psycopg": by_psycopg}


def client(program: str, mine: Sequence[Standing], start: Any, told: Queue[tuple[int, float]]) -> None:
    """One client process: ready, then all of its offers; for the floor any of them for some seconds."""
    import django

    django.setup()
    accept = PROGRAMS[program]()
    for one in mine[:WARM]:
        accept(one)
    start.wait()
    cpu, done = time.process_time(), 0
    if program == "psycopg":
        end = time.perf_counter() + BARE_SECONDS
        while time.perf_counter() < end:
            accept(Standing(random.randint(1, 20_000), 0, 0))
            done += 1
    else:
        for one in mine[WARM:]:
            accept(one)
            done += 1
    told.put((done, time.process_time() - cpu))
    start.wait()  # the connection stays until the database's CPU has been read


def together(program: str, work: Sequence[Standing], server: Sequence[int]) -> tuple[float, float, float]:
    """Eight clients at once: acceptances a second, CPU ms of clients and CPU ms of the database for each."""
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(CLIENTS + 1), context.Queue()
    clients = [context.Process(target=client, args=(program, work[n::CLIENTS], start, told)) for n in range(CLIENTS)]
    for one in clients:
        one.start()
    start.wait(600)
    before, began = cpu_of(server), time.perf_counter()
    ends = [told.get(timeout=600) for _ in clients]
    took, database = time.perf_counter() - began, cpu_of(server) - before
    start.wait(600)
    for one in clients:
        one.join(60)
        if one.exitcode:
            raise RuntimeError(f"A client of {program} ended with {one.exitcode}.")
    done = sum(count for count, _ in ends)
    return done / took, sum(cpu for _, cpu in ends) / done * 1000, database / done * 1000


def racer(lots: Sequence[Sequence[Standing]], start: Any, told: Queue[tuple[int, float, bool]]) -> None:
    """Some of the racing clients, each a thread with its own connection: (race, seconds, won) for every race."""
    import django

    django.setup()
    from django.db import connection

    from marketplace.core.errors import DomainError

    accept = by_service()

    def run(at: int) -> None:
        connection.ensure_connection()
        for race, lot in enumerate(lots):
            start.wait()
            began = time.perf_counter()
            try:
                accept(lot[at])
                won = True
            except DomainError:
                won = False
            told.put((race, time.perf_counter() - began, won))
        connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(lots[0]))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def raced(lots: Sequence[Sequence[Standing]]) -> tuple[list[int], list[float]]:
    """Winners of each race, and how long every client waited for its answer, in seconds."""
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(RACERS), context.Queue()
    racers = [
        context.Process(target=racer, args=([lot[n::RACING_PROCESSES] for lot in lots], start, told))
        for n in range(RACING_PROCESSES)
    ]
    for one in racers:
        one.start()
    ends = [told.get(timeout=600) for _ in range(len(lots) * RACERS)]
    for one in racers:
        one.join(60)
    return [sum(won for race, _, won in ends if race == at) for at in range(len(lots))], [took for _, took, _ in ends]


def measured(directory: Path, scale: float) -> list[dict[str, Any]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    server = postmaster_of(directory)
    people = traders()
    half = len(people) // 2
    holders, buyers = people[:half], [firm for _, firm in people[half:]]
    each = max(WARM + 2, int(EACH * scale) + WARM)
    rounds = ROUNDS if scale >= 1 else 1
    with connection.cursor() as cursor:
        cursor.execute(BARE)

    def standing(count: int, rights: int) -> list[Standing]:
        made = listings(count, rights, holders)
        return offers([(one, buyers[n % len(buyers)]) for n, one in enumerate(made)])

    found: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        for rights in (1, BUNDLE):
            for program in ("service", "plain"):
                work = standing(each * CLIENTS, rights)
                found.setdefault(f"{program} {rights}", []).append(together(program, work, server))
        found.setdefault("psycopg", []).append(together("psycopg", standing(CLIENTS * WARM, 1), server))
    figures = []
    for rights, what in ((1, "one right"), (BUNDLE, f"a bundle of {BUNDLE}")):
        service, plain = found[f"service {rights}"], found[f"plain {rights}"]
        accept = by_service()
        first, second = standing(2, rights)
        accept(first)
        with CaptureQueriesContext(connection) as seen:
            accept(second)
        # In each round both programs ran one after the other; the median round speaks.
        faster = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(service, plain, strict=True))
        cpu = statistics.median(sum(theirs[1:]) / sum(ours[1:]) for ours, theirs in zip(service, plain, strict=True))
        figures += [
            figure(f"{what}: statements", len(seen.captured_queries)),
            figure(
                f"{what}: acceptances, {CLIENTS} clients", round(statistics.median(one[0] for one in service), 1), "/s"
            ),
            figure(
                f"{what}: times as many as the plain program",
                round(faster, 2),
                "×",
                target=f"≥ {AGAINST_PLAIN:g} ×",
                met=faster >= AGAINST_PLAIN,
            ),
            figure(f"{what}: times less CPU than the plain program", round(cpu, 2), "×"),
            figure(f"{what}: CPU of the client", round(statistics.median(one[1] for one in service), 2), "ms"),
            figure(f"{what}: CPU of the database", round(statistics.median(one[2] for one in service), 2), "ms"),
        ]
    bare = statistics.median(one[0] for one in found["psycopg"])
    ours = statistics.median(one[0] for one in found["service 1"])
    figures += [
        figure("bare psycopg program", round(bare, 1), "/s"),
        figure("bare psycopg program: times the service", round(bare / ours, 1), "×"),
    ]

    accept, alone = by_service(), []
    for one in standing(20, 1):
        began = time.perf_counter()
        accept(one)
        alone.append(time.perf_counter() - began)
    single = statistics.median(alone)
    lots = []
    for _ in range(max(2, int(RACES * scale))):
        listing = listings(1, 1, holders)[0]
        rivals = [firm for _, firm in traders(RACERS)]
        lots.append(offers([(listing, firm) for firm in rivals]))
    winners, waits = raced(lots)
    slowest = statistics.quantiles(waits, n=100)[98]
    return [
        *figures,
        figure("one acceptance alone", round(single * 1000, 1), "ms"),
        figure(
            f"{RACERS} clients on one listing, {len(lots)} races: winners of each",
            f"{min(winners)}–{max(winners)}",
            target="1",
            met=set(winners) == {1},
        ),
        figure(
            f"{RACERS} clients on one listing: p99 of the answers, in acceptances alone",
            round(slowest / single, 1),
            "×",
            target=f"≤ {RACERS} ×",
            met=slowest <= RACERS * single,
        ),
    ]


def main() -> None:
    scale = scale_from_arguments()
    with fresh_site() as directory:
        figures = measured(directory, scale)
    answer(
        f"Offers for a transfer, each on a listing of its own whose rights have an owner and two ordinary licences "
        f"entered; {CLIENTS} client processes, fsync on. The plain program makes the same checks and rows an object at "
        "a time.",
        figures,
    )


if __name__ == "__main__":
    main()
