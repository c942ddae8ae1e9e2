"""A passkey from its making to signing in with nothing else, on the browser's own virtual authenticator."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browser import Watch, a_context
from tests.browser.people import confirms, sign_in
from tests.browser.site import Site

OWNER = "mo@qingping-surface.example"
"""Somebody of the demo whose way of signing in no other test depends on."""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named_site(site: Site) -> Site:
    """The same site by its name: a passkey belongs to a name, not to an address in digits."""
    return replace(site, url=site.url.replace("127.0.0.1", "localhost"))


def with_authenticator(page: Page) -> str:
    """Plug a virtual authenticator into the page's browser; its id."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    return str(protocol.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"])


def test_a_passkey_is_made_and_signs_in_alone(browser: Browser, named_site: Site) -> None:
    watch = Watch(named_site.url)
    with a_context(browser) as window:
        page = watch.on(window.new_page())
        with_authenticator(page)
        sign_in(page, named_site, OWNER)
        page.goto(f"{named_site.url}account/2fa/webauthn/add/")
        if "/reauthenticate/" in page.url:
            confirms(page, named_site, OWNER)
            page.goto(f"{named_site.url}account/2fa/webauthn/add/")
        page.fill("input[name=name]", "办公电脑")
        page.check("input[name=passwordless]")
        page.click("#mfa_webauthn_add")
        page.wait_for_url(re.compile(r"/2fa/(?!webauthn/add)"))
        page.goto(f"{named_site.url}account/2fa/webauthn/")
        expect(page.locator("main table")).to_contain_text("办公电脑")

        page.goto(f"{named_site.url}account/logout/")
        page.click("main form[action*='logout'] button[type=submit]")
        page.goto(f"{named_site.url}workspace/")
        page.wait_for_url(re.compile(r"/account/login/"))

        page.goto(f"{named_site.url}account/login/")
        page.click("#passkey_login")
        page.wait_for_url(re.compile(r"/workspace/$"))
        expect(page.locator("body")).to_contain_text("莫临")
    assert watch.faults == []


def test_another_authenticator_opens_nothing(browser: Browser, named_site: Site) -> None:
    """An authenticator that holds no key of this site leads nowhere, and the page stays usable."""
    with a_context(browser) as window:
        page = window.new_page()
        with_authenticator(page)
        page.goto(f"{named_site.url}account/login/")
        page.click("#passkey_login")
        page.wait_for_timeout(1500)
        assert "/workspace/" not in page.url
        page.goto(f"{named_site.url}workspace/")
        page.wait_for_url(re.compile(r"/account/login/"))
