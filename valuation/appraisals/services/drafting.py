"""The workbench: words, methods with their reasons, weights and the conclusion that follows from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from marketplace.core import clock, events, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, Invalid, NotFound, NotPermitted
from marketplace.core.locks import locked
from valuation.appraisals import bundles, completeness, engine
from valuation.appraisals.graphs.order import ORDER_GRAPH
from valuation.appraisals.graphs.parties import AGENCY_WORKS
from valuation.appraisals.refusals import WeightsWrong
from valuation.appraisals.sections import BY_NAME
from valuation.appraisals.states import OrderState
from valuation.appraisals.telling import told
from valuation.appraisals.worksheets import BY_METHOD
from valuation.models import Draft, MethodUse, Order, ReviewComment

UNITS = (1, 100, 1000, 10000)
LONGEST_TEXT = 20_000
MOST_METHODS = 6
FRAME = (
    "economic_life_ends_on", "visited_on", "unit", "single_reason", "signers", "conclusion", "low", "high",
)  # fmt: skip


@contextmanager
def _at_desk(order_id: int, by: Actor) -> Iterator[tuple[Order, Draft]]:
    """The order and its draft, locked, for an appraiser of its agency while it is being drafted."""
    with locked(Order, order_id) as order:
        if not AGENCY_WORKS.permits(by, order) or by.user_id is None:
            raise NotPermitted()
        if order.state != OrderState.DRAFTING:
            raise IllegalTransition(state=OrderState(order.state).label)
        draft = Draft.objects.select_for_update().get(order=order)
        draft.order = order
        yield order, draft


def _touch(draft: Draft, by: Actor, *columns: str) -> None:
    assert by.user_id is not None
    if by.user_id not in draft.drafters:
        draft.drafters = [*draft.drafters, by.user_id]
    draft.updated_at = clock.now()
    draft.save(update_fields=[*columns, "drafters", "updated_at"])


def write_text(*, order_id: int, section: str, zh: str, en: str, by: Actor) -> Draft:
    """Write a part of the report in words. Raises NotFound (no such part), Invalid, NotPermitted, IllegalTransition."""
    if section not in BY_NAME:
        raise NotFound()
    if max(len(zh), len(en)) > LONGEST_TEXT:
        raise Invalid(field="zh", problem=_("At most 20,000 characters."))
    with _at_desk(order_id, by) as (_order, draft):
        draft.texts = {**draft.texts, section: {"zh": zh.strip(), "en": en.strip()}}
        _touch(draft, by, "texts")
    return draft


@dataclass(frozen=True, slots=True)
class Frame:
    """What frames the figures: economic life, site visit, why one method only, the unit of rounding, the signers."""

    economic_life_ends_on: date | None
    visited_on: date | None
    unit: int
    single_reason: str = ""
    signer_ids: Collection[int] = ()


def set_frame(*, order_id: int, frame: Frame, by: Actor) -> Draft:
    """Raises AppraisersWrong, Invalid, NotPermitted, IllegalTransition."""
    if frame.unit not in UNITS:
        raise Invalid(field="unit", problem=_("Round to one, a hundred, a thousand or ten thousand."))
    with _at_desk(order_id, by) as (order, draft):
        if frame.economic_life_ends_on is not None and frame.economic_life_ends_on <= order.base_date:
            raise Invalid(field="economic_life_ends_on", problem=_("It must end after the base date."))
        draft.economic_life_ends_on, draft.visited_on = frame.economic_life_ends_on, frame.visited_on
        draft.unit, draft.single_reason = frame.unit, frame.single_reason.strip()
        draft.signers = sorted(set(frame.signer_ids))
        if draft.signers:
            completeness.demand_signers(_with(order, draft))
        _conclude(order, draft)
        _touch(draft, by, *FRAME)
    return draft


def _with(order: Order, draft: Draft) -> Order:
    order.draft = draft
    return order


@dataclass(frozen=True, slots=True)
class Working:
    """One method as filled in: input, a reason for each field, ranges for the simulation, why the method."""

    method: str
    input: Mapping[str, Any]
    reasons: Mapping[str, str]
    uncertain: Mapping[str, Mapping[str, str]]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a working comes to: the engine's answer, the simulation's, and the swings widest first."""

    result: dict[str, Any]
    value: Decimal
    simulation: dict[str, Any]
    tornado: list[engine.Swing]


def outcome(working: Working, *, seed: int, amount: Decimal | None = None) -> Outcome:
    """Compute without keeping: the live side of the workbench, asked about an `amount` or not.

    Raises BadInput with the field, NotFound.
    """
    if working.method not in BY_METHOD:
        raise NotFound()
    result = engine.run(working.method, working.input)
    engine.demand_bounds(working.input, working.uncertain)
    return Outcome(
        result=result,
        value=engine.value_of(result),
        simulation=engine.simulate(working.method, working.input, working.uncertain, seed=seed, amount=amount),
        tornado=engine.tornado(working.method, working.input, working.uncertain),
    )


