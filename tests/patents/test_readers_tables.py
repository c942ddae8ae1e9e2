"""Exports of search services, Chinese spreadsheets and our template, as CSV and XLSX."""

# ruff: noqa: E501 - rows and documents stand as they do in files

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import date, datetime
from fractions import Fraction

import pytest
from openpyxl import Workbook

from listings.patents.readers import RawRecord, Rejection, read, read_all
from listings.patents.readers.classes import fixed_symbol, locarno, packed_symbol, symbols
from listings.patents.readers.dates import office_date, parse_date
from listings.patents.readers.template import template_csv, template_rows, template_xlsx
from tests.patents.reading import instead, put, records, rejections

SHEET = "公开（公告）号,申请号,专利名称,申请（专利权）人,发明（设计）人,IPC主分类号,IPC分类号,申请日,公开（公告）日,法律状态,专利类型\n"
ROW = "CN110123456B,CN201910526314.8,一种氟硅材料,云澜材料有限公司;云澜大学,张三;李四,C08F14/18,C08F 14/18;C08L27/18,2019.06.18,2021/3/9,授权,发明专利\n"

LENS = (
    "#,Jurisdiction,Kind,Publication Number,Lens ID,Publication Date,Publication Year,Application Number,Application Date,"
    "Priority Numbers,Title,Applicants,Inventors,Type,Cited Count,CPC Classifications,IPCR Classifications\n"
)


def test_a_chinese_row_is_read_in_every_field(tmp_path):
    (record,) = records(put(tmp_path, "导出.csv", SHEET + ROW))
    assert (record.source, record.office, record.kind) == ("cn_sheet", "CN", "invention")
    assert record.application_number == "201910526314.8"
    assert (record.publication_number, record.kind_code) == ("110123456", "B")
    assert record.grant_number == "201910526314.8"
    assert record.title_zh == "一种氟硅材料"
    assert (record.filed_on, record.published_on, record.granted_on) == (
        date(2019, 6, 18),
        date(2021, 3, 9),
        date(2021, 3, 9),
    )
    assert record.ipc == ["C08F 14/18", "C08L 27/18"]
    assert [(p.role, p.name, p.sequence) for p in record.parties] == [
        ("applicant", "云澜材料有限公司", 1), ("applicant", "云澜大学", 2), ("owner", "云澜材料有限公司", 1),
        ("owner", "云澜大学", 2), ("inventor", "张三", 1), ("inventor", "李四", 2),
    ]  # fmt: skip
    assert record.legal_status == "授权"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_encoding_is_told_from_the_bytes(tmp_path, encoding, newline):
    path = put(tmp_path, "x.csv", (SHEET + ROW * 3).replace("\n", newline), encoding)
    assert [r.title_zh for r in records(path)] == ["一种氟硅材料"] * 3


@pytest.mark.parametrize(
    "header",
    [
        "公开(公告)号,申请号,标题,摘要,当前权利人,发明人,主分类号,分类号,申请日,公开日,最新法律状态,类型",
        "公 开（公 告）号,专利 申请号,发明名称,摘要文本,专利权人,发明人,IPC主分类号,IPC分类号,申请日期,公开（公告）日,专利权状态,专利类型",
        '"公开\n（公告）\n号",申请号 ,名称,摘要,申请人,发明人,主分类号,分类号,申请日,公开日,法律状态,专利类型',
        "公开公告号,申请号,专利名称,摘要,【申请人】,发明人,ＩＰＣ主分类号,ＩＰＣ分类号,申请日,公开日,法律状态,专利类型",
    ],
)
def test_headers_in_many_spellings(tmp_path, header):
    row = "CN110123456A,2019105263148,一种氟硅材料,摘要文字,云澜材料有限公司,张三,C08F 14/18,C08F 14/18,20190618,2019-12-01,实质审查,发明专利"
    (record,) = records(put(tmp_path, "x.csv", f"{header}\n{row}\n"))
    assert (record.application_number, record.publication_number) == ("201910526314.8", "110123456")
    assert (record.title_zh, record.abstract_zh) == ("一种氟硅材料", "摘要文字")
    assert record.filed_on == date(2019, 6, 18)
    assert {p.name for p in record.parties} == {"云澜材料有限公司", "张三"}
    assert record.ipc == ["C08F 14/18"]


def test_lines_before_the_header_blank_rows_and_a_repeated_header_are_no_records(tmp_path):
    path = put(tmp_path, "x.csv", f"专利导出清单,,\n\n{SHEET}{ROW}\n,,,,,,,,,,\n{SHEET}{ROW}")
    assert len(records(path)) == 2


def test_empty_words_are_no_error(tmp_path):
    (record,) = records(put(tmp_path, "x.csv", SHEET + "-,201910526314.8,NA,/,,-,NA,N/A,--,无,\n"))
    assert (record.publication_number, record.title_zh, record.parties, record.ipc) == ("", "", [], [])
    assert (record.filed_on, record.published_on) == (None, None)


