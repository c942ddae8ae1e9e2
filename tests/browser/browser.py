"""A real Chromium, and what every page is held to while it is driven."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

Kept = StorageState
"""The cookies of a sign-in."""

CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The browser to drive: CHROMIUM, or the first found on PATH; None when there is none."""
    return os.environ.get("CHROMIUM") or next((path for name in CANDIDATES if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What went wrong on a page without anybody being told: script errors, policy reports, requests that leave.

    `also` is where a page may lead beside the site itself: the practice provider's.
    """

    home: str
    also: str = ""
    faults: list[str] = field(default_factory=list)

    def on(self, page: Page) -> Page:
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        return page

    def _console(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        # a live result that is asked for again before it came is let go, which the page's library calls an error
        is_let_go = text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
        if kind == "error" and "status of 4" not in text and not is_let_go:
            self.faults.append(f"console: {text}")

    def _request(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if not url.startswith((self.home, self.also or self.home, "data:", "blob:")):
            self.faults.append(f"left the site: {url}")

    def _response(self, response: object) -> None:
        if response.status >= 500:  # type: ignore[attr-defined]
            self.faults.append(f"{response.status}: {response.url}")  # type: ignore[attr-defined]


def a_context(
    browser: Browser,
    *,
    width: int = 1440,
    language: str = "zh-CN",
    scheme: Literal["light", "dark"] = "light",
    state: Kept | None = None,
    script: bool = True,
) -> BrowserContext:
    """A visitor with this width, language and colour scheme; without `state` a fresh one with no cookies."""
    return browser.new_context(
        viewport={"width": width, "height": 900},
        locale=language,
        color_scheme=scheme,
        reduced_motion="reduce",
        is_mobile=width < 720,
        has_touch=width < 720,
        storage_state=state,
        java_script_enabled=script,
    )


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
