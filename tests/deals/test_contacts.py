"""Contact details in running text are found and hidden; numbers of the trade survive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.deals.contacts import HIDDEN, has_contacts, hide_contacts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to bo@buyer.test today", f"Write to {HIDDEN} today"),
        ("邮箱：zhou.yan+ip@example.com.cn。", f"邮箱：{HIDDEN}。"),
        ("ＢＯ＠ｂｕｙｅｒ．ｔｅｓｔ", HIDDEN),
        ("bo (at) buyer (dot) com", HIDDEN),
        ("call 13812345678", f"call {HIDDEN}"),
        ("电话 138-1234-5678，谢谢", f"电话 {HIDDEN}，谢谢"),
        ("+86 138 1234 5678", HIDDEN),
        ("１３８１２３４５６７８", HIDDEN),
        ("座机 0570-3012345 转", f"座机 {HIDDEN} 转"),
        ("(0571) 8765-4321", HIDDEN),
        ("400-820-8820", HIDDEN),
        ("+44 20 7946 0958", HIDDEN),
        ("微信号：zhouyan_2016", HIDDEN),
        ("wechat: bo_precision", HIDDEN),
        ("加QQ 12345678", f"加{HIDDEN}"),
        ("see https://buyer.test/me?x=1 now", f"see {HIDDEN} now"),
    ],
)
def test_contacts_are_hidden(text: str, shown: str) -> None:
    assert hide_contacts(text) == shown
    assert has_contacts(text)


@pytest.mark.parametrize(
    "text",
    [
        "ZL 201910526314.8 and 201711203458.7",
        "L-2026-00042 in T-2026-00001",
        "We offer CNY 4,600,000.00 or 4600000.00, 18000000000.00 at most.",
        "报价 13800000.00 元，分 60/40 两期，2026-12-02 前",
        "15 μm, 38 MPa, 1,200 h at 80 °C",
        "IPC C08J 5/22, H01M 8/1039",
        "US 8,926,509 B2 and EP 1234567",
        "统一社会信用代码 91330100799655058B",
        "We look at line identification and the wxWidgets port.",
    ],
)
def test_numbers_of_the_trade_survive(text: str) -> None:
    assert hide_contacts(text) == text
    assert not has_contacts(text)


@given(st.text(max_size=200))
def test_hiding_twice_changes_nothing_more_and_never_lengthens_by_much(text: str) -> None:
    once = hide_contacts(text)
    assert len(once) <= len(text) + 3 * (text.count("@") + len(text))
    assert hide_contacts(once) == once
