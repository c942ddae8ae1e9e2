"""What estimates do when a deal closes, or is taken up again."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.core.hints import hint
from marketplace.core.models import Event
from marketplace.core.relay import subscriber


@subscriber("estimates", kinds=("deal.complete", "deal.reopen"), batch=100)
def follow_sales(events: Sequence[Event]) -> None:
    """Have the model fitted anew; a hint that is lost is made good by the nightly run. Facts need no such step: they
    are read when an estimate is."""
    hint("valuation.tasks.refit_estimates")
