"""The table of rules says what the code and the tests say."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from listings.rights.points import points
from listings.rights.ruledoc import NOT_OURS, OF_LOANS, document, shown_by_rule
from listings.rights.rules import RULES
from listings.rights.ruling import cite, enforcements, rule, rule_book
from marketplace.core.ruling import enforces

ROOT = Path(settings.BASE_DIR)


def test_the_document_in_the_tree_is_the_one_the_code_writes():
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == document(ROOT)


def test_the_command_writes_it_into_the_tree(settings, tmp_path):
    for name in ("marketplace", "listings", "tests", "locale"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    (tmp_path / "docs").mkdir()
    settings.BASE_DIR = tmp_path
    said = io.StringIO()
    call_command("write_rules_doc", stderr=said)
    written = tmp_path / "docs" / "rules.md"
    assert str(written) in said.getvalue()
    assert written.read_text(encoding="utf-8") == (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def test_every_rule_named_by_code_or_tests_is_in_the_book():
    document(ROOT)
    named = set(enforcements()) | set(shown_by_rule(ROOT / "tests")) | {one.rule for one in points() if one.rule}

    assert named - set(rule_book()) == set()
    assert OF_LOANS | set(NOT_OURS) <= set(rule_book())


def test_every_point_rests_on_a_rule_that_some_function_enforces_and_some_test_shows():
    document(ROOT)
    shown = shown_by_rule(ROOT / "tests")

    for one in points():
        if one.rule:
            assert one.rule in enforcements(), one.code
            assert one.rule in shown, one.code


def test_every_function_of_the_check_is_marked_but_the_markets_own():
    marked = {place.name for places in enforcements().values() for place in places}
    assert {ask.__name__ for ask in RULES} - marked == {"nobody_else_was_promised_it"}


def test_a_mark_names_a_rule():
    with pytest.raises(ValueError, match="rule"):
        enforces()


def test_parameters_hold_between_their_days():
    book = rule("FEE-REDUCE-YEARS")
    assert book.value("years", date(2017, 1, 1)) == Decimal(6)
    assert book.value("years", date(2020, 1, 1)) == Decimal(10)
    with pytest.raises(LookupError):
        book.value("years", date(2010, 1, 1))
    with pytest.raises(LookupError):
        book.value("months", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("article", "zh", "en"),
    [
        ("P 14(2)", "《专利法》第十四条第二款", "Patent Law, art. 14(2)"),
        (
            "461 art. 11(2)(9) (number inferred)",
            "《专利权质押登记办法》第十一条第二款第九项（条号系推定）",
            "Measures on Registration of Patent Pledges (Announcement 461), art. 11(2)(9) (number inferred)",
        ),
        (
            "P 10(3); C 863",
            "《专利法》第十条第三款；《民法典》第八百六十三条",
            "Patent Law, art. 10(3); Civil Code, art. 863",
        ),
        (
            "R 103, 105",
            "《专利法实施细则》第一百零三条、第一百零五条",
            "Implementing Rules of the Patent Law, art. 103, 105",
        ),
        ("P 39-40", "《专利法》第三十九条至第四十条", "Patent Law, art. 39-40"),
        ("C 436(2)-(3)", "《民法典》第四百三十六条第二款至第三款", "Civil Code, art. 436(2)-(3)"),
        ("C 510", "《民法典》第五百一十条", "Civil Code, art. 510"),
        ("P 10", "《专利法》第十条", "Patent Law, art. 10"),
        ("fee table", "fee table", "fee table"),
    ],
)
def test_articles_are_cited_with_the_name_of_their_law(article, zh, en):
    assert (cite(article, chinese=True), cite(article, chinese=False)) == (zh, en)
