"""What the parts share: a throw-away site, servers under load, CPU counted over all processes involved."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent


def figure(name: str, value: Any, unit: str = "", *, target: str = "", met: bool | None = None) -> dict[str, Any]:
    """One row of the report."""
    return {"name": name, "value": value, "unit": unit, "target": target, "met": met}


def scale_from_arguments() -> float:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0)
    return float(parser.parse_args().scale)


def answer(conditions: str, figures: Sequence[dict[str, Any]]) -> None:
    """Print the part's one JSON document."""
    print(json.dumps({"conditions": conditions, "figures": list(figures)}, ensure_ascii=False))


@contextmanager
def fresh_site(*, durable: bool = True) -> Iterator[Path]:
    """Embedded servers in a directory of their own, migrated, with Django set up in this process."""
    from marketplace.embedded.servers import for_environment

    directory = Path(tempfile.mkdtemp(prefix="ip-market-bench-"))
    servers = for_environment(directory, durable=durable)
    addresses = servers.join()
    os.environ.update(
        DATABASE_URL=addresses.database_url,
        REDIS_URL=addresses.redis_url,
        RUN_DIR=str(directory),
        DJANGO_SETTINGS_MODULE="marketplace.settings",
    )
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("compile_translations", stdout=sys.stderr)
        call_command("migrate", verbosity=0, stdout=sys.stderr)
        yield directory
    finally:
        from django.db import connections

        connections.close_all()
        servers.leave()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def program(
    command: Sequence[str], port: int, path: str = "/", **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, ready to answer on `port`; ended afterwards."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=sys.stderr, stderr=sys.stderr
    )
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"{command[:4]} ended with {process.returncode}")
            try:
                get(port, path)
                break
            except OSError:
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def web(port: int, *, threads: int = 2) -> list[str]:
    """The command of a web server as the site runs it, one process; the application's name comes after it."""
    options = ["-k", "gthread", "--threads", str(threads), "-w", "1", "--keep-alive", "120", "--log-level", "warning"]
    return [sys.executable, "-m", "gunicorn", *options, "-b", f"127.0.0.1:{port}"]


SITE = "marketplace.wsgi:application"


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def cpu_of(pids: Sequence[int]) -> float:
    """CPU seconds used so far by the processes and all their living descendants."""
    total = 0.0
    for pid in pids:
        try:
            parent = psutil.Process(pid)
            for one in [parent, *parent.children(recursive=True)]:
                times = one.cpu_times()
                total += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return total


def postmaster_of(directory: Path) -> list[int]:
    """The pids of the server processes that the run directory records."""
    state = json.loads((directory / "state.json").read_text())
    return [int(part["pid"]) for part in state.values() if isinstance(part, dict) and "pid" in part]


def cpu_per_request(pids: Sequence[int], request: Callable[[int], None], count: int) -> float:
    """Mean CPU seconds over `count` requests, counted over `pids` and their descendants."""
    before = cpu_of(pids)
    for n in range(count):
        request(n)
    return (cpu_of(pids) - before) / count


def requester(port: int, paths: Sequence[str]) -> Callable[[int], None]:
    """A keep-alive client that asks the paths in turn and refuses anything but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(n: int) -> None:
        connection.request("GET", paths[n % len(paths)])
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or not body:
            raise RuntimeError(f"{paths[n % len(paths)]} answered {response.status}")

    return ask
