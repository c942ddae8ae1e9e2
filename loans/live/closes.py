"""What the page of closes of day shows. A run is the market's, so no sum of another bank stands in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from loans.access import is_bank
from loans.graphs.lending import OFFICERS
from loans.models import CloseRun
from loans.states.servicing import CloseState
from marketplace.core import clock
from marketplace.core.actor import Actor

RUNS_SHOWN = 30
#: A run that began so long ago and is not done was cut off; the next one goes on where it stopped.
CUT_OFF_AFTER = timedelta(hours=1)


def may_close(actor: Actor) -> bool:
    """Whoever looks after the bank's loans may have missed days closed: it is the same however often it is asked."""
    return is_bank(actor) and bool(OFFICERS & actor.roles)


def closes_page() -> dict[str, Any]:
    """The newest runs with their times, the days missed before today, and what was cut off. Three statements."""
    runs = list(CloseRun.objects.all()[:RUNS_SHOWN])
    done = CloseRun.objects.filter(state=CloseState.DONE).order_by("-business_date").first()
    return {
        "rows": [_row(one) for one in runs],
        "last": done,
        "missed": missed_days(done.business_date) if done is not None else [],
        "cut_off": [one for one in runs if _is_cut_off(one)],
    }


def missed_days(last: date) -> list[date]:
    """Days gone by that are not closed; today is closed at its end."""
    return [last + timedelta(days=n) for n in range(1, (clock.today() - last).days)]


def _is_cut_off(run: CloseRun) -> bool:
    return run.state == CloseState.RUNNING and run.started_at < clock.now() - CUT_OFF_AFTER


def _row(run: CloseRun) -> dict[str, Any]:
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at is not None else None
    shape = "go" if took is not None else "stop" if _is_cut_off(run) else "now"
    return {"run": run, "took": took, "shape": shape, "label": CloseState(run.state).label}
