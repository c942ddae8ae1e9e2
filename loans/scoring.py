"""Reading a scorecard: points of the answers, and the grade they add up to.

points = Σ points of the answer chosen for each factor; the grade is that of the highest `from` not above the points.
A score advises the people who decide; it decides nothing (PIPL 24).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from loans.models import Scorecard
from loans.refusals import AnswersIncomplete
from marketplace.accounts.models import in_language
from marketplace.core import clock

#: The market's own scorecard, for banks without one; entered once by `the_markets_own`.
OWN_CODE = "patent-pledge"
OWN: dict[str, Any] = {
    "factors": [
        {
            "key": "years",
            "zh": "经营年限",
            "en": "Years in business",
            "answers": [
                {"key": "under_2", "zh": "不足两年", "en": "Under two", "points": 0},
                {"key": "2_to_5", "zh": "两年至五年", "en": "Two to five", "points": 6},
                {"key": "over_5", "zh": "五年以上", "en": "Over five", "points": 10},
            ],
        },
        {
            "key": "coverage",
            "zh": "经营现金流对本息的覆盖",
            "en": "Operating cash flow over debt service",
            "answers": [
                {"key": "under_1", "zh": "低于 1 倍", "en": "Under 1", "points": 0},
                {"key": "1_to_1_5", "zh": "1 至 1.5 倍", "en": "1 to 1.5", "points": 15},
                {"key": "over_1_5", "zh": "1.5 倍以上", "en": "Over 1.5", "points": 25},
            ],
        },
        {
            "key": "leverage",
            "zh": "资产负债率",
            "en": "Debt to assets",
            "answers": [
                {"key": "over_70", "zh": "70% 以上", "en": "Over 70%", "points": 0},
                {"key": "50_to_70", "zh": "50% 至 70%", "en": "50% to 70%", "points": 8},
                {"key": "under_50", "zh": "50% 以下", "en": "Under 50%", "points": 15},
            ],
        },
        {
            "key": "record",
            "zh": "信用与纳税记录",
            "en": "Credit and tax record",
            "answers": [
                {"key": "bad", "zh": "有未结清的不良记录", "en": "An unsettled bad record", "points": 0},
                {"key": "mixed", "zh": "有已结清的逾期", "en": "Arrears, since settled", "points": 8},
                {"key": "clean", "zh": "无不良记录", "en": "Clean", "points": 15},
            ],
        },
        {
            "key": "use",
            "zh": "专利对主营产品的支撑",
            "en": "Patents behind the main products",
            "answers": [
                {"key": "none", "zh": "未实施", "en": "Not worked", "points": 0},
                {"key": "some", "zh": "部分产品", "en": "Some products", "points": 10},
                {"key": "core", "zh": "核心产品", "en": "The core products", "points": 20},
            ],
        },
        {
            "key": "market",
            "zh": "专利的变现难易",
            "en": "How readily the patents would sell",
            "answers": [
                {"key": "hard", "zh": "难以找到受让方", "en": "No taker in sight", "points": 0},
                {"key": "some", "zh": "有可比交易", "en": "Comparable deals exist", "points": 9},
                {"key": "ready", "zh": "已有意向受让方", "en": "Takers have asked", "points": 15},
            ],
        },
    ],
    "grades": [
        {"from": 0, "grade": "D"},
        {"from": 45, "grade": "C"},
        {"from": 60, "grade": "B"},
        {"from": 80, "grade": "A"},
    ],
}


@dataclass(frozen=True, slots=True)
class Outcome:
    points: int
    grade: str


def scorecard_for(bank_id: int) -> Scorecard:
    """The bank's newest scorecard, else the market's own, entered when it is first asked for."""
    found = Scorecard.objects.filter(Q(bank=bank_id) | Q(bank__isnull=True)).order_by("bank_id", "-version").first()
    return found or the_markets_own()


def the_markets_own() -> Scorecard:
    """The market's scorecard as data; the same row however often it is asked for."""
    card, _made = Scorecard.objects.get_or_create(
        bank=None, code=OWN_CODE, version=1, defaults={"data": OWN, "created_at": clock.now()}
    )
    return card


def outcome(card: Mapping[str, Any], answers: Mapping[str, str]) -> Outcome:
    """Points and grade of the answers. Raises AnswersIncomplete naming the factors without a known answer."""
    total, missing = 0, []
    for factor in card["factors"]:
        chosen = next((one for one in factor["answers"] if one["key"] == answers.get(factor["key"])), None)
        if chosen is None:
            missing.append(in_language(factor["zh"], factor["en"]))
        else:
            total += int(chosen["points"])
    if missing:
        raise AnswersIncomplete(field="answers", missing="、".join(missing))
    reached = [one for one in card["grades"] if one["from"] <= total]
    return Outcome(total, str(max(reached, key=lambda one: one["from"])["grade"]))
