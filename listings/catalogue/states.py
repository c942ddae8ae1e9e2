"""What is offered and sought, how it is priced, and where a listing or a need stands."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Mode(TextChoices):
    TRANSFER = "transfer", _("Transfer")
    EXCLUSIVE = "exclusive", _("Exclusive licence")
    SOLE = "sole", _("Sole licence")
    ORDINARY = "ordinary", _("Ordinary licence")
    OPEN = "open", _("Open licence")
    INVEST = "invest", _("Seeking investment")
    DISPOSAL = "disposal", _("Disposal of collateral")


LICENCES = frozenset({Mode.EXCLUSIVE, Mode.SOLE, Mode.ORDINARY, Mode.OPEN})


class PriceMode(TextChoices):
    FIXED = "fixed", _("Fixed price")
    RANGE = "range", _("Price range")
    NEGOTIABLE = "negotiable", _("Negotiable")
    ROYALTY = "royalty", _("Royalty")
    SEALED = "sealed", _("Sealed offers")


class PricePer(TextChoices):
    ONCE = "once", _("in all")
    YEAR = "year", _("a year")


class ListingState(TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("Under review")
    RETURNED = "returned", _("Returned for correction")
    PUBLISHED = "published", _("Published")
    RESERVED = "reserved", _("Reserved")
    SUSPENDED = "suspended", _("Suspended")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Past its last day")
    CLOSED = "closed", _("Closed")


PUBLIC = frozenset({ListingState.PUBLISHED, ListingState.RESERVED})
#: Content may be changed: nobody but the holder sees it.
EDITABLE = frozenset({ListingState.DRAFT, ListingState.RETURNED})
#: Offered now or about to be: another listing of the same right must agree with these.
STANDING = frozenset({ListingState.IN_REVIEW, ListingState.PUBLISHED, ListingState.RESERVED})


class DocumentAccess(TextChoices):
    PUBLIC = "public", _("Everybody")
    ON_REQUEST = "on_request", _("Named here, given on request")


class NeedState(TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("Under review")
    RETURNED = "returned", _("Returned for correction")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Past its last day")
    MET = "met", _("Met")


NEED_EDITABLE = frozenset({NeedState.DRAFT, NeedState.RETURNED})