def use_method(*, order_id: int, working: Working, by: Actor) -> MethodUse:
    """Compute a method and keep it with every input and its reason; weights are set apart.

    Raises BadInput, Invalid, NotFound, NotPermitted, IllegalTransition.
    """
    found = outcome(working, seed=order_id)
    with _at_desk(order_id, by) as (order, draft):
        if working.method == bundles.METHOD:
            bundles.demand_each_right(working.input, [one.number for one in order.subject_rights])
        known = order.methods.filter(method=working.method).first()
        if known is None and order.methods.count() >= MOST_METHODS:
            raise Invalid(field="method", problem=_("At most six methods."))
        use = known or MethodUse(order=order, method=working.method, position=order.methods.count() + 1)
        use.input, use.reasons = dict(working.input), {k: v.strip() for k, v in working.reasons.items() if v.strip()}
        use.uncertain = {k: dict(v) for k, v in working.uncertain.items()}
        use.why = working.why.strip()
        use.result, use.value, use.simulation = found.result, found.value, found.simulation
        use.tornado = [one.as_dict() for one in found.tornado]
        use.engine, use.computed_by_id, use.computed_at = engine.VERSION, by.user_id, clock.now()
        use.save()
        _conclude(order, draft)
        _touch(draft, by, "conclusion", "low", "high")
        events.record("appraisal.compute", order, by, data=told(order, method=use.method, engine=use.engine))
    return use


def drop_method(*, order_id: int, method: str, by: Actor) -> None:
    """Take a method out. Raises NotFound, NotPermitted, IllegalTransition."""
    with _at_desk(order_id, by) as (order, draft):
        if not order.methods.filter(method=method).delete()[0]:
            raise NotFound()
        _conclude(order, draft)
        _touch(draft, by, "conclusion", "low", "high")


def weigh(*, order_id: int, weights: Mapping[str, Decimal], by: Actor) -> Draft:
    """Give each method its part in the conclusion, in percent; together they make 100.

    The conclusion follows: nobody types it. Raises WeightsWrong, NotPermitted, IllegalTransition.
    """
    with _at_desk(order_id, by) as (order, draft):
        uses = list(order.methods.all())
        total = sum((weights.get(use.method, Decimal(0)) for use in uses), Decimal(0))
        if total != completeness.WHOLE or any(one < 0 for one in weights.values()):
            raise WeightsWrong(total=total)
        for use in uses:
            use.weight_pct = weights.get(use.method, Decimal(0))
        MethodUse.objects.bulk_update(uses, ["weight_pct"])
        _conclude(order, draft)
        _touch(draft, by, "conclusion", "low", "high")
    return draft


def _conclude(order: Order, draft: Draft) -> None:
    """The weighted mean of the results, rounded once; the range spans the weighted methods' P5 to P95 where they were
    simulated, their figures where not. No conclusion while the weights do not make the whole."""
    draft.conclusion = draft.low = draft.high = None
    uses = [use for use in order.methods.all() if use.weight_pct]
    if sum((use.weight_pct for use in uses), Decimal(0)) != completeness.WHOLE:
        return
    mean = sum((use.value * use.weight_pct for use in uses), Decimal(0)) / completeness.WHOLE
    found = completeness.rounded(mean, draft.unit)
    if found <= 0:
        return
    lows = [Decimal(use.simulation.get("p5", use.value)) for use in uses]
    highs = [Decimal(use.simulation.get("p95", use.value)) for use in uses]
    draft.conclusion = found
    draft.low, draft.high = max(min([*lows, found]), Decimal("0.00")), max([*highs, found])


def answer_comment(*, comment_id: int, answer: str, by: Actor) -> ReviewComment:
    """The drafter answers a comment of the review. Raises NotFound, Invalid, NotPermitted, IllegalTransition."""
    found = ReviewComment.objects.filter(pk=comment_id).first()
    if found is None:
        raise NotFound()
    if not answer.strip():
        raise Invalid(field="answer", problem=_("Write an answer."))
    with _at_desk(found.order_id, by) as (_order, draft):
        comment = ReviewComment.objects.select_for_update().get(pk=comment_id)
        if comment.answer:
            raise Invalid(field="answer", problem=_("This comment has been answered."))
        comment.answer, comment.answered_by_id, comment.answered_at = answer.strip()[:4000], by.user_id, clock.now()
        comment.save()
        _touch(draft, by)
    return comment


def hand_in(*, order_id: int, by: Actor) -> Order:
    """Give the draft to the internal review.

    Raises DraftIncomplete, OneMethodOnly, WeightsWrong, PresetValue, NotPermitted, IllegalTransition.
    """
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "hand_in", by=by, data=told(order))
    return order
