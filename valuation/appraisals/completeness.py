"""Whether a draft may become a report: every part written, each figure with its reason, two methods, a fresh figure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from listings.rights.ruling import enforces, rule
from marketplace.core import clock
from valuation.appraisals import bundles
from valuation.appraisals.refusals import AppraisersWrong, DraftIncomplete, OneMethodOnly, PresetValue, WeightsWrong
from valuation.appraisals.sections import SECTIONS
from valuation.appraisals.worksheets import BY_METHOD, label_of

if TYPE_CHECKING:
    from valuation.models import Draft, MethodUse, Order

WHOLE = Decimal(100)


def authors(order: Order) -> set[int]:
    """Ids of everybody who wrote words of the draft or chose a figure in it."""
    draft = getattr(order, "draft", None)
    wrote = set(draft.drafters) if draft is not None else set()
    return wrote | {pk for pk in order.methods.values_list("computed_by", flat=True) if pk is not None}


def missing(order: Order) -> Iterator[str]:
    """What the draft lacks, in words, in the order of the report."""
    draft = getattr(order, "draft", None)
    if draft is None:
        yield _("everything: the draft was not begun")
        return
    for section in SECTIONS:
        if section.is_required and not draft.text(section.name, "zh").strip():
            yield str(section.label)
    if draft.economic_life_ends_on is None:
        yield _("the end of the economic life")
    elif any(
        asset.expires_on is not None and draft.economic_life_ends_on > asset.expires_on
        for asset in order.subject_rights
    ):
        yield _("an economic life that ends with the legal term at the latest")
    for use in order.methods.all():
        yield from _without_reason(use)
    if order.ordered.count() > 1 and not order.methods.filter(method=bundles.METHOD).exists():
        yield _("the value of each right (worksheet “Portfolio”)")
    if order.methods.exists() and draft.conclusion is None:
        yield _("the conclusion")


def _without_reason(use: MethodUse) -> Iterator[str]:
    if not use.why.strip():
        yield _("why %(method)s was chosen") % {"method": label_of(use.method)}
    sheet = BY_METHOD.get(use.method)
    for entry in sheet.entries if sheet else ():
        value = use.input.get(entry.name)
        is_assumed = value is not None and not (entry.sort == "flag" and not value)  # what is left out needs no reason
        if is_assumed and not str(use.reasons.get(entry.name, "")).strip():
            said = {"field": str(entry.label), "method": label_of(use.method)}
            yield _("the reason for “%(field)s” in %(method)s") % said


@enforces("APR-METHODS")
def demand_methods(order: Order) -> None:
    """Two methods, or the reason why the standards allow one only; parts that make the whole."""
    uses = list(order.methods.all())
    draft = order.draft
    least = int(rule("APR-METHODS").value("min_methods", clock.today()))
    ways = [one for one in uses if one.method != bundles.METHOD]
    if not ways or (len(ways) < least and not draft.single_reason.strip()):
        raise OneMethodOnly()
    total = sum((one.weight_pct for one in uses), Decimal(0))
    if total != WHOLE:
        raise WeightsWrong(total=total)


def demand(order: Order) -> None:
    """Raises DraftIncomplete, OneMethodOnly, WeightsWrong, PresetValue."""
    if getattr(order, "draft", None) is not None:
        demand_methods(order)
    lacking = list(missing(order))
    if lacking:
        raise DraftIncomplete(missing="；".join(lacking))
    demand_fresh(order, order.draft)


def demand_fresh(order: Order, draft: Draft) -> None:
    """A conclusion that comes out at the amount named beforehand is refused, however it was reached."""
    if order.wished is None or draft.conclusion is None:
        return
    if draft.conclusion == order.wished or draft.conclusion == rounded(order.wished, draft.unit):
        raise PresetValue()


@enforces("APR-TWO")
def demand_signers(order: Order) -> None:
    """Two different active appraisers of the agency; both certified where the law requires the appraisal."""
    least = int(rule("APR-TWO").value("min_signers", clock.today()))
    assert order.agency is not None
    able = order.agency.appraisers.active()
    if order.is_statutory:
        able = able.filter(is_certified=True)
    found = set(able.filter(user__in=order.draft.signers).values_list("user", flat=True))
    if len(found) < least or found != set(order.draft.signers):
        raise AppraisersWrong(field="signers")


def rounded(value: Decimal, unit: int) -> Decimal:
    """To the nearest multiple of `unit`, half up, to the cent."""
    return ((value / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit).quantize(Decimal("0.01"))
