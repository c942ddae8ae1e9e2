"""What estimates add to shared pages: a panel on each patent and listing, a desk."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import ListedAsset
from listings.catalogue.slots import listing_slot
from listings.deals.access import is_at_desk
from listings.patents.slots import slot
from marketplace.portal import registry as portal
from valuation.estimate.presenting import panel, tried_sentence
from valuation.estimate.services import estimate_of, estimates_of, newest_fit

DESK = _("Review desk")
#: A bundle's rights beyond so many are left to their own pages.
MOST_ON_LISTING = 12


def of_asset(asset_id: int) -> dict[str, Any] | None:
    """For a patent's page."""
    told = panel(estimate_of(asset_id))
    return {**told, "tried": tried_sentence(newest_fit())} if told is not None else None


def of_listing(listing_id: int) -> dict[str, Any] | None:
    """For a listing's page: each of its rights that can be estimated; what is offered may be less than the right."""
    listed = ListedAsset.objects.filter(listing=listing_id).select_related("asset")
    names = {one.asset_id: one.asset for one in listed}
    found = [one for one in estimates_of(list(names)[:MOST_ON_LISTING]) if one.guess is not None]
    if not found:
        return None
    rows = [{"asset": names[one.asset_id], **(panel(one) or {})} for one in found]
    return {"rows": rows, "is_alone": len(names) == 1, "tried": tried_sentence(newest_fit())}


def contribute() -> None:
    """Called once the app is ready."""
    slot(25, "estimate/asset_panel.html", of_asset, column="aside")
    listing_slot(20, "estimate/listing_panel.html", of_listing)
    portal.desk(DESK, 41, _("Estimates and their back-test"), "desk_estimates", shows=is_at_desk)
