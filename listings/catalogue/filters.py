"""What can be asked of listings and needs: one declaration for pages, the API, exports and saved searches."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from listings.assets.states import TRADABLE, LegalStatus
from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import kind_word
from listings.catalogue.search import IPC_LEVELS
from listings.catalogue.states import Mode, PriceMode
from listings.patents import numbers
from listings.patents.ipc_words import ipc_word
from marketplace.accounts import regions
from marketplace.core import clock
from marketplace.core.trees import by_prefix
from marketplace.search.fields import RELEVANCE
from marketplace.search.filters import SearchFilter
from marketplace.search.specs import FacetSpec, RangeSpec, SortSpec

TEN_THOUSAND = Decimal(10_000)
IPC_TREE = by_prefix(IPC_LEVELS)
DAYS_A_YEAR = Decimal("365.2425")
PRICE_EDGES = (0, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 50_000_000)
LABELS = {str(value): label for value, label in (*Mode.choices, *PriceMode.choices)}


def yuan(typed: Decimal) -> int:
    """Ten thousand yuan, as prices are typed, to whole yuan."""
    return int((typed * TEN_THOUSAND).to_integral_value(ROUND_HALF_UP))


def day_after_years(typed: Decimal) -> int:
    """The day so many years from today, as the index keeps it."""
    days = int((typed * DAYS_A_YEAR).to_integral_value(ROUND_HALF_UP))
    return clock.today().toordinal() + max(-36_500, min(days, 36_500))


class ListingFilter(SearchFilter):
    """Listings on the market."""

    collection = "listings"
    facets = (
        FacetSpec("mode", _("Mode"), LABELS, order=tuple(Mode.values), top=7),
        FacetSpec(
            "kind",
            _("Kind"),
            kind_word,
            order=("invention", "utility_model", "design", "invention_pending"),
        ),
        FacetSpec(
            "granted",
            _("Granted or applied for"),
            {"granted": _("Granted"), "pending": _("Application (pending)")},
            order=("granted", "pending"),
        ),
        FacetSpec("ipc", _("IPC"), ipc_word, tree=lambda: IPC_TREE),
        FacetSpec("status", _("Legal status"), dict(LegalStatus.choices), order=tuple(sorted(TRADABLE))),
        FacetSpec(
            "readiness", _("Readiness (TRL)"), {"7-9": "7–9", "4-6": "4–6", "1-3": "1–3"}, order=("7-9", "4-6", "1-3")
        ),
        FacetSpec("price_mode", _("Kind of price"), LABELS, order=tuple(PriceMode.values)),
        FacetSpec("region", _("Region"), regions.name_of, tree=regions.tree),
    )
    ranges = (
        RangeSpec(
            "price", _("Price"), yuan, yuan, PRICE_EDGES, missing=_("also without a stated price"), unit=_("CNY 10,000")
        ),
        RangeSpec("expires", _("Term left"), day_after_years, day_after_years, unit=_("years")),
    )
    sorts = (
        SortSpec("-published", _("Newest")),
        SortSpec(RELEVANCE, _("Relevance")),
        SortSpec("price", _("Price, lowest first")),
        SortSpec("-price", _("Price, highest first")),
        SortSpec("-expires", _("Term left, longest first")),
    )

    class Meta:
        model = Listing
        fields: list[str] = []

    def exact_keys(self, text: str) -> list[str]:
        return number_keys_of(text, "L")


class NeedFilter(SearchFilter):
    """Needs that still take answers."""

    collection = "needs"
    facets = (
        FacetSpec("mode", _("Open to"), LABELS, order=tuple(Mode.values), top=7),
        FacetSpec("ipc", _("IPC"), ipc_word, tree=lambda: IPC_TREE),
        FacetSpec("region", _("Region"), regions.name_of, tree=regions.tree),
    )
    ranges = (
        RangeSpec(
            "budget",
            _("Budget"),
            yuan,
            yuan,
            PRICE_EDGES,
            missing=_("also without a stated budget"),
            unit=_("CNY 10,000"),
        ),
    )
    sorts = (
        SortSpec("-published", _("Newest")),
        SortSpec(RELEVANCE, _("Relevance")),
        SortSpec("deadline", _("Deadline, nearest first")),
        SortSpec("-budget", _("Budget, highest first")),
    )

    class Meta:
        model = Need
        fields: list[str] = []

    def exact_keys(self, text: str) -> list[str]:
        return number_keys_of(text, "N")


def number_keys_of(text: str, series: str) -> list[str]:
    """The index keys a typed number may stand for: a listing or need of ours, or a patent in any spelling."""
    own = text.strip().upper().replace(" ", "")
    if own.startswith(f"{series}-") and len(own) < 20:
        return [own]
    if not numbers.looks_like_number(text):
        return []
    return [f"{number.office}:{number.canonical}" for number in numbers.spellings(text)]
