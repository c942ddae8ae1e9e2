"""Template filters and tags of the market: money, dates, badges, seals, icons, charts.

Built into every template (settings.TEMPLATES), so pages need no {% load %}. Filters write in the active language. What
they return is safe HTML only where they add an element; everything given to them is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.core import charts, clock, formats, rows
from marketplace.core.countries import country_word
from marketplace.core.marks import ICONS, SEALS, shape
from marketplace.core.money import Money
from marketplace.core.rows import FacetOption, ResultRow

register = template.Library()


def _lang() -> str:
    return get_language() or "zh-hans"


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _money(value: Money | Decimal | int, currency: str = "CNY") -> tuple[Decimal, str]:
    if isinstance(value, Money):
        return value.amount, value.currency
    return Decimal(value), currency


@register.filter
def money(value: Money | Decimal | int | None, currency: str = "CNY") -> str:
    """The reading figure, carrying the exact one: <data value="4800000.00" title="4,800,000.00 元">480 万元</data>."""
    if value is None or value == "":
        return formats.NOTHING
    amount, unit = _money(value, currency)
    return format_html(
        '<data class="num" value="{}" title="{}">{}</data>',
        f"{amount:.2f}",
        formats.money_exact(amount, unit, _lang()),
        formats.money_reading(amount, unit, _lang()),
    )


@register.filter
def money_large(value: Money | Decimal | int | None, currency: str = "CNY") -> str:
    """The reading figure with its unit in a span of its own, for prices set large."""
    if value is None or value == "":
        return formats.NOTHING
    amount, code = _money(value, currency)
    figure, unit = formats.money_parts(amount, code, _lang())
    small = format_html('<span class="unit">{}</span>', unit) if unit else ""
    return format_html('<data value="{}">{}{}</data>', f"{amount:.2f}", figure, small)


@register.filter
def money_exact(value: Money | Decimal | int | None, currency: str = "CNY") -> str:
    """To the cent with its unit: 4,800,000.00 元."""
    if value is None or value == "":
        return formats.NOTHING
    amount, unit = _money(value, currency)
    return format_html('<span class="num">{}</span>', formats.money_exact(amount, unit, _lang()))


@register.filter
def money_figure(value: Money | Decimal | int | None) -> str:
    """The bare exact figure, for columns whose head names the unit."""
    return formats.NOTHING if value is None or value == "" else formats.money_figure(_money(value)[0])


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@register.filter
def number(value: int | Decimal | None, places: int | None = None) -> str:
    """1,206; with an argument that many decimals."""
    return formats.NOTHING if value is None or value == "" else formats.number(value, places)


@register.filter
def percent(value: Decimal | None, places: int = 2) -> str:
    """Hundredths already: 3.85 gives 3.85%."""
    return formats.NOTHING if value is None else formats.percent(Decimal(value), places)


@register.filter
def file_size(value: int | None) -> str:
    """412 KB."""
    return formats.NOTHING if value is None else formats.file_size(value)


@register.filter
def digest(value: str) -> SafeString:
    """A hash, head and tail shown, whole in the attribute that the copy script reads."""
    return format_html('<span class="hash" data-hash="{}">{}</span>', value, formats.head_and_tail(value))


@register.filter
def num(value: object) -> SafeString:
    """Codes and figures that must not wrap or gain spaces: patent numbers, IPC classes, phone numbers."""
    return format_html('<span class="num">{}</span>', value)


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _date(value: date | datetime) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


@register.filter
def day(value: date | datetime | None) -> str:
    """<time>2026-11-23</time>; a dash when there is none."""
    if not value:
        return formats.NOTHING
    on = _date(value)
    return format_html('<time class="num" datetime="{}">{}</time>', on.isoformat(), formats.day(on, _lang()))


@register.filter
def day_short(value: date | datetime | None) -> str:
    """Without the year when it is this year's."""
    if not value:
        return formats.NOTHING
    on = _date(value)
    written = formats.day_short(on, _lang(), clock.today())
    return format_html('<time class="num" datetime="{}">{}</time>', on.isoformat(), written)


@register.filter
def moment(value: datetime | None) -> str:
    """Day and minute, in the market's time zone."""
    if not value:
        return formats.NOTHING
    at = _local(value)
    return format_html(
        '<time class="num" datetime="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        formats.moment(at, _lang(), clock.today()),
    )


@register.filter
def last_day(due: date | datetime | None) -> date | None:
    """The last day that keeps a deadline, for `day` to write: a moment at midnight names the day before."""
    return clock.last_day(due) if due else None


@register.filter
def weekday(value: date) -> str:
    """星期一, Monday."""
    return formats.weekday(value, _lang())


@register.filter
def working_days(value: int) -> str:
    """余 7 个工作日, 7 working days left, due today, 2 working days late."""
    return formats.working_days_left(value, _lang())


