"""Whether two accounts belong to one person, for the rule of four eyes.

Accounts are one person's when they have the same telephone number, or the same mailbox under another spelling
(anna+2@bank.cn is anna@bank.cn). The trigger on proposals asks the same of the database (loans/models/credit.py).
"""

from __future__ import annotations

import re

from marketplace.accounts.models import User

#: A national number without its prefixes; shorter runs of digits are extensions and say nothing.
NUMBER_DIGITS, LEAST_DIGITS = 11, 7
_NOT_DIGIT = re.compile(r"\D")
_TAG = re.compile(r"\+[^@]*@")


def phone_of(user: User) -> str:
    """The digits that identify a telephone, empty where there are too few."""
    digits = _NOT_DIGIT.sub("", user.phone)
    return digits[-NUMBER_DIGITS:] if len(digits) >= LEAST_DIGITS else ""


def mailbox_of(user: User) -> str:
    return _TAG.sub("@", user.email).lower()


def are_one_person(one: User, other: User) -> bool:
    """Claims that both accounts are one person's."""
    if one.pk == other.pk or mailbox_of(one) == mailbox_of(other):
        return True
    return bool(phone_of(one)) and phone_of(one) == phone_of(other)
