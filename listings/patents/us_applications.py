"""US application numbers: the office's series and serial, and how search services rewrite them."""

from __future__ import annotations

from .offices import DESIGN

US_SERIES_CODES = frozenset(
    [
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        *map(str, range(10, 20)),
        "29",
        "35",
        "60",
        "61",
        "62",
        "63",
        "90",
        "95",
        "96",
    ]
)


def right_of_series(series: str) -> str:
    return DESIGN if series in ("29", "35") or series[:3] in ("29/", "35/") else ""


def us_application(digits: str) -> str:
    """The office's own form, two digits of series and six of serial, as ``13/653045``; anything else stays as it is."""
    if len(digits) == 8 and digits[:2] in US_SERIES_CODES:
        return f"{digits[:2]}/{digits[2:]}"
    if len(digits) == 12 and digits[:2] in ("19", "20"):
        return us_application_from_docdb(digits)
    return digits


def us_application_from_docdb(digits: str, kind_code: str = "") -> str:
    """Docdb writes ``YYYYSSNNNNNN`` since about 2010 and ``NNNNNNYY`` before, without the series; its short form
    writes the older ones ``YYYY0NNNNNN``.

    The series of an old one follows from its year and, in a year when the series changed, from the serial: the old
    series ended near 999,999 and the new one began at 1. Where that leaves doubt the docdb form is kept, which no
    office form can equal because that holds a slash.
    """
    if len(digits) == 12 and digits.isdigit() and digits[4:6] in US_SERIES_CODES:
        return f"{digits[4:6]}/{digits[6:]}"
    if len(digits) == 11 and digits.isdigit() and digits[:2] in ("19", "20") and digits[4] == "0":
        restored = us_application_from_docdb(digits[5:] + digits[2:4], kind_code)
        return restored if "/" in restored else digits
    if digits.isdigit() and 5 <= len(digits) <= 8:
        serial, year = digits[:-2].zfill(6), int(digits[-2:])
        year += 1900 if year > 30 else 2000
        if series := _us_series(kind_code, year, int(serial)):
            return f"{series}/{serial}"
    return digits


# Years whose applications all carry one series, and years in which the series changed (USPTO, series codes by filing
# date).
_US_WHOLE_YEARS = {
    **dict.fromkeys(range(1971, 1979), "05"),
    **dict.fromkeys(range(1980, 1987), "06"),
    **dict.fromkeys(range(1988, 1992), "07"),
    **dict.fromkeys(range(1994, 1997), "08"),
    **dict.fromkeys(range(1998, 2001), "09"),
    **dict.fromkeys(range(2002, 2004), "10"),
    **dict.fromkeys(range(2005, 2007), "11"),
    **dict.fromkeys(range(2008, 2010), "12"),
}
_US_TURNS = {
    1979: ("05", "06"),
    1987: ("06", "07"),
    1992: ("07", "08"),
    1993: ("07", "08"),
    1997: ("08", "09"),
    2001: ("09", "10"),
    2004: ("10", "11"),
    2007: ("11", "12"),
    2010: ("12", "13"),
}


def _us_series(kind_code: str, year: int, serial: int) -> str:
    """The series of an application filed in a year, or "" when that is not certain."""
    if kind_code == "P":  # provisionals exist since June 1995
        turn = {2007: ("60", "61")}.get(year)
        whole = "60" if 1995 <= year <= 2006 else "61" if 2008 <= year <= 2010 else ""
    elif kind_code == "F" and year > 1992:  # designs have a series of their own since October 1992
        return "29"
    else:
        turn, whole = _US_TURNS.get(year), _US_WHOLE_YEARS.get(year, "")
    if turn is None:
        return whole
    return turn[0] if serial >= 500_000 else turn[1] if serial < 200_000 else ""
