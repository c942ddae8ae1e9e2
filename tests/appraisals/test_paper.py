"""The report as a paper: it states what the law and practice ask for, in both languages, and a changed byte shows."""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from listings.deals.contracts.writing import in_capitals
from listings.patents.models import AnnuityPayment
from marketplace.core import clock
from marketplace.signing.models import Document
from marketplace.signing.services.documents import read_file, set_text
from marketplace.signing.verifying import Outcome, verify_file
from tests import cast
from tests.appraisals import stages
from valuation.appraisals import twin as twins
from valuation.appraisals.papers import methods as paper
from valuation.appraisals.papers.amounts import in_words
from valuation.appraisals.services import reviewing
from valuation.models import Report

Facts = Callable[[Report], str]
#: What a report of a patent appraisal must state (Appraisal Law 25 to 32, the guideline of 2017, the report fields of
#: asset appraisal): item → the heading it stands under in each language → a figure or name of this very report that
#: must stand there too, where it is the same in both.
STATED: tuple[tuple[str, str, str, Facts | None], ...] = (
    ("file number", "报告编号", "Report number", lambda r: r.number),
    ("independence, no preset value", "声明", "Statement", None),
    ("summary", "摘要", "Summary", None),
    ("client and users", "委托人和其他报告使用人", "Client and other users", lambda r: r.client.uscc),
    ("purpose", "评估目的", "Purpose", None),
    ("object and scope", "评估对象和评估范围", "Object and scope", lambda r: r.rights[0].number),
    ("claims valued", "范围", "Scope", None),
    ("single right or bundle", "以单项专利资产评估", "A single patent asset is valued", None),
    ("annuities", "已缴至第 7 年度", "paid up to year 7", None),
    ("legal facts", "法律状况", "Legal facts", None),
    ("licences, pledges, suits", "登记簿未载有许可、质押", "the register showed no licence, pledge", None),
    ("technical facts", "技术状况", "Technical facts", None),
    ("economic facts", "经济状况", "Economic facts", None),
    ("economic life within the legal", "经济寿命预计至", "The economic life is expected to end", None),
    ("value type", "价值类型", "Type of value", None),
    ("base date", "评估基准日", "Base date", None),
    ("grounds", "评估依据", "Grounds", None),
    ("methods", "评估方法", "Methods", lambda r: f"{Decimal(r.twin['methods'][0]['value']):,.2f}"),
    ("inputs with reasons", "参数及理由", "Inputs and their reasons", lambda r: "17.5%"),
    ("second method", "选取理由", "Why this method", lambda r: f"{Decimal(r.twin['methods'][1]['value']):,.2f}"),
    ("uncertainty", "随机抽样", "triangular distributions", lambda r: "P95"),
    ("sensitivity", "敏感性", "Sensitivity", None),
    ("site visit and review", "评估程序实施过程和情况", "How the work was done", None),
    ("site visited on", "现场调查日期", "Site visited on", None),
    ("assumptions", "评估假设", "Assumptions", None),
    ("methods side by side", "各方法结果与权重", "The methods side by side", lambda r: "70%"),
    ("conclusion", "评估结论", "Conclusion", lambda r: f"{r.amount:,.2f}"),
    ("range", "结论区间", "Range:", lambda r: f"{r.low:,.2f}"),
    ("special notices", "特别事项说明", "Special notices", None),
    ("limits of use", "评估报告使用限制说明", "Restrictions of use", None),
    ("a year of use", "自评估基准日起一年内有效", "for one year from the base date", None),
    ("report date", "评估报告日", "Report date", None),
    ("signers", "签名和盖章", "Signatures and seal", lambda r: r.twin["signers"][1]["certificate"]),
    ("filing of the agency", "备案文号", "Filing notice", lambda r: r.agency.filing_number),
    ("machine-readable twin", "机读副本与复算", "Machine-readable twin", lambda r: r.twin_sha256[:32]),
    ("annexes", "附件目录", "Annexed by reference", None),
)
PDF_S = 2.0


def text_of(content: bytes) -> str:
    """The words of a PDF without the spaces a typesetter puts between Chinese and Latin."""
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.fixture
def sealed(db) -> tuple[Report, Document]:
    order = stages.reviewing_stage()
    patent = order.subject_rights[0].patent
    AnnuityPayment.objects.create(patent=patent, year=7, amount=Decimal(2000), paid_on=clock.today(), source="office")
    report = stages.all_sign(reviewing.approve(order_id=order.pk, by=stages.member(cast.val(), "c").actor))
    return report, Document.objects.get(pk=report.document_id)


def test_the_report_states_all_it_must_in_both_languages(sealed) -> None:
    report, document = sealed
    missing = []
    for at, file in ((1, document.sealed_zh), (2, document.sealed_en)):
        words = text_of(read_file(file))
        for row in STATED:
            found = ["".join(row[at].split())] + (["".join(row[3](report).split())] if row[3] else [])
            missing += [(row[0], one) for one in found if one not in words]
    assert missing == []


def test_the_seal_verifies_and_a_changed_byte_does_not(sealed) -> None:
    report, document = sealed
    chinese, english = read_file(document.sealed_zh), read_file(document.sealed_en)
    assert in_capitals(report.amount) in text_of(chinese)
    assert in_words(report.amount, "CNY").replace(" ", "") in text_of(english)
    answer = verify_file(chinese)
    assert (answer.outcome, answer.seal_holds, answer.document) == (Outcome.SEALED, True, document)
    assert verify_file(english).outcome == Outcome.SEALED
    at = len(chinese) // 2
    changed = chinese[:at] + bytes([chinese[at] ^ 1]) + chinese[at + 1 :]
    answer = verify_file(changed)
    assert answer.outcome != Outcome.SEALED and not answer.seal_holds


def test_a_report_is_set_within_two_seconds(sealed) -> None:
    """Of processor time, children of the typesetter with it."""
    document = sealed[1]
    began = sum(os.times()[:4])
    _text, paper = set_text(document, list(document.signatures.order_by("order")), "zh")
    assert sum(os.times()[:4]) - began < PDF_S
    assert paper.startswith(b"%PDF-")


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
