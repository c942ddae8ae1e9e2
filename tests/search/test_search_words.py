"""Words, highlighting and line breaks: what people wrote comes back unchanged and harmless."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.search.highlight import highlight, highlight_html, hits, snippet
from marketplace.search.segment import analyse, normalise, query_terms, wbr_segments

texts = st.text(alphabet=st.one_of(st.sampled_from("膜電池电 ，。（<b>&\"'aB1４ﬁé́İ"), st.characters()), max_size=60)


@given(texts, texts)
def test_highlighted_pieces_are_the_text(text: str, query: str) -> None:
    pieces = highlight(text, query)
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)


@given(texts, texts)
def test_markup_holds_nothing_but_marks(text: str, query: str) -> None:
    shown = highlight_html(text, query)
    assert html.unescape(re.sub("</?mark>", "", shown)) == html.unescape(html.escape(text))
    assert not re.search("<(?!/?mark>)", shown)


@given(texts)
def test_a_title_cut_for_line_breaks_is_still_the_title(title: str) -> None:
    assert "".join(wbr_segments(title)) == title


@given(texts)
def test_every_word_of_a_query_is_in_the_document_that_says_the_same(text: str) -> None:
    words, characters = analyse(text)
    said = {*words.split(), *characters.split()}
    assert set(query_terms(text)) <= said


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("一种电解质膜", "电解质膜", ["电解质膜"]),
        ("電池與膜", "电池", ["電池"]),
        ("Batteries and battery packs", "battery", ["Batteries", "battery"]),
        ("at 10 kV or 10kV", "10kV", ["10 kV", "10kV"]),
        ("ＬｉＦｅＰＯ４ cathode", "lifepo4", ["ＬｉＦｅＰＯ４"]),
        ("battering ram", "battery", []),
        ("膜", "", []),
    ],
)
def test_hits_are_marked_where_they_stand(text: str, query: str, marked: list[str]) -> None:
    assert [text[a:b] for a, b in hits(text, query)] == marked


def test_script_in_a_text_or_a_query_stays_text() -> None:
    evil = "<script>alert('电池')</script>"
    shown = highlight_html(evil, "电池 script")
    assert "<script" not in shown
    assert "&lt;<mark>script</mark>&gt;" in shown
    assert "<mark>电池</mark>" in shown
    assert "<img" not in highlight_html("电池", "<img src=x onerror=alert(1)> 电池")


def test_a_snippet_shows_the_part_with_the_most_hits() -> None:
    text = "本发明涉及机械领域。" * 30 + "所述电解质膜由含氟聚合物制成。" + "其余部分从略。" * 30
    shown = snippet(text, "含氟 电解质", 60)
    assert "含氟聚合物" in shown
    assert "电解质膜" in shown
    assert len(shown) <= 62
    assert shown.startswith("…") and shown.endswith("…")
    assert snippet("短文", "电池") == "短文"
    assert snippet(text, "没有的词", 60) == text[:60] + "…"


def test_punctuation_does_not_begin_a_line() -> None:
    assert wbr_segments("含氟膜、方法（装置）及其应用") == ["含氟", "膜、", "方法（装置）", "及其", "应用"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ＣＮ２０１９", "cn2019"),
        ("SiO₂", "sio2"),
        ("電機", "电机"),
        ("10 MPa", "10mpa"),
        ("５％", "5％"),
        ("2 a", "2a"),
    ],
)
def test_spellings_are_folded(written: str, read: str) -> None:
    assert normalise(written) == read