def test_mistakes_reject_their_row_only_and_say_what_and_where(tmp_path):
    text = SHEET + "".join(
        [
            ROW,
            ROW.replace("201910526314.8", "201910526314.3"),
            "NA,,没有号码,甲,乙,,,,,,\n",
            ROW.replace("2019.06.18", "2019.13.45"),
            ROW.replace("CN110123456B", "CN110123456Q"),
            ROW.rstrip("\n") + ",多余\n",
            ROW,
        ]
    )
    items = list(read(put(tmp_path, "x.csv", text)))
    assert [type(item) for item in items] == [RawRecord, *[Rejection] * 5, RawRecord]
    wrong = [item for item in items if isinstance(item, Rejection)]
    assert [(w.line, w.code) for w in wrong] == [
        (3, "check_digit"), (4, "no_number"), (5, "bad_date"), (6, "bad_kind_code"), (7, "too_many_cells"),
    ]  # fmt: skip
    assert wrong[0].params["expected"] == "8"
    assert wrong[0].params["given"] == "3"
    assert wrong[0].params["column"] == "申请号"
    assert wrong[2].params == {"column": "申请日", "value": "2019.13.45"}
    assert wrong[2].number == "CN201910526314.8"


def test_rows_keep_their_bytes_and_their_line_even_with_line_breaks_in_cells(tmp_path):
    path = put(tmp_path, "x.csv", SHEET + ROW.replace("一种氟硅材料", '"一种\n""氟""硅材料"') + ROW)
    first, second = (item for item in read(path) if isinstance(item, RawRecord))
    assert (first.line, second.line) == (2, 4)
    assert first.record.title_zh == '一种\n"氟"硅材料'
    assert second.raw.decode() == ROW.rstrip("\n")


def test_a_patent_number_column_is_read_for_what_it_holds(tmp_path):
    text = "专利号,专利名称,申请日\nZL201910526314.8,甲,2019-06-18\nCN110123456B,乙,\n201910526314.8,丙,\n"
    zl, published, bare = records(put(tmp_path, "x.csv", text))
    assert (zl.application_number, zl.grant_number) == ("201910526314.8", "201910526314.8")
    assert (published.publication_number, published.kind_code) == ("110123456", "B")
    assert (bare.application_number, bare.grant_number) == ("201910526314.8", "")


def test_two_different_numbers_in_one_row_disagree(tmp_path):
    text = "申请号,专利号,专利名称\n201910526314.8,ZL201710601862.3,甲\n"
    (wrong,) = rejections(put(tmp_path, "x.csv", text))
    assert (wrong.code, wrong.params["other"]) == ("numbers_disagree", "201710601862.3")


def test_economics_columns_and_a_design(tmp_path):
    text = (
        "申请号,名称,专利类型,分类号,累积专利转让次数,累积专利许可次数,专利是否质押,被引用次数,国省代码,简单同族,优先权\n"
        "202130123456.9,瓶,外观设计,07-01,2,1,是,12,浙江;33,CN306123456S;US D652271 S1,US 29/378228 2020-10-01\n"
    ).replace("202130123456.9", _with_check("202130123456"))
    (record,) = records(put(tmp_path, "x.csv", text))
    assert (record.kind, record.ipc, record.locarno) == ("design", [], ["07-01"])
    assert record.extras["cn_transfer_count"] == "2"
    assert record.extras["cn_licence_count"] == "1"
    assert record.extras["cn_is_pledged"] == "yes"
    assert record.cited_by_count == 12
    assert record.family == ["CN-306123456-S", "US-D652271-S1"]
    assert record.priority == [("US", "29/378228", date(2020, 10, 1))]


def _with_check(body: str) -> str:
    from listings.patents.numbers import check_digit

    return f"{body}.{check_digit(body)}"


def test_the_template_reads_as_it_is_handed_out(tmp_path):
    for path in (put(tmp_path, "t.csv", template_csv()), put(tmp_path, "t.xlsx", template_xlsx())):
        (record,) = records(path)
        assert record.source == "template"
        assert record.application_number == "202110345678.3"
        assert record.grant_number == "202110345678.3"
        shares = {p.name: p.share for p in record.parties if p.role == "owner"}
        assert shares == {"云澜示例材料有限公司": Fraction(3, 5), "云澜示例大学": Fraction(2, 5)}
    assert all(" / " in header for header in template_rows()[0])


@pytest.mark.parametrize("shares", ["甲:60%;乙:50%", "甲六成"])
def test_shares_that_cannot_be(tmp_path, shares):
    text = f"申请号,专利名称,专利权人,权利人份额\n201910526314.8,甲,甲;乙,{shares}\n"
    assert [r.code for r in rejections(put(tmp_path, "x.csv", text))] == ["bad_share"]


