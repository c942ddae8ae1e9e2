"""Web and worker as real processes over the test's own database, to be killed at will, and browsers beside them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psutil
from celery import current_app
from django.conf import settings
from django.db import connection

from tests.browser.site import ROOT, free_port
from tests.cast import Part

PATIENCE_S = 90
CSRF = "k" * 32
TASKS = (
    "marketplace.core.tasks.relay_events",
    "marketplace.payments.tasks.send_payouts",
    "marketplace.payments.tasks.send_refunds",
)


@dataclass
class Crew:
    """A web server and a worker, each a master that forks whoever does the work."""

    port: int
    environment: dict[str, str]
    log: Path
    web: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]

    @classmethod
    def hire(cls, directory: Path) -> Crew:
        told = connection.settings_dict
        place = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}@{told['HOST']}:{told['PORT']}/{quote(told['NAME'])}"
        environment = {
            **os.environ,
            "DATABASE_URL": f"postgresql://{place}",
            "RUN_DIR": str(directory),
            "DEMO": "1",
            "STRIPE_FAKE": "0",
            "API_RATE_USER": "100000/min",
            "DJANGO_SETTINGS_MODULE": "marketplace.settings",
        }
        port, log = free_port(), directory / "crew.log"
        web, worker = cls._web(port, environment, log), cls._worker(environment, log)
        return cls(port, environment, log, web, worker)

    @staticmethod
    def _start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as told:
            return subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=told, stderr=told
            )

    @classmethod
    def _web(cls, port: int, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        bound = f"127.0.0.1:{port}"
        command = ["gunicorn", "marketplace.wsgi:application", "--preload", "--bind", bound, "--timeout", "120"]
        return cls._start([*command, "--worker-class", "gthread", "--threads", "4"], environment, log)

    @classmethod
    def _worker(cls, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        command = ["celery", "--quiet", "-A", "marketplace", "worker", "--pool", "prefork", "--concurrency", "1"]
        return cls._start([*command, "--without-gossip", "--without-mingle"], environment, log)

    def kill(self, part: str, *, whole: bool) -> None:
        """kill -9 of whoever does the work; with `whole` of its master too, which is then started again."""
        master = self.web if part == "web" else self.worker
        victims = psutil.Process(master.pid).children(recursive=True)
        if whole:
            victims.append(psutil.Process(master.pid))
        for victim in victims:
            try:
                os.kill(victim.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it went just now
        if whole:
            master.wait(30)
            if part == "web":
                self.web = self._web(self.port, self.environment, self.log)
            else:
                self.worker = self._worker(self.environment, self.log)

    def is_up(self) -> bool:
        try:
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_up():
            assert self.web.poll() is None, self.log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, "the web server did not come back"
            time.sleep(0.05)

    def nudge(self) -> None:
        """What beat does every few seconds."""
        for name in TASKS:
            current_app.send_task(name, expires=30)

    def dismiss(self) -> None:
        for master in (self.web, self.worker):
            if master.poll() is None:
                for one in [*psutil.Process(master.pid).children(recursive=True), psutil.Process(master.pid)]:
                    one.kill()
                master.wait(30)


@contextmanager
def crew_at_work(directory: Path) -> Iterator[Crew]:
    crew = Crew.hire(directory)
    try:
        crew.wait_until_up()
        yield crew
    finally:
        crew.dismiss()


class Browser:
    """Somebody signed in, over real HTTP. An answer of None means that none came."""

    def __init__(self, crew: Crew, part: Part) -> None:
        self.crew, self.part = crew, part
        session = part.signed_in().cookies[settings.SESSION_COOKIE_NAME].value
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}",
            "X-CSRFToken": CSRF,
        }

    def post(
        self, path: str, told: Mapping[str, Any] | None = None, *, form: bool = False, file: bytes | None = None
    ) -> tuple[int, str] | None:
        if file is not None:
            body, kind = multipart(told or {}, file), "multipart/form-data; boundary=KILL"
        elif form:
            body, kind = urlencode(told or {}).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = json.dumps(told or {}, default=str).encode(), "application/json"
        try:
            link = http.client.HTTPConnection("127.0.0.1", self.crew.port, timeout=60)
            link.request("POST", path, body, {**self.headers, "Content-Type": kind})
            answer = link.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return None


def multipart(told: Mapping[str, Any], file: bytes) -> bytes:
    parts = [
        f'--KILL\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in told.items()
    ]
    head = b'--KILL\r\nContent-Disposition: form-data; name="file"; filename="notice.pdf"\r\n'
    return b"".join([*parts, head, b"Content-Type: application/pdf\r\n\r\n", file, b"\r\n--KILL--\r\n"])
