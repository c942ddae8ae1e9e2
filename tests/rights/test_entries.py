"""Entries of the register: written by the desk, never changed, ended once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from listings.rights.models import Entry
from listings.rights.refusals import EntryEnded, FactsMissing, OrderTooLong
from listings.rights.scope import Scope
from listings.rights.services import entries
from listings.rights.services.entries import Who
from listings.rights.states import EndReason, EntryKind, LicenceType, Source
from marketplace.core import clock, timers
from marketplace.core.errors import NotPermitted
from marketplace.core.models import Event, Timer
from tests import cast
from tests.rights.makers import entered, licensed, preserved

pytestmark = pytest.mark.django_db


def test_an_entry_is_written_with_its_event_and_touches_its_right(right):
    entry = licensed(right, LicenceType.SOLE)

    event = Event.objects.get(kind="rights.record", subject_id=entry.pk)
    assert ("assets.asset", right.pk) in event.touched() and event.actor_id == cast.ops().person.pk


@pytest.mark.parametrize("by", [cast.ines, cast.lena])
def test_only_the_desk_enters_what_offices_say(right, by):
    with pytest.raises(NotPermitted):
        licensed(right, by=by().actor)


@pytest.mark.parametrize("column", ["kind", "party_name", "starts_on", "reference", "is_recorded_only"])
def test_an_entry_is_never_changed(right, column):
    entry = licensed(right)
    value = {"kind": "pledge", "starts_on": date(2020, 1, 1), "is_recorded_only": True}.get(column, "other")

    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**{column: value})


def test_an_entry_is_ended_once_and_never_deleted(right):
    entry = licensed(right)
    entries.end_entry(entry_id=entry.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.ENDED)

    with pytest.raises(EntryEnded):
        entries.end_entry(entry_id=entry.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.ENDED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(ended_on=None, ended_at=None, end_reason="")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).delete()


@pytest.mark.rule("PAT-FREEZE-COURT")
def test_an_order_runs_at_most_six_months_by_the_service_and_by_the_database(right):
    with pytest.raises(OrderTooLong):
        preserved(right, starts_on=date(2026, 3, 31), ends_on=date(2026, 10, 1))
    assert preserved(right, starts_on=date(2026, 3, 31), ends_on=date(2026, 9, 30)).ends_on == date(2026, 9, 30)

    whole = Scope()
    with pytest.raises(IntegrityError, match="six_months"), transaction.atomic():
        Entry.objects.create(
            asset=right,
            kind=EntryKind.PRESERVATION,
            territory=whole.territory,
            field=whole.field,
            starts_on=date(2026, 3, 31),
            ends_on=date(2026, 10, 1),
            source=Source.OPERATOR,
            created_at=clock.now(),
        )


def test_the_day_after_its_last_an_entry_is_ended_by_the_clock(right):
    order = preserved(right)
    timer = Timer.objects.get(subject_kind="rights.entry", subject_id=order.pk)

    assert timer.due_at.astimezone().date() >= order.ends_on
    with clock.at(timer.due_at - timedelta(seconds=1)):
        timers.run_due()
        order.refresh_from_db()
        assert order.ended_at is None
    with clock.at(timer.due_at):
        timers.run_due()
    order.refresh_from_db()
    assert (order.ended_on, order.end_reason) == (order.ends_on + timedelta(days=1), EndReason.TERM)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (EntryKind.OWNERSHIP, {}),
        (EntryKind.LICENCE, {"party": Who(None, "x")}),
        (EntryKind.PRESERVATION, {"party": Who(None, "x")}),
        (EntryKind.OWNERSHIP, {"party": Who(None, "x"), "share": (3, 2)}),
    ],
)
def test_an_entry_says_what_it_lacks(right, kind, given):
    with pytest.raises(FactsMissing):
        entered(right, kind, **given)


def test_a_reference_is_cut_to_its_column(right):
    assert len(entered(right, EntryKind.INVALIDATION, reference="4" * 121).reference) == 120
