"""Unified social credit codes (GB 32100-2015): 18 characters, the last one a check digit.

A wrong check digit warns and never blocks: genuine codes issued before 2016 fail it. Length and alphabet do block.
"""

import unicodedata

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc as standard
from stdnum.util import clean

from marketplace.core.errors import Sentence

LENGTH = 18
ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
DIVISION = slice(2, 8)
"""Characters 3 to 8 are the administrative division, digits only (GB/T 2260)."""


def compact(text: str) -> str:
    """The code without spaces and hyphens, in capitals, full-width characters made plain."""
    return str(clean(unicodedata.normalize("NFKC", text), " -")).upper().strip()


def is_well_formed(code: str) -> bool:
    """Whether length, alphabet and division fit; says nothing of the check digit."""
    return len(code) == LENGTH and set(code) <= ALPHABET and code[DIVISION].isdigit()


def expected_check_digit(code: str) -> str:
    """The check digit a well-formed code should end in."""
    return str(standard.calc_check_digit(code[: LENGTH - 1]))


def has_right_check_digit(code: str) -> bool:
    return is_well_formed(code) and code[-1] == expected_check_digit(code)


def warning(code: str) -> Sentence:
    """What a reviewer and the owner should know of a well-formed code; empty when there is nothing to know."""
    if not is_well_formed(code) or has_right_check_digit(code):
        return ""
    return format_lazy(
        _("Check digit does not fit: the last character should be {expected}, not {typed}. Compare with the licence."),
        expected=expected_check_digit(code),
        typed=code[-1],
    )
