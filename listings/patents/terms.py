"""How long a right lasts: its expiry date, computed where the law is simple and known to us, unknown where it is not.

Sources: Patent Law of the PRC art. 42 (20 years for inventions, 10 for utility models, 15 for designs, each from the
filing date); designs filed before 2021-06-01 keep 10 years (interim measures of 2021, art. 10). An end set by term
compensation (Patent Law art. 42; Implementing Rules, rules 77–84) or by a disclaimer is data: it beats anything
computed here. The priority date plays no part (Implementing Rules, rule 12: "filing date" in art. 42 is the actual
one).
"""

from __future__ import annotations

from datetime import date

from marketplace.core.ruling import enforces
from marketplace.core.workdays import years_after

INVENTION, UTILITY_MODEL, DESIGN, PLANT = "invention", "utility_model", "design", "plant"
CN_DESIGN_REFORM = date(2021, 6, 1)
US_DESIGN_REFORM = date(2015, 5, 13)
CN_UTILITY_MODEL_YEARS = 10
INVENTION_YEARS = 20


@enforces("PAT-TERM-INV", "PAT-TERM-UM", "PAT-TERM-DES-NEW", "PAT-TERM-DES-OLD")
def expiry(
    office: str, kind: str, filed_on: date | None, granted_on: date | None = None, override: date | None = None
) -> date | None:
    """The day on which the right ends, so that it is in force until the day before; None where we cannot say.

    `override` wins. Inventions end 20 years from filing everywhere (TRIPS art. 33 asks for no less; shorter or longer
    ends are data). Utility models and designs follow Chinese law for CN; US designs run 15 years from grant (14 when
    filed before 2015-05-13, 35 U.S.C. 173), US plants 20 from filing. Other offices' utility models and designs stay
    unknown.
    """
    if override is not None:
        return override
    if office == "US" and kind == DESIGN:
        if granted_on is None:
            return None
        # Filed on an unknown day, a design granted after mid 2018 was almost surely filed after the reform; before,
        # unknown.
        if filed_on is None:
            return None
        return years_after(granted_on, 15 if filed_on >= US_DESIGN_REFORM else 14)
    if filed_on is None or office == "WO":
        return None
    if kind in (INVENTION, PLANT):
        return years_after(filed_on, INVENTION_YEARS)
    if office != "CN":
        return None
    if kind == UTILITY_MODEL:
        return years_after(filed_on, CN_UTILITY_MODEL_YEARS)
    if kind == DESIGN:
        return years_after(filed_on, 15 if filed_on >= CN_DESIGN_REFORM else 10)
    return None
