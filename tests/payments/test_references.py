"""References catch what people mistype; names match however a bank writes them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.payments.names import plain_name, same_name
from marketplace.payments.references import (
    ALPHABET,
    OBLIGATION,
    PREFIXES,
    complete,
    is_sound,
    new_reference,
    plain,
    references_in,
    shown,
)

bodies = st.text(alphabet=ALPHABET, min_size=8, max_size=8)


def test_the_alphabet_has_no_sign_that_looks_like_another():
    assert len(ALPHABET) == 32
    assert not set("01OI") & set(ALPHABET)


def test_a_reference_once_issued_stays_sound():
    assert complete("YL", "RSAJDRLA") == "YLRSAJDRLAHR" and is_sound("YLRSAJDRLAHR")


@settings(max_examples=40, deadline=None)
@given(body=bodies, prefix=st.sampled_from(PREFIXES))
def test_every_single_wrong_sign_and_every_swap_is_noticed(body, prefix):
    good = complete(prefix, body)
    assert is_sound(good)
    signs = good[2:]
    for at, sign in enumerate(signs):
        assert not any(is_sound(prefix + signs[:at] + other + signs[at + 1 :]) for other in ALPHABET if other != sign)
    for at in range(len(signs) - 1):
        if signs[at] != signs[at + 1]:
            swapped = signs[:at] + signs[at + 1] + signs[at] + signs[at + 2 :]
            assert not is_sound(prefix + swapped)


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


@settings(max_examples=500, deadline=None)
@given(
    body=bodies,
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    form=st.sampled_from([str, str.lower, wide, shown, lambda one: " ".join(one), lambda one: f"000{one}"]),
)
def test_a_reference_is_found_in_any_text(body, before, after, form):
    good = complete(OBLIGATION, body)
    assert good in references_in(f"{before} {form(good)} {after}")


def test_several_are_found_in_their_order_once_each():
    first, second = new_reference(OBLIGATION), new_reference(OBLIGATION)
    assert references_in(f"{second}+{first}, {second}") == [second, first]


@pytest.mark.parametrize("text", ["", "YL", "YL22222222", "完全没有", "YL0000000000"])
def test_nothing_is_found_where_there_is_none(text):
    assert references_in(text) == []


def test_plain_text_is_half_width_and_upper_case():
    assert plain("ｙｌ－23 ４5，款") == "YL2345款"


@pytest.mark.parametrize(
    "other",
    [
        "博氏精密有限公司",
        "博氏精密 有限公司",
        "博氏精密有限责任公司",
        "博氏精密（有限）公司",
        "博氏精密(有限公司)",
        "博氏精密有限公司　",
        "博氏精密有限責任公司",
    ],
)
def test_ways_of_writing_one_firm_are_one_name(other):
    assert same_name(other, ["博氏精密有限公司", "Bo Precision Ltd."])


@pytest.mark.parametrize("other", ["Bo Precision Limited", "BO PRECISION LTD", "Ｂｏ Precision Ltd."])
def test_so_are_those_in_latin_letters(other):
    assert same_name(other, ["博氏精密有限公司", "Bo Precision Ltd."])


@pytest.mark.parametrize("other", ["", "博氏精密股份有限公司", "博氏贸易有限公司", "博氏", "Ltd."])
def test_other_firms_are_not(other):
    assert not same_name(other, ["博氏精密有限公司", "Bo Precision Ltd.", ""])


@given(st.text(max_size=60))
def test_plain_names_stay_as_they_are(name):
    assert plain_name(plain_name(name)) == plain_name(name)
