"""The methods by name. A new one is a module with a `Method` and a line here."""

from valuation.methods import (
    assumptions,
    capitalisation,
    cost,
    excess_earnings,
    flows,
    market,
    option,
    portfolio,
    relief_from_royalty,
)
from valuation.methods.method import Method, Outcome

METHODS: dict[str, Method] = {
    one.name: one
    for one in (
        relief_from_royalty.METHOD,
        excess_earnings.METHOD,
        excess_earnings.CHARGES,
        cost.REPLACEMENT,
        cost.REPRODUCTION,
        market.METHOD,
        flows.INCREMENTAL,
        flows.RISK_ADJUSTED,
        option.METHOD,
        portfolio.METHOD,
        capitalisation.METHOD,
        assumptions.BUILD_UP,
        assumptions.CURVE,
    )
}

__all__ = ["METHODS", "Method", "Outcome"]
