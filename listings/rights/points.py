"""What the check can find, as a table: one point per reason, with its rule, its sentence and its cure.

A rule function yields `POINT.found(right, …)`. The table of rules in `docs/` and the pages read the same points, so a
sentence stands once. Points about a right of another country's office say that the article is Chinese law and the
right's own was not looked at: they hold as a rule of this market.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.rights.facts import EntryFact, Right
from listings.rights.ruling import rule as rule_of
from listings.rights.states import ConsentKind
from marketplace.core.errors import Sentence

HOME_OFFICE = "CN"
OF_THIS_MARKET = _("Rule of this market")
LAW_NOT_CHECKED = _("Rule of this market, after %(article)s; the law of the right’s own country was not checked")


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an act is blocked, or on what condition it is open.

    `rule` is an id of the rule book, empty for rules of the market itself. `consent` says whose yes would lift it, with
    the organisations asked (`consent_from`) and the names of those who are not on the market (`consent_names`).
    `is_verified` is False where the article was not read in its text, or is not the law of the right's country.
    """

    code: str
    rule: str
    sentence: Sentence
    remedy: Sentence
    asset_id: int
    is_block: bool = True
    entry_id: int | None = None
    consent: ConsentKind | None = None
    consent_from: tuple[int, ...] = ()
    consent_names: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    is_foreign: bool = False

    @property
    def text(self) -> str:
        """The sentence in the active language."""
        return str(self.sentence) % {key: str(value) for key, value in self.params.items()}

    @property
    def cure(self) -> str:
        """What would lift it, in the active language."""
        return str(self.remedy) % {key: str(value) for key, value in self.params.items()}

    @property
    def article(self) -> str:
        """The rule as it is cited, in the active language."""
        if not self.rule:
            return str(OF_THIS_MARKET)
        citation = rule_of(self.rule).citation
        return str(LAW_NOT_CHECKED) % {"article": citation} if self.is_foreign else citation

    @property
    def is_verified(self) -> bool:
        return not self.rule or (rule_of(self.rule).is_verified and not self.is_foreign)

    @property
    def verified(self) -> bool:
        return self.is_verified

    def as_dict(self) -> dict[str, Any]:
        """As the API states it, in both languages."""
        answer: dict[str, Any] = {
            "code": self.code,
            "rule": self.rule,
            "asset": self.asset_id,
            "entry": self.entry_id,
            "is_block": self.is_block,
            "is_verified": self.is_verified,
            "consent": str(self.consent) if self.consent else None,
            "consent_from": list(self.consent_from),
            "consent_names": list(self.consent_names),
        }
        for language, key in (("zh-hans", "zh"), ("en", "en")):
            with translation.override(language):
                answer |= {f"message_{key}": self.text, f"remedy_{key}": self.cure, f"article_{key}": self.article}
        return answer


@dataclass(frozen=True, slots=True)
class Point:
    """One reason the check can give. `blocks` false makes it a condition; `consent` says whose yes lifts it."""

    code: str
    rule: str
    sentence: Sentence
    remedy: Sentence = ""
    blocks: bool = True
    consent: ConsentKind | None = None

    def found(
        self,
        right: Right,
        entry: EntryFact | None = None,
        *,
        consent_from: tuple[int, ...] = (),
        consent_names: tuple[str, ...] = (),
        **params: Any,
    ) -> Finding:
        """The point made of a right, about one of its entries where there is one."""
        return Finding(
            self.code,
            self.rule,
            self.sentence,
            self.remedy,
            right.id,
            self.blocks,
            entry.id if entry is not None else None,
            self.consent,
            consent_from,
            consent_names,
            {"number": right.number, **params},
            right.office != HOME_OFFICE,
        )


_points: dict[str, Point] = {}


def point(
    code: str,
    rule: str,
    sentence: Sentence,
    remedy: Sentence = "",
    *,
    blocks: bool = True,
    consent: ConsentKind | None = None,
) -> Point:
    """Enter a reason in the table. Raises ValueError for a code used twice, KeyError for an unknown rule."""
    if code in _points:
        raise ValueError(f"Two points are called {code}.")
    if rule:
        rule_of(rule)
    made = _points[code] = Point(code, rule, sentence, remedy, blocks, consent)
    return made


def points() -> list[Point]:
    """Every reason, by code."""
    return [_points[code] for code in sorted(_points)]
