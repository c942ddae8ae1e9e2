"""What the page of a report shows to those who rely on it, all of it from the twin that was signed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse

from listings.rights.models import Entry
from marketplace.core import charts, clock
from marketplace.core.actor import Actor
from marketplace.core.errors import BadInput
from marketplace.signing.presenting import files_of
from valuation.appraisals import access, acts, asking, encumbrances, selectors
from valuation.appraisals.figures import (
    bound,
    distribution,
    entry_label,
    input_rows,
    paper_language,
    result_rows,
    score_view,
    uncertainty,
)
from valuation.appraisals.papers import words
from valuation.appraisals.presenting import REPORT_SHAPES, names_of
from valuation.appraisals.sections import SECTIONS
from valuation.appraisals.states import ObjectionState, Purpose, ReportState, ValueType
from valuation.appraisals.timelines import appraisal_timeline
from valuation.appraisals.worksheets import label_of
from valuation.models import Objection, Report

OBJECTION_SHAPES: dict[str, str] = {
    ObjectionState.RAISED: "stop",
    ObjectionState.EXPLAINED: "now",
    ObjectionState.SECOND: "wait",
    ObjectionState.SETTLED: "go",
    ObjectionState.CONCLUDED: "go",
    ObjectionState.WITHDRAWN: "ended",
}


def report_page(report: Report, actor: Actor, under: str = "") -> dict[str, Any]:
    """Value with range, methods side by side, comparables, assumptions, what moves it most, and the papers.

    `under` is an amount as a reader typed it: how often each method comes out under it.
    """
    twin, language = report.twin, paper_language()
    order = report.order
    amount, under_error = None, ""
    try:
        amount = asking.amount_of(under)
    except BadInput as refusal:
        under_error = refusal.message
    methods = [_method(one, report.currency) for one in twin["methods"]]
    document = report.document
    objections = Objection.objects.filter(report=report).select_related("raised_by", "second_order", "report__agency")
    subjects = [report, *objections, *([document] if document else [])]
    return {
        "report": report,
        "shape": REPORT_SHAPES[report.state],
        "label": ReportState(report.state).label,
        "warnings": selectors.warnings_of(report),
        "purpose": Purpose(report.purpose).label,
        "value_type": ValueType(report.value_type).label,
        "agency": report.agency.organisation,
        "users": [one.name for one in report.users.all()],
        "other_users": twin["other_users"],
        "rights": [
            {"asset": one.asset, "claims": one.claims, "url": reverse("patent_detail", args=[one.asset_id])}
            for one in report.valued.select_related("asset")
        ],
        "methods": methods,
        "under": under,
        "under_error": under_error,
        "asked": [_asked(one, report.currency, amount) for one in twin["methods"]] if amount is not None else [],
        "methods_svg": charts.bars(
            [charts.Bar(one["label"], one["value"], f"{one['value']:,.2f}") for one in methods]
            + [charts.Bar(words.text("conclusion", language), report.amount, f"{report.amount:,.2f}", "b-brand")],
            label=words.text("side_by_side", language),
        ),
        "most": _what_moves_it(twin),
        "texts": [
            {"label": one.label, "text": _text(twin, one.name, language)}
            for one in SECTIONS
            if _text(twin, one.name, language)
        ],
        "entries_now": _entries_now(report),
        "signers": twin["signers"],
        "single_reason": twin["single_reason"],
        "scores": score_view(order),
        "document": document,
        "files": files_of(document) if document is not None else [],
        "objections": [_objection(one, actor) for one in objections.order_by("-pk")],
        "acts": _acts(report, actor),
        "events": appraisal_timeline(
            subjects, names_of(report.client_id, report.agency_org_id), is_inside=access.is_appraising(actor, order)
        ),
        "renew_url": _renew_url(report, actor),
        "order_url": reverse("appraisal", args=[order.number])
        if access.orders_seen_by(actor).filter(pk=order.pk).exists()
        else "",
        "successor": report.successors.exclude(state__in=["signing", "dropped"]).first(),
        "second_opinions": Report.objects.filter(order__second_of=report, issued_at__isnull=False),
    }


def _asked(one: dict[str, Any], currency: str, amount: Decimal) -> dict[str, Any]:
    """A method's answer to the amount, with the amount drawn into its distribution."""
    found = asking.under(one, amount)
    drawn = distribution(one["simulation"], Decimal(one["value"]), currency, found) if found else ""
    return {"label": label_of(one["method"]), "under": found, "svg": drawn}


