"""An empty index for every test that touches the database: public pages are versioned by it."""

import pytest

from marketplace.search import index


@pytest.fixture
def searchable(db):
    """Both collections built from the database as it is now; returns what builds them again."""

    def again() -> None:
        for name in ("listings", "needs"):
            index.rebuild(name)

    again()
    return again


@pytest.fixture(autouse=True)
def in_chinese():
    """Every test begins in the market's first language, whatever the one before it read."""
    from django.utils import translation

    with translation.override("zh-hans"):
        yield
