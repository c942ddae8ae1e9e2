"""The report as a paper: it states what the law and practice ask for, in both languages, and a changed byte shows."""

from __future__ import annotations

import copy
import io
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from listings.deals.contracts.writing import in_capitals
from marketplace.signing.models import Document
from marketplace.signing.services.documents import read_file
from marketplace.signing.verifying import Outcome, verify_file
from tests.appraisals import stages
from valuation.appraisals import twin as twins
from valuation.appraisals.papers import report as paper
from valuation.appraisals.papers.amounts import in_words
from valuation.models import Report

#: What every appraisal report must state (Appraisal Law 25 to 32, the guideline of 2017), as the Chinese text heads it.
STATED = (
    "声明", "摘要", "委托人和其他报告使用人", "评估目的", "评估对象和评估范围", "法律状况", "技术状况",
    "经济状况", "价值类型", "评估基准日", "评估依据", "评估方法", "参数及理由", "评估程序实施过程和情况",
    "评估假设", "评估结论", "特别事项说明", "评估报告使用限制说明", "评估报告日", "签名和盖章", "机读副本与复算",
)  # fmt: skip


def text_of(content: bytes) -> str:
    """The words of a PDF without the spaces a typesetter puts between Chinese and Latin."""
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.fixture
def sealed(db) -> tuple[Report, Document]:
    report = stages.issued()
    return report, Document.objects.get(pk=report.document_id)


def test_the_sealed_report_states_all_it_must_and_verifies(sealed) -> None:
    report, document = sealed
    chinese, english = read_file(document.sealed_zh), read_file(document.sealed_en)
    words = text_of(chinese)
    assert [one for one in STATED if one not in words] == []
    for said in (report.number, f"{report.amount:,.2f}", in_capitals(report.amount), report.twin_sha256[:32]):
        assert said in words, said
    for one in report.twin["signers"]:
        assert one["certificate"] in words
    assert in_words(report.amount, "CNY").replace(" ", "") in text_of(english)
    answer = verify_file(chinese)
    assert (answer.outcome, answer.seal_holds, answer.document) == (Outcome.SEALED, True, document)
    assert verify_file(english).outcome == Outcome.SEALED
    at = len(chinese) // 2
    changed = chinese[:at] + bytes([chinese[at] ^ 1]) + chinese[at + 1 :]
    assert not verify_file(changed).seal_holds or verify_file(changed).outcome != Outcome.SEALED


def test_a_twin_that_was_tampered_with_does_not_recompute(sealed) -> None:
    report, _document = sealed
    tampered: dict[str, Any] = copy.deepcopy(report.twin)
    tampered["methods"][0]["input"]["royalty_rate"] = "0.050"
    assert not twins.recompute(tampered).agrees
    assert twins.digest(tampered) != report.twin_sha256
    tampered = copy.deepcopy(report.twin)
    tampered["conclusion"]["amount"] = "9990000.00"
    assert not twins.recompute(tampered).agrees


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1160000.00", "One million one hundred and sixty thousand yuan"),
        ("100.05", "One hundred yuan and five fen"),
        ("21000007.00", "Twenty-one million and seven yuan"),
        ("0.00", "Zero yuan"),
    ],
)
def test_amounts_in_english_words(amount: str, words: str) -> None:
    assert in_words(Decimal(amount), "CNY") == words


def test_what_cannot_be_written_in_words_is_refused() -> None:
    for amount in ("-1.00", "0.001", "1e15"):
        with pytest.raises(ValueError, match="cannot be written"):
            in_words(Decimal(amount), "CNY")


def test_inputs_are_shown_as_they_are_read() -> None:
    assert paper.shown("relief_from_royalty", "royalty_rate", "0.042", "zh") == "4.2%"
    assert paper.shown("relief_from_royalty", "revenue", ["10000000", "5"], "en") == "10,000,000; 5"
    assert paper.shown("relief_from_royalty", "tab", False, "zh") == "否"
    deals = [{"price": "5000000", "revenue": "2000000"}]
    assert paper.shown("comparable_transactions", "comparables", deals, "en") == "5,000,000 / 2,000,000"
