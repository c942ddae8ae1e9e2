"""What the pages of an order show: where it stands, who owes what, quotes, data, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.catalogue.views.desk import working_days_to
from marketplace.accounts.models import Organisation
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, Sentence
from marketplace.portal.steps import Step
from marketplace.signing.models import Document
from valuation.appraisals import access, acts, fees, worksheets
from valuation.appraisals.graphs.order import ORDER_GRAPH
from valuation.appraisals.kickbacks import Sign
from valuation.appraisals.states import DataState, OrderState, Purpose, QuoteState, ReportState, ValueType
from valuation.appraisals.timelines import appraisal_timeline
from valuation.models import Agency, DataRequest, Order, Quote, Report

_O = OrderState
SHAPES: dict[str, str] = {
    _O.REQUESTED: "now",
    _O.QUOTING: "wait",
    _O.CHOOSING: "now",
    _O.CONTRACTING: "wait",
    _O.ENGAGED: "wait",
    _O.DATA: "wait",
    _O.DRAFTING: "now",
    _O.REVIEWING: "now",
    _O.SIGNING: "now",
    _O.ISSUED: "go",
    _O.CANCELLED: "ended",
    _O.DECLINED: "ended",
    _O.TERMINATED: "ended",
}
QUOTE_SHAPES: dict[str, str] = {
    QuoteState.INVITED: "off",
    QuoteState.OFFERED: "now",
    QuoteState.ACCEPTED: "go",
    QuoteState.DECLINED: "ended",
    QuoteState.LOST: "ended",
    QuoteState.LAPSED: "ended",
}
DATA_SHAPES: dict[str, str] = {
    DataState.ASKED: "wait",
    DataState.DELIVERED: "now",
    DataState.ACCEPTED: "go",
    DataState.WITHHELD: "stop",
    DataState.DROPPED: "ended",
}
REPORT_SHAPES: dict[str, str] = {
    ReportState.SIGNING: "now",
    ReportState.ISSUED: "go",
    ReportState.DISPUTED: "stop",
    ReportState.SUSPENDED: "hold",
    ReportState.RIGHT_ENDED: "stop",
    ReportState.EXPIRED: "ended",
    ReportState.SUPERSEDED: "ended",
    ReportState.WITHDRAWN: "ended",
    ReportState.DROPPED: "ended",
}
RAIL: tuple[tuple[Sentence, frozenset[str]], ...] = (
    (gettext_lazy("Request"), frozenset({_O.REQUESTED})),
    (gettext_lazy("Quotes"), frozenset({_O.QUOTING, _O.CHOOSING})),
    (gettext_lazy("Engagement"), frozenset({_O.CONTRACTING, _O.ENGAGED})),
    (gettext_lazy("Data"), frozenset({_O.DATA})),
    (gettext_lazy("Drafting"), frozenset({_O.DRAFTING})),
    (gettext_lazy("Internal review"), frozenset({_O.REVIEWING})),
    (gettext_lazy("Sign and seal"), frozenset({_O.SIGNING})),
    (gettext_lazy("Report"), frozenset({_O.ISSUED})),
)


def flag_text(flag: dict[str, str]) -> str:
    """A flag in words."""
    sentence = {
        "under_own": _("Fee far under the agency’s own usual: {share_pct}% of its median of {median} a right."),
        "under_market": _("Fee far under the market’s usual: {share_pct}% of the median of {median} a right."),
    }[flag["code"]]
    return sentence.format(share_pct=flag["share_pct"], median=f"{Decimal(flag['median']):,.2f}")


def sign_row(sign: Sign, agencies: Mapping[int, Agency]) -> dict[str, Any]:
    """What could be a kickback, in words, with the orders it rests on."""
    sentence = {
        "taken_outside": _("Quoted here without a contract; {days} days later posted as engaged elsewhere."),
        "in_step_with_value": _("Fees keep in step with the values concluded: about {share_pct}% of each."),
        "steered": _("{count} of {whole} orders of the clients of {broker} went to this agency."),
    }[sign.code]
    return {
        "agency": agencies[sign.agency_id].organisation.name,
        "text": sentence.format(**sign.figures),
        "orders": sign.orders,
    }


def card(order: Order, own: int | None) -> dict[str, Any]:
    """One order on a board or in a list; its rights are read with it (prefetched), so a list asks no more for more."""
    other = order.agency.organisation.name if order.agency is not None and own == order.client_id else order.client.name
    rights = [row.asset for row in order.ordered.all()]
    return {
        "order": order,
        "url": reverse("appraisal", args=[order.number]),
        "title": rights[0].title if rights else order.number,
        "count": len(rights),
        "other": other,
        "purpose": Purpose(order.purpose).label,
        "shape": SHAPES[order.state],
        "label": OrderState(order.state).label,
        "days": working_days_to(order.due_at) if order.due_at else None,
    }


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done next, by whom, by when."""

    title: str
    text: str
    is_mine: bool
    due: datetime | None = None
    url: str = ""
    button: str = ""

    @property
    def days(self) -> int | None:
        return working_days_to(self.due)


