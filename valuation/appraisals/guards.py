"""What must hold before an order, a quote or a report moves on; each guard raises the refusal that says what lacks.

Guards read under the lock of their subject, and ask the ledger and the documents themselves for money and signatures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from listings.rights.ruling import enforces
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.signing.states import DocumentState
from valuation.appraisals import completeness, fees
from valuation.appraisals.refusals import (
    AgencyNotOpen,
    CommentsOpen,
    DataMissing,
    FeeNotHeld,
    FeePaid,
    NobodyInvited,
    NotSealed,
    QuotesClosed,
    ReportNotStanding,
    SamePerson,
)
from valuation.appraisals.states import STANDING, DataState, OrderState, QuoteState, ReportState

if TYPE_CHECKING:
    from valuation.models import Order, Quote, Report


# ── the order ────────────────────────────────────────────────────────────────────────────────────────────────────────
@enforces("APR-CHOICE")
def somebody_is_invited(order: Order, actor: Actor) -> None:
    """The client alone chooses whom to ask."""
    if not order.quotes.exists():
        raise NobodyInvited(field="agencies")


def nobody_offered(order: Order, actor: Actor) -> None:
    if order.quotes.filter(state=QuoteState.OFFERED).exists():
        raise NotPermitted()


def quote_stands(order: Order, actor: Actor) -> None:
    """The quote chosen is one of this order's, its agency still able to work."""
    quote = order.quote
    if quote is None or quote.order_id != order.pk or quote.state != QuoteState.ACCEPTED:
        raise QuotesClosed()
    if quote.agency.organisation.state != OrganisationState.VERIFIED:
        raise AgencyNotOpen(name=quote.agency.organisation.name)


def contract_is_signed(order: Order, actor: Actor) -> None:
    """Client and agency have signed the engagement contract (Appraisal Law, article 23)."""
    if order.contract is None or order.contract.state != DocumentState.COMPLETE:
        raise NotSealed()


def fee_is_held(order: Order, actor: Actor) -> None:
    if not fees.is_held(order):
        raise FeeNotHeld()


def fee_is_not_held(order: Order, actor: Actor) -> None:
    if fees.paid_in(order):
        raise FeePaid()


def engaged_elsewhere(order: Order, actor: Actor) -> None:
    if not order.is_elsewhere:
        raise NotPermitted()


def data_is_complete(order: Order, actor: Actor) -> None:
    """Everything asked for as needed before drafting was accepted or dropped."""
    done = (DataState.ACCEPTED, DataState.DROPPED)
    waiting = order.data_requests.filter(is_required=True).exclude(state__in=done)
    titles = list(waiting.values_list("title", flat=True))
    if titles:
        raise DataMissing(titles="、".join(titles))


def draft_is_complete(order: Order, actor: Actor) -> None:
    completeness.demand(order)


@enforces("APR-METHODS")
def reviewer_did_not_draft(order: Order, actor: Actor) -> None:
    """Four eyes: whoever wrote any of it, or chose any figure, does not review it."""
    if actor.user_id is None or actor.user_id in completeness.authors(order):
        raise SamePerson()


def review_is_sound(order: Order, actor: Actor) -> None:
    """Another person reviewed, every comment was answered, and the draft is still complete."""
    reviewer_did_not_draft(order, actor)
    waiting = order.comments.filter(answer="").count()
    if waiting:
        raise CommentsOpen(count=waiting)
    completeness.demand(order)
    completeness.demand_signers(order)


def report_is_sealed(order: Order, actor: Actor) -> None:
    if not order.reports.filter(state=ReportState.ISSUED).exists():
        raise NotSealed()


def report_may_be_revised(order: Order, actor: Actor) -> None:
    """A report that is withdrawn or replaced is not written again; a new order is."""
    if not order.reports.filter(state__in=[*STANDING, ReportState.EXPIRED]).exists():
        raise ReportNotStanding()


# ── quotes and reports ───────────────────────────────────────────────────────────────────────────────────────────────
def quoting_is_open(quote: Quote, actor: Actor) -> None:
    """While the order waits for quotes, and by the database's clock."""
    if quote.order.state != OrderState.QUOTING or clock.database_now() >= quote.order.quotes_until:
        raise QuotesClosed()


@enforces("APR-TWO")
def document_is_complete(report: Report, actor: Actor) -> None:
    """Two appraisers and the agency have signed this very text, and it carries the seal."""
    document = report.document
    if document is None or document.state != DocumentState.COMPLETE:
        raise NotSealed()
    signed = set(document.signatures.made().filter(named__isnull=False).values_list("person_id", flat=True))
    if len(signed) < 2 or not signed <= set(report.signers):
        raise NotSealed()
