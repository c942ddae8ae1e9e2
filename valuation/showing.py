"""How figures leave the engine: money to the cent, shares to twelve decimals, rounded half up once, as strings."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from marketplace.core.money import CENT

SHARE = Decimal("0.000000000001")
WIDE = Context(prec=80, Emin=-10_000, Emax=10_000)


def _rounded(value: Decimal, step: Decimal) -> str:
    shown = value.quantize(step, rounding=ROUND_HALF_UP, context=WIDE)
    return f"{shown if shown else abs(shown):f}"  # no −0.00


def cents(value: Decimal | float) -> str:
    """An amount to the cent, half up: Decimal("2.675") → "2.68"."""
    return _rounded(Decimal(value), CENT)


def share(value: Decimal | float) -> str:
    """A rate, factor or fraction of a year to twelve decimals, half up."""
    return _rounded(Decimal(value), SHARE)
