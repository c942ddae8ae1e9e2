"""`manage.py` as a person uses it: single commands, and the whole site with each of its processes killed in turn."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from marketplace.embedded.places import ROOT
from marketplace.embedded.processes import free_port, marked_with
from marketplace.embedded.servers import read_state
from tests.embedded.conftest import eventually, working_below

GROUPS = "from django.contrib.auth.models import Group; "
MAKE_ONE = GROUPS + "Group.objects.create(name='kept')"
COUNT = GROUPS + "print(Group.objects.count())"


def variables(directory: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "HOST")}
    # An empty market is enough here; the demo has its own tests.
    return kept | {"RUN_DIR": str(directory), "DEMO": "0"} | more


def manage(directory: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=variables(directory, **more), capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    "arguments", [["help"], ["--version"], ["version"], ["import_patents", "--help"], ["up", "-h"]]
)
def test_commands_that_read_no_database_start_none(directory: Path, arguments: list[str]) -> None:
    answer = manage(directory, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert not directory.exists()


class Site:
    """A site started by `manage.py up`, and questions to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.said = directory.parent / "said"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=variables(self.directory, PORT=str(self.port)),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def start_again(self) -> None:
        self.process = self._start()

    def is_served(self) -> bool:
        assert self.process.poll() is None, self.said.read_text()
        return self.status("/healthz") == 200

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def has(self, name: str) -> psutil.Process | None:
        """The process of one part, the parent where it has children."""
        word = {"web": "gunicorn", "worker": "worker", "beat": "beat"}[name]
        found = []
        for process in marked_with(str(self.directory)):
            with suppress(psutil.NoSuchProcess):  # gone, or dead and not yet buried, since it was listed
                if word in process.cmdline():
                    found.append(process)
        return min(found, key=lambda process: process.create_time(), default=None) if found else None

    def is_whole(self) -> bool:
        return self.is_served() and all(self.has(name) for name in ("web", "worker", "beat"))


@pytest.fixture
def site(directory: Path) -> Iterator[Site]:
    site = Site(directory)
    try:
        eventually(site.is_whole, within_seconds=180)
        # A worker that loses its broker while it is still starting gives up; one that is ready must not.
        eventually(lambda: "ready." in site.said.read_text(errors="replace"), within_seconds=60)
        yield site
    finally:
        if site.process.poll() is None:
            site.process.terminate()
            site.process.wait(30)


def test_the_site_outlives_the_death_of_each_of_its_processes_and_stops_without_a_trace(site: Site) -> None:
    created = manage(site.directory, "shell", "-v0", "-c", MAKE_ONE)
    assert created.returncode == 0, created.stderr

    for name in ("postgres", "redis"):
        pid = read_state(site.directory)[name]["pid"]
        others = {part: site.has(part) for part in ("web", "worker", "beat")}
        os.kill(pid, signal.SIGKILL)
        eventually(lambda name=name, pid=pid: read_state(site.directory)[name].get("pid") not in (None, pid))
        eventually(site.is_whole)
        now = {part: site.has(part) for part in others}
        assert now == others, f"a part fell with {name}: {site.said.read_text(errors='replace')}"

    for name in ("web", "worker", "beat"):
        before = site.has(name)
        assert before is not None
        before.kill()
        eventually(lambda name=name, before=before: site.has(name) not in (None, before))
    eventually(site.is_whole)

    # A command that comes along uses the servers of the site, and says nothing but its answer.
    asked = manage(
        site.directory,
        "shell",
        "-v0",
        "-c",
        COUNT,
    )
    assert (asked.returncode, asked.stdout) == (0, "1\n"), asked.stderr

    # The supervisor itself: its orphans hold the port until the next start finds them.
    site.process.kill()
    site.process.wait()
    orphan = site.has("web")
    assert orphan is not None
    site.start_again()
    eventually(lambda: site.has("web") not in (None, orphan), within_seconds=60)
    eventually(site.is_whole, within_seconds=60)

    second = manage(site.directory, "up", PORT=str(free_port()))
    assert (second.returncode, second.stdout) == (1, "")
    assert "already running" in second.stderr

    before = time.monotonic()
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(30) == 0, site.said.read_text()
    assert time.monotonic() - before < 30
    assert working_below(site.directory) == []
    assert marked_with(str(site.directory)) == []

    after = manage(
        site.directory,
        "shell",
        "-v0",
        "-c",
        COUNT,
    )
    assert (after.returncode, after.stdout) == (0, "1\n"), after.stderr
    assert working_below(site.directory) == []


def test_a_taken_port_is_named_in_one_sentence_and_nothing_is_started(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = manage(directory, "up", PORT=str(port))
    assert answer.returncode == 1
    assert f"Port {port} is taken" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert working_below(directory) == []


def test_a_command_on_a_new_database_migrates_first_and_ends_its_servers_when_it_is_terminated(directory: Path) -> None:
    answer = manage(directory, "shell", "-v0", "-c", COUNT)
    assert (answer.returncode, answer.stdout) == (0, "0\n"), answer.stderr
    assert "migrating" in answer.stderr

    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", "print('on', flush=True); import time; time.sleep(60)"],
        cwd=ROOT,
        env=variables(directory),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "on\n"
    process.terminate()
    assert process.wait(20) == 128 + signal.SIGTERM
    process.stdout.close()
    assert working_below(directory) == []
