"""Generations on disk: readers beside a writer, writers that are killed, rebuilds beside changes, damaged files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from marketplace.search import index, store
from marketplace.search.index import Collection, IndexBusy, IndexNotReady, Query, Sort
from tests.search.conftest import PAPERS, Papers

ROOT = Path(__file__).resolve().parents[2]

# Writes generation after generation in which every document has the same `kind`, and can be killed at any moment.
WRITER = """
    import sys
    from pathlib import Path
    from marketplace.search import index, store
    from tests.search.conftest import PAPERS, Papers

    folder, first, stop_at = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    papers = Papers()
    index.use_directory(folder)
    index.register(PAPERS, papers)

    def pausing(name):
        original = getattr(store.Store, name) if hasattr(store.Store, name) else getattr(store, name)
        def paused(*args, **kwargs):
            if name != "_sweep":
                original(*args, **kwargs)
            print("paused", flush=True)
            sys.stdin.readline()
        return paused

    if stop_at == "commit":
        commit = store.TextWriter.commit
        def committing(self):
            commit(self)
            print("paused", flush=True)
            sys.stdin.readline()
        store.TextWriter.commit = committing
    elif stop_at in ("_write_delta", "write_base", "_named_before", "_sweep"):
        setattr(store.Store, stop_at, pausing(stop_at))
    elif stop_at == "_link_folder":
        store._link_folder = pausing(stop_at)

    if stop_at == "write_base":
        store.SMALLEST_FOLD = 1
    number = first
    while True:
        for one in range(1, 21):
            papers.put(one, version=number, title="膜", kind=f"k{number}", day=one)
        index.upsert("papers", range(1, 21))
        print(number, flush=True)
        number += 1