def test_a_workbook_with_excel_dates_and_numbers_as_numbers(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["某公司专利清单"])
    sheet.append(["申请号", "公开（公告）号", "专利\n名称", "申请日", "公开日", "专利类型"])
    sheet.append([2019105263148, "CN110123456B", "一种氟硅材料", datetime(2019, 6, 18), 44264, "发明"])
    sheet.append([None, None, None, None, None, None])
    sheet.append(["201910526314.3", None, "错", None, None, None])
    book.create_sheet("说明").append(["请勿修改"])
    out = io.BytesIO()
    book.save(out)
    good, bad = read(put(tmp_path, "清单.xlsx", out.getvalue()))
    assert isinstance(good, RawRecord)
    assert isinstance(bad, Rejection)
    assert good.record.application_number == "201910526314.8"
    assert (good.record.filed_on, good.record.published_on) == (date(2019, 6, 18), date(2021, 3, 9))
    assert (bad.line, bad.code) == (5, "check_digit")


def test_formula_and_script_cells_stay_plain_text(tmp_path):
    text = SHEET + ROW.replace("一种氟硅材料", '"=HYPERLINK(""http://x"",""y"")"').replace(
        "张三", "<script>alert(1)</script>"
    )
    (record,) = records(put(tmp_path, "x.csv", text))
    assert '=HYPERLINK("http://x","y")' in (record.title_zh, record.title_en)
    assert "<script>alert(1)</script>" in [p.name for p in record.parties]


def test_lens_with_years_of_four_digits(tmp_path):
    row = (
        "1,CN,A,CN 104968889 A,000-1,2015-10-07,2015,CN 201380062258 A,2013-10-11,US 201261713164 P 20121012;;CN 2014083484 W,"
        "Own Title,FIRM A;;FIRM B,DOE JANE,Patent Application,3,E21B47/022;;G01C9/00,E21B47/022\n"
    )
    (record,) = records(put(tmp_path, "x.csv", LENS + row))
    assert (record.application_number, record.publication_number, record.kind_code) == (
        "201380062258.8",
        "104968889",
        "A",
    )
    assert record.priority == [("US", "61/713164", date(2012, 10, 12)), ("WO", "PCT/CN2014/083484", None)]
    assert (record.ipc, record.cpc) == (["E21B 47/022"], ["E21B 47/022", "G01C 9/00"])
    assert record.cited_by_count == 3
    assert [p.name for p in record.parties] == ["FIRM A", "FIRM B", "DOE JANE"]


def test_lens_with_years_of_two_digits_finds_the_century(tmp_path):
    rows = (
        "1,US,A,US 1896925 A,x,07/02/33,1933,US 57398931 A,09/11/31,,Old,A,B,Granted Patent,0,,A21C11/04\n"
        "2,JP,A,JP S6034125 A,x,21/02/85,1985,JP 14315483 A,04/08/83,,Newer,A,B,Patent Application,0,,\n"
        "3,US,S1,US D652271 S1,x,17/01/12,2012,US 37822810 F,01/11/10,,Cutter,A,B,Design right,0,,\n"
    )
    old, newer, design = records(put(tmp_path, "x.csv", LENS + rows))
    assert (old.filed_on, old.published_on) == (date(1931, 11, 9), date(1933, 2, 7))
    assert (newer.filed_on, newer.published_on) == (date(1983, 8, 4), date(1985, 2, 21))
    assert (design.kind, design.application_number, design.granted_on) == ("design", "29/378228", date(2012, 1, 17))


def test_patentscope(tmp_path):
    text = (
        "Publication Number,Publication Date,Title,Priority Data,IPC,Applicants,Inventors,FP Image\n"
        'US20100021591,29.01.2010,Own title,"[60/835,523 2006-08-04T23:59:59.000Z US, 0120467 26.06.2001 GB]",'
        "B65D 81/20;A21D 10/02 (2006.01);NA,NA,Doe Jane;Roe Richard,NA\n"
        "kr1020130111726,NA,另一个标题,NA,NA,某公司,NA,NA\n"
    )
    first, second = records(put(tmp_path, "x.csv", text))
    assert (first.publication_number, first.published_on) == ("20100021591", date(2010, 1, 29))
    assert first.priority == [("US", "60/835523", date(2006, 8, 4)), ("GB", "0120467", date(2001, 6, 26))]
    assert first.ipc == ["B65D 81/20", "A21D 10/02"]
    assert [p.name for p in first.parties] == ["Doe Jane", "Roe Richard"]
    assert (second.office, second.publication_number, second.published_on) == ("KR", "20130111726", None)


