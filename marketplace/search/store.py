"""An index on disk: numbered generations, one writer at a time, readers that see a whole generation or the one before.

    <root>/<collection>/CURRENT            which generation counts, and its files; replaced in one step, last
                        base-000009.pack   columns of most documents, with counts and orders worked out
                        delta-000012.pack  columns of the documents changed since that base, and the base rows they
                        replace
                        text-000012/       tantivy's files of this generation, hard links to older ones' where they
                        are the same
                        writing/           the next generation's text, begun as links to this one's
                        building/          a rebuild under way, with the journal of ids that changed meanwhile
                        write.lock, rebuild.lock

Killed at any point before CURRENT is replaced, a writer leaves the last generation untouched, and the next writer
begins again from that. What is written but not named in CURRENT is swept up later.
A delta is written whole each time, and so kept small (an eighth of the base at most); past that it is folded into a
new base.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from .browse import Snapshot
from .columns import Columns, Table, TableWriter, bits_of, encode, sorted_rows
from .fields import Collection, Document, IndexBusy, IndexNotReady
from .pack import Array, TornFile, read_pack, write_pack
from .text import TextReader, TextWriter

FORMAT = 1
SMALLEST_FOLD = 16_384
FOLD_SHARE = 8

MOST_BITS = (
    64  # facets with at most so many sets of values are also kept as bits: 8 MB each at a million documents, or less
)

_ENCODE_AT_ONCE = 10_000


@dataclass(frozen=True)
class Manifest:
    """What CURRENT says."""

    format: int
    fingerprint: str
    generation: int
    base: str
    delta: str
    text: str
    documents: int
    indexed_at: str


@dataclass(frozen=True)
class BasePack:
    """A base as read: kept while generations change only the delta."""

    name: str
    arrays: dict[str, Array]
    values: dict[str, list[str]]


@dataclass(frozen=True)
class Opened:
    """One generation, open for reading."""

    manifest: Manifest
    snapshot: Snapshot
    text: TextReader
    base: BasePack

    @property
    def indexed_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest.indexed_at)


class Store:
    """The files of one collection."""

    def __init__(self, root: Path, collection: Collection) -> None:
        self.collection = collection
        self.folder = root / collection.name
        self._current = self.folder / "CURRENT"
        self.writing = self.folder / "writing"
        self._opened: Opened | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._base: BasePack | None = None
        self._writers: tuple[int, dict[str, TableWriter]] | None = None

    # --- reading ---------------------------------------------------------------------------------------------------

    def opened(self) -> Opened:
        """The current generation; opened anew only when CURRENT has changed (one stat a call). Raises IndexNotReady."""
        try:
            stat = self._current.stat()
        except FileNotFoundError:
            raise IndexNotReady(f"{self.collection.name}: no index yet") from None
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        opened = self._opened
        if opened is not None and stamp == self._stamp:
            return opened
        for attempt in range(50):  # the writer may sweep a generation between our reading its name and opening it
            try:
                opened = self._open(self.manifest())
                break
            except (FileNotFoundError, ValueError, OSError) as error:
                if attempt == 49:
                    raise IndexNotReady(f"{self.collection.name}: {error}") from error
                time.sleep(0.01)
        assert opened is not None
        # The stamp is from before the manifest was read: at worst the next call opens the same generation once more.
        self._opened, self._stamp = opened, stamp
        return opened

    def manifest(self) -> Manifest:
        """Raises FileNotFoundError, IndexNotReady (other format or other fields)."""
        said = json.loads(self._current.read_text("utf-8"))
        if said.get("format") != FORMAT or said.get("fingerprint") != self.collection.fingerprint:
            raise IndexNotReady(f"{self.collection.name}: built for other fields or another format; run rebuild_search")
        try:
            return Manifest(**said)
        except TypeError as error:
            raise IndexNotReady(f"{self.collection.name}: CURRENT is damaged: {error}") from error

    def _open(self, manifest: Manifest) -> Opened:
        try:
            base = self._base_pack(manifest.base)
            text = TextReader(self.collection, self.folder / manifest.text)
            return Opened(manifest, self._snapshot(manifest, base), text, base)
        except TornFile as error:
            raise IndexNotReady(f"{self.collection.name}: {error}") from error

    def _base_pack(self, name: str) -> BasePack:
        kept = self._base
        if kept is None or kept.name != name:
            arrays, note = read_pack(self.folder / name)
            kept = self._base = BasePack(name, arrays, note["values"])
        return kept

    def _snapshot(self, manifest: Manifest, pack: BasePack) -> Snapshot:
        arrays = pack.arrays
        base = Columns.from_arrays(arrays)
        tables = {
            name: Table(pack.values[name], arrays[f"starts.{name}"], arrays[f"members.{name}"])
            for name in self.collection.facets
        }
        delta, dead = Columns.empty(self.collection), np.zeros(0, np.int64)
        if manifest.delta:
            changed, added = read_pack(self.folder / manifest.delta)
            delta, dead = Columns.from_arrays(changed), changed["dead"]
            tables = {
                name: table.extended(added["values"][name], changed[f"sizes.{name}"], changed[f"members.{name}"])
                for name, table in tables.items()
            }
        return Snapshot(
            self.collection,
            base,
            delta,
            dead,
            tables,
            {name: arrays[f"counts.{name}"] for name in tables},
            {name: arrays[f"order.{name}"] for name in self.collection.sorts},
            {name: arrays[f"bits.{name}"] for name in tables if f"bits.{name}" in arrays},
        )

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def locked(self, name: str = "write", wait_s: float = 60.0) -> Iterator[None]:
        """Hold one of the two locks. Freed by the system when the holder dies. Raises IndexBusy after `wait_s`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.lock").open("a") as handle:
            until = time.monotonic() + wait_s
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise IndexBusy(f"{self.collection.name}: another process holds the {name} lock") from None
                    time.sleep(0.005)
            yield

    def create_if_missing(self) -> None:
        """An empty first generation where there is none. Call under the write lock."""
        if not self._current.exists():
            build = Build(self, self.folder / "building-first")
            build.finish([], [])

    def apply(self, documents: Iterable[Document], gone: Sequence[int]) -> int:
        """Put these documents in, take those ids out, as one new generation; returns its number. Call under the
        write lock."""
        opened = self.opened()
        manifest, snapshot = opened.manifest, opened.snapshot
        latest = {document.id: document for document in documents}
        if not latest and not gone:
            return manifest.generation
        shutil.rmtree(self.writing, ignore_errors=True)  # of a writer that died
        _link_folder(self.folder / manifest.text, self.writing)
        writer = TextWriter(self.collection, self.writing, heap_mb=256 if len(latest) > 20_000 else 24)
        touched = np.array(sorted({*latest, *gone}), np.int64)
        writer.delete(snapshot.holds(touched).tolist())
        tables = self._table_writers(opened)
        fresh: list[Columns] = [snapshot.delta.take(np.flatnonzero(~np.isin(snapshot.delta.ids, touched)))]
        for chunk in _chunked(latest.values(), _ENCODE_AT_ONCE):
            fresh.append(encode(self.collection, chunk, tables))
            for document in chunk:
                writer.add(document)
        writer.commit()
        self._publish(opened, Columns.joined(fresh), np.union1d(snapshot.dead, snapshot.base.rows_of(touched)), tables)
        return manifest.generation + 1

    def _publish(self, opened: Opened, delta: Columns, dead: Array, tables: dict[str, TableWriter]) -> None:
        snapshot, old = opened.snapshot, opened.manifest
        generation = old.generation + 1
        base_name, delta_name = old.base, f"delta-{generation:06d}.pack"
        documents = len(snapshot.base) - len(dead) + len(delta)
        if len(delta) + len(dead) > max(SMALLEST_FOLD, len(snapshot.base) // FOLD_SHARE):
            base_name, delta_name = f"base-{generation:06d}.pack", ""
            living = np.ones(len(snapshot.base), bool)
            living[dead] = False
            folded = Columns.joined([snapshot.base.take(np.flatnonzero(living)), delta])
            self.write_base(base_name, folded, tables)
        else:
            self._write_delta(delta_name, delta, dead, tables, opened.base)
        self.publish(generation, base_name, delta_name, documents)
        self._writers = (generation, tables)

    def _table_writers(self, opened: Opened) -> dict[str, TableWriter]:
        """Kept from one change to the next, as long as nobody else wrote in between."""
        kept, self._writers = self._writers, None  # a change that fails half-way must not leave its codes behind
        if kept is not None and kept[0] == opened.manifest.generation:
            return kept[1]
        return {name: TableWriter(table) for name, table in opened.snapshot.tables.items()}

    def write_base(self, name: str, columns: Columns, tables: Mapping[str, TableWriter]) -> None:
        arrays = columns.as_arrays({facet: len(writer.sets) for facet, writer in tables.items()})
        for facet, writer in tables.items():
            table = writer.table()
            arrays[f"starts.{facet}"], arrays[f"members.{facet}"] = table.starts, table.members
            arrays[f"counts.{facet}"] = np.bincount(columns.codes[facet], minlength=len(table))
            if len(table) <= MOST_BITS:
                arrays[f"bits.{facet}"] = bits_of(columns.codes[facet], len(table))
        for sort in self.collection.sorts:
            arrays[f"order.{sort}"] = sorted_rows(columns.numbers[sort])
        write_pack(self.folder / name, arrays, {"values": {facet: writer.values for facet, writer in tables.items()}})

    def _write_delta(
        self,
        name: str,
        delta: Columns,
        dead: Array,
        tables: Mapping[str, TableWriter],
        base: BasePack,
    ) -> None:
        arrays = delta.as_arrays({facet: len(writer.sets) for facet, writer in tables.items()})
        arrays["dead"] = dead
        values: dict[str, list[str]] = {}
        for facet, writer in tables.items():
            values[facet], arrays[f"sizes.{facet}"], arrays[f"members.{facet}"] = writer.after(
                len(base.values[facet]), len(base.arrays[f"starts.{facet}"]) - 1
            )
        write_pack(self.folder / name, arrays, {"values": values})

    def publish(self, generation: int, base: str, delta: str, documents: int) -> None:
        """Give what is in `writing` its place and let CURRENT name it all. No tantivy writer may be at work there."""
        text = f"text-{generation:06d}"
        shutil.rmtree(self.folder / text, ignore_errors=True)  # of a writer that died here
        self.writing.rename(self.folder / text)
        now = datetime.now(UTC).isoformat()
        said = Manifest(FORMAT, self.collection.fingerprint, generation, base, delta, text, documents, now)
        previous = self._named_before()
        temporary = self._current.with_name("CURRENT.part")
        with temporary.open("w", encoding="utf-8") as out:
            json.dump(asdict(said), out)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self._current)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._sweep({base, delta, text} | previous)

    def _named_before(self) -> set[str]:
        """Files of the generation about to be followed: a reader may just be opening them."""
        try:
            said = json.loads(self._current.read_text("utf-8"))
            return {said["base"], said["delta"], said["text"]}
        except (FileNotFoundError, ValueError, KeyError):  # none before, or one that no reader can open
            return set()

    def _sweep(self, kept: set[str]) -> None:
        for entry in self.folder.iterdir():
            if entry.name in kept or not entry.name.startswith(("base-", "delta-", "text-")):
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    # --- a rebuild beside the living index -------------------------------------------------------------------------

    @property
    def journal(self) -> Path:
        return self.folder / "building" / "journal"

    def note_for_rebuild(self, ids: Iterable[int]) -> None:
        """While a rebuild runs, remember what changed meanwhile: it reads them again at its end. Call under the
        write lock."""
        if self.journal.exists():
            with self.journal.open("a", encoding="ascii") as out:
                out.writelines(f"{int(number)}\n" for number in ids)

    def journalled(self) -> list[int]:
        return sorted({int(line) for line in self.journal.read_text("ascii").split()})


