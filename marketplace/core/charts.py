"""Small charts as SVG text, made on the server: labelled in place, without script or inline style.

Geometry along the page is in percent, so a chart takes the width of its section while its words keep their size.
Heights are in pixels. Colours come from classes (static/css/charts.css). Every chart either carries a label that says
what it shows, or is marked as decoration because the figures stand beside it. Words are escaped here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html import escape

Figure = int | Decimal


def pct(part: Figure, whole: Figure) -> str:
    """Share of the whole as a percentage with at most two decimals, held between 0 and 100; nothing of nothing is 0."""
    if not whole:
        return "0%"
    share = min(Decimal(100), max(Decimal(0), Decimal(part) * 100 / Decimal(whole)))
    return f"{round(share, 2).normalize():f}%"


def _svg(height: int, body: str, label: str = "", css: str = "svgw") -> str:
    role = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<svg class="{css}" height="{height}" {role}>{body}</svg>'


def term_bar(elapsed: Figure, whole: Figure, height: int = 6) -> str:
    """How much of a term has run. Decoration: the years left and the last day stand above it."""
    return (
        f'<svg height="{height}" aria-hidden="true"><rect class="b-soft" width="100%" height="{height}"/>'
        f'<rect class="b-own" width="{pct(elapsed, whole)}" height="{height}"/></svg>'
    )


def progress_bar(done: Figure, whole: Figure, label: str, height: int = 8) -> str:
    """Share done, read out by its label."""
    body = (
        f'<rect class="b-soft" width="100%" height="{height}"/>'
        f'<rect class="b-brand" width="{pct(done, whole)}" height="{height}"/>'
    )
    return _svg(height, body, label)


def columns(values: Sequence[Figure], *, label: str, height: int = 72, now: int | None = -1) -> str:
    """One column a period from zero; the column at index `now` (the running period) is in the strong ink."""
    if not values:
        return ""
    top = max(values)
    slot = Decimal(100) / len(values)
    strong = None if now is None else now % len(values)
    bars = []
    for at, value in enumerate(values):
        tall = round(Decimal(max(value, 0)) * height / Decimal(top), 2) if top > 0 else Decimal(0)
        css = "b-own" if at == strong else "b-band"
        bars.append(
            f'<rect class="{css}" x="{pct(slot * at, 100)}" width="{pct(slot * Decimal("0.86"), 100)}" '
            f'y="{height - tall:f}" height="{tall:f}"/>'
        )
    return _svg(height, "".join(bars), label)


def histogram(counts: Sequence[int], *, label: str, chosen: tuple[int, int] | None = None, height: int = 26) -> str:
    """Counts by band, for the head of a range filter; bands `chosen[0]` to `chosen[1]` (both included) are darker."""
    if not counts or max(counts) <= 0:
        return ""
    top = max(counts)
    slot = Decimal(100) / len(counts)
    bars = []
    for at, count in enumerate(counts):
        if count <= 0:
            continue
        tall = max(Decimal(1), round(Decimal(count) * height / top, 2))  # what exists is never drawn as nothing
        css = "b-core" if chosen and chosen[0] <= at <= chosen[1] else "b-band"
        bars.append(
            f'<rect class="{css}" x="{pct(slot * at, 100)}" width="{pct(slot * Decimal("0.88"), 100)}" '
            f'y="{height - tall:f}" height="{tall:f}"/>'
        )
    return _svg(height, "".join(bars), label, "svgw hist")


ONE_LINE = 38
"""Latin letters that fit side by side in the narrowest column that holds bars."""
NOTE_LINE = 15


@dataclass(frozen=True, slots=True)
class Bar:
    """A named share of a sum; `note` is what is written after the bar, usually the exact figure."""

    label: str
    value: Figure
    note: str = ""
    css: str = "b-own"


def bars(rows: Sequence[Bar], *, label: str, row_height: int = 26, whole: Figure | None = None) -> str:
    """Lying bars from a common zero, longest first as the caller sorts them; name above, note at the right edge.

    The full width is `whole`, or the largest value where none is given. Where a name and its note are too long for one
    line of a side column, the notes of all stand on a line of their own.
    """
    if not rows:
        return ""
    top = max(max(row.value for row in rows), 0) if whole is None else whole
    lower = NOTE_LINE if any(drawn_width(row.label) + drawn_width(row.note) > ONE_LINE for row in rows) else 0
    step = row_height + lower + 8
    out = []
    for at, row in enumerate(rows):
        y = at * step
        out.append(f'<text x="0" y="{y + 12}">{escape(row.label)}</text>')
        out.append(f'<text class="t-b" x="100%" y="{y + 12 + lower}" text-anchor="end">{escape(row.note)}</text>')
        y += 17 + lower
        out.append(f'<rect class="b-soft" width="100%" y="{y}" height="8"/>')
        out.append(f'<rect class="{escape(row.css)}" width="{pct(max(row.value, 0), top)}" y="{y}" height="8"/>')
    return _svg(len(rows) * step - 8, "".join(out), label)


def drawn_width(text: str) -> int:
    """How wide a text is drawn, in widths of a Latin letter: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of calendar from `start` to `end`, both shown; gives places along it as percentages."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a span needs a later end")

    def at(self, when: date) -> str:
        """Where the day lies, held inside the span."""
        return pct((when - self.start).days, (self.end - self.start).days)

    def width(self, start: date, end: date) -> str:
        """How wide the part of start … end inside the span is."""
        first, last = max(start, self.start), min(end, self.end)
        return pct(max((last - first).days, 0), (self.end - self.start).days)

    def holds(self, when: date) -> bool:
        return self.start <= when <= self.end

    def years(self) -> list[int]:
        """First days of years inside the span, thinned to at most about ten labels."""
        first = self.start.year if self.start == date(self.start.year, 1, 1) else self.start.year + 1
        every = next((step for step in (1, 2, 5, 10) if (self.end.year - first) / step <= 11), 20)
        return [year for year in range(first, self.end.year + 1) if year % every == 0]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One right over time. `kind` is own, lic, pledge or freeze; planned ones are dashed, freezes hatched."""

    kind: str
    start: date
    end: date
    inside: str = ""
    after: str = ""
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the rights bar: its name, the same in words (read on phones and by readers), and its stretches."""

    label: str
    words: str
    stretches: Sequence[Stretch] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class DrawnLane:
    label: str
    words: str
    svg: str


