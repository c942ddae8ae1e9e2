"""How a report writes days, amounts, lists and figures in its two languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from listings.deals.contracts.writing import day, in_capitals
from marketplace.signing.paper import Language
from valuation.appraisals.papers.amounts import in_words


def say_day(value: str | None, language: Language) -> str:
    """A day of the twin in words; a dash for none."""
    return day(date.fromisoformat(value) if value else None, language)


def money(value: str, currency: str, language: Language) -> str:
    """An amount with its currency, to the cent."""
    figure = f"{Decimal(value):,.2f}"
    return f"{figure} 元" if language == "zh" and currency == "CNY" else f"{currency} {figure}"


def spelled(value: str, currency: str, language: Language) -> str:
    """The amount in words, in brackets."""
    if language == "zh":
        return f"（大写：{'人民币' if currency == 'CNY' else currency}{in_capitals(Decimal(value))}）"
    return f"({in_words(Decimal(value), currency)})"


def listed(items: list[str], language: Language) -> str:
    """Entries that are not empty, one after another."""
    return ("、" if language == "zh" else ", ").join(one for one in items if one)


def figure(value: Any) -> str:
    """With thousands grouped where it is a figure."""
    try:
        return f"{Decimal(str(value)):,f}"
    except InvalidOperation:
        return str(value)
