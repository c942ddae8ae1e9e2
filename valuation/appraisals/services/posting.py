"""A report engaged elsewhere: the agency enters the order itself, everything after is the same but the fee."""

from __future__ import annotations

from django.db import transaction

from marketplace.accounts.models import Organisation
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from valuation.appraisals import conflicts
from valuation.appraisals.graphs.order import ORDER_GRAPH
from valuation.appraisals.graphs.parties import AGENCY_WORKS
from valuation.appraisals.refusals import AgencyNotOpen
from valuation.appraisals.sections import beginning
from valuation.appraisals.services import orders
from valuation.appraisals.telling import told
from valuation.models import Agency, Draft, Order


@transaction.atomic
def post_elsewhere(*, client_id: int, wanted: orders.Wanted, by: Actor) -> Order:
    """Open the workbench for a report whose engagement and fee are outside the market.

    The same fields, checks, review and signatures follow. Raises NotPermitted, AgencyNotOpen, InConflict, NotFound,
    RightNotOpen, DateWrong.
    """
    agency = Agency.objects.open_to_orders(clock.today()).filter(organisation=by.acts_for or 0).first()
    if agency is None:
        known = Organisation.objects.filter(pk=by.acts_for or 0).first()
        raise AgencyNotOpen(name=known.name if known else "")
    if not Organisation.objects.filter(pk=client_id, state=OrganisationState.VERIFIED).exists():
        raise NotFound()
    order = orders.entered(by, wanted, client_id=client_id)
    order.is_elsewhere, order.agency, order.report_due = True, agency, wanted.deadline
    if not AGENCY_WORKS.permits(by, order):
        raise NotPermitted()
    lifecycle.begin(ORDER_GRAPH, order, by=by, data={"number": order.number, "client": client_id, "elsewhere": True})
    assets = orders.enter_rights(order, wanted)
    conflicts.demand_none(agency, client_id=client_id, assets=assets, order_id=order.pk)
    lifecycle.walk(ORDER_GRAPH, order, "post", by=by, data=told(order))
    Draft.objects.create(order=order, texts=beginning(), updated_at=clock.now())
    return Order.objects.get(pk=order.pk)
