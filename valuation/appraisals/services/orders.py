"""From a client's request to an agency engaged and its fee held; and the ways an order ends early."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from listings.assets.models import Asset
from listings.assets.states import ENDED
from listings.catalogue.numbering import next_number
from listings.patents.access import shown_assets
from marketplace.accounts.models import Organisation
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked, locked_all
from marketplace.core.money import Money
from marketplace.payments.models import Invoice
from marketplace.payments.services import invoices, refunds, releases
from marketplace.payments.services.obligations import cancel_obligation, raise_obligation
from marketplace.payments.states import ObligationState
from valuation.appraisals import conflicts, fees
from valuation.appraisals.graphs.order import ORDER_GRAPH, PAYING_DAYS, QUOTE_GRAPH
from valuation.appraisals.graphs.parties import CLIENT_WORKS
from valuation.appraisals.refusals import AgencyNotOpen, DateWrong, NobodyInvited, QuotesClosed, RightNotOpen
from valuation.appraisals.services import engaging
from valuation.appraisals.services.signing import void_unsigned
from valuation.appraisals.states import BEFORE_FEE, WORK_DONE, OrderState, Purpose, QuoteState, ValueType
from valuation.appraisals.telling import told
from valuation.models import Agency, Order, OrderAsset, Quote, Report

SERIES = "A"
MOST_RIGHTS = 50
MOST_AGENCIES = 12
LONGEST_BACK_DAYS = 365


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for. `claims` narrows the scope of single rights: {asset id: "1–4"}."""

    asset_ids: Sequence[int]
    purpose: str
    base_date: date
    deadline: date
    quotes_until: datetime
    value_type: str = ValueType.MARKET
    user_ids: Collection[int] = ()
    other_users: str = ""
    is_statutory: bool = False
    note: str = ""
    wished: Decimal | None = None
    currency: str = "CNY"
    claims: Mapping[int, str] = field(default_factory=dict)


@transaction.atomic
def request_appraisal(
    *, by: Actor, wanted: Wanted, second_of: Report | None = None, renews: Report | None = None
) -> Order:
    """Open an order of the client acted for. Raises NotPermitted, RightNotOpen, DateWrong, NotFound (unknown right)."""
    if by.acts_for is None or not CLIENT_WORKS.permits(by, Order(client_id=by.acts_for)):
        raise NotPermitted()
    if not Organisation.objects.filter(pk=by.acts_for, state=OrganisationState.VERIFIED).exists():
        raise NotPermitted()
    order = entered(by, wanted, client_id=by.acts_for, second_of=second_of, renews=renews)
    lifecycle.begin(ORDER_GRAPH, order, by=by, data={"number": order.number, "client": order.client_id})
    enter_rights(order, wanted)
    return order


def entered(
    by: Actor, wanted: Wanted, *, client_id: int, second_of: Report | None = None, renews: Report | None = None
) -> Order:
    today = clock.today()
    if wanted.base_date > wanted.deadline:
        raise DateWrong(field="base_date", problem=_("The base date lies after the day the report is wanted."))
    if wanted.base_date < today - timedelta(days=LONGEST_BACK_DAYS) and wanted.purpose != Purpose.LITIGATION:
        raise DateWrong(
            field="base_date", problem=_("A base date more than a year back makes a report nobody can use.")
        )
    if wanted.deadline <= today:
        raise DateWrong(field="deadline", problem=_("The day the report is wanted must lie ahead."))
    return Order(
        number=next_number(SERIES),
        client_id=client_id,
        purpose=Purpose(wanted.purpose),
        value_type=ValueType(wanted.value_type),
        other_users=wanted.other_users.strip(),
        base_date=wanted.base_date,
        deadline=wanted.deadline,
        quotes_until=wanted.quotes_until,
        is_statutory=wanted.is_statutory,
        note=wanted.note.strip(),
        wished=wanted.wished,
        currency=wanted.currency,
        second_of=second_of,
        renews=renews,
        ordered_by_id=by.user_id,
        created_at=clock.now(),
    )


def enter_rights(order: Order, wanted: Wanted) -> list[Asset]:
    ids = list(dict.fromkeys(wanted.asset_ids))
    found = shown_assets().in_bulk(ids)
    if not ids or len(found) != len(ids) or len(ids) > MOST_RIGHTS:
        raise NotFound()
    assets = [found[pk] for pk in ids]
    for asset in assets:
        if asset.status in ENDED and order.purpose != Purpose.LITIGATION:
            raise RightNotOpen(field="assets", number=asset.number)
    OrderAsset.objects.bulk_create(
        OrderAsset(order=order, asset=asset, position=at, claims=wanted.claims.get(asset.pk, "")[:200])
        for at, asset in enumerate(assets)
    )
    users = Organisation.objects.filter(pk__in=wanted.user_ids, state=OrganisationState.VERIFIED)
    order.users.set(users)
    return assets


