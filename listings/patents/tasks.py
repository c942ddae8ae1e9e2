"""Background entry points of the register. Each takes nothing or an id and calls one service."""

from celery import shared_task

from listings.patents.services import statuses, work
from listings.patents.services.runs import waiting
from marketplace.core.hints import hint


@shared_task(time_limit=4 * 3600, soft_time_limit=4 * 3600 - 60)
def work_on_import(run_id: int) -> str:
    return work.work(run_id)


@shared_task
def resume_imports() -> int:
    """Hand out again what a worker left behind."""
    runs = waiting()
    for run_id in runs:
        hint("listings.patents.tasks.work_on_import", run_id)
    return len(runs)


@shared_task
def refresh_statuses() -> int:
    return statuses.refresh_due()
