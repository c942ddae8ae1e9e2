"""Figures, money and days are written as the look says, in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import formats

ZH, EN = "zh-hans", "en"
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        ("4800000", "480 万元", "CNY 4.8 m"),
        ("318264500", "3.18 亿元", "CNY 318.26 m"),
        ("360000", "36 万元", "CNY 360 k"),
        ("10853989.55", "1,085.4 万元", "CNY 10.85 m"),
        ("950", "950 元", "CNY 950"),
        ("0", "0 元", "CNY 0"),
        ("0.004", "0 元", "CNY 0"),
        ("-12000", "\u22121.2 万元", "CNY \u221212 k"),
        ("99999999", "1 亿元", "CNY 100 m"),
        ("9999.999", "1 万元", "CNY 10 k"),
        ("999999", "100 万元", "CNY 1 m"),
        ("2500000000", "25 亿元", "CNY 2.5 bn"),
    ],
)
def test_an_amount_is_read_in_its_own_scale(amount, zh, en):
    assert formats.money_reading(Decimal(amount), "CNY", ZH) == zh
    assert formats.money_reading(Decimal(amount), "CNY", EN) == en


def test_other_currencies_are_named():
    assert formats.money_reading(Decimal(25000), "USD", ZH) == "2.5 万美元"
    assert formats.money_reading(Decimal(25000), "CHF", ZH) == "2.5 万 CHF"
    assert formats.money_reading(Decimal(25), "CHF", ZH) == "25 CHF"
    assert formats.money_exact(Decimal(25000), "CHF", ZH) == "25,000.00 CHF"


def test_exact_money_keeps_every_cent():
    assert formats.money_exact(Decimal("4800000"), "CNY", ZH) == "4,800,000.00 元"
    assert formats.money_exact(Decimal("4800000"), "CNY", EN) == "CNY 4,800,000.00"
    assert formats.money_figure(Decimal("-12000")) == "\u221212,000.00"
    assert formats.money_figure(Decimal("-0.00")) == "0.00"


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_the_exact_figure_reads_back(amount):
    assert Decimal(formats.money_figure(amount).replace(",", "").replace(formats.MINUS, "-")) == amount


@given(st.decimals(min_value=1, max_value=10**15, places=2), st.sampled_from([ZH, EN]))
def test_a_reading_is_never_off_by_more_than_half_a_hundredth_of_its_scale(amount, lang):
    figure, unit = formats.money_parts(amount, "CNY", lang)
    scale = {"亿元": 10**8, "万元": 10**4, "元": 1, "bn": 10**9, "m": 10**6, "k": 10**3, "": 1}[unit]
    read = Decimal(figure.removeprefix("CNY ").replace(",", "")) * scale
    assert abs(read - amount) <= Decimal("0.005") * scale
    assert read >= scale


def test_bands_share_their_unit_when_they_can():
    low, high = Decimal(300_000), Decimal(6_000_000)
    assert formats.money_range(low, high, "CNY", ZH) == "30–600 万元"
    assert formats.money_range(low, high, "CNY", EN) == "CNY 300 k – CNY 6 m"
    assert formats.money_range(Decimal(1_000_000), high, "CNY", EN) == "CNY 1–6 m"
    assert formats.money_range(None, high, "CNY", ZH) == "600 万元以下"
    assert formats.money_range(low, None, "CNY", EN) == "from CNY 300 k"
    assert formats.money_range(Decimal(0), None, "CNY", ZH) == "0 元以上"
    with pytest.raises(ValueError, match="at least one bound"):
        formats.money_range(None, None, "CNY", ZH)


def test_days_follow_the_language():
    on = date(2026, 12, 2)
    assert formats.day(on, ZH) == "2026-12-02"
    assert formats.day(on, EN) == "2 Dec 2026"
    assert formats.day_short(on, ZH, TODAY) == "12-02"
    assert formats.day_short(on, EN, TODAY) == "2 Dec"
    assert formats.day_short(date(2027, 1, 2), ZH, TODAY) == "2027-01-02"
    assert formats.day_range(TODAY, on, ZH) == "2026-11-23 至 2026-12-02"
    assert formats.day_range(TODAY, on, EN) == "23 Nov – 2 Dec 2026"
    assert formats.day_range(TODAY, date(2027, 1, 2), EN) == "23 Nov 2026 – 2 Jan 2027"
    at = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
    assert formats.moment(at, ZH, TODAY) == "11-20 15:42"
    assert formats.moment(at, EN) == "20 Nov 2026, 15:42"
    assert formats.weekday(TODAY, ZH) == "星期一"
    assert formats.weekday(TODAY, EN) == "Monday"


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [
        (7, "余 7 个工作日", "7 working days left"),
        (1, "余 1 个工作日", "1 working day left"),
        (0, "今日到期", "due today"),
        (-2, "超时 2 个工作日", "2 working days late"),
    ],
)
def test_a_deadline_says_how_much_is_left(days, zh, en):
    assert formats.working_days_left(days, ZH) == zh
    assert formats.working_days_left(days, EN) == en


def test_the_last_day_of_a_right_is_not_yet_expiry():
    assert formats.years_left(date(2039, 6, 18), ZH, TODAY) == "剩余 12.6 年"
    assert formats.years_left(date(2039, 6, 18), EN, TODAY) == "12.6 years left"
    assert formats.years_left(TODAY, ZH, TODAY) == "剩余 0.0 年"
    assert formats.years_left(date(2026, 11, 22), EN, TODAY) == "expired"


def test_small_figures():
    assert formats.number(1206) == "1,206"
    assert formats.number(-1206) == "\u22121,206"
    assert formats.number(Decimal("2.675"), 2) == "2.68"
    assert formats.percent(Decimal("3.850")) == "3.85%"
    assert formats.basis_points(250) == "2.5%"
    assert formats.file_size(1023) == "1023 B"
    assert formats.file_size(421888) == "412 KB"
    assert formats.file_size(3 * 1024**3) == "3 GB"
    assert formats.number_range(10, 15) == "10–15"
    assert formats.head_and_tail("9f3a" + "0" * 56 + "c21e") == "9f3a…c21e"
    assert formats.head_and_tail("abc") == "abc"


@pytest.mark.parametrize(
    ("current", "last", "links"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 500, [1, None, 4, 5, 6, None, 500]),
        (3, 500, [1, 2, 3, 4, None, 500]),
        (4, 500, [1, 2, 3, 4, 5, None, 500]),
        (500, 500, [1, None, 499, 500]),
    ],
)
def test_pages_are_offered_around_the_current_one(current, last, links):
    assert list(formats.page_links(current, last)) == links


@given(st.integers(1, 5000).flatmap(lambda last: st.tuples(st.integers(1, last), st.just(last))))
def test_first_current_and_last_page_are_always_offered_in_order(case):
    current, last = case
    pages = [page for page in formats.page_links(current, last) if page is not None]
    assert {1, current, last} <= set(pages)
    assert pages == sorted(set(pages))
    assert len(pages) <= 7


def test_an_exact_band_names_its_currency_once_and_keeps_the_unit_on_the_line():
    low, high = Decimal("400000"), Decimal("700000.5")
    assert formats.money_exact_range(low, high, "CNY", ZH) == "400,000.00–700,000.50\u00a0元"
    assert formats.money_exact_range(low, high, "CNY", EN) == "CNY 400,000.00–700,000.50"
    assert formats.money_exact_range(low, low, "CNY", ZH) == "400,000.00 元"
