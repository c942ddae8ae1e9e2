"""Importing patents: a stream of records into the register, batch by batch.

Every batch stands or falls in one transaction with its counts, its rejections, the place reached in the file and one
event, so a killed import goes on behind its last batch and nothing is counted twice. Imports take turns by an
advisory lock a batch long. `is_strict` makes a whole file one transaction that any rejection undoes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from django.db import DataError, IntegrityError, connection, transaction

from listings.patents import readers
from listings.patents.models import ImportRejection, ImportRun, ImportState
from listings.patents.reasons import sentence
from listings.patents.record import NotPatents, RawRecord, ReadItem, Rejection
from listings.patents.services import register, runs
from listings.patents.services.intake import CREATED, UNCHANGED, UPDATED, Claimant, Intake, Prepared, prepare
from marketplace.accounts.models import Organisation
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.memory import rarely_collected
from marketplace.core.workdays import WorkCalendar, work_calendar

BATCH = 1000
BATCH_BYTES = 3 << 20  # of files as read and contents; in memory several times that, for each of three batches
READ_AHEAD = 1
IMPORT_LOCK = "patents.import"
STORED_REJECTIONS = 100_000
EVENT = "patents.imported"
log = structlog.get_logger(__name__)
Progress = Callable[["Summary"], None]
Ready = Prepared | Rejection | NotPatents


class Stopped(Exception):
    """Somebody cancelled the run; what was taken by then stays."""


class StrictRefusal(Exception):
    """Undoes the file in strict mode."""


@dataclass(slots=True)
class Summary:
    """What an import did. records = created + updated + unchanged + rejected."""

    files: int = 0
    records: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected: int = 0
    not_patents: list[NotPatents] = field(default_factory=list)

    def add(self, outcome: str | Rejection) -> None:
        self.records += 1
        if isinstance(outcome, Rejection):
            self.rejected += 1
            self.rejections.append(outcome)
        elif outcome == CREATED:
            self.created += 1
        elif outcome == UPDATED:
            self.updated += 1
        elif outcome == UNCHANGED:
            self.unchanged += 1
        else:
            raise ValueError(outcome)

    def as_json(self) -> dict[str, Any]:
        """The answer of the import command, reasons in the active language."""
        return {
            "files": self.files,
            "records": self.records,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": [
                {"file": one.file, "line": one.line, "number": one.number, "reason": sentence(one.code, one.params)}
                for one in self.rejections
            ],
            "not_patents": [{"file": one.file, "what": one.what} for one in self.not_patents],
        }


def import_paths(
    paths: Iterable[Path],
    *,
    by: Actor,
    organisation_id: int | None = None,
    strict: bool = False,
    progress: Progress | None = None,
    run: ImportRun | None = None,
    is_sample: bool = False,
    batch: int = BATCH,
) -> Summary:
    """Import files and folders (in depth), in order. `organisation_id` names whose rights they are: rows of others
    are refused.

    `run` is a run to go on with (from its `position`); without one a run is begun, walked to its end and kept as the
    record of where facts came from. `progress` is called after each batch with the summary so far. Raises Stopped
    when the run is cancelled meanwhile, and OSError never: a file that cannot be read is a rejection.
    """
    own_run = run is None
    if run is None:
        paths = list(paths)
        named = ", ".join(Path(one).name for one in paths)[:200]
        run = runs.begin_direct(name=named, by=by, strict=strict, organisation_id=organisation_id)
    job = _Job(run, by, organisation_id, progress, is_sample, batch)
    try:
        with rarely_collected():
            for path in readers.walk(paths):
                job.file(path, strict)
    except Stopped:
        raise
    except BaseException as error:
        if own_run:
            runs.fail(run.pk, error)
        raise
    if own_run:
        runs.finish(run.pk)
    return job.summary


def import_records(
    items: Sequence[ReadItem], *, by: Actor, organisation_id: int | None, name: str, is_sample: bool = False
) -> Summary:
    """Import records that are at hand already (a form, demo data) as a run of their own."""
    run = runs.begin_direct(name=name[:200], by=by, strict=False, organisation_id=organisation_id)
    job = _Job(run, by, organisation_id, None, is_sample, BATCH)
    for chunk in _chunks(iter(items), BATCH):
        job.take(chunk)
    runs.finish(run.pk)
    return job.summary


def check_path(
    path: Path, *, organisation_id: int | None, first: int = 20, stop: Callable[[Summary], bool] | None = None
) -> tuple[Summary, list[dict[str, Any]]]:
    """What an import of this file would do, and its first rows; writes nothing. Rejections are all in the summary.

    `stop` is asked after each batch and may end the check early (a cancelled run).
    """
    intake = Intake(claimant=_claimant(organisation_id), today=clock.today(), keeps_all=True)
    summary = Summary(files=1)
    rows: list[dict[str, Any]] = []
    for chunk in _chunks(_read(path), BATCH):
        intake.load([item for item in chunk if isinstance(item, Prepared)])
        for item in chunk:
            if isinstance(item, NotPatents):
                summary.not_patents.append(item)
                continue
            outcome = intake.decide(item) if isinstance(item, Prepared) else item
            summary.add(outcome)
            if isinstance(item, Prepared) and len(rows) < first:
                rows.append(_preview(item, outcome))
        intake.forget_contents()
        if stop is not None and stop(summary):
            break
    return summary, rows


def _preview(item: Prepared, outcome: str | Rejection) -> dict[str, Any]:
    record = item.record
    owners = [one.name or one.name_en for one in record.parties if one.role in ("owner", "applicant", "assignee")]
    return {
        "line": item.line,
        "office": record.office,
        "number": record.number,
        "title_zh": record.title_zh[:200],
        "title_en": record.title_en[:200],
        "kind": record.kind,
        "owners": list(dict.fromkeys(owners))[:4],
        "filed_on": record.filed_on.isoformat() if record.filed_on else "",
        "outcome": outcome if isinstance(outcome, str) else "rejected",
        "code": "" if isinstance(outcome, str) else outcome.code,
        "params": {} if isinstance(outcome, str) else outcome.params,
    }


def _claimant(organisation_id: int | None) -> Claimant | None:
    return None if organisation_id is None else Claimant.of(Organisation.objects.get(pk=organisation_id))


def _read(path: Path) -> Iterator[ReadItem]:
    """Every item of one file; a file that cannot be opened, or breaks off, is one rejection more."""
    try:
        yield from readers.read(path)
    except OSError as error:
        yield Rejection(str(path), None, "", "unreadable", {"detail": error.strerror or type(error).__name__})


def _chunks(items: Iterator[ReadItem], size: int) -> Iterator[list[Ready]]:
    """The items in batches, ready to be decided. A thread reads and prepares ahead while the database works."""
    ready: queue.Queue[list[Ready] | BaseException | None] = queue.Queue(maxsize=READ_AHEAD)
    stop = threading.Event()

    def hand_over(what: list[Ready] | BaseException | None) -> None:
        while not stop.is_set():
            try:
                ready.put(what, timeout=0.2)
                return
            except queue.Full:
                continue

    def read() -> None:
        try:
            for chunk in _batches(items, size):
                hand_over(chunk)
                if stop.is_set():
                    return
            hand_over(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the batches are taken
            hand_over(error)

    reader = threading.Thread(target=read, name="import-reader", daemon=True)
    reader.start()
    try:
        while (found := ready.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stop.set()
        reader.join()


def _batches(items: Iterator[ReadItem], size: int) -> Iterator[list[Ready]]:
    """At most `size` items at a time, fewer when they are large: memory must not depend on what a file holds."""
    chunk: list[Ready] = []
    weight = 0
    for item in items:
        if isinstance(item, RawRecord):
            prepared = prepare(item)
            weight += len(item.raw) + len(prepared.text)
            chunk.append(prepared)
        else:
            chunk.append(item)
        if len(chunk) >= size or weight >= BATCH_BYTES:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk


class _Job:
    """One run at work."""

    def __init__(
        self,
        run: ImportRun,
        by: Actor,
        organisation_id: int | None,
        progress: Progress | None,
        is_sample: bool,
        batch: int,
    ) -> None:
        self.run = run
        self.by = by
        self.progress = progress
        self.is_sample = is_sample
        self.batch = batch
        self.days: WorkCalendar = work_calendar()
        self.summary = Summary()
        self.intake = Intake(claimant=_claimant(organisation_id), today=clock.today())
        self.skip = run.position  # items that an earlier worker has taken
        self.at = 0

    def file(self, path: Path, strict: bool) -> None:
        self.summary.files += 1
        if not strict:
            for chunk in _chunks(_read(path), self.batch):
                self.take(chunk)
            return
        counts = ("files", "records", "created", "updated", "unchanged", "rejected")
        kept = Summary(**{name: getattr(self.summary, name) for name in counts})
        before, at = len(self.summary.rejections), self.at
        try:
            with transaction.atomic():
                for chunk in _chunks(_read(path), self.batch):
                    self.take(chunk)
                if len(self.summary.rejections) > before:
                    raise StrictRefusal()
        except StrictRefusal:
            self._refuse_file(path, kept, before, at)

    def _refuse_file(self, path: Path, kept: Summary, before: int, at: int) -> None:
        """Nothing of the file was taken: every record of it counts as rejected, each bad one with its own reason and
        the sound ones because of the others."""
        bad = {(one.file, one.line, one.number): one for one in self.summary.rejections[before:]}
        rejections = self.summary.rejections[:before]
        self.summary.records, self.summary.created = kept.records, kept.created
        self.summary.updated, self.summary.unchanged, self.summary.rejected = (
            kept.updated,
            kept.unchanged,
            kept.rejected,
        )
        self.summary.rejections = rejections
        taken = 0
        for item in _read(path):
            taken += 1
            if isinstance(item, NotPatents):
                continue
            number = item.record.number[:80] if isinstance(item, RawRecord) else item.number
            known = item if isinstance(item, Rejection) else bad.get((item.file, item.line, number))
            self.summary.add(known or Rejection(item.file, item.line, number, "strict", {}))
        self.at = at + taken
        with transaction.atomic():
            self._store(self.summary.rejections[before:], created=0, updated=0, unchanged=0, items=taken)

    def take(self, chunk: Sequence[Ready]) -> None:
        """One batch: decided, written, counted and told, or nothing of it."""
        done = min(len(chunk), max(0, self.skip - self.at))  # taken before an earlier worker died
        self.at += len(chunk)
        chunk = chunk[done:]
        if not chunk:
            return
        with transaction.atomic():
            self._only_one()
            outcomes = self._write(chunk)
            counted = [one for one in outcomes if not isinstance(one, NotPatents)]
            rejections = [one for one in counted if isinstance(one, Rejection)]
            self._store(
                rejections,
                created=counted.count(CREATED),
                updated=counted.count(UPDATED),
                unchanged=counted.count(UNCHANGED),
                items=len(chunk),
                not_patents=[one for one in outcomes if isinstance(one, NotPatents)],
            )
        for one in outcomes:
            if isinstance(one, NotPatents):
                self.summary.not_patents.append(one)
            else:
                self.summary.add(one)
        if self.progress:
            self.progress(self.summary)

    @staticmethod
    def _only_one() -> None:
        """Imports take turns: two that meet the same number at once would both make it new."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [IMPORT_LOCK])

    def _write(self, chunk: Sequence[Ready]) -> list[str | Rejection | NotPatents]:
        """Write a batch; one that holds a value the database refuses is halved until the record is alone."""
        try:
            with transaction.atomic():
                return self._write_all(chunk)
        except (DataError, IntegrityError, UnicodeError, ValueError) as error:
            if len(chunk) == 1:
                item = chunk[0]
                assert isinstance(item, Prepared)
                log.warning("record_not_stored", file=item.file, line=item.line, error=str(error)[:300])
                return [Rejection(item.file, item.line, item.record.number[:80], "cannot_store", {})]
        middle = len(chunk) // 2
        return [*self._write(chunk[:middle]), *self._write(chunk[middle:])]

    def _write_all(self, chunk: Sequence[Ready]) -> list[str | Rejection | NotPatents]:
        self.intake.load([item for item in chunk if isinstance(item, Prepared)])
        outcomes = [self.intake.decide(item) if isinstance(item, Prepared) else item for item in chunk]
        ids = register.write(self.intake.changed(), run_id=self.run.pk, days=self.days, is_sample=self.is_sample)
        gone = [pk for right in self.intake.changed() for pk in right.absorbs]
        if ids:
            events.record(EVENT, self.run, self.by, data={"touched": {"assets.asset": ids + gone}, "count": len(ids)})
        return outcomes

    def _store(
        self,
        rejections: Sequence[Rejection],
        *,
        created: int,
        updated: int,
        unchanged: int,
        items: int,
        not_patents: Sequence[NotPatents] = (),
    ) -> None:
        """Counts, place and rejections of a batch, on the run's row; raises Stopped when it was cancelled."""
        run = ImportRun.objects.select_for_update(no_key=True).get(pk=self.run.pk)
        if run.state != ImportState.RUNNING:
            raise Stopped()
        run.created += created
        run.updated += updated
        run.unchanged += unchanged
        run.rejected += len(rejections)
        run.records += created + updated + unchanged + len(rejections)
        run.position += items
        run.heard_at = clock.now()
        run.not_patents = [
            *run.not_patents,
            *({"file": shown(one.file, run), "what": one.what} for one in not_patents),
        ][:1000]
        run.save(
            update_fields=[
                "created",
                "updated",
                "unchanged",
                "rejected",
                "records",
                "position",
                "heard_at",
                "not_patents",
            ]
        )
        room = max(0, STORED_REJECTIONS - (run.rejected - len(rejections)))
        ImportRejection.objects.bulk_create(
            [
                ImportRejection(
                    run=run,
                    file=shown(one.file, run)[:300],
                    line=one.line,
                    number=one.number[:80],
                    code=one.code,
                    params=plain(one.params),
                )
                for one in rejections[:room]
            ],
            batch_size=2000,
        )


def shown(name: str, run: ImportRun, path: Path | None = None) -> str:
    """A file as people know it: an upload by the name it came with, others by their own; never a path of this
    machine."""
    container, mark, member = name.partition("!")
    return (run.name if run.file_id else Path(container).name) + mark + member


def plain(params: Any) -> dict[str, Any]:
    """Parameters of a reason as they are stored: short, and without what the database cannot hold."""
    return {
        name: value if isinstance(value, int) else str(value).replace("\0", "")[:300]
        for name, value in dict(params).items()
    }


@contextmanager
def only_worker_of(run_id: int) -> Iterator[bool]:
    """Hold the right to work on a run for as long as this database session lives; False when another worker has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"patents.run:{run_id}"])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"patents.run:{run_id}"])
