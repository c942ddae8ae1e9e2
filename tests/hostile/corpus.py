"""What people who mean harm, and people who paste carelessly, put into fields."""

from __future__ import annotations

import re

from lxml import html

MARK = "zqx7"
"""Stands in every payload, so that a page that shows one can be told from a page that does not."""

TEXTS = {
    "script": f"<script>{MARK}(1)</script>",
    "attribute": f'"><img src=x onerror={MARK}(2)>',
    "quote": f"' onmouseover='{MARK}(3)' x='",
    "svg": f"<svg/onload={MARK}(4)>",
    "address": f"javascript:{MARK}(5)",
    "close": f"</textarea></title></script><b {MARK}>",
    "json": f"</script><script>{MARK}(6)</script>\u2028\u2029",
    "template": f"{{{{7*7}}}}{{% {MARK} %}}${{7*7}}#{{7*7}}<%= 7*7 %>",
    "percent": f"%s%(x)s%d{MARK}%n{{0}}{{x.__class__}}",
    "sql": f"{MARK}'; DROP TABLE core_event; --",
    "sql_or": f"{MARK}' OR '1'='1",
    "nul": f"{MARK}\x00after",
    "control": f"{MARK}\x01\x08\x0b\x1b[31m\x7f",
    "newline": f"{MARK}\r\nBcc: all@people.test\r\n\r\n<b>",
    "rtl": f"{MARK}\u202egnp.exe\u202c\u2066\u2069",
    "zero_width": f"{MARK}\u200b\u200d\ufeff\u2060",
    "full_width": f"{MARK}ＺＬ２０１９１０５２６３１４．８＜script＞",
    "surrogates": f"{MARK}\U0001f469\u200d\U0001f52c\U000e0041\ufffe",
    "combining": MARK + "Z̴̢" * 60,
    "long": f"{MARK}" + "长" * 100_000,
    "formula": f'=HYPERLINK("http://evil.test/{MARK}","x")',
    "plus": f"+{MARK}+1",
    "minus": f"-{MARK}-1",
    "at": f"@SUM({MARK})",
    "tab": f"\t={MARK}",
    "return": f"\r={MARK}",
    "full_width_formula": f"＝{MARK}",
    "path": f"../../../../etc/passwd%00{MARK}",
    "empty": "   \u3000\xa0",
}
NUMBERS = ["1" + "0" * 30, "-1", "NaN", "Infinity", "1e400", "１２３", "9" * 300, "1.005"]
DATES = ["0000-00-00", "9999-12-31", "10000-01-01", "２０２６-01-01"]


def runs(page: str) -> str:
    """What on an HTML page came to life of a payload: an element, a handler, an address; empty when all is text."""
    if MARK not in page:
        return ""
    for one in html.document_fromstring(page.encode()).iter():
        if not isinstance(one.tag, str):
            continue
        held = {name.lower(): value for name, value in one.attrib.items()}
        if one.tag == "script" and MARK in (one.text or "") and "json" not in held.get("type", ""):
            return f"script: {one.text:.80}"
        if MARK in one.tag or any(MARK in name for name in held):
            return f"<{one.tag} {held}>"
        for name, value in held.items():
            if name.startswith("on") or name == "style":
                return f"{one.tag} {name}={value:.80}"
            if name in ("href", "src", "action", "formaction") and value.strip().lower().startswith(
                ("javascript:", "data:text")
            ):
                return f"{one.tag} {name}={value:.80}"
        if one.tag == "svg" and any("onload" in name for name in held):
            return "svg"
    return ""


#: A template expression that was computed.
COMPUTED = re.compile(r"(?<!\d)49(?!\d)[^<]{0,3}\$?\{?" + MARK)
FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠\t\r]")
