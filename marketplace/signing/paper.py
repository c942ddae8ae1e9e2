"""A document as plain data: what stands on it, without a word of how it is set.

Builders of documents make a `Paper`; `rendering` sets it. Text is text: the layout prints every value as it is, so
nothing that a party typed can become an instruction to the typesetter (ASVS 1.3.7).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Table:
    """Column heads and rows of equal length; `widths` are shares of the line (all equal when empty)."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A headed clause. `paragraphs` are numbered 1.1, 1.2 … when there are several; a table may follow them.

    `rules` are the ids of rules.json that the clause answers; they are not printed.
    """

    heading: str
    paragraphs: tuple[str, ...]
    table: Table | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A party under the title: its capacity, its name, and further lines (credit code, address)."""

    capacity: str
    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """One document in one language.

    `notes` stand in a ruled box under the title (that it is a model text, that the other language prevails).
    """

    title: str
    parties: tuple[PartyLine, ...] = ()
    preamble: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = ()
    annexes: tuple[Clause, ...] = field(default=())

    def rules(self) -> frozenset[str]:
        """Every rule that some clause answers."""
        return frozenset(rule for clause in (*self.clauses, *self.annexes) for rule in clause.rules)

    def as_data(self) -> dict[str, Any]:
        """The paper as JSON takes it."""
        return {
            "title": self.title,
            "parties": [{"capacity": p.capacity, "name": p.name, "lines": list(p.lines)} for p in self.parties],
            "preamble": list(self.preamble),
            "notes": list(self.notes),
            "clauses": [_clause(one) for one in self.clauses],
            "annexes": [_clause(one) for one in self.annexes],
        }


def _clause(clause: Clause) -> dict[str, Any]:
    table = None
    if clause.table is not None:
        columns = len(clause.table.heads)
        if any(len(row) != columns for row in clause.table.rows):
            raise ValueError(f"“{clause.heading}”: a row is not as long as the head.")
        table = {
            "heads": list(clause.table.heads),
            "rows": [list(row) for row in clause.table.rows],
            "widths": list(clause.table.widths or (1,) * columns),
        }
    return {"heading": clause.heading, "paragraphs": list(clause.paragraphs), "table": table}
