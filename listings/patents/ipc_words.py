"""The eight sections of the International Patent Classification in our own short words; finer levels show their
symbol."""

from django.utils.translation import gettext_lazy as _

SECTIONS = {
    "A": _("A Daily needs, health"),
    "B": _("B Processes, transport"),
    "C": _("C Chemistry, materials"),
    "D": _("D Textiles, paper"),
    "E": _("E Building, mining"),
    "F": _("F Machines, heat, light"),
    "G": _("G Physics, computing"),
    "H": _("H Electricity"),
}


def ipc_word(symbol: str) -> str:
    """A facet value of any level in words."""
    return str(SECTIONS.get(symbol, symbol))
