"""Questions about another method's question: simulate it, move its numbers one by one, put cases side by side.

All three hold the other method's own input, `of` naming the method (relief from royalty when it names none).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from valuation import refusals
from valuation.arithmetic import Exact
from valuation.methods import METHODS, Method
from valuation.reading import AMOUNT, POSITIVE_AMOUNT, Fields, Written, decimal_of, is_distribution
from valuation.showing import cents, share
from valuation.simulation.sensitivity import Bar, Expected, expected_value, scenarios, tornado

MOST_DRAWS = 10_000_000
USUAL_DRAWS = 1_000_000
MOST_SEED = 2**64 - 1
#: Of the numbers a simulated method reads, and of the rows of a table.
MOST_NUMBERS = 200
MOST_TABLE_ROWS = 100
USUAL_METHOD = "relief_from_royalty"


def _of(fields: Fields) -> Method:
    return METHODS[fields.choice("of", {name: name for name in METHODS}, USUAL_METHOD)]


def monte_carlo(fields: Fields, most_draws: int = MOST_DRAWS) -> dict[str, Any]:
    """mean, std, p5 … p95, prob_below_loan (where a loan is given), the sampling error of each, a histogram, a tornado.

    `value` is the mean; `expected_value` the exact value with every random number at its mean. The tornado is left out
    where `tornado` is false. Raises BadInput.
    """
    draws = fields.whole("draws", 2, most_draws, USUAL_DRAWS)
    seed = fields.whole("seed", 0, MOST_SEED, 0)
    loan = fields.certain("loan", AMOUNT)
    amount = None if loan is None else float(loan)
    if fields.has("mean_value"):
        return _lognormal(fields, amount)
    from valuation.simulation import monte_carlo as engine  # numpy is slow to load, and most questions need none

    method = _of(fields)
    read = Expected()
    base = method.read(Fields(fields.data, read))
    if len(read.domains) > MOST_NUMBERS:
        raise refusals.TooMany(field=list(read.domains)[MOST_NUMBERS], most=MOST_NUMBERS)
    random = engine.random_numbers(read, fields.data)
    certain = method.value(base, Exact())
    found = engine.simulate(method, fields, random, draws=draws, seed=seed, amount=amount)
    wants_bars = not fields.has("tornado") or fields.flag("tornado")
    bars = tornado(method, fields.data, engine.spans(random)) if wants_bars else []
    return {
        **_figures(found.summary, certain.as_text),
        "expected_value": certain.as_text(certain.value),
        "of": method.name,
        "draws": draws,
        "seed": seed,
        "generator": "PCG64",
        "outside_domain": {path: share(Decimal(repr(part))) for path, part in found.outside.items()},
        "histogram": _histogram(found.summary.histogram, certain.as_text),
        "tornado": _bars(bars, certain.as_text),
    }


def _lognormal(fields: Fields, amount: float | None) -> dict[str, Any]:
    from valuation.simulation.distributions import SIGMA
    from valuation.simulation.lognormal_value import lognormal_value

    mean = fields.certain("mean_value", POSITIVE_AMOUNT)
    sigma = Written().take(fields.raw("sigma"), fields.at("sigma"), SIGMA)
    return {**_figures(lognormal_value(float(mean or 0), float(sigma), amount), cents), "closed_form": True}


def _figures(summary: Any, as_text: Callable[[Decimal], str]) -> dict[str, Any]:
    figures = {"mean": summary.mean, "std": summary.std}
    figures |= {f"p{percent}": figure for percent, figure in summary.percentiles.items()}
    errors = {name: as_text(Decimal(figure.error)) for name, figure in figures.items()}
    answer: dict[str, Any] = {"value": as_text(Decimal(summary.mean.value))}
    answer |= {name: as_text(Decimal(figure.value)) for name, figure in figures.items()}
    if summary.below is not None:
        answer["prob_below_loan"] = share(summary.below.value)
        errors["prob_below_loan"] = share(summary.below.error)
    return {**answer, "sampling_error": errors}


def _histogram(found: Any, as_text: Callable[[Decimal], str]) -> dict[str, Any]:
    return {
        "low": as_text(Decimal(found.low)),
        "high": as_text(Decimal(found.high)),
        "counts": list(found.counts),
        "under": found.under,
        "over": found.over,
    }


def _bars(bars: list[Bar], as_text: Callable[[Decimal], str]) -> list[dict[str, Any]]:
    return [
        {
            "field": bar.path,
            "low": share(bar.low),
            "high": share(bar.high),
            "low_value": as_text(bar.low_value),
            "high_value": as_text(bar.high_value),
            "swing": as_text(bar.swing),
        }
        for bar in bars
    ]


def tornado_table(fields: Fields) -> dict[str, Any]:
    """`ranges` {path: [low, high]}, or of every random number from its 5th to its 95th percentile. Raises BadInput."""
    method = _of(fields)
    read = Expected()
    base = method.read(Fields(fields.data, read))
    certain = method.value(base, Exact())
    spans: dict[str, tuple[Decimal, Decimal]] = {}
    if fields.has("ranges"):
        ranges = fields.inside("ranges")
        if len(ranges.data) > MOST_TABLE_ROWS:
            raise refusals.TooMany(field=fields.at("ranges"), most=MOST_TABLE_ROWS)
        for path in ranges.data:
            pair = ranges.listed(path)
            if len(pair) != 2:
                raise refusals.WrongType(field=ranges.at(path), expected="[low, high]")
            if path not in read.domains:
                raise refusals.NoSuchNumber(field=ranges.at(path), name=path)
            low, high = (decimal_of(one, f"{ranges.at(path)}[{n}]") for n, one in enumerate(pair))
            spans[path] = (low, high)
    else:
        from valuation.simulation import monte_carlo as engine

        spans = engine.spans(engine.random_numbers(read, fields.data))
    bars = tornado(method, fields.data, spans)
    return {
        "value": certain.as_text(certain.value),
        "of": method.name,
        "tornado": _bars(bars, certain.as_text),
    }


def scenario_table(fields: Fields) -> dict[str, Any]:
    """`cases` [{name, changes {path: number}}]: the value of the input as it is, and of each case. Raises BadInput."""
    method = _of(fields)
    cases: list[tuple[str, Mapping[str, object]]] = []
    for case in fields.each("cases", MOST_TABLE_ROWS):
        changes = case.inside("changes")
        for path, raw in changes.data.items():
            if is_distribution(raw):
                raise refusals.DistributionNotHere(field=changes.at(path))
        cases.append((case.text("name"), changes.data))
    as_text = method.value(method.read(Fields(fields.data, Expected())), Exact()).as_text
    base = expected_value(method, fields.data)
    return {
        "value": as_text(base),
        "of": method.name,
        "rows": [
            {"name": name, "value": as_text(value), "change": as_text(value - base)}
            for name, value in scenarios(method, fields.data, cases)
        ],
    }


QUESTIONS = {"monte_carlo": monte_carlo, "tornado": tornado_table, "scenarios": scenario_table}
