"""Names and days inside a sentence of the check, read in the language that is active when the sentence is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language

from marketplace.core import formats


@dataclass(frozen=True, slots=True)
class Named:
    """A name in both languages, read in the active one."""

    zh: str
    en: str

    def __str__(self) -> str:
        return (self.zh or self.en) if _is_chinese() else (self.en or self.zh)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as the active language writes it."""

    on: date

    def __str__(self) -> str:
        return formats.day(self.on, get_language() or "zh-hans")


@dataclass(frozen=True, slots=True)
class Names:
    """Several names, joined as the active language joins them."""

    names: tuple[Named, ...]

    def __str__(self) -> str:
        return ("、" if _is_chinese() else ", ").join(str(one) for one in self.names)


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")
