"""What could be a kickback, as far as the market's own data shows it (Appraisal Law, articles 14 and 20).

Signs, not findings: they block nothing and nobody but the desk sees them, which asks the agency before it concludes.
Three things show in data: a client whose quotes came to nothing and whose report the same agency then posts as engaged
elsewhere; a fee that keeps in step with the value concluded; a broker whose clients all end at one agency.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from django.utils import timezone

from listings.brokers.models import Mandate
from listings.rights.ruling import enforces
from marketplace.core import clock
from valuation.appraisals.states import AT_WORK, OrderState
from valuation.models import Order, Quote, Report

MONTHS_BACK = 24
#: A report engaged elsewhere so soon after a quote that came to nothing.
OUTSIDE_DAYS = 180
#: Fee ÷ value apart by no more than this share of their median, over values that differ by at least the factor.
STEP_SHARE, STEP_FACTOR, LEAST_REPORTS = Decimal("0.10"), Decimal(2), 5
#: So many orders of one broker's clients, and so large a part of them at one agency.
LEAST_STEERED, STEERED_SHARE = 5, Decimal("0.8")
_GONE = (OrderState.CANCELLED, OrderState.DECLINED, OrderState.TERMINATED)


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign about an agency: its code, the numbers of the orders it rests on, and figures for the sentence."""

    code: str
    agency_id: int
    orders: tuple[str, ...]
    figures: Mapping[str, str]


@enforces("APR-CONFLICT")
def signs() -> list[Sign]:
    """All signs of the last two years, by agency. Five queries, whatever the number of orders."""
    found = [*_taken_outside(), *_in_step_with_value(), *_steered()]
    return sorted(found, key=lambda one: (one.agency_id, one.code, one.orders))


def _taken_outside() -> Iterator[Sign]:
    """A quote of the agency came to nothing, and it then posted the same client's report of the same right."""
    since = clock.now() - timedelta(days=30 * MONTHS_BACK)
    posted = Order.objects.filter(is_elsewhere=True, created_at__gte=since).prefetch_related("ordered")
    quoted = (
        Quote.objects.filter(fee__isnull=False, order__state__in=_GONE, order__created_at__gte=since)
        .select_related("order")
        .prefetch_related("order__ordered")
    )
    before: dict[tuple[int, int], list[Order]] = defaultdict(list)
    for one in quoted:
        before[one.agency_id, one.order.client_id].append(one.order)
    for order in posted:
        assert order.agency_id is not None, "a report engaged elsewhere names its agency"
        rights = {row.asset_id for row in order.ordered.all()}
        for earlier in before[order.agency_id, order.client_id]:
            days = (order.created_at - earlier.created_at).days
            if 0 <= days <= OUTSIDE_DAYS and rights & {row.asset_id for row in earlier.ordered.all()}:
                yield Sign("taken_outside", order.agency_id, (earlier.number, order.number), {"days": str(days)})


def _in_step_with_value() -> Iterator[Sign]:
    since = clock.today() - timedelta(days=30 * MONTHS_BACK)
    rows = Report.objects.filter(
        issued_at__isnull=False, is_elsewhere=False, report_date__gte=since, order__quote__isnull=False
    ).values_list("agency", "order__number", "amount", "order__quote__fee")
    by_agency: dict[int, list[Paid]] = defaultdict(list)
    for agency_id, number, amount, fee in rows:
        if fee is not None:
            by_agency[agency_id].append(Paid(number, amount, fee))
    for agency_id, told in by_agency.items():
        share = share_in_step(told)
        if share is not None:
            numbers = tuple(sorted({one.number for one in told}))
            yield Sign("in_step_with_value", agency_id, numbers, {"share_pct": f"{share * 100:.2f}"})


class Paid(NamedTuple):
    """An order's number, the value its report concluded, and the fee of its quote."""

    number: str
    amount: Decimal
    fee: Decimal


def share_in_step(told: Sequence[Paid]) -> Decimal | None:
    """The share of the value that the fee keeps to, however different the values are; None where it keeps to none."""
    if len(told) < LEAST_REPORTS:
        return None
    values, shares = [one.amount for one in told], [one.fee / one.amount for one in told]
    usual = median(shares)
    is_in_step = max(values) >= STEP_FACTOR * min(values) and max(shares) - min(shares) <= STEP_SHARE * usual
    return usual if is_in_step else None


class Given(NamedTuple):
    """An order as it was given: number, client, agency, day."""

    number: str
    client_id: int
    agency_id: int
    on: date


def _steered() -> Iterator[Sign]:
    since = clock.now() - timedelta(days=30 * MONTHS_BACK)
    rows = Order.objects.filter(
        state__in=[*AT_WORK, OrderState.ISSUED], is_elsewhere=False, agency__isnull=False, created_at__gte=since
    ).values_list("number", "client", "agency", "created_at")
    given = [Given(number, client, agency, timezone.localdate(at)) for number, client, agency, at in rows]
    clients = {one.client_id for one in given}
    yield from steered(
        given, Mandate.objects.filter(accepted_at__isnull=False, client__in=clients).select_related("broker")
    )


def steered(given: Sequence[Given], mandates: Iterable[Mandate]) -> Iterator[Sign]:
    """Nearly all orders of one broker's clients, given while it was their broker, went to one agency."""
    theirs: dict[int, set[Given]] = defaultdict(set)
    names: dict[int, str] = {}
    for one in mandates:
        names[one.broker_id] = one.broker.name
        last = one.ended_on or one.ends_on
        theirs[one.broker_id] |= {
            row for row in given if row.client_id == one.client_id and one.starts_on <= row.on <= last
        }
    for broker_id, rows in theirs.items():
        if not rows:
            continue
        agency_id, count = Counter(row.agency_id for row in rows).most_common(1)[0]
        if count >= LEAST_STEERED and count >= STEERED_SHARE * len(rows):
            numbers = tuple(sorted(row.number for row in rows if row.agency_id == agency_id))
            figures = {"broker": names[broker_id], "count": str(count), "whole": str(len(rows))}
            yield Sign("steered", agency_id, numbers, figures)
