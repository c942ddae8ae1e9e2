"""Listings and needs as search collections: what is indexed, and where it is read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Sum
from django.db.models.functions import Coalesce

from listings.assets.models import Asset
from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import kind_key, patent_of
from listings.catalogue.states import NeedState
from marketplace.accounts import regions
from marketplace.core.ruling import enforces
from marketplace.search.fields import Collection, Document, Exact, Facet, Range, Sort, Text
from marketplace.search.index import register

IPC_LEVELS = (1, 3, 4)
#: Larger than any sum of the versions of a bundle's rights is likely to be; a clash costs one missed check, no more.
VERSION_STEP = 1_000_003


def readiness_band(level: int | None) -> str | None:
    """TRL 1–3, 4–6 or 7–9."""
    if level is None:
        return None
    return "1-3" if level <= 3 else "4-6" if level <= 6 else "7-9"


def ipc_symbol(text: str) -> str:
    """The symbol without spaces, so that its prefixes are section, class and subclass."""
    return text.replace(" ", "").upper()


def number_keys(asset: Asset) -> list[str]:
    """Every canonical number of the right as “office:number”, which is how a typed number is looked up."""
    patent = patent_of(asset)
    numbers = {asset.number}
    if patent is not None:
        numbers |= {patent.application_number, patent.publication_number, patent.grant_number}
    return [f"{asset.office}:{number}" for number in sorted(numbers) if number]


# ── listings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def listings_of_assets(ids: Sequence[int]) -> Iterable[int]:
    return Listing.objects.filter(listed__asset__in=ids).values_list("pk", flat=True).distinct()


def listings_of_organisations(ids: Sequence[int]) -> Iterable[int]:
    return Listing.objects.filter(organisation__in=ids).values_list("pk", flat=True)


LISTINGS = Collection(
    "listings",
    (
        Text("title", 4),
        Text("summary", 2),
        Text("record"),
        Text("owner", 2),
        Exact("numbers"),
        Exact("organisation"),
        Facet("mode"),
        Facet("price_mode"),
        Facet("kind", multi=True),
        Facet("ipc", multi=True, tree=IPC_LEVELS),
        Facet("status", multi=True),
        Facet("granted", multi=True),
        Facet("readiness"),
        Facet("region", multi=True),
        Range("price"),
        Range("expires"),
        Range("published"),
        Sort("price"),
        Sort("expires"),
        Sort("published"),
    ),
    default_sort="-published",
    subject="catalogue.listing",
    related={"assets.asset": listings_of_assets, "accounts.organisation": listings_of_organisations},
)


class ListingProvider:
    """Public listings, read with everything their documents need in a fixed number of queries."""

    def documents(self, ids: Sequence[int]) -> Iterable[Document]:
        above = regions.codes_upwards()
        for listing in Listing.objects.public().with_rights().filter(pk__in=ids):
            yield _listing_document(listing, above)

    def versions(self) -> Iterator[tuple[int, int]]:
        rows = (
            Listing.objects.public()
            .annotate(rights_version=Coalesce(Sum("listed__asset__version"), 0))
            .values_list("pk", "version", "rights_version")
        )
        for pk, version, rights_version in rows.iterator(chunk_size=5000):
            yield pk, version * VERSION_STEP + rights_version


@enforces("PAT-OFFICE-NEUTRAL")
def _listing_document(listing: Listing, above: dict[int, tuple[str, ...]]) -> Document:
    """What is searched, filtered and sorted by: facts of the offer and its rights, never a payment or a favour."""
    rights = listing.rights
    patents = [patent for patent in map(patent_of, rights) if patent is not None]
    ends = [asset.expires_on for asset in rights if asset.expires_on is not None]
    price = listing.price_min if listing.currency == "CNY" else None
    summary = ("problem", "benefit", "applications", "evidence")
    return Document(
        listing.pk,
        listing.version * VERSION_STEP + sum(asset.version for asset in rights),
        {
            "title": " \n".join(filter(None, (listing.title_zh, listing.title_en))),
            "summary": " \n".join(
                filter(None, (getattr(listing, f"{name}_{language}") for name in summary for language in ("zh", "en")))
            ),
            "record": " \n".join(
                filter(
                    None,
                    (
                        *(text for asset in rights for text in (asset.title_zh, asset.title_en)),
                        *(text for patent in patents for text in (patent.abstract_zh, patent.abstract_en)),
                    ),
                )
            ),
            "owner": " \n".join(filter(None, (listing.organisation.name_zh, listing.organisation.name_en))),
            "numbers": [listing.number, *(key for asset in rights for key in number_keys(asset))],
            "organisation": [str(listing.organisation_id)],
            "mode": listing.mode,
            "price_mode": listing.price_mode,
            "kind": sorted({kind_key(asset) for asset in rights}),
            "ipc": sorted({ipc_symbol(symbol) for patent in patents for symbol in patent.ipc}),
            "status": sorted({str(asset.status) for asset in rights}),
            "granted": sorted({"granted" if asset.is_granted else "pending" for asset in rights}),
            "readiness": readiness_band(listing.readiness),
            "region": above.get(listing.region_id, ()) if listing.region_id else (),
            "price": int(price) if price is not None else None,
            "expires": min(ends).toordinal() if ends else None,
            "published": int(listing.published_at.timestamp()) if listing.published_at else None,
        },
    )


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
NEEDS = Collection(
    "needs",
    (
        Text("title", 4),
        Text("body"),
        Text("seeker", 2),
        Exact("numbers"),
        Exact("organisation"),
        Facet("mode", multi=True),
        Facet("ipc", multi=True, tree=IPC_LEVELS),
        Facet("region", multi=True),
        Range("budget"),
        Range("deadline"),
        Range("published"),
        Sort("budget"),
        Sort("deadline"),
        Sort("published"),
    ),
    default_sort="-published",
    subject="catalogue.need",
    related={
        "accounts.organisation": lambda ids: Need.objects.filter(organisation__in=ids).values_list("pk", flat=True)
    },
)


class NeedProvider:
    """Published needs. One that does not name its organisation is not found by that name either."""

    def documents(self, ids: Sequence[int]) -> Iterable[Document]:
        above = regions.codes_upwards()
        for need in Need.objects.public().select_related("organisation").filter(pk__in=ids):
            yield _need_document(need, above)

    def versions(self) -> Iterator[tuple[int, int]]:
        rows = Need.objects.filter(state=NeedState.PUBLISHED).values_list("pk", "version")
        yield from rows.iterator(chunk_size=5000)


def _need_document(need: Need, above: dict[int, tuple[str, ...]]) -> Document:
    names = () if need.is_anonymous else (need.organisation.name_zh, need.organisation.name_en)
    budget = need.budget_max if need.budget_max is not None else need.budget_min
    return Document(
        need.pk,
        need.version,
        {
            "title": " \n".join(filter(None, (need.title_zh, need.title_en))),
            "body": " \n".join(
                filter(None, (need.problem_zh, need.problem_en, need.requirements_zh, need.requirements_en))
            ),
            "seeker": " \n".join(filter(None, names)),
            "numbers": [need.number],
            "organisation": [] if need.is_anonymous else [str(need.organisation_id)],
            "mode": sorted(need.modes),
            "ipc": sorted({ipc_symbol(symbol) for symbol in need.ipc_hints}),
            "region": above.get(need.region_id, ()) if need.region_id else (),
            "budget": int(budget) if budget is not None and need.currency == "CNY" else None,
            "deadline": need.deadline.toordinal() if need.deadline else None,
            "published": int(need.published_at.timestamp()) if need.published_at else None,
        },
    )


def register_collections() -> None:
    """Called once the app is ready."""
    register(LISTINGS, ListingProvider())
    register(NEEDS, NeedProvider())
