"""Which licences can stand beside each other in the same place, field and time.

An exclusive licence shuts out everybody, the owner too; a sole one everybody but the owner; ordinary and cross licences
stand beside each other. One granted earlier goes on beside a later exclusive or sole licence, so its taker must know.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Right
from listings.rights.points import Finding, point
from listings.rights.ruling import enforces
from listings.rights.states import SHUTTING, Act, EntryKind, LicenceType

EXCLUSIVE_STANDS = point(
    "exclusive_licence_in_force",
    "LIC-COMPAT",
    _("%(party)s holds an exclusive licence of %(number)s in part of this territory, field and time."),
    _("Choose a territory, field or time outside it, or agree its end with the licensee."),
)
SOLE_STANDS = point(
    "sole_licence_in_force",
    "LIC-COMPAT",
    _("%(party)s holds a sole licence of %(number)s in part of this territory, field and time."),
    _(
        "Choose a territory, field or time outside it, or agree its end with the licensee. A licensor who cannot work"
        " the right may let one other do so in its place, unless agreed otherwise; the licensee has to know."
    ),
)
GRANTS = frozenset({Act.EXCLUSIVE, Act.SOLE, Act.ORDINARY, Act.CROSS})


@enforces("LIC-COMPAT", "LIC-REFUSE-10", "LIC-SOLE-SUB")
def licences_agree(case: Case, right: Right) -> Iterator[Finding]:
    """No licence beside an exclusive or sole one that meets it in place, field and time."""
    if case.act not in GRANTS:
        return
    for entry in right.licences(LicenceType.EXCLUSIVE):
        if not entry.is_recorded_only:
            yield EXCLUSIVE_STANDS.found(right, entry, party=entry.party)
    for entry in right.licences(LicenceType.SOLE):
        if not entry.is_recorded_only:
            yield SOLE_STANDS.found(right, entry, party=entry.party)


DISCLOSE = point(
    "licence_to_disclose",
    "LIC-COMPAT",
    _("%(party)s holds a licence of %(number)s that goes on beside a new exclusive or sole one."),
    _("Tell the taker of it in the contract."),
    blocks=False,
)
GOES_WITH_IT = point(
    "licence_goes_with_the_right",
    "LIC-WARRANTY",
    _("%(party)s holds a licence of %(number)s; it goes on under a new owner or pledgee."),
    _("Disclose it: the warranty of title is measured by what was disclosed."),
    blocks=False,
)
EARLIER = (LicenceType.ORDINARY, LicenceType.CROSS, LicenceType.OPEN)


@enforces("LIC-COMPAT", "LIC-WARRANTY")
def licences_are_disclosed(case: Case, right: Right) -> Iterator[Finding]:
    """Licences that go on must be told to whoever takes an exclusive or sole licence, the right itself, or a pledge."""
    if case.act in SHUTTING:
        for entry in right.licences(*LicenceType.values):
            if entry.licence_type in EARLIER or entry.is_recorded_only:
                yield DISCLOSE.found(right, entry, party=entry.party)
        for entry in right.of_kind(EntryKind.COMPULSORY_LICENCE):
            yield DISCLOSE.found(right, entry, party=entry.party)
    elif case.act in (Act.ASSIGN, Act.PLEDGE):
        for entry in right.licences(*EARLIER, LicenceType.EXCLUSIVE, LicenceType.SOLE):
            yield GOES_WITH_IT.found(right, entry, party=entry.party)
        for entry in right.of_kind(EntryKind.COMPULSORY_LICENCE):
            yield GOES_WITH_IT.found(right, entry, party=entry.party)


LICENSEES_RELY = point(
    "licensees_rely_on_it",
    "LIC-KEEP-ALIVE",
    _("%(party)s holds a licence of %(number)s: unless agreed otherwise, the licensor keeps the right in force."),
    _("Agree the end of the licence with the licensee, or show that the contract says otherwise."),
)


@enforces("LIC-KEEP-ALIVE")
def the_licensor_keeps_it_alive(case: Case, right: Right) -> Iterator[Finding]:
    """A right that others hold a licence of is not given up."""
    if case.act != Act.WAIVE:
        return
    for entry in right.of_kind(EntryKind.LICENCE):
        if not entry.is_recorded_only:
            yield LICENSEES_RELY.found(right, entry, party=entry.party)


NO_SUB = point(
    "may_not_sublicense",
    "LIC-NO-SUB",
    _("No licence of %(number)s held by this organisation allows a sub-licence in this territory, field and time."),
    _("Ask the licensor to allow sub-licences in writing, or keep within the licence."),
)


@enforces("LIC-NO-SUB", "LIC-DEFAULT-TYPE")
def the_licensee_may_sublicense(case: Case, right: Right) -> Iterator[Finding]:
    """A sub-licence rests on a licence that allows it and covers its scope; it is always an ordinary one."""
    if case.act != Act.SUB:
        return
    for entry in right.entries:
        holds = entry.kind == EntryKind.LICENCE and entry.party_id == case.holder_id is not None
        if holds and entry.may_sublicense and entry.covers and not entry.is_recorded_only:
            return
    yield NO_SUB.found(right)