def invite(*, order_id: int, agency_ids: Collection[int], by: Actor) -> Order:
    """Ask agencies of the client's own choice for blind quotes.

    Raises NobodyInvited, AgencyNotOpen, InConflict, DateWrong, NotPermitted, IllegalTransition.
    """
    if not agency_ids or len(agency_ids) > MOST_AGENCIES:
        raise NobodyInvited(field="agencies")
    with locked(Order, order_id) as order:
        if order.quotes_until <= clock.now():
            raise DateWrong(field="quotes_until", problem=_("The time for quotes must lie ahead."))
        open_now = Agency.objects.open_to_orders(clock.today()).select_related("organisation").in_bulk(list(agency_ids))
        assets = order.subject_rights
        for pk in sorted(set(agency_ids)):
            agency = open_now.get(pk)
            if agency is None:
                known = Agency.objects.select_related("organisation").filter(pk=pk).first()
                raise AgencyNotOpen(field="agencies", name=known.organisation.name if known else "")
            conflicts.demand_none(
                agency, client_id=order.client_id, assets=assets, order_id=order.pk, second_of=order.second_of
            )
            quote = Quote(order=order, agency=agency, currency=order.currency)
            lifecycle.begin(QUOTE_GRAPH, quote, by=by, data=told(order, quoting=agency.organisation_id))
        lifecycle.walk(ORDER_GRAPH, order, "invite", by=by, data=told(order))
    return order


def engage(*, order_id: int, quote_id: int, by: Actor) -> Order:
    """Choose a quote: the engagement contract is drawn up for both to sign. Until they have, the other quotes stand.

    The check for conflicts is made again under the locks of the rights, so that an agency cannot be engaged by both
    sides at once. Raises NotPermitted, IllegalTransition, QuotesClosed, InConflict, AgencyNotOpen.
    """
    ids = list(OrderAsset.objects.filter(order=order_id).values_list("asset_id", flat=True))
    with locked_all([*((Asset, pk) for pk in ids), (Order, order_id)]) as rows:
        order = rows[-1]
        assert isinstance(order, Order)
        quote = (
            order.quotes.select_for_update(no_key=True, of=("self",))
            .select_related("agency__organisation")
            .filter(pk=quote_id)
            .first()
        )
        if quote is None:
            raise NotFound()
        if quote.state != QuoteState.OFFERED or order.state != OrderState.CHOOSING:
            raise QuotesClosed()
        conflicts.demand_none(
            quote.agency,
            client_id=order.client_id,
            assets=[row for row in rows if isinstance(row, Asset)],
            order_id=order.pk,
            second_of=order.second_of,
        )
        lifecycle.walk(QUOTE_GRAPH, quote, "accept", by=by, data=told(order, quoting=quote.agency_org_id))
        order.quote, order.agency = quote, quote.agency
        assert quote.days is not None
        order.report_due = max(order.deadline, clock.today() + timedelta(days=quote.days))
        lifecycle.walk(
            ORDER_GRAPH,
            order,
            "engage",
            by=by,
            data=told(order),
            also=("quote", "agency", "report_due"),
        )
        order.contract = engaging.draw_up(order, by=by)
        order.save(update_fields=["contract"])
    return order


def contract_signed(*, order_id: int, document_id: int) -> None:
    """Both have signed: the other agencies are let go and the client is asked for the fee. Runs twice harmlessly."""
    with locked(Order, order_id) as order:
        if order.state != OrderState.CONTRACTING or order.contract_id != document_id:
            return
        quote = order.quote
        assert quote is not None and quote.money is not None
        lifecycle.walk(
            ORDER_GRAPH, order, "contract", by=SYSTEM, data=told(order, fee=f"{quote.fee:.2f}", currency=quote.currency)
        )
        _let_others_go(order, quote, SYSTEM)
        raise_obligation(
            purpose=fees.PURPOSE,
            subject=order.subject,
            payer_id=order.client_id,
            money=quote.money,
            due_at=clock.now() + timedelta(days=PAYING_DAYS),
            title_zh=f"{order.number} 评估服务费",
            title_en=f"Appraisal fee {order.number}",
            by=SYSTEM,
        )


def contract_failed(*, order_id: int, document_id: int, reason: str) -> None:
    """Somebody declined the contract, or its time is over: the client chooses again among the other quotes. Runs twice
    harmlessly."""
    with locked(Order, order_id) as order:
        if order.state != OrderState.CONTRACTING or order.contract_id != document_id:
            return
        quote = order.quote
        assert quote is not None
        data = told(order)
        lifecycle.walk(QUOTE_GRAPH, quote, "fall_through", by=SYSTEM, data=told(order, quoting=quote.agency_org_id))
        order.quote, order.agency, order.contract, order.report_due = None, None, None, None
        lifecycle.walk(
            ORDER_GRAPH,
            order,
            "choose_again",
            by=SYSTEM,
            reason=reason or "not signed",
            data=data,
            also=("quote", "agency", "contract", "report_due"),
        )


def _let_others_go(order: Order, chosen: Quote | None, by: Actor) -> None:
    others = order.quotes.exclude(pk=chosen.pk if chosen else 0).select_related("agency")
    for quote in others.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        verb = {QuoteState.OFFERED: "lose", QuoteState.INVITED: "lapse"}.get(QuoteState(quote.state))
        if verb is not None:
            lifecycle.walk(QUOTE_GRAPH, quote, verb, by=by, data=told(order, quoting=quote.agency_org_id))


