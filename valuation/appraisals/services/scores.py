"""Scores within an order: computed from the register, or given by an appraiser with evidence."""

from __future__ import annotations

from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _

from listings.assets.models import Asset
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, Invalid, NotFound, NotPermitted
from marketplace.core.locks import locked
from valuation.appraisals import rubrics, scoring
from valuation.appraisals.graphs.parties import AGENCY_WORKS
from valuation.appraisals.refusals import UnknownIndicator
from valuation.appraisals.states import OrderState
from valuation.appraisals.telling import told
from valuation.models import Order, Score

OPEN = (OrderState.DATA, OrderState.DRAFTING)


def _demand(order: Order, by: Actor) -> None:
    if not AGENCY_WORKS.permits(by, order):
        raise NotPermitted()
    if order.state not in OPEN:
        raise IllegalTransition(state=OrderState(order.state).label)


def compute_scores(*, order_id: int, by: Actor) -> list[Score]:
    """Score every right on the indicators the register answers, as of the base date. Computed ones are replaced, those
    given by people stay. Their evidence is kept in both languages, the English one in `basis`."""
    with locked(Order, order_id) as order:
        _demand(order, by)
        rubric = rubrics.current()
        order.scores.filter(is_computed=True).delete()
        given = set(order.scores.values_list("asset_id", "indicator"))
        made = []
        for asset in order.subject_rights:
            facts = scoring.facts_of(asset, order.base_date)
            with translation.override("en"):
                english = {point.indicator: point.evidence for point in scoring.points_of(facts)}
            with translation.override("zh-hans"):
                found = list(scoring.points_of(facts))
            made += [
                _row(order, asset, rubric.pk, point, english[point.indicator], by)
                for point in found
                if (asset.pk, point.indicator) not in given
            ]
        Score.objects.bulk_create(made)
        events.record("appraisal.score", order, by, data=told(order, computed=len(made)))
    return made


def _row(order: Order, asset: Asset, rubric_id: int, point: scoring.Point, english: str, by: Actor) -> Score:
    return Score(
        order=order,
        asset=asset,
        rubric_id=rubric_id,
        indicator=point.indicator,
        points=point.points,
        evidence=point.evidence,
        basis={**point.basis, "evidence_en": english},
        is_computed=True,
        given_by_id=by.user_id,
        given_at=clock.now(),
    )


def give_score(*, order_id: int, asset_id: int, indicator: str, points: Decimal, evidence: str, by: Actor) -> Score:
    """An appraiser's points with their evidence; replaces earlier ones. Raises UnknownIndicator, Invalid, NotFound,
    NotPermitted, IllegalTransition."""
    if not Decimal(0) <= points <= Decimal(100):
        raise Invalid(field="points", problem=_("Points lie between 0 and 100."))
    if not evidence.strip():
        raise Invalid(field="evidence", problem=_("Say what the points rest on."))
    with locked(Order, order_id) as order:
        _demand(order, by)
        if not order.ordered.filter(asset=asset_id).exists():
            raise NotFound()
        rubric = rubrics.current()
        known = {one.code: one for one in rubrics.indicators(rubric.data)}
        if indicator not in known or known[indicator].is_computed:
            raise UnknownIndicator(field="indicator")
        score, _made = Score.objects.update_or_create(
            order=order,
            asset_id=asset_id,
            indicator=indicator,
            defaults={
                "rubric": rubric,
                "points": points,
                "evidence": evidence.strip()[:2000],
                "is_computed": False,
                "basis": {},
                "given_by_id": by.user_id,
                "given_at": clock.now(),
            },
        )
        events.record("appraisal.score", order, by, data=told(order, indicator=indicator))
    return score
