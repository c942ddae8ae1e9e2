"""Listings and needs as matching reads them from the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import patent_of
from listings.catalogue.search import VERSION_STEP
from listings.matching.factors import NeedFacts, OfferFacts
from listings.matching.sides import LANGUAGES, Offered
from listings.rights.models import Entry
from listings.rights.states import EntryKind
from marketplace.accounts import regions
from marketplace.core import clock

#: Entries of the register that speak against a right, whoever asks.
AGAINST = (EntryKind.PLEDGE, EntryKind.PRESERVATION, EntryKind.OWNERSHIP_SUIT, EntryKind.INVALIDATION)
_SAID = ("problem", "benefit", "applications")
_SOUGHT = ("title", "problem", "requirements")


class ListingSource:
    """Public listings with the texts of their rights."""

    def offered(self, ids: Sequence[int]) -> Iterable[Offered]:
        for listing in Listing.objects.public().with_rights().filter(pk__in=ids):
            version = listing.version * VERSION_STEP + sum(asset.version for asset in listing.rights)
            texts = {language: text for language in LANGUAGES if any(text := offered_text(listing, language))}
            published = int(listing.published_at.timestamp()) if listing.published_at else 0
            yield Offered(listing.pk, version, texts, published)

    def versions(self, language: str) -> Iterator[tuple[int, int]]:
        """A listing speaks a language when anything it says of itself or of its rights is in it."""
        own = [Q(**{f"{name}_{language}__gt": ""}) for name in ("title", *_SAID)]
        rights = [
            Q(**{f"listed__asset__title_{language}__gt": ""}),
            Q(**{f"listed__asset__patent__abstract_{language}__gt": ""}),
        ]
        speaks = own[0]
        for more in (*own[1:], *rights):
            speaks |= more
        ids = Listing.objects.public().filter(speaks).values("pk")
        rows = (
            Listing.objects.filter(pk__in=ids)
            .annotate(rights_version=Coalesce(Sum("listed__asset__version"), 0))
            .values_list("pk", "version", "rights_version")
        )
        for pk, version, rights_version in rows.iterator(chunk_size=5000):
            yield pk, version * VERSION_STEP + rights_version


def offered_text(listing: Listing, language: str) -> tuple[str, str]:
    """(title, the rest) of a listing in one language; both empty where it does not speak it."""
    parts = [getattr(listing, f"{name}_{language}") for name in _SAID]
    for asset in listing.rights:
        parts.append(getattr(asset, f"title_{language}"))
        patent = patent_of(asset)
        if patent is not None:
            parts.append(getattr(patent, f"abstract_{language}"))
    return getattr(listing, f"title_{language}"), "\n".join(filter(None, parts))


def sought_texts(need: Need) -> dict[str, str]:
    """What a need says in each language it speaks."""
    found = {
        language: "\n".join(filter(None, (getattr(need, f"{name}_{language}") for name in _SOUGHT)))
        for language in LANGUAGES
    }
    return {language: text for language, text in found.items() if text}


def need_facts(need: Need) -> NeedFacts:
    above = regions.codes_upwards()
    return NeedFacts(
        ipc=tuple(need.ipc_hints),
        regions=above.get(need.region_id, ()) if need.region_id else (),
        modes=frozenset(need.modes),
        budget_min=need.budget_min,
        budget_max=need.budget_max,
        currency=need.currency,
    )


def offer_facts(listings: Sequence[Listing]) -> dict[int, OfferFacts]:
    """Facts by listing, for listings loaded `with_rights`; two queries however many."""
    above = regions.codes_upwards()
    assets = {asset.pk for listing in listings for asset in listing.rights}
    against: dict[int, set[str]] = {}
    entries = Entry.objects.on(clock.today()).filter(asset_id__in=assets, kind__in=AGAINST)
    for asset_id, kind in entries.values_list("asset_id", "kind"):
        against.setdefault(asset_id, set()).add(kind)
    return {
        listing.pk: OfferFacts(
            ipc=tuple(s for asset in listing.rights if (patent := patent_of(asset)) is not None for s in patent.ipc),
            regions=above.get(listing.region_id, ()) if listing.region_id else (),
            mode=listing.mode,
            price_mode=listing.price_mode,
            price_min=listing.price_min,
            price_max=listing.price_max,
            currency=listing.currency,
            readiness=listing.readiness,
            expires_on=min((asset.expires_on for asset in listing.rights if asset.expires_on), default=None),
            statuses=frozenset(str(asset.status) for asset in listing.rights),
            encumbrances=frozenset(kind for asset in listing.rights for kind in against.get(asset.pk, ())),
        )
        for listing in listings
    }
