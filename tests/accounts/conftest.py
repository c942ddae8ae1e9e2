"""Every test of this floor begins in the market's first language, whatever page an earlier one asked for."""

import pytest
from django.conf import settings as market
from django.utils import translation


@pytest.fixture(autouse=True)
def in_chinese():
    with translation.override(market.LANGUAGE_CODE):
        yield
