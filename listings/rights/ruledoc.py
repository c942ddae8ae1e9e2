"""The table of rules as a document: each rule with its article, where the code enforces it, and the tests that show it.

Made from the rule book, the marks on the code (`@enforces`), the points of the check, and the marks on the tests
(`@pytest.mark.rule`). A rule nobody enforces yet says so.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from django.utils import translation

from listings.rights.points import points
from listings.rights.ruling import Rule, cite, enforcements, rule_book
from marketplace.core.translations import translated

#: The rules about rights, licences, open licences, pledges of a right, parties abroad, brokers, signatures and time.
TOUCHED = ("PAT-", "OL-", "LIC-", "PLG-", "XB-", "TIME-", "ES-", "PF-BROKER", "FEE-GRACE", "FEE-LATE", "FEE-RESTORE")
#: Pledge rules that begin with the loan or its enforcement, not with the right.
OF_LOANS = frozenset(
    [
        "PLG-UNDERTAKE",
        "PLG-FEE",
        "PLG-SELF-SALE",
        "PLG-VALUE-DROP",
        "PLG-REALISE",
        "PLG-PRESS",
        "PLG-SURPLUS",
        "PLG-SCOPE",
        "PLG-MAX",
        "PLG-LIMITATION",
        "PLG-NEW-FOR-OLD",
        "PLG-RESOLUTION",
        "PLG-WAIVE-OTHER",
        "PLG-VOID-LIAB",
        "PLG-BANKRUPT",
        "PLG-CHANGE",
        "PLG-DECIDE",
        "PLG-DOCS",
        "PLG-JOINT",
        "PLG-WRITTEN",
        "PLG-NO-FORFEIT",
        "PLG-REFUSE-12",
    ]
)
#: What the state, a court or the parties themselves do: there is nothing here for the market to enforce.
NOT_OURS = {
    "PAT-DAMAGES": "a court applies it",
    "PAT-LIMITATION": "a court applies it",
    "PAT-EVAL-REPORT": "the office applies it",
    "PAT-TERM-PTE": "the office grants it within these caps; the end it names is imported and beats the computed one",
    "PAT-SERVICE-REWARD": "between employer and inventor when the right is granted, before anything is offered here",
    "TIME-SERVICE-POST": "the office applies it; the market is told the day by which to answer",
    "TIME-SERVICE-E": "the office applies it; the market is told the day by which to answer",
    "TIME-SERVICE-PUBLIC": "the office applies it; the market is told the day by which to answer",
    "OL-FALSE": "the authority applies it",
    "LIC-RECORD-7D": "the office applies it",
    "LIC-STANDING": "a court applies it",
    "FEE-RESTORE-FM": "the office applies it",
    "ES-CA": "it binds certifiers, and the market uses none",
}
FLOORS = ("marketplace", "listings")
HEAD = """# Rules of law and where they are kept

Written by `manage.py write_rules_doc` from the rule book, the code and the tests; a test compares. Article letters are
spelled out. “Not verified” means that the text of the article was not read here: an operator must confirm it before
relying on it. Rules about loans, valuation, platforms and data belong to other capabilities and are not listed.
"""


def document(root: Path) -> str:
    """The whole document for a source tree."""
    _import_marked(root)
    places, shown = enforcements(), shown_by_rule(root / "tests")
    chinese = {text: words for (_context, text), words in translated(root / "locale").items()}
    told = _sentences(chinese)
    listed = [one for one in rule_book().values() if one.id.startswith(TOUCHED) and one.id not in OF_LOANS]
    enforced = [one for one in listed if one.id in places]
    open_rules = [one for one in listed if one.id not in places]
    lines = [HEAD, f"{len(enforced)} of {len(listed)} rules are enforced in code.", ""]
    for one in enforced:
        lines += _section(one, told.get(one.id, []))
        lines += [f"- code: `{place.name}` in `{place.file}`" for place in places[one.id]]
        lines += [f"- test: `{name}`" for name in shown.get(one.id, [])] or ["- test: none yet"]
        lines.append("")
    lines += ["## Not enforced", "", "| rule | article | why |", "|---|---|---|"]
    lines += [
        f"| {one.id} {one.title_zh} · {one.title_en} | {cite(one.article, chinese=False)} |"
        f" {NOT_OURS.get(one.id, 'not yet in code: ' + one.effect_note)} |"
        for one in open_rules
    ]
    return "\n".join([*lines, ""])


def _section(one: Rule, sentences: list[tuple[str, str]]) -> list[str]:
    lines = [
        f"### {one.id} · {one.title_zh} · {one.title_en}",
        "",
        f"{cite(one.article, chinese=True)} · {cite(one.article, chinese=False)}"
        + ("" if one.is_verified else " · **not verified**"),
        "",
    ]
    for zh, en in sentences:
        lines += [f"> {zh}  ", f"> {en}", ""]
    return lines


def _sentences(chinese: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """{rule: the sentences of its points in both languages}, as stored: with their places for values."""
    found: dict[str, list[tuple[str, str]]] = {}
    with translation.override(None):
        for one in points():
            text = str(one.sentence)
            found.setdefault(one.rule, []).append((chinese.get(text, ""), text))
    return found


def _import_marked(root: Path) -> None:
    """Import every module that marks a function, so that the marks are known whoever imports what."""
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*.py")):
            if "@enforces(" in path.read_text(encoding="utf-8"):
                importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))


def shown_by_rule(folder: Path) -> dict[str, list[str]]:
    """{rule: "file::test", …} of every test marked with it, by reading the files and not by running them."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.rule(" not in text:
            continue
        shown = path.relative_to(folder.parent).as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                for rule_id in _marked(node):
                    found.setdefault(rule_id, []).append(f"{shown}::{node.name}")
    return {rule_id: sorted(names) for rule_id, names in found.items()}


def _marked(node: ast.FunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "rule":
            yield from (one.value for one in mark.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
