"""One site and one browser for all browser tests of a run; gone before others: a browser's loop bars the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.browser.backstage import Backstage, behind
from tests.browser.browser import Watch, chromium, chromium_path
from tests.browser.deal_players import Stage
from tests.browser.site import Site, running_site


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped and say so; the pipeline may not skip them."""
    here = [item for item in items if "tests/browser" in str(item.path).replace("\\", "/")]
    for item in here:
        item.add_marker(pytest.mark.browser)
    if chromium_path() or os.environ.get("CI") == "true":
        return
    for item in here:
        item.add_marker(pytest.mark.skip(reason="no Chromium found: set CHROMIUM or install one"))


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """Fails the test when a page it opened had script errors, policy reports, server errors or outside requests."""
    watching = Watch(site.url, site.stripe_url)
    yield watching
    assert watching.faults == []


@pytest.fixture(scope="package")
def back(site: Site) -> Iterator[Backstage]:
    """A line to behind the stage."""
    with behind(site) as line:
        yield line


@pytest.fixture
def deal_stage(browser: Browser, site: Site, watch: Watch, back: Backstage) -> Iterator[Stage]:
    """Windows for a deal's people."""
    with ExitStack() as windows:
        yield Stage(site, back, browser, watch, windows)
