"""The viewer of the API documentation is a library's, and is held to what every page is held to once it is drawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browser import Watch, a_context
from tests.browser.checks import axe_faults
from tests.browser.site import Site


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_viewer_is_readable_folded_and_open(browser: Browser, site: Site, scheme) -> None:
    watch = Watch(site.url)
    with a_context(browser, scheme=scheme) as window:
        page = watch.on(window.new_page())
        page.goto(f"{site.url}api/docs/")
        rows = page.locator("#api-docs .opblock")
        expect(rows.first).to_be_visible(timeout=60_000)
        assert rows.count() >= 20
        assert axe_faults(page) == []
        writing = page.locator("#api-docs .opblock-post .opblock-summary-control").first
        writing.click()
        expect(page.locator("#api-docs .opblock.is-open pre").first).to_be_visible()
        assert axe_faults(page) == []
    assert watch.faults == []
