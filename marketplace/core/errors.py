"""Refusals: every "no" has a stable code, a sentence in both languages, a cure and an HTTP status."""

from typing import Any, ClassVar

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LANGUAGES = ("zh-hans", "en")
Sentence = str | Promise


class DomainError(Exception):
    """A refusal a user can act on.

    Subclasses set `code`, `status`, `sentence` and `remedy` (translatable, with %(name)s places for `params`). `field`
    names the input it concerns, when there is one.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    sentence: ClassVar[Sentence] = _("This cannot be done now.")
    remedy: ClassVar[Sentence] = ""

    def __init__(self, *, field: str = "", **params: Any) -> None:
        self.field = field
        self.params = params
        super().__init__(self.code)

    @property
    def message(self) -> str:
        """The sentence in the active language."""
        return str(self.sentence) % self.params if self.params else str(self.sentence)

    @property
    def cure(self) -> str:
        """What would lift the refusal, in the active language; empty when nothing would."""
        return str(self.remedy) % self.params if self.params else str(self.remedy)

    def in_language(self, language: str) -> tuple[str, str]:
        """(sentence, remedy) in `language`."""
        with translation.override(language):
            return self.message, self.cure

    def as_dict(self) -> dict[str, Any]:
        """The refusal as the API states it, in both languages."""
        zh, zh_cure = self.in_language("zh-hans")
        en, en_cure = self.in_language("en")
        answer: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "message_zh": zh,
            "message_en": en,
            "remedy_zh": zh_cure,
            "remedy_en": en_cure,
        }
        if self.field:
            answer["field"] = self.field
        return answer

    def __str__(self) -> str:
        return f"{self.code}: {self.in_language('en')[0]}"


class NotFound(DomainError):
    """Nothing there, or nothing this person may see: the two look alike on purpose."""

    code = "not_found"
    status = 404
    sentence = _("There is nothing here, or it is not open to you.")
    remedy = _("Check the address, or sign in for the organisation it belongs to.")


class NotPermitted(DomainError):
    """Seen, but not for this person to do."""

    code = "not_permitted"
    status = 403
    sentence = _("Your role does not allow this act.")
    remedy = _("Ask a member of the organisation who holds the role.")


class IllegalTransition(DomainError):
    """The verb does not start from the state the thing is in."""

    code = "illegal_transition"
    sentence = _("This step is not open while the state is “%(state)s”.")
    remedy = _("Reload the page to see where the matter stands now.")


class Busy(DomainError):
    """Somebody else holds the rows for longer than we are willing to wait."""

    code = "busy"
    status = 503
    sentence = _("Somebody else is working on the same record.")
    remedy = _("Nothing was changed. Try again in a moment.")


class ReasonMissing(DomainError):
    """A decision against somebody needs its reason."""

    code = "reason_missing"
    status = 422
    sentence = _("This decision needs a reason that the other side can act on.")
    remedy = _("Write what is wrong and what would put it right.")


class Invalid(DomainError):
    """Input that cannot be taken, with the field it stands in."""

    code = "invalid"
    status = 422
    sentence = _("%(problem)s")


class BadInput(DomainError):
    """Something in the question itself: nothing was computed. `field` is the path to it (`comparables[1].revenue`)."""

    code = "bad_input"
    status = 422
    remedy = _("Correct the field named and send it again.")


class Missing(BadInput):
    code = "missing"
    sentence = _("This field is needed.")


class NotANumber(BadInput):
    code = "not_a_number"
    sentence = _("This is not a number. Write 0.05, not 5% or 1,000.")


class OutOfRange(BadInput):
    code = "out_of_range"
    sentence = _("This must lie in %(range)s.")
