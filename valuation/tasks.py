"""Background entry points of valuations. Each takes nothing and calls one service."""

from celery import shared_task

from valuation.estimate.services import refit


@shared_task
def refit_estimates() -> int:
    """Fit the estimates' model to the sales closed since; returns the sales fitted, 0 where too little was new."""
    made = refit()
    return made.count if made is not None else 0
