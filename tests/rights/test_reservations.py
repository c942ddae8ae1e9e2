"""What is promised to a deal under way is not promised again."""

from __future__ import annotations

import pytest

from listings.rights.refusals import RightReserved
from listings.rights.scope import Scope
from listings.rights.services import reservations
from listings.rights.states import Act
from tests import cast
from tests.catalogue.makers import a_right
from tests.rights.makers import a_subject

pytestmark = pytest.mark.django_db


def test_a_bundle_is_reserved_whole_or_not_at_all(right):
    p, q, r = right, a_right(), a_right()
    ines = cast.ines().actor
    reservations.reserve([p.pk, q.pk], subject=a_subject(), act=Act.ASSIGN, by=ines)
    other = a_subject()

    with pytest.raises(RightReserved):
        reservations.reserve([q.pk, r.pk], subject=other, act=Act.ASSIGN, by=ines)
    assert reservations.release(subject=other, by=ines) == 0
    reservations.reserve([r.pk], subject=other, act=Act.ASSIGN, by=ines)


@pytest.mark.parametrize(
    ("first", "second", "agrees"),
    [
        (Act.ORDINARY, Act.ORDINARY, True),
        (Act.ORDINARY, Act.CROSS, True),
        (Act.ORDINARY, Act.EXCLUSIVE, False),
        (Act.EXCLUSIVE, Act.ORDINARY, False),
        (Act.EXCLUSIVE, Act.EXCLUSIVE, False),
        (Act.ASSIGN, Act.PLEDGE, False),
        (Act.PLEDGE, Act.ASSIGN, False),
    ],
)
def test_lanes_say_what_may_be_under_way_together(right, first, second, agrees):
    by = cast.ines().actor
    reservations.reserve([right.pk], subject=a_subject(), act=first, by=by)
    if agrees:
        assert reservations.reserve([right.pk], subject=a_subject(), act=second, by=by)
    else:
        with pytest.raises(RightReserved):
            reservations.reserve([right.pk], subject=a_subject(), act=second, by=by)


def test_exclusive_licences_of_two_provinces_can_be_under_way_together(right):
    by = cast.ines().actor
    for code in ("330000", "320000"):
        reservations.reserve([right.pk], subject=a_subject(), act=Act.EXCLUSIVE, scope=Scope((code,)), by=by)
    with pytest.raises(RightReserved):
        reservations.reserve([right.pk], subject=a_subject(), act=Act.EXCLUSIVE, scope=Scope(("330800",)), by=by)


def test_reserving_again_is_the_same_reservation_and_another_scope_replaces_it(right):
    deal, by = a_subject(), cast.ines().actor
    [one] = reservations.reserve([right.pk], subject=deal, act=Act.EXCLUSIVE, scope=Scope(("330000",)), by=by)
    [same] = reservations.reserve([right.pk], subject=deal, act=Act.EXCLUSIVE, scope=Scope(("330000",)), by=by)
    [wider] = reservations.reserve([right.pk], subject=deal, act=Act.EXCLUSIVE, by=by)

    one.refresh_from_db()
    assert same.pk == one.pk and wider.pk != one.pk and one.released_at is not None
