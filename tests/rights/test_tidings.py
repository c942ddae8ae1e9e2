"""Who hears of what happens in the register: the desk, whoever stated it, the pledgor, the holder."""

from __future__ import annotations

import pytest

from listings.rights.contributions import todo_lines
from listings.rights.services import entries, pledges, statements
from listings.rights.states import EndReason, EntryKind
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications.models import Delivery
from marketplace.notifications.service import deliver
from tests import cast
from tests.builders import a_pdf, a_person, an_operator, joins
from tests.rights.makers import a_paper, entered, licensed, pledged, preserved

pytestmark = pytest.mark.django_db
LICENCE = {"party": "乙公司", "starts_on": "2026-01-01", "ends_on": "2027-12-31", "licence_type": "sole"}


def heard(topic: str) -> set[int]:
    """Whom the events so far were told under this topic; the relay waits for a commit that a test never makes."""
    deliver(list(Event.objects.order_by("pk")))
    return set(Delivery.objects.filter(topic=topic).values_list("recipient_id", flat=True))


def stated(right):
    return statements.state(
        asset_id=right.pk, kind=EntryKind.LICENCE, facts=LICENCE, upload=a_pdf(), by=cast.ines().actor
    )


@pytest.fixture
def second() -> cast.Part:
    """Another person at the desk, who approves."""
    person = a_person("second@market.test")
    joins(person, an_operator(), [Role.APPROVER])
    return cast.Part(person, an_operator())


def test_the_desk_hears_of_a_statement_and_its_holder_of_the_decision(right, second):
    ops, ines, reader = cast.ops(), cast.ines(), a_person("reader@holder.test")
    joins(reader, ines.organisation, [Role.READ_ONLY])
    statement = stated(right)
    assert heard("statement.begin") == {ops.person.pk, second.person.pk}

    statements.confirm(statement_id=statement.pk, by=ops.actor)
    assert heard("statement.confirm") == {ines.person.pk} and heard("statement.refuse") == set()


def test_a_refusal_is_told_with_its_reason(right):
    statements.refuse(statement_id=stated(right).pk, by=cast.ops().actor, reason="印章不清")
    assert heard("statement.refuse") == {cast.ines().person.pk} and heard("statement.confirm") == set()
    assert Event.objects.get(kind="statement.refuse").reason == "印章不清"


def test_the_second_person_hears_of_a_release_and_the_pledgor_of_its_end(right, second):
    pledge, ops = pledged(right), cast.ops()
    proposed = pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)
    assert heard("pledge_release.begin") == {second.person.pk}  # not whoever proposed it
    [line] = todo_lines(second.actor)
    assert line["due"] == proposed.due_at and todo_lines(ops.actor) == []

    pledges.approve_release(release_id=proposed.pk, by=second.actor)
    assert heard("rights.end") == {cast.ines().person.pk} and todo_lines(second.actor) == []


@pytest.mark.parametrize("kind", [EntryKind.PRESERVATION, EntryKind.OWNERSHIP_SUIT, EntryKind.INVALIDATION])
def test_the_holder_hears_of_what_freezes_its_right(right, kind):
    if kind == EntryKind.PRESERVATION:
        preserved(right)
    else:
        entered(right, kind)
    assert heard("rights.record") == {cast.ines().person.pk}


def test_of_a_licence_or_its_end_the_register_tells_nobody(right):
    entry = licensed(right)
    entries.end_entry(entry_id=entry.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.ENDED)
    assert heard("rights.record") == set() and heard("rights.end") == set()


def test_what_waits_at_the_desk_is_the_desks_to_do(right):
    statement = stated(right)
    [line] = todo_lines(cast.ops().actor)
    assert (line["due"], str(statement.pk) in line["url"]) == (statement.due_at, True)
    assert todo_lines(cast.ines().actor) == []
