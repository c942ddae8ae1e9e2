"""Names of countries by their two letters (ISO 3166-1, and ST.3 for those that are gone): those the market is likely to
meet; others show their code."""

from django.utils.translation import gettext_lazy as _

NAMES = {
    "CN": _("China"),
    "US": _("United States"),
    "JP": _("Japan"),
    "KR": _("Republic of Korea"),
    "DE": _("Germany"),
    "GB": _("United Kingdom"),
    "FR": _("France"),
    "TW": _("Taiwan, China"),
    "HK": _("Hong Kong, China"),
    "MO": _("Macao, China"),
    "CA": _("Canada"),
    "AU": _("Australia"),
    "IN": _("India"),
    "RU": _("Russian Federation"),
    "SU": _("Soviet Union (until 1991)"),
    "BR": _("Brazil"),
    "MX": _("Mexico"),
    "IT": _("Italy"),
    "ES": _("Spain"),
    "PT": _("Portugal"),
    "NL": _("Netherlands"),
    "BE": _("Belgium"),
    "LU": _("Luxembourg"),
    "CH": _("Switzerland"),
    "AT": _("Austria"),
    "SE": _("Sweden"),
    "NO": _("Norway"),
    "DK": _("Denmark"),
    "FI": _("Finland"),
    "IE": _("Ireland"),
    "PL": _("Poland"),
    "CZ": _("Czechia"),
    "HU": _("Hungary"),
    "GR": _("Greece"),
    "TR": _("Türkiye"),
    "UA": _("Ukraine"),
    "IL": _("Israel"),
    "SA": _("Saudi Arabia"),
    "AE": _("United Arab Emirates"),
    "ZA": _("South Africa"),
    "EG": _("Egypt"),
    "SG": _("Singapore"),
    "MY": _("Malaysia"),
    "TH": _("Thailand"),
    "VN": _("Viet Nam"),
    "ID": _("Indonesia"),
    "PH": _("Philippines"),
    "NZ": _("New Zealand"),
    "AR": _("Argentina"),
    "CL": _("Chile"),
    "DD": _("German Democratic Republic (until 1990)"),
    "CS": _("Czechoslovakia (until 1992)"),
}


def country_word(code: str) -> str:
    """The country in the active language, or its code when it is none we name."""
    return str(NAMES.get(code, code))
