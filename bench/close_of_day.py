"""The close of a business day for a whole book, its stress test and its book view, beside a loan-by-loan close.

    python -m bench.close_of_day [--scale 1.0]

A few hundred loans of several methods, day counts and conditions are made by the services, some paid, some late; their
rows are then copied until the book is full, each copy with rights of its own. The first close opens shortfalls and
alarms; the second is an ordinary day and is what is measured. CPU is that of this process and of the database together.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.harness import answer, cpu_of, figure, fresh_site, postmaster_of, scale_from_arguments

LOANS, TEMPLATES, SAMPLE = 100_000, 200, 300
START = date(2026, 1, 5)
DAY = date(2026, 9, 30)
LIMIT_S, LIMIT_RATIO, LIMIT_STRESS_S, LIMIT_BOOK_MS = 8.0, 40.0, 2.0, 300.0


def a_bank() -> tuple[Any, Any, Any]:
    """(bank, borrowers, an officer's actor)."""
    from marketplace.accounts.models import Organisation, User
    from marketplace.accounts.roles import Kind, Role
    from marketplace.accounts.states import OrganisationState
    from marketplace.core import clock
    from marketplace.core.actor import Actor

    def organisation(kind: str, name: str) -> Any:
        now = clock.now()
        fields = {one.name for one in Organisation._meta.get_fields()}
        given = {"kind": kind, "name_zh": name, "name_en": name, "state": OrganisationState.VERIFIED}
        for stamp in ("state_since", "created_at", "updated_at", "verified_at"):
            if stamp in fields:
                given[stamp] = now
        return Organisation.objects.create(**given)

    officer = User.objects.create(email="officer@bank.test")
    bank = organisation(Kind.BANK, "样例银行")
    borrowers = [organisation(Kind.ENTERPRISE, f"样例企业{n}") for n in range(50)]
    actor = Actor(user_id=officer.pk, org_id=bank.pk, org_kind=Kind.BANK, roles=frozenset({Role.OWNER}))
    return bank, borrowers, actor


def fill(loans: int) -> None:
    """Templates by the services, then copies in the database."""
    from listings.assets.models import Asset
    from listings.patents.models import PatentKind
    from loans.models import Loan
    from loans.services import opening, repaying
    from loans.services.opening import Cover, Lending
    from loans.terms import RightTerms, Terms
    from marketplace.core import clock

    bank, borrowers, actor = a_bank()
    dice, now = random.Random(4), clock.now()
    for n in range(TEMPLATES):
        paid_on = START + timedelta(days=dice.randrange(180))
        principal = Decimal(dice.randrange(200_000, 10_000_000))
        rights = [
            Asset.objects.create(
                office="CN", number=f"T{n}-{at}", title_zh="样例", status="in_force", filed_on=date(2020, 5, 6),
                granted_on=date(2022, 3, 1), expires_on=date(2040, 5, 6), created_at=now, updated_at=now,
            )
            for at in range(1 + n % 5)
        ]  # fmt: skip
        each = principal * dice.choice((2, 3, 4, 5)) / len(rights)
        terms = Terms(
            currency="CNY", amount_min=Decimal(1), amount_max=Decimal(30_000_000), term_min=1, term_max=36,
            rights={PatentKind.INVENTION: RightTerms(7000, 4000)},
            annual_rate_pct=Decimal(dice.choice(("4.35", "3.6"))),
            method=("EQUAL_INSTALMENT", "EQUAL_PRINCIPAL", "INTEREST_ONLY_BULLET", "SINGLE_PAYMENT")[n % 4],
            day_count=("ACT/360", "ACT/365", "30E/360", "ACT/ACT-ISDA")[n // 4 % 4],
        )  # fmt: skip
        covers = [
            Cover(
                one.pk, 7000, 4000, value=each.quantize(Decimal("0.01")), base_date=paid_on,
                valid_until=paid_on + timedelta(days=dice.choice((180, 364, 364))),
            )
            for one in rights
        ]  # fmt: skip
        loan = opening.take_over_loan(
            lending=Lending(
                borrowers[n % 50].pk, bank.pk, terms, principal, dice.choice((12, 24, 36)), paid_on, "out", covers,
                bank_reference=f"core-{n}",
            ),
            by=actor,
        )  # fmt: skip
        if n % 10:  # nine in ten pay what fell due
            due = [one for one in loan.rows_to_come.order_by("n") if one.payable_on <= DAY]
            for row in due:
                repaying.receive(
                    loan_id=loan.pk, reference=f"p{n}-{row.n}", value_date=row.payable_on,
                    amount=Decimal(row.principal + row.interest) / 100, by=actor,
                )  # fmt: skip
    copies = loans // TEMPLATES - 1
    if copies > 0:
        copy_all(Loan.objects.count(), copies)


def copy_all(templates: int, copies: int) -> None:
    """Each loan's rows so many times again, under keys moved by a fixed step."""
    from django.db import connection

    from listings.assets.models import Asset
    from loans.models import Arrear, Loan, ScheduleRow, Security, SecurityValue

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # triggers of keys need not look at copies
        for model, moved, worded in (
            (Asset, ("id",), ("number",)),
            (Loan, ("id",), ("number", "bank_reference")),
            (ScheduleRow, ("id", "loan_id"), ()),
            (Arrear, ("id", "loan_id"), ()),
            (Security, ("id", "loan_id", "asset_id"), ()),
            (SecurityValue, ("id", "security_id"), ()),
        ):
            columns = [field.column for field in model._meta.concrete_fields]
            step = 100_000
            values = [
                f"t.{name} + c * {step}"
                if name in moved
                else f"t.{name} || '/' || c"
                if name in worded
                else f't."{name}"'
                for name in columns
            ]
            names = ", ".join(f'"{name}"' for name in columns)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values)} "
                f"FROM {model._meta.db_table} t, generate_series(1, %s) AS c ORDER BY c, t.id",
                [copies],
            )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def at(day: date) -> Any:
    from django.utils import timezone

    from marketplace.core import clock

    with clock.at(timezone.make_aware(datetime(day.year, day.month, day.day, 23))):
        yield


