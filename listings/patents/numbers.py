"""Patent numbers: reading any spelling, checking it, and writing it one way.

Canonical forms (bare, the office stands beside them; WIPO ST.3 for offices, ST.16 for kind codes):

- CN application ``201910526314.8`` or ``97101765.4`` (ZC 0006-2003: body, point, check digit); publication
  ``104968889``.
- US application ``13/653045`` (series/serial), publication ``20130101709``, grant ``9254383``, ``D652271``,
  ``RE33508``.
- WO publication ``2014059282``; international application ``PCT/US2013/064552``.
- EP publication of seven digits, application of eight without its check digit.
- KR without the ``10-`` of inventions (``20040020104``), with the ``20`` of utility models; JP with the era letter if
  given.
- Any other office: capital letters and digits, separators removed.

Search services write some applications their own way (the "docdb" form: year before the US series, CN without check
digit); ``docdb=True`` reads those.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from operator import mul
from types import MappingProxyType
from typing import NamedTuple

from .offices import DESIGN, INVENTION, OFFICES, OTHER, PLANT, UTILITY_MODEL, is_grant_code, right_of
from .us_applications import US_SERIES_CODES, right_of_series, us_application, us_application_from_docdb

MAX_LENGTH = 80

APPLICATION, PUBLICATION, GRANT, UNKNOWN = "application", "publication", "grant", "unknown"

# ZC 0008 and the older practice: A applications, B and C inventions, U and Y utility models, S and D designs.
_CN_KIND_CODES = frozenset(
    [*"ABCDSTUY", "A8", "A9", "B8", "B9", "D8", "D9", "U8", "U9"]
    + [f"{letter}{digit}" for letter in "CSY" for digit in range(1, 10)]
)
_CN_TYPES = {"1": INVENTION, "2": UTILITY_MODEL, "3": DESIGN, "8": INVENTION, "9": UTILITY_MODEL}
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_ZEROS = {length: ord("0") * sum(_WEIGHTS[:length]) for length in (8, 12)}  # what the codes of the digits add

_COUNTRY_SEPARATORS = re.compile(r"[\s,'·_]+")
_LABEL = re.compile(
    r"^(?:专利申请号|专利号|申请号|公开号|公告号|公开公告号|PATENT|PUBLICATION|APPLICATION|APPL?)?\s*(?:NUMBER|NO|NR|号)?[.:#]?\s*",
)
_LABELS = ("PATENT", "PUBL", "APPL", "NUMBER", "NO.", "NO ")
_SIMPLE = re.compile(r"^([A-Z]{2})[ \-]?([0-9]{4,12})[ \-]?([A-Z][0-9]?)$")
_NOT_SIMPLE = frozenset(["CN", "WO", "US", "EP", "AU", "KR", "RU", "DE", "GB"])
_TRAILING_DATE = re.compile(r"(?<=[A-Z][0-9])\s+[0-9]{8}$")
_KIND_TAIL = re.compile(r"^(.*[0-9]|.*[0-9][A-Z])[\s\-_./]*([A-Z][0-9]?)$")
_PCT = re.compile(r"^PCT/?([A-Z]{2})/?([0-9]{2}|(?:19|20)[0-9]{2})/?0*([0-9]{1,6})$")
_CN_APPLICATION = re.compile(r"^([0-9]{12}|[0-9]{8})\.?([0-9X])$")
_YEAR_SERIAL = re.compile(r"^((?:19|20)[0-9]{2})[/\-]?([0-9]+)$")
_US_SERIES = re.compile(r"^([0-9]{2})[/\-]([0-9]{3}\.?[0-9]{3})$")
_US_PREFIXED = re.compile(r"^(D|RE|PP|H|T|AI|X|RX)0*([0-9]+)$")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－ー"), "-")
_ALNUM = re.compile(r"[^A-Z0-9]+")
_DIGIT = re.compile(r"[0-9]")


class NumberError(ValueError):
    """A number that cannot be taken. ``code``: no_number, too_long, no_office, unknown_office, bad_number,
    bad_kind_code or check_digit (params ``given``, ``expected``, ``number``)."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, str] = MappingProxyType(params)


class Number(NamedTuple):
    """A number that was understood. ``kind`` says what it numbers; ``right`` the sort of right, when the number
    tells."""

    office: str
    kind: str
    canonical: str
    kind_code: str = ""
    check: str = ""
    right: str = ""
    is_zl: bool = False  # written with ZL: the holder says the patent is granted

    @property
    def id(self) -> str:
        """Office, number and kind code joined by hyphens, as family lists hold them."""
        return document_id(self.office, self.canonical, self.kind_code)


