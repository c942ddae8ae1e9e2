"""How figures, money, dates and spans are written, in Chinese and in English.

Pure: no database, no request, no translation catalogue. Every function takes the language ("zh-hans" or "en") and
returns plain text, so pages, mails, exports and charts all write a figure the same way: 万 and 亿 for reading with at
most two decimals and none forced, the exact figure beside it, U+2212 before a negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\u2212"
EN_DASH = "\u2013"
NOTHING = "\u2014"

#: What a unit of the currency is called in Chinese; any other currency keeps its ISO 4217 code.
_ZH_UNITS = {"CNY": "元", "USD": "美元", "EUR": "欧元", "HKD": "港元", "GBP": "英镑", "JPY": "日元", "KRW": "韩元"}
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZH_WEEKDAYS = "一二三四五六日"
_ZH_DIGITS = "〇一二三四五六七八九"
_EN_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZH_SCALES = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"), (Decimal(1), ""))
_EN_SCALES = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"), (Decimal(1), ""))
_HUNDREDTH = Decimal("0.01")
#: Mean length of a year in the Gregorian calendar, in days.
_YEAR = Decimal("365.2425")


def is_chinese(lang: str) -> bool:
    """Whether the language code names Chinese in any script or region."""
    return lang.lower().startswith("zh")


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def signed(text: str) -> str:
    """The same figure with a true minus sign; "-0", "-0.00" lose theirs."""
    if not text.startswith("-"):
        return text
    body = text[1:]
    return MINUS + body if body.strip("0.,") else body


def number(value: int | Decimal, places: int | None = None) -> str:
    """Thousands in groups of three; `places` fixes the decimals, otherwise they stay as given."""
    if places is not None:
        value = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return signed(f"{value:,}" if isinstance(value, int) else f"{value:,f}")


def trimmed(value: Decimal, places: int = 2) -> str:
    """At most `places` decimals, none forced: 480, 3.18, 1,085.4."""
    text = f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,f}"
    return signed(text.rstrip("0").rstrip(".") if "." in text else text)


def percent(value: Decimal, places: int = 2) -> str:
    """A percentage already in hundredths: Decimal("3.85") gives 3.85%. No space before the sign in either language."""
    return f"{trimmed(value, places)}%"


def basis_points(value: int) -> str:
    """Hundredths of a percent as a percentage: 385 gives 3.85%."""
    return percent(Decimal(value) / 100)


def file_size(size: int) -> str:
    """Bytes as B, KB, MB or GB of 1,024, with one decimal from MB on."""
    if size < 1024:
        return f"{size} B"
    if size < 1024**2:
        return f"{round(size / 1024)} KB"
    unit, name = (1024**2, "MB") if size < 1024**3 else (1024**3, "GB")
    return f"{trimmed(Decimal(size) / unit, 1)} {name}"


def number_range(low: int | Decimal, high: int | Decimal) -> str:
    """10–15, with a thin dash and no spaces, in both languages."""
    return f"{number(low)}{EN_DASH}{number(high)}"


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def money_parts(amount: Decimal, currency: str, lang: str) -> tuple[str, str]:
    """The reading figure and its unit apart, for pages that set the unit smaller: ("480", "万元"), ("CNY 4.8", "m")."""
    # a figure that rounds up to the next scale is written in that scale: 99,999,999 is 1 亿元, never 10,000 万元
    scales = _ZH_SCALES if is_chinese(lang) else _EN_SCALES
    scale, name = next((one for one in scales if _rounded(abs(amount) / one[0]) >= 1), scales[-1])
    figure = trimmed(amount / scale)
    if is_chinese(lang):
        unit = _ZH_UNITS.get(currency)
        return figure, f"{name}{unit}" if unit else f"{name} {currency}".strip()
    return f"{currency} {figure}", name


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def money_reading(amount: Decimal, currency: str, lang: str) -> str:
    """The amount as it is read, never as it is booked: 480 万元, 3.18 亿元, CNY 4.8 m, CNY 360 k."""
    figure, unit = money_parts(amount, currency, lang)
    return f"{figure} {unit}" if unit else figure


def money_figure(amount: Decimal) -> str:
    """The bare exact figure for a column whose head carries the unit: 4,800,000.00."""
    return number(amount, 2)


def money_exact(amount: Decimal, currency: str, lang: str) -> str:
    """The amount to the cent with its unit: 4,800,000.00 元, CNY 4,800,000.00."""
    figure = money_figure(amount)
    if not is_chinese(lang):
        return f"{currency} {figure}"
    return f"{figure} {_ZH_UNITS.get(currency, currency)}"


def money_exact_range(low: Decimal, high: Decimal, currency: str, lang: str) -> str:
    """Both bounds to the cent, the currency once: 400,000.00–700,000.00 元, CNY 400,000.00–700,000.00."""
    if low == high:
        return money_exact(low, currency, lang)
    figures = f"{money_figure(low)}{EN_DASH}{money_figure(high)}"
    return f"{figures}\u00a0{_ZH_UNITS.get(currency, currency)}" if is_chinese(lang) else f"{currency} {figures}"


def money_range(low: Decimal | None, high: Decimal | None, currency: str, lang: str) -> str:
    """A price band for reading: 30–600 万元 when both share a scale, else both in full; one side may be open.

    Raises ValueError when both sides are missing: a band without bounds says nothing.
    """
    if low is None:
        if high is None:
            raise ValueError("a band needs at least one bound")
        known = money_reading(high, currency, lang)
        return f"{known}以下" if is_chinese(lang) else f"up to {known}"
    if high is None:
        known = money_reading(low, currency, lang)
        return f"{known}以上" if is_chinese(lang) else f"from {known}"
    (low_figure, low_unit), (high_figure, high_unit) = (money_parts(one, currency, lang) for one in (low, high))
    if low_unit != high_unit:
        return f"{money_reading(low, currency, lang)} {EN_DASH} {money_reading(high, currency, lang)}"
    bare_high = high_figure.removeprefix(f"{currency} ")
    return f"{low_figure}{EN_DASH}{bare_high} {low_unit}".rstrip()


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def day(value: date, lang: str) -> str:
    """2026-11-23, or 23 Nov 2026."""
    if is_chinese(lang):
        return value.strftime("%Y-%m-%d")  # a lazy date has no format of its own
    return f"{value.day} {_EN_MONTHS[value.month - 1]} {value.year}"


def day_short(value: date, lang: str, today: date) -> str:
    """Without the year when it is this year's: 11-23, 23 Nov."""
    if value.year != today.year:
        return day(value, lang)
    return f"{value:%m-%d}" if is_chinese(lang) else f"{value.day} {_EN_MONTHS[value.month - 1]}"