def cpu(servers: list[int], job: Callable[[], Any]) -> tuple[float, float, Any]:
    """(CPU seconds of this process, of the database, what the job gave)."""
    before, own = cpu_of(servers), time.process_time()
    given = job()
    return time.process_time() - own, cpu_of(servers) - before, given


def one_by_one(day: date, ids: list[int]) -> None:
    """The same day by the ORM, a transaction for each loan: its rows read, its figures computed, its position saved."""
    from django.db import transaction

    from loans.closing import held_on
    from loans.collateral_value import cover
    from loans.coordinates import places_of
    from loans.grading import Rules, floor_of, provision_of
    from loans.models import Loan, Position

    places = places_of(day)
    for pk in ids:
        with transaction.atomic():
            loan = Loan.objects.select_for_update(of=("self",)).get(pk=pk)
            rows = list(loan.rows_to_come.filter(starts_on__lte=day).order_by("n"))
            arrears = list(loan.arrears.all())
            running = next((one for one in rows if one.payable_on > day), None)
            fell = [one for one in rows if one.payable_on <= day]
            principal = sum(one.principal for one in fell) + sum(one.principal for one in arrears)
            interest = sum(one.interest for one in fell) + sum(one.interest for one in arrears)
            oldest = min([one.payable_on for one in fell] + [one.due_on for one in arrears], default=day)
            accrued = 0
            if running is not None and day < running.due_on:
                over = running.opening * (places[loan.day_count - 1] - running.start_at) * loan.rate_over
                accrued = (2 * over + loan.rate_under) // (2 * loan.rate_under)
            balance = running.opening if running is not None else 0
            held = [held_on(one, day) for one in loan.securities.standing().prefetch_related("values")]
            covered = cover(held, day, loan.matures_on)
            dpd = (day - oldest).days
            floor = floor_of(dpd, Rules(), is_observed=False)
            Position.objects.create(
                loan=loan, business_date=day, balance=balance, principal_due=principal, interest_due=interest,
                penalty_due=0, cost_due=loan.cost_due, accrued=accrued, credit=loan.credit, dpd=dpd, floor=floor,
                manual=0, category=floor, provision=provision_of(balance + principal, floor, Rules()),
                value=covered.value, limit=covered.limit, line=covered.line,
                shortfall=max(0, balance + principal + interest - covered.line), alarms=covered.alarms,
            )  # fmt: skip