def document_id(office: str, canonical: str, kind_code: str = "") -> str:
    return f"{office}-{canonical}-{kind_code}" if kind_code else f"{office}-{canonical}"


def check_digit(body: str) -> str:
    """The check digit of a Chinese application number body of 8 or 12 digits (ZC 0006-2003): weights 2…9, then 2…5
    again, sum modulo 11, ten written X. Raises NumberError for any other body."""
    if len(body) not in (8, 12) or not (body.isascii() and body.isdigit()):
        raise NumberError("bad_number", given=body[:MAX_LENGTH])
    remainder = (sum(map(mul, body.encode(), _WEIGHTS)) - _ZEROS[len(body)]) % 11
    return "X" if remainder == 10 else str(remainder)


def clean(text: str) -> str:
    """Upper case, compatibility forms folded (full-width digits), marks that only steer direction or joining removed.

    Raises NumberError too_long before doing any work on text that no number can be, no_number when nothing is left."""
    if len(text) > MAX_LENGTH:
        raise NumberError("too_long", limit=str(MAX_LENGTH))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc")).translate(_DASHES)
    text = text.strip().upper()
    if not text:
        raise NumberError("no_number")
    return text


def parse(text: str, office_hint: str | None = None, expect: str | None = None, *, docdb: bool = False) -> Number:
    """Read a number in any usual spelling.

    ``office_hint`` (ST.3) is used when the text names no office; ``expect`` says which number a column holds
    (``application`` or ``publication``) and settles what the digits alone leave open. Raises NumberError.
    """
    if expect != APPLICATION and (simple := _SIMPLE.match(text)) is not None and len(text) <= MAX_LENGTH:
        common = _simple(simple[1], simple[2], simple[3])
        if common is not None:
            return common
    s = clean(text)
    if not s.isascii() or s.startswith(_LABELS):
        s = _LABEL.sub("", s, count=1) or s
    if " " in s:
        s = _TRAILING_DATE.sub("", s)
    compact = s if s.isalnum() else _COUNTRY_SEPARATORS.sub("", s)
    if compact.startswith("PCT"):
        return _pct(compact, text)
    office, rest, is_zl = _office_of(compact, office_hint)
    if not _DIGIT.search(rest):
        raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])
    if rest.startswith("PCT"):
        return _pct(rest, text)
    number, kind_code = _split_kind(rest)
    if office == "CN" and not (docdb and kind_code == "W"):
        return _cn(rest, expect, is_zl, text)
    if (
        docdb and expect == APPLICATION and kind_code == "W"
    ):  # the receiving office, then the year and number of a PCT filing
        return _pct_docdb(office, number, text)
    if office == "US":
        return _us(number, kind_code, expect, docdb)
    if office == "WO":
        return _wo(number, kind_code, expect, text)
    right = right_of(office, kind_code)
    kind = expect or (PUBLICATION if kind_code else UNKNOWN)
    if office == "EP":
        return _ep(number, kind_code, kind, right)
    if office == "JP":
        number = _pad_year_serial(number, 6)
    elif office == "AU":
        number = _pad_au(number)
    elif office == "KR":
        number, right = _kr(number, kind_code, right)
    elif office in ("DE", "GB"):  # their applications carry a check digit after a point, which other sources leave out
        number = number.split(".", 1)[0] if re.fullmatch(r"[0-9\s]+\.[0-9]", number) else number
    elif office == "RU":
        number = number.lstrip("0")
    canonical = _ALNUM.sub("", number)
    if not canonical or len(canonical) > 20:
        raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])
    return Number(office, kind, canonical, kind_code, right=right)


def _simple(office: str, digits: str, kind_code: str) -> Number | None:
    """The commonest spelling, read without ado: office, plain digits and kind code where no rule changes the digits."""
    if office not in OFFICES:
        return None
    length = len(digits)
    if office in _NOT_SIMPLE and not (
        (office == "US" and length in (7, 8) and digits[0] != "0")
        or (office == "EP" and length == 7)
        or (office == "CN" and length == 9 and kind_code in _CN_KIND_CODES)
        or (office in ("DE", "GB") and length >= 7)
    ):
        return None
    return Number(office, PUBLICATION, digits, kind_code, "", right_of(office, kind_code))