@dataclass(frozen=True, slots=True)
class RightsBar:
    """What the rights-bar component lays out: an axis and one drawing a lane."""

    axis: str
    lanes: list[DrawnLane]


def rights_bar(lanes: Sequence[Lane], *, span: Span, today: date, today_label: str, name: str) -> RightsBar:
    """Ownership, licence, pledge and freeze over the years, with the line of today.

    `name` must be unique on the page: the hatching of freezes is referred to by it.
    """
    years = span.years()
    here = span.at(today) if span.holds(today) else ""
    near = {
        year for year in years if here and abs((date(year, 1, 1) - today).days) < (span.end - span.start).days // 14
    }
    ticks = "".join(_tick(span, y, "13", "20", "16", minor=at % 2 == 1, bare=y in near) for at, y in enumerate(years))
    mark = f'<text class="today-t" x="{here}" y="12" text-anchor="middle">{escape(today_label)}</text>' if here else ""
    grid = "".join(
        f'<line class="g2" x1="{span.at(date(y, 1, 1))}" x2="{span.at(date(y, 1, 1))}" y1="-2" y2="30"/>' for y in years
    )
    line = f'<line class="today" x1="{here}" x2="{here}" y1="-2" y2="30"/>' if here else ""
    drawn = [
        DrawnLane(
            lane.label,
            lane.words,
            f'<svg height="28" aria-hidden="true">{grid}'
            + "".join(_stretch(one, span, f"{name}-{row}-{at}") for at, one in enumerate(lane.stretches))
            + f"{line}</svg>",
        )
        for row, lane in enumerate(lanes)
    ]
    return RightsBar(f'<svg height="20" aria-hidden="true">{ticks}{mark}</svg>', drawn)


def _tick(span: Span, year: int, top: str, foot: str, base: str, *, minor: bool, bare: bool = False) -> str:
    """The mark of a year and, unless `bare` or too near the right edge to be whole, its number."""
    x = span.at(date(year, 1, 1))
    line = f'<line class="g" x1="{x}" x2="{x}" y1="{top}" y2="{foot}"/>'
    if bare or Decimal(x.rstrip("%")) > 95:
        return line
    return f'{line}<text class="t-x{" minor" if minor else ""}" x="{x}" dx="3" y="{base}">{year}</text>'


def _stretch(one: Stretch, span: Span, name: str) -> str:
    x, width = span.at(one.start), span.width(one.start, one.end)
    kind = escape(one.kind)
    if one.planned:
        shape, word = f'<rect class="b-plan {kind}" x="1" y="1" height="20" width="99%"/>', "bp"
    else:
        shape, word = f'<rect class="b-{kind}" height="22" width="100%"/>', "bt"
    if one.kind == "freeze" and not one.planned:
        shape = (
            f'<defs><pattern id="{escape(name)}" width="8" height="8" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)">'
            f'<line class="hatch" x1="1" y1="0" x2="1" y2="8"/></pattern></defs>{shape}'
            f'<rect fill="url(#{escape(name)})" height="22" width="100%"/>'
        )
    # a name is written inside only where the stretch is wide enough to hold it at desktop width (about 7 px a letter)
    share = Decimal(width.rstrip("%"))
    room = share * 7 >= sum(12 if ord(c) > 0x2E80 else 7 for c in one.inside) + 12
    inside = f'<text class="{word}" x="6" y="15">{escape(one.inside)}</text>' if one.inside and room else ""
    box = f'<svg x="{x}" y="3" width="{width}" height="22">{shape}{inside}</svg>'
    tail = one.after if room or not one.inside else f"{one.inside} {one.after}".strip()
    if not tail:
        return box
    end = span.at(min(one.end, span.end))
    late = Decimal(end.rstrip("%")) > 80
    css = ("bp" if one.planned else "bt") if late else "t-x"
    anchor = 'text-anchor="end" dx="-8"' if late else 'dx="7"'
    return f'{box}<text class="{css} end-t" x="{end}" y="18" {anchor}>{escape(tail)}</text>'


