"""Constraints, indexes and triggers join a model's state in place while migrations run.

Each of them makes the framework render the model anew with every model related to it, though no field has changed:
some four hundred times on a new database, which took most of a minute. What they add is put on the rendered model
instead. Nothing else of a migration's state is touched, and the SQL is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


@contextmanager
def options_in_place() -> Iterator[None]:
    """Inside, added constraints, indexes and triggers cost nothing to the state's models."""
    places: list[tuple[Any, str, Any]] = [
        (ProjectState, "_append_option", _append),
        (AddTrigger, "state_forwards", _add_trigger),
    ]
    before = [getattr(owner, name) for owner, name, _ours in places]
    for owner, name, ours in places:
        setattr(owner, name, ours)
    try:
        yield
    finally:
        for (owner, name, _ours), theirs in zip(places, before, strict=True):
            setattr(owner, name, theirs)


def _append(state: Any, app_label: str, model_name: str, option_name: str, added: Any) -> None:
    options = state.models[app_label, model_name].options
    options[option_name] = [*options[option_name], added]
    if "apps" in state.__dict__:  # rendered already
        meta = state.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, [*getattr(meta, option_name), added])


def _add_trigger(operation: Any, app_label: str, state: Any) -> None:
    options = state.models[app_label, operation.model_name].options
    options["triggers"] = [*options.get("triggers", []), operation.trigger]
