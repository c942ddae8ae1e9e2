"""Who may act: the owner, with all who own beside it, and after asking the inventor."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Owner, Right
from listings.rights.points import Finding, Point, point
from listings.rights.ruling import enforces
from listings.rights.states import ALONE, LICENSING, Act, ConsentKind, EntryKind
from listings.rights.wording import Names

NOT_OWNER = point(
    "not_owner",
    "LIC-WARRANTY",
    _("The register does not show this organisation as an owner of %(number)s."),
    _("Record the assignment first, or let the owner act."),
)
NOT_UNDER_DISPOSAL = point(
    "not_under_disposal",
    "PLG-REALISE",
    _("The loan that %(number)s secures is not in default, or its days of grace still run."),
    _("A pledgee sells after a default, a notice and the days given in it; the disposal begins at the loan."),
)
PLEDGOR_NOT_OWNER = point(
    "pledgor_not_owner",
    "PLG-REFUSE-01",
    _("The register does not show the pledgor as an owner of %(number)s."),
    _("Record the assignment first, or let the owner pledge it."),
)
LICENSOR_NOT_OWNER = point(
    "licensor_not_owner",
    "LIC-REFUSE-02",
    _("The register does not show the licensor as an owner of %(number)s."),
    _("Record the assignment first, or let the owner grant the licence."),
)
#: Anybody may take an open licence, pay an annuity, or sub-license what was licensed to it.
NOT_BY_OWNER = frozenset({Act.TAKE_OPEN, Act.PAY_ANNUITY, Act.SUB})


@enforces("LIC-WARRANTY", "PLG-REFUSE-01", "LIC-REFUSE-02")
def the_owner_acts(case: Case, right: Right) -> Iterator[Finding]:
    """Nobody disposes of what the register does not show as theirs. Without a holder named, nothing is asked."""
    if case.holder_id is None or case.act in NOT_BY_OWNER:
        return
    if any(owner.organisation_id == case.holder_id for owner in right.owners):
        return
    if case.act == Act.PLEDGE:
        yield PLEDGOR_NOT_OWNER.found(right)
    elif case.act in LICENSING:
        yield LICENSOR_NOT_OWNER.found(right)
    else:
        yield NOT_OWNER.found(right)


CO_OWNERS = point(
    "co_owners_must_agree",
    "PAT-COOWN-ALL",
    _("%(number)s has other owners, and all must agree: %(names)s."),
    _("Obtain the written consent of each co-owner, or show the agreement among you that says otherwise."),
    consent=ConsentKind.CO_OWNER,
)
CO_OWNERS_PLEDGE = point(
    "co_owners_must_agree_to_pledge",
    "PLG-REFUSE-08",
    _("%(number)s has other owners who have not agreed to the pledge: %(names)s."),
    _("Obtain the written consent of each co-owner, or show the agreement among you that says otherwise."),
    consent=ConsentKind.CO_OWNER,
)
SHARES_FEE = point(
    "fee_shared_among_owners",
    "PAT-COOWN-LICENCE",
    _("A co-owner may grant an ordinary licence of %(number)s alone; the fee is shared with: %(names)s."),
    _("Settle the shares of the fee with the co-owners, unless they agreed otherwise."),
    blocks=False,
)


def others_of(case: Case, right: Right) -> list[Owner]:
    """The owners beside the one who acts; everybody, where nobody is named."""
    return [owner for owner in right.owners if owner.organisation_id is None or owner.organisation_id != case.holder_id]


def silent_owners(case: Case, right: Right) -> list[Owner]:
    """Those of them who have not agreed."""
    return [
        one
        for one in others_of(case, right)
        if not case.agreed(right, ConsentKind.CO_OWNER, one.organisation_id, one.name.zh or one.name.en)
    ]


def asked_of(point: Point, right: Right, owners: list[Owner]) -> Finding:
    """The point with the yes of these owners asked for: on the market, or by name."""
    return point.found(
        right,
        consent_from=tuple(one.organisation_id for one in owners if one.organisation_id is not None),
        consent_names=tuple(one.name.zh or one.name.en for one in owners if one.organisation_id is None),
        names=Names(tuple(one.name for one in owners)),
    )


@enforces("PAT-COOWN-ALL", "PAT-COOWN-LICENCE", "PLG-REFUSE-08", "LIC-REFUSE-05")
def all_owners_agree(case: Case, right: Right) -> Iterator[Finding]:
    """Ordinary licences may be granted alone, with the fee shared; everything else needs every owner's consent."""
    if len(right.owners) < 2 or case.act in (Act.PAY_ANNUITY, Act.TAKE_OPEN, Act.SUB):
        return
    if case.act in ALONE:
        if others := others_of(case, right):
            yield SHARES_FEE.found(right, names=Names(tuple(one.name for one in others)))
    elif silent := silent_owners(case, right):
        yield asked_of(CO_OWNERS_PLEDGE if case.act == Act.PLEDGE else CO_OWNERS, right, silent)


