"""From a listing to money in four hands, told in the browser alone: a pledged right of two owners sold by a broker.

Paid by card through the practice Stripe. After each step that moves money the books are read behind the stage.
"""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from marketplace.accounts.paper import sample_paper
from marketplace.core import clock
from tests.browser.deal_players import (
    MINUTE_BEAT_S,
    WORKER_S,
    Stage,
    a_paper,
    fills,
    records,
    row_of,
    signs_the_contract,
)
from tests.builders import PASSWORD

THREE_PERCENT = re.compile(r"\b3(\.0+)?%")


def test_a_sale_paid_by_card_and_split(deal_stage: Stage, tmp_path: Path) -> None:
    stage = deal_stage
    scene = stage.back.ask("sale_abroad")
    right = scene.pop("right")
    stage.enter(scene)
    lists_it(stage, right)
    is_introduced(stage)
    talks = asks(stage)
    reads_the_papers(stage, talks, tmp_path)
    agrees(stage, talks)
    signs_the_contract(stage, then="consenting")
    consents(stage)
    opens_an_account_to_be_paid(stage)
    pays_by_card(stage)
    records(stage, held="600000.00")
    everybody_is_paid(stage)
    review_each_other(stage)


# ── before the deal ──────────────────────────────────────────────────────────────────────────────────────────────────
def lists_it(stage: Stage, right: str) -> None:
    """The seller offers the right at 600,000 US dollars; the market's officer puts it on the market."""
    seller = stage.seller
    page = seller.to("workspace/listings/new/")
    page.locator("label", has_text=right).locator("input").first.check()
    page.check("input[name=mode][value=transfer]")
    goes_on(page, "offer")
    found = re.search(r"L-\d{4}-\d+", page.url)
    assert found
    stage.listing = found[0]
    page.fill("input[name=valid_until]", f"{clock.today() + timedelta(days=300):%Y-%m-%d}")
    goes_on(page, "summary")
    told = {
        "title_zh": "耐高压复合膜专利转让",
        "title_en": "Membrane for high pressures",
        "problem_zh": "高压下膜片易裂。",
        "benefit_zh": "35 MPa 下连续 800 小时无裂纹。",
        "applications_zh": "氢气压缩；高压过滤。",
        "readiness": "7",
        "evidence_zh": "第三方台架试验报告。",
    }
    fills(page, told)
    goes_on(page, "price")
    page.check("input[name=price_mode][value=fixed]")
    fills(page, {"price_min": "600000", "currency": "USD"})
    goes_on(page, "papers")
    page.click("main a.pri")
    page.wait_for_url("**/edit/check/")
    seller.is_sound()
    the_other_owner_agrees(stage)
    page.reload()
    page.click("main form[method=post] button.pri")
    page.wait_for_url(re.compile(r"/workspace/listings/L-[\d-]+/$"))
    desk = stage.desk.to("desk/reviews/")
    desk.click(f"main a[href*='{stage.listing}']")
    desk.click("button[formaction$='/publish/']")
    desk.wait_for_url(re.compile(r"/desk/reviews/$"))


def the_other_owner_agrees(stage: Stage) -> None:
    """Without it nothing is sent in; the point leads to the page of the right, where the other owner consents."""
    page = stage.seller.page
    expect(page.locator("main form[method=post] button.pri")).to_be_disabled()
    point = page.locator(".acts-list li", has_text=stage.owner.organisation)
    point.locator("a[href$='/rights/']").click()
    page.wait_for_url("**/rights/")
    there = page.url.removeprefix(stage.site.url)
    stage.seller.is_sound()
    page.go_back()
    other = stage.owner.to(there)
    other.check("input[name=acts][value=list]")
    other.check("input[name=acts][value=assign]")
    stage.owner.is_sound()
    other.click("main form[action$='/consent/'] button.pri")
    expect(other.locator("main form[action$='/revoke/']").first).to_be_visible()


def goes_on(page: Page, step: str) -> None:
    page.click("main form[method=post] button.pri")
    page.wait_for_url(f"**/edit/{step}/")


def is_introduced(stage: Stage) -> None:
    """The broker records whom it brings; its commission of three percent is frozen with that."""
    page = stage.broker.to("workspace/mandates/")
    page.click("main table a[href*='/workspace/mandates/']")
    page.click("main a[href$='/introduce/']")
    page.fill("input[name=matter]", stage.listing)
    page.select_option("select[name=other]", label=stage.buyer.organisation)
    page.fill("textarea[name=note]", "十一月技术对接会上引见。")
    page.click("main form button.pri")
    page.wait_for_url(re.compile(r"/workspace/mandates/\d+/$"))
    expect(row_of(page, stage.buyer.organisation)).to_contain_text(THREE_PERCENT)
    stage.broker.is_sound()


