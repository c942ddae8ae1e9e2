"""The building blocks of a report: what the layout report.typ knows how to set. Plain data, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from marketplace.signing.paper import Paper

Block = dict[str, Any]


@dataclass(frozen=True)
class ReportPaper(Paper):
    """A paper with a cover, a list of contents and annexes of its own; `body` is what the layout reads beside the
    fields of every paper."""

    body: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {**super().as_data(), **self.body}


def heading(level: int, text: str) -> Block:
    return {"t": f"h{level}", "text": text}


def paragraph(text: str) -> Block:
    """Words; a new line begins a new paragraph."""
    return {"t": "p", "text": text}


def note(text: str) -> Block:
    return {"t": "note", "text": text}


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str = "",
    widths: Sequence[float] = (),
    right: Sequence[int] = (),
) -> Block:
    """`right` names the columns of figures. Raises ValueError for a row of another length than the others."""
    columns = len(heads) or (len(rows[0]) if rows else 0)
    if any(len(row) != columns for row in rows):
        raise ValueError(f"“{caption}”: a row is not as long as the head.")
    return {
        "t": "table",
        "caption": caption,
        "heads": list(heads),
        "rows": [list(row) for row in rows],
        "widths": list(widths or (1,) * columns),
        "right": list(right),
    }


def bars(rows: Sequence[tuple[str, Decimal, Decimal, str, bool]], *, caption: str = "") -> Block:
    """Lying bars from `start` to `end` on one axis from zero: (label, start, end, text, is strong)."""
    top = max((max(start, end) for _label, start, end, _text, _strong in rows), default=Decimal(0)) or Decimal(1)
    made = []
    for label, start, end, said, strong in rows:
        low, high = max(min(start, end), Decimal(0)), max(start, end, Decimal(0))
        left = float(round(low * 100 / top, 2))
        made.append(
            {
                "label": label,
                "from": left,
                "width": max(float(round(high * 100 / top, 2)) - left, 0.4),
                "text": said,
                "strong": strong,
            }
        )
    return {"t": "bars", "caption": caption, "rows": made}
