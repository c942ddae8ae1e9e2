"""From signing up to being found: one holder's way through the market, told in the browser alone."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, BrowserContext, Page, expect

from listings.patents.reasons import sentences
from marketplace.accounts.paper import sample_paper
from marketplace.accounts.uscc import expected_check_digit
from marketplace.core import clock
from tests.browser.browser import Watch, a_context
from tests.browser.checks import axe_faults, faults_of
from tests.browser.people import REVIEWER, kept_sign_in, sign_in
from tests.browser.site import Site

HOLDER = "xia@xingsha-coating.example"
PASSWORD = "the tide turns at seven"
FIRM_ZH, FIRM_EN = "星鲨涂层科技有限公司", "Starshark Coating Technology Co., Ltd."
TITLE_ZH, TITLE_EN = "星鲨仿生减阻涂层转让", "Starshark biomimetic drag-reducing coating"
QUESTION_ZH, QUESTION_EN = "星鲨减阻涂层", "starshark coating"
REASON = "请在“带来的好处”中写明减阻率的测试条件。"
AMENDED = "水槽测试，雷诺数 200 万时减阻 9%。"
PROMISED_S, ALLOWED_S = 5.0, 15.0

HEAD = [
    "申请号",
    "专利号",
    "专利名称",
    "专利类型",
    "申请人",
    "专利权人",
    "发明人",
    "IPC主分类号",
    "申请日",
    "授权日",
    "法律状态",
]
GOOD = "202010876503.0"
ROWS = [
    [
        GOOD,
        f"ZL{GOOD}",
        "一种仿生减阻涂层的制备方法",
        "发明",
        FIRM_ZH,
        FIRM_ZH,
        "夏知潮",
        "C09D 163/00",
        "2020-08-27",
        "2022-05-10",
        "有效",
    ],
    ["202110876501.9", "", "一种涂层用氟硅助剂", "发明", FIRM_ZH, "", "夏知潮", "C09D 7/65", "2021-07-30", "", ""],
    [
        "202110876502.0",
        "",
        "一种涂层附着力的检测方法",
        "发明",
        FIRM_ZH,
        "",
        "夏知潮",
        "G01N 19/04",
        "2021-13-45",
        "",
        "",
    ],
    ["", "", "一种防污剂的缓释载体", "发明", FIRM_ZH, "", "夏知潮", "C09D 5/16", "2021-08-02", "", ""],
    [
        "202210876505.9",
        "",
        "一种别家的密封结构",
        "发明",
        "另一家材料有限公司",
        "",
        "何人",
        "F16J 15/00",
        "2022-07-25",
        "",
        "",
    ],
]
COMPLAINTS = [
    sentences("check_digit", {"expected": "6", "given": "9"}),
    sentences("bad_date", {"value": "2021-13-45", "column": "申请日"}),
    sentences("no_number", {}),
    sentences("not_your_right", {"owner": "另一家材料有限公司"}),
]


@dataclass
class Stage:
    """The browser windows of the story: the holder's and the reviewer's."""

    site: Site
    browser: Browser
    watch: Watch
    holder: Page
    desk: Page

    def to(self, page: Page, path: str) -> Page:
        page.goto(self.site.url + path)
        return page

    def is_sound(self, page: Page) -> None:
        assert faults_of(page, "zh") + axe_faults(page) == [], page.url


@pytest.fixture
def stage(browser: Browser, site: Site, watch: Watch) -> Iterator[Stage]:
    windows: list[BrowserContext] = [
        a_context(browser),
        a_context(browser, state=kept_sign_in(browser, site, REVIEWER)),
    ]
    yield Stage(site, browser, watch, *(watch.on(window.new_page()) for window in windows))
    for window in windows:
        window.close()


def test_from_signing_up_to_being_found(stage: Stage, tmp_path: Path) -> None:
    signs_up(stage)
    enters_the_organisation(stage)
    is_verified(stage)
    errors = imports_with_mistakes(stage, tmp_path)
    imports_again(stage, corrected(errors))
    number = lists_one(stage)
    is_returned(stage, number)
    amends(stage, number)
    delay = is_published_and_found(stage, number)
    print(f"\nfound by a stranger {delay:.1f} s after publication")  # noqa: T201  (a measured figure of the run)
    assert delay <= ALLOWED_S, f"promised within {PROMISED_S} s of its event being relayed"
    works_without_script(stage, number)


def signs_up(stage: Stage) -> None:
    page = stage.to(stage.holder, "account/signup/")
    page.fill("input[name=email]", HOLDER)
    page.fill("input[name=password1]", PASSWORD)
    page.fill("input[name=password2]", PASSWORD)
    page.click("main form button.pri")
    expect(page.locator("main")).to_contain_text(HOLDER)
    stage.is_sound(page)
    page.fill("input[name=code]", code_sent_to(stage.site, HOLDER))
    page.click("main form button.pri")
    page.wait_for_url("**/workspace/organisation/new/")


def code_sent_to(site: Site, address: str) -> str:
    """The code of the newest letter: it stands alone on its line."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for letter in reversed(site.letters_to(address)):
            if found := re.search(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]{3,})?$", letter, re.MULTILINE):
                return found[0]
        time.sleep(0.3)
    raise AssertionError(f"no code was sent to {address}")


