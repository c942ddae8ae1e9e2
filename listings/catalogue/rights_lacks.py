"""What the seller, the rights and other listings of them lack for a listing.

What the rights register says (owners, pledges, licences, freezes, status) comes in through `rights_check`, see
`encumbrances`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.lacks import E27, P14, P51, Lack
from listings.catalogue.naming import shown_number
from listings.catalogue.states import STANDING, Mode
from marketplace.accounts.roles import Kind
from marketplace.accounts.states import OrganisationState

if TYPE_CHECKING:
    from listings.catalogue.models import Listing

#: A utility model or design is granted without a full examination; its evaluation report is the proof of quality.
REPORTED_KINDS = frozenset({"utility_model", "design"})


RightsCheck = Callable[["Listing", list[Asset]], Iterable[Lack]]
rights_checks: list[RightsCheck] = []


def rights_check(check: RightsCheck) -> RightsCheck:
    """Register a further look at the rights of a listing; called under the assets' locks before it is published."""
    rights_checks.append(check)
    return check


def about_organisation(listing: Listing) -> Iterable[Lack]:
    if listing.organisation.state != OrganisationState.VERIFIED:
        yield Lack(
            "organisation_not_verified",
            "check",
            "",
            _("Your organisation is not verified yet: only verified sellers list."),
            rule=E27,
        )


def about_rights(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    if not rights:
        yield Lack("no_rights", "rights", "assets", _("Choose at least one right."))
    is_bank = listing.organisation.kind == Kind.BANK
    if listing.mode == Mode.DISPOSAL and not is_bank:
        yield Lack("disposal_by_bank_only", "rights", "mode", _("Collateral is put up for disposal by a bank only."))
    for asset in rights:
        yield from _about_right(listing, asset)


def _about_right(listing: Listing, asset: Asset) -> Iterable[Lack]:
    number = {"number": shown_number(asset)}
    if asset.holder_id != listing.organisation_id and listing.mode != Mode.DISPOSAL:
        yield Lack(
            "not_held",
            "rights",
            "assets",
            _("%(number)s is not in your organisation’s register; only what you hold can be listed."),
            number,
            P14,
        )
    patent = getattr(asset, "patent", None)
    needs_report = patent is not None and patent.patent_kind in REPORTED_KINDS and not patent.has_evaluation_report
    if needs_report and asset.is_granted and listing.mode != Mode.OPEN:
        yield Lack(
            "report_advised",
            "papers",
            "",
            _("%(number)s is a utility model or design; readers will ask for its evaluation report."),
            number,
            blocks=False,
        )


def about_others(listing: Listing, rights: list[Asset]) -> Iterable[Lack]:
    """Other standing listings of the same rights that this one contradicts or repeats."""
    from listings.catalogue.models import ListedAsset

    if not rights:
        return
    others = (
        ListedAsset.objects.filter(asset__in=rights, listing__state__in=STANDING)
        .exclude(listing=listing.pk)
        .values_list("asset_id", "listing__mode", "listing__number")
    )
    number_of = {asset.pk: shown_number(asset) for asset in rights}
    shutting = {Mode.EXCLUSIVE, Mode.SOLE}
    for asset_id, mode, other in others:
        params = {"number": number_of[asset_id], "other": other, "mode": Mode(mode).label}
        if mode == listing.mode and mode in {Mode.TRANSFER, Mode.EXCLUSIVE, Mode.SOLE, Mode.OPEN, Mode.DISPOSAL}:
            yield Lack(
                "listed_twice",
                "rights",
                "assets",
                _("%(number)s already stands in listing %(other)s (%(mode)s)."),
                params,
            )
        elif (mode == Mode.OPEN and listing.mode in shutting) or (listing.mode == Mode.OPEN and mode in shutting):
            yield Lack(
                "open_beside_exclusive",
                "rights",
                "mode",
                _(
                    "%(number)s stands in listing %(other)s (%(mode)s); beside an open licence"
                    " only ordinary licences may be agreed."
                ),
                params,
                P51,
            )