@register.filter
def years_left(value: date | None) -> str:
    """剩余 12.6 年, counted from today."""
    return formats.NOTHING if not value else formats.years_left(value, _lang(), clock.today())


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@register.filter
def country(code: str) -> str:
    """A country by its two letters, in words."""
    return country_word(code)


@register.filter
def wbr(segments: Iterable[str]) -> SafeString:
    """Title segments joined by <wbr>, so that a line never breaks inside a word the tokenizer knows."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((one,) for one in segments))


@register.simple_tag(takes_context=True)
def foreign(context: template.Context, text: str, lang: str) -> str:
    """Text in another language than the page's, marked with its lang; plain when it is the same."""
    if lang.split("-")[0] == _lang().split("-")[0]:
        return conditional_escape(text)
    return format_html('<span lang="{}">{}</span>', "zh-CN" if lang.startswith("zh") else lang, text)


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def badge(state: str, label: object = "", box: bool = False) -> SafeString:
    """A state badge: go, now, off, wait, pledge, hold, stop, ended, or k-1 … k-5. Shape and colour need the word."""
    return format_html('<span class="st {}{}">{}{}</span>', state, " box" if box else "", shape(state), label)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A 16 px line icon, hidden from readers: the control it stands in carries the word."""
    path = ICONS[name]
    return format_html(
        '<svg class="ic{}" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', f" {css}" if css else "", path
    )


@register.simple_tag
def seal(kind: str, label: object, href: str = "", awaited: bool = False) -> SafeString:
    """Verified, signed, sealed, registered or recorded by somebody with authority; `awaited` draws it dashed."""
    body = format_html('<b lang="zh-CN" aria-hidden="true">{}</b>{}', SEALS[kind], label)
    css = "seal open" if awaited else "seal"
    if href:
        return format_html('<a class="{}" href="{}">{}</a>', css, href, body)
    return format_html('<span class="{}">{}</span>', css, body)


@register.simple_tag
def sample() -> SafeString:
    """The mark of a record that stands for nobody real."""
    return format_html('<span class="sample">{}</span>', _("sample"))


# ── charts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def term_bar(start: date | None, end: date | None) -> str:
    """The part of a right's life that has run, as a thin bar; nothing when a date is missing."""
    if not start or not end or end <= start:
        return ""
    return mark_safe(charts.term_bar((clock.today() - start).days, (end - start).days))  # noqa: S308 - figures only


@register.simple_tag
def histogram(counts: Iterable[int], label: str, low: int | None = None, high: int | None = None) -> SafeString:
    """Counts by band above a range filter; bands from `low` to `high` are the chosen ones."""
    chosen = None if low is None or high is None else (low, high)
    return mark_safe(charts.histogram(list(counts), label=label, chosen=chosen))  # noqa: S308 - label escaped there


@register.simple_tag
def columns(values: Iterable[int | Decimal], label: str) -> SafeString:
    """One column a period, the last one running."""
    return mark_safe(charts.columns(list(values), label=label))  # noqa: S308 - label escaped there


@register.filter
def drawn(svg: str) -> SafeString:
    """An SVG text made by marketplace.core.charts, which escapes its words. Never give it anything else."""
    if not svg.startswith("<svg "):
        raise ValueError("drawn takes a chart made by marketplace.core.charts")
    return mark_safe(svg)  # noqa: S308 - see above


# ── lists and forms ──────────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def page_links(current: int, last: int) -> Iterator[int | None]:
    """Page numbers to offer, None for a gap: 1 … 4 5 6 … 500."""
    return formats.page_links(current, last)


@register.simple_tag
def result_rows(found: Iterable[ResultRow], pickable: bool = False) -> SafeString:
    """The rows of a list page."""
    return rows.result_rows(found, pickable=pickable)


@register.simple_tag
def facet_options(name: str, options: Iterable[FacetOption], single: bool = False) -> SafeString:
    """The options of one filter group."""
    return rows.facet_options(name, options, single=single)


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    """mapping[key] for a key held in a variable; None when missing."""
    return mapping.get(key)


@register.filter
def control(field: BoundField) -> str:
    """What kind of control a form field is: tick, choices, file or line. Decides how its label stands."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    if field.use_fieldset:
        return "choices"
    return {"checkbox": "tick", "file": "file"}.get(str(kind), "line")


@register.filter
def json_ld(data: Mapping[str, Any]) -> SafeString:
    """Structured data for a data block: JSON that cannot close the element around it."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    for sign, code in (("&", "\\u0026"), ("<", "\\u003C"), (">", "\\u003E")):
        text = text.replace(sign, code)
    return mark_safe(text)  # noqa: S308 - the three signs that could end the block are gone
