"""Run directories of their own for the tests of the servers, and a way to watch them end."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from marketplace.embedded.places import ROOT


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty run directory under a path with a space and a Chinese name; whatever still works there is an error."""
    for name in ("DATABASE_URL", "REDIS_URL", "RUN_DIR"):
        monkeypatch.delenv(name, raising=False)
    above = Path(tempfile.mkdtemp(prefix="run dir 目录 "))
    above.chmod(0o755)
    yield above / "run"
    left = working_below(above)
    for process in left:
        process.kill()
    shutil.rmtree(above)
    assert not left, f"left running: {left}"


def working_below(directory: Path) -> list[psutil.Process]:
    """Living processes whose working directory or run directory lies below, however they were started."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            places = (process.cwd(), process.environ().get("RUN_DIR", ""))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if any(place.startswith(str(directory)) for place in places):
            found.append(process)
    return found


def eventually(claim: Callable[[], bool], *, within_seconds: float = 15) -> None:
    deadline = time.monotonic() + within_seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def python(code: str, directory: Path) -> subprocess.Popen[str]:
    """Another process that uses the servers of a run directory."""
    variables = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=variables | {"RUN_DIR": str(directory)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
