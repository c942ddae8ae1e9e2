"""Fields of technology behind IPC symbols: the 35 fields, in five sectors, of WIPO's IPC–technology concordance
(U. Schmoch, "Concept of a Technology Classification for Country Comparisons", 2008), at the level of subclasses.

Where the concordance parts a subclass by main groups, only the parts that move much are kept (A61K 8, G01N 33,
H04N 1, 7, 11 and 21); other groups follow their subclass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[int, str | Promise] = {
    1: _("electrical machinery and energy"),
    2: _("audio-visual technology"),
    3: _("telecommunications"),
    4: _("digital communication"),
    5: _("basic communication processes"),
    6: _("computer technology"),
    7: _("IT methods for management"),
    8: _("semiconductors"),
    9: _("optics"),
    10: _("measurement"),
    11: _("analysis of biological materials"),
    12: _("control"),
    13: _("medical technology"),
    14: _("organic fine chemistry"),
    15: _("biotechnology"),
    16: _("pharmaceuticals"),
    17: _("polymers"),
    18: _("food chemistry"),
    19: _("basic materials chemistry"),
    20: _("materials and metallurgy"),
    21: _("surface technology and coating"),
    22: _("micro- and nanotechnology"),
    23: _("chemical engineering"),
    24: _("environmental technology"),
    25: _("handling and packaging"),
    26: _("machine tools"),
    27: _("engines, pumps, turbines"),
    28: _("textile and paper machines"),
    29: _("other special machines"),
    30: _("thermal processes and apparatus"),
    31: _("mechanical elements"),
    32: _("transport"),
    33: _("furniture and games"),
    34: _("other consumer goods"),
    35: _("civil engineering"),
}
SECTORS = ((1, 8), (9, 13), (14, 24), (25, 32), (33, 35))
"""First and last field: electrical engineering, instruments, chemistry, mechanical engineering, other."""

# Letters after a class stand for its subclasses; a class alone for all that no other line claims.
_SAID: dict[int, str] = {
    1: "F21HKLSVWY H01BCFGHJKMRT H02 H05BCF H99Z",
    2: "G09FG G11B H04NRS H05K",
    3: "G08C H01PQ H04BHJKMQ H04N1 H04N7 H04N11",
    4: "H04LW H04N21",
    5: "H03",
    6: "G06 G11C G10L",
    7: "G06Q",
    8: "H01L H10",
    9: "G02 G03 H01S",
    10: "G01 G04 G12B G99Z",
    11: "G01N33",
    12: "G05 G07 G08BG G09BCD",
    13: "A61BCDFGHJLMN H05G G16H",
    14: "C07BCDFHJ C40B A61K8 A61Q",
    15: "C07GK C12MNPQRS",
    16: "A61KP",
    17: "C08BCFGHKL",
    18: "A01H A21D A23 C12CFGHJ C13BDFJK",
    19: "A01NP C05 C06 C09 C10 C11 C99Z",
    20: "B22 C01 C03C C04 C21 C22",
    21: "B05CD B32 C23 C25 C30",
    22: "B81 B82",
    23: "B01 B02C B03 B04 B05B B06B B07 B08 C14C D06BCL F25J F26 H05H",
    24: "A62CD B09 B65F C02 E01F F01N F23GJ G01T",
    25: "B25J B65 B66 B67",
    26: "B21 B23 B24 B25 B26 B27 B30",
    27: "F01 F02 F03 F04 F23R F99Z G21",
    28: "A41H A43D A46D B31 B41 C14B D01 D02 D03 D04 D05 D06 D21 D99Z",
    29: "A01 A21 A22 A23NP B02 B28 B29 B99Z C03B C08J C12L C13CGH F41 F42",
    30: "F22 F23 F24 F25BC F27 F28",
    31: "F15 F16 F17 G05G",
    32: "B60 B61 B62 B63 B64",
    33: "A47 A63",
    34: "A24 A41 A42 A43 A44 A45 A46 A62B A99Z B42 B43 B44 B68 D04D D06FN D07 F25D G10",
    35: "E01 E02 E03 E04 E05 E06 E21",
}
_PIECE = re.compile(r"([A-H][0-9]{2})([A-Z]*)([0-9]*)")
_SYMBOL = re.compile(r"([A-H][0-9]{2})([A-Z])?\s*([0-9]{1,4})?")


def _spelled_out() -> dict[str, int]:
    table: dict[str, int] = {}
    for field, said in _SAID.items():
        for piece in said.split():
            matched = _PIECE.fullmatch(piece)
            if matched is None:
                raise ValueError(f"no IPC symbols: {piece!r}")
            class_, subclasses, group = matched.groups()
            for symbol in (class_ + letter + group for letter in subclasses or [""]):
                table[symbol] = field
    return table


_FIELD_OF = _spelled_out()


@lru_cache(maxsize=20_000)
def field_of(symbol: str) -> int | None:
    """The field of one IPC symbol in any spelling ("H01M 10/0525", "H01M10"), or None for what is no symbol."""
    matched = _SYMBOL.match(symbol.strip().upper())
    if matched is None:
        return None
    class_, subclass, group = matched.groups(default="")
    for key in (class_ + subclass + group.lstrip("0"), class_ + subclass, class_):
        if key in _FIELD_OF:
            return _FIELD_OF[key]
    return None


def fields_of(symbols: Iterable[str]) -> frozenset[int]:
    return frozenset(field for symbol in symbols if (field := field_of(symbol)) is not None)


def sector_of(field: int) -> int:
    """0–4, the place of the field's sector in `SECTORS`."""
    return next(at for at, (first, last) in enumerate(SECTORS) if first <= field <= last)