def _method(one: dict[str, Any], currency: str) -> dict[str, Any]:
    value = Decimal(one["value"])
    return {
        "method": one["method"],
        "label": label_of(one["method"]),
        "value": value,
        "currency": currency,
        "weight": Decimal(one["weight_pct"]),
        "why": one["why"],
        "engine": one["engine"],
        "inputs": input_rows(one["method"], one["input"], one["reasons"]),
        "rows": result_rows(one["result"]),
        "comparables": _comparables(one),
        **uncertainty(one["method"], value, one["simulation"], one["tornado"], currency),
    }


def _comparables(one: dict[str, Any]) -> list[dict[str, Any]]:
    """The closed deals beside what each implies, where the method uses some."""
    deals = one["input"].get("comparables") or []
    implied = one["result"].get("implied") or []
    return [
        {
            "price": Decimal(str(deal["price"])),
            "revenue": Decimal(str(deal["revenue"])),
            "implied": Decimal(str(implied[at])) if at < len(implied) else None,
        }
        for at, deal in enumerate(deals)
    ]


def _what_moves_it(twin: dict[str, Any]) -> dict[str, Any] | None:
    """The widest swing of all methods, weighed by the method's part in the conclusion."""
    found: list[tuple[Decimal, dict[str, Any]]] = []
    for one in twin["methods"]:
        for swing in one["tornado"]:
            width = abs(Decimal(swing["at_high"]) - Decimal(swing["at_low"])) * Decimal(one["weight_pct"]) / 100
            found.append((width, {**swing, "method": one["method"]}))
    if not found:
        return None
    width, swing = max(found, key=lambda pair: pair[0])
    return {
        "label": entry_label(swing["method"], swing["name"]),
        "method": label_of(swing["method"]),
        "low": bound(swing["method"], swing, "low"),
        "high": bound(swing["method"], swing, "high"),
        "width": width.quantize(Decimal("0.01")),
    }


def _text(twin: dict[str, Any], section: str, language: str) -> str:
    found = twin["texts"].get(section) or {}
    return str(found.get(language) or found.get("zh") or found.get("en") or "")


def _entries_now(report: Report) -> list[Entry]:
    """What stands on the rights today, which may be more than on the base date."""
    return list(encumbrances.entries_on(report.rights, clock.today()))


def _objection(one: Objection, actor: Actor) -> dict[str, Any]:
    number = one.report.number
    steps = acts.objection_steps(one, actor)
    found = [
        {"label": step.label, "url": reverse("appraisal_objection_act", args=[number, one.pk, step.verb])}
        for step in steps
    ]
    if any(step.verb == "settle" for step in steps):
        label = acts.SECOND_OPINION
        found.append({"label": label, "url": reverse("appraisal_objection_act", args=[number, one.pk, "second"])})
    return {
        "objection": one,
        "shape": OBJECTION_SHAPES[one.state],
        "label": ObjectionState(one.state).label,
        "acts": found,
    }


def _acts(report: Report, actor: Actor) -> list[dict[str, Any]]:
    found = []
    for step in acts.report_steps(report, actor):
        args = [report.order.number, step.verb] if step.verb == "revise" else [report.number, step.verb]
        name = "appraisal_act" if step.verb == "revise" else "appraisal_report_act"
        found.append({"state": "allowed", "label": step.label, "url": reverse(name, args=args), "button": step.label})
    return found


def _renew_url(report: Report, actor: Actor) -> str:
    """Where the client orders the next appraisal of the same rights; empty for others."""
    if access.reads_for(actor) != report.client_id:
        return ""
    rights = "&".join(f"asset={one.pk}" for one in report.rights)
    return f"{reverse('appraisal_new')}?{rights}&renews={report.number}"