def test_thomson(tmp_path):
    text = (
        "row no,publication number,kind code,title,priority document,priority country,earliest priority date,application date,"
        "publication date,applicant,inventors,ipc classes,family members,family size\n"
        "1,DE10131036,A1,Own title,US20000208148P,United States,2000-05-31T00:00:00Z,2001-06-29T00:00:00Z,"
        "2003-06-05T00:00:00Z,FIRM | OTHER,DOE JANE    DE | ROE R      US,A61K03627 | A61K0317076,WO2004087052A3 | US7374779B2,3\n"
    )
    (record,) = records(put(tmp_path, "x.csv", text))
    assert (record.office, record.publication_number, record.kind_code) == ("DE", "10131036", "A1")
    assert record.ipc == ["A61K 36/27", "A61K 31/7076"]
    assert record.family == ["WO-2004087052-A3", "US-7374779-B2"]
    assert record.priority == [("US", "60/208148", date(2000, 5, 31))]
    assert [(p.name, p.country) for p in record.parties if p.role == "inventor"] == [
        ("DOE JANE", "DE"),
        ("ROE R", "US"),
    ]


def test_google(tmp_path):
    text = (
        "search URL:,https://patents.google.com/?q=x\n"
        "id,title,assignee,inventor/author,priority date,filing/creation date,publication date,grant date,result link\n"
        'US-9254383-B2,Own title,"Firm, Inc., Other LLC","Jane Doe, R. Roe",2008-03-03,2009-02-27,2016-02-09,2016-02-09,https://x\n'
    )
    (record,) = records(put(tmp_path, "x.csv", text))
    assert (record.publication_number, record.kind_code, record.grant_number) == ("9254383", "B2", "9254383")
    assert record.granted_on == date(2016, 2, 9)
    assert [p.name for p in record.parties] == ["Firm, Inc.", "Other LLC", "Jane Doe", "R. Roe"]


def test_tables_inside_gzip_zip_and_folders_count_the_same(tmp_path):
    data = (SHEET + ROW * 2).encode()
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    put(folder, "a.csv.gz", gzip.compress(data))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.csv", data)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("../../escape.csv", data)
    put(folder, "c.zip", outer.getvalue())
    found = [item for item in read_all([tmp_path]) if isinstance(item, RawRecord)]
    assert len(found) == 6
    assert any("c.zip!inner.zip!b.csv" in item.file for item in found)
    assert not (tmp_path.parent / "escape.csv").exists()


def test_a_table_of_something_else_is_named(tmp_path):
    out = io.StringIO()
    csv.writer(out).writerows([["name", "price"], ["tea", "3"]])
    assert instead(put(tmp_path, "x.csv", out.getvalue())) == "unknown_format"
    assert instead(put(tmp_path, "empty.csv", "\ufeff \n")) == "empty"
    assert instead(put(tmp_path, "x.jsonl", '{"title": "x"}\n')) == "unknown_format"
    assert instead(put(tmp_path, "x.xls", b"\xd0\xcf\x11\xe0" + bytes(600))) == "legacy_excel"


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-01-15", date(2024, 1, 15)), ("2024.01.15", date(2024, 1, 15)), ("2024/1/2", date(2024, 1, 2)),
     ("20240115", date(2024, 1, 15)), ("2024年1月15日", date(2024, 1, 15)), ("２０２４－０１－１５", date(2024, 1, 15)),
     ("2024-01-15 00:00:00", date(2024, 1, 15)), ("45306", date(2024, 1, 15)), ("NA", None), (" ", None)],
)  # fmt: skip
def test_dates(text, day):
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["2024-02-30", "15/01/2024", "yesterday", "2024", "9" * 1000, "2024-1-15-3"])
def test_what_is_no_date(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_date(text)


def test_an_office_may_leave_the_day_open():
    assert office_date("19930400") is None
    assert office_date("0001-01-01") is None
    assert office_date("20051129") == date(2005, 11, 29)


def test_classification_symbols():
    assert symbols("E21B  47/  0228            A I      ") == ("E21B 47/0228",)
    assert symbols("6 A 23 C 19/00, 19/068, 19/08, A 21 D 13/08") == (
        "A23C 19/00",
        "A23C 19/068",
        "A23C 19/08",
        "A21D 13/08",
    )
    assert symbols("7A 61K 31:495 J") == ("A61K 31/495",)
    assert symbols("B65D 5/50 20060101AFI20120812VHKR") == ("B65D 5/50",)
    assert symbols("G06F015/16") == ("G06F 15/16",)
    assert symbols("H01J") == ("H01J",)
    assert symbols("none") == ()
    assert packed_symbol("A61K036185") == ("A61K 36/185",)
    assert fixed_symbol("G06F  728") == ("G06F 7/28",)
    assert fixed_symbol("H04M 1100") == ("H04M 11/00",)
    assert locarno("LOC(13) 07-04") == ("07-04",)