def moment(value: datetime, lang: str, today: date | None = None) -> str:
    """Day and minute in the value's own zone: 2026-11-20 15:42; without the year when `today` is in the same one."""
    written = day(value.date(), lang) if today is None else day_short(value.date(), lang, today)
    return f"{written} {value:%H:%M}" if is_chinese(lang) else f"{written}, {value:%H:%M}"


def weekday(value: date, lang: str) -> str:
    """星期一, Monday."""
    return f"星期{_ZH_WEEKDAYS[value.weekday()]}" if is_chinese(lang) else _EN_WEEKDAYS[value.weekday()]


def day_range(start: date, end: date, lang: str) -> str:
    """2026-11-23 至 2026-12-02; 23 Nov – 2 Dec 2026, the year once when both share it."""
    if is_chinese(lang):
        return f"{day(start, lang)} 至 {day(end, lang)}"
    first = day_short(start, lang, end) if start.year == end.year else day(start, lang)
    return f"{first} {EN_DASH} {day(end, lang)}"


def working_days_left(days: int, lang: str) -> str:
    """A deadline in working days; zero is today, a negative count is late by that many."""
    if is_chinese(lang):
        if days == 0:
            return "今日到期"
        return f"余 {days} 个工作日" if days > 0 else f"超时 {-days} 个工作日"
    if days == 0:
        return "due today"
    plural = "" if abs(days) == 1 else "s"
    return f"{days} working day{plural} left" if days > 0 else f"{-days} working day{plural} late"


def years_between(start: date, end: date) -> Decimal:
    """The span in years of 365.2425 days to one decimal, half up; negative when `end` is the earlier."""
    return (Decimal((end - start).days) / _YEAR).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def years_left(until: date, lang: str, today: date) -> str:
    """剩余 12.6 年, 12.6 years left. Past days say so: 已届满, expired. The last day itself still counts as left."""
    if until < today:
        return "已届满" if is_chinese(lang) else "expired"
    years = number(years_between(today, until), 1)
    return f"剩余 {years} 年" if is_chinese(lang) else f"{years} years left"


# ── places in a list ─────────────────────────────────────────────────────────────────────────────────────────────────
def page_links(current: int, last: int, around: int = 1) -> Iterator[int | None]:
    """The page numbers to offer, None for a gap: 1 … 4 5 6 … 500. A gap of one page is that page."""
    wanted = {1, last, *range(max(1, current - around), min(last, current + around) + 1)}
    before = 0
    for page in sorted(wanted):
        if page - before == 2:
            yield before + 1
        elif page - before > 2:
            yield None
        yield page
        before = page


def chinese_numeral(value: int) -> str:
    """A whole number from 1 to 9,999 in Chinese signs, as articles of law are counted: 一百零三, 四百三十六."""
    if not 0 < value < 10_000:
        raise ValueError(f"{value} is not written in Chinese signs here.")
    text, is_gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            text += ("零" if is_gap and text else "") + _ZH_DIGITS[digit] + sign
        is_gap = not digit
    return text.removeprefix("一") if text.startswith("一十") else text


def head_and_tail(digest: str, keep: int = 4) -> str:
    """A hash for reading: its first and last characters, 9f3a…c21e. Short ones stay whole."""
    return digest if len(digest) <= 2 * keep + 1 else f"{digest[:keep]}…{digest[-keep:]}"
