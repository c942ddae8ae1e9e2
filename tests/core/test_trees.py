"""Filters that form a tree: what is shown, and what several choices mean."""

from __future__ import annotations

import pytest

from marketplace.core.trees import Tree, by_prefix

IPC = by_prefix((1, 3, 4))
ABOVE = {"CN-44": "CN", "CN-32": "CN", "YL01": "YL", "YL-P1": "YL01", "SZ": "CN-44"}
PLACES = Tree(ABOVE.get, shown=2)


@pytest.mark.parametrize(
    ("tree", "values", "chosen", "shown"),
    [
        (IPC, ["H01M", "C", "C08", "H", "H01", "C08J"], [], ["C", "H"]),
        (IPC, ["H01M", "C", "C08", "H", "H01", "C08J"], ["C"], ["C", "C08", "H"]),
        (IPC, ["H01M", "C", "C08", "H", "H01", "C08J"], ["C08"], ["C", "C08", "C08J", "H"]),
        (PLACES, ["YL", "CN-44", "SZ", "CN", "YL01", "YL-P1"], [], ["CN", "CN-44", "YL", "YL01"]),
        (PLACES, ["YL", "CN-44", "SZ", "CN", "YL01", "YL-P1"], ["CN-44"], ["CN", "CN-44", "SZ", "YL", "YL01"]),
        (PLACES, ["YL", "SZ", "YL01", "YL-P1"], ["YL-P1"], ["YL", "YL01", "YL-P1"]),
    ],
)
def test_branches_open_under_what_is_chosen(tree: Tree, values, chosen, shown) -> None:
    assert tree.open(values, chosen) == shown


def test_a_child_narrows_its_parent() -> None:
    assert IPC.narrowest(["C", "C08", "H"]) == ["C08", "H"]
    assert PLACES.narrowest(["CN", "SZ", "YL"]) == ["SZ", "YL"]
    assert PLACES.narrowest(["CN-44", "CN-32"]) == ["CN-44", "CN-32"]


def test_depth_counts_from_the_root() -> None:
    assert [PLACES.depth(one) for one in ("CN", "CN-44", "SZ", "nowhere")] == [0, 1, 2, 0]


def test_a_place_that_lies_in_itself_ends_somewhere() -> None:
    assert Tree({"A": "B", "B": "A"}.get).depth("A") == 1
