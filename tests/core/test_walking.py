"""Many steps at once: the same rules as one step, and what bulk does not take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, NotPermitted
from marketplace.core.lifecycle import At, Hours, walk
from marketplace.core.models import Event, Timer
from marketplace.core.walking import Step, walk_many
from marketplace.payments.graphs import OBLIGATION_GRAPH, PAYIN_GRAPH
from marketplace.payments.models import Obligation
from tests import cast
from tests.payments.makers import an_obligation

pytestmark = pytest.mark.django_db


def test_rules_for_deadlines_name_a_moment_or_none():
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    row = SimpleNamespace(until=moment, never=None)
    assert At("until")(row, moment) == moment
    assert At("until", 3)(row, moment) == moment + timedelta(days=3)
    assert At("never", 3)(row, moment) is None
    assert Hours(2)(row, moment) == moment + timedelta(hours=2)


def paid(row: Obligation) -> Obligation:
    row.paid = row.amount
    return row


def test_many_steps_leave_what_single_steps_leave():
    one, two, three = (an_obligation(cast.bo(), amount) for amount in ("100.00", "200.00", "300.00"))
    data = {"amount": one.money.amount, "note": 'He said "yes"', "on": "2026-11-23"}
    with transaction.atomic():
        walk(OBLIGATION_GRAPH, paid(one), "settle", by=SYSTEM, data=data, also=["paid"])
        walk_many(OBLIGATION_GRAPH, [Step(paid(row), "settle", data) for row in (two, three)], also=["paid"])
    told = Event.objects.filter(kind="obligation.settle")
    assert {row.subject_id for row in told} == {one.pk, two.pk, three.pk}
    assert len({(row.before, row.after, str(row.data), row.actor_id) for row in told}) == 1
    for row in (one, two, three):
        fresh = Obligation.objects.get(pk=row.pk)
        assert (fresh.state, fresh.paid, fresh.due_at) == ("paid", row.amount, row.due_at)
    assert not Timer.objects.filter(subject_kind="payments.obligation", name__startswith="obligation.").exists()


def test_a_wrong_step_in_many_changes_none():
    one, two = an_obligation(cast.bo()), an_obligation(cast.bo())
    with transaction.atomic():
        walk(OBLIGATION_GRAPH, paid(two), "settle", by=SYSTEM, also=["paid"])
    with pytest.raises(IllegalTransition), transaction.atomic():
        walk_many(OBLIGATION_GRAPH, [Step(paid(one), "settle"), Step(two, "settle")], also=["paid"])
    assert Obligation.objects.get(pk=one.pk).state == "open"


def test_many_steps_ask_who_acts():
    row = an_obligation(cast.bo())
    with pytest.raises(NotPermitted), transaction.atomic():
        walk_many(OBLIGATION_GRAPH, [Step(paid(row), "settle")], by=cast.bo().actor, also=["paid"])


def test_nothing_to_do_is_nothing_done():
    before = Event.objects.count()
    walk_many(PAYIN_GRAPH, [])
    assert Event.objects.count() == before