def asks(stage: Stage) -> str:
    """The buyer asks on the listing's page; the number of the talks."""
    page = stage.buyer.to(f"listings/{stage.listing}/")
    page.click("main a[href$='/ask/']")
    stage.buyer.is_sound()
    page.fill("textarea[name=message]", "贵方能否提供台架试验的原始数据？")
    fills(page, {"purpose": "production", "stage": "evaluating", "horizon": "quarter", "decider": "management"})
    fills(page, {"budget_max": "620000", "currency": "USD"})
    page.click("main form[method=post] button.pri")
    page.wait_for_url(re.compile(r"/workspace/enquiries/[\w-]+/$"))
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    answer = stage.seller.to(f"workspace/enquiries/{number}/")
    answer.fill("#say textarea", "可以，请先接受保密约定，资料在资料室。")
    answer.click("#say button[type=submit]")
    expect(answer.locator(".thread")).to_contain_text("请先接受保密约定")
    stage.seller.is_sound()
    return number


def reads_the_papers(stage: Stage, talks: str, tmp_path: Path) -> None:
    """No file before the confidentiality text is accepted; then one, under the reader's name, its opening on record."""
    seller, buyer = stage.seller, stage.buyer
    page = seller.to(f"workspace/listings/{stage.listing}/")
    page.click("main a[href$='/room/']")
    page.set_input_files("input[name=upload]", a_paper("bench.pdf", "Bench test"))
    page.fill("input[name=title]", "台架试验原始数据")
    page.click("main form[enctype] button.pri")
    expect(page.locator("main")).to_contain_text("台架试验原始数据")
    page.click(f"main a[href*='/workspace/enquiries/{talks}/room/']")
    page.select_option("select[name=file]", label="台架试验原始数据")
    page.click("main form button.pri")
    expect(page.locator("main form[action$='/revoke/']")).to_have_count(1)
    seller.is_sound()

    page = buyer.to(f"workspace/enquiries/{talks}/")
    page.click("main a[href$='/room/']")
    expect(page.locator("main a", has_text="台架试验原始数据")).to_have_count(0)
    page.click("main a[href$='/nda/']")
    page.check("input[name=agreed]")
    buyer.is_sound()
    buyer.confirms()
    with page.expect_download() as coming:
        page.click("main a:has-text('台架试验原始数据')")
    coming.value.save_as(tmp_path / "bench.pdf")
    assert (tmp_path / "bench.pdf").read_bytes() != sample_paper("Bench test"), "marked with the reader's name"
    page = seller.to(f"workspace/listings/{stage.listing}/room/")
    expect(row_of(page, buyer.name).last).to_contain_text(buyer.organisation)


def agrees(stage: Stage, talks: str) -> None:
    """Offered at 560,000, answered with 600,000, which the buyer accepts."""
    seller, buyer = stage.seller, stage.buyer
    page = buyer.to(f"workspace/enquiries/{talks}/")
    page.click("main a[href$='/offers/new/']")
    expect(page.locator("main")).to_contain_text(THREE_PERCENT)
    fills(page, {"price": "560000", "currency": "USD"})
    buyer.is_sound()
    page.click("main form[method=post] button.pri")
    page.wait_for_url("**/offers/1/")
    page = seller.to(f"workspace/enquiries/{talks}/")
    seller.takes_turn()
    page.click("main a[href$='/offers/new/']")
    fills(page, {"price": "600000"})
    page.click("main form[method=post] button.pri")
    page.wait_for_url("**/offers/2/")
    expect(page.locator(".diff")).to_contain_text("560,000")
    seller.is_sound()
    page = buyer.to(f"workspace/enquiries/{talks}/")
    buyer.takes_turn()
    page.click("main a[href$='/accept/']")
    buyer.is_sound()
    buyer.confirms()
    page.goto(page.url)
    page.click("main a.pri[href*='/workspace/deals/']")
    stage.deal = page.url.rstrip("/").rsplit("/", 1)[1]
    stage.money(state="agreed", held="0.00", payable="0.00", owed=[])


