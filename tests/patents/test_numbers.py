"""Numbers in every spelling: what is read, what is refused and with which words."""

# ruff: noqa: E501 - rows and documents stand as they do in files

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.patents.numbers import (
    APPLICATION,
    DESIGN,
    INVENTION,
    PUBLICATION,
    UTILITY_MODEL,
    NumberError,
    check_digit,
    format_number,
    is_grant_code,
    looks_like_number,
    parse,
    publication,
    spellings,
)


@pytest.mark.parametrize(
    ("body", "digit"),
    [("201710601862", "3"), ("201610076159", "0"), ("97101765", "4"), ("95115608", "X")],
)
def test_the_check_digit_of_known_chinese_numbers(body, digit):
    assert check_digit(body) == digit


@pytest.mark.parametrize(
    "text",
    [
        "201710601862.3",
        "2017106018623",
        "201710601862",
        "CN201710601862.3",
        "ZL201710601862.3",
        "ZL 2017 1 0601862.3",
        "cn 201710601862.3",
        "ＣＮ２０１７１０６０１８６２．３",
        "\u202e201710601862.3\u202c",
        "\u200b2017\u200d10601862.3\ufeff",
        "专利号：ZL201710601862.3",
        "CN-201710601862.3",
    ],
)
def test_one_chinese_application_in_many_spellings(text):
    number = parse(text)
    assert (number.office, number.kind, number.canonical) == ("CN", APPLICATION, "201710601862.3")
    assert number.check == "3"
    assert number.right == INVENTION
    assert number.is_zl == ("ZL" in text)


@pytest.mark.parametrize(("text", "canonical"), [("95115608.X", "95115608.X"), ("95115608x", "95115608.X")])
def test_the_short_form_with_its_x(text, canonical):
    assert parse(text).canonical == canonical


@pytest.mark.parametrize(
    ("type_digit", "right"),
    [("1", INVENTION), ("2", UTILITY_MODEL), ("3", DESIGN), ("8", INVENTION), ("9", UTILITY_MODEL)],
)
def test_the_type_digit_tells_the_right(type_digit, right):
    body = f"2019{type_digit}0526314"
    assert parse(f"{body}.{check_digit(body)}").right == right


def test_a_wrong_check_digit_is_refused_with_the_right_one():
    with pytest.raises(NumberError) as refused:
        parse("201910526314.3", "CN", APPLICATION)
    assert refused.value.code == "check_digit"
    assert dict(refused.value.params) == {"given": "3", "expected": "8", "number": "201910526314.3"}


@given(st.integers(2004, 2030), st.sampled_from("12389"), st.integers(0, 9_999_999), st.sampled_from("0123456789X"))
def test_exactly_one_check_digit_is_taken(year, kind, serial, digit):
    body = f"{year}{kind}{serial:07d}"
    if digit == check_digit(body):
        assert parse(f"{body}.{digit}").canonical == f"{body}.{digit}"
    else:
        with pytest.raises(NumberError):
            parse(f"{body}.{digit}")


@pytest.mark.parametrize(
    ("text", "office", "canonical", "kind_code"),
    [
        ("CN104968889A", "CN", "104968889", "A"),
        ("CN 2249109 Y", "CN", "2249109", "Y"),
        ("104968889", "CN", "104968889", ""),
        ("US 2013/0101709 A1", "US", "20130101709", "A1"),
        ("US2013101709A1", "US", "20130101709", "A1"),
        ("US-9254383-B2", "US", "9254383", "B2"),
        ("US 9,254,383 B2", "US", "9254383", "B2"),
        ("US08926509B2", "US", "8926509", "B2"),
        ("USD0652271S1", "US", "D652271", "S1"),
        ("USRE043035", "US", "RE43035", ""),
        ("EP 2862606 B8 20160907", "EP", "2862606", "B8"),
        ("EP0123456A1", "EP", "0123456", "A1"),
        ("WO2014/059282", "WO", "2014059282", ""),
        ("WO 98/00393 A1", "WO", "1998000393", "A1"),
        ("WO200112155A1", "WO", "2001012155", "A1"),
        ("JP S6034125 A", "JP", "S6034125", "A"),
        ("JP2004-7275A", "JP", "2004007275", "A"),
        ("kr1020130111726", "KR", "20130111726", ""),
        ("AU200131781A", "AU", "2001031781", "A"),
        ("DE 102005011504 A1", "DE", "102005011504", "A1"),
        ("TW I259178B", "TW", "I259178", "B"),
        ("mxPA/a/2006/007222", "MX", "PAA2006007222", ""),
    ],
)
def test_publications_of_many_offices(text, office, canonical, kind_code):
    number = parse(text, None, PUBLICATION)
    assert (number.office, number.canonical, number.kind_code) == (office, canonical, kind_code)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("US 201213653045 A", "13/653045"),
        ("US 28352402 A", "10/283524"),
        ("US 33316908 A", "12/333169"),
        ("US 37822810 F", "29/378228"),
        ("US 201261713164 P", "61/713164"),
        ("US 57398931 A", "57398931"),
        ("US 2014/0059719 W", "PCT/US2014/059719"),
        ("CN 2014083484 W", "PCT/CN2014/083484"),
        ("US 0029411 W", "PCT/US2000/029411"),
        ("CN 201380062258 A", "201380062258.8"),
        ("EP 08713348 A", "08713348"),
        ("EP19990203729", "99203729"),
        ("KR 20120006510 U", "2020120006510"),
    ],
)
def test_applications_as_search_services_write_them(text, canonical):
    assert parse(text, None, APPLICATION, docdb=True).canonical == canonical


