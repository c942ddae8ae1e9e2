"""A whole site of its own for browser tests: the product's own `up`, with demo data, in a directory of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as mail_policy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 600
PASSWORD_LINE = "password"


@dataclass(frozen=True)
class Site:
    """Where a running site is, and the few things a test may look at from outside."""

    url: str
    directory: Path
    process: subprocess.Popen[bytes]
    variables: dict[str, str]

    @property
    def stripe_url(self) -> str:
        """Where the practice payment provider has its pages."""
        return f"http://127.0.0.1:{self.variables['FAKE_STRIPE_PORT']}/"

    def environment(self) -> dict[str, str]:
        """What a command needs that is to run beside the site."""
        return {**inherited(), **self.variables}

    def manage(self, *arguments: str) -> str:
        """The answer of a management command run beside the site."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment(), capture_output=True, text=True
        )
        if done.returncode:
            raise AssertionError(f"{arguments}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def letters_to(self, address: str) -> list[str]:
        """The text of every letter to `address`, oldest first (without a mail server they are files)."""
        found = []
        for path in sorted((self.directory / "mail").glob("*"), key=lambda one: one.stat().st_mtime):
            for part in path.read_bytes().split(b"-" * 79):
                letter = message_from_bytes(part.strip(), policy=mail_policy)
                if address in str(letter["To"]):
                    found.append(f"{letter['Subject']}\n{letter.get_content()}")
        return found

    def is_ready(self) -> bool:
        return '"status": "ready"' in self.readiness()

    def readiness(self) -> str:
        """What /readyz says, or why it says nothing."""
        try:
            with urllib.request.urlopen(f"{self.url}readyz", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")
        except (urllib.error.URLError, OSError) as error:
            return repr(error)

    def wait_until_ready(self, seconds: float = READY_WITHIN_S) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the site ended with {self.process.returncode}")
            if self.is_ready():
                return
            time.sleep(0.3)
        raise AssertionError(f"the site was not ready within {seconds} s: {self.readiness()}")


def inherited() -> dict[str, str]:
    """Our own environment without the servers of another site."""
    return {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_site(*, demo: bool = True, **variables: str) -> Iterator[Site]:
    """Start a site, wait until it is ready, and stop it as Ctrl-C would."""
    directory = Path(tempfile.mkdtemp(prefix="ip-market-site-"))
    port = free_port()
    own = {"RUN_DIR": str(directory), "PORT": str(port), "FAKE_STRIPE_PORT": str(free_port())}
    own |= {"DEMO": "1" if demo else "0", "API_RATE_ANON": "100000/min", "API_RATE_USER": "100000/min", **variables}
    environment = {**inherited(), **own}
    log = (directory / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    site = Site(f"http://127.0.0.1:{port}/", directory, process, own)
    try:
        try:
            site.wait_until_ready()
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(directory / 'up.log').read_text(errors='replace')[-4000:]}") from error
        yield site
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        log.close()
        pointer = directory / "pg.home"
        if pointer.exists():
            shutil.rmtree(pointer.read_text(encoding="utf-8").strip(), ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)
