"""Statements to the letter: which id, name and words a row gets, what is cut, and what is no amount after all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from marketplace.payments import statements
from marketplace.payments.statements import Fault, Unreadable, read
from marketplace.payments.statements.rows import LARGEST, amount_of

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


def mt940(movement: str, told: str = "") -> bytes:
    said = f":86:{told}\n" if told else ""
    return (
        f":20:X\n:25:1/1\n:28C:1/1\n:60F:C261119EUR500,00\n:61:{movement}\n{said}:62F:C261120EUR1500,00\n-\n".encode()
    )


def test_what_is_too_long_in_mt940_is_cut_too():
    payer = f"166?00GUTSCHRIFT?20YL2345?32{'N' * 201}?31{'7' * 61}"
    (row,) = read(mt940(f"2611201120CR1000,00N051NONREF//77\n{'E' * 1001}", payer), currency="EUR").rows
    assert (len(row.payer_name), len(row.payer_account), len(row.text)) == (200, 60, 1000)


@pytest.mark.parametrize(("mark", "sign"), [("C", 1), ("D", -1), ("RC", -1), ("RD", 1)])
def test_a_credit_taken_back_is_money_that_left(mark, sign):
    (row,) = read(mt940(f"2611201120{mark}1000,00N051NONREF//77"), currency="EUR").rows
    assert row.amount == sign * 1000


@pytest.mark.parametrize("told", ["?20YL2345?31DE89370400?32BO", "?20IBAN+DE89370400?32BO", "?20SVWZ+YL2345?32BO"])
def test_the_payers_account_is_no_part_of_the_payers_name(told):
    (row,) = read(mt940("2611201120CR1000,00N051NONREF//77", f"166?00GUTSCHRIFT{told}"), currency="EUR").rows
    assert (row.payer_name, row.payer_account) == ("BO", "DE89370400" if "DE89" in told else "")


def test_what_the_bank_adds_to_the_movement_itself_is_read():
    (row,) = read(mt940("2611201120CR1000,00N051NONREF//77\nYL2345"), currency="EUR").rows
    assert row.text == "YL2345"


def test_statements_in_a_row_open_with_the_first_and_close_with_the_last():
    second = ":20:Y\n:25:1/1\n:28C:2/1\n:60F:C261120EUR1500,00\n:61:2611211121D200,00NCHGNONREF\n"
    found = read(
        mt940("2611201120CR1000,00N051NONREF//77") + f"{second}:62F:C261121EUR1300,00\n-\n".encode(), currency="CNY"
    )
    assert [row.amount for row in found.rows] == [Decimal(1000), Decimal(-200)]
    assert (found.opening, found.closing, found.closing_on) == (Decimal(500), Decimal(1300), date(2026, 11, 21))
    assert found.account_number == "1/1" and {row.currency for row in found.rows} == {"EUR"}


def test_a_page_of_a_statement_opens_and_closes_with_its_own_balances():
    page = mt940("2611201120CR1000,00N051NONREF//77").replace(b":60F:", b":60M:").replace(b":62F:", b":62M:")
    found = read(page, currency="EUR")
    assert (found.opening, found.closing) == (Decimal(500), Decimal(1500))


def test_mt940_in_chinese_characters_of_either_encoding():
    text = mt940("2611201120CR1000,00N051NONREF//77", "/NAME/博氏/REMI/专利款").decode()
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        (row,) = read(text.encode(encoding), currency="EUR").rows
        assert "博氏" in row.text
    assert refused(text.encode() + b"\xff\xff").code == "encoding"


def test_a_bank_that_gives_no_reference_gives_no_id():
    (row,) = read(mt940("2611201120CR1000,00N051NONREF//NONREF"), currency="EUR").rows
    assert (row.external_id, row.text) == ("", "")
    (row,) = read(mt940("2611201120CR1000,00N051OURS//B77"), currency="EUR").rows
    assert (row.external_id, row.text) == ("B77", "OURS")


def test_a_movement_counts_on_the_day_it_was_entered_and_else_on_its_value_day():
    (row,) = read(mt940("2611191120CR1000,00N051NONREF//77"), currency="EUR").rows
    assert row.booked_on == date(2026, 11, 20)
    (row,) = read(mt940("261119CR1000,00N051NONREF//77"), currency="EUR").rows
    assert row.booked_on == date(2026, 11, 19)


def test_a_movement_without_amount_is_no_mt940():
    assert refused(mt940("2611201120C")).code == "no_mt940"


def test_what_is_too_long_in_a_table_is_cut():
    head = "日期,金额,对方户名,对方账号,摘要,流水号\n"
    line = f"2026-11-20,5.00,{'名' * 201},{'6' * 61},{'长' * 1001},{'7' * 121}\n"
    (row,) = read((head + line).encode(), currency="CNY").rows
    assert (len(row.payer_name), len(row.payer_account), len(row.text), len(row.external_id)) == (200, 60, 1000, 120)


HEAD_CSV = "日期,金额,借贷标志,币种,摘要"


@pytest.mark.parametrize(
    ("line", "amount", "currency"),
    [
        ("2026-11-20,5.00,借,人民币,x", "-5.00", "CNY"),
        ("2026-11-20,-5.00,借,,x", "-5.00", "EUR"),
        ("2026-11-20,5.00,Ｃｒ,usd,x", "5.00", "USD"),
        ("2026-11-20,-5.00,贷,USDX,x", "5.00", "USD"),
        ("2026-11-20,-5.00,?,,x", "-5.00", "EUR"),
        ("2026-11-20,,贷,,x", "0.00", "EUR"),
    ],
)
def test_a_direction_decides_the_sign(line, amount, currency):
    (row,) = read(f"{HEAD_CSV}\n{line}\n".encode(), currency="EUR").rows
    assert (row.amount, row.currency) == (Decimal(amount), currency)


def test_what_came_in_and_what_left_stand_in_columns_of_their_own():
    lines = ["日期,收入,支出,摘要", "2026-11-20,,15.50,out", "2026-11-20,9.00,,in", "2026-11-20,9.00,-1.00,both"]
    found = read("\n".join(lines).encode(), currency="CNY")
    assert [row.amount for row in found.rows] == [Decimal("-15.50"), Decimal("9.00"), Decimal("8.00")]


def test_empty_lines_short_lines_and_totals_are_no_movements():
    lines = ["日期,金额,摘要", "", "2026-11-20,5.00", " , , ", "2026-11-20,6.00,x", "合计,11.00,", ",11.00,"]
    found = read("\n".join(lines).encode(), currency="CNY")
    assert [(row.amount, row.text) for row in found.rows] == [(Decimal(5), ""), (Decimal(6), "x")]
    assert [(line, fault.code) for line, fault in found.problems] == [(6, "no_date")]
    assert refused("日期,金额,摘要\n\n".encode()).code == "no_rows"
    assert read("日期,金额,摘要\nx,1,\n".encode(), currency="CNY").problems


@pytest.mark.parametrize(
    ("lines", "opening", "closing"),
    [
        (["2026-11-20,10.00,10.00", "2026-11-20,5.00,15.00", "2026-11-21,1.00,16.00"], "0.00", "16.00"),
        (["2026-11-21,1.00,16.00", "2026-11-20,5.00,15.00", "2026-11-20,10.00,10.00"], "0.00", "16.00"),
        (["2026-11-20,1.00,16.00", "2026-11-20,5.00,15.00", "2026-11-20,10.00,10.00"], "0.00", "16.00"),
        (["2026-11-20,10.00,10.00", "2026-11-20,5.00,15.00", "2026-11-20,1.00,16.00"], "0.00", "16.00"),
        (["2026-11-20,0.00,7.00", "2026-11-21,0.00,7.00", "2026-11-22,0.00,7.00"], "7.00", "7.00"),
        (["2026-11-22,0.00,7.00", "2026-11-21,0.00,7.00", "2026-11-21,0.00,7.00"], "7.00", "7.00"),
    ],
)
def test_a_running_balance_is_read_the_way_its_days_run(lines, opening, closing):
    found = read("\n".join(["日期,金额,余额", *lines, ""]).encode(), currency="CNY")
    assert (found.opening, found.closing, found.problems) == (Decimal(opening), Decimal(closing), [])
    assert found.closing_on == max(row.booked_on for row in found.rows)


def test_a_table_with_a_balance_missing_tells_none():
    found = read("日期,金额,余额\n2026-11-20,5.00,5.00\n2026-11-20,5.00,\n".encode(), currency="CNY")
    assert (len(found.rows), found.opening, found.closing, found.problems) == (2, None, None, [])


def test_a_balance_that_is_no_amount_is_no_balance_and_the_row_is_kept():
    found = read("日期,金额,余额\n2026-11-20,5.00,n/a\n".encode(), currency="CNY")
    assert [row.amount for row in found.rows] == [Decimal("5.00")] and found.closing is None


def refused(content: bytes) -> Fault:
    with pytest.raises(Unreadable) as told:
        read(content, currency="CNY")
    return told.value.fault


def bal(kind: str, amount: str, day: str = "") -> str:
    kinds = f"<Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
    return f'<Bal>{kinds}<Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{day and f"<Dt>{day}</Dt>"}</Bal>'


def test_a_document_type_is_refused_wherever_it_stands():
    body = camt(entry("5.00"))
    assert refused(b"<!DOCTYPE Document SYSTEM 'http://127.0.0.1/x.dtd'>" + body).code == "document_type"
    late = b"<!--" + b" " * 5000 + b"--><!DOCTYPE Document [<!ENTITY a 'b'>]>"
    assert refused(late + body).code == "document_type"


def test_xml_that_breaks_off_is_told_with_its_line():
    broken = refused(b"<Document>\n<Stmt>\n")
    assert broken.code == "no_xml" and int(broken.params["line"]) >= 2
    assert refused(f"{HEAD}</BkToCstmrStmt></Document>".encode()).code == "no_statement"


def test_balances_are_told_by_their_kind_and_the_first_opening_counts():
    first = bal("CLBD", "12.00", "<DtTm>2026-11-20T18:00:00</DtTm>") + bal("OPBD", "10.00")
    second = bal("OPBD", "12.00") + bal("CLBD", "15.00", "<Dt>2026-11-21</Dt>") + bal("ITBD", "99.00")
    found = read(camt(first, entry("5.00"), "</Stmt><Stmt>", second), currency="CNY")
    assert (found.opening, found.closing, found.closing_on) == (Decimal(10), Decimal(15), date(2026, 11, 21))
    found = read(camt(first, entry("2.00")), currency="CNY")
    assert (found.opening, found.closing, found.closing_on) == (Decimal(10), Decimal(12), date(2026, 11, 20))
    assert read(camt(bal("CLBD", "1.00"), entry("1.00")), currency="CNY").closing_on is None


def test_what_is_pending_is_passed_over_and_what_follows_is_read():
    pending = entry("9.00").replace("BOOK", "PDNG")
    coded = entry("7.00").replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>")
    silent = entry("6.00").replace("<Sts>BOOK</Sts>", "")
    found = read(camt(pending, entry("5.00"), coded, silent), currency="CNY")
    assert [row.amount for row in found.rows] == [Decimal(5), Decimal(7), Decimal(6)]


def test_an_entry_without_amount_is_named_and_without_currency_is_in_the_accounts():
    empty, without = entry(""), entry("5.00").replace('<Amt Ccy="CNY">5.00</Amt>', "")
    found = read(camt(empty, without, entry("4.00").replace(' Ccy="CNY"', "")), currency="EUR")
    assert [(row.amount, row.currency) for row in found.rows] == [(Decimal("4.00"), "EUR")]
    assert [(number, fault.code) for number, fault in found.problems] == [(1, "incomplete"), (2, "incomplete")]


def test_the_only_part_of_an_entry_keeps_the_entrys_id_and_its_payer_whatever_the_sum():
    payer = f"<RltdPties><Dbtr><Nm>博氏</Nm></Dbtr><DbtrAcct><Id><IBAN>{'6' * 61}</IBAN></Id></DbtrAcct></RltdPties>"
    (row,) = read(camt(entry("0.50", part("0.50", more=payer), own_id="B")), currency="CNY").rows
    assert (row.external_id, row.payer_name, len(row.payer_account)) == ("B", "博氏", 60)
    (row,) = read(camt(entry("0.50", part("0.50", more=payer), side="DBIT")), currency="CNY").rows
    assert (row.payer_name, row.payer_account) == ("", "")


def test_an_end_to_end_id_is_read_unless_the_payer_gave_none():
    told = "<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs></TxDtls>"
    (row,) = read(camt(entry("5.00", told.format("YL2345"))), currency="CNY").rows
    assert row.text == "YL2345"
    (row,) = read(camt(entry("5.00", told.format("NOTPROVIDED"))), currency="CNY").rows
    assert row.text == ""


def test_a_problem_is_kept_with_its_line_its_code_and_its_facts():
    assert Fault("no_amount", {"text": "abc"}).kept(7) == [7, "no_amount", {"text": "abc"}]


def test_a_file_over_the_limit_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(statements.camt, "LARGEST_FILE", 2 * 1024 * 1024)
    full = camt(entry("5.00")).ljust(2 * 1024 * 1024)
    assert read(full, currency="CNY").rows
    assert refused(full + b" ") == Fault("too_large", {"most": "2"})


def test_control_signs_in_words_become_spaces():
    (row,) = read("日期,金额,摘要\n2026-11-20,5.00,专利\x07款\u200b一\n".encode(), currency="CNY").rows
    assert row.text == "专利 款 一"


@pytest.mark.parametrize(("text", "amount"), [("(12.34)", "-12.34"), ("12.34-", "-12.34"), ("(12.00-)", "12.00")])
def test_signs_after_the_sum_and_brackets_take_away_no_digit(text, amount):
    assert amount_of(text) == Decimal(amount)


def test_the_largest_sum_is_one_and_a_cent_more_is_none():
    assert amount_of(str(LARGEST)) == LARGEST
    with pytest.raises(ValueError):
        amount_of(str(LARGEST + Decimal("0.01")))


def test_too_many_movements_are_refused(monkeypatch):
    monkeypatch.setattr(statements.reading, "MOST_ROWS", 1)
    assert read(camt(entry("5.00")), currency="CNY").rows
    assert refused(camt(entry("5.00"), entry("6.00"))) == Fault("too_many_rows", {"most": "1"})