# ── contract and consents ────────────────────────────────────────────────────────────────────────────────────────────


def consents(stage: Stage) -> None:
    """The bank says what it is owed and consents to this version; then the buyer is asked to pay."""
    bank = stage.bank
    page = bank.sees_deal()
    bank.is_sound()
    bank.takes_turn()
    page.fill("input[name=amount]", "150000")
    bank.confirms()
    stage.money(state="consenting", owed=[])
    bank.to("workspace/signing/").click("main a[href*='/workspace/consents/']")
    bank.is_sound()
    page.fill("input[name=otp]", bank.code())
    page.click("main form[action$='/give/'] button.sealing")
    expect(page.locator("main form[action$='/give/']")).to_have_count(0)
    told = stage.until_state("paying")
    assert [(one["state"], one["amount"]) for one in told["owed"]] == [("open", "600000.00")]


# ── the money ────────────────────────────────────────────────────────────────────────────────────────────────────────
def opens_an_account_to_be_paid(stage: Stage) -> None:
    seller = stage.seller
    page = seller.to("workspace/money/account/")
    if "/reauthenticate/" in page.url:
        page.fill("input[name=password]", PASSWORD)
        page.click("main form[action*='reauthenticate'] button.pri")
        page.wait_for_url("**/workspace/money/account/")
    page.select_option("select[name=country]", "SG")
    page.click("main form[action$='/stripe/'] button")
    seller.is_sound()
    page.click("main a[href$='/onboarding/']")
    page.click("button[name=done][value=yes]")
    page.wait_for_url("**/workspace/money/account/")
    ready = page.locator("main", has_text="可以收款")
    deadline = time.monotonic() + WORKER_S
    while not ready.count():
        assert time.monotonic() < deadline, "the provider's word about the account was not heard"
        time.sleep(1)
        page.reload()


def pays_by_card(stage: Stage) -> None:
    """A declined card moves nothing; then one that asks who is there."""
    buyer = stage.buyer
    page = buyer.sees_deal()
    buyer.is_sound()
    buyer.takes_turn()
    buyer.is_sound()
    page.click("form[action$='/pay/stripe/'] button")
    page.click("main a.pri[href*='/pay/']")
    page.check("input[name=method][value=pm_card_chargeDeclined]")
    page.click("main form button")
    expect(page.locator(".problem")).to_be_visible()
    stage.money(state="paying", held="0.00")
    page.check("input[name=method][value=pm_card_threeDSecure2Required]")
    page.click("main form button")
    page.click("button[name=passed][value=yes]")
    page.wait_for_url(re.compile(r"/workspace/money/payments/"))
    told = stage.until_state("recording")
    assert (told["held"], told["payable"]) == ("600000.00", "0.00")
    assert [(one["state"], one["paid"]) for one in told["owed"]] == [("paid", "600000.00")]
    page.reload()
    buyer.is_sound()


def everybody_is_paid(stage: Stage) -> None:
    """150,000 to the bank, 18,000 to the broker, 6,000 stay as the fee, the owners have the rest at 70 : 30."""
    told = stage.until(lambda told: told["state"] in {"releasing", "completed"})
    assert told["held"] == "0.00"
    names = {player.organisation_id: role for role, player in stage.players.items()}
    assert {names[one["to"]]: one["amount"] for one in told["payouts"]} == {
        "bank": "150000.00",
        "broker": "18000.00",
        "seller": "298200.00",
        "owner": "127800.00",
    }
    told = stage.until_state("completed", MINUTE_BEAT_S)
    assert {one["state"] for one in told["payouts"]} == {"paid"}
    assert (told["held"], told["payable"]) == ("0.00", "0.00")
    for player in (stage.seller, stage.buyer, stage.bank, stage.owner, stage.broker):
        page = player.sees_deal()
        expect(page.locator("main .head")).to_contain_text("已完成")
        player.is_sound()


def review_each_other(stage: Stage) -> None:
    """Neither reads the other's word before its own is written."""
    seller, buyer = stage.seller, stage.buyer
    buyer.steps("review", stars="5", text="交接顺利，资料齐全。")
    expect(seller.sees_deal().locator("main")).not_to_contain_text("交接顺利")
    seller.steps("review", stars="4", text="付款及时。")
    for player in (seller, buyer):
        main = player.sees_deal().locator("main")
        expect(main).to_contain_text("交接顺利")
        expect(main).to_contain_text("付款及时")
        player.is_sound()
