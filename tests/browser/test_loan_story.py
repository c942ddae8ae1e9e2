"""A pledge loan in seven hands, told in the browser alone, on a site of its own whose clock goes ahead.

First from an application to the release of the pledge: four eyes, a registration refused once and corrected, three
instalments of which one is late, an annuity that nobody pays, cover asked for and given. Then from a default to the
proceeds: one right is sold on this market with a surplus, one elsewhere at a loss that two pools share with the bank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.backstage import Backstage, behind
from tests.browser.browser import Watch
from tests.browser.deal_players import a_paper, fills, records, row_of, signs_the_contract
from tests.browser.loan_players import LOANS, LoanStage, pays, signs
from tests.browser.site import Site, running_site

AMOUNT = "300000.00"


@pytest.fixture(scope="module")
def practice_site() -> Iterator[Site]:
    """An empty practice market: the clock of the one with the demo stays where it is."""
    with running_site(DEMO_DATA="0", PRACTICE_CLOCK="1", PLATFORM_FEE_PCT="5.000") as running:
        yield running


@pytest.fixture(scope="module")
def practice_back(practice_site: Site) -> Iterator[Backstage]:
    with behind(practice_site) as line:
        yield line


@pytest.fixture
def stage(browser: Browser, practice_site: Site, practice_back: Backstage) -> Iterator[LoanStage]:
    watch = Watch(practice_site.url, practice_site.stripe_url)
    with ExitStack() as windows:
        yield LoanStage(practice_site, practice_back, browser, watch, windows)
    assert watch.faults == []


def test_a_loan_from_application_to_release(stage: LoanStage) -> None:
    scene = stage.back.ask("lending_house")
    stage.enter(scene["players"])
    applies(stage, scene)
    is_examined(stage)
    is_decided_by_two(stage)
    contracts_are_signed(stage)
    is_registered(stage)
    is_paid_out(stage)
    three_instalments(stage)
    annuity_lapses(stage, scene)
    tops_up(stage, scene)
    pays_off(stage)
    is_released(stage)


# ── to the offer ─────────────────────────────────────────────────────────────────────────────────────────────────────
def applies(stage: LoanStage, scene: dict[str, Any]) -> None:
    """The borrower compares what is offered, asks for it, agrees to each text by itself and submits."""
    borrower = stage.borrower
    page = borrower.to("loans/?amount=300000&months=24")
    borrower.is_sound()
    page.click("main a[href*='/apply/']")
    page.check(f"input[name=rights][value='{scene['right']['pk']}']")
    page.locator("label", has_text=scene["product"]).locator("input").check()
    fills(page, {"amount": AMOUNT, "term_months": "24", "purpose": "working_capital", "purpose_note": "采购氟橡胶生胶"})
    borrower.is_sound()
    page.click("main form[method=post] button.pri")
    page.wait_for_url(re.compile(r"/workspace/loans/applications/LA-[\d-]+/$"))
    stage.application = page.url.rstrip("/").rsplit("/", 1)[1]
    for _ in range(3):
        page.click("#consents form button")
    borrower.takes(stage.file, "submit")
    borrower.is_sound()


def is_examined(stage: LoanStage) -> None:
    """The reviewer declares, checks, scores and reports. An approver cannot take the reviewer's steps."""
    reviewer = stage.reviewer
    page = reviewer.to(LOANS)
    page.click(f"main a[href*='{stage.application}']")
    reviewer.takes(stage.file, "declare")
    for verb in ("take", "look_into"):
        reviewer.takes(stage.file, verb)
    page.click("main a.btn[href$='/checklist/']")
    reviewer.is_sound()
    for one in page.locator("main form select").all():
        one.select_option("done")
    reviewer.confirms()
    page.click("main a.btn[href$='/score/']")
    for group in page.locator("main form fieldset").all():
        group.locator("input").last.check()
    reviewer.confirms()
    reviewer.takes(
        stage.file,
        "report",
        business="成立十二年，主营旋转密封件，近三年收入稳步增长。",
        collateral="专利权属清楚，评估报告在有效期内，同类专利有成交。",
        repayment="货款回笼按季偿还。",
        opinion="建议批准。",
    )
    reviewer.takes(stage.file, "put_forward")
    reviewer.is_sound()


