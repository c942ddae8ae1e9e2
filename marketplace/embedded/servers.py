"""The embedded PostgreSQL and Redis of a run directory, shared by every command that needs them at the same time.

Each user holds a shared lock on `users.lock`; starting and stopping happens under `control.lock`. The last one to leave
finds nobody else on the lock and stops the servers. The kernel frees both locks when a process dies, so a killed user
leaves no count behind: the servers stay up, and the next command finds them and, as the last, stops them.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.embedded import redis_server
from marketplace.embedded.locks import FileLock
from marketplace.embedded.places import CannotServe, make_private, run_directory
from marketplace.embedded.postgres import Cluster, RunningPostgres
from marketplace.embedded.redis_server import RunningRedis

# Not a host of anybody (RFC 6761), and an error message that says what is the matter.
NOTHING_RUNS = "no-server-is-running.invalid"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where database and broker are, as URLs with their passwords."""

    database_url: str
    redis_url: str


class EmbeddedServers:
    """The servers of one run directory, as seen by one process.

    `postgres=False` or `redis=False` leaves that one out, because its URL was given from outside.
    """

    def __init__(self, directory: Path, *, durable: bool = True, postgres: bool = True, redis: bool = True) -> None:
        self.directory = directory
        self._cluster = Cluster(directory, durable=durable) if postgres else None
        self._wants_redis = redis
        self._postgres: RunningPostgres | None = None
        self._redis: RunningRedis | None = None
        self._joined = False
        self._control = FileLock(directory / "control.lock")
        self._users = FileLock(directory / "users.lock")

    def join(self) -> Addresses:
        """Use the running servers, or start what is missing. Every `join` is answered by one `leave`.

        Called again by a user that has joined, it brings back what has died since, on the same ports where it can.
        Raises CannotServe.
        """
        try:
            make_private(self.directory)
            self._control.acquire()
        except PermissionError as error:
            raise CannotServe(f"{self.directory} belongs to another user; remove it or run as that user.") from error
        try:
            self._users.acquire_shared()
            try:
                self._bring_up()
            except BaseException:
                if not self._joined:
                    self._stop_unless_used()
                raise
            self._joined = True
        finally:
            self._control.release()
        return self.addresses()

    def leave(self) -> None:
        """Stop using the servers; the last to leave stops them."""
        with self._control.held():
            self._joined = False
            self._stop_unless_used()

    def _stop_unless_used(self) -> None:
        """Give up our share of the users' lock and stop the servers if nobody else has one. Under the control lock."""
        self._users.release()
        try:
            if not self._users.try_acquire():
                return
            if self._redis and self._redis.identity.is_alive():
                self._redis.stop()
            if self._cluster and self._postgres and self._postgres.identity.is_alive():
                self._cluster.stop(self._postgres)
            self._redis = self._postgres = None
            self._write_state()
        finally:
            self._users.release()

    def are_alive(self) -> bool:
        """Whether the processes that `join` gave us still live. Costs microseconds: for a supervisor to ask often."""
        wanted = ((self._postgres, self._cluster is not None), (self._redis, self._wants_redis))
        return all(running is not None and running.identity.is_alive() for running, is_wanted in wanted if is_wanted)

    def addresses(self) -> Addresses:
        """Given URLs from the environment, the others from the running servers."""
        return Addresses(
            database_url=self._postgres.url() if self._postgres else os.environ.get("DATABASE_URL", ""),
            redis_url=self._redis.url() if self._redis else os.environ.get("REDIS_URL", ""),
        )

    @property
    def migrated_mark(self) -> Path | None:
        """The file whose presence says that the embedded database was migrated once; None for one from outside."""
        return self._cluster.home() / "migrated" if self._cluster else None

    def _bring_up(self) -> None:
        state = read_state(self.directory)
        with ThreadPoolExecutor(max_workers=2) as pool:
            postgres = pool.submit(self._bring_up_postgres, self._cluster, state) if self._cluster else None
            redis = pool.submit(self._bring_up_redis, state) if self._wants_redis else None
        # Both have ended. What came up is recorded even if the other failed, so that it can be found and stopped.
        failures = [job.exception() for job in (postgres, redis) if job and job.exception()]
        self._postgres = postgres.result() if postgres and not postgres.exception() else None
        self._redis = redis.result() if redis and not redis.exception() else None
        self._write_state()
        for failure in failures:
            if failure is not None:
                raise failure

    def _bring_up_postgres(self, cluster: Cluster, state: dict[str, Any]) -> RunningPostgres:
        return cluster.find() or cluster.start(preferred_port=last_port(state, "postgres"))

    def _bring_up_redis(self, state: dict[str, Any]) -> RunningRedis:
        found = redis_server.find(state.get("redis"))
        return found or redis_server.start(self.directory, preferred_port=last_port(state, "redis"))

    def _write_state(self) -> None:
        """Record what runs, in one step, readable by the owner only. Ports stay recorded to be used again."""
        state = read_state(self.directory)
        for name in ("postgres", "redis"):
            port = last_port(state, name)
            state[name] = {"port": port} if port else {}
        if self._postgres:
            state["postgres"] = self._postgres.identity.record() | {
                "port": self._postgres.port,
                "url": self._postgres.url(),
            }
        if self._redis:
            state["redis"] = self._redis.record() | {"url": self._redis.url()}
        making = self.directory / "state.json.making"
        making.touch(mode=0o600)
        making.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        making.replace(self.directory / "state.json")


def read_state(directory: Path) -> dict[str, Any]:
    """What `.run/state.json` says; nothing when there is none or it cannot be read as what we write."""
    try:
        state = json.loads((directory / "state.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def last_port(state: dict[str, Any], name: str) -> int | None:
    record = state.get(name)
    port = record.get("port") if isinstance(record, dict) else None
    return port if isinstance(port, int) else None


def for_environment(directory: Path | None = None, *, durable: bool = True) -> EmbeddedServers:
    """The servers this environment needs: a given DATABASE_URL or REDIS_URL switches the embedded one off."""
    return EmbeddedServers(
        directory or run_directory(),
        durable=durable,
        postgres=not os.environ.get("DATABASE_URL"),
        redis=not os.environ.get("REDIS_URL"),
    )


def database_url() -> str:
    """DATABASE_URL, else the embedded server's as last recorded.

    Never starts anything and never fails: settings are also read by programs that need no database. Without a server
    the URL names a host that cannot exist, so the first query says what is missing.
    """
    return os.environ.get("DATABASE_URL") or _recorded("postgres", f"postgresql://market@{NOTHING_RUNS}/market")


def redis_url() -> str:
    """REDIS_URL, else the embedded server's as last recorded; without one, a host that cannot exist."""
    return os.environ.get("REDIS_URL") or _recorded("redis", f"redis://{NOTHING_RUNS}/0")


def _recorded(name: str, otherwise: str) -> str:
    record = read_state(run_directory()).get(name)
    url = record.get("url") if isinstance(record, dict) else None
    return url if isinstance(url, str) else otherwise
