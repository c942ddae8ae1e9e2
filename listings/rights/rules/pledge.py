"""Pledges: what the pledgee has to agree to, where the money goes, and that there is only one."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Right
from listings.rights.points import Finding, Point, point
from listings.rights.ruling import enforces
from listings.rights.states import DISPOSING, LICENSING, Act, ConsentKind, EntryKind
from listings.rights.wording import Day

TRANSFER = point(
    "pledgee_must_agree",
    "PLG-NO-TRANSFER",
    _("%(number)s is pledged to %(party)s; without the pledgee’s consent it cannot be transferred or licensed."),
    _("Obtain the pledgee’s consent to this deal. What is paid goes to early repayment or is deposited."),
    consent=ConsentKind.PLEDGEE,
)
OPEN = point(
    "pledgee_must_agree_to_open_licence",
    "OL-BAR-PLEDGE",
    _("%(number)s is pledged to %(party)s; without the pledgee’s consent no open licence can be declared."),
    _("Obtain the pledgee’s consent to the declaration."),
    consent=ConsentKind.PLEDGEE,
)
WAIVER = point(
    "pledgee_must_agree_to_waiver",
    "PLG-NO-WAIVER",
    _("%(number)s is pledged to %(party)s; without the pledgee’s consent it cannot be given up."),
    _("Obtain the pledgee’s consent, or have the pledge released."),
    consent=ConsentKind.PLEDGEE,
)
PROCEEDS = point(
    "proceeds_to_pledgee",
    "PLG-NO-TRANSFER",
    _("%(number)s is pledged to %(party)s, who agreed: the proceeds repay the secured debt early or are deposited."),
    _("Ask the pledgee for the amount owed to date and pay it out first."),
    blocks=False,
)
OFFERED_PLEDGED = point(
    "offered_while_pledged",
    "PLG-NO-TRANSFER",
    _("%(number)s is pledged to %(party)s: it may be offered, but no deal closes without the pledgee’s consent."),
    _("Ask the pledgee early; the offer should say so."),
    blocks=False,
)
SECURITY_RECORDED = point(
    "security_interest_recorded",
    "PLG-RANK",
    _("A security interest of %(party)s in %(number)s stands recorded since %(since)s; nobody here verified it."),
    _("Ask for a recorded release, or for the written consent of the secured party."),
    blocks=False,
)


def _consent_point(act: Act) -> Point | None:
    if act == Act.ASSIGN or act in LICENSING:
        return TRANSFER
    return {Act.DECLARE_OPEN: OPEN, Act.WAIVE: WAIVER}.get(act)


@enforces("PLG-NO-TRANSFER", "PLG-NO-WAIVER", "OL-BAR-PLEDGE", "LIC-REFUSE-09")
def the_pledgee_agrees(case: Case, right: Right) -> Iterator[Finding]:
    """While pledged: transfer, licence, declaration and waiver need the pledgee; proceeds go to the pledgee first."""
    for entry in right.of_kind(EntryKind.PLEDGE):
        if entry.is_recorded_only:
            if case.act in DISPOSING or case.act in (Act.LIST, Act.WAIVE):
                yield SECURITY_RECORDED.found(right, entry, party=entry.party, since=Day(entry.starts_on))
            continue
        if case.act == Act.LIST:
            yield OFFERED_PLEDGED.found(right, entry, party=entry.party)
            continue
        if case.act == Act.TAKE_OPEN:
            yield PROCEEDS.found(right, entry, party=entry.party)
            continue
        needed = _consent_point(case.act)
        if needed is None:
            continue
        if not case.agreed(right, ConsentKind.PLEDGEE, entry.party_id, entry.party_zh):
            yield needed.found(
                right,
                entry,
                consent_from=(entry.party_id,) if entry.party_id is not None else (),
                consent_names=(entry.party_zh,) if entry.party_id is None else (),
                party=entry.party,
            )
        elif needed is TRANSFER:
            yield PROCEEDS.found(right, entry, party=entry.party)


SECOND = point(
    "already_pledged_to",
    "PLG-REFUSE-09",
    _("%(number)s is pledged to %(party)s already; a second pledge is not registered."),
    _("Have the first pledge released, or offer another right as security."),
)


@enforces("PLG-REFUSE-09")
def it_is_not_pledged_already(case: Case, right: Right) -> Iterator[Finding]:
    """A pledged right is not pledged again."""
    if case.act == Act.PLEDGE and (entry := right.pledge) is not None:
        yield SECOND.found(right, entry, party=entry.party)