class Build:
    """A new index made from nothing in a folder of its own, while the old one goes on answering and changing."""

    def __init__(self, store: Store, folder: Path, *, heap_mb: int = 256) -> None:
        self._store, self._folder = store, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "journal").touch()
        self._writer = TextWriter(store.collection, folder / "text", heap_mb=heap_mb)
        self._tables = {name: TableWriter(Table.empty()) for name in store.collection.facets}
        self._parts = [encode(store.collection, [], self._tables)]
        self.documents = 0

    def add(self, documents: Sequence[Document]) -> None:
        """Each id once in the whole build."""
        self._parts.append(encode(self._store.collection, documents, self._tables))
        for document in documents:
            self._writer.add(document)
        self.documents += len(documents)

    def finish(self, late: Sequence[Document], gone: Sequence[int]) -> None:
        """Put in what changed meanwhile and publish as the next generation. Call under the write lock."""
        store = self._store
        touched = np.array(sorted({*gone, *(document.id for document in late)}), np.int64)
        columns = Columns.joined(self._parts)
        self._writer.delete(columns.ids[columns.rows_of(touched)].tolist())
        for document in late:
            self._writer.add(document)
        columns = Columns.joined(
            [columns.take(np.flatnonzero(~np.isin(columns.ids, touched))), encode(store.collection, late, self._tables)]
        )
        self._writer.commit()
        try:
            generation = json.loads((store.folder / "CURRENT").read_text("utf-8"))["generation"] + 1
        except (FileNotFoundError, ValueError, KeyError):
            generation = 1
        base = f"base-{generation:06d}.pack"
        store.write_base(base, columns, self._tables)
        shutil.rmtree(store.writing, ignore_errors=True)
        (self._folder / "text").rename(store.writing)
        store.publish(generation, base, "", len(columns))
        shutil.rmtree(self._folder, ignore_errors=True)


def _link_folder(source: Path, target: Path) -> None:
    """A folder of hard links to the files of another, locks left out. On one file system, as both always are here."""
    target.mkdir(parents=True)
    for entry in os.scandir(source):
        if entry.is_file() and not entry.name.endswith(".lock"):
            os.link(entry.path, target / entry.name)


def _chunked(documents: Iterable[Document], size: int) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    for document in documents:
        chunk.append(document)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
