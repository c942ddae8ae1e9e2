"""A right of the holder, as an import leaves it."""

import pytest

from listings.assets.models import Asset
from tests.catalogue.makers import a_right


@pytest.fixture
def right(db) -> Asset:
    return a_right()
