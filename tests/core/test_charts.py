"""Charts are well-formed, stay inside their box, escape their words and need no style or script."""

from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import charts

LIFE = charts.Span(date(2019, 1, 1), date(2040, 1, 1))
TODAY = date(2026, 11, 23)
EVIL = '"><script>alert(1)</script>'


def parsed(svg: str) -> ET.Element:
    assert "style=" not in svg
    assert "<script" not in svg
    return ET.fromstring(svg)


def share(text: str) -> Decimal:
    return Decimal(text.rstrip("%"))


def test_a_share_is_held_between_nothing_and_all():
    assert charts.pct(1, 3) == "33.33%"
    assert charts.pct(5, 3) == "100%"
    assert charts.pct(-1, 3) == "0%"
    assert charts.pct(1, 0) == "0%"
    assert charts.pct(1, 2) == "50%"


def test_a_term_bar_shows_what_has_run():
    bars = parsed(charts.term_bar(2715, 7305)).findall("rect")
    assert [bar.get("width") for bar in bars] == ["100%", "37.17%"]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=24))
def test_columns_and_bands_stay_inside_their_box(values):
    for svg in (charts.columns(values, label="x"), charts.histogram(values, label="x")):
        if not svg:
            assert max(values) == 0
            continue
        for rect in parsed(svg).findall("rect"):
            assert share(rect.get("x")) + share(rect.get("width")) <= Decimal("100.01")
            assert Decimal(rect.get("y")) >= 0


def test_a_band_with_one_record_is_still_seen():
    bars = parsed(charts.histogram([1, 100_000, 0], label="x", chosen=(0, 0))).findall("rect")
    assert [bar.get("class") for bar in bars] == ["b-core", "b-band"]
    assert Decimal(bars[0].get("height")) >= 1


@pytest.mark.parametrize(
    "svg",
    [
        charts.columns([1, 2], label=EVIL),
        charts.bars([charts.Bar(EVIL, 3, EVIL)], label=EVIL),
        charts.progress_bar(1, 2, EVIL),
        charts.timeline([charts.Mark(TODAY, "go", EVIL)], span=LIFE, today=TODAY, label=EVIL),
    ],
)
def test_words_cannot_become_markup(svg):
    parsed(svg)


def lanes(*stretches: charts.Stretch) -> charts.RightsBar:
    lane = charts.Lane("Pledge", "City Bank until 2028-03-10", stretches)
    return charts.rights_bar([lane], span=LIFE, today=TODAY, today_label=EVIL, name="rb-1")


def test_a_right_lies_between_its_dates():
    bar = lanes(charts.Stretch("pledge", date(2025, 3, 11), date(2028, 3, 10), "City Bank", "2028-03-10"))
    inner = parsed(bar.lanes[0].svg).find("svg")
    assert inner.get("x") == LIFE.at(date(2025, 3, 11)) == "29.48%"
    assert share(inner.get("x")) + share(inner.get("width")) == pytest.approx(
        share(LIFE.at(date(2028, 3, 10))), abs=Decimal("0.02")
    )
    assert parsed(bar.axis).find("text[@class='today-t']").get("x") == LIFE.at(TODAY)
    assert bar.lanes[0].words == "City Bank until 2028-03-10"


def test_planned_is_dashed_and_frozen_is_hatched():
    planned = lanes(charts.Stretch("pledge", date(2030, 1, 1), date(2033, 1, 1), planned=True)).lanes[0].svg
    assert "b-plan pledge" in planned
    frozen = lanes(charts.Stretch("freeze", date(2022, 5, 10), date(2022, 11, 9), "", EVIL)).lanes[0].svg
    ids = [one.get("id") for one in parsed(frozen).iter("pattern")]
    assert ids == ["rb-1-0-0"]
    assert "url(#rb-1-0-0)" in frozen


def test_a_right_reaching_beyond_the_span_is_cut_at_its_edges():
    svg = lanes(charts.Stretch("own", date(2000, 1, 1), date(2060, 1, 1), "all")).lanes[0].svg
    inner = parsed(svg).find("svg")
    assert (inner.get("x"), inner.get("width")) == ("0%", "100%")


@given(st.dates(date(1950, 1, 1), date(2050, 1, 1)), st.integers(1, 40_000))
def test_every_span_has_few_enough_year_labels(start, days):
    assert len(charts.Span(start, start + timedelta(days=days)).years()) <= 13


def test_a_span_runs_forward():
    with pytest.raises(ValueError, match="later end"):
        charts.Span(TODAY, TODAY)


def points(*values: int) -> list[charts.Reading]:
    return [charts.Reading(Decimal(value), f"{value} k") for value in values]


def test_a_value_range_keeps_its_order_and_its_price_line():
    svg = parsed(charts.value_range(*points(290, 380, 460, 570, 710), line=points(480)[0], label="x"))
    band, core, middle = svg.findall("rect")
    assert share(band.get("x")) < share(core.get("x")) < share(middle.get("x"))
    assert share(core.get("width")) < share(band.get("width"))
    assert "480 k" in [text.text for text in svg.findall("text")]
    with pytest.raises(ValueError, match="must not decrease"):
        charts.value_range(*points(290, 380, 300, 570, 710), label="x")


def test_equal_percentiles_still_draw():
    parsed(charts.value_range(*points(5, 5, 5, 5, 5), label="x"))
