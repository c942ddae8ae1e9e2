"""Credit codes: the vectors of GB 32100 known to be right, wrong and genuinely odd."""

import pytest
from django.utils import translation

from marketplace.accounts import uscc

RIGHT = ["9144030071526726XG", "914403001922038216", "91330100799655058B", "91110000600037341L"]


@pytest.mark.parametrize("code", RIGHT)
def test_right_codes_pass_without_a_warning(code: str) -> None:
    assert uscc.has_right_check_digit(code)
    assert uscc.warning(code) == ""


def test_a_genuine_early_code_with_a_wrong_check_digit_is_well_formed_and_warns() -> None:
    code = "91350203M0001QKT19"
    assert uscc.is_well_formed(code)
    assert not uscc.has_right_check_digit(code)
    with translation.override("en"):
        assert uscc.expected_check_digit(code) in str(uscc.warning(code))


@pytest.mark.parametrize(
    "code",
    ["", "9144030071526726X", "9144030071526726XG1", "9144O30071526726XG", "91350100M000100Y4Z", "91A40300715267260G"],
    ids=["empty", "short", "long", "letter O", "letter Z", "letter in the division"],
)
def test_wrong_length_or_alphabet_is_not_well_formed(code: str) -> None:
    assert not uscc.is_well_formed(code)
    assert uscc.warning(code) == ""


def test_a_letter_as_first_character_is_a_registration_department_of_its_own() -> None:
    body = "N2410581MF1234567"
    code = body + uscc.expected_check_digit(body + "0")
    assert uscc.is_well_formed(code) and uscc.has_right_check_digit(code)


def test_typing_habits_are_forgiven() -> None:
    assert uscc.compact(" ９１４４０３００ 71526726-xg ") == "9144030071526726XG"


@pytest.mark.parametrize("place", range(17))
def test_any_single_wrong_digit_is_noticed(place: int) -> None:
    code = "914403001922038216"
    other = "1" if code[place] != "1" else "2"
    wrong = code[:place] + other + code[place + 1 :]
    assert uscc.warning(wrong) != ""
