"""An open point of a listing or a need: what is missing, where it is mended, and the rule it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as made_of
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError, Sentence

STEPS = ("rights", "offer", "summary", "price", "papers", "check")

PRESS = _("press report, not verified against the text")
P14 = _("Patent Law, article 14")
P50 = _("Patent Law, article 50")
P51 = _("Patent Law, article 51(3)")
R85 = _("Implementing Rules, rule 85")
R101 = _("Implementing Rules, rule 101(1)(3)")
C865 = _("Civil Code, article 865")
E27 = _("E-Commerce Law, article 27")


@dataclass(frozen=True)
class Lack:
    """One point: where to mend it (step and field), what is wrong, and the rule. `blocks` false means advice.

    `cure` says how, where that is not plain from the step. `right_id` names the right whose page mends it: others than
    the holder have to act there.
    """

    code: str
    step: str
    field: str
    sentence: Sentence
    params: dict[str, Any] = made_of(default_factory=dict)
    rule: Sentence = ""
    blocks: bool = True
    cure: Sentence = ""
    right_id: int | None = None

    @property
    def text(self) -> str:
        """The sentence in the active language."""
        return str(self.sentence) % {key: str(value) for key, value in self.params.items()}


class Incomplete(DomainError):
    """The listing or need lacks something; `lacks` says what."""

    code = "incomplete"
    status = 422
    sentence = _("%(count)s points are still open: %(points)s")
    remedy = _("Each point names the step in which it is mended.")

    def __init__(self, lacks: list[Lack]) -> None:
        self.lacks = lacks
        super().__init__(count=len(lacks), points=_Points(lacks))

    def as_dict(self) -> dict[str, Any]:
        answer = super().as_dict()
        rows = []
        for lack in self.lacks:
            row = {"code": lack.code, "step": lack.step, "field": lack.field}
            for language, key in (("zh-hans", "zh"), ("en", "en")):
                with translation.override(language):
                    row[f"message_{key}"], row[f"rule_{key}"] = lack.text, str(lack.rule)
            rows.append(row)
        return {**answer, "missing": rows}


class _Points:
    """The points as one text in whichever language is active when it is read."""

    def __init__(self, lacks: list[Lack]) -> None:
        self.lacks = lacks

    def __str__(self) -> str:
        return str(_("; ")).join(lack.text.rstrip("。.") for lack in self.lacks)
