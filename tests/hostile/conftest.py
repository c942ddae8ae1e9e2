"""Every test of this floor begins in the market's first language."""

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings as market
from django.utils import translation


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    with translation.override(market.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def no_log_of_refusals() -> Iterator[None]:
    """Thousands of refused requests are the point here; their log lines would be most of the time."""
    logger = logging.getLogger("django_structlog")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)
