"""The pytest plugin: one run of the tests to learn which of them reach which line, then each mutant in a child."""

from __future__ import annotations

import gc
import json
import os
import signal
import tempfile
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
TESTS_A_MUTANT = 40  # of those that reach the line, the quickest of each function first
#: Parts of a path that say: not the product's own work. The provider to practise with, and the demo's stories.
LEFT_OUT = frozenset({"migrations", "fake_stripe", "fake_stripe.py", "demo.py", "demo_data.py"})
PASSED, BROKEN = 100, 101  # exit codes of a child; below them, the number of the test that failed
KILLED, SURVIVED, NOT_REACHED, TOO_LONG = "killed", "survived", "not reached", "too long"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mutation")
    group.addoption("--mutate", action="append", default=[], help="a file or folder whose functions are changed")
    group.addoption("--every", type=int, default=1, help="try only every n-th mutant")
    group.addoption("--share", default="0/1", help="k/n: this process takes the mutants k, k + n, …")
    group.addoption("--outcome", default="mutation.jsonl", help="where each mutant's end is written, a line each")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed or not session.items:
        raise session.Interrupted("nothing to run the mutants against")
    options = session.config.option
    _set_up_once(session.items)
    reached, seconds, failed = _learn(session.items, options.mutate)
    by_id = {item.nodeid: item for item in session.items}
    share, of = (int(part) for part in options.share.split("/"))
    chosen = [mutant for number, mutant in enumerate(_all(options.mutate)) if number % options.every == 0][share::of]
    bench = Bench(session.items)
    with Path(options.outcome).open("w", encoding="utf-8") as outcome:
        for mutant in chosen:
            tests = [test for test in reached.get((mutant.path, mutant.line), ()) if test not in failed]
            tests = in_turn(tests, seconds)[:TESTS_A_MUTANT]
            end = bench.end_of(mutant, [by_id[test] for test in tests], sum(seconds[test] for test in tests))
            told = {"key": mutant.key, "path": mutant.path, "line": mutant.line, "end": end, "tests": len(tests)}
            outcome.write(json.dumps(told, ensure_ascii=False) + "\n")
            outcome.flush()
    return True


def in_turn(tests: Sequence[str], seconds: Mapping[str, float]) -> list[str]:
    """The quickest of each function, then the second of each: two hundred cases of one test crowd out no other."""
    taken: Counter[str] = Counter()
    ranked = []
    for test in sorted(tests, key=lambda one: seconds[one]):
        function = test.partition("[")[0]
        ranked.append((taken[function], seconds[test], test))
        taken[function] += 1
    return [test for _place, _seconds, test in sorted(ranked)]


def _all(places: Sequence[str]) -> list[Mutant]:
    files = []
    for place in places:
        path = ROOT / place
        files += (
            [path] if path.is_file() else sorted(each for each in path.rglob("*.py") if not LEFT_OUT & {*each.parts})
        )
    return [mutant for path in files for mutant in mutants_of(path, ROOT)]


def _set_up_once(items: Sequence[pytest.Item]) -> None:
    """Run one test here: what lives as long as the session, the database above all, is made before the forks."""
    first = next((item for item in items if item.get_closest_marker("django_db")), items[0])
    runtestprotocol(first, log=False, nextitem=_elsewhere(first, items))
    _close_connections()


def _elsewhere(item: pytest.Item, items: Sequence[pytest.Item]) -> pytest.Item:
    """A test of another file: as the next one it ends what belongs to a file, and keeps what belongs to the session."""
    return next(each for each in items if each.path != item.path)


def _close_connections() -> None:
    from django.core.cache import caches
    from django.db import connections

    connections.close_all()
    caches.close_all()


