"""The plain-language pages about the market: their slugs, each with its title."""

from django.utils.translation import gettext_lazy as _

ABOUT = {
    "ranking": _("Rules of ranking"),
    "sources": _("Data sources"),
    "fees": _("Fees"),
    "complaints": _("Complaints and disputes"),
    "accessibility": _("Accessibility"),
}
