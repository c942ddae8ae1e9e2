"""The demo's sales of before, so that estimates have something to learn from."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from listings.catalogue.demo_data import Cast
from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.demo import Say
from valuation.estimate.entering import enter_past_sales
from valuation.estimate.services import refit

SALES = Path(__file__).with_name("demo") / "past_sales.json"


def load(say: Say) -> None:
    """Enter the sales and fit the model to them. A second run changes nothing."""
    cast = Cast()
    told = []
    for row in json.loads(SALES.read_text("utf-8")):
        asset = cast.asset(row["patent"], "CN")
        if asset is not None:
            day = clock.today() - timedelta(days=row["days"])
            told.append({**row, "number": asset.number, "agreed_on": day.isoformat()})
    made = enter_past_sales(told, by=SYSTEM)
    fitted = refit()
    say(f"{made} sales of before" + (f", a fit of {fitted.count}" if fitted is not None else ""))
