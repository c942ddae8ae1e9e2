"""What a public page costs: web and database CPU per request, against the bare twenty-row list over the same rows."""

from __future__ import annotations

import random
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench.harness import (
    SITE,
    answer,
    cpu_per_request,
    figure,
    fresh_site,
    postmaster_of,
    program,
    requester,
    scale_from_arguments,
    web,
)

ROUNDS = 5
PER_ROUND = 200
FLOOR_PORT, SITE_PORT = 8391, 8392
TOPICS = [
    "含氟聚合物电解质膜",
    "有机硅密封胶",
    "五轴机床热误差补偿",
    "氟橡胶低温改性",
    "主轴轴承润滑",
    "废水电化学处理",
]


def fill(count: int) -> None:
    """`count` published listings of as many patents, written in bulk (states set at insertion, as by an import)."""
    from listings.assets.models import Asset
    from listings.catalogue.models import ListedAsset, Listing
    from listings.patents.models import Patent
    from marketplace.accounts.models import Organisation, User
    from marketplace.core import clock

    rng = random.Random(7)
    now = clock.now()
    user = User.objects.create_user("bench@example.org", None, name="度量")
    holder = Organisation.objects.create(
        kind="enterprise",
        name_zh="度量有限公司",
        name_en="Bench Ltd",
        state="verified",
        state_since=now,
        verified_at=now,
    )
    for start in range(0, count, 5000):
        size = min(5000, count - start)
        assets = Asset.objects.bulk_create(
            Asset(
                office="CN",
                number=f"CN{start + n:012d}",
                title_zh=f"一种{rng.choice(TOPICS)}及其制备方法{start + n}",
                title_en=f"Method {start + n}",
                status=rng.choice(["in_force", "in_force", "pending", "in_grace"]),
                filed_on=date(2012, 1, 1) + timedelta(days=rng.randrange(4500)),
                granted_on=date(2025, 1, 1),
                expires_on=date(2033, 1, 1) + timedelta(days=rng.randrange(4500)),
                holder=holder,
                created_at=now,
                updated_at=now,
            )
            for n in range(size)
        )
        Patent.objects.bulk_create(
            Patent(
                asset=asset,
                patent_kind=rng.choice(["invention", "utility_model"]),
                application_number=asset.number[2:],
                ipc=[
                    f"{rng.choice('ABCDEFGH')}{rng.choice(['01', '08', '23'])}{rng.choice('BFJ')} "
                    f"5/{rng.randrange(10, 99)}"
                ],
            )
            for asset in assets
        )
        listings = Listing.objects.bulk_create(
            Listing(
                number=f"L-2026-{start + n:06d}",
                organisation=holder,
                created_by=user,
                mode=rng.choice(["transfer", "exclusive", "ordinary", "open"]),
                title_zh=asset.title_zh,
                title_en=asset.title_en,
                problem_zh="薄膜化后机械强度不足，启停数百次即出现针孔。",
                benefit_zh="面电阻降低，单片成本下降。",
                readiness=rng.randrange(1, 10),
                price_mode="fixed",
                price_min=Decimal(rng.randrange(5, 900)) * 10_000,
                valid_until=date(2027, 12, 31),
                published_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(400_000)),
                state="published",
                state_since=now,
                created_at=now,
                updated_at=now,
            )
            for n, asset in enumerate(assets)
        )
        ListedAsset.objects.bulk_create(
            ListedAsset(listing=listing, asset=asset) for listing, asset in zip(listings, assets, strict=True)
        )


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def measure(directory: Path, count: int) -> list[dict[str, object]]:
    from django.core.management import call_command
    from django.db import connection

    fill(count)
    call_command("rebuild_search", "listings", stdout=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    from listings.catalogue.models import Listing

    number = Listing.objects.order_by("-published_at", "-id").values_list("number", flat=True)[0]
    servers = postmaster_of(directory)
    costs: dict[str, list[float]] = {}
    with (
        program([*web(FLOOR_PORT), "bench.floor_site:application"], FLOOR_PORT) as floor,
        program([*web(SITE_PORT), SITE], SITE_PORT, "/healthz") as site,
    ):
        several = [f"/listings/?mode={mode}&page={page}" for mode in ("transfer", "open") for page in range(1, 21)]
        plans = {
            "floor": (floor.pid, requester(FLOOR_PORT, ["/"])),
            "list": (site.pid, requester(SITE_PORT, ["/listings/"])),
            "list_en": (site.pid, requester(SITE_PORT, ["/en/listings/"])),
            "list_40": (site.pid, requester(SITE_PORT, several)),
            "detail": (site.pid, requester(SITE_PORT, [f"/listings/{number}/"])),
        }
        for _pid, ask in plans.values():
            for n in range(40):
                ask(n)
        for _ in range(ROUNDS):
            for name, (pid, ask) in plans.items():
                costs.setdefault(name, []).append(cpu_per_request([pid, *servers], ask, PER_ROUND) * 1000)
        fresh = requester(SITE_PORT, [f"/listings/?page={page}" for page in range(100, 300)])
        cold = cpu_per_request([site.pid, *servers], fresh, 200) * 1000
    base = median(costs["floor"])
    warm = max(median(costs["list"]), median(costs["list_en"]), median(costs["list_40"]))
    return [
        figure("bare twenty-row list (floor)", base, "ms CPU"),
        figure("listing page, Chinese, warm", median(costs["list"]), "ms CPU"),
        figure("listing page, English, warm", median(costs["list_en"]), "ms CPU"),
        figure("listing page, 40 different filters and pages, warm", median(costs["list_40"]), "ms CPU"),
        figure(
            "listing page, warm ÷ floor (worst of the three)", warm / base, "×", target="≤ 1.5", met=warm / base <= 1.5
        ),
        figure("listing page, every request a page nobody asked before ÷ floor", cold / base, "×"),
        figure("listing detail, warm ÷ floor", median(costs["detail"]) / base, "×"),
    ]


def run(scale: float) -> None:
    count = max(2000, int(100_000 * scale))
    with fresh_site() as directory:
        figures = measure(directory, count)
    answer(
        f"{count:,} published listings; gunicorn, one worker, two threads, for floor and site alike; anonymous reader; "
        f"CPU of web, PostgreSQL and Redis per request, median of {ROUNDS} rounds of {PER_ROUND}.",
        figures,
    )


if __name__ == "__main__":
    run(scale_from_arguments())
