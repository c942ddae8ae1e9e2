"""kill -9 of database, broker, worker and web in turn, under load: nothing acknowledged is lost, nobody helps.

Writers post needs through the API and note each one the site acknowledged; every process is killed in turn while they
go on. At the end each acknowledged need is in the database with its event, and search shows what was published.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from urllib.parse import urlsplit

import psutil
import pytest

from tests.browser.site import ROOT, Site, running_site

WRITERS = 3
CALM_S = 2.0
BACK_WITHIN_S = 60
MAKE_TOKEN = """
import django; django.setup()
from marketplace.accounts.services import tokens
from tests.cast import bo
part = bo()
print(tokens.issue_token(membership_id=part.membership.pk, name="faults", days=1, by=part.actor)[1])
"""
COUNT_KEPT = """
import django, json, sys; django.setup()
from listings.catalogue.models import Need
from marketplace.core.models import Event
wanted = json.load(sys.stdin)
kept = dict(Need.objects.filter(number__in=wanted).values_list("number", "id"))
told = set(Event.objects.filter(kind="need.begin", subject_id__in=kept.values()).values_list("subject_id", flat=True))
print(json.dumps({"kept": len(kept), "told": len(told), "all": Need.objects.count(),
                  "events": Event.objects.filter(kind="need.begin").count()}))
"""

#: Runs a program in a process that has joined the site's servers.
JOINED = """
import os
from pathlib import Path
from marketplace.embedded.servers import for_environment
servers = for_environment(Path({directory!r}))
addresses = servers.join()
os.environ.update(DATABASE_URL=addresses.database_url, REDIS_URL=addresses.redis_url)
try:
{program}
finally:
    servers.leave()
"""


def beside(site: Site, program: str, given: str = "") -> str:
    """Run a small program against the site's own database."""
    state = json.loads((site.directory / "state.json").read_text())
    assert state, "the site records its servers"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            JOINED.format(directory=str(site.directory), program=textwrap.indent(program.strip(), "    ")),
        ],
        cwd=ROOT,
        env={**site.environment(), "DJANGO_SETTINGS_MODULE": "marketplace.settings"},
        input=given,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


class Writer(threading.Thread):
    """Posts needs one after the other and keeps the numbers of those acknowledged."""

    def __init__(self, site: Site, token: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.address = urlsplit(site.url)
        self.token = token
        self.acknowledged: list[str] = []
        self.failed = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        n = 0
        while not self.stopping.is_set():
            n += 1
            try:
                connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=10)
                body = json.dumps({"title_zh": f"需求 {self.name} {n}", "problem_zh": "低温脆性"})
                headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
                connection.request("POST", "/api/v1/needs/", body, headers)
                answer = connection.getresponse()
                said = answer.read()
                connection.close()
                if answer.status == 201:
                    self.acknowledged.append(json.loads(said)["number"])
                else:
                    self.failed += 1
            except (OSError, http.client.HTTPException):
                self.failed += 1
                time.sleep(0.05)


def processes_of(site: Site) -> dict[str, list[psutil.Process]]:
    """The site's processes by part, found by what they run."""
    found: dict[str, list[psutil.Process]] = {"web": [], "worker": [], "beat": [], "postgres": [], "redis": []}
    for child in psutil.Process(site.process.pid).children(recursive=True):
        line = " ".join(child.cmdline())
        if "celery" in line and " worker" in line:
            found["worker"].append(child)
        elif "celery" in line and " beat" in line:
            found["beat"].append(child)
        elif "gunicorn" in line:
            found["web"].append(child)
    for name, part in json.loads((site.directory / "state.json").read_text()).items():
        if isinstance(part, dict) and "pid" in part and name in found:
            found[name].append(psutil.Process(part["pid"]))
    return found


@pytest.mark.slow
def test_each_process_killed_in_turn_under_load_loses_nothing_acknowledged():
    with running_site(demo=False) as site:
        token = beside(site, MAKE_TOKEN)
        writers = [Writer(site, token, f"w{n}") for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        for part in ("postgres", "redis", "worker", "web", "beat"):
            time.sleep(CALM_S)
            victims = processes_of(site)[part]
            assert victims, f"{part} runs"
            before = sum(len(writer.acknowledged) for writer in writers)
            for victim in victims:
                os.kill(victim.pid, signal.SIGKILL)
            time.sleep(0.5)
            site.wait_until_ready(BACK_WITHIN_S)
            deadline = time.monotonic() + BACK_WITHIN_S
            while sum(len(writer.acknowledged) for writer in writers) < before + 5:
                assert time.monotonic() < deadline, f"no writes after {part} was killed"
                time.sleep(0.1)
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(30)
        acknowledged = [number for writer in writers for number in writer.acknowledged]
        kept = json.loads(beside(site, COUNT_KEPT, json.dumps(acknowledged)))
        assert len(acknowledged) > 50
        assert kept["kept"] == kept["told"] == len(set(acknowledged)) == len(acknowledged)
        assert kept["all"] == kept["events"], "no row without its event, no event without its row"
    left = [one for one in psutil.process_iter() if str(site.directory) in " ".join(safe_line(one))]
    assert left == []


def safe_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
