"""Pictures of every type of page: `python -m tests.browser.screenshots [--to FOLDER] [--only NAME] [--readme]`.

Starts a site of its own with demo data. `--only` takes the beginning of a page's name (pages.py lists them); `--readme`
takes the few pictures that the README shows, small enough to be kept with the source.
"""

from __future__ import annotations

import argparse
import os
import sys
from itertools import product
from pathlib import Path
from typing import Literal

import django
from playwright.sync_api import Browser

from tests.browser.browser import a_context, chromium
from tests.browser.site import ROOT, Site, running_site

Scheme = Literal["light", "dark"]
WIDTHS = (1440, 390)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
README_TO = ROOT / "docs" / "screenshots"
README_MOST_BYTES = 200_000
README_SHOTS: tuple[tuple[str, str, int, Scheme], ...] = (
    ("home", "zh", 1440, "light"),
    ("listings", "zh", 1440, "light"),
    ("listing", "zh", 1440, "light"),
    ("patent", "en", 1440, "light"),
    ("listings", "zh", 390, "light"),
    ("listing", "en", 1440, "dark"),
)


def file_name(name: str, language: str, width: int, scheme: Scheme) -> str:
    return f"{name}.{language}.{width}{'.dark' if scheme == 'dark' else ''}.png"


def take_all(browser: Browser, site: Site, to: Path, only: str) -> int:
    """Every type of page × language × width × scheme, whole pages; the number of pictures."""
    from tests.browser.checks import LANGS
    from tests.browser.pages import located, open_page, serve_broken
    from tests.browser.people import kept_sign_in

    to.mkdir(parents=True, exist_ok=True)
    kinds, taken = located(browser, site, only), 0
    for language, width, who in product(LANGS, WIDTHS, dict.fromkeys(kind.who for kind in kinds)):
        state = kept_sign_in(browser, site, who)
        with a_context(browser, width=width, language=LANGS[language], state=state) as context:
            page = context.new_page()
            serve_broken(page, site)
            for kind in (one for one in kinds if one.who == who):
                page.emulate_media(color_scheme="light")
                open_page(page, site, kind, language)
                for scheme in SCHEMES:
                    page.emulate_media(color_scheme=scheme)
                    page.screenshot(path=to / file_name(kind.name, language, width, scheme), full_page=True)
                    taken += 1
    return taken


def take_readme(browser: Browser, site: Site, to: Path) -> int:
    """The README's pictures: the first screen of a page, in at most 64 colours so that each stays small."""
    from tests.browser.checks import LANGS
    from tests.browser.pages import located, open_page
    from tests.browser.palette import reduced

    to.mkdir(parents=True, exist_ok=True)
    for name, language, width, scheme in README_SHOTS:
        kind = next(one for one in located(browser, site, name) if one.name == name)
        with a_context(browser, width=width, language=LANGS[language], scheme=scheme) as context:
            page = context.new_page()
            open_page(page, site, kind, language)
            small = reduced(page.screenshot(), colours=64)
        if len(small) > README_MOST_BYTES:
            raise SystemExit(f"{name} takes {len(small)} bytes, more than {README_MOST_BYTES}")
        (to / file_name(name, language, width, scheme)).write_bytes(small)
    return len(README_SHOTS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Take pictures of every type of page.")
    parser.add_argument("--to", type=Path, default=None, help="folder for the pictures (default: screenshots)")
    parser.add_argument("--only", default="", help="only pages whose name begins so")
    parser.add_argument("--readme", action="store_true", help="only the README's pictures, reduced")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    django.setup()
    to = asked.to or (README_TO if asked.readme else ROOT / "screenshots")
    with running_site() as site, chromium() as browser:
        taken = take_readme(browser, site, to) if asked.readme else take_all(browser, site, to, asked.only)
    sys.stdout.write(f"{taken} pictures in {to}\n")


if __name__ == "__main__":
    main()