def book_page_of(bank: int) -> int:
    """Everything the book page shows of the newest closed day, its first forty loans among them; answers how many."""
    from django.core.paginator import Paginator
    from django.test import RequestFactory

    from loans.live import pages, views

    context = pages.book_page(bank)
    found = Paginator(views._positions(bank, RequestFactory().get("/"), context["day"]), views.PER_PAGE).get_page(1)
    return len([views._row(one) for one in found])


def measured(directory: Path, scale: float) -> list[dict[str, Any]]:
    from loans.models import Loan, Position
    from loans.services.day_end import close_day
    from loans.stress import stress

    loans = max(TEMPLATES, int(LOANS * scale))
    servers = postmaster_of(directory)
    with at(DAY):
        fill(loans)
        first_own, first_db, _ = cpu(servers, lambda: close_day(DAY))
    day = DAY + timedelta(days=1)
    with at(day):
        own, database, run = cpu(servers, lambda: close_day(day))
    count = Position.objects.filter(business_date=day).count()
    if count != run.loans or count < loans * 0.9:
        raise RuntimeError(f"{count} positions for {loans} loans")
    short = Position.objects.filter(business_date=day, shortfall__gt=0).count()
    ids = list(Position.objects.filter(business_date=day).order_by("loan_id").values_list("loan_id", flat=True))
    sample = ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE]
    next_day = day + timedelta(days=1)
    orm_own, orm_db, _ = cpu(servers, lambda: one_by_one(next_day, sample))
    ratio = (orm_own + orm_db) / len(sample) / ((own + database) / count)
    bank = Loan.objects.values_list("bank_id", flat=True)[0]
    stress_own, stress_db, cases = cpu(servers, lambda: stress(day, bank))
    if len(cases) != 4 or not cases[1].shortfall > cases[0].shortfall:
        raise RuntimeError(f"The stress test says {cases}")
    first_book_own, first_book_db, _ = cpu(servers, lambda: book_page_of(bank))
    book_own, book_db, _ = cpu(servers, lambda: book_page_of(bank))
    whole = scale >= 1
    return [
        figure("loans closed", count),
        figure("of them short", short),
        figure("first close, with all alarms and shortfalls opened", round(first_own + first_db, 2), "s CPU"),
        figure("close of an ordinary day, web", round(own, 2), "s CPU"),
        figure("close of an ordinary day, database", round(database, 2), "s CPU"),
        figure(
            "close of an ordinary day, both",
            round(own + database, 2),
            "s CPU",
            target=f"≤ {LIMIT_S:g} s for 100,000 loans",
            met=own + database <= LIMIT_S if whole else None,
        ),
        figure("loan by loan, a transaction each", round(1000 * (orm_own + orm_db) / len(sample), 2), "ms CPU a loan"),
        figure(
            "loan by loan against the close",
            round(ratio, 1),
            "times",
            target=f"≥ {LIMIT_RATIO:g}",
            met=ratio >= LIMIT_RATIO,
        ),
        figure(
            "stress test",
            round(stress_own + stress_db, 2),
            "s CPU",
            target=f"≤ {LIMIT_STRESS_S:g} s",
            met=stress_own + stress_db <= LIMIT_STRESS_S if whole else None,
        ),
        figure("book page, counted for the first time", round(1000 * (first_book_own + first_book_db)), "ms CPU"),
        figure(
            "book page",
            round(1000 * (book_own + book_db)),
            "ms CPU",
            target=f"≤ {LIMIT_BOOK_MS:g} ms",
            met=1000 * (book_own + book_db) <= LIMIT_BOOK_MS if whole else None,
        ),
    ]


def main() -> None:
    scale = scale_from_arguments()
    with fresh_site() as directory:
        figures = measured(directory, scale)
    conditions = f"{int(LOANS * scale):,} loans with 1–5 pledged patents each, CPU of web and database"
    answer(f"{conditions}, Python {sys.version.split()[0]}", figures)


if __name__ == "__main__":
    main()
