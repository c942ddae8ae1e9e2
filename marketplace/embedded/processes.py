"""Knowing, finding and ending processes without ever hitting a stranger that got the same number."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil

# The kernel counts in ticks and psutil adds the boot time, so two readings of one start differ by rounding.
SAME_START_SECONDS = 1.0

# Every process of the site carries this variable; its value is the run directory it belongs to.
MARK = "MARKET_SUPERVISED_FOR"


# A child that has ended keeps its number, and so its claim to be running, until its parent asks for its exit code.
_spawned: dict[int, subprocess.Popen[bytes]] = {}


def spawn(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process in its own session, out of reach of the terminal's Ctrl-C, and remember to ask how it ended."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    _spawned[process.pid] = process
    return process


def _reap(pid: int) -> None:
    process = _spawned.get(pid)
    if process is not None and process.poll() is not None:
        _spawned.pop(pid, None)


@dataclass(frozen=True, slots=True)
class Identity:
    """A process number together with the moment it started: numbers are used again, pairs are not."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The identity of a living process, or None when there is none (a zombie is not living)."""
        _reap(pid)
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid, process.create_time())
        except psutil.NoSuchProcess:
            return None

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Identity":
        """Read what `record` wrote. Raises KeyError, TypeError or ValueError on anything else."""
        return cls(int(record["pid"]), float(record["started"]))

    def record(self) -> dict[str, Any]:
        return {"pid": self.pid, "started": self.started}

    def is_alive(self) -> bool:
        now = Identity.of(self.pid)
        return now is not None and abs(now.started - self.started) < SAME_START_SECONDS


def end(identity: Identity, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Send each signal in turn and wait its seconds, up to the first that works. True when the process is gone."""
    for number, seconds in steps:
        if not identity.is_alive():
            return True
        try:
            os.kill(identity.pid, number)
            psutil.Process(identity.pid).wait(timeout=seconds)
        except (ProcessLookupError, psutil.NoSuchProcess):
            return True
        except psutil.TimeoutExpired:
            continue
    return not identity.is_alive()


def end_group(group: int) -> None:
    """Kill what is left of a process group; a group that is already empty is what we want."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def marked_with(value: str) -> list[psutil.Process]:
    """Living processes, other than this one, whose environment says they were started for the run directory `value`."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(MARK) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            continue  # gone meanwhile, or another user's: in neither case ours
    return found


def end_marked(value: str, *, patience_seconds: float = 5.0) -> int:
    """End every process `marked_with` the value, politely first. Returns how many there were."""
    found = marked_with(value)
    for process in found:
        _signal(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(found, timeout=patience_seconds)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=patience_seconds)
    return len(found)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return  # it ended by itself first


def free_port(preferred: int | None = None) -> int:
    """A loopback TCP port nobody listens on: the preferred one when it is free, else one the system picks."""
    if preferred and port_is_free("127.0.0.1", preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises OSError for an address this machine does not have."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As every server does: a connection of the last run in TIME_WAIT does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise
        except OSError as error:
            if error.errno in (48, 98, 10048):  # EADDRINUSE on macOS, Linux, Windows
                return False
            raise
    return True


def wait_until(deadline: float) -> bool:
    """Sleep a moment; False once the monotonic deadline has passed."""
    time.sleep(0.03)
    return time.monotonic() < deadline
