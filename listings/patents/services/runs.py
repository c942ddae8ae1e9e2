"""The life of an import run: uploaded, checked, gone ahead with, finished, failed or cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.patents.models import ImportRun, ImportState
from marketplace.accounts.roles import Power, Role
from marketplace.core import clock, files, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import DomainError, NotPermitted
from marketplace.core.lifecycle import AnyOf, Clock, Days, Edge, Graph, Party
from marketplace.core.locks import locked
from marketplace.core.models import StoredFile

PURPOSE = "patent-import"
SILENT_FOR = timedelta(minutes=2)

KEEPERS = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}), power=Power.REGISTER)
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
            Edge("check", (S.UPLOADED,), S.CHECKED, who=Clock(), label=_("Check"), due=Days(1)),
            Edge("go", (S.CHECKED,), S.RUNNING, who=EITHER, label=_("Go ahead"), guard=has_something),
            Edge("finish", (S.RUNNING,), S.DONE, who=Clock(), label=_("Finish"), due=Days(1)),
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
def _opens(actor: Actor, row: StoredFile) -> bool:
    return actor.acts_for is not None and actor.acts_for == row.org_id


def upload(file: UploadedFile[Any], *, by: Actor, strict: bool) -> ImportRun:
    """Keep an upload and begin its run; a worker checks it next (subscribers.py). Raises NotPermitted, FileRefused."""
    if not may_import(by):
        raise NotPermitted()
    with transaction.atomic():
        stored = files.keep(
            file,
            purpose=PURPOSE,
            by=by,
            allowed=files.IMPORTS,
            org_id=by.acts_for,
            max_bytes=settings.IMPORT_UPLOAD_MAX_BYTES,
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
    return run


def begin_direct(*, name: str, by: Actor, strict: bool, organisation_id: int | None) -> ImportRun:
    """The run of an import that nobody has to confirm (a command, demo data)."""
    with transaction.atomic():
        run = ImportRun(
            name=name or "-",
            is_strict=strict,
            organisation_id=organisation_id,
            created_by_id=by.user_id,
            created_at=clock.now(),
        )
        lifecycle.begin(IMPORT_GRAPH, run, by=by)
        lifecycle.walk(IMPORT_GRAPH, run, "check", by=SYSTEM)
        lifecycle.walk(IMPORT_GRAPH, run, "go", by=SYSTEM)
    return run


def go(*, run_id: int, by: Actor) -> ImportRun:
    """Let a checked run go ahead. Raises IllegalTransition, NotPermitted, NothingToImport, StrictCheckFailed."""
    with locked(ImportRun, run_id) as run:
        run.rejections.all().delete()
        lifecycle.walk(IMPORT_GRAPH, run, "go", by=by)
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


def waiting() -> list[int]:
    """Runs that owe work and whose worker has fallen silent, oldest first: beat hands them out again."""
    silent = clock.now() - SILENT_FOR
    runs = ImportRun.objects.filter(state__in=(S.UPLOADED, S.RUNNING), file__isnull=False).order_by("id")
    return [run.pk for run in runs if (run.heard_at or run.state_since) < silent]
