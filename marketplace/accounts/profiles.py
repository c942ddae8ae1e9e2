"""What higher floors show on an organisation's public page: the catalogue its listings, the patents its register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.accounts.models import Organisation
from marketplace.core.actor import Actor

ProfileContext = Callable[[Organisation, Actor], dict[str, Any] | None]


@dataclass(frozen=True)
class ProfileBlock:
    """A section of the profile: its template, and what it needs; a context of None leaves the section out."""

    order: int
    template: str
    context: ProfileContext


_blocks: list[ProfileBlock] = []


def profile_block(order: int, template: str, context: ProfileContext) -> None:
    """Add a section. The template is included with the context as `block`. Call it from an app's `ready`."""
    _blocks.append(ProfileBlock(order, template, context))
    _blocks.sort(key=lambda one: one.order)


def blocks_for(organisation: Organisation, actor: Actor) -> list[dict[str, Any]]:
    """The sections to show, in order: each {"template", "context"}."""
    shown = [(block.template, block.context(organisation, actor)) for block in _blocks]
    return [{"template": template, "context": context} for template, context in shown if context is not None]
