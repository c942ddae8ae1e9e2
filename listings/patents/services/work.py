"""What a worker does with an import run: check an upload, import what was let go ahead."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.core.files.storage import default_storage

from listings.patents.models import ImportRejection, ImportRun
from listings.patents.models import ImportState as S
from listings.patents.services import importing, runs
from marketplace.core import clock, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.locks import locked

log = structlog.get_logger(__name__)


def work(run_id: int) -> str:
    """Do what a run waits for: check an upload, or import what was let go ahead, from where an earlier worker stopped.

    Returns the state it leaves the run in; at once when another worker is on it.
    """
    with importing.only_worker_of(run_id) as is_ours:
        run = ImportRun.objects.select_related("file").get(pk=run_id)
        if not is_ours or run.file is None or run.state not in (S.UPLOADED, S.RUNNING):
            return str(run.state)
        ImportRun.objects.filter(pk=run_id).update(heard_at=clock.now())
        try:
            with on_disk(run) as path:
                if run.state == S.UPLOADED:
                    _check(run, path)
                else:
                    _import(run, path)
        except importing.Stopped:
            pass
        except Exception as error:
            log.exception("import_failed", run=run_id)
            runs.fail(run_id, error)
        return str(ImportRun.objects.values_list("state", flat=True).get(pk=run_id))


def _check(run: ImportRun, path: Path) -> None:
    def stop(_summary: importing.Summary) -> bool:
        ImportRun.objects.filter(pk=run.pk).update(heard_at=clock.now())
        return not ImportRun.objects.filter(pk=run.pk, state=S.UPLOADED).exists()

    summary, rows = importing.check_path(path, organisation_id=run.organisation_id, stop=stop)
    with locked(ImportRun, run.pk) as current:
        if current.state != S.UPLOADED:
            raise importing.Stopped()
        current.preview = rows
        current.not_patents = [
            {"file": importing.shown(one.file, run, path), "what": one.what} for one in summary.not_patents
        ][:1000]
        current.found = {
            name: getattr(summary, name) for name in ("records", "created", "updated", "unchanged", "rejected")
        }
        ImportRejection.objects.bulk_create(
            [
                ImportRejection(
                    run=current,
                    file=importing.shown(one.file, run, path)[:300],
                    line=one.line,
                    number=one.number[:80],
                    code=one.code,
                    params=importing.plain(one.params),
                )
                for one in summary.rejections[: importing.STORED_REJECTIONS]
            ],
            batch_size=2000,
        )
        lifecycle.walk(runs.IMPORT_GRAPH, current, "check", by=SYSTEM, also=["preview", "not_patents", "found"])


def _import(run: ImportRun, path: Path) -> None:
    by = Actor(
        user_id=run.created_by_id,
        org_id=run.organisation_id if run.on_behalf_of_id is None else None,
        on_behalf_of=run.on_behalf_of_id,
    )
    importing.import_paths([path], by=by, organisation_id=run.organisation_id, strict=run.is_strict, run=run)
    runs.finish(run.pk)


@contextmanager
def on_disk(run: ImportRun) -> Iterator[Path]:
    """The run's file as a path: where the storage keeps files on disk it is used in place, else copied for the
    while."""
    assert run.file is not None
    try:
        place = Path(default_storage.path(run.file.stored_as))
    except NotImplementedError:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "upload"
            with default_storage.open(run.file.stored_as, "rb") as source, place.open("wb") as target:
                shutil.copyfileobj(source, target, 1024 * 1024)
            yield place
        return
    yield place