class _Wanted(NamedTuple):
    """What a state wants: of the reader or of somebody else, in words, and where the reader does it."""

    is_mine: bool
    title: str
    text: str
    url: str = ""
    button: str = ""


def _step_url(order: Order, verb: str) -> str:
    return reverse("appraisal_act", args=[order.number, verb])


def signs_next(contract: Document) -> int | None:
    """The organisation whose signature is wanted next; None when all have signed."""
    slot = contract.next_signature()
    return slot.organisation_id if slot is not None else None


def turn_of(order: Order, actor: Actor) -> Turn | None:
    """Whose turn it is; None when nothing is owed any more."""
    own = access.reads_for(actor)
    is_client, is_agency = own == order.client_id, own is not None and own == order.agency_org_id
    state = OrderState(order.state)
    if state == _O.QUOTING and not is_client:
        quote = access.quotes_seen_by(actor, order).first()
        if quote is None:
            return None
        url = reverse("appraisal_quote_act", args=[order.number, quote.pk, "offer"])
        is_open = quote.state in (QuoteState.INVITED, QuoteState.OFFERED)
        text = _("The client asks you for a quote; it stays sealed until quoting is over.")
        return Turn(_("Your quote"), text, is_open, order.quotes_until, url if is_open else "", _("Quote"))
    owed = fees.obligations(order).last() if state == _O.ENGAGED else None
    contract = order.contract if state == _O.CONTRACTING else None
    report = order.reports.filter(state=ReportState.SIGNING).select_related("document").first()
    signing = reverse("signing_document", args=[report.document.number]) if report and report.document else ""
    bench = reverse("appraisal_workbench", args=[order.number])
    pay = reverse("obligation", args=[owed.reference]) if owed else ""
    table: dict[OrderState, _Wanted] = {
        _O.REQUESTED: _Wanted(
            is_client,
            _("Choose agencies"),
            _("Invite those you want quotes from."),
            _step_url(order, "invite"),
            _("Ask for quotes"),
        ),
        _O.QUOTING: _Wanted(
            False, _("Agencies quote"), _("You see all quotes at once when the time is over or all have answered.")
        ),
        _O.CHOOSING: _Wanted(
            is_client,
            _("Choose a quote"),
            _("Compare fee, time and methods, and engage one agency."),
            "#quotes",
            _("See the quotes"),
        ),
        _O.CONTRACTING: _Wanted(
            contract is not None and signs_next(contract) == own,
            _("Sign the engagement contract"),
            _("The client signs first, then the agency; only then is the fee asked for."),
            reverse("signing_document", args=[contract.number]) if contract else "",
            _("Read and sign"),
        ),
        _O.ENGAGED: _Wanted(
            is_client,
            _("Pay the fee into holding"),
            _("Work begins when the fee is held; it is released when the report is issued."),
            pay,
            _("Pay"),
        ),
        _O.DATA: _Wanted(
            is_agency,
            _("Gather the data"),
            _("The agency asks, the client delivers; then drafting begins."),
            "#data",
            _("See the requests"),
        ),
        _O.DRAFTING: _Wanted(
            is_agency,
            _("Draft the report"),
            _("Methods, reasons, words and weights; then the internal review."),
            bench,
            _("Open the workbench"),
        ),
        _O.REVIEWING: _Wanted(
            is_agency,
            _("Internal review"),
            _("Somebody who did not draft reads it, comments, and returns or approves."),
            bench,
            _("Read the draft"),
        ),
        _O.SIGNING: _Wanted(
            is_agency,
            _("Sign and seal"),
            _("Two appraisers sign with a fresh second factor, then the agency seals."),
            signing,
            _("Sign"),
        ),
    }
    if state not in table:
        return None
    one = table[state]
    return Turn(one.title, one.text, one.is_mine, order.due_at, one.url if one.is_mine else "", one.button)


