"""Quotes so low that somebody should ask why (Appraisal Law, article 20: no dumping, no kickbacks).

A flag blocks nothing: it stands beside the quote for the client, the operator and the agency itself.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from statistics import median

from django.db.models import Count, QuerySet

from listings.rights.ruling import enforces
from marketplace.core import clock
from valuation.appraisals.states import QuoteState
from valuation.models import Quote

#: A fee per right under this share of the median of the agency's own quotes, or of the other agencies', is flagged.
UNDER_OWN = Decimal("0.5")
UNDER_MARKET = Decimal("0.4")
LEAST_OWN, LEAST_MARKET = 3, 5
MONTHS_BACK = 24
_QUOTED = (QuoteState.OFFERED, QuoteState.ACCEPTED, QuoteState.LOST)


@enforces("APR-CONFLICT")
def flags_of(quote: Quote) -> list[dict[str, str]]:
    """What looks wrong about the fee: [{code, median, share_pct}], amounts per right in the quote's currency."""
    if quote.fee is None:
        return []
    since = clock.now() - timedelta(days=30 * MONTHS_BACK)
    others = Quote.objects.filter(
        state__in=_QUOTED, currency=quote.currency, quoted_at__gte=since, fee__isnull=False
    ).exclude(pk=quote.pk)
    mine = _per_right(others.filter(agency=quote.agency_id))
    market = _per_right(others.exclude(agency=quote.agency_id))
    fee = quote.fee / max(quote.order.ordered.count(), 1)
    found = []
    for code, fees, least, bound in (
        ("under_own", mine, LEAST_OWN, UNDER_OWN),
        ("under_market", market, LEAST_MARKET, UNDER_MARKET),
    ):
        if len(fees) >= least and fee < median(fees) * bound:
            usual = median(fees)
            share = (fee * 100 / usual).quantize(Decimal("0.1"))
            found.append({"code": code, "median": f"{usual:.2f}", "share_pct": f"{share}"})
    return found


def _per_right(quotes: QuerySet[Quote]) -> list[Decimal]:
    rows = quotes.annotate(rights=Count("order__ordered")).values_list("fee", "rights")
    return [fee / max(rights, 1) for fee, rights in rows if fee is not None]
