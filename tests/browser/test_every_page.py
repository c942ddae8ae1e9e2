"""Every type of page in both languages, wide and narrow, light and dark: it answers, reads, fits and serves all."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.browser import Watch, a_context, scrolls_sideways
from tests.browser.checks import LANGS, axe_faults, faults_of, keyboard_faults
from tests.browser.pages import BROKEN, KINDS, Kind, located, open_page, serve_broken
from tests.browser.people import kept_sign_in
from tests.browser.site import Site

WIDE, NARROW = 1440, 390
WAYS = [("zh", WIDE), ("en", NARROW), ("zh", NARROW), ("en", WIDE)]
IS_LONG = os.environ.get("BROWSER") == "long"
#: `make browser` looks at every page in every way; the pipeline at each once, Chinese wide and English narrow by turns.
LOOKS = [(kind.name, *way) for place, kind in enumerate(KINDS) for way in (WAYS if IS_LONG else [WAYS[place % 2]])]


class Visits:
    """Where each type of page is on this site, and one browser window a person, language and width."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site
        self.kinds = {kind.name: kind for kind in located(browser, site)}
        self.windows: dict[tuple[str, str, int], BrowserContext] = {}

    def window(self, kind: Kind, language: str, width: int) -> BrowserContext:
        key = (kind.who, language, width)
        if key not in self.windows:
            state = kept_sign_in(self.browser, self.site, kind.who)
            self.windows[key] = a_context(self.browser, width=width, language=LANGS[language], state=state)
        return self.windows[key]


@pytest.fixture(scope="module")
def visits(browser: Browser, site: Site) -> Iterator[Visits]:
    made = Visits(browser, site)
    yield made
    for window in made.windows.values():
        window.close()


@pytest.mark.parametrize(("name", "language", "width"), LOOKS)
def test_page(visits: Visits, name: str, language: str, width: int) -> None:
    kind, site = visits.kinds[name], visits.site
    watch = Watch(site.url)
    page = visits.window(kind, language, width).new_page()
    try:
        serve_broken(page, site)
        watch.on(page)
        page.emulate_media(color_scheme="light")
        assert open_page(page, site, kind, language) == kind.status, page.url
        faults = faults_of(page, language, is_translated=kind.is_translated)
        if (language, width) == ("zh", WIDE):
            faults += axe_faults(page)
            if kind.is_translated:
                faults += keyboard_faults(page)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(color_scheme="dark")
        if kind.is_translated and page.evaluate("getComputedStyle(document.body).backgroundColor") == ground:
            faults.append("dark is not dark")
        if scrolls_sideways(page):
            faults.append("scrolls sideways when dark")
        if (language, width) == ("en", NARROW):
            faults += axe_faults(page)
        assert faults == []
        expected = (BROKEN, "status of 500") if name == "error-500" else ()
        assert [fault for fault in watch.faults if not any(one in fault for one in expected)] == []
    finally:
        page.close()
