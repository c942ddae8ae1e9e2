"""Whether two names of a payer are the same firm: width, spaces, brackets and the usual endings do not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NOISE = re.compile(r"[\W_]+")
#: Characters of firms' names that banks outside the mainland write in the traditional form.
_SIMPLE = str.maketrans(
    "責業電機藝術學實驗國際貿環產廠農種數據開發進華東龍億聯資訊軟體車輪醫藥銀設備質檢測協會團區縣鄉號蘭雲瀾專權識創業動鐵鋼銅鋁氣製",
    "责业电机艺术学实验国际贸环产厂农种数据开发进华东龙亿联资讯软体车轮医药银设备质检测协会团区县乡号兰云澜专权识创业动铁钢铜铝气制",
)
_ENDINGS = (
    ("股份有限公司", "股份公司"),
    ("有限责任公司", "有限公司"),
    ("LIMITED", "LTD"),
    ("INCORPORATED", "INC"),
    ("CORPORATION", "CORP"),
    ("COMPANY", "CO"),
)


def plain_name(name: str) -> str:
    """The name reduced to what tells firms apart; empty for no name."""
    text = _NOISE.sub("", unicodedata.normalize("NFKC", name)).upper().translate(_SIMPLE)
    for long, short in _ENDINGS:
        text = text.replace(long, short)
    return text


def same_name(given: str, known: Iterable[str]) -> bool:
    """Whether `given` is one of the `known` names. No name given is nobody's."""
    wanted = plain_name(given)
    return bool(wanted) and wanted in {plain_name(one) for one in known if one}
