"""What a listing may not say: praise on an open licence, and “patent” for what is only applied for.

Pure: texts in, offending words out. The word list is data beside this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from marketplace.core.ruling import enforces

WORDS = Path(__file__).with_name("promotional_words.json")

# Compounds in which the word names something else than the right on offer.
_OTHER_ZH = re.compile(
    r"专利申请|专利合作条约|专利法|专利局|专利审查|专利代理|专利文献|非专利|专利检索|专利分析|专利布局|专利池|知识产权局"
)
_PATENT_ZH = re.compile(r"(?:已获|已授权|授权|发明|实用新型|外观设计|本|该|此)?专利(?:产品|技术|方法|权|号|证书|保护)?")
_OTHER_EN = re.compile(
    r"patent[- ]pending|pending patents?|patents? applications?|non-patent"
    r"|patent (?:cooperation treaty|office|law|act|attorney|agent|search"
    r"|literature|family|examin\w+)|applications? for (?:a )?patents?",
    re.IGNORECASE,
)
_PATENT_EN = re.compile(r"\bpatent(?:s|ed|-protected)?\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _promotional() -> re.Pattern[str]:
    words = json.loads(WORDS.read_text("utf-8"))
    zh = [re.escape(word) for word in sorted(words["zh"], key=len, reverse=True)]
    en = [rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in sorted(words["en"], key=len, reverse=True)]
    return re.compile("|".join(zh + en), re.IGNORECASE)


@enforces("OL-NO-PROMO")
def promotional_words(texts: Iterable[str]) -> list[str]:
    """Praise found in the texts, each word once, in order (Implementing Rules of the Patent Law, rule 85)."""
    return _each_once(match.group() for text in texts for match in _promotional().finditer(text))


@enforces("PAT-PASSING-OFF")
def called_patent(texts: Iterable[str]) -> list[str]:
    """Places where a text speaks of a patent, each once; wrong while nothing has been granted.

    Calling an application a patent is passing off (Implementing Rules, rule 101(1)(3)). “专利申请”, “patent
    application” and compounds that name something else (an office, a treaty) are not counted.
    """
    found = []
    for text in texts:
        rest = _OTHER_EN.sub(" ", _OTHER_ZH.sub("·", text))
        found += [match.group() for match in _PATENT_ZH.finditer(rest)]
        found += [match.group() for match in _PATENT_EN.finditer(rest)]
    return _each_once(found)


def _each_once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