def _office_of(compact: str, hint: str | None) -> tuple[str, str, bool]:
    head = compact[:2]
    if head == "ZL":
        return "CN", compact[2:].lstrip(".:-"), True
    if head in OFFICES:
        rest = compact[2:].lstrip(".:-/")
        if rest[:2] == "ZL":
            return head, rest[2:].lstrip(".:-"), True
        return head, rest, False
    if head.isalpha() and head.isascii() and head not in ("RE", "PP", "AI", "RX"):
        # A prefix that is no office is an error, unless the hinted office numbers with letters itself (JP eras, IT
        # towns).
        if hint and hint not in ("CN", "EP", "WO"):
            return _known(hint), compact, False
        raise NumberError("unknown_office", given=head)
    if hint:
        return _known(hint), compact, False
    if _US_PREFIXED.match(_split_kind(compact)[0]) or _US_SERIES.match(compact):
        return "US", compact, False
    if re.fullmatch(r"(?:19|20)[0-9]{2}/[0-9]{7}(?:[A-Z][0-9]?)?", compact):
        return "US", compact, False
    if re.fullmatch(r"(?:19|20)[0-9]{2}/[0-9]{6}(?:[A-Z][0-9]?)?", compact):
        return "WO", compact, False
    if _CN_APPLICATION.match(compact) or re.fullmatch(r"[0-9]{12}|[0-9]{9}[A-Z]?", compact):
        return "CN", compact, False
    raise NumberError("no_office", given=compact)


def _known(office: str) -> str:
    office = office.upper()
    if office not in OFFICES:
        raise NumberError("unknown_office", given=office[:MAX_LENGTH])
    return office


def _split_kind(rest: str) -> tuple[str, str]:
    if rest[-1:] in "0123456789" and rest[-2:-1].isdigit():
        return rest, ""
    match = _KIND_TAIL.match(rest)
    if match is None:
        return rest, ""
    return match[1], match[2]


def _cn(rest: str, expect: str | None, is_zl: bool, text: str) -> Number:
    given = text.strip()[:MAX_LENGTH]
    rest = rest.replace("-", "").replace("/", "")
    wants_application = is_zl or expect == APPLICATION
    number, kind_code = rest, ""
    match = _CN_APPLICATION.match(rest)
    if match is None and not rest.isdigit():
        number, kind_code = _split_kind(rest)
        match = _CN_APPLICATION.match(number)
        if kind_code and kind_code not in _CN_KIND_CODES and not wants_application:
            raise NumberError("bad_kind_code", office="CN", given=kind_code)
    if match is not None:
        # Nine digits without a point are a publication number unless the column or ZL says otherwise.
        nine_bare_digits = len(number) == 9 and "." not in number and match[2] != "X"
        if wants_application or not nine_bare_digits:
            return _cn_application(match[1], match[2], is_zl, given)
    could_be_old = len(number) == 8 and (wants_application or (expect is None and not kind_code))
    if (len(number) == 12 or could_be_old) and number.isdigit():  # written without its check digit
        try:
            return _cn_application(number, "", is_zl, given)
        except NumberError:
            if wants_application or len(number) == 12:
                raise
    if wants_application or not number.isdigit() or not 7 <= len(number) <= 9:
        raise NumberError("bad_number", given=given)
    right = right_of("CN", kind_code)
    if not right and len(number) == 9:  # since 2007 the first digit tells: 1 inventions, 2 utility models, 3 designs
        right = _CN_TYPES.get(number[0], "") if number[0] in "123" else ""
    return Number("CN", PUBLICATION, number, kind_code, right=right)


def _cn_application(body: str, check: str, is_zl: bool, given: str) -> Number:
    long_form = len(body) == 12
    year = int(body[:4]) if long_form else int(body[:2])
    right = _CN_TYPES.get(body[4] if long_form else body[2], "")
    # The long form began on 2003-10-01; the short one runs from 1985 to that day.
    if not right or (long_form and not 2003 <= year <= 2099) or (not long_form and 3 < year < 85):
        raise NumberError("bad_number", given=given)
    expected = check_digit(body)
    if check and check != expected:
        raise NumberError("check_digit", given=check, expected=expected, number=given)
    return Number("CN", APPLICATION, f"{body}.{expected}", "", expected, right, is_zl)


