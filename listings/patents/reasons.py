"""Why a record was not taken, and how a status is known, in words people can act on. Codes and params come from
readers, numbers and the import; sentences are made when they are read, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: Mapping[str, Promise] = {
    "no_number": _("No application, publication or patent number was found in this record. Fill in one of them."),
    "bad_number": _("“%(given)s” is not a number of a known form. Compare it with the certificate or the gazette."),
    "check_digit": _("Check digit does not fit: the last digit should be %(expected)s, you typed %(given)s."),
    "bad_kind_code": _("“%(given)s” is not a kind code that this office uses. Leave it empty if you are not sure."),
    "unknown_office": _("“%(given)s” is not the code of a patent office (WIPO ST.3)."),
    "no_office": _("The number does not say which office it is from. Put the country code before it, such as CN."),
    "too_long": _("The number is longer than any patent number can be."),
    "numbers_disagree": _(
        "This row names two patents: %(number)s as application and %(other)s as patent. Correct one of them."
    ),
    "bad_date": _("“%(value)s” in column “%(column)s” is not a date. Write it as 2024-01-15."),
    "bad_share": _(
        "“%(value)s” is not a set of shares: name and percentage for each owner, no more than 100%% together."
    ),
    "too_many_cells": _("The row has more cells than we read. Look for stray commas or missing quotes."),
    "cell_too_large": _("A cell of this row is larger than we read. Shorten it."),
    "nul_byte": _("The row holds characters that no text has. Save the file again as CSV in UTF-8."),
    "bad_row": _("The row could not be read as cells. Look for missing or doubled quotes."),
    "unclosed_quote": _("A quotation mark opens in this row and is never closed."),
    "bad_encoding": _("The text is neither UTF-8 nor GB18030. Save the file again as CSV in UTF-8."),
    "bad_xml": _("The document is not well-formed XML."),
    "entities": _("The document declares entities or a document type, which we do not read."),
    "prolog_too_large": _("What stands before the document is larger than we read."),
    "too_large": _("The document is larger than we read."),
    "bomb": _("The file unpacks to far more than its size allows, so it was not opened."),
    "nested_too_deep": _(
        "There are archives inside archives inside archives. Unpack the file and send what is inside."
    ),
    "damaged_archive": _("The archive is damaged. Pack it again."),
    "damaged_workbook": _("The workbook is damaged. Save it again as XLSX or CSV."),
    "encrypted_archive": _("The archive is protected by a password. Pack it without one."),
    "unreadable": _("The file could not be opened."),
    "number_belongs_to_another": _(
        "This record joins two patents that are both in use here (%(numbers)s). Check the numbers, or ask the operator"
        " to join them."
    ),
    "held_by_another": _(
        "Another organisation on this market already keeps this right. If that is wrong, write to the operator."
    ),
    "not_your_right": _(
        "The owner named is “%(owner)s”, not your organisation. Correct the owner, or record the assignment first."
    ),
    "cannot_store": _("The record holds a value that cannot be kept. Send it to the operator with its line number."),
    "strict": _("Not taken: the file has rejected records, and it was to be taken whole or not at all."),
}
UNNAMED = _("The record could not be read.")

NOT_PATENTS: Mapping[str, Promise] = {
    "class_scheme": _("a classification scheme, not patents"),
    "number_service": _("the answer of a number conversion service, not patents"),
    "recordations": _("recorded assignments, not patents; take them with import_recordations"),
    "search_without_results": _("a search that found nothing"),
    "legacy_excel": _("a workbook of the old XLS kind; save it as XLSX or CSV"),
    "empty": _("an empty file"),
    "unknown_format": _("not a patent file of a kind we know"),
}

BASES: Mapping[str, Promise] = {
    "office_said": _("as the office or source says"),
    "term_over": _("the term is over"),
    "granted_no_end_known": _("granted, and no end is known to us"),
    "annuities_paid": _("annuities are known to be paid"),
    "annuity_late": _("the annuity is late, within the six months of grace"),
    "annuity_unpaid": _("the annuity was not paid by the end of the grace period"),
    "international_phase": _("international application within its 31 months"),
    "international_phase_over": _("the international phase is over; what followed is unknown to us"),
    "filed_no_end_known": _("filed, and no decision is known to us"),
    "long_silent": _("no source has told of it for eight years"),
    "nothing_known": _("no source tells"),
}

SOURCES: Mapping[str, Promise] = {
    "cnipa": _("CNIPA"),
    "uspto": _("USPTO"),
    "epo_ops": _("EPO (Open Patent Services)"),
    "lens": _("Lens.org export"),
    "patentscope": _("WIPO PATENTSCOPE export"),
    "thomson": _("Thomson export"),
    "google": _("Google Patents export"),
    "cn_sheet": _("spreadsheet of a database or holder"),
    "template": _("stated by the holder"),
    "demo": _("sample data"),
    "nasa": _("NASA technology transfer list"),
}


class _Gaps(dict[str, Any]):
    """A sentence is said even when a value for it is missing."""

    def __missing__(self, key: str) -> str:
        return "?"


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """Why, in the active language."""
    return str(REASONS.get(code, UNNAMED)) % _Gaps(params)


def sentences(code: str, params: Mapping[str, Any]) -> dict[str, str]:
    """Why, in both languages: {"zh-hans": …, "en": …}."""
    found = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found[language] = sentence(code, params)
    return found


def source_name(source: str) -> str:
    return str(SOURCES.get(source, source))
