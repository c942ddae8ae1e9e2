"""A sale paid by bank transfers: in parts, by somebody else, and at last too much; statements read in by hand."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from playwright.sync_api import expect

from marketplace.core import clock
from tests.browser.deal_players import MINUTE_BEAT_S, Stage, fills, records, row_of, signs_the_contract
from tests.payments.makers import HEAD, a_line

STRANGER = "别家贸易有限公司"


class Bank:
    """The bank: it knows what lies in the market's account, and hands out statements."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.lines = 0
        self.began = {kind: self._total(kind) for kind in ("clearing", "suspense")}
        self.balance = self.began["clearing"]

    def moved(self, kind: str) -> Decimal:
        """How the market's books of this account changed in the story."""
        return self._total(kind) - self.began[kind]

    def _total(self, kind: str) -> Decimal:
        return Decimal(self.stage.back.ask("market_total", kind=kind, currency="CNY", provider="bank"))

    def tells(self, *movements: tuple[str, str, str]) -> None:
        """A statement of (amount, text, name) in order, read in at the desk, whose closing balance agrees."""
        rows = []
        for amount, text, name in movements:
            self.lines += 1
            self.balance += Decimal(amount)
            day = f"{clock.today():%Y-%m-%d}"
            rows.append(
                a_line(
                    amount, text, name, bank_id=f"{self.stage.deal}-{self.lines}", day=day, balance=str(self.balance)
                )
            )
        desk = self.stage.desk
        page = desk.to("desk/money/statements/")
        page.select_option("select[name=account]", index=1)
        content = (HEAD + "".join(rows)).encode("gb18030")
        name = f"{self.stage.deal}-{self.lines}.csv"
        page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
        page.click("main form[enctype] button.pri")
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator("#difference")).to_have_count(0)
        desk.is_sound()


def test_a_sale_paid_by_bank_transfers(deal_stage: Stage) -> None:
    stage = deal_stage
    scene = stage.back.ask("agreed_sale")
    stage.deal = scene.pop("deal")
    stage.enter(scene)
    signs_the_contract(stage, then="paying")
    reference = chooses_to_transfer(stage)
    bank = Bank(stage)
    pays_a_part(stage, bank, reference)
    somebody_else_pays(stage, bank, reference)
    pays_too_much(stage, bank, reference)
    records(stage, held="4600000.00")
    orders_are_carried_out(stage, bank)


def chooses_to_transfer(stage: Stage) -> str:
    """The buyer chooses a bank transfer and is told account and reference."""
    page = stage.buyer.sees_deal()
    stage.buyer.takes_turn()
    page.click("form[action$='/pay/bank/'] button")
    reference = str(stage.money(state="paying")["owed"][0]["reference"])
    expect(page.locator("main")).to_contain_text("330501610004")
    shown = page.locator("main").inner_text().replace("-", "").replace(" ", "")
    assert reference in shown
    stage.buyer.is_sound()
    return reference


def pays_a_part(stage: Stage, bank: Bank, reference: str) -> None:
    bank.tells(("1000000.00", f"专利款首付 {reference}", stage.buyer.organisation))
    told = stage.money(state="paying", held="1000000.00", payable="0.00")
    assert [(one["state"], one["paid"]) for one in told["owed"]] == [("part_paid", "1000000.00")]
    page = stage.buyer.sees_deal()
    stage.buyer.takes_turn()
    expect(page.locator("main")).to_contain_text("3,600,000.00")
    stage.buyer.is_sound()


def somebody_else_pays(stage: Stage, bank: Bank, reference: str) -> None:
    """Two transfers of a stranger: one is sent back, one is taken for the buyer's, each by two persons."""
    bank.tells(("25000.00", f"{reference} 代付", "过路贸易有限公司"), ("600000.00", f"{reference} 代付", STRANGER))
    stage.money(state="paying", held="1000000.00")
    assert bank.moved("suspense") == -625000
    decide(stage, "过路贸易有限公司", act="send_back", reason="付款人与本交易无关，原路退回。")
    decide(stage, STRANGER, act="attribute", reference=reference, reason="集团内代付，已核对委托付款书。")
    told = stage.money(state="paying", held="1600000.00")
    assert told["owed"][0]["paid"] == "1600000.00"
    assert bank.moved("suspense") == 0


def decide(stage: Stage, name: str, **proposal: str) -> None:
    """One proposes, cannot approve alone, and a second approves."""
    desk, second = stage.desk, stage.second
    page = desk.to("desk/money/unplaced/")
    desk.is_sound()
    row_of(page, name).last.locator("a").click()
    desk.is_sound()
    fills(page, proposal)
    page.click("main form button.pri")
    expect(page.locator("main button[name=decision]")).to_have_count(0)
    page = second.to("desk/money/unplaced/")
    row_of(page, name).last.locator("a").click()
    second.is_sound()
    page.click("main button[name=decision][value=approve]")
    expect(page.locator("main button[name=decision]")).to_have_count(0)


def pays_too_much(stage: Stage, bank: Bank, reference: str) -> None:
    """What completes the price is held and takes the deal on; the 50,000 beyond it wait, and go back by two persons."""
    bank.tells(("3050000.00", f"专利款尾款 {reference}", stage.buyer.organisation))
    assert bank.moved("suspense") == -50000
    told = stage.until_state("recording")
    assert (told["held"], told["owed"][0]["state"]) == ("4600000.00", "paid")
    decide(stage, stage.buyer.organisation, act="send_back", reason="多付部分退回付款人。")
    assert bank.moved("suspense") == 0
    stage.money(state="recording", held="4600000.00")


def orders_are_carried_out(stage: Stage, bank: Bank) -> None:
    """The desk takes the orders to the bank; when its statement shows them gone, all are paid and the deal is done."""
    told = stage.until(lambda told: [one["state"] for one in told["payouts"]] == ["submitted"], MINUTE_BEAT_S)
    assert (told["state"], told["held"], told["payable"]) == ("releasing", "0.00", "4554000.00")
    assert told["payouts"][0]["amount"] == "4554000.00"
    page = stage.desk.to("desk/money/payouts/")
    stage.desk.is_sound()
    with page.expect_download() as coming:
        page.click("main a[href$='/orders.csv']")
    orders = list(csv.reader(io.StringIO(coming.value.path().read_text(encoding="utf-8-sig"))))[1:]
    assert sorted((row[1], row[5]) for row in orders) == sorted(
        [
            (stage.seller.organisation, "4554000.00"),
            (stage.buyer.organisation, "50000.00"),
            ("过路贸易有限公司", "25000.00"),
        ]
    )
    bank.tells(*((f"-{row[5]}", f"付款 {row[0]}", row[1]) for row in orders))
    told = stage.until_state("completed")
    assert (told["held"], told["payable"], told["payouts"][0]["state"]) == ("0.00", "0.00", "paid")
    assert bank.moved("clearing") == 46000, "the fee is left"
    for player in (stage.seller, stage.buyer):
        page = player.sees_deal()
        expect(page.locator("main .head")).to_contain_text("已完成")
        player.is_sound()
