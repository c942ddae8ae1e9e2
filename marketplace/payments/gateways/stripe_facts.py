"""What is known of Stripe's limits, as data with date and source. They change: read the pages again at launch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

READ_ON = "2026-11-23"
SOURCES = (
    f"docs.stripe.com/connect/separate-charges-and-transfers, read {READ_ON} (two full copies agree on 40 regions; "
    "HK and CN are on neither, a newer copy may add AE)",
    f"docs.stripe.com/connect/cross-border-payouts, read {READ_ON}",
    f"docs.stripe.com/currencies and docs.stripe.com/api/charges (eight digits at most), read {READ_ON}",
    f"docs.stripe.com/api/idempotent_requests (keys are kept 24 hours at least), read {READ_ON}",
    f"docs.stripe.com/connect/manual-payouts (90 days; 10 in TH, 2 years in US), read {READ_ON}",
)

#: Where a platform may charge first and transfer to several payees later.
SPLIT_REGIONS = frozenset(
    [
        "AT",
        "AU",
        "BE",
        "BG",
        "BR",
        "CA",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "JP",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "MX",
        "MY",
        "NL",
        "NO",
        "NZ",
        "PL",
        "PT",
        "RO",
        "SE",
        "SG",
        "SI",
        "SK",
        "US",
    ]
)
#: Transfers cross borders without asking only inside this area; elsewhere payees are in the platform's region.
ONE_TRANSFER_AREA = SPLIT_REGIONS - frozenset(["AU", "BR", "JP", "MX", "MY", "NZ", "SG"])

#: Currencies in which the market lets Stripe take a price: those settled without conversion in the split regions.
#: CNY is none of them: mainland parties pay and are paid by bank transfer.
SETTLED = frozenset(
    [
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HUF",
        "JPY",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PLN",
        "RON",
        "SEK",
        "SGD",
        "USD",
    ]
)
#: Amounts of these have no minor unit; every other currency here has two decimals.
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)

LARGEST = Decimal("999999.99")
KEY_LIFE = timedelta(hours=24)
HOLD_DAYS = {"US": 730, "TH": 10}
HOLD_DAYS_ELSEWHERE = 90
SETTLEMENT_DAYS = 2
SESSION_LIFE = timedelta(hours=23)


def payout_countries(home: str) -> frozenset[str]:
    """Where the accounts of payees may be for a platform in `home`; empty when it may not split at all."""
    if home in ONE_TRANSFER_AREA:
        return ONE_TRANSFER_AREA
    return frozenset({home}) & SPLIT_REGIONS


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` in the provider's smallest unit. Raises ValueError for parts the currency does not have."""
    scaled = amount if currency in ZERO_DECIMAL else amount * 100
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} {currency} has parts smaller than its smallest unit.")
    return int(scaled)


def from_minor(units: int, currency: str) -> Decimal:
    """What `units` of the smallest unit of `currency` (either case) are as an amount with two decimals."""
    if currency.upper() in ZERO_DECIMAL:
        return Decimal(units).quantize(Decimal("0.01"))
    return (Decimal(units) / 100).quantize(Decimal("0.01"))
