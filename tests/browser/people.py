"""Signing in as the people of the demo, the way they do it: address, password, and a code where the role asks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page

from marketplace.accounts.demo import PASSWORD, totp_secret
from tests.browser.browser import Kept, a_context
from tests.browser.site import Site

HOLDER = "ines@yunlan-fluoro.example"
"""Owner of a verified enterprise that holds patents and has listings in several states."""
REVIEWER = "ops@yunlan-ipmarket.example"
"""Reviewer at the operator's desk; signs in with a second factor."""
BUYER = "yan@yanshi-seal.example"
"""Owner of another enterprise, in talks with the holder: a counter-offer waits for an answer."""
SIGNATORY = "fan@qingping-precision.example"
"""Signs for a third; a contract waits for the signature."""
SEALED_HOLDER = "xin@lanxin-drive.example"
"""Holds a listing whose round of sealed offers is under way."""
PLEDGEE = "nong@lanjiang-rcb.example"
"""Owner of the bank that holds the pledge of a right being sold, and is asked for its consent."""
APPRAISER = "heng@hengjian-valuation.example"
"""Owner and appraiser of an agency: a draft is under way, a report waits for a signature of a colleague."""
APPRAISAL_REVIEWER = "ce@cedu-appraisal.example"
"""Reads a colleague's drafts before they are signed."""
SIGNING_APPRAISER = "jian@hengjian-valuation.example"
"""The second appraiser of a report, whose signature is awaited."""
RELYING_BANK = "lena@yunlan-citybank.example"
"""A bank that a report names as its user."""
POST_LOAN = "mei@yunlan-citybank.example"
"""Looks after the loans of that bank that were paid out."""
BORROWER = "song@yunlan-silicon.example"
"""Has loans at two banks and applications under way."""
CODE_PERIOD_S = 30
TRIES = 3
TYPED_WITHIN_S = 8  # by a slow machine

_kept: dict[tuple[str, str], Kept] = {}
_codes_used: dict[str, str] = {}


def fresh_code(site: Site, email: str) -> str:
    """A one-time code that has not been used yet and is good for long enough to be typed."""
    while True:
        late = time.time() % CODE_PERIOD_S - (CODE_PERIOD_S - TYPED_WITHIN_S)
        if late > 0:
            time.sleep(TYPED_WITHIN_S - late + 0.5)
        code = format_hotp_value(hotp_value(totp_secret(email), int(time.time()) // CODE_PERIOD_S))
        if code != _codes_used.get(f"{site.url}{email}"):
            _codes_used[f"{site.url}{email}"] = code
            return code
        time.sleep(2)


def sign_in(page: Page, site: Site, email: str, password: str = PASSWORD) -> None:
    """Sign in through the page; ends on the workspace."""
    signs_in_with(page, site, email, password, lambda: fresh_code(site, email))


def signs_in_with(page: Page, site: Site, email: str, password: str, code: Callable[[], str]) -> None:
    """The same for whoever has another way to a code."""
    page.goto(f"{site.url}account/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.click("main form[action*='login'] button.pri")
    page.wait_for_url(re.compile(r"/workspace/$|/2fa/"))
    for _ in range(TRIES):  # on a slow machine a code is over before it is typed
        if "/2fa/" not in page.url:
            break
        page.fill("input[name=code]", code())
        with page.expect_navigation():
            page.click("main form[action*='authenticate'] button.pri")
    page.wait_for_url(re.compile(r"/workspace/$"))


def confirms(page: Page, site: Site, email: str) -> None:
    """Pages that protect the account ask again after a while who is there; answer as the person would."""
    if "/2fa/" in page.url:
        page.fill("input[name=code]", fresh_code(site, email))
    else:
        page.fill("input[name=password]", PASSWORD)
    page.click("main form[action*='reauthenticate'] button.pri")
    page.wait_for_url(lambda url: "/reauthenticate/" not in url)


def kept_sign_in(browser: Browser, site: Site, email: str) -> Kept | None:
    """The cookies of a sign-in, made once for a site; None for a stranger (an empty address)."""
    if not email:
        return None
    key = (site.url, email)
    if key not in _kept:
        with a_context(browser) as context:
            page = context.new_page()
            sign_in(page, site, email)
            _kept[key] = context.storage_state()
    return _kept[key]