def enters_the_organisation(stage: Stage) -> None:
    page = stage.holder
    body = "91990100MA9XXG5HA"
    page.select_option("select[name=kind]", "enterprise")
    page.fill("input[name=name_zh]", FIRM_ZH)
    page.fill("input[name=name_en]", FIRM_EN)
    page.fill("input[name=uscc]", body + expected_check_digit(body + "0"))
    page.fill("input[name=country]", "CN")
    page.fill("input[name=legal_representative]", "夏知潮")
    page.click("main form button.pri")
    page.wait_for_url("**/workspace/organisation/")
    expect(page.locator("h1")).to_have_text(FIRM_ZH)
    # Without its paper the submission is refused, and says what is missing.
    page.click("form[action$='/submit/'] button.pri")
    expect(page.locator("main .errsum, main .block").first).to_be_visible()
    stage.to(page, "workspace/organisation/")
    page.select_option("select[name=paper]", "licence")
    paper = {"name": "licence.pdf", "mimeType": "application/pdf", "buffer": sample_paper(FIRM_EN)}
    page.set_input_files("input[name=file]", paper)
    page.click("form[action$='/documents/'] button")
    expect(page.locator("main")).to_contain_text("licence.pdf")
    page.click("form[action$='/submit/'] button.pri")
    expect(page.locator("form[action$='/submit/']")).to_have_count(0)
    stage.is_sound(page)


def is_verified(stage: Stage) -> None:
    page = stage.to(stage.desk, "desk/organisations/")
    page.click(f"main a:has-text('{FIRM_ZH}')")
    expect(page.locator("main")).to_contain_text("licence.pdf")
    page.click("button[formaction$='/verify/']")
    expect(page.locator("button[formaction$='/verify/']")).to_have_count(0)
    stage.to(stage.holder, "workspace/organisation/")
    expect(stage.holder.locator(".seal").first).to_be_visible()


def imports_with_mistakes(stage: Stage, tmp_path: Path) -> Path:
    page = upload(stage, a_workbook([HEAD, *ROWS]))
    stage.is_sound(page)
    said = page.locator("#import-state").inner_text()
    for complaint in COMPLAINTS:
        assert complaint["zh-hans"] in said
        assert re.search(r"[\u4e00-\u9fff]", complaint["zh-hans"]), "said in Chinese"
    stage.to(page, "en/" + page.url.removeprefix(stage.site.url))
    for complaint in COMPLAINTS:
        assert complaint["en"] in page.locator("#import-state").inner_text()
    page.go_back()
    with page.expect_download() as coming:
        page.click("main a[href$='/errors.xlsx']")
    errors = tmp_path / "errors.xlsx"
    coming.value.save_as(errors)
    takes_the_sound_ones(page, new=1)
    return errors


def upload(stage: Stage, content: bytes) -> Page:
    """Upload a spreadsheet and wait for the check."""
    page = stage.to(stage.holder, "workspace/patents/imports/new/")
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.set_input_files("input[type=file]", {"name": "涂层专利.xlsx", "mimeType": mime, "buffer": content})
    page.click("main form button.pri")
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    page.wait_for_selector("form[action$='/go/'], .errsum", timeout=60_000)
    return page


def takes_the_sound_ones(page: Page, *, new: int) -> None:
    page.click("form[action$='/go/'] button.pri")
    page.wait_for_selector("#import-state a[href$='/workspace/patents/']", timeout=60_000)
    expect(page.locator("#import-state .kpis dd").nth(1)).to_have_text(str(new))


