"""Pictures of a distribution and of what moves it: well-formed, inside their box on any width, words escaped."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.charts import Reading
from valuation.appraisals.pictures import Bins, Reach, Spoke, distribution, radar, tornado

EVIL = '"><script>alert(1)</script>'


def reading(value: int | str, text: str = "") -> Reading:
    return Reading(Decimal(value), text or f"{value} 元")


def bins(counts: tuple[int, ...] = (1, 4, 9, 4, 2), *, low: int = 100, high: int = 200) -> Bins:
    five = {f"p{name}": reading(at) for name, at in ((5, 105), (25, 130), (50, 150), (75, 165), (95, 190))}
    return Bins(Decimal(low), Decimal(high), counts, under=1, over=1, **five)


def share(text: str) -> Decimal:
    return Decimal(text.rstrip("%"))


def parsed(svg: str) -> ET.Element:
    assert "style=" not in svg and "<script" not in svg
    root = ET.fromstring(svg)
    for one in root.iter("rect"):
        assert share(one.get("x", "")) + share(one.get("width", "")) <= Decimal("100.01")
    return root


def test_a_distribution_shows_every_bin_that_holds_draws_and_marks_three_percentiles() -> None:
    root = parsed(distribution(bins((0, 4, 9, 4, 2)), line=reading(150), label="x"))
    rects = list(root.iter("rect"))
    assert len(rects) == 4
    assert max(Decimal(one.get("height", "0")) for one in rects) == Decimal(rects[1].get("height", "0"))
    assert [one.get("class") for one in rects] == ["b-core", "b-core", "b-band", "b-band"]
    words = [one.text for one in root.iter("text")]
    assert [one for one in words if one in ("P5", "P50", "P95")] == ["P5", "P50", "P95"]
    assert "190 元" in words and "150 元" in words


def test_an_amount_asked_about_is_a_line_of_its_own_and_stays_inside() -> None:
    for asked, place in ((140, None), (1, "0%"), (10_000, "100%")):
        root = parsed(distribution(bins(), line=reading(150), asked=reading(asked, "asked"), label="x"))
        (line,) = [one for one in root.iter("line") if one.get("class") == "l-ask"]
        assert place is None or line.get("x1") == place
        (words,) = [one for one in root.iter("text") if one.get("class") == "t-ask"]
        assert {"0%": "start", "100%": "end"}.get(line.get("x1", ""), words.get("text-anchor")) == words.get(
            "text-anchor"
        )


def test_nothing_is_drawn_where_all_draws_are_one() -> None:
    assert distribution(bins((9,), low=100, high=100), line=reading(100), label="x") == ""
    assert tornado([], base=Decimal(1), base_text="1", label="x") == ""


def test_words_are_escaped() -> None:
    parsed(distribution(bins(), line=reading(150, EVIL), asked=reading(120, EVIL), label=EVIL))
    parsed(tornado([Reach(EVIL, Decimal(1), Decimal(2), EVIL, EVIL)], base=Decimal(1), base_text=EVIL, label=EVIL))


@pytest.mark.parametrize("base", [0, 50, 100])
@given(low=st.integers(0, 100), high=st.integers(0, 100))
def test_the_words_of_a_swing_are_anchored_away_from_the_nearer_edge(base: int, low: int, high: int) -> None:
    rows = [Reach("a", Decimal(0), Decimal(100), "0", "100"), Reach("b", Decimal(low), Decimal(high), "low", "high")]
    root = parsed(tornado(rows, base=Decimal(base), base_text="base", label="x"))
    for one in root.iter("text"):
        at, anchor = share(one.get("x", "0").rstrip("%") or "0"), one.get("text-anchor", "start")
        assert not (anchor == "end" and at < 35) and not (anchor == "start" and at > 65)
        assert anchor != "middle" or 25 <= at <= 75


def test_what_is_not_scored_is_no_nought() -> None:
    points = [Decimal(80), None, Decimal(60), None, Decimal(90)]
    root = parsed(radar([Spoke(f"group {at}", one) for at, one in enumerate(points)], label="x"))
    (web,) = [one for one in root.iter("polygon") if one.get("class") == "web"]
    assert len(web.get("points", "").split()) == 3 == len(list(root.iter("circle")))
    pale = [one.text for one in root.iter("text") if "t-pale" in one.get("class", "")]
    assert pale == ["group 1", "group 3"]
    assert radar([Spoke("a", Decimal(1)), Spoke("b", Decimal(2))], label="x") == ""
