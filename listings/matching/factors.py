"""What speaks for or against a match besides its text: eight factors, each shown with its reason, none hidden.

Each is a pure function of the facts of a need and a listing. It answers with a fit from 0 (against) to 1 (for), ½ being
neither, and a sentence; or with None where one of the two does not say, which counts as neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.assets.states import LegalStatus
from listings.catalogue.states import LICENCES, Mode, PriceMode
from listings.matching.industries import FIELDS, fields_of, sector_of

NEITHER = 0.5
FULL_TERM_YEARS = 10
"""With so many years left a right outlives most products; more adds nothing."""
DAYS_A_YEAR = 365.25


class FactorCode(TextChoices):
    IPC = "ipc", gettext_lazy("Classification")
    INDUSTRY = "industry", gettext_lazy("Industry")
    REGION = "region", gettext_lazy("Region")
    PRICE = "price", gettext_lazy("Price")
    LICENCE = "licence", gettext_lazy("Kind of deal")
    READINESS = "readiness", gettext_lazy("Readiness")
    TERM = "term", gettext_lazy("Years left")
    RIGHTS = "rights", gettext_lazy("State of the right")


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """What a need says of itself. `regions` is its place and those it lies in, smallest first."""

    ipc: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    modes: frozenset[str] = frozenset()
    budget_min: Decimal | None = None
    budget_max: Decimal | None = None
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What a listing and the register say. `encumbrances` names what lies on any of its rights ("pledge", …)."""

    ipc: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    mode: str = ""
    price_mode: str = ""
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str = "CNY"
    readiness: int | None = None
    expires_on: date | None = None
    statuses: frozenset[str] = field(default_factory=frozenset)
    encumbrances: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason: `fit` is None where nothing can be said; `reason` is in the language active when it was made."""

    code: FactorCode
    fit: float | None
    reason: str

    @property
    def label(self) -> str:
        return str(self.code.label)

    @property
    def percent(self) -> int:
        return round(100 * (NEITHER if self.fit is None else self.fit))


def ipc_distance(need: NeedFacts, offer: OfferFacts) -> Factor:
    """The nearest pair of symbols: same main group 1, subclass 0.85, class 0.6, section 0.3, none of these 0."""
    if not need.ipc or not offer.ipc:
        return Factor(FactorCode.IPC, None, _("The classification is not given on both sides."))
    best, shared = 0.0, ""
    for wanted in {_plain(symbol) for symbol in need.ipc}:
        for given in {_plain(symbol) for symbol in offer.ipc}:
            fit, common = _nearness(wanted, given)
            if fit > best:
                best, shared = fit, common
    if not shared:
        return Factor(FactorCode.IPC, 0.0, _("Another section of the classification than you named."))
    return Factor(FactorCode.IPC, best, _("Shares %(symbol)s of the classification.") % {"symbol": shared})


def _plain(symbol: str) -> str:
    return symbol.replace(" ", "").upper()


def _nearness(wanted: str, given: str) -> tuple[float, str]:
    """The fit of the finest level two symbols share, and that level. A need that names no finer level is fully met."""
    levels = ((wanted.split("/")[0], 1.0), (wanted[:4], 0.85), (wanted[:3], 0.6), (wanted[:1], 0.3))
    for level, fit in levels:
        # A main group is compared whole: H01M1 is not the beginning of H01M10.
        here = given.split("/")[0] if len(level) > 4 else given[: len(level)]
        if here == level:
            return (1.0 if level == wanted else fit), level
    return 0.0, ""


def industry(need: NeedFacts, offer: OfferFacts) -> Factor:
    """Fields of technology: one in common 1, only the sector in common ½, nothing 0."""
    wanted, given = fields_of(need.ipc), fields_of(offer.ipc)
    if not wanted or not given:
        return Factor(FactorCode.INDUSTRY, None, _("The field of technology is not given on both sides."))
    common = sorted(wanted & given)
    if common:
        return Factor(FactorCode.INDUSTRY, 1.0, _("Same field: %(field)s.") % {"field": FIELDS[common[0]]})
    if {sector_of(one) for one in wanted} & {sector_of(one) for one in given}:
        return Factor(FactorCode.INDUSTRY, 0.5, _("A neighbouring field: %(field)s.") % {"field": FIELDS[min(given)]})
    return Factor(FactorCode.INDUSTRY, 0.0, _("Another field: %(field)s.") % {"field": FIELDS[min(given)]})


def region(need: NeedFacts, offer: OfferFacts) -> Factor:
    """Same place 1, else 0.7 where the smallest place both lie in is below the province level, 0.6 in one province,
    ½ anywhere else: distance is no reason against a technology."""
    if not need.regions or not offer.regions:
        return Factor(FactorCode.REGION, None, _("The region is not given on both sides."))
    if need.regions[0] == offer.regions[0] or need.regions[0] in offer.regions:
        return Factor(FactorCode.REGION, 1.0, _("In your region."))
    common = [code for code in need.regions if code in offer.regions]
    if common:
        is_province = common[0].endswith("0000")
        return Factor(FactorCode.REGION, 0.6 if is_province else 0.7, _("In a region near yours."))
    return Factor(FactorCode.REGION, NEITHER, _("In another part of the country or abroad."))


def price(need: NeedFacts, offer: OfferFacts) -> Factor:
    """A price inside the budget 1; above it, falling in proportion to 0 at twice the budget. Only the same currency is
    compared; prices to be negotiated and royalties cannot be."""
    budget = need.budget_max if need.budget_max is not None else need.budget_min
    asked = offer.price_min
    if offer.price_mode in (PriceMode.NEGOTIABLE, PriceMode.ROYALTY) or asked is None:
        return Factor(FactorCode.PRICE, None, _("The price is to be agreed."))
    if budget is None or not budget:
        return Factor(FactorCode.PRICE, None, _("You named no budget."))
    if need.currency != offer.currency:
        return Factor(FactorCode.PRICE, None, _("Price and budget are in different currencies."))
    if asked <= budget:
        return Factor(FactorCode.PRICE, 1.0, _("The price is within your budget."))
    over = (asked - budget) / budget
    fit = float(max(Decimal(0), 1 - over))
    return Factor(FactorCode.PRICE, fit, _("The price is %(percent)d %% above your budget.") % {"percent": 100 * over})


def licence(need: NeedFacts, offer: OfferFacts) -> Factor:
    """The kind of deal that was asked for 1, another kind of licence where a licence was asked for 0.4, else 0."""
    if not need.modes or not offer.mode:
        return Factor(FactorCode.LICENCE, None, _("You are open to any kind of deal."))
    word = {"mode": Mode(offer.mode).label}
    if offer.mode in need.modes:
        return Factor(FactorCode.LICENCE, 1.0, _("Offered as you want it: %(mode)s.") % word)
    if offer.mode in LICENCES and need.modes & LICENCES:
        return Factor(FactorCode.LICENCE, 0.4, _("Offered otherwise than you want it: %(mode)s.") % word)
    return Factor(FactorCode.LICENCE, 0.0, _("Offered otherwise than you want it: %(mode)s.") % word)


def readiness(need: NeedFacts, offer: OfferFacts) -> Factor:
    """Technology readiness 1–9 (GB/T 22900), as (level − 1) / 8."""
    if offer.readiness is None:
        return Factor(FactorCode.READINESS, None, _("The seller does not say how ready it is."))
    return Factor(
        FactorCode.READINESS,
        (offer.readiness - 1) / 8,
        _("Technology readiness %(level)d of 9.") % {"level": offer.readiness},
    )


def term_left(offer: OfferFacts, today: date) -> Factor:
    """Years until the first of the rights ends, ten or more being 1."""
    if offer.expires_on is None:
        return Factor(FactorCode.TERM, None, _("The day the right ends is not known."))
    years = max((offer.expires_on - today).days / DAYS_A_YEAR, 0.0)
    return Factor(
        FactorCode.TERM, min(years / FULL_TERM_YEARS, 1.0), _("About %(years)d years left.") % {"years": round(years)}
    )


def rights_state(offer: OfferFacts) -> Factor:
    """The weakest of the rights: in force 1, in its period of grace 0.6, applied for ½, anything else 0; half of that
    where a pledge, an order or a dispute lies on it."""
    if not offer.statuses or offer.statuses == {LegalStatus.UNKNOWN}:
        return Factor(FactorCode.RIGHTS, None, _("The legal status is not known."))
    fits = {LegalStatus.IN_FORCE: 1.0, LegalStatus.IN_GRACE: 0.6, LegalStatus.PENDING: 0.5}
    weakest = min(offer.statuses, key=lambda status: (fits.get(LegalStatus(status), 0.0), status))
    fit = fits.get(LegalStatus(weakest), 0.0)
    word = {"status": LegalStatus(weakest).label}
    if offer.encumbrances:
        return Factor(FactorCode.RIGHTS, fit / 2, _("%(status)s, with an entry against it in the register.") % word)
    return Factor(FactorCode.RIGHTS, fit, _("%(status)s, nothing against it in the register.") % word)


_COMPARISONS: tuple[Callable[[NeedFacts, OfferFacts], Factor], ...] = (
    ipc_distance,
    industry,
    region,
    price,
    licence,
    readiness,
)


def factors(need: NeedFacts, offer: OfferFacts, today: date) -> tuple[Factor, ...]:
    """All eight, in the order of `FactorCode`, in the active language."""
    return (*(compare(need, offer) for compare in _COMPARISONS), term_left(offer, today), rights_state(offer))