@pytest.mark.parametrize(
    ("text", "canonical"), [("PCT/US2013/064552", "PCT/US2013/064552"), ("PCT/US00/29411", "PCT/US2000/029411")]
)
def test_international_applications(text, canonical):
    number = parse(text, "CN", APPLICATION)
    assert (number.office, number.canonical) == ("WO", canonical)


@pytest.mark.parametrize(
    ("text", "hint", "code"),
    [
        ("", None, "no_number"),
        (" \u200b ", None, "no_number"),
        ("9" * 5_000_000, None, "too_long"),
        ("PZ123456", None, "unknown_office"),
        ("CN104968889Q", None, "bad_kind_code"),
        ("CN12", None, "bad_number"),
        ("CN201970526314.8", None, "bad_number"),
        ("WO12", None, "bad_number"),
        ("123", None, "no_office"),
        ("US", None, "bad_number"),
        ("EP123456789012345", None, "bad_number"),
        ("GB" + "1" * 40, None, "bad_number"),
        ("一二三四五六七", "CN", "bad_number"),
    ],
)
def test_what_is_no_number_is_refused_with_a_code(text, hint, code):
    with pytest.raises(NumberError) as refused:
        parse(text, hint)
    assert refused.value.code == code


def test_a_huge_string_is_refused_at_once():
    huge = "１" * 20_000_000
    start = time.perf_counter()
    with pytest.raises(NumberError):
        parse(huge)
    assert not looks_like_number(huge)
    assert time.perf_counter() - start < 0.1


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused_never_broken(text):
    try:
        number = parse(text)
    except NumberError:
        return
    assert number.canonical.isascii()
    assert number.office


@given(st.from_regex(r"(US|EP|WO|CN|JP|KR|AU|DE|CA|RU)[ -]?[0-9]{4}[/-]?[0-9]{3,8}([ -]?[AB][1-9]?)?", fullmatch=True))
def test_a_canonical_number_reads_as_itself(text):
    try:
        first = parse(text)
    except NumberError:
        return
    shown = format_number(first.office, first.canonical, first.kind_code)
    again = parse(shown, first.office, first.kind if first.kind in (APPLICATION, PUBLICATION) else None)
    assert (again.office, again.canonical) == (first.office, first.canonical)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("201910526314.8", True), ("CN104968889A", True), ("9254383", True), ("PCT/US2013/064552", True), ("fluorine resin", False),
     ("含氟聚合物", False), ("5G antenna", False), ("", False), ("2024", False)],
)  # fmt: skip
def test_what_the_search_bar_takes_for_a_number(text, is_one):
    assert looks_like_number(text) is is_one


def test_bare_digits_have_every_reading_that_fits():
    found = {(n.office, n.canonical) for n in spellings("9254383")}
    assert ("US", "9254383") in found
    assert ("CN", "9254383") in found


def test_how_numbers_are_shown():
    assert format_number("CN", "201910526314.8", is_granted=True) == "ZL 201910526314.8"
    assert format_number("CN", "201910526314.8") == "CN 201910526314.8"
    assert format_number("US", "9254383", "B2") == "US 9,254,383 B2"
    assert format_number("US", "20130101709", "A1") == "US 2013/0101709 A1"
    assert format_number("WO", "2014059282", "A2") == "WO 2014/059282 A2"
    assert format_number("WO", "PCT/US2013/064552") == "PCT/US2013/064552"
    assert format_number("EP", "1000000", "B1") == "EP 1000000 B1"


def test_a_kind_code_in_its_own_column():
    assert publication("DE10131036", None, "A1").id == "DE-10131036-A1"
    assert publication("CN104968889B", None, "A").kind_code == "B"


@pytest.mark.parametrize(
    ("office", "code", "year", "grants"),
    [("CN", "A", 0, False), ("CN", "B", 0, True), ("CN", "U", 0, True), ("US", "A", 1999, True), ("US", "A1", 2005, False),
     ("US", "B2", 2005, True), ("EP", "A1", 0, False), ("EP", "B1", 0, True), ("WO", "A1", 0, False)],
)  # fmt: skip
def test_which_documents_are_grants(office, code, year, grants):
    assert is_grant_code(office, code, year) is grants