@dataclass(frozen=True, slots=True)
class Mark:
    """One event on a timeline; `css` is the state it left behind (go, wait, stop, hold, pledge, now, off, ended)."""

    on: date
    css: str
    title: str


def timeline(marks: Sequence[Mark], *, span: Span, today: date, label: str, height: int = 34) -> str:
    """Events along the years with the line of today. The list of events in words stands beside it."""
    out = ['<line class="g" x1="0" x2="100%" y1="10" y2="10"/>']
    out += [_tick(span, year, "6", "20", "30", minor=at % 2 == 1) for at, year in enumerate(span.years())]
    if span.holds(today):
        out.append(f'<line class="today" x1="{span.at(today)}" x2="{span.at(today)}" y1="0" y2="22"/>')
    out += [
        f'<circle class="mk {escape(mark.css)}" cx="{span.at(mark.on)}" cy="10" r="5">'
        f"<title>{escape(mark.title)}</title></circle>"
        for mark in sorted(marks, key=lambda one: one.on)
        if span.holds(mark.on)
    ]
    return _svg(height, "".join(out), label)


# ── value ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Reading:
    """A value and how it is written."""

    value: Decimal
    text: str


def value_range(
    p5: Reading, p25: Reading, p50: Reading, p75: Reading, p95: Reading, *, line: Reading | None = None, label: str
) -> str:
    """Five percentiles on an axis taken from the data, a price or loan line above. Raises ValueError out of order."""
    five = (p5.value, p25.value, p50.value, p75.value, p95.value)
    if list(five) != sorted(five):
        raise ValueError("percentiles must not decrease")
    low, high = min(five[0], line.value if line else five[0]), max(five[4], line.value if line else five[4])
    margin = (high - low) * Decimal("0.25") or Decimal(1)
    low, whole = low - margin, (high - low) + 2 * margin

    def x(value: Decimal) -> str:
        return pct(value - low, whole)

    parts = [
        '<line class="g" x1="0" x2="100%" y1="52" y2="52"/>',
        f'<rect class="b-band" x="{x(p5.value)}" y="40" width="{pct(p95.value - p5.value, whole)}" height="24"/>',
        f'<rect class="b-core" x="{x(p25.value)}" y="40" width="{pct(p75.value - p25.value, whole)}" height="24"/>',
        f'<rect class="b-ink" x="{x(p50.value)}" y="36" width="2" height="32"/>',
    ]
    for name, point, anchor, css in (("P5", p5, "end", ""), ("P50", p50, "middle", "t-b"), ("P95", p95, "start", "")):
        parts.append(f'<text class="t-x" x="{x(point.value)}" y="80" text-anchor="{anchor}">{name}</text>')
        parts.append(
            f'<text class="{css}" x="{x(point.value)}" y="94" text-anchor="{anchor}">{escape(point.text)}</text>'
        )
    if line:
        parts.append(f'<line class="l-ref" x1="{x(line.value)}" x2="{x(line.value)}" y1="20" y2="68"/>')
        parts.append(f'<text class="t-ref" x="{x(line.value)}" y="14" text-anchor="middle">{escape(line.text)}</text>')
    return _svg(98, "".join(parts), label)


def gauge(share: Decimal, text: str, marks: Sequence[tuple[Decimal, str, str]], *, label: str) -> str:
    """A share in per cent on a bar whose stretches end at `marks` (at, its figure, its name), rising; over the last is
    the worst. The bar ends at a quarter beyond the last mark, or at the share where that is more."""
    ends = [at for at, _figure, _name in marks]
    if ends != sorted(ends) or not ends:
        raise ValueError("marks must rise")
    whole = max(ends[-1] * Decimal("1.25"), share * Decimal("1.05"), Decimal(1))
    parts, start = [], Decimal(0)
    for css, end in zip(("g-1", "g-2", "g-4"), [*ends, whole], strict=False):
        x, width = pct(start, whole), pct(end - start, whole)
        parts.append(f'<rect class="{css}" x="{x}" width="{width}" y="30" height="10"/>')
        start = end
    for place, (at, figure, name) in enumerate(marks):
        top = 56 + 28 * place  # names of marks that lie close do not run into each other
        parts.append(f'<line class="g" x1="{pct(at, whole)}" x2="{pct(at, whole)}" y1="30" y2="{top - 11}"/>')
        words = f"{escape(name)} {escape(figure)}"
        parts.append(f'<text class="t-x" x="{pct(at, whole)}" y="{top}" text-anchor="end">{words}</text>')
    parts.append(f'<line class="l-ink" x1="{pct(share, whole)}" x2="{pct(share, whole)}" y1="20" y2="46"/>')
    anchor = "end" if share * 2 > whole else "start"
    parts.append(f'<text class="t-b" x="{pct(share, whole)}" y="14" text-anchor="{anchor}">{escape(text)}</text>')
    return _svg(34 + 28 * len(marks), "".join(parts), label)
