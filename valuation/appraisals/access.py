"""Who sees which order, quote and report. Views, the API and file guards get their objects only here.

A quote is seen by the agency that made it; by the client once quoting is over; by the market's desk. Nobody else ever
learns that it exists, which is what makes it blind.
"""

from __future__ import annotations

from django.db.models import Q

from listings.deals.access import is_at_desk as is_at_desk
from listings.deals.talks.access import speaks_for
from marketplace.accounts.roles import Kind, Power
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.files import guard
from marketplace.core.models import StoredFile
from valuation.appraisals.services.data import FILE_PURPOSE as DATA_PURPOSE
from valuation.appraisals.services.objections import FILE_PURPOSE as OBJECTION_PURPOSE
from valuation.appraisals.states import AT_WORK, OrderState, QuoteState, ReportState
from valuation.models import Agency, DataRequest, Objection, Order, Quote, Report
from valuation.models.order import OrderQuerySet, QuoteQuerySet
from valuation.models.report import ReportQuerySet

_UNSEEN = (ReportState.SIGNING, ReportState.DROPPED)


def reads_for(actor: Actor) -> int | None:
    """The organisation whose appraisals the actor may read; a delegate needs the power to order them."""
    if actor.on_behalf_of is not None:
        return actor.on_behalf_of if Power.APPRAISE in actor.powers else None
    return speaks_for(actor)


def is_agency(actor: Actor) -> bool:
    """Belongs to a valuation agency and acts for it."""
    return actor.org_kind == Kind.AGENCY and actor.on_behalf_of is None


def orders_seen_by(actor: Actor) -> OrderQuerySet:
    """Orders of the client, those an agency was invited to or works on; all for the desk."""
    if is_at_desk(actor):
        return Order.objects.all()
    own = reads_for(actor)
    if own is None:
        return Order.objects.none()
    invited = Quote.objects.filter(agency__organisation=own).exclude(state=QuoteState.DECLINED).values("order")
    return Order.objects.filter(Q(client=own) | Q(agency__organisation=own) | Q(pk__in=invited))


def order_of(actor: Actor, number: str) -> Order:
    """One of them; raises NotFound."""
    return found(orders_seen_by(actor).for_page(), number=number)


def is_inside(actor: Actor, order: Order) -> bool:
    """Works on the order, or ordered it: sees data and papers, which agencies that only quoted do not."""
    own = reads_for(actor)
    return is_at_desk(actor) or (own is not None and own in (order.client_id, order.agency_org_id))


def is_appraising(actor: Actor, order: Order) -> bool:
    """Belongs to the agency engaged: sees the draft, which the client does not before it is issued."""
    own = reads_for(actor)
    return own is not None and own == order.agency_org_id


def quotes_seen_by(actor: Actor, order: Order) -> QuoteQuerySet:
    """The agency's own quote; all of them for the client once they are open, and for the desk."""
    quotes = Quote.objects.filter(order=order).select_related("agency__organisation", "order")
    if is_at_desk(actor):
        return quotes
    own = reads_for(actor)
    if own is None:
        return quotes.none()
    if own == order.client_id:
        blind = order.state == OrderState.QUOTING
        return quotes.filter(state__in=[QuoteState.INVITED, QuoteState.DECLINED]) if blind else quotes
    return quotes.filter(agency__organisation=own)


def quote_of(actor: Actor, order: Order, pk: int) -> Quote:
    return found(quotes_seen_by(actor, order), pk=pk)


def request_of(actor: Actor, order: Order, pk: int) -> DataRequest:
    """A data request, for the client and the agency at work."""
    rows = DataRequest.objects.filter(order=order).select_related("order")
    return found(rows if is_inside(actor, order) else rows.none(), pk=pk)


def reports_seen_by(actor: Actor) -> ReportQuerySet:
    """Reports in full: the client's, the agency's, those naming the organisation as a user, those of rights it holds,
    and all for the desk. Before it is issued a report is seen by its agency alone."""
    if is_at_desk(actor):
        return Report.objects.all()
    own = reads_for(actor)
    if own is None:
        return Report.objects.none()
    theirs = Q(client=own) | Q(users=own) | Q(assets__holder=own)
    issued = ~Q(state__in=_UNSEEN)
    return Report.objects.filter(
        pk__in=Report.objects.filter((theirs & issued) | Q(agency__organisation=own)).values("pk")
    )


def report_of(actor: Actor, number: str) -> Report:
    return found(reports_seen_by(actor).for_page(), number=number)


def objection_of(actor: Actor, report: Report, pk: int) -> Objection:
    return found(Objection.objects.filter(report=report).select_related("report__agency"), pk=pk)


def agencies_shown() -> Q:
    """Which agencies stand in the public directory: verified ones."""
    return Q(organisation__state="verified")


def agency_of(pk: int) -> Agency:
    return found(Agency.objects.select_related("organisation__region").filter(agencies_shown()), pk=pk)


def to_do(actor: Actor) -> OrderQuerySet:
    """Orders whose next step is the organisation's own: the client's choice or payment, the agency's quote or work."""
    own = None if is_at_desk(actor) else reads_for(actor)
    if own is None:
        return Order.objects.none()
    asked = Quote.objects.filter(agency__organisation=own, state=QuoteState.INVITED).values("order")
    clients = (OrderState.REQUESTED, OrderState.CHOOSING, OrderState.ENGAGED)
    return Order.objects.filter(
        Q(client=own, state__in=clients)
        | Q(agency__organisation=own, state__in=AT_WORK - {OrderState.ENGAGED})
        | Q(pk__in=asked, state=OrderState.QUOTING)
    )


@guard(DATA_PURPOSE)
def may_open_data(actor: Actor, file: StoredFile) -> bool:
    """What the client handed in: the client, the agency at work, and the desk."""
    order = Order.objects.select_related("agency").filter(pk=file.subject_id or 0).first()
    return order is not None and is_inside(actor, order)


@guard(OBJECTION_PURPOSE)
def may_open_objection(actor: Actor, file: StoredFile) -> bool:
    """A paper with an objection: whoever reads the report in full."""
    objection = Objection.objects.filter(pk=file.subject_id or 0).first()
    return objection is not None and reports_seen_by(actor).filter(pk=objection.report_id).exists()