def _us(number: str, kind_code: str, expect: str | None, docdb: bool) -> Number:
    right = right_of("US", kind_code)
    series = _US_SERIES.match(number)
    if series is not None and expect != PUBLICATION:
        return Number(
            "US", APPLICATION, f"{series[1]}/{series[2].replace('.', '')}", "", right=right_of_series(series[1])
        )
    digits = _ALNUM.sub("", number)
    if expect == APPLICATION:
        canonical = us_application_from_docdb(digits, kind_code) if docdb else us_application(digits)
        return Number("US", APPLICATION, canonical, "", right=right_of_series(canonical))
    prefixed = _US_PREFIXED.match(digits)
    if prefixed is not None:
        own = {"D": DESIGN, "PP": PLANT, "H": OTHER, "T": OTHER}.get(prefixed[1], INVENTION)
        return Number("US", GRANT if not kind_code else PUBLICATION, prefixed[1] + prefixed[2], kind_code, right=own)
    if not digits.isdigit() or len(digits) > 12:
        raise NumberError("bad_number", given=number)
    if len(digits) in (10, 11) and digits[:2] in ("19", "20"):
        # Search services drop the first of the seven serial digits; the office writes all seven.
        return Number("US", PUBLICATION, f"{digits[:4]}{digits[4:]:0>7}", kind_code, right=right)
    if len(digits) == 12 and digits[:2] in ("19", "20") and digits[4:6] in US_SERIES_CODES and not kind_code:
        return Number("US", APPLICATION, f"{digits[4:6]}/{digits[6:]}", "", right=right_of_series(digits[4:6]))
    grant = digits.lstrip("0")
    if not grant or len(grant) > 8:
        raise NumberError("bad_number", given=number)
    return Number("US", PUBLICATION if kind_code or expect == PUBLICATION else GRANT, grant, kind_code, right=right)


def _wo(number: str, kind_code: str, expect: str | None, text: str) -> Number:
    number = number.lstrip("/")
    if expect == APPLICATION or re.match(r"^(?:19|20)?[0-9]{2}[A-Z]{2}", number):
        match = re.match(r"^((?:19|20)?[0-9]{2})([A-Z]{2})/?0*([0-9]{1,6})$", number)
        if match is None:
            raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])
        return _pct(f"PCT{match[2]}{match[1]}/{match[3]}", text)
    short = re.match(r"^([0-9]{2})/([0-9]{5,6})$", number)
    digits = number.replace("/", "").replace("-", "").replace(".", "")
    if not digits.isdigit() or not 7 <= len(digits) <= 11:
        raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])
    if short is not None or len(digits) == 7:
        year, serial = _century(digits[:2]), digits[2:]
    else:
        year, serial = digits[:4], digits[4:].lstrip("0")
    if year[:2] not in ("19", "20") or len(serial) > 6:
        raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])
    return Number("WO", PUBLICATION, f"{year}{serial:0>6}", kind_code, right=INVENTION)


def _century(two_digits: str) -> str:
    """International filing began in 1978: 78…99 is the last century."""
    return ("19" if int(two_digits) >= 78 else "20") + two_digits


def _pct(compact: str, text: str) -> Number:
    match = _PCT.match(compact)
    if match is None or match[1] not in OFFICES:
        raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])
    year = match[2] if len(match[2]) == 4 else _century(match[2])
    return Number("WO", APPLICATION, f"PCT/{match[1]}{year}/{match[3]:0>6}", right=INVENTION)


def _pct_docdb(receiving: str, number: str, text: str) -> Number:
    digits = _ALNUM.sub("", number)
    if digits.isdigit() and len(digits) == 7:
        return _pct(f"PCT{receiving}{digits[:2]}/{digits[2:]}", text)
    if digits.isdigit() and 9 <= len(digits) <= 11:
        return _pct(f"PCT{receiving}{digits[:4]}/{digits[4:]}", text)
    raise NumberError("bad_number", given=text.strip()[:MAX_LENGTH])


def _ep(number: str, kind_code: str, kind: str, right: str) -> Number:
    body, _, check = number.partition(".")
    digits = _ALNUM.sub("", body)
    if not digits.isdigit() or len(digits) not in (*range(1, 10), 11):
        raise NumberError("bad_number", given=number)
    if kind == APPLICATION or check or (kind == UNKNOWN and len(digits) in (8, 9)):
        if len(digits) == 11 and digits[:2] in ("19", "20"):  # year and seven digits, as one search service writes it
            digits = digits[2:4] + digits[5:]
        digits = digits[:8] if len(digits) == 9 else digits.zfill(8)
        return Number("EP", APPLICATION, digits, "", check, right=INVENTION)
    if len(digits.lstrip("0")) > 7:
        raise NumberError("bad_number", given=number)
    return Number("EP", PUBLICATION, digits.lstrip("0").zfill(7), kind_code, right=right or INVENTION)


