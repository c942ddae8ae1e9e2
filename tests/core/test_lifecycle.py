"""Every graph: no dead ends, every wait owned or timed, every missing edge refused; the database as last guard."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from marketplace.core import lifecycle
from marketplace.core.actor import Actor
from marketplace.core.diagrams import document
from marketplace.core.errors import IllegalTransition
from tests import cast

GRAPHS = lifecycle.graphs()
by_name = pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)


def test_there_are_graphs():
    assert {"organisation", "listing", "need"} <= {graph.name for graph in GRAPHS}


@by_name
def test_every_state_can_be_reached(graph):
    reached, frontier = {graph.initial}, [graph.initial]
    while frontier:
        for edge in graph.leaving(frontier.pop()):
            if edge.target not in reached:
                reached.add(edge.target)
                frontier.append(edge.target)
    assert reached == set(graph.states.values)


@by_name
def test_every_wait_ends_by_the_clock_or_has_a_deadline_or_may_last(graph):
    for state in set(graph.states.values) - graph.terminal - graph.resting:
        assert any(edge.due for edge in graph.leaving(state)), f"{graph.name}: nobody owes a step from {state}"


@by_name
def test_edges_name_known_states(graph):
    known = set(graph.states.values)
    for edge in graph.edges:
        assert set(edge.sources) <= known and edge.target in known


@pytest.mark.parametrize(
    ("graph", "state", "verb"),
    [
        pytest.param(graph, state, verb, id=f"{graph.name}-{state}-{verb}")
        for graph in GRAPHS
        for state in graph.states.values
        for verb in sorted({edge.verb for edge in graph.edges})
        if graph.edge(verb, state) is None
    ],
)
@pytest.mark.django_db
def test_every_missing_edge_is_refused(graph, state, verb):
    """Whoever asks: the state alone refuses, before role and guard are looked at."""
    from django.apps import apps

    subject = apps.get_model(graph.model)(pk=1, state=state)
    everything = Actor(user_id=1, org_id=1, roles=frozenset({"owner", "staff", "reviewer", "approver"}))
    with pytest.raises(IllegalTransition), transaction.atomic():
        lifecycle.walk(graph, subject, verb, by=everything, reason="because")
    assert subject.state == state


def test_the_drawn_lifecycles_are_those_in_the_code():
    kept = Path(settings.BASE_DIR, "docs", "lifecycles.md").read_text(encoding="utf-8")
    assert kept == document(), "run: manage.py draw_lifecycles"


@by_name
@pytest.mark.django_db
def test_the_database_knows_the_states_of_every_graph(graph):
    """A trigger guards each table, and a check constraint knows its states."""
    from django.apps import apps

    table = apps.get_model(graph.model)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table])
        assert cursor.fetchone()[0] >= 1
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c' "
            "AND pg_get_constraintdef(oid) LIKE '%%state%%'",
            [table],
        )
        assert cursor.fetchone()[0] >= 1


@pytest.mark.django_db
def test_raw_sql_cannot_move_a_state():
    seller = cast.ines().organisation
    refused = pytest.raises(IntegrityError, match="without its event")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_organisation SET state = 'suspended' WHERE id = %s", [seller.pk])
