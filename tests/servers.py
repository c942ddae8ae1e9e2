"""A throw-away PostgreSQL and Redis for the whole test run; `-p tests.servers` in pyproject.toml loads it.

Settings read the URLs when they are loaded, and pytest-django loads them early; so this plugin is earlier still.
Each worker of pytest-xdist starts its own. A given DATABASE_URL or REDIS_URL is used as it is.
"""

import os
import shutil
import tempfile
from pathlib import Path

import psutil
import pytest

from marketplace.embedded.places import CannotServe
from marketplace.embedded.servers import EmbeddedServers, for_environment
from tests import kept

PREFIX = "ip-market-tests-"
OWNER = "owner"
OURS = "IP_MARKET_TEST_SERVERS"  # names the URLs that this run made

_servers: EmbeddedServers | None = None
_given: dict[str, str | None] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> None:
    global _servers
    if {"-h", "--help", "--version", "-V"} & set(args):
        return
    if OURS in os.environ:
        # A worker of pytest-xdist gets servers of its own: its neighbour empties the cache before each test, and open
        # transactions of any database of a cluster hold back the relay in all of them.
        for name in ("DATABASE_URL", "REDIS_URL"):
            if name in os.environ[OURS].split():
                del os.environ[name]
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    remove_what_killed_runs_left()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    (directory / OWNER).write_text(f"{os.getpid()} {psutil.Process().create_time()}", encoding="ascii")
    if not os.environ.get("DATABASE_URL"):
        kept.lay_out(directory)
    _servers = for_environment(directory, durable=False)
    addresses = _servers.join()
    started = []
    for name, value in (("DATABASE_URL", addresses.database_url), ("REDIS_URL", addresses.redis_url)):
        _given[name] = os.environ.get(name)
        if not _given[name]:
            started.append(name)
        os.environ[name] = value
    _given[OURS] = None
    os.environ[OURS] = " ".join(started)
    # Nothing a test writes may land among the demo's files.
    _given["RUN_DIR"] = os.environ.get("RUN_DIR")
    os.environ["RUN_DIR"] = str(directory / "site")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    global _servers
    if _servers is None:
        return
    servers, _servers = _servers, None
    servers.leave()
    if "DATABASE_URL" in started_here():
        kept.keep(servers.directory)
    remove(servers.directory)
    for name, value in _given.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def started_here() -> list[str]:
    """Names of the URLs whose servers this run started."""
    return os.environ.get(OURS, "").split()


def own_cluster() -> Path | None:
    """The run directory of this run's own PostgreSQL; None when it was given one."""
    return _servers.directory if _servers and "DATABASE_URL" in started_here() else None


def remove(directory: Path) -> None:
    """Remove a run directory, and as root the cluster that had to live outside it."""
    pointer = directory / "pg.home"
    if pointer.exists():
        shutil.rmtree(pointer.read_text(encoding="utf-8"), ignore_errors=True)
    shutil.rmtree(directory)


def remove_what_killed_runs_left() -> None:
    """A run ended by kill -9 could not clean up after itself; the next one does it."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            pid, started = (directory / OWNER).read_text(encoding="ascii").split()
            owner_lives = abs(psutil.Process(int(pid)).create_time() - float(started)) < 1
        except psutil.NoSuchProcess:
            owner_lives = False
        except (FileNotFoundError, PermissionError, ValueError):
            continue  # being made just now, or another user's
        if not owner_lives:
            try:
                left = EmbeddedServers(directory, durable=False)
                left.join()  # finds what still runs, so that leaving, as the last, stops it
                left.leave()
                remove(directory)
            except (CannotServe, OSError):
                # Half removed already, or another run is at it: what is left is only files of nobody.
                shutil.rmtree(directory, ignore_errors=True)
