"""What the tests of the shared pages share."""

import pytest
from django.test import Client

from marketplace.accounts.models import User
from marketplace.search import index
from tests.builders import a_person


@pytest.fixture
def reader(db) -> User:
    return a_person("reader@people.test")


@pytest.fixture
def signed_in(reader: User) -> Client:
    client = Client()
    client.force_login(reader)
    return client


@pytest.fixture
def indexes(db, nothing_outside) -> None:
    """Empty search indexes, so that the lists answer."""
    for collection in index.collections():
        index.rebuild(collection.name)
