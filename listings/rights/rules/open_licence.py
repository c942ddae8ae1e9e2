"""Open licences: when one may be declared, what it shuts out, who may take it, what it saves."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Right
from listings.rights.points import Finding, point
from listings.rights.ruling import enforces, rule
from listings.rights.states import SHUTTING, Act, EntryKind, LicenceType

BAR_SHUT = point(
    "open_licence_beside_exclusive",
    "OL-BAR-EXCL",
    _("%(party)s holds an exclusive or sole licence of %(number)s; no open licence can be declared while it runs."),
    _("Wait for its end, or agree one with the licensee."),
)
DECLARED_ALREADY = point(
    "open_licence_declared_already",
    "OL-CONTENT",
    _("%(number)s is under an open licence already."),
    _("Withdraw the declaration before making another."),
)


@enforces("OL-BAR-EXCL", "OL-CONTENT")
def the_way_to_an_open_licence_is_clear(case: Case, right: Right) -> Iterator[Finding]:
    """No exclusive or sole licence in force, whatever its scope, and no other declaration."""
    if case.act != Act.DECLARE_OPEN:
        return
    for entry in right.entries:
        if entry.kind == EntryKind.LICENCE and entry.licence_type in SHUTTING and entry.in_force:
            yield BAR_SHUT.found(right, entry, party=entry.party)
    for entry in right.of_kind(EntryKind.OPEN_DECLARATION):
        yield DECLARED_ALREADY.found(right, entry)


OPEN_STANDS = point(
    "open_licence_in_force",
    "OL-NO-EXCL",
    _("%(number)s is under an open licence; beside it only ordinary licences may be agreed."),
    _("Agree an ordinary licence, or withdraw the declaration first; who took a licence before keeps it."),
)
OPEN_GOES_WITH_IT = point(
    "open_licence_goes_with_the_right",
    "OL-WITHDRAW",
    _("%(number)s is under an open licence; whoever took a licence keeps it under a new owner or after a withdrawal."),
    _("Withdraw the declaration if the new owner does not want it, and disclose the takers."),
    blocks=False,
)


@enforces("OL-NO-EXCL", "OL-WITHDRAW")
def nothing_shuts_beside_an_open_licence(case: Case, right: Right) -> Iterator[Finding]:
    """While a declaration stands no exclusive or sole licence is granted; a new owner hears of it."""
    if case.act not in SHUTTING and case.act not in (Act.ASSIGN, Act.PLEDGE):
        return
    for entry in right.of_kind(EntryKind.OPEN_DECLARATION):
        found = OPEN_STANDS if case.act in SHUTTING else OPEN_GOES_WITH_IT
        yield found.found(right, entry)


NOT_DECLARED = point(
    "no_open_licence_declared",
    "OL-FORM",
    _("%(number)s is not under an open licence, so there is none to take."),
    _("Ask the owner for an ordinary licence."),
)
TAKEN = point(
    "open_licence_taken_already",
    "OL-FORM",
    _("This organisation has taken the open licence of %(number)s already."),
    _("The licence it holds goes on."),
)


@enforces("OL-FORM")
def there_is_an_open_licence_to_take(case: Case, right: Right) -> Iterator[Finding]:
    """An open licence is taken while the declaration stands, and once by each taker."""
    if case.act != Act.TAKE_OPEN:
        return
    if not any(right.of_kind(EntryKind.OPEN_DECLARATION)):
        yield NOT_DECLARED.found(right)
    for entry in right.of_kind(EntryKind.LICENCE):
        if entry.licence_type == LicenceType.OPEN and entry.party_id == case.other_id is not None:
            yield TAKEN.found(right, entry)


ANNUITY_CUT = point(
    "annuity_cut_for_open_licence",
    "OL-ANNUITY-CUT",
    _("While the open licence of %(number)s is performed its annuity is reduced by %(percent)s %%."),
    _("Claim the best single reduction; reductions do not add up."),
    blocks=False,
)


@enforces("OL-ANNUITY-CUT")
def the_annuity_is_cut(case: Case, right: Right) -> Iterator[Finding]:
    """An annuity paid while an open licence is taken is reduced, by the rate of the day."""
    if case.act != Act.PAY_ANNUITY or not any(right.of_kind(EntryKind.OPEN_DECLARATION)):
        return
    if any(one.licence_type == LicenceType.OPEN for one in right.of_kind(EntryKind.LICENCE)):
        book = rule("OL-ANNUITY-CUT")
        if any(one.holds(case.on) for one in book.parameters):
            yield ANNUITY_CUT.found(right, percent=book.value("reduction", case.on))
