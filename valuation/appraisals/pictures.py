"""Tornado and radar as SVG text, made on the server; the page has the same figures in a table beside each.

Like marketplace.core.charts: percent geometry along the page, colours by class, words escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from math import cos, pi, sin

from marketplace.core.charts import pct

ROW = 44


@dataclass(frozen=True, slots=True)
class Reach:
    """One input's swing as it is drawn: its name with its bounds, the two values, and both as they are written."""

    label: str
    low: Decimal
    high: Decimal
    low_text: str
    high_text: str


def tornado(rows: Sequence[Reach], *, base: Decimal, base_text: str, label: str) -> str:
    """Bars around the value as it is, widest first as the caller sorts them. Empty without rows."""
    if not rows:
        return ""
    least = min(min(row.low, row.high, base) for row in rows)
    most = max(max(row.low, row.high, base) for row in rows)
    margin = (most - least) * Decimal("0.16") or Decimal(1)
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
        out.append(
            f'<text class="t-x" x="{x(ends[0][0])}" dx="-5" y="{y + 28}" text-anchor="end">{escape(ends[0][1])}</text>'
        )
        out.append(f'<text class="t-x" x="{x(ends[1][0])}" dx="5" y="{y + 28}">{escape(ends[1][1])}</text>')
    foot = len(rows) * ROW
    out.append(f'<line class="l-ref" x1="{x(base)}" x2="{x(base)}" y1="14" y2="{foot}"/>')
    out.append(f'<text class="t-ref" x="{x(base)}" y="{foot + 14}" text-anchor="middle">{escape(base_text)}</text>')
    return f'<svg class="svgw" height="{foot + 20}" role="img" aria-label="{escape(label)}">{"".join(out)}</svg>'


@dataclass(frozen=True, slots=True)
class Spoke:
    """A named axis of a radar and how far out of a hundred it reaches; None is not scored."""

    label: str
    points: Decimal | None


def radar(spokes: Sequence[Spoke], *, label: str, size: int = 260) -> str:
    """Scores around a circle; rings at 25, 50, 75 and 100. Empty with fewer than three axes."""
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
            f'<text class="t-x" x="{tx}" y="{float(ty) + 4:.1f}" text-anchor="{anchor}">{escape(spoke.label)}</text>'
        )
    shape = " ".join(",".join(place(at, float(spoke.points or 0) / 100)) for at, spoke in enumerate(spokes))
    body = f'{rings}{"".join(axes)}<polygon class="web" points="{shape}"/>{"".join(words)}'
    return (
        f'<svg class="radar" viewBox="-100 0 {size + 200} {size}" role="img" aria-label="{escape(label)}">{body}</svg>'
    )
