"""Starting, sharing and stopping the embedded servers, and coming back after every kind of death."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from marketplace.embedded import redis_server, servers
from marketplace.embedded.places import CannotServe
from marketplace.embedded.postgres import Cluster
from marketplace.embedded.servers import Addresses, EmbeddedServers, read_state
from tests.embedded.conftest import eventually, python, working_below

JOIN_AND_WAIT = """
import sys
from marketplace.embedded.servers import for_environment
mine = for_environment(durable=False)
print(mine.join().database_url, flush=True)
sys.stdin.read()
mine.leave()
"""


def answers(addresses: Addresses) -> bool:
    with psycopg.connect(addresses.database_url) as connection:
        connection.execute("SELECT 1")
    with redis.Redis.from_url(addresses.redis_url) as client:
        return bool(client.ping())


def test_servers_start_answer_and_leave_nothing_running(directory: Path) -> None:
    mine = EmbeddedServers(directory, durable=False)
    addresses = mine.join()
    assert answers(addresses)
    assert mine.are_alive()
    assert len(working_below(directory)) > 1
    mine.leave()
    assert working_below(directory) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(addresses.database_url)


def test_rows_ports_and_passwords_outlive_a_restart(directory: Path) -> None:
    mine = EmbeddedServers(directory)
    first = mine.join()
    with psycopg.connect(first.database_url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('氟硅')")
    mine.leave()
    second = mine.join()
    try:
        assert second == first
        with psycopg.connect(second.database_url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("氟硅",)]
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
    finally:
        mine.leave()


def test_secrets_are_for_the_owner_and_strangers_are_refused(directory: Path) -> None:
    mine = EmbeddedServers(directory, durable=False)
    addresses = mine.join()
    try:
        for private in (
            directory / "state.json",
            directory / "redis" / "redis.conf",
            Cluster(directory).home() / "password",
        ):
            assert private.stat().st_mode & 0o077 == 0, private
        without_password = addresses.database_url.replace(addresses.database_url.split(":")[2].split("@")[0], "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(without_password)
        port = read_state(directory)["redis"]["port"]
        if read_state(directory)["redis"]["password"]:
            with pytest.raises(redis.AuthenticationError), redis.Redis(port=port) as client:
                client.ping()
    finally:
        mine.leave()


def test_the_last_to_leave_stops_them_and_nobody_before(directory: Path) -> None:
    starter = python(JOIN_AND_WAIT, directory)
    assert starter.stdout and starter.stdout.readline().startswith("postgresql://")
    mine = EmbeddedServers(directory, durable=False)
    addresses = mine.join()
    starter.communicate("")  # the one that started them goes first
    assert starter.returncode == 0
    assert answers(addresses)
    mine.leave()
    assert working_below(directory) == []


def test_a_user_killed_outright_does_not_keep_them_running(directory: Path) -> None:
    starter = python(JOIN_AND_WAIT, directory)
    assert starter.stdout
    url = starter.stdout.readline().strip()
    starter.kill()
    starter.communicate()
    mine = EmbeddedServers(directory, durable=False)
    assert mine.join().database_url == url
    mine.leave()
    assert working_below(directory) == []


def test_many_at_once_share_one_pair_of_servers(directory: Path) -> None:
    users = [python(JOIN_AND_WAIT, directory) for _ in range(3)]
    urls = {user.stdout.readline() for user in users if user.stdout}
    assert len(urls) == 1
    assert next(iter(urls)).startswith("postgresql://")
    for user in users:
        user.communicate("")
        assert user.returncode == 0
    assert working_below(directory) == []


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_killed_server_is_brought_back_where_it_was(directory: Path, name: str) -> None:
    mine = EmbeddedServers(directory)
    addresses = mine.join()
    try:
        with psycopg.connect(addresses.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        os.kill(read_state(directory)[name]["pid"], signal.SIGKILL)
        eventually(lambda: not mine.are_alive())
        assert mine.join() == addresses
        assert mine.are_alive()
        assert answers(addresses)
        with psycopg.connect(addresses.database_url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
    finally:
        mine.leave()


def test_a_pid_file_whose_number_now_belongs_to_another_program_is_no_obstacle(directory: Path) -> None:
    mine = EmbeddedServers(directory, durable=False)
    mine.join()
    mine.leave()
    data = Cluster(directory).data
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd="/")
    try:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n1\n\n127.0.0.1\n\n\n")
        (data / "postmaster.pid").chmod(0o644)
        assert answers(mine.join())
        mine.leave()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_recorded_number_that_belongs_to_another_program_is_left_alone(directory: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = {"pid": stranger.pid, "started": time.time() - 9999, "port": 1, "password": "x"}
        assert redis_server.find(record) is None
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_taken_meanwhile_is_not_fought_for(directory: Path) -> None:
    mine = EmbeddedServers(directory, durable=False)
    before = mine.join()
    mine.leave()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # our own closed connections are no obstacle
        taken.bind(("127.0.0.1", read_state(directory)["postgres"]["port"]))
        taken.listen()
        after = mine.join()
        try:
            assert after.database_url != before.database_url
            assert answers(after)
        finally:
            mine.leave()


def test_data_of_another_postgresql_version_is_refused_with_a_sentence(directory: Path) -> None:
    mine = EmbeddedServers(directory, durable=False)
    mine.join()
    mine.leave()
    (Cluster(directory).data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotServe, match="is of PostgreSQL 9 and the programs are"):
        mine.join()
    assert working_below(directory) == []


def test_a_given_url_switches_its_server_off(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/market")
    mine = servers.for_environment(directory, durable=False)
    addresses = mine.join()
    try:
        assert addresses.database_url == "postgresql://elsewhere/market" == servers.database_url()
        assert not (directory / "pg").exists()
    finally:
        mine.leave()


def test_settings_get_a_url_even_when_nothing_runs(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUN_DIR", str(directory))
    assert servers.NOTHING_RUNS in servers.database_url()
    assert servers.NOTHING_RUNS in servers.redis_url()
    mine = EmbeddedServers(directory, durable=False)
    addresses = mine.join()
    assert (servers.database_url(), servers.redis_url()) == (addresses.database_url, addresses.redis_url)
    mine.leave()
    assert servers.NOTHING_RUNS in servers.database_url()


def test_without_any_redis_program_one_in_python_answers(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redis_server, "server_binary", lambda: None)
    running = redis_server.start(directory)
    try:
        with redis.Redis.from_url(running.url()) as client:
            client.set("word", "value")
            assert client.get("word") == b"value"
        said = capsys.readouterr()
        assert "No Redis server found" in said.err
        assert said.out == ""
    finally:
        running.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another")
def test_root_gets_a_cluster_even_where_nobody_may_pass(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Path(tempfile.mkdtemp(prefix="clusters-"))
    outside.chmod(0o755)
    monkeypatch.setattr("marketplace.embedded.postgres.ROOTS_CLUSTERS", outside)
    directory.parent.chmod(0o700)
    closed = EmbeddedServers(directory, durable=False, redis=False)
    addresses = closed.join()
    try:
        assert Cluster(directory).home().is_relative_to(outside)
        with psycopg.connect(addresses.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert psutil.Process(read_state(directory)["postgres"]["pid"]).uids().real != 0
    finally:
        closed.leave()
        left = working_below(outside)
        shutil.rmtree(outside)
    assert left == []


def test_locks_are_waited_for_not_broken(directory: Path) -> None:
    """Two threads of two users start at the same moment on a new directory: one cluster, both served."""
    pair = [EmbeddedServers(directory, durable=False) for _ in range(2)]
    got: list[Addresses] = []
    threads = [threading.Thread(target=lambda user=user: got.append(user.join())) for user in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 2
    assert got[0] == got[1]
    for user in pair:
        user.leave()
    assert working_below(directory) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user already runs every other test of this file")
def test_an_ordinary_user_can_do_the_same(directory: Path) -> None:
    directory.mkdir()
    os.chown(directory, 65534, 65534)
    child = os.fork()
    if child == 0:
        # A fork, not a new Python: the interpreter of root's home could not be started by anybody else.
        status = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            mine = EmbeddedServers(directory, durable=False)
            status = 0 if answers(mine.join()) else 2
            mine.leave()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (directory / "pg" / "data").stat().st_uid == 65534
    assert working_below(directory) == []
