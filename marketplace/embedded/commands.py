"""What `manage.py` does around a command: servers before it, nothing left behind it."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FrameType
from typing import NoReturn

from marketplace import environment
from marketplace.embedded.locks import FileLock
from marketplace.embedded.places import CannotServe, say
from marketplace.embedded.servers import EmbeddedServers, for_environment

# These read files and settings only. Starting a database for them would be slow, and wrong in an image build.
NEED_NO_SERVERS = {
    "check",
    "check_translations",
    "collectstatic",
    "compilemessages",
    "compile_translations",
    "diffsettings",
    "draw_lifecycles",
    "fake_stripe",
    "findstatic",
    "help",
    "loan_schedule",
    "makemessages",
    "spectacular",
    "startapp",
    "startproject",
    "valuate",
    "version",
    "write_rules_doc",
}
# These are about migrations: they must see the database as it is.
MIGRATE_THEMSELVES = {
    "makemigrations",
    "migrate",
    "optimizemigration",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
}


def run(argv: Sequence[str]) -> None:
    """Run one management command, with the embedded servers if it needs them. Exits as the command does."""
    from django.core.management import execute_from_command_line

    name = argv[1] if len(argv) > 1 else "help"
    try:
        if name.startswith("-") or name in NEED_NO_SERVERS or {"-h", "--help"} & set(argv[2:]):
            execute_from_command_line(list(argv))
        elif name == "up":
            # It supervises the servers and keeps no connection of its own, so Django stays out of its process.
            from marketplace.embedded.supervisor import main

            sys.exit(main(argv[2:]))
        else:
            with servers_for_a_command(migrate_new=name not in MIGRATE_THEMSELVES):
                execute_from_command_line(list(argv))
    except CannotServe as refusal:
        say(str(refusal))
        sys.exit(1)


@contextmanager
def servers_for_a_command(*, migrate_new: bool = True) -> Iterator[None]:
    """Put DATABASE_URL and REDIS_URL of the embedded servers into the environment for the length of a `with` block.

    Given URLs are left alone, and in production nothing is started: the settings then refuse what is missing. A new
    embedded database is migrated first. Children of the command inherit the URLs. Raises CannotServe.
    """
    given = {name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if len(given) == 2 or environment.flag("PRODUCTION", False):
        yield
        return
    servers = for_environment()
    with ending_on_signals():
        addresses = servers.join()
        try:
            os.environ["DATABASE_URL"] = addresses.database_url
            os.environ["REDIS_URL"] = addresses.redis_url
            if migrate_new:
                migrate_if_new(servers)
            yield
        finally:
            _leave(servers)
            for name in {"DATABASE_URL", "REDIS_URL"} - given:
                os.environ.pop(name, None)


def _leave(servers: EmbeddedServers) -> None:
    """Leave, without a second Ctrl-C stopping us half-way and leaving a server behind."""
    from django.db import connections

    connections.close_all()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        servers.leave()
    finally:
        signal.signal(signal.SIGINT, before)


def migrate_if_new(servers: EmbeddedServers) -> None:
    """Migrate an embedded database that never was. Waits for another command that is doing it."""
    mark = servers.migrated_mark
    if mark is None or mark.exists():
        return
    with FileLock(servers.directory / "migrate.lock").held():
        if not mark.exists():
            say("New database: migrating it.")
            migrate(mark)


def migrate(mark: Path | None) -> None:
    """Bring the database up to the code, telling stderr, and leave the mark that it was done once."""
    import django
    from django.core.management import call_command

    django.setup()
    with redirect_stdout(sys.stderr):
        call_command("migrate", interactive=False, verbosity=0)
    if mark is not None:
        mark.touch()


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit, so that `finally` runs and servers are stopped."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:  # one that nohup set to ignore stays ignored
            signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
