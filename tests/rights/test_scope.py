"""Territory and field as ranges: overlap by the database is overlap by the codes, for any codes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listings.rights.models import Entry
from listings.rights.refusals import LicencesClash, UnknownCode
from listings.rights.scope import Scope, bounds_overlap, field_bounds, merged, territory_bounds
from listings.rights.states import LicenceType
from tests.catalogue.makers import a_right
from tests.rights.makers import licensed

FIRST = date(2027, 1, 1)
DIVISIONS = ["330000", "330100", "330800", "330802", "330803", "320000", "320100", "110000", "990000"]
SYMBOLS = ["A", "C", "C08", "C08F", "C08F 14", "C08F 16", "C08J", "B23", "B23Q", "H01M 8"]


def by_digits(one: str, other: str) -> bool:
    stem = {
        code: code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code for code in (one, other)
    }
    return stem[one].startswith(stem[other]) or stem[other].startswith(stem[one])


def by_letters(one: str, other: str) -> bool:
    """Whether two symbols share something: one is the beginning of the other, its group apart."""
    (a, _, a_group), (b, _, b_group) = one.partition(" "), other.partition(" ")
    if a_group and b_group:
        return a == b and a_group == b_group
    return (a.startswith(b) and not b_group) or (b.startswith(a) and not a_group)


@pytest.mark.parametrize(
    ("code", "bounds"),
    [("330000", (330000, 340000)), ("330800", (330800, 330900)), ("330802", (330802, 330803))],
)
def test_a_division_is_the_range_of_what_lies_in_it(code, bounds):
    assert territory_bounds(code) == bounds


@pytest.mark.parametrize("code", ["", "33", "Zhejiang", "33080", "3308022", "033080"])
def test_what_is_no_division_is_refused(code):
    with pytest.raises(UnknownCode):
        territory_bounds(code)


@pytest.mark.parametrize("symbol", ["", "I", "C8", "C08f14/18", "C08FF", "08F", "C08F 123456"])
def test_what_is_no_symbol_is_refused(symbol):
    with pytest.raises(UnknownCode):
        field_bounds(symbol)


def test_a_last_day_before_the_first_is_refused():
    with pytest.raises(UnknownCode):
        Scope(starts_on=date(2027, 1, 2), ends_on=date(2027, 1, 1))


def test_a_last_day_counts_and_the_day_after_it_does_not():
    def days(first: int, last: int | None) -> Scope:
        end = None if last is None else FIRST + timedelta(days=last)
        return Scope(starts_on=FIRST + timedelta(days=first), ends_on=end)

    one_day = days(3, 3)
    for other, meets in ((days(0, 3), True), (days(0, 2), False), (days(3, 9), True), (days(4, 9), False)):
        assert one_day.overlaps(other, today=FIRST) is other.overlaps(one_day, today=FIRST) is meets
    assert days(5, None).overlaps(days(9, None), today=FIRST)
    assert Scope().overlaps(one_day, today=FIRST + timedelta(days=3))
    assert not Scope().overlaps(one_day, today=FIRST + timedelta(days=4)), "none said begins today"


def test_neighbours_share_nothing():
    assert not bounds_overlap([(1, 3)], [(3, 5)]) and not bounds_overlap([(3, 5)], [(1, 3)])
    assert bounds_overlap([(1, 4)], [(3, 5)]) and bounds_overlap([], [(3, 5)]) and bounds_overlap([(3, 5)], [])


def test_a_symbol_is_as_wide_as_what_lies_below_it():
    group, subclass, whole = (field_bounds(one) for one in ("C08F 1", "C08F", "C"))
    assert group[1] - group[0] == 1 and subclass[0] <= group[0] < subclass[1] and whole[0] <= subclass[0] < whole[1]
    assert field_bounds("A")[0] == 0 and field_bounds("B")[0] == field_bounds("A")[1], "sections touch"


@pytest.mark.parametrize("one", DIVISIONS)
@pytest.mark.parametrize("other", DIVISIONS)
def test_divisions_overlap_as_their_digits_say(one, other):
    assert Scope((one,)).overlaps(Scope((other,)), today=FIRST) == by_digits(one, other)


@pytest.mark.parametrize("one", SYMBOLS)
@pytest.mark.parametrize("other", SYMBOLS)
def test_symbols_overlap_as_their_letters_say(one, other):
    assert Scope(fields=(one,)).overlaps(Scope(fields=(other,)), today=FIRST) == by_letters(one, other)


def test_bounds_are_merged_and_ordered():
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9)]) == [(1, 4), (5, 9)]


SCOPES = st.builds(
    lambda where, what, start, length: Scope(
        tuple(where),
        tuple(what),
        FIRST + timedelta(days=start),
        None if length is None else FIRST + timedelta(days=start + length),
    ),
    st.lists(st.sampled_from(DIVISIONS), max_size=3, unique=True),
    st.lists(st.sampled_from(SYMBOLS), max_size=3, unique=True),
    st.integers(0, 40),
    st.none() | st.integers(0, 40),
)


def brute_force(one: Scope, other: Scope) -> bool:
    """A shared place, field and day, looked for one by one."""
    days = {FIRST + timedelta(days=n) for n in range(121)}
    mine, theirs = (
        {day for day in days if scope.starts_on <= day and (scope.ends_on is None or day <= scope.ends_on)}
        for scope in (one, other)
    )
    places = (
        not one.territories
        or not other.territories
        or any(by_digits(a, b) for a in one.territories for b in other.territories)
    )
    fields = not one.fields or not other.fields or any(by_letters(a, b) for a in one.fields for b in other.fields)
    return bool(mine & theirs) and places and fields


@given(SCOPES, SCOPES)
@settings(max_examples=400, deadline=None)
def test_overlap_is_what_looking_one_by_one_finds(one, other):
    assert one.overlaps(other, today=FIRST) == brute_force(one, other) == other.overlaps(one, today=FIRST)


@pytest.mark.django_db
@given(st.lists(st.tuples(SCOPES, SCOPES), min_size=20, max_size=20))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_decides_as_python_does(pairs):
    with connection.cursor() as cursor:
        for one, other in pairs:
            cursor.execute(
                "SELECT %s && %s AND %s && %s AND %s && %s",
                [
                    one.territory,
                    other.territory,
                    one.field,
                    other.field,
                    one.period(FIRST),
                    other.period(FIRST),
                ],
            )
            assert cursor.fetchone()[0] == one.overlaps(other, today=FIRST)


@pytest.mark.rule("LIC-COMPAT")
@pytest.mark.django_db
@given(st.lists(st.tuples(st.sampled_from([LicenceType.EXCLUSIVE, LicenceType.SOLE]), SCOPES), min_size=2, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_register_never_holds_two_shutting_licences_that_meet(wanted):
    right, kept = a_right(), []
    for licence_type, scope in wanted:
        clashes = any(brute_force(scope, one) for one in kept)
        try:
            licensed(right, licence_type, scope=scope)
        except LicencesClash:
            assert clashes
        else:
            assert not clashes
            kept.append(scope)
    assert Entry.objects.filter(asset=right).count() == len(kept)
