"""What every test may use."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Side by side, file by file: a file's tests share what they built; all that need a running site share one.

    Marks of groups would say the same, but with this pytest the runner does not see them.
    """
    return ByFile(config, log)


class ByFile(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "site" if file.startswith("tests/browser/") else file


@pytest.fixture(autouse=True)
def nothing_outside(settings, tmp_path: Path):
    """Files, letters and the index of one test stay in its own directory."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }
    settings.SEARCH_INDEX_DIR = tmp_path / "search"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


@pytest.fixture(autouse=True, scope="session")
def tables_can_be_emptied():
    """Ledger and events refuse TRUNCATE to everybody; tests that commit are cleaned up with the triggers asleep."""
    from django.db import connections
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def with_triggers_asleep(self, sql_list):
        with connections[self.connection.alias].cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                flush(self, sql_list)
            finally:
                cursor.execute("SET session_replication_role = origin")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", with_triggers_asleep)
        yield
