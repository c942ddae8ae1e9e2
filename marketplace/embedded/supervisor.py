"""The whole site from one command: servers, preparation, web, worker and beat; watched, and stopped in order."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from marketplace import environment
from marketplace.embedded.locks import FileLock
from marketplace.embedded.places import ROOT, CannotServe, make_private, run_directory, say
from marketplace.embedded.processes import MARK, end_group, end_marked, free_port, port_is_free, spawn
from marketplace.embedded.servers import Addresses, EmbeddedServers, for_environment

TICK_SECONDS = 0.2
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A process that lived this long was well; its next fall starts counting anew.
WELL_AFTER_SECONDS = 30.0
SERVED_WITHIN_SECONDS = 60.0


@dataclass(slots=True)
class Child:
    """One process of the site and the memory of its falls."""

    name: str
    command: Sequence[str]
    stop_within_seconds: float
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    start_again_at: float = 0.0
    readers: list[threading.Thread] = field(default_factory=list)

    def start(self, variables: dict[str, str]) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor, which stops them in order."""
        self.process = spawn(
            self.command,
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.started = time.monotonic()
        reader = threading.Thread(target=self._repeat, args=(self.process,), daemon=True)
        reader.start()
        self.readers.append(reader)

    def _repeat(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on what the process says, line by line, with its name before it."""
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                say(line.decode(errors="replace").rstrip(), who=self.name)

    def keep_running(self, variables: dict[str, str]) -> None:
        """Start it again after a fall, each time in a row a little later."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_again_at:
                self.start(variables)
            return
        code = self.process.poll()
        if code is None:
            return
        end_group(self.process.pid)  # a killed parent may leave children that hold its port or its tasks
        self.falls = 0 if now - self.started > WELL_AFTER_SECONDS else self.falls
        pause = min(FIRST_PAUSE_SECONDS * 2**self.falls, LONGEST_PAUSE_SECONDS)
        self.falls += 1
        self.process, self.start_again_at = None, now + pause
        say(f"{self.name} ended ({how_it_ended(code)}); starting it again in {pause:g} s.")

    def stop(self, *, at_once: bool = False) -> None:
        """Ask it to finish, wait, then insist; its own children go with it."""
        if self.process is not None:
            if self.process.poll() is None and not at_once:
                self.process.terminate()
                try:
                    self.process.wait(self.stop_within_seconds)
                except subprocess.TimeoutExpired:
                    say(f"{self.name} did not finish within {self.stop_within_seconds:g} s and is ended.")
            end_group(self.process.pid)
            self.process.wait()
            self.process = None
        for reader in self.readers:
            reader.join(timeout=1)
        self.readers.clear()


def how_it_ended(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Site:
    """The processes of one run directory. `serve` is the life of `manage.py up`."""

    def __init__(self, directory: Path, host: str, port: int) -> None:
        self.directory = directory
        self.host, self.port = host, port
        self.servers: EmbeddedServers = for_environment(directory)
        self.addresses = Addresses("", "")
        # The order is that of starting; stopping goes: nothing new (beat), finish (worker), close the door (web).
        self.web = Child("web", web_command(host, port), 5)
        self.worker = Child("worker", worker_command(), 15)
        self.beat = Child("beat", beat_command(directory), 2)
        # The practice payment provider; a real key switches it off.
        self.practice_port = environment.number("FAKE_STRIPE_PORT", 0) or free_port(port + 100)
        self.practice = Child("practice", practice_command(host), 3)
        self.stopping = threading.Event()
        self.interrupts = 0

    # -- signals --------------------------------------------------------------------------------------------------

    def ask_to_stop(self, number: int, _: FrameType | None) -> None:
        """First signal: stop in order. A second one: do not wait for anything."""
        self.interrupts += 1
        self.stopping.set()

    @property
    def is_hurried(self) -> bool:
        return self.interrupts > 1

    # -- life -----------------------------------------------------------------------------------------------------

    def serve(self) -> int:
        """Run until asked to stop. Returns the exit code. Raises CannotServe when the site cannot be started."""
        make_private(self.directory)
        lock = FileLock(self.directory / "up.lock")
        if not lock.try_acquire():
            raise CannotServe("The site of this directory is already running; stop it with Ctrl-C in its window.")
        try:
            # A shell starts its background jobs with SIGINT ignored; a stop must still stop. Only nohup's wish counts.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.ask_to_stop)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
                signal.signal(signal.SIGHUP, self.ask_to_stop)
            self._clear_away_leftovers()
            if not port_is_free(self.host, self.port):
                raise CannotServe(
                    f"Port {self.port} is taken by another program; choose one with PORT={self.port + 1} make run."
                )
            say("Starting the servers.")
            self.addresses = self.servers.join()
            try:
                return self._serve_with_servers()
            finally:
                self._stop_children()
                say("Stopping the servers.")
                self.servers.leave()
                say("Stopped.")
        finally:
            lock.release()

    def _serve_with_servers(self) -> int:
        sign_ins = self._prepare()
        if sign_ins is None:
            return 0 if self.stopping.is_set() else 1
        self.web.start(self._variables())
        if self._wait_until_served():
            # The answer of this command, hence stdout; everything else it says goes to stderr.
            sys.stdout.write(f"\n{self.address}\n\n{sign_ins}\n" if sign_ins else f"\n{self.address}\n\n")
            sys.stdout.flush()
        elif not self.stopping.is_set():
            say(f"No answer at {self.address}healthz within {SERVED_WITHIN_SECONDS:.0f} s; see the lines of web above.")
        self._watch()
        return 0

    def _clear_away_leftovers(self) -> None:
        """End what a supervisor that was killed left running: it holds the port, and would do its work twice."""
        ended = end_marked(str(self.directory))
        if ended:
            say(f"Ended {ended} process(es) that the last run left behind.")

    def _prepare(self) -> str | None:
        """Migrate and load what is needed. Returns the sign-ins to print; None when it failed or we were stopped."""
        mark = self.servers.migrated_mark
        process = spawn(
            [sys.executable, "-m", "marketplace.embedded.prepare", *([str(mark)] if mark else [])],
            cwd=ROOT,
            env=self._variables(),
            stdout=subprocess.PIPE,
        )
        answer: list[bytes] = []
        stdout = process.stdout
        reader = threading.Thread(target=lambda: answer.append(stdout.read() if stdout else b""), daemon=True)
        reader.start()
        while process.poll() is None:
            if self.stopping.wait(TICK_SECONDS):
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    end_group(process.pid)
                    process.wait()
                return None
        reader.join()
        if process.returncode:
            say(f"Preparing the site failed ({how_it_ended(process.returncode)}); the reason stands above.")
            return None
        return b"".join(answer).decode(errors="replace").strip()

    def _wait_until_served(self) -> bool:
        """Start worker and beat once the page is there, for they would slow it down; True when it is."""
        deadline = time.monotonic() + SERVED_WITHIN_SECONDS
        served = False
        while not served and not self.stopping.wait(TICK_SECONDS / 2) and time.monotonic() < deadline:
            self._keep_all_running([self.web])
            served = self._answers()
        if not self.stopping.is_set():
            for child in self._behind():
                child.start(self._variables())
        return served

    def _behind(self) -> list[Child]:
        """The processes that are started once the page is there."""
        practices = environment.flag("STRIPE_FAKE", not os.environ.get("STRIPE_SECRET_KEY"))
        return [*([self.practice] if practices else []), self.worker, self.beat]

    def _watch(self) -> None:
        while not self.stopping.wait(TICK_SECONDS):
            self._keep_all_running([self.web, *self._behind()])

    def _keep_all_running(self, children: Sequence[Child]) -> None:
        if not self.servers.are_alive():
            self._bring_servers_back()
        for child in children:
            child.keep_running(self._variables())

    def _bring_servers_back(self) -> None:
        """Start a fallen server again where it was; if its port was taken meanwhile, the children learn the new one."""
        say("A server ended; starting it again.")
        try:
            addresses = self.servers.join()
        except CannotServe as refusal:
            say(f"{refusal} Trying again.")
            return
        if addresses != self.addresses:
            self.addresses = addresses
            for child in (self.beat, self.worker, self.practice, self.web):
                if child.process is not None:
                    child.stop()
        say("All servers run again.")

    def _stop_children(self) -> None:
        if self.stopping.is_set():
            say("Stopping; press Ctrl-C again to stop without waiting for running tasks.")
        for child in (self.beat, self.worker, self.practice, self.web):
            stop = threading.Thread(target=child.stop, kwargs={"at_once": self.is_hurried})
            stop.start()
            while stop.is_alive():
                stop.join(TICK_SECONDS)
                if self.is_hurried and child.process is not None:
                    end_group(child.process.pid)

    # -- what the children are told -------------------------------------------------------------------------------

    def _variables(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.addresses.database_url,
            "REDIS_URL": self.addresses.redis_url,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "marketplace.settings"),
            "PORT": str(self.port),
            "FAKE_STRIPE_PORT": str(self.practice_port),
            "PYTHONUNBUFFERED": "1",
            # glibc keeps an arena a thread; two are enough here and save some 50 MB a process.
            "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
            MARK: str(self.directory),
        }

    @property
    def address(self) -> str:
        """Where a person opens the site; a server that listens everywhere is reached on the loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}/"

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}healthz", timeout=2) as answer:  # noqa: S310  # our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def web_command(host: str, port: int) -> list[str]:
    """Threads in one process: enough for one machine, and the page cache of the search columns is shared anyway."""
    bound = f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"
    return [
        *(sys.executable, "-m", "gunicorn", "marketplace.wsgi:application", "--bind", bound),
        *("--workers", str(environment.number("WEB_WORKERS", 1)), "--worker-class", "gthread", "--threads", "4"),
        *("--graceful-timeout", "4", "--log-level", "warning"),
    ]


def worker_command() -> list[str]:
    """Processes, not threads: a task that eats the processor or the memory must not take the others with it."""
    return [
        # Root in a container is who runs it; Celery's six lines of warning would hide the address.
        *(sys.executable, "-W", "ignore:You're running the worker with superuser privileges"),
        *("-m", "celery", "--quiet", "-A", "marketplace", "worker"),
        *("--pool", "prefork", "--concurrency", str(environment.number("WORKER_PROCESSES", 2))),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
    ]


def beat_command(directory: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "marketplace", "beat"),
        *("--schedule", str(directory / "beat-schedule"), "--pidfile", "", "--loglevel", "INFO"),
    ]


def practice_command(host: str) -> list[str]:
    """The payment provider of the demo: browsers must reach it as they reach the site."""
    return [sys.executable, "manage.py", "fake_stripe", "--host", host]


def main(arguments: Sequence[str]) -> int:
    """`manage.py up`. Returns the exit code: 0 after a stop that was asked for, 1 when the site cannot be started."""
    if arguments:
        say(f"up takes no arguments, but got: {' '.join(arguments)}")
        return 2
    if environment.flag("PRODUCTION", False):
        say("`up` is for one machine and demo data; in production run the processes of docs/deploy.md.")
        return 2
    try:
        return Site(run_directory(), os.environ.get("HOST") or "127.0.0.1", environment.number("PORT", 8000)).serve()
    except CannotServe as refusal:
        say(str(refusal))
        return 1
