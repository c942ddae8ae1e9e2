"""Contact details in running text: found and hidden until both sides agree to share them.

Pure. Numbers of patents, listings and amounts must survive, so only what is written like an address or a telephone
number is hidden: mainland mobiles and landlines, 400 and 800 numbers, international numbers with a plus sign, e-mail
addresses (plain, full-width or spelled out with "at" and "dot"), web addresses, and accounts named after WeChat or QQ.
"""

from __future__ import annotations

import re
import unicodedata

HIDDEN = "▇▇▇"
_GAP = r"[ \-.·—–\u3000]?"
_DIGITS = r"(?<![\d.,/])"
_NO_DIGITS = r"(?![\d]|[.,]\d)"
PATTERNS = (
    # e-mail, plain and spelled out
    re.compile(r"[\w.+\-]{1,64}\s?@\s?[\w\-]+(?:\s?\.\s?[\w\-]+)+"),
    re.compile(
        r"\b[\w.+\-]{2,64}\s*[\(\[\{（【]\s*(?:at|艾特)\s*[\)\]\}）】]\s*[\w\-]{2,}\s*"
        r"(?:[\(\[\{（【]?\s*(?:dot|点|\.)\s*[\)\]\}）】]?\s*[a-z]{2,}\s*)+",
        re.IGNORECASE,
    ),
    re.compile(r"\b[\w.+\-]{2,64}\s+at\s+[\w\-]{2,}\s+dot\s+[a-z]{2,6}(?:\s+dot\s+[a-z]{2,6})?\b", re.IGNORECASE),
    # mainland mobile, with its country code or without, in groups or not
    re.compile(rf"{_DIGITS}(?:\+?86{_GAP})?1[3-9]\d(?:{_GAP}\d){{8}}{_NO_DIGITS}"),
    # mainland landline and service numbers
    re.compile(rf"{_DIGITS}[\(（]?0\d{{2,3}}[\)）]?[ \-]?[2-9]\d{{2,3}}[ \-]?\d{{4}}(?:[ \-转]\d{{1,5}})?{_NO_DIGITS}"),
    re.compile(rf"{_DIGITS}[48]00[ \-]\d{{3}}[ \-]?\d{{4}}{_NO_DIGITS}"),
    # international
    re.compile(r"(?<![\w+])\+\d{1,3}(?:[ \-.()]{0,2}\d){6,12}(?!\d)"),
    # messengers
    re.compile(r"(?:微信|薇信|威信)(?:号码?|id)?\s*(?:是|为|[:：=])?\s*@?[A-Za-z][\w\-.]{5,31}", re.IGNORECASE),
    re.compile(
        r"(?<![A-Za-z])(?:wechat|weixin|wx|vx|whats\s?app|telegram|skype)(?:\s*(?:id|号))?\s*[:：=]\s*@?[\w+][\w\-.]{3,31}",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![A-Za-z])(?:qq|扣扣)号?\s*[:：=]?\s*[1-9]\d{4,10}(?!\d)", re.IGNORECASE),
    # the web
    re.compile(r"(?:https?://|www\.)[^\s，。；）)]+", re.IGNORECASE),
)


def hide_contacts(text: str) -> str:
    """The text with every contact detail replaced by three blocks; all else to the letter."""
    folded = _folded(text)
    spans = sorted(match.span() for pattern in PATTERNS for match in pattern.finditer(folded))
    out, at = [], 0
    for start, end in spans:
        if end <= at:
            continue
        out.append(text[at : max(start, at)])
        if start >= at:
            out.append(HIDDEN)
        at = end
    out.append(text[at:])
    return "".join(out)


def has_contacts(text: str) -> bool:
    """Whether anything in the text would be hidden."""
    folded = _folded(text)
    return any(pattern.search(folded) for pattern in PATTERNS)


def _folded(text: str) -> str:
    """Full-width letters, digits and signs as their plain twins, one for one, so that places stay the same."""
    out = []
    for char in text:
        plain = unicodedata.normalize("NFKC", char)
        out.append(plain if len(plain) == 1 else char)
    return "".join(out)