def rail_of(order: Order) -> list[dict[str, Any]]:
    """The eight steps with what is done and what is now."""
    now = next((at for at, (_label, states) in enumerate(RAIL) if order.state in states), None)
    if now is None:  # ended early: nothing is now
        return [{"label": label, "state": "skipped"} for label, _states in RAIL]
    done = order.state == _O.ISSUED
    return [
        {"label": label, "state": "go" if at < now or done else "now" if at == now else "off"}
        for at, (label, _states) in enumerate(RAIL)
    ]


def parties_of(order: Order, actor: Actor) -> list[dict[str, Any]]:
    """Who owes what: client and agency, with what the state wants of each."""
    own = access.reads_for(actor)
    agency = order.agency.organisation if order.agency is not None else None
    data = order.data_requests.filter(state=DataState.ASKED).count()
    contract = order.contract if order.state == _O.CONTRACTING else None
    signing = signs_next(contract) if contract is not None else None
    client_owes = {
        _O.REQUESTED: _("Choose agencies"),
        _O.CHOOSING: _("Choose a quote"),
        _O.CONTRACTING: _("Sign the engagement contract") if signing == order.client_id else "",
        _O.ENGAGED: _("Pay the fee into holding"),
        _O.DATA: _("Deliver %(count)s items of data") % {"count": data} if data else "",
    }.get(OrderState(order.state), "")
    agency_owes = {
        _O.CONTRACTING: _("Sign the engagement contract") if signing == order.agency_org_id else "",
        _O.DATA: _("Check the data and begin drafting"),
        _O.DRAFTING: _("Draft the report"),
        _O.REVIEWING: _("Review the draft"),
        _O.SIGNING: _("Sign and seal"),
    }.get(OrderState(order.state), "")
    rows = [(order.client, _("The client"), client_owes)]
    if agency is not None:
        rows.append((agency, _("Agency"), agency_owes))
    return [
        {
            "name": party.name,
            "role": role,
            "is_me": party.pk == own,
            "what": owes or _("nothing now"),
            "due": order.due_at if owes else None,
            "shape": "now" if owes else "off",
        }
        for party, role, owes in rows
    ]


def step_links(steps: Iterable[Step], url: Any) -> list[dict[str, Any]]:
    """Steps as buttons; `url` makes an address of a verb."""
    return [{"verb": one.verb, "label": one.label, "url": url(one.verb), "state": "allowed"} for one in steps]


def order_acts(order: Order, actor: Actor) -> list[dict[str, Any]]:
    """The acts list: open steps, those a guard would refuse with why."""
    found = []
    for step in acts.order_steps(order, actor):
        edge = ORDER_GRAPH.edge(step.verb, order.state)
        refusal: DomainError | None = ORDER_GRAPH.refusal(edge, order, actor) if edge else None
        if step.verb == "invite":
            refusal = None  # the form itself is where agencies are chosen
        found.append(
            {
                "state": "blocked" if refusal else "allowed",
                "label": step.label,
                "why": refusal.message if refusal else "",
                "url": _step_url(order, step.verb),
                "button": "" if refusal else step.label,
            }
        )
    return found


