"""Quiet for sweeps over the whole site; a conftest takes the fixture in by importing it."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_log_of_refusals() -> Iterator[None]:
    """Thousands of refused requests are the point here; their log lines would be most of the time."""
    logger = logging.getLogger("django_structlog")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)
