"""The life of an import run: uploaded, checked, gone ahead with, finished, failed or cancelled."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.patents import reasons
from listings.patents.models import ImportRejection, ImportRun, ImportState
from listings.patents.services import importing
from marketplace.accounts.roles import Power, Role
from marketplace.core import clock, files, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import DomainError, NotPermitted
from marketplace.core.lifecycle import AnyOf, Clock, Edge, Graph, Party
from marketplace.core.locks import locked

PURPOSE = "patent-import"
SILENT_FOR = timedelta(minutes=2)
SHOWN_REJECTIONS = 50
log = structlog.get_logger(__name__)

KEEPERS = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}), power=str(getattr(Power, "REGISTER", "register")))
"""Who may bring an organisation's rights into the register: its owners and staff, or a delegate with that power."""
EITHER = AnyOf((KEEPERS, Clock()))


class NothingToImport(DomainError):
    """The check found no record that could be taken."""

    code = "nothing_to_import"
    status = 422
    sentence = _("No record of this file can be imported.")
    remedy = _("Correct the rows in the list of errors, or choose another file.")


class StrictCheckFailed(DomainError):
    """A strict run takes a file whole or not at all."""

    code = "strict_check_failed"
    status = 422
    sentence = _("The file has rejected records, and you asked to take it whole or not at all.")
    remedy = _("Correct the rows in the list of errors and upload the file again.")


def has_something(run: ImportRun, by: Actor) -> None:
    """Raises NothingToImport, StrictCheckFailed. An import begun by a command has no check to look at."""
    if not run.found:
        return
    if run.found["records"] == run.found["rejected"]:
        raise NothingToImport()
    if run.is_strict and run.found["rejected"]:
        raise StrictCheckFailed()


S = ImportState
IMPORT_GRAPH = lifecycle.register(
    Graph(
        name="import",
        model="patents.importrun",
        initial=S.UPLOADED,
        states=ImportState,
        resting=frozenset({S.CHECKED, S.DONE, S.FAILED, S.CANCELLED}),
        edges=(
            Edge("check", (S.UPLOADED,), S.CHECKED, who=Clock(), label=_("Check")),
            Edge("go", (S.CHECKED,), S.RUNNING, who=EITHER, label=_("Go ahead"), guard=has_something),
            Edge("finish", (S.RUNNING,), S.DONE, who=Clock(), label=_("Finish")),
            Edge("fail", (S.UPLOADED, S.RUNNING), S.FAILED, who=Clock(), label=_("Fail"), asks_reason=True),
            Edge("cancel", (S.UPLOADED, S.CHECKED, S.RUNNING), S.CANCELLED, who=EITHER, label=_("Cancel")),
        ),
    )
)


class _OrganisationOf:
    """What a Party reads, before there is a run."""

    def __init__(self, organisation_id: int | None) -> None:
        self.organisation_id = organisation_id


def may_import(by: Actor) -> bool:
    """Whether the actor may import for the organisation it acts for."""
    return by.acts_for is not None and KEEPERS.permits(by, _OrganisationOf(by.acts_for))


@files.guard(PURPOSE)
def _opens(actor: Actor, row: files.StoredFile) -> bool:
    return actor.acts_for is not None and actor.acts_for == row.org_id


def upload(file: UploadedFile, *, by: Actor, strict: bool) -> ImportRun:
    """Keep an upload and begin its run; the worker checks it next. Raises NotPermitted, FileRefused."""
    if not may_import(by):
        raise NotPermitted()
    with transaction.atomic():
        stored = files.keep(
            file, purpose=PURPOSE, by=by, allowed=files.IMPORTS, org_id=by.acts_for, max_bytes=settings.IMPORT_UPLOAD_MAX_BYTES
        )
        run = ImportRun(
            organisation_id=by.acts_for,
            created_by_id=by.user_id,
            on_behalf_of_id=by.on_behalf_of,
            file=stored,
            name=stored.name,
            is_strict=strict,
            bytes_total=stored.size,
            created_at=clock.now(),
        )
        lifecycle.begin(IMPORT_GRAPH, run, by=by)
        _wake(run)
    return run


def begin_direct(*, name: str, by: Actor, strict: bool, organisation_id: int | None) -> ImportRun:
    """The run of an import that nobody has to confirm (a command, demo data)."""
    with transaction.atomic():
        run = ImportRun(name=name or "-", is_strict=strict, organisation_id=organisation_id, created_by_id=by.user_id, created_at=clock.now())
        lifecycle.begin(IMPORT_GRAPH, run, by=by)
        lifecycle.walk(IMPORT_GRAPH, run, "check", by=SYSTEM)
        lifecycle.walk(IMPORT_GRAPH, run, "go", by=SYSTEM)
    return run


