"""An estimate in words: its range, every reason with its effect, why there is none, how good the model was."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import exp
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from listings.patents.models import PatentKind
from marketplace.core import formats
from marketplace.core.errors import Sentence
from valuation.estimate.effects import EFFECTS, KIND_EFFECTS
from valuation.estimate.sales import CURRENCY
from valuation.estimate.services import Estimate
from valuation.models import EstimateFit

#: How many sales must lie in a field before their number is said: one or two could be known by name.
LEAST_TOLD = 3
_TENTH = Decimal("0.1")
LACKS: dict[str, Sentence] = {
    "few": gettext_lazy("Too few patents have been sold on this market for an estimate that could be tested."),
    "few_of_kind": gettext_lazy("Too few patents of this kind have been sold on this market."),
    "error": gettext_lazy("The model misses the prices of this market by too much to be shown."),
    "ended": gettext_lazy("The right has ended."),
    "status_unknown": gettext_lazy("The register does not know whether the right stands."),
    "kind_not_covered": gettext_lazy("Rights of this kind are not estimated."),
    "filing_unknown": gettext_lazy("The filing date is not known to the register."),
    "expiry_unknown": gettext_lazy("The end of the term is not known to the register."),
    "field_unknown": gettext_lazy("The technical field is not known to the register."),
    "disputed": gettext_lazy("The title is in dispute or frozen by a court."),
}
NAMES: dict[str, Sentence] = {
    "kind": gettext_lazy("Kind of right"),
    "field": gettext_lazy("Technical field"),
    "term": gettext_lazy("Term left"),
    "age": gettext_lazy("Age"),
    "family": gettext_lazy("Offices protected at"),
    "citations": gettext_lazy("Citations received"),
    "claims": gettext_lazy("Number of claims"),
    "pending": gettext_lazy("Not granted yet"),
    "grace": gettext_lazy("Annuity overdue"),
    "challenged": gettext_lazy("Invalidation pending"),
    "licensed": gettext_lazy("Exclusive licence in force"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: what it is, the fact as the register has it, and by how many percent it moves the value."""

    code: str
    name: str
    fact: str
    effect_pct: Decimal

    @property
    def effect(self) -> str:
        sign = "+" if self.effect_pct > 0 else ""
        return f"{sign}{formats.percent(self.effect_pct, 0)}"


def effect_pct(factor: float) -> Decimal:
    """A factor as percent more or less: 0.65 is −35."""
    return ((Decimal(repr(factor)) - 1) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)


def reasons_of(estimate: Estimate) -> list[Reason]:
    """Every part of the estimate, in the model's order; empty where there is none."""
    if estimate.guess is None or estimate.facts is None:
        return []
    return [
        Reason(part.code, str(NAMES[part.code]), _fact(part.code, estimate), effect_pct(part.factor))
        for part in estimate.guess.parts
    ]


def _fact(code: str, estimate: Estimate) -> str:
    facts = estimate.facts
    assert facts is not None
    if code == "kind":
        return str(PatentKind(facts.kind).label)
    if code == "field":
        if estimate.near < LEAST_TOLD:
            return _("%(field)s, fewer than three sales") % {"field": facts.area}
        return _("%(field)s, %(count)s sales") % {"field": facts.area, "count": estimate.near}
    if code in ("term", "age"):
        years = facts.term_left(estimate.on) if code == "term" else facts.age(estimate.on)
        return _("%(years)s years") % {"years": Decimal(repr(years)).quantize(_TENTH)}
    counted = {"family": facts.offices, "citations": facts.cited_by, "claims": facts.claims}
    if code in counted:
        value = counted[code]
        return formats.number(value) if value is not None else _("not known, counted as the reference")
    return ""


def panel(estimate: Estimate | None) -> dict[str, Any] | None:
    """For a page about the right; None leaves it out."""
    if estimate is None:
        return None
    told: dict[str, Any] = {"estimate": estimate, "lack": LACKS.get(estimate.lack, "")}
    if estimate.guess is not None:
        told |= {"guess": estimate.guess, "reasons": reasons_of(estimate), "currency": CURRENCY}
    return told


def tried_words(row: EstimateFit | None) -> list[dict[str, Any]]:
    """How good the newest fit was on the sales left out, as figures of a page; empty before the first."""
    if row is None or row.typical_error is None:
        return []
    assert row.inside_pct is not None and row.plain_error is not None
    return [
        {"label": _("Sales the model was tested on"), "figure": formats.number(row.count)},
        {
            "label": _("Typical error, as a factor"),
            "figure": factor_text(row.typical_error),
            "note": _("half of the sales were missed by less"),
        },
        {
            "label": _("Prices inside their range"),
            "figure": formats.percent(row.inside_pct, 0),
            "note": _("meant: 50%"),
        },
        {
            "label": _("The same for a plain guess"),
            "figure": factor_text(row.plain_error),
            "note": _("the median price of the kind"),
        },
    ]


def factor_text(error: Decimal | None) -> str:
    """An error of the logarithm as the factor it stands for: 0.405 is ×1.5; empty for none."""
    return f"×{formats.trimmed(error.exp())}" if error is not None else ""


def tried_sentence(row: EstimateFit | None) -> str:
    """The same in one sentence beside an estimate; empty where the model was never tested."""
    if row is None or row.typical_error is None or row.inside_pct is None:
        return ""
    return ngettext(
        "Tested on %(count)s closed sale: the typical error is a factor of %(factor)s; %(inside)s of prices lay inside "
        "their range.",
        "Tested on %(count)s closed sales: the typical error is a factor of %(factor)s; %(inside)s of prices lay "
        "inside their range.",
        row.count,
    ) % {
        "count": row.count,
        "factor": formats.trimmed(row.typical_error.exp()),
        "inside": formats.percent(row.inside_pct, 0),
    }


def effect_text(logarithm: float) -> str:
    """What a weight does to the value: −0.43 is −35%."""
    return Reason("", "", "", effect_pct(exp(logarithm))).effect


OURS = gettext_noop("size by our own judgement")


def weights_table(row: EstimateFit | None) -> list[dict[str, Any]]:
    """Every fact's weight as believed and, after a fit, as the sales have moved it: percent for one step of it."""
    found = dict(row.weights) if row is not None else {}
    rows = [
        {
            "name": NAMES[one.code],
            "step": STEPS[one.code],
            "believed": effect_text(one.weight * one.step),
            "found": effect_text(found[one.code] * one.step) if one.code in found else None,
            "source": " · ".join(part for part in (one.source, _(OURS) if one.is_ours else "") if part),
        }
        for one in EFFECTS
    ]
    kinds = [
        {
            "name": PatentKind(kind).label,
            "step": _("beside an invention"),
            "believed": effect_text(weight),
            "found": effect_text(found[f"kind:{kind}"]) if f"kind:{kind}" in found else None,
            "source": _(OURS),
        }
        for kind, (weight, _doubt) in KIND_EFFECTS.items()
    ]
    return [*kinds, *rows]


#: The step of each fact, in words: what a row of the table tells the effect of.
STEPS: dict[str, Sentence] = {
    "term": gettext_lazy("five years left beside ten"),
    "age": gettext_lazy("one year older"),
    "family": gettext_lazy("four offices beside one"),
    "citations": gettext_lazy("one citation more"),
    "claims": gettext_lazy("sixteen claims beside eight"),
    "pending": gettext_lazy("beside a granted right"),
    "grace": gettext_lazy("beside a paid annuity"),
    "challenged": gettext_lazy("beside an unchallenged right"),
    "licensed": gettext_lazy("beside a free right"),
}
