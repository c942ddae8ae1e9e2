"""How the contracts put the words of a loan in either language."""

from __future__ import annotations

from listings.deals.contracts import writing
from loans.contracts.particulars import LoanParticulars
from loans.schedule.amortise import Method
from loans.schedule.conventions import DayCount
from loans.states.application import Purpose
from marketplace.signing.paper import Language

METHODS: dict[str, tuple[str, str]] = {
    Method.EQUAL_INSTALMENT: ("等额本息", "equal instalments of principal and interest"),
    Method.EQUAL_PRINCIPAL: ("等额本金", "equal parts of principal with the interest of each period"),
    Method.INTEREST_ONLY_BULLET: (
        "按期付息、到期一次还本",
        "interest at the end of each period and the principal at the end",
    ),
    Method.SINGLE_PAYMENT: ("到期一次还本付息", "principal and interest in one sum at the end"),
}
DAY_COUNTS: dict[str, tuple[str, str]] = {
    DayCount.ACTUAL_360: ("实际天数除以 360", "actual days over 360"),
    DayCount.ACTUAL_365: ("实际天数除以 365", "actual days over 365"),
    DayCount.ACTUAL_ACTUAL: ("实际天数除以当年实际天数", "actual days over the actual days of the year"),
    DayCount.EUROPEAN_30_360: ("每月按 30 天、每年按 360 天（欧式）", "30 days a month over 360, European rule"),
    DayCount.AMERICAN_30_360: ("每月按 30 天、每年按 360 天（美式）", "30 days a month over 360, American rule"),
    DayCount.TWELFTH: ("每月按年利率的十二分之一", "a twelfth of the yearly rate for each month"),
}
PURPOSES: dict[str, tuple[str, str]] = {
    Purpose.WORKING_CAPITAL: ("日常生产经营周转", "working capital"),
    Purpose.RESEARCH: ("研究开发", "research and development"),
    Purpose.FIXED_ASSETS: ("购建固定资产", "plant and equipment"),
    Purpose.REFINANCE: ("偿还其他借款", "repaying another loan"),
}
PARTS: dict[str, tuple[str, str]] = {
    "cost": ("实现债权的费用", "costs of enforcement"),
    "penalty": ("罚息及复利", "default interest"),
    "interest": ("利息", "interest"),
    "principal": ("本金", "principal"),
}


def said(words: tuple[str, str], language: Language) -> str:
    return words[0] if language == "zh" else words[1]


def frequency(text: str, language: Language) -> str:
    """MONTH, 3 MONTHS, 14 DAYS as a contract says it."""
    count, unit = ("1", text) if " " not in text else text.split(" ", 1)
    is_months = unit.startswith("MONTH")
    if language == "zh":
        return ("每月" if is_months else "每日") if count == "1" else f"每 {count} {'个月' if is_months else '天'}"
    name = "month" if is_months else "day"
    return f"every {name}" if count == "1" else f"every {count} {name}s"


def order_of(parts: tuple[str, ...], language: Language) -> str:
    return writing.listed((said(PARTS[one], language) for one in parts), language)


def money(of: LoanParticulars, language: Language) -> str:
    return writing.amount(of.principal, of.terms.currency, language)
