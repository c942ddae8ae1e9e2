"""Result rows and filter options, written directly as HTML.

They are the hot loops of every list page (twenty rows, sixty options), and a template engine spends ten times what it
costs to join strings here. Everything given is escaped, unless it is marked safe already (highlighted titles, prices).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.core import charts, clock, formats
from marketplace.core.marks import shape


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One hit of a list. `title`, `why`, `price` and `exact` may be safe HTML; everything else is plain text.

    `numbers` stands under the title, the first of them is the number shown in the tray; `rights` is pairs of state and
    words; `starts_on` and `expires_on` draw the term bar.
    """

    pk: int | str
    url: str
    title: str
    plain_title: str
    numbers: Sequence[str] = ()
    owner: str = ""
    is_sample: bool = False
    why: str = ""
    starts_on: date | None = None
    expires_on: date | None = None
    rights: Sequence[tuple[str, str]] = ()
    mode: str = ""
    price: str = ""
    exact: str = ""
    is_picked: bool = False


@dataclass(frozen=True, slots=True)
class FacetOption:
    """One value of a filter with what choosing it would find; `depth` indents a tree."""

    value: str
    label: str
    count: int
    is_chosen: bool = False
    depth: int = 0


def result_rows(rows: Iterable[ResultRow], *, pickable: bool) -> SafeString:
    """All rows of a page; with `pickable` each has a tick that belongs to the form of the tray."""
    lang, today = get_language() or "zh-hans", clock.today()
    compare = escape(_("Compare %(title)s"))
    until = escape(_("%(left)s, until %(last)s"))
    sample = f'<span class="sample">{escape(_("sample"))}</span>'
    out = []
    for row in rows:
        plain = escape(row.plain_title)
        tick = ""
        if pickable:
            tick = (
                f'<input type="checkbox" form="tray" name="pick" value="{escape(row.pk)}"'
                f' aria-label="{compare % {"title": plain}}"{" checked" if row.is_picked else ""}'
                f' data-title="{plain}" data-number="{escape(row.numbers[0]) if row.numbers else ""}">'
            )
        facts = "".join(f"<span>{conditional_escape(one)}</span>" for one in row.numbers)
        if row.owner:
            facts += f"<span>{conditional_escape(row.owner)}{sample if row.is_sample else ''}</span>"
        why = f'<p class="why">{conditional_escape(row.why)}</p>' if row.why else ""
        price = f'<span class="tag">{conditional_escape(row.mode)}</span>' if row.mode else ""
        if row.price:
            price += f"<b>{conditional_escape(row.price)}</b>"
        if row.exact:
            price += f'<span class="exact">{conditional_escape(row.exact)}</span>'
        out.append(
            f'<article class="res{"" if pickable else " plain"}">{tick}'
            f'<div><h3><a href="{escape(row.url)}">{conditional_escape(row.title)}</a></h3>'
            f'<p class="no">{facts}</p>{why}</div>'
            f'<div class="rt">{_term(row, lang, today, until)}'
            f"{_rights(row)}"
            f'</div><div class="price">{price}</div></article>'
        )
    return mark_safe("\n".join(out))  # noqa: S308 - every part is escaped above


def _rights(row: ResultRow) -> str:
    return "".join(
        f'<span class="st {escape(state)}">{shape(state)}{conditional_escape(words)}</span>'
        for state, words in row.rights
    )


def _term(row: ResultRow, lang: str, today: date, until: str) -> str:
    if not row.expires_on:
        return ""
    left = formats.years_left(row.expires_on, lang, today)
    iso = row.expires_on.isoformat()
    last = f'<time class="num" datetime="{iso}">{formats.day(row.expires_on, lang)}</time>'
    bar = ""
    if row.starts_on and row.starts_on < row.expires_on:
        bar = charts.term_bar((today - row.starts_on).days, (row.expires_on - row.starts_on).days)
    return f"<span>{until % {'left': left, 'last': last}}</span>{bar}"


def facet_options(name: str, options: Iterable[FacetOption], *, single: bool = False) -> SafeString:
    """Options of one filter group. A value that finds nothing is disabled, not hidden; a chosen one never is."""
    kind, field = ("radio" if single else "checkbox"), escape(name)
    out = []
    for option in options:
        is_dead = not option.count and not option.is_chosen
        words = [f"d{option.depth}"] * bool(option.depth) + ["zero"] * is_dead
        css = f' class="{" ".join(words)}"' if words else ""
        state = " checked" if option.is_chosen else " disabled" if is_dead else ""
        out.append(
            f'<label{css}><input type="{kind}" name="{field}" value="{escape(option.value)}"{state}>'
            f"<span>{conditional_escape(option.label)}</span>"
            f'<span class="ct">{formats.number(option.count)}</span></label>'
        )
    return mark_safe("".join(out))  # noqa: S308 - every part is escaped above
