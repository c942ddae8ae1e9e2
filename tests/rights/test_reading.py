"""Rights are read together or not at all, and locked only by who decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listings.rights.checking import check
from listings.rights.reading import lock_rights, read_rights
from listings.rights.scope import WHOLE, Scope
from listings.rights.services.entries import Who
from listings.rights.states import Act, EntryKind, LicenceType
from marketplace.core import clock
from marketplace.core.errors import NotFound
from tests import cast
from tests.catalogue.makers import a_right
from tests.rights.makers import entered, licensed, owned


def test_rights_are_locked_only_in_the_transaction_that_decides():
    with pytest.raises(RuntimeError, match="transaction"):
        lock_rights([1])


@pytest.mark.django_db
def test_one_right_that_is_not_there_refuses_them_all(right):
    with pytest.raises(NotFound):
        lock_rights([right.pk, 10**9])
    with pytest.raises(NotFound):
        read_rights([right.pk, 10**9], WHOLE, clock.today())
    other = a_right()
    lock_rights([other.pk, right.pk, right.pk])
    assert [one.id for one in read_rights([other.pk, right.pk], WHOLE, clock.today())] == sorted([right.pk, other.pk])


@pytest.mark.django_db
def test_what_an_office_only_recorded_makes_nobody_an_owner(right):
    [before] = read_rights([right.pk], WHOLE, clock.today())
    entered(right, EntryKind.OWNERSHIP, party=Who(None, "甲公司"), is_recorded_only=True)
    [after] = read_rights([right.pk], WHOLE, clock.today())
    assert after.owners == before.owners

    owned(right, (cast.bo(), (1, 3)), ("云澜大学", (2, 3)))
    [entered_now] = read_rights([right.pk], WHOLE, clock.today())
    assert {(one.name.zh, str(one.share)) for one in entered_now.owners} == {
        (cast.bo().organisation.name_zh, "1/3"),
        ("云澜大学", "2/3"),
    }


@pytest.mark.django_db
def test_a_licence_that_begins_later_is_met_by_an_act_without_end(right):
    later = clock.today() + timedelta(days=400)
    licensed(right, LicenceType.EXCLUSIVE, scope=Scope(starts_on=later))
    day_before = Scope(ends_on=later - timedelta(days=1))
    assert not check([right.pk], Act.EXCLUSIVE, holder_id=right.holder_id).is_allowed
    assert check([right.pk], Act.EXCLUSIVE, holder_id=right.holder_id, scope=day_before).is_allowed
    assert not check([right.pk], Act.EXCLUSIVE, holder_id=right.holder_id, scope=Scope(ends_on=later)).is_allowed
