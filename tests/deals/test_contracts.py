"""Model contracts: what they must hold by law, what must not be missing, and how they are written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from listings.deals.contracts import papers, writing
from listings.deals.contracts.completeness import ContractIncomplete, demand_complete, lacks
from listings.deals.contracts.particulars import (
    LICENCES,
    ContractKind,
    ContractTerms,
    Instalment,
    Place,
    Right,
    Side,
)
from marketplace.signing import registry, rendering, wording
from marketplace.signing.paper import Language

TODAY = date(2026, 11, 23)
GRANTED = Right(
    title_zh="一种低介电含氟聚合物", title_en="Low-dielectric fluoropolymer", kind="invention", is_granted=True,
    application_number="CN 201910526314.8", patent_number="ZL 201910526314.8", applicant="因氏氟材有限公司",
    owner="因氏氟材有限公司", filed_on=date(2019, 6, 18), granted_on=date(2021, 5, 7), expires_on=date(2039, 6, 18),
)  # fmt: skip
PENDING = Right(
    title_zh="挤出装置", title_en="Extruder", kind="utility_model", is_granted=False,
    application_number="CN 202420001234.5", applicant="因氏氟材有限公司", filed_on=date(2024, 1, 3),
)  # fmt: skip
INES = Side("因氏氟材有限公司", "Ines Fluoro Ltd.", "91990100MA00000017", representative="因")
BO = Side("博氏精密有限公司", "Bo Precision Ltd.", "91990100MA00000025", representative="博")


def terms(kind: str = ContractKind.ASSIGNMENT, **given) -> ContractTerms:
    return ContractTerms(
        **{
            "kind": kind,
            "number": "D-2026-00042",
            "holder": INES,
            "taker": BO,
            "rights": (GRANTED,),
            "price": Decimal("4800000.00"),
            "agreed_on": TODAY,
            "declaration": "2026-05-08 第 38 卷 19 期",
            **given,
        }
    )


def said(made: ContractTerms, language: Language) -> str:
    paper = papers.build(json.loads(json.dumps(made.as_data())), language)
    return json.dumps(paper.as_data(), ensure_ascii=False)


@pytest.mark.rule(
    "PAT-ASSIGN-WRITTEN", "LIC-CONTENT", "LIC-PAYMENT", "LIC-WARRANTY", "LIC-IMPROVE", "LIC-NO-RESTRICT", "LIC-TERM",
    "LIC-NO-SUB", "LIC-KEEP-ALIVE", "LIC-RECORD-3M", "PAT-INVALID-RETRO", "PLG-NO-TRANSFER", "ES-RELIABLE",
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ContractKind.values)
def test_every_kind_holds_every_clause_the_law_wants(kind: str, language: Language) -> None:
    paper = papers.paper(terms(kind), language)
    assert papers.REQUIRED[kind] <= paper.rules()
    assert all(clause.paragraphs and all(clause.paragraphs) for clause in paper.clauses)


@pytest.mark.parametrize("kind", ContractKind.values)
def test_both_languages_have_the_same_clauses(kind: str) -> None:
    everything = terms(
        kind,
        rights=(GRANTED, PENDING),
        co_owners=("云澜大学",),
        pledgee=Side("乐娜银行", "Lena Bank"),
        taker=replace(BO, country="DE"),
        conditions="一\n二",
        is_service_invention=True,
        hold_back_pct=Decimal(5),
        hold_back_days=90,
        deposit=Decimal("100.00"),
        royalty_pct=Decimal("3.5"),
        royalty_base="净销售额",
        instalments=(Instalment("首期", Decimal("4800000.00"), 30),),
        earlier_licences=(Place("丙公司普通许可", "C, ordinary"),),
    )
    zh, en = (papers.paper(everything, language) for language in ("zh", "en"))
    assert [one.rules for one in zh.clauses] == [one.rules for one in en.clauses]
    assert [len(one.paragraphs) for one in zh.clauses] == [len(one.paragraphs) for one in en.clauses]
    for clause in en.clauses:
        own = [one for one in clause.paragraphs if not any("\u4e00" <= ch <= "\u9fff" for ch in one)]
        assert own or clause.heading == "Further conditions of the parties"
    assert "{" not in json.dumps([one.paragraphs for one in (*zh.clauses, *en.clauses)], ensure_ascii=False)


@pytest.mark.rule("LIC-CONTENT")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ContractKind.values)
def test_the_rights_are_named_as_the_civil_code_asks(kind: str, language: Language) -> None:
    text = said(terms(kind), language)
    title = GRANTED.title_zh if language == "zh" else GRANTED.title_en
    for wanted in (title, "201910526314.8", "因氏氟材有限公司", "2019-06-18", "2021-05-07", "2039-06-18"):
        assert wanted in text.replace("\u00a0", " ")


@pytest.mark.rule("PAT-PASSING-OFF")
def test_an_application_is_never_called_a_patent() -> None:
    alone = papers.paper(terms(rights=(PENDING,)), "zh")
    assert alone.title == "专利申请权转让合同"
    assert "专利申请（申请中）" in said(terms(rights=(PENDING,)), "zh")
    assert (
        papers.paper(terms(rights=(GRANTED, PENDING)), "en").title
        == "Contract assigning patents and patent applications"
    )
    assert papers.paper(terms(ContractKind.SOLE, rights=(PENDING,)), "zh").title == "专利申请实施许可合同（排他许可）"


@pytest.mark.rule("PLG-NO-TRANSFER", "PLG-NO-FORFEIT")
@pytest.mark.parametrize("kind", ContractKind.values)
def test_a_pledgee_is_asked_and_paid_first_and_never_becomes_owner(kind: str) -> None:
    text = said(terms(kind, pledgee=Side("乐娜银行", "Lena Bank")), "zh")
    for wanted in ("乐娜银行", "书面同意", "提前清偿", "提存", "不得解释为债务人不履行债务时标的权利归质权人所有"):
        assert wanted in text


@pytest.mark.rule("LIC-COMPAT", "LIC-STANDING", "LIC-SOLE-SUB")
def test_each_kind_of_licence_says_who_may_work_and_sue() -> None:
    wanted = {
        ContractKind.EXCLUSIVE: ("许可方不得自行实施", "单独提起诉讼"),
        ContractKind.SOLE: ("只有被许可方和许可方可以实施", "许可方不起诉的"),
        ContractKind.ORDINARY: ("也可以许可他人实施", "不得自行起诉"),
    }
    for kind, words in wanted.items():
        text = said(terms(kind), "zh")
        assert all(word in text for word in words)


@pytest.mark.rule("LIC-NO-SUB")
def test_sublicences_only_where_agreed() -> None:
    assert "不得许可本合同以外的第三人" in said(terms(ContractKind.ORDINARY), "zh")
    assert "可以许可第三人实施" in said(terms(ContractKind.ORDINARY, may_sublicense=True), "zh")


@pytest.mark.rule("XB-RESTRICTED", "XB-RECORD")
def test_a_party_abroad_brings_the_export_clause() -> None:
    assert "技术进出口" not in said(terms(), "zh")
    assert "技术出口许可证" in said(terms(taker=replace(BO, country="DE")), "zh")


@pytest.mark.rule("PAT-INVENTOR-FIRST")
def test_inventors_come_first_only_where_the_invention_was_service() -> None:
    assert "完成人" not in said(terms(), "zh")
    assert "优先受让" in said(terms(is_service_invention=True), "zh")


@pytest.mark.parametrize("kind", ContractKind.values)
def test_the_platform_holds_and_is_no_escrow_agent(kind: str) -> None:
    zh, en = said(terms(kind), "zh"), said(terms(kind), "en")
    assert "存管" in zh and "托管" not in zh and "拍卖" not in zh
    assert "escrow" not in en.replace("is no escrow agent", "") and "auction" not in en
    assert "示范文本" in zh and "律师审核" in zh and "checked by counsel" in en


def test_money_as_agreed_stands_in_the_text() -> None:
    made = terms(
        ContractKind.EXCLUSIVE,
        royalty_pct=Decimal("3.50"),
        royalty_base="净销售额",
        royalty_minimum=Decimal("200000.00"),
        instalments=(Instalment("签署", Decimal("1800000.00"), 30), Instalment("备案", Decimal("3000000.00"), 120)),
        territories=(Place("浙江省", "Zhejiang"),),
        fields=("C08F",),
        starts_on=date(2027, 1, 1),
        ends_on=date(2031, 12, 31),
        hold_back_pct=Decimal("5.000"),
        hold_back_days=90,
    )
    zh, en = said(made, "zh"), said(made, "en")
    for wanted in ("肆佰捌拾万元整", "3.5%", "1,800,000.00", "浙江省", "C08F", "2031年12月31日", "价款的 5%", "90 日"):
        assert wanted in zh, wanted
    for wanted in ("CNY 4,800,000.00", "3.5%", "CNY 200,000.00", "Zhejiang", "31 December 2031", "90 days"):
        assert wanted in en, wanted


def test_data_comes_back_as_it_went() -> None:
    made = terms(
        ContractKind.SOLE,
        rights=(GRANTED, PENDING),
        pledgee=INES,
        territories=(Place("浙江", "Zhejiang"),),
        instalments=(Instalment("一", Decimal("1.10"), 3),),
        royalty_pct=Decimal("1.5"),
        upfront=Decimal("2.00"),
        starts_on=TODAY,
        co_owners=("甲", "乙"),
    )
    assert ContractTerms.from_data(json.loads(json.dumps(made.as_data()))) == made


# ── what must not be missing ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("LIC-CONTENT", "LIC-REFUSE-03")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title_zh": "", "title_en": ""}, "rights.title"),
        ({"application_number": ""}, "rights.application_number"),
        ({"filed_on": None}, "rights.filed_on"),
        ({"applicant": "", "owner": ""}, "rights.applicant"),
        ({"patent_number": ""}, "rights.patent_number"),
        ({"expires_on": None}, "rights.expires_on"),
    ],
)
def test_a_right_without_its_particulars_is_named(change, field: str) -> None:
    made = terms(rights=(replace(GRANTED, **change),))
    [found] = lacks(made, today=TODAY)
    assert (found.field, found.rule) == (field, "LIC-CONTENT")
    with pytest.raises(ContractIncomplete) as refusal:
        demand_complete(made, today=TODAY)
    assert refusal.value.as_dict()["lacks"][0]["field"] == field


def test_an_application_needs_no_patent_number_and_a_complete_contract_lacks_nothing() -> None:
    for kind in ContractKind.values:
        rights = (GRANTED,) if kind == ContractKind.OPEN else (GRANTED, PENDING)
        demand_complete(terms(kind, rights=rights), today=TODAY)


@pytest.mark.rule("LIC-TERM", "LIC-PAYMENT", "LIC-COMPAT", "OL-CONTENT", "OL-FORM")
@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("assignment", {"rights": ()}, "rights"),
        ("assignment", {"price": Decimal("0.00")}, "price"),
        ("assignment", {"holder": replace(INES, code="")}, "holder"),
        ("assignment", {"holder": replace(INES, name_zh="", name_en="")}, "holder"),
        ("assignment", {"taker": INES}, "taker"),
        ("assignment", {"rights": (replace(GRANTED, expires_on=date(2026, 11, 22)),)}, "rights.expires_on"),
        ("sole", {"instalments": (Instalment("x", Decimal("1.00"), 1),)}, "instalments"),
        ("sole", {"royalty_pct": Decimal(3)}, "royalty_base"),
        ("sole", {"ends_on": date(2039, 6, 19)}, "ends_on"),
        ("sole", {"starts_on": date(2027, 1, 2), "ends_on": date(2027, 1, 1)}, "ends_on"),
        ("exclusive", {"earlier_licences": (Place("丙", "C"),)}, "earlier_licences"),
        ("open", {"rights": (PENDING,)}, "rights"),
        ("open", {"declaration": " "}, "declaration"),
    ],
)
def test_what_is_missing_or_contradictory_is_named(kind: str, change, field: str) -> None:
    assert [one.field for one in lacks(terms(kind, **change), today=TODAY)] == [field]


def test_individuals_and_parties_abroad_need_no_credit_code() -> None:
    for side in (replace(INES, code="", is_person=True), replace(INES, code="", country="DE")):
        assert lacks(terms(holder=side), today=TODAY) == []


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.00", "零元整"), ("0.05", "伍分"), ("0.30", "叁角整"), ("1.00", "壹元整"), ("10.00", "壹拾元整"),
        ("1005.30", "壹仟零伍元叁角整"), ("1010.05", "壹仟零壹拾元零伍分"), ("20000.00", "贰万元整"),
        ("100500.00", "壹拾万零伍佰元整"), ("4800000.00", "肆佰捌拾万元整"), ("100000000.00", "壹亿元整"),
        ("100005000.00", "壹亿零伍仟元整"), ("1200000000000.00", "壹万贰仟亿元整"), ("30000000.01", "叁仟万元零壹分"),
        ("6789.12", "陆仟柒佰捌拾玖元壹角贰分"), ("107000.53", "壹拾万柒仟元伍角叁分"),
    ],
)  # fmt: skip
def test_amounts_in_numerals_that_cannot_be_altered(amount: str, words: str) -> None:
    assert writing.in_capitals(Decimal(amount)) == words


VALUES = {digit: value for value, digit in enumerate(writing.DIGITS)}


def read_back(words: str) -> Decimal:
    """The amount that capital numerals say, read independently of how they were written."""
    yuan, _yuan, rest = words.partition("元") if "元" in words else ("", "", words)
    total = 0
    for part, size in zip(_parts(yuan, "亿"), (10**8, 1), strict=True):
        for piece, scale in zip(_parts(part, "万"), (10**4, 1), strict=True):
            digit = group = 0
            for ch in piece:
                if ch in VALUES:
                    digit = VALUES[ch]
                else:
                    group += digit * {"拾": 10, "佰": 100, "仟": 1000}[ch]
                    digit = 0
            total += (group + digit) * scale * size
    cents, digit = 0, 0
    for ch in rest:
        digit = VALUES.get(ch, digit)
        cents += digit * {"角": 10, "分": 1}.get(ch, 0)
    return Decimal(total) + Decimal(cents) / 100


def _parts(text: str, sign: str) -> tuple[str, str]:
    high, found, low = text.partition(sign)
    return (high, low) if found else ("", text)


@given(st.integers(0, 10**15))
def test_capital_numerals_read_back_as_the_amount(cents: int) -> None:
    value = Decimal(cents) / 100
    words = writing.in_capitals(value)
    assert read_back(words) == value and "零零" not in words


@pytest.mark.parametrize("amount", ["-1.00", "0.001", "1e16"])
def test_what_cannot_be_written_is_refused(amount: str) -> None:
    with pytest.raises(ValueError):
        writing.in_capitals(Decimal(amount))


# ── on paper ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ContractKind.values)
def test_each_kind_can_be_set_and_read(kind: str, language: Language) -> None:
    build = registry.find_template(papers.template_of(kind)).build
    paper = build(terms(kind, conditions='#read("/etc/passwd") $x$').as_data(), language)
    content = rendering.pdf(
        "paper",
        {
            "paper": paper.as_data(),
            "language": language,
            "market": wording.market_name(language),
            "number": "S-1",
            "version": 1,
            "words": wording.PAPER[language],
            "signers": [{"capacity": "转让方", "name": "因氏"}],
        },
    )
    reader = PdfReader(BytesIO(content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "\ufffd" not in text and '#read("/etc/passwd") $x$' in text
    for clause in paper.clauses:
        assert clause.heading.replace(" ", "") in text.replace(" ", "").replace("\n", "")
    assert reader.metadata is not None and reader.metadata.title == paper.title


def test_licences_share_their_clauses() -> None:
    assert {papers.SECTIONS[kind] for kind in LICENCES} == {papers.LICENCE_SECTIONS}