def quote_rows(order: Order, actor: Actor) -> list[dict[str, Any]]:
    rows = access.quotes_seen_by(actor, order).order_by("fee", "pk")
    return [_quote_row(one, order, actor) for one in rows]


def _quote_row(quote: Quote, order: Order, actor: Actor) -> dict[str, Any]:
    is_blind = order.state == _O.QUOTING and access.reads_for(actor) == order.client_id
    return {
        "quote": quote,
        "name": quote.agency.organisation.name,
        "url": reverse("agency_detail", args=[quote.agency_id]),
        "shape": QUOTE_SHAPES[quote.state],
        "label": QuoteState(quote.state).label,
        "money": None if is_blind else quote.money,
        "methods": [worksheets.label_of(one) for one in quote.methods],
        "flags": [flag_text(one) for one in quote.flags],
        "acts": step_links(
            acts.quote_steps(quote, actor),
            lambda verb: reverse("appraisal_quote_act", args=[order.number, quote.pk, verb]),
        ),
    }


def data_rows(order: Order, actor: Actor) -> list[dict[str, Any]]:
    rows = DataRequest.objects.filter(order=order).select_related("order").prefetch_related("files__file")
    return [
        {
            "request": one,
            "shape": DATA_SHAPES[one.state],
            "label": DataState(one.state).label,
            "files": [row.file for row in one.files.all()],
            "acts": step_links(
                acts.data_steps(one, actor),
                lambda verb, pk=one.pk: reverse("appraisal_data_act", args=[order.number, pk, verb]),
            ),
        }
        for one in rows
    ]


def names_of(*ids: int | None) -> dict[int, str]:
    return {one.pk: one.name for one in Organisation.objects.filter(pk__in=[pk for pk in ids if pk])}


def order_page(order: Order, actor: Actor) -> dict[str, Any]:
    """Everything the page of an order shows to this actor."""
    inside = access.is_inside(actor, order)
    reports = list(access.reports_seen_by(actor).filter(order=order).select_related("document").order_by("-pk"))
    subjects: list[Model] = [order, *reports]
    if inside:
        subjects += [*DataRequest.objects.filter(order=order), *fees.obligations(order)]
        subjects += [one.document for one in reports if one.document is not None]
    return {
        "order": order,
        "shape": SHAPES[order.state],
        "label": OrderState(order.state).label,
        "purpose": Purpose(order.purpose).label,
        "value_type": ValueType(order.value_type).label,
        "rights": [
            {"asset": row.asset, "claims": row.claims, "url": reverse("patent_detail", args=[row.asset_id])}
            for row in order.ordered.select_related("asset")
        ],
        "users": [one.name for one in order.users.all()],
        "rail": rail_of(order),
        "turn": turn_of(order, actor),
        "parties": parties_of(order, actor) if inside else [],
        "quotes": quote_rows(order, actor),
        "data": data_rows(order, actor) if inside else [],
        "is_inside": inside,
        "is_appraising": access.is_appraising(actor, order),
        "is_client": access.reads_for(actor) == order.client_id,
        "has_draft": hasattr(order, "draft"),
        "fee": order.quote.money if order.quote is not None and inside else None,
        "held": fees.held(order) if inside else None,
        "obligations": list(fees.obligations(order)) if inside else [],
        "reports": [report_row(one) for one in reports],
        "acts": order_acts(order, actor),
        "events": appraisal_timeline(
            subjects, names_of(order.client_id, order.agency_org_id), is_inside=access.is_appraising(actor, order)
        ),
        "second_of": order.second_of,
        "renews": order.renews,
    }


def report_row(report: Report) -> dict[str, Any]:
    """A report in a list."""
    return {
        "report": report,
        "url": reverse("appraisal_report", args=[report.number]),
        "shape": REPORT_SHAPES[report.state],
        "label": ReportState(report.state).label,
        "agency": report.agency.organisation.name,
        "client": report.client.name,
    }
