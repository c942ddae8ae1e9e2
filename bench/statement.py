"""Reading a bank statement of ten thousand lines into the books: read, matched, booked, every obligation walked."""

from __future__ import annotations

import csv
import io
import random
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bench.harness import answer, cpu_of, figure, fresh_site, postmaster_of, scale_from_arguments

PAYERS = 200
KINDS = (("exact", 70), ("part", 10), ("over", 5), ("third", 5), ("unknown", 5), ("twice", 5))


def payers() -> list[Any]:
    """Organisations that owe."""
    from marketplace.accounts.models import Organisation
    from marketplace.accounts.services.organisations import create_organisation
    from marketplace.core.actor import SYSTEM

    for n in range(PAYERS):
        facts = {"kind": "operator", "name_zh": f"第{n}号材料科技有限公司", "name_en": f"Material {n} Ltd."}
        create_organisation(by=SYSTEM, facts=facts, owner_id=None)
    return list(Organisation.objects.order_by("-pk")[:PAYERS])


def obligations(count: int, seed: int) -> list[Any]:
    """`count` obligations of as many matters, each with its instructions handed out."""
    from marketplace.core import clock
    from marketplace.core.models import Event
    from marketplace.payments.models import Obligation, PayIn
    from marketplace.payments.references import OBLIGATION, new_reference

    rng = random.Random(seed)
    now = clock.now()
    who = payers()
    rows = Obligation.objects.bulk_create(
        [
            Obligation(
                purpose="price",
                subject_kind="deals.deal",
                subject_id=n + 1,
                payer=rng.choice(who),
                amount=Decimal(rng.randrange(100_00, 5_000_000_00)) / 100,
                currency="CNY",
                reference=new_reference(OBLIGATION),
                pay_by=now + timedelta(days=10),
                title_zh="转让价款",
                title_en="Price",
                created_at=now,
                state="open",
                state_since=now,
                due_at=now + timedelta(days=10),
            )
            for n in range(count)
        ],
        batch_size=2000,
    )
    payins = PayIn.objects.bulk_create(
        [
            PayIn(
                obligation=row,
                provider="bank",
                amount=row.amount,
                currency="CNY",
                external_id=f"bank-{row.pk}",
                created_at=now,
                state="waiting",
                state_since=now,
            )
            for row in rows
        ],
        batch_size=2000,
    )
    for label, things in (("payments.obligation", rows), ("payments.payin", payins)):
        Event.objects.bulk_create(
            [Event(at=now, kind=f"{label}.begin", subject_kind=label, subject_id=one.pk) for one in things],
            batch_size=2000,
        )
    return rows


def a_statement(rows: list[Any], seed: int) -> bytes:
    """One line for each obligation, most of them exact, some in every way they go wrong."""
    rng = random.Random(seed)
    kinds = [kind for kind, share in KINDS for _ in range(share)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["交易日期", "收入", "支出", "余额", "对方户名", "对方账号", "摘要", "交易流水号"])
    balance = Decimal(0)
    for n, row in enumerate(rows):
        kind = rng.choice(kinds)
        amount = row.amount
        if kind == "part":
            amount = (amount / 3).quantize(Decimal("0.01"))
        if kind == "over":
            amount += 100
        name = "别家贸易有限公司" if kind == "third" else row.payer.name_zh
        text = "货款" if kind == "unknown" else f"专利转让款 {row.reference}"
        for copy in range(2 if kind == "twice" else 1):
            balance += amount
            writer.writerow(["2026-11-20", amount, "", balance, name, f"6222{n:012d}", text, f"T{n:08d}{copy}"])
    return out.getvalue().encode("utf-8-sig")


def run(scale: float) -> None:
    count = max(200, int(10_000 * scale))
    with fresh_site() as directory:
        from marketplace.core.actor import SYSTEM
        from marketplace.payments.models import BankAccount
        from marketplace.payments.services.books import CHECKS
        from marketplace.payments.services.statements import import_statement

        account = BankAccount.objects.create(
            provider="bank", currency="CNY", holder_zh="云澜", holder_en="Yunlan", account_number="1", bank_zh="行"
        )
        # One in twenty comes twice, so fewer obligations give the number of lines.
        rows = obligations(int(count / 1.05), 1)
        content = a_statement(rows, 2)
        servers = postmaster_of(directory)
        took, cpu, served = time.perf_counter(), time.process_time(), cpu_of(servers)
        first = import_statement(account_id=account.pk, name="bench.csv", content=content, by=SYSTEM)
        took, cpu, served = time.perf_counter() - took, time.process_time() - cpu, cpu_of(servers) - served
        again = time.perf_counter()
        second = import_statement(account_id=account.pk, name="bench.csv", content=content, by=SYSTEM)
        again = time.perf_counter() - again
        if second.lines_new or first.difference:
            raise RuntimeError(f"{second.lines_new} lines counted twice, {first.difference} apart from the bank")
        found = differences(CHECKS)
        if found:
            raise RuntimeError(f"The books do not add up: {found[:3]}")
    each = 10_000 / first.lines_new
    spent = (cpu + served) * each
    answer(
        f"A CSV statement of {first.lines_new:,} lines ({', '.join(f'{share} % {kind}' for kind, share in KINDS)}), "
        "each to its own obligation with instructions out; read, matched, booked and walked in one transaction, the "
        "books checked after it; fsync on.",
        [
            figure("10,000 lines imported and matched", spent, "s CPU", target="≤ 10", met=spent <= 10),
            figure("of it the program’s", cpu * each, "s CPU"),
            figure("of it the database’s", served * each, "s CPU"),
            figure("from start to end on this machine", took * each, "s"),
            figure("the same file again", again * each, "s"),
        ],
    )


def differences(checks: dict[str, str]) -> list[Any]:
    """Every row that any check of the books finds."""
    from django.db import connection

    found: list[Any] = []
    with connection.cursor() as cursor:
        for sql in checks.values():
            cursor.execute(sql)
            found += cursor.fetchall()
    return found


if __name__ == "__main__":
    run(scale_from_arguments())
