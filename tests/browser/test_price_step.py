"""The price step: with a script the fields follow the kind at once, without one they follow when it is sent."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browser import Watch, a_context
from tests.browser.checks import axe_faults, faults_of
from tests.browser.people import HOLDER, kept_sign_in
from tests.browser.site import Site


def at_price_step(page: Page, site: Site) -> None:
    """A fresh draft for an ordinary licence, opened at its price."""
    page.goto(f"{site.url}workspace/listings/new/")
    page.locator("input[name=assets]").first.check()
    page.check("input[name=mode][value=ordinary]")
    page.click("main form[method=post] button.pri")
    page.wait_for_url("**/edit/offer/")
    page.goto(page.url.replace("/offer/", "/price/"))


def visible(page: Page) -> set[str]:
    fields = page.locator("main form [name]:visible:not([type=radio])").all()
    return {str(field.get_attribute("name")) for field in fields} - {"go"}


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_only_the_fields_of_the_chosen_kind_are_asked(browser: Browser, site: Site, script: bool) -> None:
    watch = Watch(site.url)
    with a_context(browser, state=kept_sign_in(browser, site, HOLDER), script=script) as window:
        page = watch.on(window.new_page())
        at_price_step(page, site)
        assert visible(page) == set(), "negotiable asks nothing"
        page.check("input[name=price_mode][value=royalty]")
        if not script:
            page.click("main form[method=post] button.pri")
            expect(page.locator("input[name=royalty_pct]")).to_be_visible()
            assert page.url.endswith("/price/")
        asked = {"royalty_pct", "royalty_base_zh", "royalty_base_en", "entry_fee", "currency"}
        assert visible(page) == asked
        if script:
            page.check("input[name=price_mode][value=range]")
            assert visible(page) == {"price_min", "price_max", "currency", "price_per"}
            page.check("input[name=price_mode][value=royalty]")
            assert visible(page) == asked
            assert faults_of(page, "zh") + axe_faults(page) == []
        page.fill("input[name=royalty_pct]", "3.5")
        page.fill("input[name=royalty_base_zh]", "许可产品净销售额")
        page.click("main form[method=post] button.pri")
        page.wait_for_url(re.compile(r"/edit/papers/$"))
        page.goto(page.url.replace("/papers/", "/price/"))
        expect(page.locator("input[name=royalty_pct]")).to_have_value("3.500")
    assert watch.faults == []
