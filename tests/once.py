"""What the tests of a file share: built once, in a transaction that ends with it; what one of them does is undone.

    built_shop, shop = shared(build_shop, called="shop")

The transaction stays open between those tests, so tests/conftest.py runs them last in their file, and they are not
marked `django_db`. Their files and indexes are copies.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.utils import translation

#: Names of the fixtures made here.
NAMES: set[str] = set()


def of_its_own(home: Path) -> dict[str, Any]:
    """Settings by which nothing is kept outside `home`, and passwords cost nothing."""
    kept_here = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(home / "files")},
    }
    return {
        "MEDIA_ROOT": home / "files",
        "STORAGES": {**settings.STORAGES, "default": kept_here},
        "SEARCH_INDEX_DIR": home / "search",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


def shared(build: Callable[[], Any], *, called: str) -> tuple[Any, Any]:
    """The fixture of a file that builds, and that of a test, named `called`, that gives what was built."""
    NAMES.add(called)

    @pytest.fixture(scope="module", name=f"built_{called}")
    def built(
        django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[tuple[Any, Path]]:
        home = tmp_path_factory.mktemp(called)
        with django_db_blocker.unblock(), transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            with override_settings(**of_its_own(home)):
                made = build()
            yield made, home
            transaction.set_rollback(True)

    @pytest.fixture(name=called)
    def given(
        request: pytest.FixtureRequest,
        nothing_outside: None,
        empty_cache: None,
        django_db_blocker: Any,
        tmp_path: Path,
    ) -> Iterator[Any]:
        made, home = request.getfixturevalue(f"built_{called}")
        shutil.copytree(home, tmp_path, dirs_exist_ok=True)
        with django_db_blocker.unblock(), transaction.atomic():
            yield copy.deepcopy(made)
            connection.check_constraints()
            transaction.set_rollback(True)

    return built, given
