"""Statements to the letter: which id, name and words a row gets, what is cut, and what is no amount after all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.payments.statements import Unreadable, read
from marketplace.payments.statements.rows import amount_of

HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
DAY = "<BookgDt><Dt>2026-11-20</Dt></BookgDt>"


def camt(*entries: str, account: str = "") -> bytes:
    return f"{HEAD}<Stmt>{account}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>".encode()


def entry(amount: str, details: str = "", *, side: str = "CRDT", own_id: str = "", more: str = "") -> str:
    named = f"<AcctSvcrRef>{own_id}</AcctSvcrRef>" if own_id else ""
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts>{DAY}{named}'
        f"<NtryDtls>{details}</NtryDtls>{more}</Ntry>"
    )


def part(amount: str = "", *, text: str = "", tx_id: str = "", more: str = "") -> str:
    told = f"<Refs><TxId>{tx_id}</TxId></Refs>" if tx_id else ""
    told += f'<Amt Ccy="CNY">{amount}</Amt>' if amount else ""
    return f"<TxDtls>{told}{more}<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"


def test_parts_of_a_batch_without_ids_are_told_apart_by_their_place():
    rows = read(camt(entry("100.00", part("60.00") + part("40.00"), own_id="B")), currency="CNY").rows
    assert [(row.amount, row.external_id) for row in rows] == [(Decimal("60.00"), "B/1"), (Decimal("40.00"), "B/2")]
    rows = read(camt(entry("100.00", part("60.00") + part("40.00"))), currency="CNY").rows
    assert [row.external_id for row in rows] == ["", ""]


def test_a_batch_that_leaves_is_divided_into_what_leaves():
    rows = read(camt(entry("100.00", part("60.00") + part("40.00"), side="DBIT", own_id="B")), currency="CNY").rows
    assert [row.amount for row in rows] == [Decimal("-60.00"), Decimal("-40.00")]


def test_a_batch_whose_parts_do_not_make_its_sum_stays_whole():
    rows = read(camt(entry("100.00", part("60.00") + part("41.00"), own_id="B")), currency="CNY").rows
    assert [(row.amount, row.external_id) for row in rows] == [(Decimal("100.00"), "B")]


def test_a_single_part_lends_its_id_and_its_words():
    only = part(text="专利款", tx_id="t9", more="<Refs2/>")
    (row,) = read(camt(entry("5.00", only, more="<AddtlNtryInf>入账</AddtlNtryInf>")), currency="CNY").rows
    assert (row.external_id, row.text) == ("t9", "专利款 入账")
    (row,) = read(camt(entry("5.00", "", more="<AddtlNtryInf>入账</AddtlNtryInf>")), currency="CNY").rows
    assert (row.external_id, row.text) == ("", "入账")


@pytest.mark.parametrize("way", ["<IBAN>33050161</IBAN>", "<Othr><Id>33050161</Id></Othr>"])
def test_the_account_is_named_either_way(way):
    account = f"<Acct><Id>{way}</Id></Acct>"
    assert read(camt(entry("5.00"), account=account), currency="CNY").account_number == "33050161"


def test_an_entry_that_cannot_be_read_is_named_and_the_rest_is_kept():
    found = read(camt(entry("5.00"), entry("5,x"), entry("7.00")), currency="CNY")
    assert [row.amount for row in found.rows] == [Decimal("5.00"), Decimal("7.00")]
    assert [number for number, _what in found.problems] == [2]


def test_what_is_too_long_for_a_column_is_cut():
    long = camt(
        entry(
            "5.00",
            part(text="长" * 1001, more=f"<RltdPties><Dbtr><Nm>{'名' * 201}</Nm></Dbtr></RltdPties>"),
            own_id="7" * 121,
        )
    )
    (row,) = read(long, currency="CNY").rows
    assert (len(row.text), len(row.payer_name), len(row.external_id)) == (1000, 200, 120)


def test_a_statement_of_a_day_without_movements_still_tells_its_balance():
    quiet = ":20:X\n:25:1/1\n:28C:1/1\n:60F:C261119CNY500,00\n:62F:C261120CNY500,00\n-\n"
    found = read(quiet.encode(), currency="CNY")
    assert (found.rows, found.closing) == ([], Decimal("500.00"))
    with pytest.raises(Unreadable):
        read(b":20:X\n:25:1/1\n:28C:1/1\n-\n", currency="CNY")


def test_a_statement_without_a_closing_balance_still_tells_its_movements():
    open_ended = ":20:X\n:25:1/1\n:28C:1/1\n:60F:C261119CNY500,00\n:61:2611201120CR1000,00N051NONREF//77\n:86:YL2345\n"
    found = read(open_ended.encode(), currency="CNY")
    assert [row.amount for row in found.rows] == [Decimal("1000.00")]


@pytest.mark.parametrize(("text", "amount"), [("1,5", "1.50"), ("1,50", "1.50"), ("1,500", "1500.00"), ("15", "15.00")])
def test_the_last_comma_is_decimal_before_one_or_two_digits(text, amount):
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["(12.00", "12.00)", "12..0"])
def test_half_a_bracket_is_no_amount(text):
    with pytest.raises(ValueError):
        amount_of(text)


def test_a_structured_reference_is_read_like_words():
    given = "<RmtInf><Strd><CdtrRefInf><Ref>YLRSAJDRLAHR</Ref></CdtrRefInf></Strd></RmtInf>"
    (row,) = read(camt(entry("5.00", f"<TxDtls>{given}</TxDtls>")), currency="CNY").rows
    assert row.text == "YLRSAJDRLAHR"


def test_parts_of_less_than_one_are_still_what_came_in():
    rows = read(camt(entry("0.80", part("0.50") + part("0.30"))), currency="CNY").rows
    assert [row.amount for row in rows] == [Decimal("0.50"), Decimal("0.30")]


def test_the_purpose_of_a_german_statement_is_read_with_its_payer():
    told = (
        ":20:X\n:25:1/1\n:28C:1/1\n:60F:C261119EUR500,00\n:61:2611201120CR1000,00N051NONREF//77\n"
        ":86:166?00GUTSCHRIFT?20YLRSAJDRLAHR?32BO PRECISION\n:62F:C261120EUR1500,00\n-\n"
    )
    (row,) = read(told.encode(), currency="EUR").rows
    assert "YLRSAJDRLAHR" in row.text and row.payer_name == "BO PRECISION"