def is_decided_by_two(stage: LoanStage) -> None:
    """Whoever proposes finds no button to pass it, and its address refuses; a second person passes it."""
    reviewer, approver = stage.reviewer, stage.approver
    reviewer.takes(stage.file, "propose", action="approve", reason="现金流覆盖本息 1.6 倍。")
    page = reviewer.page
    expect(page.locator("#proposals a.btn[href$='/pass/']")).to_have_count(0)
    approver.takes(stage.file, "declare")
    page = approver.page
    approver.is_sound()
    page.click("#proposals a.btn[href$='/pass/']")
    there = page.url
    reviewer.page.goto(there)
    reviewer.page.click("main form footer button[type=submit]")
    expect(reviewer.page.locator("main [role=alert]").first).to_be_visible()
    approver.confirms()
    expect(approver.to(stage.file).locator("main .head")).to_contain_text("已批准，待借款人接受")


def contracts_are_signed(stage: LoanStage) -> None:
    """The borrower accepts; two contracts, each signed by a signatory of both sides."""
    stage.borrower.takes(stage.file, "accept")
    stage.reviewer.takes(stage.file, "draw_up")
    for player, title in (
        (stage.borrower, "借款合同"),
        (stage.borrower_signs, "质押合同"),
        (stage.bank, "借款合同"),
        (stage.bank_signs, "质押合同"),
    ):
        signs(player, stage.file, title)
    stage.until_shown(stage.reviewer, stage.file, "质押登记办理中")


def is_registered(stage: LoanStage) -> None:
    """The office refuses once; filed anew it registers, and a second person of the bank confirms the notice."""
    reviewer, today = stage.reviewer, stage.today()
    filed = {"filed_on": today, "reference": "ZY20261123001"}
    reviewer.takes(stage.file, "file", **filed)
    reviewer.takes(stage.file, "refuse", ground="07", reason="质押合同未载明担保范围。")
    reviewer.is_sound()
    reviewer.takes(stage.file, "anew")
    reviewer.takes(stage.file, "file", **{**filed, "reference": "ZY20261123002"})
    page = reviewer.to(stage.file)
    page.click("#filings a.btn[href$='/certify/']")
    fills(page, {"number": "Y2026980001234", "effective_on": today})
    page.set_input_files("input[name=file]", a_paper("notice.pdf", "Pledge registered"))
    reviewer.confirms()
    page.click("#filings a.btn[href$='/confirm/']")
    page.click("main form footer button[type=submit]")
    expect(page.locator("main [role=alert]").first).to_be_visible()  # not by the one who handed it in
    stage.approver.takes(stage.file, "confirm")


# ── the loan ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def is_paid_out(stage: LoanStage) -> None:
    officer = stage.officer
    officer.takes(stage.file, "disburse", disbursed_on=stage.today())
    officer.page.click("main a.pri[href*='/running/']")
    stage.loan = officer.page.url.rstrip("/").rsplit("/", 1)[1]
    officer.is_sound()


def three_instalments(stage: LoanStage) -> None:
    """One through the market on the day, one twelve days late with default interest, one the bank enters."""
    first, second, third = _instalments(stage)
    stage.days_go_by(_days(stage, first["due"]))
    pays(stage, first["total"])
    told = stage.until_loan(lambda told: told["state"] == "active")
    assert told["days_past_due"] == 0
    stage.days_go_by(_days(stage, second["due"]) + 12)
    told = stage.until_loan(lambda told: told["state"] == "overdue")
    assert told["days_past_due"] == 12
    page = stage.officer.to("workspace/book/")
    expect(row_of(page, stage.loan)).to_contain_text("关注")
    stage.officer.is_sound()
    page = stage.borrower.to(stage.live)
    expect(page.locator("main .head")).to_contain_text("逾期 12 天")
    stage.borrower.is_sound()
    pays(stage, figure(stage.borrower.to(stage.live), "due"))
    stage.until_loan(lambda told: told["state"] == "active" and not told["days_past_due"])
    on = stage.days_go_by(_days(stage, third["due"]))
    stage.officer.takes(stage.live, "receive", reference="CORE-0003", value_date=on, amount=third["total"])
    told = stage.until_loan(lambda told: len(told["payments"]) == 3)
    assert told["state"] == "active"


def _instalments(stage: LoanStage) -> list[dict[str, str]]:
    return list(stage.back.ask("rows_to_come", number=stage.loan))[:3]


def _days(stage: LoanStage, due: str) -> int:
    return int(stage.back.ask("days_until", day=due))


def figure(page: Page, name: str) -> str:
    """A figure of a loan's page, as bare digits."""
    return re.sub(r"[^\d.]", "", page.locator(f"main [data-figure={name}]").inner_text())


