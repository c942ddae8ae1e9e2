"""What the people of the loan stories do again and again: pay through the market, sign, and let time go by."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.deal_players import WORKER_S, Player, Stage, row_of

LOANS = "workspace/loans/"


@dataclass
class LoanStage(Stage):
    """A stage with one application and the loan it becomes."""

    application: str = ""
    loan: str = ""

    @property
    def file(self) -> str:
        return f"{LOANS}applications/{self.application}/"

    @property
    def live(self) -> str:
        return f"{LOANS}running/{self.loan}/"

    def days_go_by(self, days: int) -> str:
        """The clock of the market goes ahead; the new day, as a field takes it."""
        return str(self.back.ask("days_go_by", days=days))

    def today(self) -> str:
        return str(self.back.ask("today"))

    def until_loan(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for what the worker does behind a click; how the loan stands then, with nothing wrong anywhere."""
        deadline = time.monotonic() + WORKER_S
        while True:
            told: dict[str, Any] = self.back.ask("loan_of", number=self.loan)
            if holds(told) and not told["wrong"] and not told["broken"]:
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.5)

    def until_shown(self, player: Player, where: str, text: str) -> Page:
        """Wait until the page at `where` says so, as somebody would who presses reload."""
        deadline = time.monotonic() + WORKER_S
        while True:
            page = player.to(where)
            if text in page.locator("main").inner_text():
                return page
            assert time.monotonic() < deadline, (text, page.locator("main").inner_text()[:2000])
            time.sleep(0.5)


def signs(player: Player, where: str, title: str) -> None:
    """From the application's page to the contract and a signature with a code of one's own."""
    page = player.to(where)
    page.click(f"main .plain-list a:has-text('{title}')")
    page.click("main .turn a.btn, main a.btn[href$='/sign/']")
    page.wait_for_url(re.compile(r"/sign/$"))
    page.fill("input[name=otp]", player.code())
    page.click("main form button.sealing")
    page.wait_for_url(re.compile(r"/workspace/signing/[\w-]+/$"))
    expect(row_of(page, player.organisation).first).to_contain_text(player.name)


def pays(stage: LoanStage, amount: str, early: str = "") -> None:
    """The borrower pays a sum through the market's sandbox bank; ends when it stands on the loan."""
    borrower = stage.borrower
    before = len(stage.back.ask("loan_of", number=stage.loan)["payments"])
    borrower.takes(stage.live, "pay", amount=amount, early=early)
    page = borrower.page
    page.click("main .turn a.btn")
    page.click("form[action$='/pay/sandbox/'] button")
    page.goto(f"{stage.site.url}sandbox-bank/")
    page.click("form[action$='/exact/'] button")
    told = stage.until_loan(lambda told: len(told["payments"]) > before)
    assert told["payments"][-1][1] == amount
