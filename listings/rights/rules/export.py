"""Technology leaving the mainland: prohibited never, restricted with a licence, free with a registration."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Right
from listings.rights.points import HOME_OFFICE, Finding, point
from listings.rights.ruling import enforces
from listings.rights.states import LICENSING, Act, ConsentKind, EntryKind, ExportCategory

MAINLAND = "CN"

PROHIBITED = point(
    "export_prohibited",
    "XB-PROHIBITED",
    _("The technology of %(number)s is in the catalogue of prohibited exports; it cannot pass to a party abroad."),
)
RESTRICTED = point(
    "export_restricted",
    "XB-RESTRICTED",
    _("The technology of %(number)s is restricted: without an export licence no contract with a party abroad holds."),
    _("Obtain the letter of intent before talks of substance, then the export licence, and record it here."),
    consent=ConsentKind.EXPORT,
)
FREE = point(
    "export_registration",
    "XB-FREE",
    _("A contract on %(number)s with a party abroad is registered as technology export."),
    _("Register the contract; the office records the change only with the certificate."),
    blocks=False,
    consent=ConsentKind.EXPORT,
)
UNDECLARED = point(
    "export_category_missing",
    "XB-RECORD",
    _("For %(number)s nobody has said yet which export category its technology is in; the other party is abroad."),
    _("Look it up in the catalogues of prohibited and restricted exports and record the category with its proof."),
)
IMPORT = point(
    "technology_import",
    "XB-IMPORT",
    _("%(number)s comes from a holder abroad: the contract is a technology import and may need approval."),
    _("Look the technology up in the import catalogue and register the contract."),
    blocks=False,
)


@enforces("XB-PROHIBITED", "XB-RESTRICTED", "XB-FREE", "XB-RECORD", "XB-IMPORT")
def the_technology_may_leave(case: Case, right: Right) -> Iterator[Finding]:
    """A Chinese right, or any right of a Chinese holder, that goes to a party outside the mainland is an export."""
    if not case.other_country or (case.act != Act.ASSIGN and case.act not in LICENSING and case.act != Act.TAKE_OPEN):
        return
    from_here = right.holder_country == MAINLAND or (not right.holder_country and right.office == HOME_OFFICE)
    if case.other_country == MAINLAND:
        if not from_here:
            yield IMPORT.found(right)
        return
    if not from_here:
        return
    entry = next(right.of_kind(EntryKind.EXPORT_CONTROL), None)
    if entry is None:
        yield UNDECLARED.found(right)
    elif entry.export_category == ExportCategory.PROHIBITED:
        yield PROHIBITED.found(right, entry)
    elif not case.agreed(right, ConsentKind.EXPORT):
        yield (RESTRICTED if entry.export_category == ExportCategory.RESTRICTED else FREE).found(right, entry)
