"""Distribution, tornado and radar as SVG text, made on the server; the page has the same figures in a table beside.

Like marketplace.core.charts: percent geometry along the page, colours by class, words escaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from math import cos, pi, sin

from marketplace.core.charts import Reading, pct

ROW = 58
#: Heights of the distribution's parts, in pixels: words above, the bins, words below.
HEAD, TALL, FOOT = 40, 96, 34


@dataclass(frozen=True, slots=True)
class Bins:
    """Draws counted in bins of one width from `low` to `high`; those beside them, and the five percentiles."""

    low: Decimal
    high: Decimal
    counts: Sequence[int]
    under: int
    over: int
    p5: Reading
    p25: Reading
    p50: Reading
    p75: Reading
    p95: Reading

    def css(self, middle: Decimal) -> str:
        """The ink of a bin: dark where half of all values lie, lighter to nine tenths of them, pale beyond."""
        if self.p25.value <= middle <= self.p75.value:
            return "b-core"
        return "b-band" if self.p5.value <= middle <= self.p95.value else "b-tail"


def distribution(bins: Bins, *, line: Reading, asked: Reading | None = None, label: str) -> str:
    """A histogram with P5, P50 and P95 marked below, the figure and the amount asked about as lines above.

    Empty where all values are one. A line that lies far beside the bins stands at the edge, its words say how much.
    """
    width = (bins.high - bins.low) / len(bins.counts) if bins.counts else Decimal(0)
    if width <= 0:
        return ""
    reach = bins.high - bins.low
    start, whole = bins.low - reach / 10, reach * 12 / 10
    top, foot = max(bins.counts), HEAD + TALL

    def x(value: Decimal) -> str:
        return pct(value - start, whole)

    out = []
    for at, count in enumerate(bins.counts):
        if count <= 0:
            continue
        first = bins.low + width * at
        tall = max(Decimal(1), round(Decimal(count) * TALL / top, 2))
        out.append(
            f'<rect class="{bins.css(first + width / 2)}" x="{x(first)}" width="{pct(width * 9 / 10, whole)}"'
            f' y="{foot - tall:f}" height="{tall:f}"/>'
        )
    out.append(f'<line class="g" x1="0" x2="100%" y1="{foot}" y2="{foot}"/>')
    for name, one, anchor in (("P5", bins.p5, "end"), ("P50", bins.p50, "middle"), ("P95", bins.p95, "start")):
        here = x(one.value)
        out.append(f'<line class="l-mark" x1="{here}" x2="{here}" y1="{foot}" y2="{foot + 5}"/>')
        out.append(f'<text class="t-x" x="{here}" y="{foot + 17}" text-anchor="{anchor}">{name}</text>')
        css = "t-b" if name == "P50" else ""
        out.append(f'<text class="{css}" x="{here}" y="{foot + 31}" text-anchor="{anchor}">{escape(one.text)}</text>')
    above = [(line, "ref", 12), *([(asked, "ask", 28)] if asked is not None else [])]
    for one, css, y in above:
        here, anchor = _held(one.value, one.value, one.value, x)
        out.append(f'<line class="l-{css}" x1="{here}" x2="{here}" y1="{y + 4}" y2="{foot}"/>')
        out.append(f'<text class="t-{css}" x="{here}" y="{y}" text-anchor="{anchor}">{escape(one.text)}</text>')
    return f'<svg class="svgw" height="{foot + FOOT}" role="img" aria-label="{escape(label)}">{"".join(out)}</svg>'


@dataclass(frozen=True, slots=True)
class Reach:
    """One input's swing as it is drawn: its name with its bounds, the two values, and both as they are written."""

    label: str
    low: Decimal
    high: Decimal
    low_text: str
    high_text: str


