"""Who acts, in which role, and for whom. Every event keeps all three."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, the organisation they act in, and the client they act for (ids; None where there is none).

    `roles` are those held in `org_id`; `powers` are those a client delegated, when `on_behalf_of` is set.
    """

    user_id: int | None = None
    org_id: int | None = None
    org_kind: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    on_behalf_of: int | None = None
    powers: frozenset[str] = field(default_factory=frozenset)
    name: str = ""

    @property
    def acts_for(self) -> int | None:
        """The organisation whose rights are exercised: the client's under delegation, else the actor's own."""
        return self.on_behalf_of or self.org_id

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None and not self.is_system

    @property
    def is_system(self) -> bool:
        return self.name == SYSTEM_NAME


SYSTEM_NAME = "the clock"
ANONYMOUS = Actor()
SYSTEM = Actor(name=SYSTEM_NAME)
