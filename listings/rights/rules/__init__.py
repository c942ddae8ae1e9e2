"""The rules of the check, one module per subject. Each function looks at one right and yields what it finds.

`RULES` is the order in which they are asked; the marks on the functions say which rules of the book they enforce.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from listings.rights.facts import Case, Right
from listings.rights.points import Finding
from listings.rights.rules import export, freezes, licences, open_licence, ownership, pledge, promises, standing

RuleFunction = Callable[[Case, Right], Iterable[Finding]]

RULES: tuple[RuleFunction, ...] = (
    standing.the_right_lives,
    standing.the_annuity_is_paid,
    standing.the_grant_is_there,
    standing.the_term_is_long_enough,
    standing.the_report_is_there,
    standing.validity_is_not_in_question,
    freezes.nothing_is_frozen,
    ownership.the_owner_acts,
    ownership.all_owners_agree,
    ownership.the_co_developers_come_first,
    ownership.the_commissioner_was_asked,
    ownership.the_inventor_was_asked,
    pledge.the_pledgee_agrees,
    pledge.it_is_not_pledged_already,
    licences.licences_agree,
    licences.licences_are_disclosed,
    licences.the_licensor_keeps_it_alive,
    licences.the_licensee_may_sublicense,
    open_licence.the_way_to_an_open_licence_is_clear,
    open_licence.nothing_shuts_beside_an_open_licence,
    open_licence.there_is_an_open_licence_to_take,
    open_licence.the_annuity_is_cut,
    export.the_technology_may_leave,
    promises.nobody_else_was_promised_it,
)
