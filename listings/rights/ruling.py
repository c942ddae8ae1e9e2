"""The rule book: every rule of law the market knows, with its article, its parameters and their dates.

Rules are data (`rules.json`), loaded once. A parameter has a value for a day; a rule that was taken from general
knowledge or a weak copy says so (`is_verified`), and so does whatever is shown of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import get_language

from marketplace.core.formats import chinese_numeral
from marketplace.core.ruling import Enforcement, enforcements, enforces

__all__ = ["Enforcement", "Parameter", "Rule", "enforcements", "enforces", "rule", "rule_book"]

FILE = Path(__file__).with_name("rules.json")

#: What the letters of an article stand for, in both languages.
SOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "P": ("专利法", "Patent Law"),
        "R": ("专利法实施细则", "Implementing Rules of the Patent Law"),
        "C": ("民法典", "Civil Code"),
        "G": ("担保制度司法解释", "Judicial Interpretation on Security"),
        "K": ("技术合同司法解释", "Judicial Interpretation on Technology Contracts"),
        "Q": ("专利纠纷司法解释", "Judicial Interpretation on Patent Disputes"),
        "B": ("知识产权行为保全规定", "Provisions on Behaviour Preservation in IP Cases"),
        "W": ("网络司法拍卖规定", "Provisions on Online Judicial Sale"),
        "T": ("技术进出口管理条例", "Technology Import and Export Regulations"),
        "I": ("公司法", "Company Law"),
        "E": ("电子商务法", "E-Commerce Law"),
        "S": ("促进科技成果转化法", "Law on Promoting the Transformation of Scientific Achievements"),
        "461": ("专利权质押登记办法", "Measures on Registration of Patent Pledges (Announcement 461)"),
        "Order 62": ("专利实施许可合同备案办法", "Measures on Recordal of Patent Licence Contracts (Order 62)"),
        "E-signature law": ("电子签名法", "Electronic Signature Law"),
    }
)
_CITATION = re.compile(r"^(?P<source>[A-Z]|461|Order 62|E-signature law) (?:art\. )?(?P<number>\d[^;=]*)$")
#: In "11(2)(9)" 11 is the article, 2 its paragraph, 9 the item of the paragraph.
_ARTICLE = re.compile(r"(?<![\d(])(\d+)(?!\d|\))")
_ITEM = re.compile(r"(\(\d+\))\((\d+)\)")
_PARAGRAPH = re.compile(r"\((\d+)\)")
#: A point of a notice, as ministries number them: 财税〔2024〕23号 item 2.
_NOTICE_ITEM = re.compile(r"(号) item (\d+)$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure of a rule in its unit, valid from one day to another (None: open, or the start was not checked)."""

    name: str
    value: Decimal | date
    unit: str
    valid_from: date | None
    valid_to: date | None

    def holds(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the book."""

    id: str
    title_zh: str
    title_en: str
    article: str
    effect: str
    effect_note: str
    trigger: str
    parameters: tuple[Parameter, ...]
    is_verified: bool

    @property
    def title(self) -> str:
        return self.title_zh if _is_chinese() else self.title_en

    @property
    def citation(self) -> str:
        """The article with the law's name, in the active language."""
        return cite(self.article, chinese=_is_chinese())

    def value(self, name: str, on: date) -> Decimal:
        """The figure of a parameter on a day. Raises LookupError where the book has none for it."""
        for one in self.parameters:
            if one.name == name and isinstance(one.value, Decimal) and one.holds(on):
                return one.value
        raise LookupError(f"{self.id} has no {name} on {on}")


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def cite(article: str, *, chinese: bool) -> str:
    """ "P 14(2); C 863" as laws are cited; parts that follow no pattern stay as the book has them."""
    shown = []
    for part in (one.strip() for one in article.split(";")):
        found = _CITATION.match(part)
        if found is None:
            shown.append(_NOTICE_ITEM.sub(r"\1第\2条" if chinese else r"\1, item \2", part))
            continue
        name_zh, name_en = SOURCES[found["source"]]
        inferred = "(number inferred)" in found["number"]
        number = found["number"].replace("(number inferred)", "").strip()
        if chinese:
            shown.append(f"《{name_zh}》{_counted(number)}" + ("（条号系推定）" if inferred else ""))
        else:
            shown.append(f"{name_en}, art. {number}" + (" (number inferred)" if inferred else ""))
    return ("；" if chinese else "; ").join(shown)


def _counted(number: str) -> str:
    """ "14(2)" as Chinese laws count: 第十四条第二款; a range by 至, several by 、."""
    text = _ARTICLE.sub(lambda found: f"第{chinese_numeral(int(found[1]))}条", number)
    text = _ITEM.sub(lambda found: f"{found[1]}第{chinese_numeral(int(found[2]))}项", text)
    text = _PARAGRAPH.sub(lambda found: f"第{chinese_numeral(int(found[1]))}款", text)
    return re.sub(r"\s*,\s*", "、", text).replace("-", "至")


def _parameter(raw: Mapping[str, Any]) -> Parameter:
    days = [date.fromisoformat(raw[key]) if raw[key] else None for key in ("valid_from", "valid_to")]
    value = date.fromisoformat(raw["value"]) if raw["unit"] == "date" else Decimal(str(raw["value"]))
    return Parameter(raw["name"], value, raw["unit"], days[0], days[1])


@lru_cache(maxsize=1)
def rule_book() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the book. Raises ValueError for an id that stands twice."""
    found: dict[str, Rule] = {}
    for raw in json.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal)["rules"]:
        if raw["id"] in found:
            raise ValueError(f"{raw['id']} stands twice in the rule book.")
        found[raw["id"]] = Rule(
            id=raw["id"],
            title_zh=raw["title_zh"],
            title_en=raw["title_en"],
            article=raw["article"],
            effect=raw["effect"],
            effect_note=raw["effect_note"],
            trigger=raw["trigger"],
            parameters=tuple(_parameter(one) for one in raw["parameters"]),
            is_verified=raw["verified"],
        )
    return MappingProxyType(found)


def rule(rule_id: str) -> Rule:
    """Raises KeyError."""
    return rule_book()[rule_id]