def _learn(items: Sequence[pytest.Item], places: Sequence[str]) -> tuple[dict[tuple[str, int], list[str]], dict, set]:
    """Which tests reach (path, line), how long each takes, and which fail by themselves."""
    with tempfile.TemporaryDirectory() as folder:
        data, told = Path(folder) / "coverage", Path(folder) / "told.json"

        def child() -> int:
            seconds, failed = {}, []
            watch = coverage.Coverage(data_file=str(data), source=[str(ROOT / _room(place)) for place in places])
            watch.start()
            for number, item in enumerate(items):
                watch.switch_context(item.nodeid)
                begun = time.monotonic()
                if not _passes(item, items[number + 1] if number + 1 < len(items) else _elsewhere(item, items)):
                    failed.append(item.nodeid)
                seconds[item.nodeid] = time.monotonic() - begun
            watch.stop()
            watch.save()
            told.write_text(json.dumps([seconds, failed]), encoding="utf-8")
            return PASSED

        if _in_child(child, limit=3600) != PASSED:
            raise RuntimeError("the tests could not be run before any change")
        seconds, failed = json.loads(told.read_text(encoding="utf-8"))
        reached: dict[tuple[str, int], list[str]] = {}
        read = coverage.CoverageData(basename=str(data))
        read.read()
        for path in read.measured_files():
            for line, tests in read.contexts_by_lineno(path).items():
                reached[(str(Path(path).relative_to(ROOT)), line)] = [test for test in tests if test]
    return reached, seconds, set(failed)


def _room(place: str) -> str:
    return place if (ROOT / place).is_dir() else str(Path(place).parent)


def _passes(item: pytest.Item, following: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


class Bench:
    """The functions as they are loaded, and what is known of each test by itself."""

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        self.items = items
        self.sound: dict[str, bool] = {}
        self.functions: dict[tuple[str, int, str], list[types.FunctionType]] = defaultdict(list)
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType:  # isinstance would wake lazy objects
                code = thing.__code__
                self.functions[code.co_filename, code.co_firstlineno, code.co_qualname].append(thing)

    def end_of(self, mutant: Mutant, tests: list[pytest.Item], seconds: float) -> str:
        """Run the tests with the change in place. A test that also fails by itself, unchanged, is no witness."""
        while tests:
            failed = _in_child(partial(self._first_failing, tests, mutant), limit=15 + 10 * seconds)
            if failed is None:
                _in_child(_empty_tables, limit=120)
                return TOO_LONG
            if failed == PASSED:
                return SURVIVED
            witness = tests[failed]
            if self._is_sound(witness):
                return KILLED
            tests = [test for test in tests if test is not witness]
        return NOT_REACHED

    def _is_sound(self, test: pytest.Item) -> bool:
        if test.nodeid not in self.sound:
            self.sound[test.nodeid] = _in_child(partial(self._first_failing, [test], None), limit=300) == PASSED
        return self.sound[test.nodeid]

    def _first_failing(self, tests: Sequence[pytest.Item], mutant: Mutant | None) -> int:
        if mutant is not None:
            self._put_in(mutant)
        for number, item in enumerate(tests):
            if not _passes(item, tests[number + 1] if number + 1 < len(tests) else _elsewhere(item, self.items)):
                return number
        return PASSED

    def _put_in(self, mutant: Mutant) -> None:
        """Give every function made from the original code the changed one; what decorators keep is the same object."""
        code = mutant.code(ROOT)
        for function in self.functions[str(ROOT / mutant.path), mutant.born, mutant.function]:
            function.__code__ = code


def _empty_tables() -> int:
    """A child that was stopped half-way may have left rows behind."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    return PASSED


def _in_child(work: Callable[[], int], *, limit: float) -> int | None:
    """The child's exit code, or None when it had to be stopped after `limit` seconds."""
    pid = os.fork()
    if pid == 0:
        code = BROKEN
        try:
            os.setsid()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            code = work()
            _close_connections()
        finally:
            os._exit(code)
    until = time.monotonic() + limit
    pause = 0.002
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            if code == BROKEN:
                raise RuntimeError("the child itself failed, not a test")
            return code
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None