def go(*, run_id: int, by: Actor) -> ImportRun:
    """Let a checked run go ahead. Raises IllegalTransition, NotPermitted, NothingToImport, StrictCheckFailed."""
    with locked(ImportRun, run_id) as run:
        run.rejections.all().delete()
        lifecycle.walk(IMPORT_GRAPH, run, "go", by=by)
        _wake(run)
    return run


def cancel(*, run_id: int, by: Actor) -> ImportRun:
    """Stop a run; batches already taken stay. Raises IllegalTransition, NotPermitted."""
    with locked(ImportRun, run_id) as run:
        run.finished_at = clock.now()
        lifecycle.walk(IMPORT_GRAPH, run, "cancel", by=by, also=["finished_at"])
    return run


def finish(run_id: int) -> None:
    with locked(ImportRun, run_id) as run:
        run.finished_at = clock.now()
        lifecycle.walk(IMPORT_GRAPH, run, "finish", by=SYSTEM, also=["finished_at"])


def fail(run_id: int, error: BaseException) -> None:
    """Record that the import itself broke (not a record of it)."""
    with locked(ImportRun, run_id) as run:
        if run.state not in (S.UPLOADED, S.RUNNING):
            return
        run.finished_at = clock.now()
        run.error = f"{type(error).__name__}: {error}"[:2000]
        lifecycle.walk(IMPORT_GRAPH, run, "fail", by=SYSTEM, reason=type(error).__name__, also=["finished_at", "error"])


def work(run_id: int) -> str:
    """Do what a run waits for: check an upload, or import what was let go ahead, from where an earlier worker stopped.

    Returns the state it leaves the run in; at once when another worker is on it.
    """
    with importing.only_worker_of(run_id) as is_ours:
        run = ImportRun.objects.select_related("file").get(pk=run_id)
        if not is_ours or run.file is None or run.state not in (S.UPLOADED, S.RUNNING):
            return run.state
        ImportRun.objects.filter(pk=run_id).update(heard_at=clock.now())
        try:
            with _on_disk(run) as path:
                if run.state == S.UPLOADED:
                    _check(run, path)
                else:
                    _import(run, path)
        except importing.Stopped:
            pass
        except Exception as error:
            log.exception("import_failed", run=run_id)
            fail(run_id, error)
        return ImportRun.objects.values_list("state", flat=True).get(pk=run_id)


def waiting() -> list[int]:
    """Runs that owe work and whose worker has fallen silent, oldest first: beat hands them out again."""
    silent = clock.now() - SILENT_FOR
    runs = ImportRun.objects.filter(state__in=(S.UPLOADED, S.RUNNING), file__isnull=False).order_by("id")
    return [run.pk for run in runs if (run.heard_at or run.state_since) < silent]


def _check(run: ImportRun, path: Path) -> None:
    def stop(_summary: importing.Summary) -> bool:
        ImportRun.objects.filter(pk=run.pk).update(heard_at=clock.now())
        return not ImportRun.objects.filter(pk=run.pk, state=S.UPLOADED).exists()

    summary, rows = importing.check_path(path, organisation_id=run.organisation_id, stop=stop)
    with locked(ImportRun, run.pk) as current:
        if current.state != S.UPLOADED:
            raise importing.Stopped()
        current.preview = [_renamed(row, run) for row in rows]
        current.not_patents = [{"file": run.name, "what": one.what} for one in summary.not_patents][:1000]
        current.found = {
            name: getattr(summary, name) for name in ("records", "created", "updated", "unchanged", "rejected")
        }
        ImportRejection.objects.bulk_create(
            [
                ImportRejection(
                    run=current, file=_named(one.file, path, run), line=one.line, number=one.number[:80], code=one.code,
                    params=importing._plain(one.params),
                )
                for one in summary.rejections[: importing.STORED_REJECTIONS]
            ],
            batch_size=2000,
        )
        lifecycle.walk(IMPORT_GRAPH, current, "check", by=SYSTEM, also=["preview", "not_patents", "found"])


def _import(run: ImportRun, path: Path) -> None:
    by = Actor(user_id=run.created_by_id, org_id=run.organisation_id if run.on_behalf_of_id is None else None, on_behalf_of=run.on_behalf_of_id)
    importing.import_paths([path], by=by, organisation_id=run.organisation_id, strict=run.is_strict, run=run)
    ImportRejection.objects.filter(run=run).update(file=run.name)
    finish(run.pk)


def _named(name: str, path: Path, run: ImportRun) -> str:
    """The upload's own name in place of the temporary one, members of an archive after it."""
    return (run.name + name.removeprefix(str(path)))[:300]


def _renamed(row: dict[str, Any], run: ImportRun) -> dict[str, Any]:
    return row


@contextmanager
def _on_disk(run: ImportRun) -> Iterator[Path]:
    """The run's file as a path: where the storage keeps files on disk it is used in place, else copied for the while."""
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


def _wake(run: ImportRun) -> None:
    from listings.patents.tasks import work_on_import
    from marketplace.core.tasks import hint

    transaction.on_commit(lambda: hint(work_on_import, run.pk))
