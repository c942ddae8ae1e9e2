"""From a holder's request to a sealed report that a bank can check, told in the browser by seven people.

Two agencies quote without seeing each other, the fee is held, a file is delivered, two methods are filled in with a
reason for each figure, somebody else reviews, two appraisers sign and the agency seals. The sealed file verifies, a
changed byte does not, and what the twin holds comes to the printed figures again outside the market. What every page
owes its readers is checked here where a page is in a state that the walk over every page does not meet.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from marketplace.core import clock
from tests.browser.browser import a_context
from tests.browser.deal_players import WORKER_S, Player, Stage, a_paper, fills, row_of
from tests.browser.site import ROOT

FEE = "53000.00"
INCOME = {
    "revenue": "10000000\n11,000,000\n12000000\n13000000\n14000000",
    "revenue__spread": "20%",
    "royalty_rate": "4.2%",
    "royalty_rate__low": "3.4%",
    "royalty_rate__high": "5.1%",
    "discount_rate": "17.5%",
    "tax_rate": "25%",
    "why": "产品收入可单独核算。",
}
COST = {
    "current_cost": "2600000",
    "functional": "10%",
    "technological": "15%",
    "economic": "0",
    "why": "研发成本记录完整。",
}
WORDS = {
    "legal": ("专利权人为委托人，授权有效，无质押、无诉讼。", "Owned by the client, in force, no pledge, no suit."),
    "technical": ("耐氯改性纳滤膜，已量产。", "A chlorine-tolerant membrane in series production."),
    "economic": ("近三年收入年均增长一成。", "Revenue grew by a tenth a year."),
    "reason": ("收益法资料充分，取七成。", "The income data are good: seventy percent."),
    "notices": ("未发现抵押、质押、诉讼。", "No lien, pledge or suit was found."),
}


def test_an_appraisal_from_request_to_a_report_that_a_bank_relies_on(deal_stage: Stage, tmp_path: Path) -> None:
    stage = deal_stage
    scene = stage.back.ask("appraisal_house")
    right, stage.listing = scene.pop("right"), scene.pop("listing")
    stage.enter(scene)
    number = orders_it(stage, right)
    quotes_blind(stage, number)
    engages_and_pays(stage, number)
    delivers_data(stage, number)
    writes_the_draft(stage, number)
    is_reviewed(stage, number)
    signs_and_seals(stage, number)
    told = told_of(stage, number, "issued")
    assert (told["held"], told["wrong"], told["broken"]) == ("0.00", [], [])
    assert told["payouts"] == [{"to": stage.agency.organisation_id, "amount": FEE}]
    verifies(stage, told["report"], tmp_path)
    comes_out_again(stage, told["report"], told["amount"])
    shows_it(stage, told["report"], told["amount"])


def told_of(stage: Stage, number: str, state: str) -> dict[str, Any]:
    """The order and the books when the worker has brought it to `state`."""
    deadline = time.monotonic() + WORKER_S
    while (found := stage.back.ask("appraisal_state", number=number)) != state:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    told: dict[str, Any] = stage.back.ask("appraisal_of", number=number)
    return told


def steps(player: Player, where: str, verb: str, **fields: str) -> Page:
    """A step of an order or report: its link on the page, its form, its button."""
    page = player.to(where)
    page.click(f"main a.btn[href$='/{verb}/']")
    fills(page, fields)
    player.confirms()
    return page


def orders_it(stage: Stage, right: int) -> str:
    """From the page of the patent; both agencies are asked, and the bank may rely on the report."""
    client = stage.client
    page = client.to(f"patents/{right}/")
    page.click("main a[href*='/workspace/appraisals/new/']")
    page.fill("input[name=deadline]", "")
    page.click("main form button.pri")
    expect(page.locator("main [role=alert], main .errsum").first).to_be_visible()  # nothing is sent without a day
    page.fill("input[name=deadline]", f"{clock.today() + timedelta(days=40):%Y-%m-%d}")
    for agency in (stage.agency, stage.rival):
        page.locator("label", has_text=agency.organisation).locator("input").check()
    page.locator("label", has_text=stage.bank.organisation).locator("input").check()
    page.click("main form button.pri")
    page.wait_for_url(re.compile(r"/workspace/appraisals/A-[\d-]+/$"))
    return page.url.rstrip("/").rsplit("/", 1)[1]


def quotes_blind(stage: Stage, number: str) -> None:
    """Neither agency sees the other’s quote, the client none before both are in."""
    where = f"workspace/appraisals/{number}/"
    for player, fee in ((stage.agency, "53000"), (stage.rival, "61000")):
        page = player.to(where)
        player.takes_turn()
        fills(page, {"fee": fee, "days": "20"})
        page.check("input[name=is_independent]")
        player.confirms()
        if player is stage.agency:
            expect(stage.client.to(where).locator("main")).not_to_contain_text("53,000")
    expect(stage.rival.to(where).locator("main")).not_to_contain_text("53,000")
    expect(stage.client.to(where).locator("main")).to_contain_text("53,000.00")
    expect(stage.client.page.locator("main")).to_contain_text("61,000.00")


def engages_and_pays(stage: Stage, number: str) -> None:
    """Both sign the engagement contract; the fee goes to the sandbox bank with one press, and work begins when it is
    held."""
    client = stage.client
    page = client.to(f"workspace/appraisals/{number}/")
    row_of(page, stage.agency.organisation).locator("a[href$='/engage/']").click()
    expect(page.locator("main")).to_contain_text("53,000.00")
    client.confirms()
    for player in (client, stage.agency):
        player.to(f"workspace/appraisals/{number}/")
        player.takes_turn()
        seals(player)
    told_of(stage, number, "engaged")
    client.to(f"workspace/appraisals/{number}/")
    client.takes_turn()
    page.click("form[action$='/pay/sandbox/'] button")
    page.goto(f"{stage.site.url}sandbox-bank/")
    page.click("form[action$='/exact/'] button")
    assert told_of(stage, number, "data")["held"] == FEE


def seals(player: Player, *, slips: bool = False) -> None:
    """From a document's page to a signature with a code made just now; a wrong code before it signs nothing."""
    page = player.page
    page.click("main .turn a.btn, main a.btn[href$='/sign/']")
    page.wait_for_url(re.compile(r"/sign/$"))
    if slips:
        player.is_sound()
        page.fill("input[name=otp]", "000000")
        page.click("main form button.sealing")
        expect(page.locator("main [role=alert]").first).to_be_visible()
    page.fill("input[name=otp]", player.code())
    page.click("main form button.sealing")
    page.wait_for_url(re.compile(r"/workspace/signing/[\w-]+/$"))


