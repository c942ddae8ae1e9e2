"""What another deal or pledge in progress has been promised."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from listings.rights.facts import Case, Right
from listings.rights.lanes import LANES, SHARED
from listings.rights.points import Finding, point

PROMISED = point(
    "promised_elsewhere",
    "",
    _("Another deal or pledge in progress has been promised %(number)s in part of this territory, field and time."),
    _("Wait until it is settled or falls through, or agree a scope that does not meet it."),
)


def nobody_else_was_promised_it(case: Case, right: Right) -> Iterator[Finding]:
    """Acts that take a lane of their own wait for every other promise; shared ones only for those."""
    if case.act not in LANES:
        return
    for act, _kind, _id in right.reserved_by:
        if LANES[case.act] is SHARED and LANES.get(act) is SHARED:
            continue
        yield PROMISED.found(right)
        return
