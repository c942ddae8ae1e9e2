"""What can be asked of the register: one declaration for the page, the API, exports and saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.patents import numbers
from listings.patents.ipc_words import ipc_word
from listings.patents.models import PatentKind
from listings.patents.office_words import office_word
from listings.patents.search import IPC_LEVELS, NAME
from marketplace.accounts import regions
from marketplace.core import clock
from marketplace.core.trees import by_prefix
from marketplace.search.fields import RELEVANCE
from marketplace.search.filters import SearchFilter
from marketplace.search.specs import FacetSpec, RangeSpec, SortSpec

IPC_TREE = by_prefix(IPC_LEVELS)
DAYS_A_YEAR = Decimal("365.2425")
YEAR_EDGES = tuple(range(1985, 2051, 5))


def year(typed: Decimal) -> int:
    return int(typed.to_integral_value(ROUND_HALF_UP))


def day_after_years(typed: Decimal) -> int:
    """The day so many years from today, as the index counts days."""
    days = int((typed * DAYS_A_YEAR).to_integral_value(ROUND_HALF_UP))
    return max(1, clock.today().toordinal() + max(-200_000, min(days, 200_000)))


class PatentFilter(SearchFilter):
    """Patents and applications of the register."""

    collection = NAME
    facets = (
        FacetSpec("kind", _("Kind"), dict(PatentKind.choices), order=("invention", "utility_model", "design")),
        FacetSpec(
            "granted",
            _("Granted or applied for"),
            {"granted": _("Granted"), "application": _("Application (pending or ended)")},
            order=("granted", "application"),
        ),
        FacetSpec("ipc", _("IPC"), ipc_word, tree=lambda: IPC_TREE),
        FacetSpec("status", _("Legal status"), dict(LegalStatus.choices), order=("in_force", "in_grace", "pending")),
        FacetSpec("office", _("Office"), office_word, top=6),
        FacetSpec("region", _("Region of the holder"), regions.name_of, tree=regions.tree),
    )
    ranges = (
        RangeSpec("expires_day", _("Term left"), day_after_years, day_after_years, unit=_("years")),
        RangeSpec("filed_year", _("Filed in"), year, year, YEAR_EDGES),
    )
    sorts = (
        SortSpec("-filed", _("Newest filing first")),
        SortSpec(RELEVANCE, _("Relevance")),
        SortSpec("filed", _("Oldest filing first")),
        SortSpec("-granted_day", _("Newest grant first")),
        SortSpec("-expires", _("Term left, longest first")),
    )

    class Meta:
        model = Asset
        fields: list[str] = []

    def exact_keys(self, text: str) -> list[str]:
        if not numbers.looks_like_number(text):
            return []
        keys: dict[str, None] = {}
        for number in numbers.spellings(text):
            keys[f"{number.office}{number.canonical}"] = None
        return list(keys)


class PortfolioFilter(PatentFilter):
    """One holder's own rights."""

    def __init__(self, data: Any = None, queryset: Any = None, *, holder_id: int, request: Any = None) -> None:
        super().__init__(data, queryset, request=request)
        self.holder_id = holder_id

    def always(self) -> dict[str, Sequence[str]]:
        return {"holder": [str(self.holder_id)]}
