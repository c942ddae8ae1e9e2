"""What can be wrong with a statement or one of its lines, by code: kept as code and facts, said in each language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence

SENTENCES: dict[str, Sentence] = {
    # the file
    "too_large": _("it is larger than %(most)s MB"),
    "too_many_rows": _("it holds more than %(most)s movements"),
    "document_type": _("it declares a document type, which a statement never does"),
    "no_xml": _("it is no well-formed XML (line %(line)s)"),
    "no_statement": _("it holds no statement (Stmt)"),
    "encoding": _("its characters are neither UTF-8 nor GB18030"),
    "no_mt940": _("it is no MT940"),
    "empty": _("it holds neither a movement nor a balance"),
    "no_head": _("no head with a date and an amount is found among its first lines"),
    "no_rows": _("no movement stands under the head"),
    # a line
    "no_amount": _("“%(text)s” is no amount of money"),
    "no_date": _("“%(text)s” is no date"),
    "incomplete": _("a movement without amount or date"),
    # the whole
    "balance_breaks": _("the running balance does not follow from the movements"),
    "gap": _("opens with %(opening)s, the one before closed with %(closing)s"),
}
LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong; `params` fill the sentence of its `code`."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The sentence in the active language."""
        return str(SENTENCES[self.code]) % self.params

    def kept(self, line: int) -> list[Any]:
        """As a statement keeps it, with the line it concerns (0 for none)."""
        return [line, self.code, self.params]


class Faulty(Exception):
    """Base of what is raised with a fault."""

    def __init__(self, code: str, **params: Any) -> None:
        self.fault = Fault(code, {name: str(value)[:LONGEST_QUOTE] for name, value in params.items()})
        super().__init__(code)


class Unreadable(Faulty):
    """The file is none we can read."""


class BadLine(Faulty, ValueError):
    """One line cannot be read; the others can."""
