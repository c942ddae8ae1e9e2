"""How a right is named on a page: its number as its office writes it, its kind, and whether it is only applied for."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.patents.models import Patent, PatentKind
from listings.patents.numbers import format_number

GRANTED_WORDS = {
    PatentKind.INVENTION: gettext_lazy("Invention patent"),
    PatentKind.UTILITY_MODEL: gettext_lazy("Utility model patent"),
    PatentKind.DESIGN: gettext_lazy("Design patent"),
    PatentKind.PLANT: gettext_lazy("Plant patent"),
    PatentKind.OTHER: gettext_lazy("Patent"),
}
PENDING_WORDS = {
    PatentKind.INVENTION: gettext_lazy("Invention application (pending)"),
    PatentKind.UTILITY_MODEL: gettext_lazy("Utility model application (pending)"),
    PatentKind.DESIGN: gettext_lazy("Design application (pending)"),
    PatentKind.PLANT: gettext_lazy("Plant application (pending)"),
    PatentKind.OTHER: gettext_lazy("Application (pending)"),
}
STATUS_SHAPES = {
    LegalStatus.PENDING: "now",
    LegalStatus.IN_FORCE: "go",
    LegalStatus.IN_GRACE: "wait",
    LegalStatus.LAPSED: "ended",
    LegalStatus.EXPIRED: "ended",
    LegalStatus.INVALIDATED: "stop",
    LegalStatus.WITHDRAWN: "ended",
    LegalStatus.UNKNOWN: "off",
}
PENDING_SUFFIX = "_pending"


def patent_of(asset: Asset) -> Patent | None:
    """The patent behind the asset, or None for another kind of right."""
    return getattr(asset, "patent", None)


def shown_number(asset: Asset) -> str:
    """ZL … once granted, CN … before; other offices as they write it."""
    return format_number(asset.office, asset.number, is_granted=asset.is_granted)


def kind_key(asset: Asset) -> str:
    """The facet value: the kind of patent, with a mark while it is only applied for."""
    patent = patent_of(asset)
    kind = patent.patent_kind if patent else PatentKind.OTHER
    return str(kind) if asset.is_granted else f"{kind}{PENDING_SUFFIX}"


def kind_word(key: str) -> str:
    """A facet value in words; an application is never called a patent (Implementing Rules, rule 101(1)(3))."""
    kind = key.removesuffix(PENDING_SUFFIX)
    if kind not in PatentKind.values:
        return key
    words = PENDING_WORDS if key.endswith(PENDING_SUFFIX) else GRANTED_WORDS
    return str(words[PatentKind(kind)])


def status_badge(asset: Asset) -> tuple[str, str]:
    """(shape, words) of the legal status."""
    status = LegalStatus(asset.status)
    return STATUS_SHAPES[status], str(status.label)


def readiness_word(level: int | None) -> str:
    return _("TRL %(level)s") % {"level": level} if level else ""
