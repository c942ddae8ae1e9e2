"""References that people copy by hand into a bank transfer: letters nobody confuses, two check digits at the end.

A reference is a prefix (YL a payment owed, YP a payout, YR a refund), eight signs and two check signs. Signs are
2–9 and A–Z without I and O, 32 in all. Read as a number to base 32, the ten signs leave 1 when divided by 1021, the
largest prime below 32²: so every single wrong sign and every swap of two neighbours is noticed (tests try them all).
"""

from __future__ import annotations

import re
import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
PRIME = 1021
OBLIGATION, PAYOUT, REFUND = "YL", "YP", "YR"
PREFIXES = (OBLIGATION, PAYOUT, REFUND)
BODY = 8
_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
_SIGN = f"[{ALPHABET}]"
_SHAPE = rf"(?:{'|'.join(PREFIXES)}){_SIGN}{{{BODY + 2}}}"
_EXACT = re.compile(_SHAPE)
_FINDER = re.compile(rf"(?=({_SHAPE}))")  # looks ahead, so that one may begin within another's signs
_NOISE = re.compile(r"[\W_]+")


def new_reference(prefix: str) -> str:
    """A fresh reference; 40 random bits, the unique column settles the rest."""
    return complete(prefix, "".join(secrets.choice(ALPHABET) for _ in range(BODY)))


def complete(prefix: str, body: str) -> str:
    """The reference of these eight signs, with its check signs."""
    rest = _number(body) * 1024 % PRIME
    check = (1 - rest) % PRIME
    return f"{prefix}{body}{ALPHABET[check // 32]}{ALPHABET[check % 32]}"


def is_sound(reference: str) -> bool:
    """Whether its check signs fit."""
    return bool(_EXACT.fullmatch(reference)) and _number(reference[2:]) % PRIME == 1


def plain(text: str) -> str:
    """Text as references are looked for in it: half-width, upper case, nothing but letters and digits."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()


def references_in(text: str) -> list[str]:
    """Every sound reference in a text, however it was typed (full-width, spaced, hyphenated, zero-padded)."""
    found = dict.fromkeys(match.group(1) for match in _FINDER.finditer(plain(text)))
    return [one for one in found if is_sound(one)]


def shown(reference: str) -> str:
    """In groups of four, as people copy it."""
    return "-".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def _number(signs: str) -> int:
    value = 0
    for sign in signs:
        value = value * 32 + _VALUES[sign]
    return value
