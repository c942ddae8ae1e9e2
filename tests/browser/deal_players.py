"""The people of the deal stories: windows of their own, what they do on the pages of a deal, and the books behind."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from marketplace.accounts.paper import sample_paper
from marketplace.core import clock
from tests.browser.backstage import Backstage
from tests.browser.browser import Watch, a_context
from tests.browser.checks import axe_faults, faults_of
from tests.browser.site import Site

WORKER_S = 60.0  # what the worker does behind a click, on a machine with other things to do
AT_REST_S = 15.0
MINUTE_BEAT_S = 150.0  # what only the clock starts


@dataclass
class Player:
    """Somebody in front of a window of their own."""

    page: Page
    stage: Stage
    email: str
    name: str
    organisation: str
    organisation_id: int
    code_used: int = 0

    def to(self, path: str) -> Page:
        self.page.goto(self.stage.site.url + path.lstrip("/"))
        return self.page

    def code(self) -> str:
        """A code not used yet."""
        told = self.stage.back.ask("code", after=self.code_used)
        self.code_used = told["step"]
        return str(told["code"])

    def sees_deal(self) -> Page:
        return self.to(f"workspace/deals/{self.stage.deal}/")

    def is_sound(self) -> None:
        """The page they see keeps what every page owes its readers."""
        self.page.wait_for_load_state()
        faults = faults_of(self.page, "zh") + axe_faults(self.page)
        assert faults == [], "\n".join([self.page.url, *faults])

    def confirms(self) -> None:
        """The button of the page that asks once more; ends on another page."""
        here = self.page.url
        self.page.click("main form footer button[type=submit]")
        self.page.wait_for_url(lambda url: url != here)

    def takes_turn(self) -> None:
        """The button of what is theirs to do next."""
        here = self.page.url
        self.page.click("main .turn a.btn")
        self.page.wait_for_url(lambda url: url != here)

    def steps(self, verb: str, **fields: str) -> None:
        """A step of the deal or of what belongs to it: its link, its page, its form."""
        self.takes(f"workspace/deals/{self.stage.deal}/", verb, **fields)

    def takes(self, where: str, verb: str, **fields: str) -> None:
        """A step of whatever stands at `where`: its link, its page, its form."""
        self.to(where)
        self.page.click(f"main a.btn[href$='/{verb}/']")
        fills(self.page, fields)
        self.confirms()


@dataclass
class Stage:
    """The windows of the story and what is learnt on the way."""

    site: Site
    back: Backstage
    browser: Browser
    watch: Watch
    windows: ExitStack
    players: dict[str, Player] = field(default_factory=dict)
    listing: str = ""
    deal: str = ""

    def enter(self, roles: dict[str, Any]) -> None:
        """Open a window for each, signed in; the pages of signing in have stories of their own."""
        for role, told in roles.items():
            window = self.windows.enter_context(a_context(self.browser))
            key = self.back.ask("session", email=told["email"], organisation_id=told["organisation_id"])
            window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.site.url}])
            self.players[role] = Player(self.watch.on(window.new_page()), self, **told)

    def __getattr__(self, role: str) -> Player:
        try:
            return self.__dict__["players"][role]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(role) from None

    def money(self, **expected: Any) -> dict[str, Any]:
        """The books at this moment: nothing wrong anywhere, and of this deal what is expected."""
        told = self.until(lambda told: True, AT_REST_S)
        assert {name: told[name] for name in expected} == expected
        return told

    def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float = WORKER_S) -> dict[str, Any]:
        """Wait for what the worker does; the books then, with nothing wrong anywhere in the market.

        While a payout is on its way the provider's total runs ahead of ours for a moment, so that is waited for too.
        """
        deadline = time.monotonic() + seconds
        while True:
            told: dict[str, Any] = self.back.ask("money_of", deal=self.deal)
            if holds(told) and not told["wrong"] and not told["broken"]:
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.5)

    def until_state(self, state: str, seconds: float = WORKER_S) -> dict[str, Any]:
        return self.until(lambda told: told["state"] == state, seconds)


def fills(page: Page, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        one = page.locator(f"main form [name={name}]").first
        if (one.get_attribute("type") or "") == "radio":
            page.check(f"main form [name={name}][value='{value}']")
        elif one.get_attribute("type") == "checkbox":
            one.check()
        elif one.evaluate("one => one.tagName") == "SELECT":
            one.select_option(value)
        else:
            one.fill(value)


def a_paper(name: str, text: str) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": sample_paper(text)}


def row_of(page: Page, text: str) -> Locator:
    return page.locator("main tr", has_text=text)


# ── the same in every deal ───────────────────────────────────────────────────────────────────────────────────────────
def signs_the_contract(stage: Stage, *, then: str) -> None:
    """Drawn up by the seller, signed by both with a code of their own; a wrong code signs nothing."""
    seller = stage.seller
    page = seller.sees_deal()
    seller.is_sound()
    seller.takes_turn()
    seller.confirms()
    for player in (seller, stage.buyer):
        page = player.sees_deal()
        player.takes_turn()
        player.takes_turn()  # of the document's own page
        page.fill("input[name=otp]", "000000")
        page.click("main form button.sealing")
        expect(page.locator("main [role=alert]").first).to_be_visible()
        page.fill("input[name=otp]", player.code())
        page.click("main form button.sealing")
        page.wait_for_url(re.compile(r"/workspace/signing/[\w-]+/$"))
        expect(row_of(page, player.organisation).first).to_contain_text(player.name)
    stage.until_state(then)
    stage.buyer.sees_deal()
    stage.buyer.is_sound()


def records(stage: Stage, *, held: str) -> None:
    """The office wants a correction, the market's officer sends wrong evidence back; the right notice is approved."""
    buyer, today = stage.buyer, f"{clock.today():%Y-%m-%d}"
    buyer.steps("file", filed_on=today, reference="2026112300018")
    buyer.steps("refuse", found="受让人名称与营业执照不一致，请更正。", correct_by=f"{clock.today():%Y}-12-31")
    buyer.is_sound()
    buyer.steps("file", filed_on=today, reference="2026112300019")
    hands_in(buyer, "receipt.pdf", "Receipt of the filing")
    page = stage.desk.to("desk/deals/")
    stage.desk.is_sound()
    page.click(f"main a[href*='{stage.deal}']")
    stage.desk.steps("return", reason="这是受理通知书，请提交手续合格通知书。")
    expect(buyer.sees_deal().locator("main")).to_contain_text("请提交手续合格通知书")
    buyer.is_sound()
    stage.money(state="recording", held=held, payable="0.00", payouts=[])
    hands_in(buyer, "notice.pdf", "Notice of recordal")
    stage.second.steps("approve")


def hands_in(player: Player, name: str, text: str) -> None:
    page = player.sees_deal()
    page.click("main a.btn[href$='/prove/']")
    page.fill("input[name=recorded_on]", f"{clock.today():%Y-%m-%d}")
    page.set_input_files("input[name=file]", a_paper(name, text))
    player.confirms()
