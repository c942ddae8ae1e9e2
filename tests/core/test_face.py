"""Components and filters: what they write, in both languages, and that nothing given to them becomes markup."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django_cotton.compiler_regex import CottonCompiler

from marketplace.core import clock, marks
from marketplace.core.money import Money
from marketplace.core.rows import FacetOption, ResultRow, facet_options, result_rows
from marketplace.core.templatetags import market

TEMPLATES = Path(__file__).parents[2] / "templates"
EVIL = "<script>alert(1)</script>"


def drawn(source: str, **context: object) -> str:
    """Render template source that uses components; files get this from their loader."""
    return engines["django"].from_string(CottonCompiler().process(source)).render(context)


def test_money_carries_its_exact_figure():
    with translation.override("zh-hans"):
        assert market.money(Money(Decimal("4800000.00"), "CNY")) == (
            '<data class="num" value="4800000.00" title="4,800,000.00 元">480 万元</data>'
        )
        assert (
            market.money_large(Decimal(4800000)) == '<data value="4800000.00">480<span class="unit">万元</span></data>'
        )
    with translation.override("en"):
        assert "CNY 4,800,000.00" in market.money_exact(Money(Decimal("4800000.00"), "CNY"))
    assert market.money(None) == market.day(None) == market.number(None) == "—"


def test_zero_is_a_figure_and_not_nothing():
    with translation.override("zh-hans"):
        assert ">0 元<" in market.money(Decimal(0))
        assert market.number(0) == "0"


def test_days_are_time_elements():
    with translation.override("en"):
        assert market.day(date(2026, 11, 23)) == '<time class="num" datetime="2026-11-23">23 Nov 2026</time>'


@pytest.mark.parametrize("state", [*marks.SHAPES, "k-1", "k-5"])
def test_a_badge_has_shape_colour_and_word(state):
    html = market.badge(state, EVIL)
    assert "<svg" in html
    assert f'class="st {state}"' in html
    assert "&lt;script&gt;" in html


def test_a_seal_is_read_by_its_word():
    html = market.seal("registered", "Recorded", "/proof/")
    assert html.startswith('<a class="seal" href="/proof/">')
    assert 'aria-hidden="true">登</b>Recorded' in html
    assert 'class="seal open"' in market.seal("registered", "x", awaited=True)


def test_structured_data_cannot_close_its_element():
    html = market.json_ld({"name": "</script><script>alert(1)</script>"})
    assert "</script" not in html
    assert "\\u003C/script" in html


def test_only_charts_are_drawn_unescaped():
    with pytest.raises(ValueError, match="chart"):
        market.drawn(EVIL)


def test_title_segments_break_between_words_only():
    assert market.wbr(["一种", EVIL, "膜"]) == "一种<wbr>&lt;script&gt;alert(1)&lt;/script&gt;<wbr>膜"


def test_a_result_row_escapes_all_but_what_is_marked_safe():
    row = ResultRow(
        pk=7, url="/p/7/?a=1&b=2", title=mark_safe("<mark>氟</mark>膜"), plain_title=EVIL, numbers=[EVIL, "C08J"],
        owner=EVIL, is_sample=True, why=EVIL, mode=EVIL, price=EVIL, exact=EVIL, rights=[("go", EVIL)],
        starts_on=date(2019, 6, 18), expires_on=date(2039, 6, 18), is_picked=True,
    )  # fmt: skip
    with translation.override("en"), clock.at(datetime(2026, 11, 23, tzinfo=UTC)):
        html = result_rows([row], pickable=True)
        assert result_rows([row], pickable=False).count("<input") == 0
    assert EVIL not in html
    assert "<mark>氟</mark>膜" in html
    assert 'href="/p/7/?a=1&amp;b=2"' in html
    assert '12.6 years left, until <time class="num" datetime="2039-06-18">18 Jun 2039</time>' in html
    assert 'width="37.17%"' in html
    assert " checked" in html


def test_a_filter_that_finds_nothing_is_disabled_unless_chosen():
    options = [FacetOption("a", EVIL, 1206), FacetOption("b", "B", 0), FacetOption("c", "C", 0, True, 2)]
    html = facet_options("mode", options)
    assert EVIL not in html
    assert ">1,206<" in html
    assert '<label class="zero"><input type="checkbox" name="mode" value="b" disabled>' in html
    assert '<label class="d2"><input type="checkbox" name="mode" value="c" checked>' in html


class SampleForm(forms.Form):
    number = forms.CharField(label="Number", help_text="As printed.")
    note = forms.CharField(label="Note", required=False)
    mode = forms.ChoiceField(label="Mode", widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")])
    agree = forms.BooleanField(label="Agree")


def test_a_plain_form_is_labelled_and_says_its_errors():
    form = SampleForm({"number": ""})
    html = str(form)
    assert html.count('class="field err') == 3
    assert 'id="id_number_error"' in html
    assert 'aria-describedby="id_number_helptext id_number_error"' in html or (
        'aria-describedby="id_number_error id_number_helptext"' in html
    )
    assert '<span class="opt">' in html
    assert "<fieldset" in html
    assert "<legend>Mode" in html
    assert html.index('type="checkbox"') < html.index('<label for="id_agree">')


def test_the_error_summary_leads_to_each_field():
    html = drawn('<c-errsum :form="form" />', form=SampleForm({"number": ""}))
    assert 'role="alert"' in html
    assert 'href="#id_number"' in html
    assert "<li" not in drawn('<c-errsum :form="form" />', form=SampleForm())


def test_conflicting_sources_are_both_shown():
    others = [{"value": "2019-06-19", "source": "file", "on": date(2026, 11, 15)}]
    html = drawn('<c-fact term="Filed" source="register" :others="others">2019-06-18</c-fact>', others=others)
    assert html.index("2019-06-18") < html.index("2019-06-19")
    assert 'class="other"' in html


def test_a_refusal_card_names_law_and_cure():
    html = drawn(
        '<c-block title="No" law="Law" cite="Art. 1" :remedies="r" act_url="/x/" act="Ask"><p>So.</p></c-block>',
        r=[{"text": EVIL, "who": "the bank"}],
    )
    assert "<blockquote" in html
    assert "the bank" in html
    assert EVIL not in html


def test_pages_are_linked_and_filters_kept(rf):
    html = render_to_string(
        "components/pager.html", {"number": 5, "last": 500, "per_page": 20}, request=rf.get("/listings/?q=a&page=5")
    )
    assert 'href="?q=a&amp;page=4"' in html
    assert '<b aria-current="page">5</b>' in html
    assert 'href="?q=a&amp;page=500"' in html


def test_the_last_resort_page_needs_neither_context_nor_database():
    html = render_to_string("errors/500.html")
    assert "服务器出错" in html
    assert "The server failed" in html


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_hold_no_style_handler_or_inline_script(path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(
        r"\son(?:click|load|error|change|submit|input|focus|blur|key[a-z]+|mouse[a-z]+)\s*=\s*[\"']", text
    )
    assert "<style" not in text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or "application/" in script
