"""The small lists of a deal's page, each a few rows of a few columns: one statement for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from listings.assets.models import Asset
from listings.deals.models import (
    Deal,
    DealAsset,
    DealCommission,
    DealShare,
    Dispute,
    DisputeStatement,
    Offer,
    Review,
    RoyaltyPeriod,
)
from marketplace.core.money import Money
from marketplace.core.nesting import made, nested
from marketplace.payments.models import Account
from marketplace.payments.states import AccountKind

SELF = OuterRef("pk")
_Inventor = DealShare.inventors.through


def _names(of: str) -> tuple[str, str, str]:
    return of, f"{of}__name_zh", f"{of}__name_en"


_LISTS = {
    "owners": nested(
        DealShare.objects.filter(deal=SELF),
        "id",
        *_names("organisation"),
        "numerator",
        "denominator",
        "inventor_pct",
        inventors=nested(_Inventor.objects.filter(dealshare=SELF).order_by("id"), "id", *_names("organisation")),
    ),
    "earned": nested(
        DealCommission.objects.filter(deal=SELF), "id", *_names("broker"), "introduction_id", "pct", "is_on_buyer"
    ),
    "rights": nested(
        DealAsset.objects.filter(deal=SELF),
        "id",
        "asset",
        *(f"asset__{name}" for name in ("office", "number", "title_zh", "title_en", "status", "granted_on")),
    ),
    "versions": nested(
        Offer.objects.filter(negotiation=OuterRef("offer__negotiation")).order_by("-version"),
        *("id", "version", "made_at", "maker_id", "price", "currency"),
    ),
    "reviewed": nested(Review.objects.filter(deal=SELF), "id", *_names("by"), "stars", "text", "published_at"),
    "periods": nested(
        RoyaltyPeriod.objects.filter(deal=SELF),
        *("id", "state", "starts_on", "ends_on", "statement_due_on", "pct", "base", "royalty"),
    ),
    "in_holding": Subquery(
        Account.objects.filter(
            kind=AccountKind.HELD,
            currency=OuterRef("currency"),
            subject_kind=Deal._meta.label_lower,
            subject_id=SELF,
        )
        .order_by()
        .values("subject_id")
        .annotate(total=Sum("balance"))
        .values("total")
    ),
}


@dataclass(frozen=True, slots=True)
class Leaves:
    """What belongs to a deal and is small. `held` is what the ledger holds for it now."""

    shares: list[DealShare]
    commissions: list[DealCommission]
    rights: list[Asset]
    offers: list[Offer]
    reviews: list[Review]
    royalties: list[RoyaltyPeriod]
    held: Money


def leaves(deal: Deal) -> Leaves:
    """Read them, in one statement."""
    row = Deal.objects.filter(pk=deal.pk).annotate(**_LISTS).values(*_LISTS).get()
    shares = made(DealShare, row["owners"])
    for share, owner in zip(shares, row["owners"], strict=True):
        inventors = [one.organisation for one in made(_Inventor, owner["inventors"])]
        share._prefetched_objects_cache = {"inventors": inventors}
    return Leaves(
        shares=shares,
        commissions=made(DealCommission, row["earned"]),
        rights=[one.asset for one in made(DealAsset, row["rights"])],
        offers=made(Offer, row["versions"]),
        reviews=made(Review, row["reviewed"]),
        royalties=made(RoyaltyPeriod, row["periods"]),
        held=Money(-(row["in_holding"] or Decimal("0.00")), deal.currency),
    )


def with_statements(rows: QuerySet[Dispute]) -> list[Dispute]:
    """Disputes with what each side said, in one statement; `statements.all()` of each asks nothing more."""
    said = nested(
        DisputeStatement.objects.filter(dispute=SELF), "id", *_names("organisation"), "text", "at", "file", "file__name"
    )
    found: list[Dispute] = list(rows.annotate(said=said))
    for one in found:
        statements = made(DisputeStatement, one.said)  # type: ignore[attr-defined]
        one._prefetched_objects_cache = {"statements": statements}  # type: ignore[attr-defined]
    return found
