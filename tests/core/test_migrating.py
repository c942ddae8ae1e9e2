"""Constraints, indexes and triggers put on a rendered model in place: the state is what the framework makes of them."""

from __future__ import annotations

from typing import Any

import pgtrigger
import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger

from marketplace.core.migrating import options_in_place
from marketplace.core.models import Event

READ_ONLY = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
STEPS = (
    migrations.AddConstraint("Thing", models.CheckConstraint(condition=models.Q(size__gt=0), name="has_a_size")),
    migrations.AddIndex("Thing", models.Index(fields=["size"], name="by_size")),
)


def trigger_step() -> AddTrigger:
    return AddTrigger(model_name="thing", trigger=READ_ONLY.compile(Event))


def walked() -> tuple[ProjectState, Any, Any]:
    """A state with a rendered model, after the steps; the model's class before them, and after."""
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField())]
    state.add_model(ModelState("shelf", "Thing", fields))
    before = state.apps.get_model("shelf", "Thing")
    for step in (*STEPS, trigger_step()):
        step.state_forwards("shelf", state)
    return state, before, state.apps.get_model("shelf", "Thing")


@pytest.mark.parametrize("option", ["constraints", "indexes", "triggers"])
def test_the_state_is_what_the_framework_makes(option):
    theirs, _before, _after = walked()
    with options_in_place():
        ours, _before, _after = walked()
    wanted = theirs.models["shelf", "thing"].options[option]
    assert wanted and ours.models["shelf", "thing"].options[option] == wanted


def test_the_rendered_model_has_them_and_is_not_rendered_anew():
    _state, theirs_before, theirs = walked()
    with options_in_place():
        _state, ours_before, ours = walked()
    assert ours is ours_before and theirs is not theirs_before
    for option in ("constraints", "indexes"):
        assert [one.name for one in getattr(ours._meta, option)] == [one.name for one in getattr(theirs._meta, option)]


def test_afterwards_the_framework_is_as_it_was():
    before = (ProjectState._append_option, AddTrigger.state_forwards)
    with pytest.raises(KeyError), options_in_place():
        raise KeyError
    assert (ProjectState._append_option, AddTrigger.state_forwards) == before
