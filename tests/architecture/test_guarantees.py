"""docs/guarantees.md names tests and constraints that are there."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NUMBERS = [*range(1, 38), 45, 46, 47, 53]


def rows() -> dict[int, list[str]]:
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].isdigit():
            found[int(cells[0])] = cells
    return found


def test_every_promise_has_its_row() -> None:
    assert sorted(rows()) == NUMBERS
    assert all(len(cells) == 5 and all(cells) for cells in rows().values())


def test_every_test_named_is_in_the_tree() -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for number, cells in rows().items():
        named = re.findall(r"`(test_\w+)`", " ".join(cells[3:]))
        assert named, f"{number} names no test"
        assert set(named) <= defined, f"{number}: {set(named) - defined}"


def test_every_constraint_named_is_in_the_models() -> None:
    known = set()
    for model in apps.get_models():
        known |= {one.name for one in [*model._meta.constraints, *model._meta.indexes]}
        known |= {one.name for one in getattr(model._meta, "triggers", [])}
    for number, cells in rows().items():
        named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", cells[2])) - {"check_books"}
        named = {one for one in named if not one.startswith("payout.")}
        assert named <= known, f"{number}: {named - known}"


def test_races_of_the_issue_have_their_controls() -> None:
    for number in (1, 2, 3, 4, 5, 10, 11, 12, 13, 23, 25, 35, 37):
        assert "`test_" in rows()[number][4], number
