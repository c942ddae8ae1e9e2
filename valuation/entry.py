"""The one entry for every figure: a method's name and its input in, a value with all its rows out, or a refusal.

`compute` is what pages, reports and loans call; `answer` is one line of `manage.py valuate` or one question of
`POST /api/v1/valuation/compute/`. Pure: no database, nothing kept. The same question gives the same answer on every
machine, and `ENGINE` names the version of the formulas it was computed with.

Conventions, where a question leaves them open: years are discounted at their end unless `timing` is "mid"; the tax
amortisation benefit is off unless `tab` is true, over `tab_life` years or else as many as the input has, its saving
taken at the ends of years (a dated question without `tab_life` spreads it over its own pieces); amounts go up to
9,999,999,999,999,999.99; unknown keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, DecimalException, localcontext
from typing import Any

from marketplace.core.money import LARGEST
from valuation import refusals
from valuation.arithmetic import EXACT, Exact
from valuation.methods import METHODS
from valuation.reading import Fields, Written
from valuation.showing import cents
from valuation.simulation.questions import MOST_DRAWS, QUESTIONS, monte_carlo

ENGINE = "1"
MOST_LINE_BYTES = 4 * 1024 * 1024


def compute(method: str, data: object, *, most_draws: int = MOST_DRAWS) -> dict[str, Any]:
    """The answer to one question: `value` and whatever else the method shows, money as strings to the cent.

    Raises BadInput, naming the field.
    """
    with localcontext(EXACT):
        try:
            if method == "monte_carlo":
                return {"method": method, **monte_carlo(Fields(data, Written()), most_draws), "engine": ENGINE}
            if method in QUESTIONS:
                return {"method": method, **QUESTIONS[method](Fields(data, Written())), "engine": ENGINE}
            if method not in METHODS:
                raise refusals.UnknownMethod(field="method", name=method[:60])
            formula = METHODS[method]
            outcome = formula.value(formula.read(Fields(data, Written())), Exact())
            if outcome.as_text is cents and abs(outcome.value) > LARGEST:
                raise refusals.AmountTooLarge(field="value", most=f"{LARGEST:,}")
            shown = {"value": outcome.as_text(outcome.value), **outcome.shown()}
            return {"method": method, **shown, "formula": formula.formula, "engine": ENGINE}
        except (DecimalException, OverflowError, ZeroDivisionError) as error:
            raise refusals.CannotCompute(field="input") from error


def answer(question: object, *, most_draws: int = MOST_DRAWS) -> dict[str, Any]:
    """The answer to {"method", "input"}, or {"error": {"code", "field", "message"}} in the active language."""
    try:
        return ask(question, most_draws=most_draws)
    except refusals.BadInput as refusal:
        return {"error": {"code": refusal.code, "field": refusal.field, "message": refusal.message}}


def ask(question: object, *, most_draws: int = MOST_DRAWS) -> dict[str, Any]:
    """The answer to {"method", "input"}. Raises BadInput."""
    if not isinstance(question, Mapping):
        raise refusals.NotAnObject()
    for name in ("method", "input"):
        if question.get(name) is None:
            raise refusals.Missing(field=name)
    if not isinstance(question["method"], str):
        raise refusals.WrongType(field="method", expected='"…"')
    return compute(question["method"], question["input"], most_draws=most_draws)


def answer_line(line: bytes) -> str:
    """The JSON answer to a line of JSON, without a line end. A line that is no JSON is refused like any other."""
    try:
        question = json.loads(line.decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError, DecimalException):
        refusal = refusals.NotJson()
        said: dict[str, Any] = {"error": {"code": refusal.code, "field": "", "message": refusal.message}}
    else:
        said = answer(question)
    # A question may hold half a surrogate pair, which a refusal that quotes it could not write in UTF-8.
    readable = json.dumps(said, ensure_ascii=False)
    return json.dumps(said) if any("\ud800" <= char <= "\udfff" for char in readable) else readable