def tornado(rows: Sequence[Reach], *, base: Decimal, base_text: str, label: str) -> str:
    """Bars around the value as it is, widest first as the caller sorts them; both values stand in words under the bar,
    where they have room on a phone too. Empty without rows."""
    if not rows:
        return ""
    least = min(min(row.low, row.high, base) for row in rows)
    most = max(max(row.low, row.high, base) for row in rows)
    margin = (most - least) * Decimal("0.04") or Decimal(1)
    start, whole = least - margin, most - least + 2 * margin

    def x(value: Decimal) -> str:
        return pct(value - start, whole)

    out = []
    for at, row in enumerate(rows):
        y = at * ROW
        out.append(f'<text x="0" y="{y + 11}">{escape(row.label)}</text>')
        for value, css in ((row.low, "b-own"), (row.high, "b-lic")):
            first, last = min(value, base), max(value, base)
            out.append(
                f'<rect class="{css}" x="{x(first)}" width="{pct(last - first, whole)}" y="{y + 17}" height="14"/>'
            )
        ends = sorted(((row.low, row.low_text), (row.high, row.high_text)))
        here, anchor = _held((ends[0][0] + ends[1][0]) / 2, ends[0][0], ends[1][0], x)
        words = f"{ends[0][1]} – {ends[1][1]}"
        out.append(f'<text class="t-x" x="{here}" y="{y + 44}" text-anchor="{anchor}">{escape(words)}</text>')
    foot = len(rows) * ROW
    for at in range(len(rows)):  # the line of the value crosses the bars, not the words
        out.append(f'<line class="l-ref" x1="{x(base)}" x2="{x(base)}" y1="{at * ROW + 14}" y2="{at * ROW + 34}"/>')
    anchor = _held(base, base, base, x)[1]
    out.append(f'<text class="t-ref" x="{x(base)}" y="{foot + 12}" text-anchor="{anchor}">{escape(base_text)}</text>')
    return f'<svg class="svgw" height="{foot + 18}" role="img" aria-label="{escape(label)}">{"".join(out)}</svg>'


def _held(middle: Decimal, low: Decimal, high: Decimal, x: Callable[[Decimal], str]) -> tuple[str, str]:
    """Where words about the stretch from `low` to `high` stand and how they are anchored, so that they stay inside."""
    share = Decimal(x(middle).rstrip("%"))
    if share < 30:
        return x(low), "start"
    return (x(high), "end") if share > 70 else (x(middle), "middle")


@dataclass(frozen=True, slots=True)
class Spoke:
    """A named axis of a radar and how far out of a hundred it reaches; None is not scored."""

    label: str
    points: Decimal | None


def radar(spokes: Sequence[Spoke], *, label: str, size: int = 260) -> str:
    """Scores around a circle; rings at 25, 50, 75 and 100. What is not scored has no point: it is not nought, and its
    name is in italics. Empty with fewer than three axes."""
    if len(spokes) < 3:
        return ""
    middle, radius = size / 2, size / 2 - 46

    def place(at: int, share: float) -> tuple[str, str]:
        angle = 2 * pi * at / len(spokes) - pi / 2
        return f"{middle + cos(angle) * radius * share:.1f}", f"{middle + sin(angle) * radius * share:.1f}"

    rings = "".join(
        '<polygon class="ring" points="' + " ".join(",".join(place(at, share)) for at in range(len(spokes))) + '"/>'
        for share in (0.25, 0.5, 0.75, 1.0)
    )
    axes, words = [], []
    for at, spoke in enumerate(spokes):
        x, y = place(at, 1)
        axes.append(f'<line class="g" x1="{middle:.1f}" y1="{middle:.1f}" x2="{x}" y2="{y}"/>')
        tx, ty = place(at, 1.13)
        side = float(tx) - middle
        anchor = "middle" if abs(side) < 6 else "start" if side > 0 else "end"
        words.append(
            f'<text class="t-x{" t-pale" if spoke.points is None else ""}" x="{tx}" y="{float(ty) + 4:.1f}"'
            f' text-anchor="{anchor}">{escape(spoke.label)}</text>'
        )
    scored = [place(at, float(one.points) / 100) for at, one in enumerate(spokes) if one.points is not None]
    shape = " ".join(",".join(point) for point in scored)
    dots = "".join(f'<circle class="web-dot" cx="{x}" cy="{y}" r="2.5"/>' for x, y in scored)
    body = f'{rings}{"".join(axes)}<polygon class="web" points="{shape}"/>{dots}{"".join(words)}'
    return (
        f'<svg class="radar" viewBox="-100 0 {size + 200} {size}" role="img" aria-label="{escape(label)}">{body}</svg>'
    )