def a_workbook(rows: list[list[str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(out)
    return out.getvalue()


def corrected(errors: Path) -> bytes:
    """The downloaded list with its mistakes mended, as the holder does it; the other firm's right is taken out."""
    sheet = load_workbook(errors).active
    assert sheet is not None
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    head, kept = rows[0], [row for row in rows[1:] if "另一家材料有限公司" not in row]
    assert len(rows) == 1 + len(COMPLAINTS)
    number, filed = head.index("申请号"), head.index("申请日")
    for row in kept:
        if row[number].endswith("501.9"):
            row[number] = "202110876501.6"
        if row[filed] == "2021-13-45":
            row[filed] = "2021-07-31"
        if not row[number]:
            row[number] = "202110876506.9"
    return a_workbook([head, *kept])


def imports_again(stage: Stage, content: bytes) -> None:
    page = upload(stage, content)
    expect(page.locator("main a[href$='/errors.xlsx']")).to_have_count(0)
    takes_the_sound_ones(page, new=3)
    stage.is_sound(page)
    stage.to(page, "workspace/patents/")
    expect(page.locator("main")).to_contain_text("一种仿生减阻涂层的制备方法")


def lists_one(stage: Stage) -> str:
    page = stage.to(stage.holder, "workspace/listings/new/")
    page.locator("label", has_text="一种仿生减阻涂层的制备方法").locator("input").check()
    page.check("input[name=mode][value=transfer]")
    page.click("main form[method=post] button.pri")
    page.wait_for_url("**/edit/offer/")
    number = re.search(r"L-\d{4}-\d+", page.url)
    assert number
    page.fill("input[name=valid_until]", f"{clock.today() + timedelta(days=300):%Y-%m-%d}")
    goes_on(page, "summary")
    page.fill("[name=title_zh]", TITLE_ZH)
    page.fill("[name=title_en]", TITLE_EN)
    page.fill("[name=problem_zh]", "船体表面摩擦阻力大，燃料消耗高。")
    page.fill("[name=benefit_zh]", "减阻效果好。")
    page.fill("[name=applications_zh]", "船舶；水下机器人。")
    page.fill("[name=readiness]", "6")
    page.fill("[name=evidence_zh]", "中试样板海试六个月。")
    goes_on(page, "price")
    page.check("input[name=price_mode][value=fixed]")
    page.fill("input[name=price_min]", "880000")
    goes_on(page, "papers")
    page.click("main a.pri")
    page.wait_for_url("**/edit/check/")
    stage.is_sound(page)
    sends(page)
    return number[0]


def goes_on(page: Page, step: str) -> None:
    page.click("main form[method=post] button.pri")
    page.wait_for_url(f"**/edit/{step}/")


def sends(page: Page) -> None:
    page.click("main form[method=post] button.pri")
    page.wait_for_url(re.compile(r"/workspace/listings/L-[\d-]+/$"))


def is_returned(stage: Stage, number: str) -> None:
    page = stage.to(stage.desk, "desk/reviews/")
    page.click(f"main a[href*='{number}']")
    page.fill("textarea[name=reason]", REASON)
    page.click("button[formaction$='/return/']")
    page.wait_for_url(re.compile(r"/desk/reviews/$"))


def amends(stage: Stage, number: str) -> None:
    page = stage.to(stage.holder, f"workspace/listings/{number}/")
    expect(page.locator("main .block").first).to_contain_text(REASON)
    stage.is_sound(page)
    stage.to(page, f"workspace/listings/{number}/edit/summary/")
    page.fill("[name=benefit_zh]", AMENDED)
    goes_on(page, "price")
    stage.to(page, f"workspace/listings/{number}/edit/check/")
    sends(page)


def is_published_and_found(stage: Stage, number: str) -> float:
    """Seconds from publication to a stranger's search finding it, in the order a stranger would look."""
    with a_context(stage.browser) as window:
        stranger = stage.watch.on(window.new_page())
        searches(stranger, stage.site, "", QUESTION_ZH)
        expect(stranger.locator(f"main h3 a[href*='{number}']")).to_have_count(0)
        page = stage.to(stage.desk, "desk/reviews/")
        page.click(f"main a[href*='{number}']")
        page.click("button[formaction$='/publish/']")
        page.wait_for_url(re.compile(r"/desk/reviews/$"))
        began = time.monotonic()
        while not (found := stranger.locator(f"main h3 a[href*='{number}']")).count():
            assert time.monotonic() - began < 2 * ALLOWED_S, "published, but not found"
            time.sleep(0.2)
            stranger.reload()
        delay = time.monotonic() - began
        expect(found.locator("mark").first).to_be_visible()
        found.click()
        expect(stranger.locator("h1")).to_have_text(TITLE_ZH)
        expect(stranger.locator("main")).to_contain_text(AMENDED)
        searches(stranger, stage.site, "en/", QUESTION_EN)
        stranger.click(f"main h3 a[href*='{number}']")
        expect(stranger.locator("h1")).to_have_text(TITLE_EN)
    return delay


def searches(page: Page, site: Site, prefix: str, words: str) -> None:
    """From the home page, as a visitor does: words in the bar, then Enter."""
    page.goto(site.url + prefix)
    page.fill("main form[role=search] input[name=q]", words)
    page.press("main form[role=search] input[name=q]", "Enter")
    page.wait_for_url(re.compile(r"/listings/\?"))


def works_without_script(stage: Stage, number: str) -> None:
    with a_context(stage.browser, script=False) as window:
        page = stage.watch.on(window.new_page())
        searches(page, stage.site, "", QUESTION_ZH)
        page.click(f"main h3 a[href*='{number}']")
        expect(page.locator("h1")).to_have_text(TITLE_ZH)
        sign_in(page, stage.site, HOLDER, PASSWORD)
        stage.to(page, f"workspace/listings/{number}/")
        expect(page.locator("h1")).to_have_text(TITLE_ZH)