def delivers_data(stage: Stage, number: str) -> None:
    where = f"workspace/appraisals/{number}/"
    due = f"{clock.today() + timedelta(days=10):%Y-%m-%d}"
    steps(stage.anna, where, "ask", title="近三年财务报表", why="预测收益", due_on=due)
    page = stage.client.to(where)
    page.click("#data a[href$='/deliver/']")
    page.fill("textarea[name=answer]", "见附件。")
    page.set_input_files("input[name=paper]", a_paper("accounts.pdf", "Accounts of three years"))
    stage.client.confirms()
    page = stage.anna.to(where)
    expect(page.locator("#data")).to_contain_text("accounts.pdf")
    page.click("#data a[href$='/accept/']")
    stage.anna.confirms()
    steps(stage.anna, where, "begin_drafting")


def writes_the_draft(stage: Stage, number: str) -> None:
    """A bad figure is refused in its place and nothing typed is lost; the result follows what is typed."""
    anna, bench = stage.anna, f"workspace/appraisals/{number}/workbench/"
    for section, (zh, en) in WORDS.items():
        page = anna.to(bench)
        page.click(f"main a[href$='/texts/{section}/']")
        fills(page, {"zh": zh, "en": en})
        page.click("main form button.pri")
        page.wait_for_url("**/workbench/")
    page.click("main a[href$='/methods/relief_from_royalty/']")
    fills(page, {**INCOME, **reasons(INCOME), "tax_rate": "125%"})
    expect(page.locator("#live [role=alert], #live .block.stop").first).to_be_visible()
    page.click("main form button.pri")
    expect(page.locator("input[name=tax_rate]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("input[name=tax_rate]")).to_have_value("125%")
    expect(page.locator("textarea[name=revenue__reason]")).to_have_value(reasons(INCOME)["revenue__reason"])
    anna.is_sound()
    page.fill("input[name=tax_rate]", "25%")
    expect(page.locator("#live .big")).to_be_visible()
    expect(page.locator("#live svg")).to_have_count(2)
    page.fill("input[name=under]", "1500000")
    expect(page.locator("#live")).to_contain_text("低于 1,500,000.00 的抽样")
    anna.is_sound()
    page.click("main form button.pri")
    page.wait_for_url("**/workbench/")
    page.click("main a[href$='/methods/replacement_cost/']")
    fills(page, {**COST, **reasons(COST)})
    page.click("main form button.pri")
    page.wait_for_url("**/workbench/")
    steps(anna, bench, "weigh", relief_from_royalty="70", replacement_cost="30")
    page.click("main a.btn[href$='/frame/']")
    fills(page, {"economic_life_ends_on": "2036-12-31", "visited_on": f"{clock.today():%Y-%m-%d}", "unit": "10000"})
    for player in (anna, stage.bai):
        page.locator("label", has_text=player.name).locator("input").check()
    anna.confirms()
    steps(anna, bench, "compute_scores")
    anna.is_sound()
    steps(anna, f"workspace/appraisals/{number}/", "hand_in")


def reasons(sheet: dict[str, str]) -> dict[str, str]:
    return {f"{name}__reason": f"依据委托人资料：{name}" for name in sheet if "__" not in name and name != "why"}


def is_reviewed(stage: Stage, number: str) -> None:
    """Who drafted cannot approve; the reviewer comments and returns; answered, the draft is approved."""
    where, bench = f"workspace/appraisals/{number}/", f"workspace/appraisals/{number}/workbench/"
    expect(stage.anna.to(where).locator("main a[href$='/approve/']")).to_have_count(0)
    steps(stage.chen, bench, "comment", text="提成率的样本请列明件数。", place="royalty_rate")
    steps(stage.chen, bench, "return", reason="请答复意见后再提交。")
    page = stage.anna.to(bench)
    row_of(page, "提成率的样本请列明件数").locator("a.btn").click()
    fills(page, {"answer": "样本九件，已写入理由。"})
    stage.anna.confirms()
    steps(stage.anna, where, "hand_in")
    page = stage.chen.to(bench)
    expect(page.locator("main")).to_contain_text("样本九件，已写入理由。")
    steps(stage.chen, bench, "approve")


def signs_and_seals(stage: Stage, number: str) -> None:
    """The two appraisers each with a code of their own, then the agency; a wrong code signs nothing."""
    for player in (stage.anna, stage.bai, stage.agency):
        player.to(f"workspace/appraisals/{number}/")
        player.takes_turn()
        seals(player, slips=player is stage.anna)


def verifies(stage: Stage, report: str, tmp_path: Path) -> None:
    """The bank takes the sealed file; anybody may check it, and one changed byte shows."""
    bank = stage.bank
    page = bank.to(f"workspace/reports/{report}/")
    with page.expect_download() as coming:
        page.locator("main a[href*='/files/']").first.click()
    content = coming.value.path().read_bytes()
    assert content.startswith(b"%PDF-")
    at = len(content) // 2
    changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    with a_context(stage.browser) as anybody:
        page = stage.watch.on(anybody.new_page())
        for found, given in (("go", content), ("stop", changed)):
            page.goto(f"{stage.site.url}verify/")
            page.set_input_files(
                "input[type=file]", {"name": "report.pdf", "mimeType": "application/pdf", "buffer": given}
            )
            page.click("main form button.pri")
            expect(page.locator(f"#finding header .b-{found}, #finding header [class*={found}]").first).to_be_visible()
        page.goto(f"{stage.site.url}verify/")


def comes_out_again(stage: Stage, report: str, amount: str) -> None:
    """The twin’s inputs, valued by the command line, come to the twin’s figures; the page’s button says so too, and how
    often the draws come out under a loan."""
    bank = stage.bank
    page = bank.to(f"workspace/reports/{report}/")
    with page.expect_download() as coming:
        page.click("main a[href$='/twin.json'], .head a[href$='/twin.json']")
    twin = json.loads(coming.value.path().read_text("utf-8"))
    asked = "".join(
        json.dumps({"method": one["method"], "input": one["input"]}, ensure_ascii=False) + "\n"
        for one in twin["methods"]
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "valuate"],
        cwd=ROOT, env=stage.site.environment(), input=asked, capture_output=True, text=True, check=True,
    )  # fmt: skip
    values = [json.loads(line)["value"] for line in done.stdout.splitlines()]
    assert values == [one["value"] for one in twin["methods"]]
    assert twin["conclusion"]["amount"] == amount
    page.click("form[action$='/recompute/'] button")
    again = page.locator("#recomputed tfoot")
    expect(again).to_contain_text(f"{float(amount):,.2f}")
    expect(page.locator("#recomputed")).not_to_contain_text("不一致")
    page.fill("input[name=under]", "1,500,000")
    page.click("#under button")
    expect(page.locator("#asked")).to_contain_text("的抽样低于 1,500,000.00")


def shows_it(stage: Stage, report: str, amount: str) -> None:
    """The holder decides that the listing shows it; then everybody reads number, value and range there."""
    client = stage.client
    page = client.to(f"workspace/reports/{report}/")
    page.click("main a[href$='/show/']")
    page.select_option("select[name=listing]", index=0)
    client.confirms()
    with a_context(stage.browser) as anybody:
        page = stage.watch.on(anybody.new_page())
        page.goto(f"{stage.site.url}listings/{stage.listing}/")
        expect(page.locator("main")).to_contain_text(report)
        expect(page.locator("main")).to_contain_text(f"{float(amount):,.2f}")
