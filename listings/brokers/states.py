"""Where a mandate may stand, who pays the commission, and what a mandate covers."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MandateState(TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACTIVE = "active", _("In force")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Proposal withdrawn")
    LAPSED = "lapsed", _("Proposal lapsed")
    TERMINATED = "terminated", _("Terminated early")
    EXPIRED = "expired", _("Run out")


class Payer(TextChoices):
    """Who owes the commission. Without an agreement both parties owe it in equal parts (Civil Code 963)."""

    CLIENT = "client", _("The client")
    OTHER = "other", _("The other party")
    SPLIT = "split", _("Both, in equal parts")


class Side(TextChoices):
    """Which side of a deal the client stands on."""

    SELLING = "selling", _("Sells or licenses out")
    BUYING = "buying", _("Buys or takes a licence")


class Scope(TextChoices):
    ALL = "all", _("Everything the client trades")
    ASSETS = "assets", _("The rights named")
    MATTER = "matter", _("One listing")
