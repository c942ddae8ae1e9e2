"""What the workbench shows: the draft as a whole, what it lacks, what each method comes to, the review."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from marketplace.core.actor import Actor
from valuation.appraisals import acts, completeness, worksheets
from valuation.appraisals.figures import score_view, use_view
from valuation.appraisals.presenting import SHAPES, order_acts, step_links
from valuation.appraisals.sections import SECTIONS
from valuation.appraisals.states import OrderState
from valuation.models import Order


def workbench_page(order: Order, actor: Actor) -> dict[str, Any]:
    """The draft: words, methods, weights, what is missing, comments."""
    draft = order.draft
    uses = list(order.methods.all())
    unused = [one for one in worksheets.WORKSHEETS if one.method not in {use.method for use in uses}]
    lacks = list(completeness.missing(order))
    return {
        "order": order,
        "draft": draft,
        "label": OrderState(order.state).label,
        "shape": SHAPES[order.state],
        "is_drafting": order.state == OrderState.DRAFTING,
        "sections": [
            {
                "name": one.name,
                "label": one.label,
                "help": one.help,
                "zh": draft.text(one.name, "zh"),
                "has_en": bool((draft.texts.get(one.name) or {}).get("en")),
                "url": reverse("appraisal_text", args=[order.number, one.name]),
            }
            for one in SECTIONS
        ],
        "uses": [
            {**use_view(use, order.currency), "url": reverse("appraisal_method", args=[order.number, use.method])}
            for use in uses
        ],
        "unused": [
            {"label": one.label, "note": one.note, "url": reverse("appraisal_method", args=[order.number, one.method])}
            for one in unused
        ],
        "lacks": lacks,
        "comments": [
            {
                "comment": one,
                "acts": step_links(
                    acts.comment_steps(one, actor),
                    lambda verb, pk=one.pk: reverse("appraisal_comment_act", args=[order.number, pk, verb]),
                ),
            }
            for one in order.comments.select_related("by", "answered_by", "order__agency")
        ],
        "scores": score_view(order),
        "acts": order_acts(order, actor),
    }
