"""Court orders and ownership disputes: while one is in force the office carries nothing through."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Right
from listings.rights.points import Finding, point
from listings.rights.ruling import enforces
from listings.rights.states import FREEZES, LICENSING, Act, EntryKind
from listings.rights.wording import Day

PRESERVED = point(
    "court_preservation",
    "PAT-FREEZE-COURT",
    _("%(party)s has preserved %(number)s until %(until)s: nothing of it can pass, be pledged or given up."),
    _("Wait until the order ends or is lifted; it may be renewed."),
)
IN_DISPUTE = point(
    "ownership_dispute",
    "PAT-FREEZE-OWNERSHIP",
    _("A dispute over the ownership of %(number)s is pending; formalities are suspended."),
    _("Wait for the decision; the suspension can be ended when the dispute is settled."),
)
OPEN_WHILE_FROZEN = point(
    "open_licence_while_frozen",
    "OL-BAR-FREEZE",
    _("%(number)s is preserved or in an ownership dispute; no open licence can be declared."),
    _("Wait until the order or suspension ends."),
)
PLEDGE_WHILE_FROZEN = point(
    "pledge_while_frozen",
    "PLG-REFUSE-05",
    _("%(number)s is preserved or in an ownership dispute; a pledge is not registered."),
    _("Wait until the order or suspension ends, or offer another right as security."),
)
LICENCE_WHILE_FROZEN = point(
    "licence_while_frozen",
    "LIC-REFUSE-07",
    _("%(number)s is preserved or in an ownership dispute; a licence is not recorded."),
    _("Wait until the order or suspension ends."),
)
TAKEN_WHILE_FROZEN = point(
    "open_licence_taken_while_frozen",
    "OL-RECORD",
    _("%(number)s is preserved or in an ownership dispute; a licence taken now is recorded only after that ends."),
    _("Take it knowing that, or wait."),
    blocks=False,
)
PLEDGE_KEEPS_PRIORITY = point(
    "pledge_keeps_priority",
    "PAT-FREEZE-PLEDGED",
    _("%(number)s is pledged and preserved: the pledgee’s priority is not affected by the order."),
    blocks=False,
)
LAPSE_SUSPENDED = point(
    "lapse_suspended",
    "PAT-FREEZE-OWNERSHIP",
    _("While %(number)s is preserved or in dispute, its lapse is suspended; the annuity can still be paid."),
    blocks=False,
)


@enforces(
    "PAT-FREEZE-COURT", "PAT-FREEZE-OWNERSHIP", "PAT-FREEZE-PLEDGED", "OL-BAR-FREEZE", "PLG-REFUSE-05", "LIC-REFUSE-07"
)
def nothing_is_frozen(case: Case, right: Right) -> Iterator[Finding]:
    """An order or dispute stops transfer, pledge, waiver, declaration and licences; annuities may still be paid."""
    for entry in right.of_kind(*FREEZES):
        if case.act == Act.PAY_ANNUITY:
            yield LAPSE_SUSPENDED.found(right, entry)
        elif case.act == Act.DECLARE_OPEN:
            yield OPEN_WHILE_FROZEN.found(right, entry)
        elif case.act == Act.PLEDGE:
            yield PLEDGE_WHILE_FROZEN.found(right, entry)
        elif case.act == Act.TAKE_OPEN:
            yield TAKEN_WHILE_FROZEN.found(right, entry)
        elif case.act in LICENSING:
            yield LICENCE_WHILE_FROZEN.found(right, entry)
        elif entry.kind == EntryKind.PRESERVATION:
            # the database lets no preservation stand without its last day
            assert entry.ends_on is not None
            yield PRESERVED.found(right, entry, party=entry.party, until=Day(entry.ends_on))
        else:
            yield IN_DISPUTE.found(right, entry)
        if entry.kind == EntryKind.PRESERVATION and right.pledge is not None:
            yield PLEDGE_KEEPS_PRIORITY.found(right, entry)