def _pad_year_serial(number: str, width: int) -> str:
    match = _YEAR_SERIAL.match(number) if ("-" in number or "/" in number) else None
    return f"{match[1]}{match[2]:0>{width}}" if match else number


def _pad_au(number: str) -> str:
    match = _YEAR_SERIAL.match(number)
    return f"{match[1]}{match[2]:0>6}" if match and len(match[2]) in (5, 6) else number


def _kr(number: str, kind_code: str, right: str) -> tuple[str, str]:
    digits = _ALNUM.sub("", number)
    if len(digits) == 13 and digits.isdigit():
        right = {"10": INVENTION, "20": UTILITY_MODEL, "30": DESIGN}.get(digits[:2], right)
        return (digits[2:] if digits[:2] == "10" else digits), right
    if len(digits) == 11 and kind_code[:1] in ("U",) and digits[:2] in ("19", "20"):
        return "20" + digits, UTILITY_MODEL
    return digits, right


def looks_like_number(text: str) -> bool:
    """Whether a search phrase is worth trying as a number first: at least five digits, few letters, and it parses."""
    if len(text) > MAX_LENGTH:
        return False
    try:
        s = clean(text)
    except NumberError:
        return False
    digits = len(_DIGIT.findall(s))
    letters = sum(1 for c in s if c.isalpha())
    if digits < 5 or letters > 8 or digits < letters:
        return False
    return bool(spellings(text))


def spellings(text: str) -> list[Number]:
    """Every reading a bare number may have, likeliest first: the search bar tries them all. Empty when there is
    none."""
    found: list[Number] = []
    attempts: list[tuple[str | None, str | None]] = [(None, None), (None, APPLICATION), (None, PUBLICATION)]
    try:
        s = clean(text)
    except NumberError:
        return found
    if s[0].isdigit():
        attempts += [
            ("CN", None),
            ("CN", APPLICATION),
            ("CN", PUBLICATION),
            ("US", None),
            ("WO", PUBLICATION),
            ("EP", PUBLICATION),
            ("EP", APPLICATION),
        ]
    for hint, expect in attempts:
        try:
            number = parse(text, hint, expect)
        except NumberError:
            continue
        if all((n.office, n.canonical) != (number.office, number.canonical) for n in found):
            found.append(number)
    return found


def publication(text: str, office: str | None = None, kind_code: str = "") -> Number:
    """A publication number whose kind code stands in a column of its own; the column wins over none in the text."""
    number = parse(text, office, PUBLICATION)
    code = kind_code.strip().upper()
    if not code or number.kind_code or number.kind != PUBLICATION:
        return number
    return number._replace(kind_code=code, right=right_of(number.office, code) or number.right)


def format_number(office: str, canonical: str, kind_code: str = "", *, is_granted: bool = False) -> str:
    """How a number is shown. A Chinese application number carries ZL once granted and CN before (ZC 0006-2003)."""
    if canonical.startswith("PCT/"):
        return canonical
    tail = f" {kind_code}" if kind_code else ""
    if office == "CN" and "." in canonical:
        return f"{'ZL' if is_granted else 'CN'} {canonical}"
    if office == "WO" and len(canonical) == 10:
        return f"WO {canonical[:4]}/{canonical[4:]}{tail}"
    if office == "US" and canonical.isdigit():
        if len(canonical) == 11:
            return f"US {canonical[:4]}/{canonical[4:]}{tail}"
        return f"US {int(canonical):,}{tail}"
    return f"{office} {canonical}{tail}"


__all__ = [
    "APPLICATION",
    "DESIGN",
    "GRANT",
    "INVENTION",
    "OTHER",
    "PLANT",
    "PUBLICATION",
    "UNKNOWN",
    "UTILITY_MODEL",
    "Number",
    "NumberError",
    "check_digit",
    "clean",
    "document_id",
    "format_number",
    "is_grant_code",
    "looks_like_number",
    "parse",
    "publication",
    "right_of",
    "spellings",
    "us_application",
]
