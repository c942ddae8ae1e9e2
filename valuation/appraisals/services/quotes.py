"""Blind quotes: an agency's offer, its refusal, and the moment at which the client sees them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from listings.rights.ruling import enforces
from marketplace.core import clock, events, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.locks import locked, locked_all
from valuation.appraisals import conflicts, dumping
from valuation.appraisals.graphs.order import ORDER_GRAPH, QUOTE_GRAPH
from valuation.appraisals.refusals import NotIndependent
from valuation.appraisals.states import OrderState, QuoteState
from valuation.appraisals.telling import told
from valuation.appraisals.worksheets import BY_METHOD
from valuation.models import Order, Quote

LARGEST_FEE = Decimal("99999999.99")


@dataclass(frozen=True, slots=True)
class Terms:
    """A quote's terms: a fixed fee with its tax, the days from full data to report, the methods meant to be used."""

    fee: Decimal
    days: int
    methods: Sequence[str] = ()
    tax_pct: Decimal = Decimal(6)
    work_done_pct: int = 50
    note: str = ""
    is_independent: bool = False


@enforces("APR-CONFLICT")
def offer(*, quote_id: int, terms: Terms, by: Actor) -> Quote:
    """Quote, or replace one's quote while quoting is open.

    Raises NotIndependent, InConflict, QuotesClosed, Invalid, NotPermitted, IllegalTransition.
    """
    if not Decimal(0) < terms.fee <= LARGEST_FEE:
        raise Invalid(field="fee", problem=_("The fee is a sum above zero."))
    if not 0 < terms.days <= 365:
        raise Invalid(field="days", problem=_("The time is between 1 and 365 days."))
    if not 0 <= terms.work_done_pct <= 100:
        raise Invalid(field="work_done_pct", problem=_("A share lies between 0 and 100 percent."))
    order_id = Quote.objects.filter(pk=quote_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound()
    with locked_all([(Order, order_id), (Quote, quote_id)]) as (order, quote):
        assert isinstance(order, Order) and isinstance(quote, Quote)
        if not terms.is_independent:
            raise NotIndependent(field="is_independent")
        conflicts.demand_none(
            quote.agency,
            client_id=order.client_id,
            assets=order.subject_rights,
            order_id=order.pk,
            second_of=order.second_of,
        )
        quote.fee, quote.days, quote.tax_pct = terms.fee, terms.days, terms.tax_pct
        quote.methods = [one for one in terms.methods if one in BY_METHOD]
        quote.work_done_pct, quote.note = terms.work_done_pct, terms.note.strip()
        quote.is_independent, quote.quoted_by_id, quote.quoted_at = True, by.user_id, clock.now()
        quote.flags = dumping.flags_of(quote)
        lifecycle.walk(
            QUOTE_GRAPH,
            quote,
            "offer",
            by=by,
            data=told(order, quoting=quote.agency_org_id),
            also=(
                "fee", "days", "tax_pct", "methods", "work_done_pct", "note", "is_independent", "quoted_by",
                "quoted_at", "flags",
            ),
        )  # fmt: skip
        if quote.flags:
            codes = [one["code"] for one in quote.flags]
            events.record("quote.flag", quote, SYSTEM, data=told(order, quoting=quote.agency_org_id, codes=codes))
        _open_when_all_are_in(order)
    return quote


def decline(*, quote_id: int, reason: str, by: Actor) -> Quote:
    """Decline an invitation or take an offer back. Raises NotPermitted, IllegalTransition, ReasonMissing."""
    order_id = Quote.objects.filter(pk=quote_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound()
    with locked_all([(Order, order_id), (Quote, quote_id)]) as (order, quote):
        assert isinstance(order, Order) and isinstance(quote, Quote)
        data = told(order, quoting=quote.agency_org_id)
        lifecycle.walk(QUOTE_GRAPH, quote, "decline", by=by, reason=reason, data=data)
        _open_when_all_are_in(order)
        _end_without_offers(order)
    return quote


def _open_when_all_are_in(order: Order) -> None:
    """The client need not wait for the last hour when nobody can answer any more."""
    waiting = order.quotes.filter(state=QuoteState.INVITED).exists()
    if order.state == OrderState.QUOTING and not waiting:
        lifecycle.walk(ORDER_GRAPH, order, "close_quotes", by=SYSTEM, data=told(order))
        _end_without_offers(order)


def quotes_opened(*, order_id: int) -> None:
    """Quoting is over: an order that nobody offered for ends. Runs twice harmlessly."""
    with locked(Order, order_id) as order:
        _end_without_offers(order)


def _end_without_offers(order: Order) -> None:
    if order.state == OrderState.CHOOSING and not order.quotes.filter(state=QuoteState.OFFERED).exists():
        lifecycle.walk(ORDER_GRAPH, order, "decline", by=SYSTEM, data=told(order))
