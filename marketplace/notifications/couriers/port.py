"""What every courier takes and gives, and how it says no."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Letter:
    """A message in its reader's language. `id` is the same at every try; `unsubscribe` is an address or empty."""

    id: str
    address: str
    subject: str
    text: str
    html: str
    short: str
    url: str = ""
    unsubscribe: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What is known of a message after it was handed over: its id, the hash of its bytes, the other side's word."""

    message_id: str
    sha256: str
    words: str = ""


class Refused(Exception):  # reads as the sentence it is
    """The other side said no, or could not be reached: it has nothing of ours. Safe to try again."""


class Uncertain(Exception):
    """The line broke after the message was on its way: it may have arrived."""


class Courier(ABC):
    @classmethod
    @abstractmethod
    def is_open(cls) -> bool:
        """Whether the channel is set up here."""

    @abstractmethod
    def address_of(self, *, email: str, phone: str, wecom_id: str) -> str:
        """Where a person is reached by this channel; empty when nowhere."""

    @abstractmethod
    def hand_over(self, letter: Letter) -> Receipt:
        """Give the letter to the other side. Raises Refused, Uncertain."""

    def close(self) -> None:  # noqa: B027  # most keep nothing open
        """End what the run kept open."""