def annuity_lapses(stage: LoanStage, scene: dict[str, Any]) -> None:
    """The right ended for want of its annuity while it secured the loan: an alarm, no value, cover is asked for."""
    told = stage.until_loan(lambda told: told["shortfall"] == "open")
    assert {"annuity_grace", "lapsed"} <= set(told["alarms"])
    assert told["missing"] == told["owed"] or float(told["missing"]) > 0
    officer = stage.officer
    page = officer.to("workspace/book/alarms/")
    officer.is_sound()
    row_of(page, scene["right"]["number"]).first.locator("a.btn").click()
    fills(page, {"action": "已电话通知借款人补足担保。"})
    officer.confirms()
    officer.takes(stage.live, "notify")
    page = stage.borrower.to(stage.live)
    expect(page.locator("main")).to_contain_text("前补足")
    stage.borrower.is_sound()
    expect(stage.borrower.to("workspace/notices/").locator("main")).to_contain_text(stage.loan)


def tops_up(stage: LoanStage, scene: dict[str, Any]) -> None:
    """Another right, its pledge in the register, covers it again."""
    stage.back.ask("pledge_spare", right=scene["spare"]["pk"], bank=stage.bank.organisation_id)
    day = stage.today()
    given = {"number": scene["spare"]["number"], "haircut_bp": "6500", "ltv_bp": "4500", "value": "3000000.00"}
    valid_until = f"{int(day[:4]) + 1}{day[4:]}".replace("02-29", "02-28")
    given |= {"base_date": day, "valid_until": valid_until}
    stage.officer.takes(stage.live, "top_up", **given)
    told = stage.until_loan(lambda told: told["shortfall"] == "cured")
    assert told["missing"] == "0.00"
    expect(stage.officer.page.locator("main")).not_to_contain_text("尚缺担保")


def pays_off(stage: LoanStage) -> None:
    """The borrower reads what ends the debt today, and pays it."""
    stage.days_go_by(10)
    pays(stage, figure(stage.borrower.to(stage.live), "payoff"), "shorter")
    told = stage.until_loan(lambda told: told["state"] == "settled")
    assert told["owed"] == "0.00"
    assert len(told["paid_on"]) == 3, "what came through the market went on to the bank"


def is_released(stage: LoanStage) -> None:
    officer = stage.officer
    officer.takes(stage.live, "release")
    told = stage.until_loan(lambda told: told["state"] == "released")
    assert told["pledged"] == 0
    expect(officer.page.locator("main .head")).to_contain_text("已结清并解除质押")
    officer.is_sound()


# ── the second story ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_defaults_end_with_a_surplus_and_with_a_loss_shared(stage: LoanStage) -> None:
    scene = stage.back.ask("defaulted_loans")
    stage.enter(scene["players"])
    sold, lost = scene["loans"]
    for number in (sold, lost):
        gives_notice(stage, number)
    stage.days_go_by(11)
    sells_elsewhere_at_a_loss(stage, lost)
    stage.loan = sold
    offers_it_here(stage)
    sells_it(stage)
    surplus_goes_back(stage)


def gives_notice(stage: LoanStage, number: str) -> None:
    """Overdue since maturity. The borrower has ten days at least; no way to sell is open before."""
    stage.loan = number
    officer, first = stage.officer, stage.back.ask("day_in", days=9)
    page = officer.to(stage.live)
    page.click("main a.btn[href$='/notice/']")
    fills(page, {"ground": "贷款到期两个月，经催收本息未还。", "cure_by": first})
    page.click("main form footer button[type=submit]")
    expect(page.locator("main [role=alert]").first).to_be_visible()
    fills(page, {"cure_by": stage.back.ask("day_in", days=10)})
    officer.confirms()
    page.click("main a.btn[href$='/route/']")
    fills(page, {"route": "market"})
    page.click("main form footer button[type=submit]")
    expect(page.locator("main [role=alert]").first).to_be_visible()  # the cure still runs


def sells_elsewhere_at_a_loss(stage: LoanStage, number: str) -> None:
    """500,000 less costs of 50,000 pay interest and 410,000 of the principal; 40 % and 20 % of the rest are borne."""
    stage.loan = number
    officer = stage.officer
    officer.takes(stage.live, "route", route="auction")
    officer.takes(stage.live, "offer")
    officer.takes(stage.live, "sold", proceeds="500000.00", costs="50000.00", sold_on=stage.today())
    officer.takes(stage.live, "distribute", province_pct="40", city_pct="20", cap="1000000.00")
    page = officer.page
    for name, sum_ in (("利息", "40,000.00"), ("本金", "410,000.00")):
        expect(page.locator("#disposal tr", has_text=name).first).to_contain_text(sum_)
    for name, sum_ in (("省", "156,000.00"), ("市", "78,000.00"), ("银行", "156,000.00")):
        expect(page.locator("#losses tr", has_text=name).first).to_contain_text(sum_)
    officer.is_sound()
    told = stage.until_loan(lambda told: told["state"] in ("default", "disposal"))
    assert Decimal(told["owed"]) >= Decimal("390000.00"), ("what was lost stays a debt", told["owed"])


