"""Amounts in English words, as a conclusion is repeated in words."""

from __future__ import annotations

from decimal import Decimal

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_UNITS = {
    "CNY": ("yuan", "fen"),
    "USD": ("US dollars", "cents"),
    "EUR": ("euros", "cents"),
    "HKD": ("HK dollars", "cents"),
}


def in_words(value: Decimal, currency: str) -> str:
    """One million one hundred and sixty thousand yuan; cents follow where there are any. Raises ValueError below zero,
    with parts of a cent, or from 10^15 on."""
    cents = value * 100
    if value < 0 or cents != cents.to_integral_value() or value >= Decimal(10) ** 15:
        raise ValueError(f"{value} cannot be written in words.")
    whole, part = divmod(int(cents), 100)
    unit, small = _UNITS.get(currency, (currency, "hundredths"))
    said = f"{_number(whole)} {unit}"
    if part:
        said += f" and {_number(part)} {small}"
    return said[0].upper() + said[1:]


def _number(number: int) -> str:
    for size, name in _SCALES:
        if number >= size:
            high, low = divmod(number, size)
            gap = " and " if 0 < low < 100 else " " if low else ""
            return f"{_number(high)} {name}{gap}{_number(low) if low else ''}"
    if number >= 100:
        high, low = divmod(number, 100)
        return f"{_SMALL[high]} hundred" + (f" and {_number(low)}" if low else "")
    if number >= 20:
        high, low = divmod(number, 10)
        return _TENS[high] + (f"-{_SMALL[low]}" if low else "")
    return _SMALL[number]
