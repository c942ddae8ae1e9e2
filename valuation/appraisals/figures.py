"""Methods and scores as pages show them: inputs with their reasons, ranges and swings drawn and in tables, the rubric.

The workbench and the page of a report show the same figures in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.core import charts, formats
from marketplace.signing.paper import Language
from valuation.appraisals import pictures, rubrics, worksheets
from valuation.appraisals.asking import Under, said_of
from valuation.appraisals.papers import words
from valuation.appraisals.papers.methods import shown
from valuation.appraisals.services.drafting import Outcome
from valuation.models import MethodUse, Order


def money_text(value: Decimal, currency: str) -> str:
    """An amount as a picture carries it, in the active language."""
    return formats.money_reading(value, currency, get_language() or "zh-hans")


def paper_language() -> Language:
    """The active language as documents name it."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def entry_label(method: str, name: str) -> str:
    sheet = worksheets.BY_METHOD.get(method)
    entry = sheet.entry(name) if sheet else None
    return str(entry.label) if entry else name


def outcome_view(method: str, found: Outcome, currency: str, amount: Decimal | None = None) -> dict[str, Any]:
    """The live side: the figure, its distribution drawn and in a table, what moves it most, the engine's rows."""
    swings = [one.as_dict() for one in found.tornado]
    asked = said_of(found.simulation, amount)
    return {
        "value": found.value,
        "currency": currency,
        **uncertainty(method, found.value, found.simulation, swings, currency, asked),
        "rows": result_rows(found.result),
    }


def use_view(use: MethodUse, currency: str) -> dict[str, Any]:
    """A kept method, as page and report show it."""
    return {
        "use": use,
        "label": worksheets.label_of(use.method),
        "value": use.value,
        "currency": currency,
        "inputs": input_rows(use.method, use.input, use.reasons),
        **uncertainty(use.method, use.value, use.simulation, use.tornado, currency),
        "rows": result_rows(use.result),
    }


def bound(method: str, swing: Mapping[str, str], end: str) -> str:
    """A bound of a swing as it is read: 0.034 of a rate is 3.4%."""
    return shown(method, swing["name"], swing[end], paper_language())


NAMES = ("p5", "p25", "p50", "p75", "p95")


def distribution(simulation: Mapping[str, Any], value: Decimal, currency: str, asked: Under | None) -> str:
    """The draws as a picture, with the figure and the amount asked about; empty where nothing was drawn."""
    drawn = simulation.get("histogram")
    if not drawn:
        return ""

    def reading(amount: Decimal) -> charts.Reading:
        return charts.Reading(amount, money_text(amount, currency))

    five = {name: reading(Decimal(simulation[name])) for name in NAMES}
    bins = pictures.Bins(
        low=Decimal(drawn["low"]), high=Decimal(drawn["high"]), counts=drawn["counts"], under=drawn["under"],
        over=drawn["over"], **five,
    )  # fmt: skip
    said = _("Distribution of the value: %(figures)s") % {
        "figures": "; ".join(f"{name.upper()} {one.text}" for name, one in five.items())
    }
    asked_at = None if asked is None else reading(asked.amount)
    return pictures.distribution(bins, line=reading(value), asked=asked_at, label=said)


def uncertainty(
    method: str,
    value: Decimal,
    simulation: dict[str, Any],
    swings: Sequence[dict[str, str]],
    currency: str,
    asked: Under | None = None,
) -> dict[str, Any]:
    """Distribution and tornado, drawn and in tables; `asked` is the share under an amount."""
    errors = simulation.get("sampling_error", {})
    table = [
        {
            "name": name,
            "value": Decimal(simulation[name]),
            "error": Decimal(errors[name]) if name in errors else None,
        }
        for name in ("mean", "std", *NAMES)
        if name in simulation
    ]
    reaches = [
        pictures.Reach(
            f"{entry_label(method, one['name'])}  {bound(method, one, 'low')} – {bound(method, one, 'high')}",
            Decimal(one["at_low"]),
            Decimal(one["at_high"]),
            money_text(Decimal(one["at_low"]), currency),
            money_text(Decimal(one["at_high"]), currency),
        )
        for one in swings
    ]
    return {
        "distribution_svg": distribution(simulation, value, currency, asked),
        "asked": asked,
        "percentiles": table,
        "draws": simulation.get("draws"),
        "seed": simulation.get("seed"),
        "tornado_svg": pictures.tornado(
            reaches, base=value, base_text=money_text(value, currency), label=_("What moves the value most")
        ),
        "tornado": [
            {
                "label": entry_label(method, one["name"]),
                "low": bound(method, one, "low"),
                "high": bound(method, one, "high"),
                "at_low": Decimal(one["at_low"]),
                "at_high": Decimal(one["at_high"]),
            }
            for one in swings
        ],
    }


def input_rows(method: str, given: dict[str, Any], reasons: dict[str, str]) -> list[dict[str, str]]:
    """Each input as it is read, with its reason."""
    language = paper_language()
    return [
        {
            "label": entry_label(method, name),
            "value": shown(method, name, value, language),
            "reason": reasons.get(name, ""),
        }
        for name, value in worksheets.in_order(method, given)
    ]


def result_rows(result: dict[str, Any]) -> dict[str, Any]:
    """The engine's intermediate rows as a table: heads and cells; empty where it gives none."""
    language = paper_language()
    rows = result.get("rows") or []
    columns = [name for name in words.ROW if rows and name in rows[0]]
    return {
        "heads": [words.say(words.ROW, name, language) for name in columns],
        "cells": [[row.get(name, "") for name in columns] for row in rows],
        "formula": result.get("formula", ""),
    }


def score_view(order: Order) -> dict[str, Any] | None:
    """The rubric of each right: radar of the firsts' parts, bars, a table; None without scores."""
    scores = list(order.scores.select_related("rubric", "asset"))
    if not scores:
        return None
    rubric = scores[0].rubric
    known = {one.code: one for one in rubrics.indicators(rubric.data)}
    rights = []
    for asset in order.subject_rights:
        mine = [one for one in scores if one.asset_id == asset.pk]
        firsts, whole = rubrics.weigh(rubric.data, {one.indicator: one.points for one in mine}, order.purpose)
        seconds = rubrics.by_second(rubric.data, {one.indicator: one.points for one in mine})
        rights.append(
            {
                "asset": asset,
                "whole": whole,
                "firsts": firsts,
                "radar": pictures.radar(
                    [pictures.Spoke(name, points) for name, points in seconds],
                    label=_("Scores by group of indicators: %(figures)s")
                    % {
                        "figures": "; ".join(
                            f"{name} {points if points is not None else '—'}" for name, points in seconds
                        )
                    },
                ),
                "bars": charts.bars(
                    [
                        charts.Bar(
                            one.name, one.points or Decimal(0), f"{one.points if one.points is not None else '—'}"
                        )
                        for one in firsts
                    ],
                    label=_("Scores of the three parts"),
                    whole=100,
                ),
                "rows": [
                    {"name": known[one.indicator].name if one.indicator in known else one.indicator, "score": one}
                    for one in mine
                ],
            }
        )
    return {"rubric": rubric, "rights": rights, "note": rubric.data[f"note_{paper_language()}"]}
