"""What the register does when something has happened."""

from collections.abc import Sequence

from listings.patents.models import ImportRun
from marketplace.core.hints import hint
from marketplace.core.models import Event
from marketplace.core.relay import subscriber


@subscriber("patents.imports", kinds=["import.begin", "import.go"])
def start_work(events: Sequence[Event]) -> None:
    """A run that waits for a worker gets one. Lost hints are made good by resume_imports."""
    ids = {event.subject_id for event in events}
    for run_id in ImportRun.objects.filter(pk__in=ids, file__isnull=False).values_list("pk", flat=True):
        hint("listings.patents.tasks.work_on_import", run_id)
