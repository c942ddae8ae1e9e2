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
