"""Habits of the house that a reader would otherwise have to check: kept here by reading the sources."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.models import DecimalField

BASE = Path(settings.BASE_DIR)
SOURCES = sorted(
    path
    for room in ("marketplace", "listings", "valuation", "loans")
    for path in (BASE / room).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))
OURS = ("core", "accounts", "notifications", "assets", "patents", "catalogue")

#: Where rows are locked outside core/locks.py, and why the ordered lock of one command does not serve there.
LOCKS_ELSEWHERE = {
    "loans/services/day_end.py": "the run of one day, waited for piece by piece; loans being entered on are skipped",
    "marketplace/core/locks.py": "the one place",
    "marketplace/core/timers.py": "runners share the work: rows another one holds are skipped",
    "marketplace/notifications/handover.py": "senders share the work: rows another one holds are skipped",
    "marketplace/accounts/services/members.py": "every invitation open to an address, of which there may be none",
    "marketplace/accounts/services/people.py": "one's own row, found and locked at once",
    "listings/patents/services/statuses.py": "sweeps share the work: rows another one holds are skipped",
    "listings/patents/services/importing.py": "the counts of one run, inside the import's own lock",
    "listings/patents/services/holding.py": "rights still without a holder, in id order",
    "listings/rights/services/recordations.py": "papers of one import, inside the import's own lock",
    "listings/rights/services/reservations.py": "the reservations of one subject, in the order of its rights",
    "valuation/appraisals/services/agencies.py": "one agency's own profile and people",
    "valuation/appraisals/services/orders.py": "the quotes of an order already locked, in id order",
    "valuation/appraisals/services/drafting.py": "the draft and the comments of an order already locked",
    "valuation/appraisals/services/signing.py": "the report of an order already locked",
    "marketplace/signing/factors.py": "one person's tries, counted one after another",
    "marketplace/payments/ledger.py": "accounts, in id order: the last locks any booking takes",
    "marketplace/payments/services/calls.py": "one call, in a transaction that holds nothing else",
    "marketplace/payments/services/obligations.py": "the open ways of paying of an obligation already locked",
    "marketplace/payments/services/payins.py": "the open way of paying of an obligation already locked",
    "marketplace/payments/services/payouts.py": "one payout, in a transaction that ends before its provider is called",
    "marketplace/payments/services/refunds.py": "the payouts of a subject before its accounts; one row before a call",
    "marketplace/payments/services/reversals.py": "one row, in a transaction that ends before its provider is called",
    "marketplace/payments/services/statements.py": "thousands of obligations of one file at once, in id order",
    "marketplace/payments/services/incoming.py": "the open ways of paying of obligations already locked, in id order",
    "marketplace/payments/services/our_accounts.py": "our account of a currency, of which there may be none",
    "listings/matching/services/matches.py": "a need that may have left the market meanwhile",
    "listings/matching/services/decisions.py": "a need before its matches, in a transaction that holds nothing else",
    "marketplace/payments/services/outgoing.py": "the way of paying by which a returned payment had come in",
}
#: Modules that may use floats: nothing in them is an amount.
FLOATS = {
    "marketplace/core/charts.py": "coordinates of drawings",
    "listings/matching/models.py": "scores and weights",
    "listings/matching/factors.py": "scores; a budget and a price are compared as they are",
    **dict.fromkeys(
        [f"valuation/simulation/{name}.py" for name in ("book", "lognormal_value", "questions", "statistics")],
        "draws of a simulation, whose error is reported; what is written down is exact again (ADR 16)",
    ),
    **dict.fromkeys(
        [f"valuation/estimate/{name}.py" for name in ("effects", "facts", "model", "presenting", "views")],
        "logarithms of prices; what is told is an amount of two figures, with its error beside it",
    ),
    **dict.fromkeys(
        [f"loans/{name}.py" for name in ("drawing", "presenting")],
        "the probability that the security is worth less than the debt",
    ),
    "valuation/appraisals/pictures.py": "coordinates of drawings",
    "valuation/appraisals/papers/blocks.py": "coordinates of drawings",
    "valuation/appraisals/papers/methods.py": "widths of columns",
    "valuation/appraisals/papers/report.py": "widths of columns",
}
#: Help texts come from the code alone; those about passwords are a list in HTML.
TRUSTED = {r"\|safe\b": {"templates/django/forms/field.html"}}
MONEY = re.compile(r"price|budget|fee|amount|royalty|surcharge|money|cost", re.IGNORECASE)


def name_of(path: Path) -> str:
    return path.relative_to(BASE).as_posix()


def test_rows_are_locked_in_known_places_only() -> None:
    found = {name_of(path) for path in SOURCES if "select_for_update" in path.read_text(encoding="utf-8")}
    assert found == set(LOCKS_ELSEWHERE), "use core.locks, or say here why not"


def test_no_float_near_money() -> None:
    """No float literal or float() in a function, class or statement that speaks of an amount; no FloatField at all."""
    wrong = []
    for path in SOURCES:
        if name_of(path) in FLOATS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "FloatField" and "serializers" not in ast.unparse(node):
                wrong.append(f"{name_of(path)}:{node.lineno}: FloatField")
            if isinstance(node, ast.stmt) and not isinstance(node, ast.ClassDef | ast.FunctionDef):
                floats = [
                    one
                    for one in ast.walk(node)
                    if (isinstance(one, ast.Constant) and isinstance(one.value, float))
                    or (isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "float")
                ]
                names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                names |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                if floats and any(MONEY.search(name) for name in names):
                    wrong.append(f"{name_of(path)}:{node.lineno}: {ast.unparse(node)[:90]}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_amounts_are_decimals_with_a_currency_beside_them() -> None:
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        fields = {field.name: field for field in model._meta.get_fields() if hasattr(field, "get_internal_type")}
        amounts = [name for name in fields if re.search(r"^(price|budget)_(min|max)$|(^|_)(amount|fee)$", name)]
        for name in amounts:
            assert isinstance(fields[name], DecimalField), f"{model.__name__}.{name}"
            assert (fields[name].max_digits, fields[name].decimal_places) == (18, 2), f"{model.__name__}.{name}"
            assert "currency" in fields, f"{model.__name__} has an amount and no currency"


@pytest.mark.parametrize(
    "pattern",
    [
        r"<[^>{%]*\sstyle\s*=",
        r"<style\b",
        r"<[a-z][^>]*\son(?!e=)[a-z]+\s*=\s*[\"']",
        r"javascript:",
        r"\|safe\b",
        r"autoescape off",
    ],
)
def test_templates_hold_no_inline_code_and_trust_nothing(pattern: str) -> None:
    found = {name_of(path) for path in TEMPLATES if re.search(pattern, path.read_text(encoding="utf-8"))}
    assert found <= TRUSTED.get(pattern, set())


def test_scripts_are_files_or_data() -> None:
    wrong = []
    for path in TEMPLATES:
        for tag in re.findall(r"<script\b[^>]*>", path.read_text(encoding="utf-8")):
            if "src=" not in tag and "application/json" not in tag and "application/ld+json" not in tag:
                wrong.append(f"{name_of(path)}: {tag}")
    assert not wrong


def test_every_page_extends_a_frame() -> None:
    """A template extends another, or is a frame, a component, or a part that some template, view or registry names."""
    words = "".join(path.read_text(encoding="utf-8") for path in [*TEMPLATES, *SOURCES])
    frames = {"base.html", "errors/500.html", "emails/frame.html"}
    asked_by_library = {"account/password_reset_help_text.html"}  # looked for by name under a password field
    lost = []
    for path in TEMPLATES:
        name = path.relative_to(BASE / "templates").as_posix()
        text = path.read_text(encoding="utf-8")
        if (
            name in frames | asked_by_library
            or text.lstrip().startswith("{% extends")
            or name.startswith(("components/", "allauth/", "django/"))
        ):
            continue
        if "<html" in text:
            lost.append(f"{name} is a page of its own")
        elif name not in words and not name.startswith("portal/about/"):
            lost.append(f"{name} is used by nothing")
    assert not lost, lost


def test_every_template_named_exists() -> None:
    """What a template extends or includes is there, ours or a library's."""
    from django.template.loader import get_template

    named = set()
    for path in TEMPLATES:
        named |= set(re.findall(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", path.read_text(encoding="utf-8")))
    assert len(named) > 20
    for name in sorted(named):
        get_template(name)


def test_constraints_are_sentences() -> None:
    """An operator meets a constraint's name in a log: three words, or two that say it, and none made by machine."""
    names = []
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            assert not model._meta.unique_together, model
            names += [one.name for one in model._meta.constraints]
    assert len(names) > 25
    assert not [
        name for name in names if len(name.split("_")) < 4 or re.search(r"_[0-9a-f]{6,}|_(uniq|check|idx)$", name)
    ]


def test_the_description_of_the_api_is_today_s(tmp_path: Path) -> None:
    """docs/openapi.yaml is what the API says of itself, without a warning."""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, lang="en", file=str(made))
    assert made.read_text(encoding="utf-8") == (BASE / "docs" / "openapi.yaml").read_text(encoding="utf-8"), (
        "run manage.py spectacular --lang en --validate --fail-on-warn --file docs/openapi.yaml"
    )


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


def test_every_sentence_has_its_chinese() -> None:
    said = io.StringIO()
    try:
        call_command("check_translations", stdout=said)
    except SystemExit as end:
        assert not end.code, said.getvalue()
