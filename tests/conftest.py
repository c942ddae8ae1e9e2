"""What every test may use."""

from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection
from pytest_django import fixtures
from xdist.scheduler import LoadFileScheduling

from tests import kept, once, servers

HERE = Path(__file__).parent
LONGEST_FIRST = ("browser", "faults", "machine", "concurrency")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Side by side, file by file: a file's tests share what they built; all that need a running site share one.

    Marks of groups would say the same, but with this pytest the runner does not see them.
    """
    config.option.loadscopereorder = False  # the order below, not the number of tests
    return ByFile(config, log)


class ByFile(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "site" if file.startswith("tests/browser/") else file


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """A run whose cluster has a migrated database begins from it.

    The library makes a database only where a test is marked for one; those that share what was built are not.
    """
    fixtures._get_databases_for_setup = lambda items: ({DEFAULT_DB_ALIAS}, set())
    cluster = servers.own_cluster()
    if cluster is not None:
        connection.settings_dict["TEST"]["TEMPLATE"] = kept.template(cluster)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """One that has none makes it for the next run."""
    cluster = servers.own_cluster()
    if cluster is not None:
        with django_db_blocker.unblock():
            kept.remember(cluster)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, or one worker ends long after the other.

    In a file those come last that share what was built once: it stands in a transaction that ends with the file.
    """
    rank = {name: place for place, name in enumerate(LONGEST_FIRST)}
    files = {path: place for place, path in enumerate(dict.fromkeys(item.path for item in items))}

    def place(item: pytest.Item) -> tuple[int, int, bool]:
        area = item.path.relative_to(HERE).parts[0]
        is_sharing = not once.NAMES.isdisjoint(getattr(item, "fixturenames", ()))
        return rank.get(area, len(rank)), files[item.path], is_sharing

    items.sort(key=place)


@pytest.fixture(autouse=True)
def nothing_outside(settings, tmp_path: Path):
    """Files, letters and the index of one test stay in its own directory."""
    for name, value in once.of_its_own(tmp_path).items():
        setattr(settings, name, value)


@pytest.fixture(autouse=True)
def empty_cache():
    """No page, count or calendar of an earlier test."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def in_chinese():
    """Every test begins in the market's first language, whatever page an earlier one asked for."""
    from django.conf import settings as market
    from django.utils import translation

    with translation.override(market.LANGUAGE_CODE):
        yield


def a_world_of_the_market() -> Any:
    from tests.world import a_world

    return a_world()


built_world, world = once.shared(a_world_of_the_market, called="world")


WRITTEN_BY_MIGRATIONS = {"patents_feerate"}


@pytest.fixture(autouse=True, scope="session")
def tables_can_be_emptied():
    """Ledger and events refuse TRUNCATE to everybody; tests that commit are cleaned up with the triggers asleep.

    What a migration wrote stays: no test would bring it back for the next.
    """
    from django.db import connections
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def of_what_tests_wrote(self, style, tables, **given):
        """Few tables have rows after a test: looking and deleting takes a tenth of emptying all."""
        written = [self.quote_name(one) for one in tables if one not in WRITTEN_BY_MIGRATIONS]
        looks = [f"IF EXISTS (SELECT 1 FROM {one}) THEN DELETE FROM {one}; END IF;" for one in written]
        return [f"DO $$ BEGIN {' '.join(looks)} END $$"]

    def with_triggers_asleep(self, sql_list):
        with connections[self.connection.alias].cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                flush(self, sql_list)
            finally:
                cursor.execute("SET session_replication_role = origin")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", with_triggers_asleep)
        patch.setattr(DatabaseOperations, "sql_flush", of_what_tests_wrote)
        yield