"""


def start_writer(folder: Path, first: int, stop_at: str = "never") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), str(first), stop_at],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def kinds_of(text: str) -> list[tuple[str, int]]:
    return index.search("papers", Query(text, facets=["kind"])).facets["kind"]


@pytest.mark.parametrize("stop_at", ["_link_folder", "commit", "_write_delta", "write_base", "_named_before"])
def test_a_writer_killed_before_it_published_changes_nothing_and_the_next_one_goes_on(
    papers: Papers, tmp_path: Path, stop_at: str
) -> None:
    for one in range(1, 21):
        papers.put(one, title="膜", kind="old", day=one)
    index.rebuild("papers")
    before = index.generation("papers")
    writer = start_writer(tmp_path, 1, stop_at)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "paused\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()

    assert index.generation("papers") == before
    assert kinds_of("") == kinds_of("膜") == [("old", 20)]
    papers.put(7, version=2, title="阀", kind="new", day=3)
    index.upsert("papers", [7])
    assert kinds_of("") == [("old", 19), ("new", 1)]
    assert kinds_of("膜") == [("old", 19)]
    assert kinds_of("阀") == [("new", 1)]
    assert index.check("papers").none


def test_a_writer_killed_after_it_published_has_published(papers: Papers, tmp_path: Path) -> None:
    for one in range(1, 21):
        papers.put(one, title="膜", kind="old", day=one)
    index.rebuild("papers")
    writer = start_writer(tmp_path, 1, "_sweep")
    assert writer.stdout is not None and writer.stdout.readline() == "paused\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert kinds_of("") == kinds_of("膜") == [("k1", 20)]


def test_a_reader_beside_a_writer_sees_whole_generations(papers: Papers, tmp_path: Path) -> None:
    index.upsert("papers", [])
    writer = start_writer(tmp_path, 1)
    seen: set[str] = set()
    try:
        assert writer.stdout is not None and writer.stdout.readline() == "1\n"
        until = time.monotonic() + 3
        last = 0
        while time.monotonic() < until:
            for text in ("", "膜"):
                result = index.search("papers", Query(text, facets=["kind"], per_page=50))
                ((kind, count),) = result.facets["kind"]
                assert count == result.total == len(result.ids) == 20
                assert result.generation >= last
                last = result.generation
                seen.add(kind)
    finally:
        writer.kill()
        writer.wait()
    assert len(seen) > 5, "the writer did write meanwhile"


def test_a_writer_killed_at_any_moment_again_and_again(papers: Papers, tmp_path: Path) -> None:
    index.upsert("papers", [])
    first = 1
    for pause in (0.0, 0.013, 0.029, 0.041, 0.057, 0.071):
        writer = start_writer(tmp_path, first)
        assert writer.stdout is not None
        written = int(writer.stdout.readline())
        time.sleep(pause)
        writer.kill()
        written = max([written, *map(int, writer.stdout.read().split())])
        writer.wait()
        ((kind, count),) = kinds_of("")
        assert kinds_of("膜") == [(kind, count)]
        assert count == 20
        assert int(kind[1:]) in (written, written + 1), "what was reported written is there"
        first = int(kind[1:]) + 1


def test_a_second_writer_waits_and_then_gives_up(papers: Papers) -> None:
    index.upsert("papers", [])
    kept = index._store(PAPERS)
    with kept.locked(), pytest.raises(IndexBusy), kept.locked(wait_s=0.05):
        pytest.fail("two held the lock")


def test_what_changes_during_a_rebuild_is_in_it(papers: Papers) -> None:
    for one in range(1, 5001):
        papers.put(one, title="膜", kind="old", day=one)
    index.upsert("papers", range(1, 3))
    changed = threading.Event()

    def meanwhile(done: int) -> None:
        if not changed.is_set():
            changed.set()
            papers.put(1, version=2, title="阀", kind="new", day=1)
            papers.put(9999, title="膜", kind="late", day=1)
            del papers.rows[2]
            index.upsert("papers", [1, 2, 9999])

    assert index.rebuild("papers", meanwhile) == 5000
    assert dict(kinds_of("")) == {"old": 4998, "new": 1, "late": 1}
    assert dict(kinds_of("膜")) == {"old": 4998, "late": 1}
    assert index.check("papers").none
    gone = mock.patch.object(papers, "versions", side_effect=RuntimeError("database gone"))
    with gone, pytest.raises(RuntimeError):
        index.rebuild("papers")
    assert index.search("papers", Query()).total == 5000


def test_check_names_every_difference(papers: Papers) -> None:
    for one in range(1, 6):
        papers.put(one, title="膜", day=1)
    index.rebuild("papers")
    papers.put(6, title="膜", day=1)
    papers.put(2, version=5, title="膜", day=1)
    del papers.rows[4]
    found = index.check("papers")
    assert (found.missing, found.extra, found.stale, found.none) == ([6], [4], [2], False)
    index.upsert("papers", [2, 4, 6])
    assert index.check("papers").none


def test_deleted_documents_are_gone_everywhere(papers: Papers) -> None:
    for one in range(1, 11):
        papers.put(one, title="膜", kind="a", numbers=[f"CN{one}"], day=one)
    index.rebuild("papers")
    index.delete("papers", [3, 4, 99])
    assert index.search("papers", Query(facets=["kind"])).facets == {"kind": [("a", 8)]}
    assert index.search("papers", Query("膜")).total == 8
    assert index.lookup("papers", "numbers", ["CN3", "CN5"]) == [5]
    index.upsert("papers", [3])
    assert index.search("papers", Query()).total == 9


def test_changes_are_folded_into_the_base_before_they_grow(papers: Papers, tmp_path: Path) -> None:
    with mock.patch.object(store, "SMALLEST_FOLD", 20):
        for one in range(1, 101):
            papers.put(one, title="膜", kind=f"k{one % 3}", day=one)
            index.upsert("papers", [one])
    assert index.check("papers").none
    assert dict(kinds_of("")) == dict(kinds_of("膜")) == {"k0": 33, "k1": 34, "k2": 33}
    manifest = index._store(PAPERS).manifest()
    assert manifest.base != "base-000001.pack"
    named = [
        entry.name for entry in (tmp_path / "papers").iterdir() if entry.name.startswith(("base-", "delta-", "text-"))
    ]
    assert len(named) <= 6, "two generations at most are kept"


def test_states_of_readiness(papers: Papers, tmp_path: Path) -> None:
    assert index.ready("papers").state == "missing"
    with pytest.raises(IndexNotReady):
        index.search("papers", Query())
    papers.put(1, title="膜", day=1)
    index.upsert("papers", [1])
    assert (index.ready("papers").state, index.ready("papers").documents) == ("ready", 1)

    other = replace(PAPERS, fields=(*PAPERS.fields, Sort("extra")))
    index.register(other, papers)
    assert index.ready("papers").state == "outdated"
    with pytest.raises(IndexNotReady):
        index.upsert("papers", [1])
    index.rebuild("papers")
    assert index.ready("papers").state == "ready"

    base = tmp_path / "papers" / index._store(other).manifest().base
    whole = base.read_bytes()
    base.write_bytes(whole[:-64])
    index.register(replace(other), papers)  # nothing of it is open any more
    assert index.ready("papers").state == "unreadable"
    index.rebuild("papers")
    assert index.search("papers", Query("膜")).ids == [1]


def test_two_fields_of_one_name_are_refused() -> None:
    with pytest.raises(index.UnknownField):
        Collection("bad", (index.Facet("kind"), Sort("kind")), "kind")
    with pytest.raises(index.UnknownField):
        Collection("bad", (index.Facet("kind"),), "-day")
