"""Patent offices (WIPO ST.3) and what a kind code (WIPO ST.16) tells of the document it stands on."""

from __future__ import annotations

from functools import lru_cache

INVENTION, UTILITY_MODEL, DESIGN, PLANT, OTHER = "invention", "utility_model", "design", "plant", "other"

# WIPO ST.3: states and territories, then organisations, then codes of states that are no more.
OFFICES = frozenset(
    " ".join(
        (
            "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BQ BR BS BT BV BW BY BZ CA",
            "CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FO FR",
            "GA GB GD GE GG GH GI GL GM GN GQ GR GS GT GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP",
            "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MP MR",
            "MS MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PT PW PY QA RO RS RU RW SA SB",
            "SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG",
            "US UY UZ VA VC VE VG VN VU WS XK YE ZA ZM ZW AP BX EA EM EP GC IB OA QZ WO XN XU XV XX AN BU CS DD DL",
            "DT RH SU YD YU ZR",
        )
    ).split()
)


@lru_cache(maxsize=1024)
def right_of(office: str, kind_code: str) -> str:
    """The sort of right a kind code tells (ST.16), or "" when it does not tell."""
    if not kind_code:
        return ""
    letter = kind_code[0]
    if office == "US":
        return {
            "S": DESIGN,
            "P": PLANT,
            "H": OTHER,
            "A": INVENTION,
            "B": INVENTION,
            "C": INVENTION,
            "E": INVENTION,
            "F": INVENTION,
        }.get(letter, "")
    if letter == "D" and office == "CN":  # designs until 1993
        return DESIGN
    return {
        "A": INVENTION,
        "B": INVENTION,
        "C": INVENTION,
        "T": INVENTION,
        "U": UTILITY_MODEL,
        "Y": UTILITY_MODEL,
        "S": DESIGN,
        "P": PLANT if office == "US" else INVENTION,
    }.get(letter, "")


@lru_cache(maxsize=1024)
def is_grant_code(office: str, kind_code: str, year: int = 0) -> bool:
    """Whether a document of this kind is the grant itself. US used a bare A for grants until 2001."""
    if office == "CN":
        return bool(kind_code) and (kind_code[0] in "BCUYS" or kind_code[0] == "D")
    if office == "US":
        if kind_code == "A":
            return year < 2001
        return kind_code[:1] in ("B", "S", "E", "H") or kind_code in ("P", "P2", "P3")
    if office in ("EP", "EA", "KR", "AU", "RU", "JP"):
        return kind_code[:1] in ("B", "C")
    return False