CO_DEVELOPERS_FIRST = point(
    "co_developers_first",
    "PAT-COOP-FIRST",
    _(
        "%(number)s is an application that several parties share: on equal terms the others may take a share first:"
        " %(names)s."
    ),
    _("Offer the share to them on the terms agreed, or obtain a written waiver, before closing."),
    blocks=False,
    consent=ConsentKind.CO_OWNER,
)


@enforces("PAT-COOP-FIRST")
def the_co_developers_come_first(case: Case, right: Right) -> Iterator[Finding]:
    """Whoever shares the right to apply is offered the part that is assigned; their consent is also their waiver."""
    if case.act != Act.ASSIGN or right.is_granted or len(right.owners) < 2:
        return
    if silent := silent_owners(case, right):
        yield asked_of(CO_DEVELOPERS_FIRST, right, silent)


COMMISSIONER_FIRST = point(
    "commissioner_first_refusal",
    "PAT-COMMISSION-FIRST",
    _("%(number)s comes from commissioned work: on equal terms %(name)s may take the application first."),
    _("Offer it to the commissioner on the terms agreed, or obtain a written waiver, before closing."),
    blocks=False,
    consent=ConsentKind.COMMISSIONER,
)


@enforces("PAT-COMMISSION-FIRST")
def the_commissioner_was_asked(case: Case, right: Right) -> Iterator[Finding]:
    """A developer that assigns the right to apply offers it first to whoever commissioned the work."""
    if case.act != Act.ASSIGN or right.is_granted:
        return
    for entry in right.of_kind(EntryKind.COMMISSIONED):
        if entry.party_id is not None and entry.party_id == case.other_id:
            continue
        if not case.agreed(right, ConsentKind.COMMISSIONER, entry.party_id, entry.party_zh or entry.party_en):
            yield COMMISSIONER_FIRST.found(
                right,
                entry,
                consent_from=(entry.party_id,) if entry.party_id is not None else (),
                consent_names=(entry.party_zh or entry.party_en,) if entry.party_id is None else (),
                name=entry.party,
            )


FIRST_REFUSAL = point(
    "inventor_first_refusal",
    "PAT-INVENTOR-FIRST",
    _("%(number)s is a service invention: on equal terms its inventor may take it first."),
    _("Offer it to the inventor on the terms agreed, or obtain a written waiver, before closing."),
    blocks=False,
    consent=ConsentKind.INVENTOR,
)


@enforces("PAT-INVENTOR-FIRST")
def the_inventor_was_asked(case: Case, right: Right) -> Iterator[Finding]:
    """A unit that assigns a service invention offers it to its maker first."""
    if case.act != Act.ASSIGN:
        return
    for entry in right.of_kind(EntryKind.SERVICE_INVENTION):
        if not case.agreed(right, ConsentKind.INVENTOR):
            yield FIRST_REFUSAL.found(
                right,
                entry,
                consent_from=(entry.party_id,) if entry.party_id is not None else (),
                consent_names=(entry.party_zh,) if entry.party_zh and entry.party_id is None else (),
            )
