"""Names of patent offices for readers: those whose documents the register is likely to meet; others show their code."""

from django.utils.translation import gettext_lazy as _

from marketplace.core import countries

NAMES = {
    **countries.NAMES,
    "EP": _("European Patent Office"),
    "WO": _("WIPO (PCT)"),
    "EA": _("Eurasian Patent Organization"),
    "AP": _("African Regional IP Organization"),
    "OA": _("African IP Organization (OAPI)"),
    "EM": _("European Union IP Office"),
    "GC": _("Gulf Cooperation Council"),
    "IB": _("WIPO, International Bureau"),
}


def office_word(code: str) -> str:
    """The office in words with its ST.3 code, or the bare code."""
    name = NAMES.get(code)
    return f"{name} {code}" if name else code
