"""Where talks about a listing, their offers and a round of sealed offers may stand, and what the short form asks."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence


class TalkState(TextChoices):
    ASKED = "asked", _("Waiting for the holder’s answer")
    TALKING = "talking", _("In talks")
    AGREED = "agreed", _("Agreed")
    CLOSED = "closed", _("Closed")
    LAPSED = "lapsed", _("Gone quiet")


#: Both sides may write, grant and offer.
OPEN_TALKS = frozenset({TalkState.ASKED, TalkState.TALKING})


class OfferState(TextChoices):
    STANDING = "standing", _("Stands")
    SUPERSEDED = "superseded", _("Replaced by a later version")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REJECTED = "rejected", _("Rejected")
    ACCEPTED = "accepted", _("Accepted")
    UNDONE = "undone", _("Accepted; its deal fell through")
    EXPIRED = "expired", _("Past its validity")
    ENDED = "ended", _("Ended with the talks")


class RoundState(TextChoices):
    COLLECTING = "collecting", _("Taking sealed offers")
    CLOSED = "closed", _("Closed, to be opened by two persons")
    OPENED = "opened", _("Opened")
    VOID = "void", _("Void")


class Side(TextChoices):
    HOLDER = "holder", _("Holder")
    BUYER = "buyer", _("Buyer")


class Purpose(TextChoices):
    PRODUCTION = "production", _("For our own production")
    DEVELOPMENT = "development", _("To develop it further")
    FREEDOM = "freedom", _("To be free to sell our products")
    RESALE = "resale", _("To trade or license it on")
    INVESTMENT = "investment", _("As an investment")
    OTHER = "other", _("Something else")


class Stage(TextChoices):
    LOOKING = "looking", _("Getting an overview")
    EVALUATING = "evaluating", _("Evaluating this technology")
    BUDGETED = "budgeted", _("Budget set aside")
    READY = "ready", _("Ready to make an offer")


class Horizon(TextChoices):
    MONTH = "month", _("Within a month")
    QUARTER = "quarter", _("Within three months")
    YEAR = "year", _("Within a year")
    OPEN = "open", _("No date set")


class Decider(TextChoices):
    MYSELF = "myself", _("I decide")
    MANAGEMENT = "management", _("Our management")
    BOARD = "board", _("Board or shareholders")
    PARENT = "parent", _("Parent company or authority")
    UNKNOWN = "unknown", _("Not settled")


class Bears(TextChoices):
    """Who bears a cost or does a task."""

    HOLDER = "holder", _("Holder")
    BUYER = "buyer", _("Buyer")
    SPLIT = "split", _("Both, in equal parts")
    LAW = "law", _("As the law says")

    @classmethod
    def said(cls, *, is_licence: bool) -> dict[str, Sentence]:
        """Each in words. Whoever takes a licence buys nothing, and whoever grants it keeps the right."""
        words: dict[str, Sentence] = {one.value: one.label for one in cls}
        if is_licence:
            words |= {cls.HOLDER.value: _("Licensor"), cls.BUYER.value: _("Licensee")}
        return words
