# ruff: noqa: E501  (lines of the samples are as long as banks make them)
"""Statement files of every form give the same rows; what is no statement is refused, and nothing hostile is obeyed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from marketplace.payments.statements import Fault, Row, Unreadable, read
from marketplace.payments.statements.faults import SENTENCES
from marketplace.payments.statements.rows import amount_of, date_of

TEXT = "专利款 YL2345"
CSV_FORMS = {
    "two columns": '交易日期,收入,支出,余额,对方户名,对方账号,摘要,交易流水号\n2026-11-20,"1,000.00",,1000.00,博氏,6222,{0},77\n',
    "direction": "记账日期;金额;借贷标志;账户余额;对方名称;对方账号;附言;流水号\n20261120;1000.00;贷;1000.00;博氏;6222;{0};77\n",
    "signed, English": "Booking date\tAmount\tBalance\tCounterparty name\tIBAN\tReference\tTransaction ID\n20.11.2026\t1000.00\t1000.00\t博氏\t6222\t{0}\t77\n",
    "title lines above": "某银行账户明细\n账号：1234\n\n交易时间,贷方发生额,借方发生额,余额,对方户名,对方账号,用途,银行流水号\n2026年11月20日 10:11:12,1000.00,0.00,1000.00,博氏,6222,{0},77\n合计,,1000.00,,,,,\n",
    "German": "Buchungstag;Betrag;Saldo;Auftraggeber;Kontonummer;Verwendungszweck;ID\n20.11.2026;1.000,00;1.000,00;博氏;6222;{0};77\n",
}
GOOD = Row(date(2026, 11, 20), Decimal("1000.00"), "CNY", "博氏", "6222", TEXT, "77")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("form", CSV_FORMS)
def test_csv_however_its_columns_are_called(form, encoding):
    found = read(CSV_FORMS[form].format(TEXT).encode(encoding), currency="CNY")
    assert found.rows == [GOOD]
    assert (found.opening, found.closing) == (Decimal("0.00"), Decimal("1000.00"))


MT940 = """:20:STARTUMSE
:25:10010010/1111111
:28C:00001/001
:60F:C261119CNY500,00
:61:2611201120CR1000,00N051NONREF//77
:86:/NAME/博氏/REMI/YL2345
:61:2611201120DR15,50NCHGNONREF
:86:CHARGE
:62F:C261120CNY1484,50
-
"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-19</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">1600.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>
<Ntry><Amt Ccy="CNY">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>77</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr>{name}</Dbtr><DbtrAcct><Id><Othr><Id>6222</Id></Othr></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts><BookgDt><DtTm>2026-11-20T09:00:00</DtTm></BookgDt><AcctSvcrRef>B</AcctSvcrRef><NtryDtls>
<TxDtls><Refs><TxId>t1</TxId></Refs><Amt Ccy="CNY">60.00</Amt><RmtInf><Ustrd>a</Ustrd></RmtInf></TxDtls>
<TxDtls><Refs><TxId>t2</TxId></Refs><Amt Ccy="CNY">40.00</Amt><RmtInf><Ustrd>b</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_mt940():
    found = read(MT940.encode(), currency="CNY")
    assert [(row.booked_on, row.amount, row.currency) for row in found.rows] == [
        (date(2026, 11, 20), Decimal("1000.00"), "CNY"),
        (date(2026, 11, 20), Decimal("-15.50"), "CNY"),
    ]
    assert "YL2345" in found.rows[0].text
    assert (found.rows[0].external_id, found.rows[1].external_id) == ("77", "")
    assert (found.opening, found.closing, found.closing_on) == (
        Decimal("500.00"),
        Decimal("1484.50"),
        date(2026, 11, 20),
    )


@pytest.mark.parametrize(
    ("version", "status", "name"),
    [("02", "BOOK", "<Nm>博氏</Nm>"), ("08", "<Cd>BOOK</Cd>", "<Pty><Nm>博氏</Nm></Pty>")],
)
def test_camt_in_its_versions_with_batches_told_apart(version, status, name):
    found = read(CAMT.format(version=version, status=status, name=name, text=TEXT).encode(), currency="CNY")
    assert found.rows[0] == GOOD
    assert [(row.amount, row.external_id, row.text) for row in found.rows[1:]] == [
        (Decimal("60.00"), "t1", "a"),
        (Decimal("40.00"), "t2", "b"),
    ]
    assert (found.opening, found.closing) == (Decimal("500.00"), Decimal("1600.00"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b,c\n1,2,3\n",
        b"\xff\xff\xff",
        b"<html></html>",
        b"<Document><BkToCstmrStmt/></Document>",
        "日期,摘要\n2026-11-20,x\n".encode(),
        b":20:x\n:60F:nonsense",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>',
    ],
)
def test_what_is_no_statement_is_refused(content):
    with pytest.raises(Unreadable):
        read(content, currency="CNY")


def test_a_line_that_cannot_be_read_is_named_and_the_rest_is_kept():
    head = "日期,金额,摘要\n"
    found = read((head + "2026-11-20,abc,x\n2026-13-20,1.00,y\n2026-11-20,2.00,z\n").encode(), currency="CNY")
    assert [row.text for row in found.rows] == ["z"]
    told = [(line, fault.code, fault.params) for line, fault in found.problems]
    assert told == [(2, "no_amount", {"text": "abc"}), (3, "no_date", {"text": "2026-13-20"})]


def test_a_running_balance_that_breaks_is_a_problem_and_closes_nothing():
    head = "日期,金额,余额\n"
    found = read((head + "2026-11-20,5.00,5.00\n2026-11-20,5.00,11.00\n").encode(), currency="CNY")
    assert found.closing is None
    assert found.problems == [(0, Fault("balance_breaks"))]


def test_every_fault_is_said_in_both_languages():
    params = {"most": "1", "line": "2", "text": "3", "opening": "4", "closing": "5"}
    for code in SENTENCES:
        with translation.override("en"):
            english = str(Fault(code, params))
        with translation.override("zh-hans"):
            chinese = str(Fault(code, params))
        assert english != chinese and "%" not in english + chinese, code
        assert re.search("[一-鿿]{2}", chinese), chinese


def test_rows_may_run_backwards():
    head = "日期,金额,余额\n"
    found = read((head + "2026-11-21,5.00,15.00\n2026-11-20,10.00,10.00\n").encode(), currency="CNY")
    assert (found.opening, found.closing, found.closing_on) == (
        Decimal("0.00"),
        Decimal("15.00"),
        date(2026, 11, 21),
    )


def test_an_id_given_to_several_rows_tells_nothing():
    head = "日期,金额,流水号\n"
    found = read(
        (head + "2026-11-21,5.00,batch\n2026-11-21,6.00,batch\n2026-11-21,7.00,own\n").encode(), currency="CNY"
    )
    assert [row.external_id for row in found.rows] == ["", "", "own"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.56", "1234.56"),
        ("１，２３４．５６", "1234.56"),
        ("¥ 1 234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("(12.00)", "-12.00"),
        ("12.00-", "-12.00"),
        ("−12", "-12.00"),
        ("+0.5", "0.50"),
        ("1234", "1234.00"),
    ],
)
def test_amounts_as_banks_write_them(text, amount):
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1.2.3", "abc", "1e5", "0.001", "99999999999999999999", "NaN"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError):
        amount_of(text)


@pytest.mark.parametrize(
    "text", ["2026-11-20", "20261120", "2026/11/20 08:00", "2026年11月20日", "20.11.2026", "20/11/26"]
)
def test_days_as_banks_write_them(text):
    assert date_of(text) == date(2026, 11, 20)
