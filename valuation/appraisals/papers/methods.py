"""The part of a report that shows how the value was found: each method with all that its figure follows from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from listings.deals.contracts.writing import percent
from marketplace.signing.paper import Language
from valuation.appraisals.papers import words
from valuation.appraisals.papers.blocks import Block, bars, heading, paragraph, table
from valuation.appraisals.papers.saying import figure, listed, money, say_day
from valuation.appraisals.papers.words import say, text
from valuation.appraisals.worksheets import BY_METHOD, in_order

#: Places after the point of what is no amount; the twin has them all.
FACTOR_PLACES = 6


def methods_part(twin: Mapping[str, Any], language: Language) -> list[Block]:
    """Every method with why it was chosen, its inputs and reasons, its rows, its result and its uncertainty."""
    made: list[Block] = []
    for one in twin["methods"]:
        made.append(heading(2, say(words.METHOD, one["method"], language)))
        made += _method(one, twin["currency"], language)
    if twin["single_reason"]:
        made += [heading(2, text("exception", language)), paragraph(twin["single_reason"])]
    return made


def _method(one: Mapping[str, Any], currency: str, language: Language) -> list[Block]:
    made = [heading(3, text("why", language)), paragraph(one["why"]), heading(3, text("inputs", language))]
    inputs = [
        [say(words.INPUT, name, language), shown(one["method"], name, value, language), one["reasons"].get(name, "—")]
        for name, value in in_order(one["method"], one["input"])
    ]
    heads = [text(key, language) for key in ("h_input", "h_value", "h_reason")]
    made.append(table(heads, inputs, widths=(1.3, 1.6, 3)))
    if one["method"] in words.FORMULA:
        said = say(words.FORMULA, one["method"], language)
        made.append(paragraph(text("formula", language, formula=said)))
    made += _rows(one, currency, language)
    made.append(paragraph(text("result", language, amount=money(one["value"], currency, language))))
    made += _uncertainty(one, currency, language)
    return made


def shown(method: str, name: str, value: Any, language: Language) -> str:
    """An input as it is read: 4.2%, 10,000,000; a list with its entries apart by semicolons."""
    sheet = BY_METHOD.get(method)
    entry = sheet.entry(name) if sheet else None
    sort = entry.sort if entry else ""
    if isinstance(value, bool):
        return text("yes" if value else "no", language)
    if isinstance(value, list):
        return "; ".join(
            " / ".join(figure(cell) for cell in one.values()) if isinstance(one, dict) else figure(one) for one in value
        )
    if isinstance(value, dict):
        return "; ".join(f"{key}: {figure(one)}" for key, one in value.items()) or text("none", language)
    if sort == "rate":
        try:
            return percent(Decimal(str(value)) * 100)
        except InvalidOperation:
            return str(value)
    return figure(value)


def _rows(one: Mapping[str, Any], currency: str, language: Language) -> list[Block]:
    """The engine's intermediate rows, the columns that have a name here, as many as fit the line."""
    rows = one["result"].get("rows") or []
    columns = [name for name in words.ROW if rows and name in rows[0]][:7]
    if not columns:
        return []
    cells = [[_cell(name, row.get(name), language) for name in columns] for row in rows]
    heads = [say(words.ROW, name, language) for name in columns]
    right = [at for at, name in enumerate(columns) if name not in ("from", "to")]
    caption = text("rows_of_deals" if "implied" in columns else "rows", language, currency=currency)
    return [
        table(heads, cells, caption=caption, widths=[0.5 if name == "year" else 1 for name in columns], right=right)
    ]


def _cell(name: str, value: Any, language: Language) -> str:
    if value is None:
        return "—"
    if name in ("from", "to"):
        return say_day(str(value), language)
    if name in ("factor", "fraction", "mid_years"):
        return f"{Decimal(str(value)):.{FACTOR_PLACES}f}"
    return str(value) if name == "year" else figure(value)


def bounds_of(method: str, swing: Mapping[str, Any], language: Language) -> str:
    """The two bounds between which an input was moved, as it is read: 3.4% – 5.1%."""
    low, high = (shown(method, swing["name"], swing[end], language) for end in ("low", "high"))
    return f"{low} – {high}"


def _uncertainty(one: Mapping[str, Any], currency: str, language: Language) -> list[Block]:
    found = one["simulation"]
    if not found:
        return []
    fields = listed([say(words.INPUT, name, language) for name in one["uncertain"]], language)
    names = [name for name in ("mean", "std", "p5", "p25", "p50", "p75", "p95") if name in found]
    heads = [
        {"mean": text("h_mean", language), "std": text("h_std", language)}.get(name, name.upper()) for name in names
    ]
    caption = text(
        "simulation", language, fields=fields, draws=f"{one['draws']:,}", seed=one["seed"], currency=currency
    )
    errors = found["sampling_error"]
    rows = [[figure(found[name]) for name in names], [f"±{figure(errors[name])}" for name in names]]
    made = [table(heads, rows, caption=caption, right=range(len(names)))]
    if one["tornado"]:
        swings = [
            (
                f"{say(words.INPUT, swing['name'], language)} {bounds_of(one['method'], swing, language)}",
                Decimal(swing["at_low"]),
                Decimal(swing["at_high"]),
                f"{Decimal(swing['at_low']):,.0f} – {Decimal(swing['at_high']):,.0f}",
                False,
            )
            for swing in one["tornado"]
        ]
        made.append(bars(swings, caption=text("tornado", language, currency=currency)))
    return made
