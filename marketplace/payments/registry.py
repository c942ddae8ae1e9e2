"""What the floors above tell this one: what payments are for, and where the matter they belong to is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence
from marketplace.payments.states import Subject


@dataclass(frozen=True)
class Purpose:
    """One purpose of obligations, payouts and legs. `is_deposit` money counts towards the price of its subject."""

    code: str
    label: Sentence
    is_deposit: bool = False


@dataclass(frozen=True)
class SubjectKind:
    """How one kind of subject is named and where its page is. Both take its id; no query beyond one."""

    kind: str
    label: Callable[[int], str]
    url: Callable[[int], str]


_purposes: dict[str, Purpose] = {}
_subjects: dict[str, SubjectKind] = {}


def purpose(code: str, label: Sentence, *, is_deposit: bool = False) -> None:
    """Make a purpose known; call it from an app's `ready`."""
    _purposes[code] = Purpose(code, label, is_deposit)


def purpose_label(code: str) -> str:
    """The purpose in the active language; its code where nobody named it."""
    return str(_purposes[code].label) if code in _purposes else code


def is_deposit(code: str) -> bool:
    return code in _purposes and _purposes[code].is_deposit


def subject_kind(kind: str, *, label: Callable[[int], str], url: Callable[[int], str]) -> None:
    """Tell how subjects of a model label ("deals.deal") are named and where they are shown."""
    _subjects[kind] = SubjectKind(kind, label, url)


def subject_label(subject: Subject) -> str:
    kind, pk = subject
    return _subjects[kind].label(pk) if kind in _subjects else f"{kind.partition('.')[2]} {pk}"


def subject_url(subject: Subject) -> str:
    """The page of the matter; empty where none was told."""
    kind, pk = subject
    return _subjects[kind].url(pk) if kind in _subjects else ""


#: Purposes every market has; floors above add theirs, or give these another name.
STANDARD = (
    Purpose("price", _("Contract price")),
    Purpose("deposit", _("Earnest money"), is_deposit=True),
    Purpose("milestone", _("Milestone")),
    Purpose("royalty", _("Royalty due")),
    Purpose("commission", _("Broker’s commission")),
    Purpose("inventor", _("Inventors’ share")),
    Purpose("pledge_payoff", _("Payoff of the pledged debt")),
    Purpose("platform_fee", _("Platform fee")),
    Purpose("tax", _("Tax to hand on")),
    Purpose("late_interest", _("Interest for late payment")),
)
_purposes.update({one.code: one for one in STANDARD})