def fee_arrived(*, order_id: int) -> None:
    """The fee is held: work begins, and the agency's invoice is issued. Runs twice harmlessly."""
    with locked(Order, order_id) as order:
        if order.state != OrderState.ENGAGED or not fees.is_held(order):
            return
        lifecycle.walk(ORDER_GRAPH, order, "start", by=SYSTEM, data=told(order))
        quote = order.quote
        assert quote is not None and quote.fee is not None and order.agency is not None
        whole = Money(quote.fee, quote.currency)
        net = whole.times(Decimal(100) / (Decimal(100) + quote.tax_pct)) if quote.tax_pct else whole
        invoices.issue_invoice(
            series=f"AP{order.agency.organisation_id}",
            issuer_id=order.agency.organisation_id,
            buyer_id=order.client_id,
            lines=[
                invoices.Line(f"专利资产评估 {order.number}", f"Patent appraisal {order.number}", net, quote.tax_pct)
            ],
            subject=order.subject,
            by=SYSTEM,
        )


def pay_agency(order: Order, *, share: Decimal = Decimal(1)) -> None:
    """Release the held fee, or a share of it, to the agency. The caller holds the order's lock."""
    total = fees.held(order)
    part = total.times(share)
    if part and order.agency is not None:
        releases.release(
            subject=order.subject,
            legs=[releases.Leg(order.agency.organisation_id, fees.PURPOSE, part)],
            key=f"appraisal:{order.pk}:release",
            by=SYSTEM,
        )


def cancel(*, order_id: int, reason: str, by: Actor) -> Order:
    """The client gives up before the fee is held. Raises NotPermitted, IllegalTransition, FeePaid, ReasonMissing."""
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "cancel", by=by, reason=reason, data=told(order))
        unwind(order, by=by, reason=reason)
    return order


def unwind(order: Order, *, by: Actor, reason: str) -> None:
    """Nothing more is asked for, and what came in goes back."""
    _let_others_go(order, order.quote, by if not by.is_anonymous else SYSTEM)
    engaging.void_contract(order, by=SYSTEM, reason=reason)
    _ask_no_more(order)
    give_back(order, fees.held(order), reason=reason)


def terminate(*, order_id: int, reason: str, by: Actor) -> Order:
    """Either side ends an engagement at work. Raises NotPermitted, IllegalTransition, ReasonMissing.

    The fee goes back. When the client ends it after drafting has begun, the part agreed in the quote for work done
    stays with the agency; when the agency ends it (data withheld, pressure for a value: Appraisal Law, articles 18 and
    19) nothing does.
    """
    with locked(Order, order_id) as order:
        before = order.state
        verb = "resign" if before in BEFORE_FEE else "terminate"
        is_client = by.acts_for == order.client_id
        lifecycle.walk(ORDER_GRAPH, order, verb, by=by, reason=reason, data=told(order, by_client=is_client))
        void_unsigned(order, by=by, reason=reason)
        if before in BEFORE_FEE:
            engaging.void_contract(order, by=SYSTEM, reason=reason)
            _let_others_go(order, order.quote, SYSTEM)
        if is_client and before in WORK_DONE and order.quote is not None:
            pay_agency(order, share=Decimal(order.quote.work_done_pct) / 100)
        _ask_no_more(order)
        give_back(order, fees.held(order), reason=reason)
    return order


def _ask_no_more(order: Order) -> None:
    asked = fees.obligations(order).filter(state__in=[ObligationState.OPEN, ObligationState.REOPENED])
    for one in asked:
        cancel_obligation(obligation_id=one.pk, by=SYSTEM)


def give_back(order: Order, total: Money, *, reason: str) -> None:
    """Refund what is held, latest payment first, and credit the invoice by as much."""
    left = total.amount
    for one in fees.obligations(order).order_by("-id"):
        part = min(left, refunds.refundable(one))
        if part > 0:
            refunds.refund(
                obligation_id=one.pk,
                money=Money(part, order.currency),
                key=f"appraisal:{order.pk}:refund:{one.pk}:{one.refunded}",
                reason=reason[:240],
                by=SYSTEM,
            )
            left -= part
    if left > 0:
        raise RuntimeError(f"{order.number}: {left} is held that no obligation explains.")
    if total:
        _credit(order, total, reason)


def _credit(order: Order, total: Money, reason: str) -> None:
    bill = Invoice.objects.filter(subject_kind=order.subject[0], subject_id=order.pk, kind=Invoice.Kind.INVOICE).first()
    if bill is not None:
        net = bill.net if total.amount >= bill.total else total.times(bill.net / bill.total).amount
        invoices.credit_note(invoice_id=bill.pk, net=Money(net, bill.currency), reason=reason[:240], by=SYSTEM)


def lapsed(*, order_id: int) -> None:
    """The clock ended an order: the same as a cancellation. Runs twice harmlessly."""
    with locked(Order, order_id) as order:
        if order.state == OrderState.CANCELLED:
            unwind(order, by=SYSTEM, reason="lapsed")