def offers_it_here(stage: LoanStage) -> None:
    """The officer chooses this market; the bank's owner completes the draft, the market's desk publishes it."""
    stage.officer.takes(stage.live, "route", route="market")
    bank = stage.seller
    bank.takes(stage.live, "offer")
    bank.is_sound()
    page = bank.page
    page.click("#disposal a[href*='/workspace/listings/']")
    stage.listing = page.url.rstrip("/").rsplit("/", 1)[1]
    page = bank.to(f"workspace/listings/{stage.listing}/edit/offer/")
    page.fill("input[name=valid_until]", stage.back.ask("day_in", days=200))
    goes_on(bank, "summary")
    fills(
        page,
        {
            "problem_zh": "高温下密封唇口易磨损。",
            "benefit_zh": "台架 3000 小时磨损量低于 0.1 mm。",
            "applications_zh": "电机轴封；泵。",
            "readiness": "7",
            "evidence_zh": "第三方台架试验报告。",
        },
    )
    goes_on(bank, "price")
    fills(page, {"price_min": "1000000"})
    goes_on(bank, "papers")
    page.click("main a.pri")
    page.wait_for_url("**/edit/check/")
    bank.is_sound()
    page.click("main form[method=post] button.pri")
    page.wait_for_url(re.compile(r"/workspace/listings/L-[\d-]+/$"))
    desk = stage.desk.to("desk/reviews/")
    desk.click(f"main a[href*='{stage.listing}']")
    desk.click("button[formaction$='/publish/']")
    desk.wait_for_url(re.compile(r"/desk/reviews/$"))


def goes_on(player: Any, step: str) -> None:
    player.page.click("main form[method=post] button.pri")
    player.page.wait_for_url(f"**/edit/{step}/")


def sells_it(stage: LoanStage) -> None:
    """Offered at a million, accepted, signed; the bank states what it is owed, the buyer pays, the office records."""
    buyer, bank = stage.buyer, stage.seller
    page = buyer.to(f"listings/{stage.listing}/")
    buyer.is_sound()
    page.click("main a[href$='/ask/']")
    page.fill("textarea[name=message]", "我司拟购买该专利。")
    fills(page, {"purpose": "production", "stage": "budgeted", "horizon": "quarter", "decider": "management"})
    page.click("main form[method=post] button.pri")
    page.wait_for_url(re.compile(r"/workspace/enquiries/[\w-]+/$"))
    talks = page.url.rstrip("/").rsplit("/", 1)[1]
    page.click("main a[href$='/offers/new/']")
    fills(page, {"price": "1000000"})
    page.click("main form[method=post] button.pri")
    page.wait_for_url("**/offers/1/")
    bank.to(f"workspace/enquiries/{talks}/")
    bank.takes_turn()
    bank.page.click("main a[href$='/accept/']")
    bank.confirms()
    page = bank.to(f"workspace/enquiries/{talks}/")
    page.click("main a.pri[href*='/workspace/deals/']")
    stage.deal = page.url.rstrip("/").rsplit("/", 1)[1]
    signs_the_contract(stage, then="consenting")
    owed = figure(bank.to(stage.live), "payoff")
    assert owed == "840000.00"
    bank.sees_deal()
    bank.takes_turn()
    bank.page.fill("input[name=amount]", owed)
    bank.confirms()
    stage.until_state("paying")
    buyer.sees_deal()
    buyer.takes_turn()
    buyer.page.click("form[action$='/pay/sandbox/'] button")
    buyer.to("sandbox-bank/").click("form[action$='/exact/'] button")
    stage.until_state("recording")
    records(stage, held="1000000.00")


def surplus_goes_back(stage: LoanStage) -> None:
    """Of a million 50,000 are costs and 840,000 the bank's; 110,000 went back to the pledgor."""
    stage.until(lambda told: len(told["payouts"]) == 2)
    stage.back.ask("payouts_go_out")
    told = stage.until_state("completed")
    paid = {one["purpose"]: (one["to"], one["amount"]) for one in told["payouts"]}
    assert paid == {
        "pledgee": (stage.seller.organisation_id, "840000.00"),
        "co_owner": (stage.borrower.organisation_id, "110000.00"),
    }
    stage.until_loan(lambda told: told["state"] == "settled")
    stage.officer.takes(stage.live, "distribute")
    page = stage.officer.page
    for name, sum_ in (
        ("处置费用", "50,000.00"),
        ("利息", "40,000.00"),
        ("本金", "800,000.00"),
        ("出质人", "110,000.00"),
    ):
        expect(page.locator("#disposal tr", has_text=name).first).to_contain_text(sum_)
    stage.officer.is_sound()
