"""Days, amounts and lists as contracts write them in either language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from listings.deals.contracts.particulars import Place, Side
from marketplace.signing.paper import Language

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
MONTHS: tuple[str, ...] = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
CURRENCIES = {"CNY": "人民币", "USD": "美元", "EUR": "欧元", "HKD": "港币"}


def day(value: date | None, language: Language) -> str:
    """2026年11月23日, 23 November 2026; a dash where there is none."""
    if value is None:
        return "—"
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def amount(value: Decimal, currency: str, language: Language) -> str:
    """人民币 4,800,000.00 元（大写：肆佰捌拾万元整）, CNY 4,800,000.00."""
    figures = f"{value:,.2f}"
    if language == "en":
        return f"{currency} {figures}"
    if currency == "CNY":
        return f"人民币 {figures} 元（大写：{in_capitals(value)}）"
    return f"{CURRENCIES.get(currency, '')} {currency} {figures}".strip()


def figures(value: Decimal) -> str:
    return f"{value:,.2f}"


def percent(value: Decimal) -> str:
    """5%, 3.25%: no zeros behind."""
    return f"{value.normalize():f}%"


def in_capitals(value: Decimal) -> str:
    """An amount of yuan in the numerals that cannot be altered: 肆佰捌拾万元整, 壹仟零伍元叁角整, 陆分.

    Raises ValueError for a negative amount, parts of a cent, or 10^16 and more.
    """
    cents = value * 100
    if value < 0 or cents != cents.to_integral_value() or value >= Decimal(10) ** 16:
        raise ValueError(f"{value} cannot be written in capitals.")
    yuan, cent = divmod(int(cents), 100)
    jiao, fen = divmod(cent, 10)
    words = f"{_whole(yuan)}元" if yuan else ""
    if not jiao and not fen:
        return f"{words or '零元'}整"
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return words + (f"{DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    for size, word in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _whole(high) + word + gap + (_whole(low) if low else "")
    return _group(number)


def _group(group: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return words


def name(side: Side, language: Language) -> str:
    first, second = (side.name_zh, side.name_en) if language == "zh" else (side.name_en, side.name_zh)
    return first or second


def address(side: Side, language: Language) -> str:
    first, second = (side.address_zh, side.address_en) if language == "zh" else (side.address_en, side.address_zh)
    return first or second or "—"


def listed(words: Iterable[str], language: Language) -> str:
    """甲、乙、丙; A, B, C."""
    return ("、" if language == "zh" else ", ").join(words)


def places(found: Iterable[Place], language: Language) -> str:
    return listed((one.zh or one.en if language == "zh" else one.en or one.zh for one in found), language)
