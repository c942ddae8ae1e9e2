"""Something to tell, a mail server that really listens, and people who read."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.core import events
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event
from marketplace.notifications import service
from tests.builders import a_person

USUAL = "negotiation.say"
LEGAL = "deal.cancel"
THEMES = {USUAL: "talks", LEGAL: "deals"}

Tell = Callable[..., list[Event]]


@pytest.fixture
def audience(monkeypatch: pytest.MonkeyPatch) -> list[User]:
    """Who is told; a test adds and takes away."""
    monkeypatch.setattr(service, "_topics", {})
    people: list[User] = []
    for kind in (USUAL, LEGAL, "webhook_endpoint.test"):
        service.announce(
            kind,
            recipients=lambda event: [one.pk for one in people],
            sentence=_("“%(name)s” is empty."),
            params=lambda event: {"name": event.reason or "x"},
            url=lambda event: "/listings/",
        )
    return people


@pytest.fixture
def tell(audience: list[User]) -> Tell:
    """Let something happen and the relay's subscriber tell it."""

    def tell(*people: User, kind: str = USUAL, words: str = "", times: int = 1) -> list[Event]:
        from django.db import transaction

        audience.extend(one for one in people if one not in audience)
        with transaction.atomic():
            told = [events.record(kind, audience[0], by=SYSTEM, reason=words) for _n in range(times)]
            service.deliver(told)
        return told

    return tell


@pytest.fixture
def reader(db: None) -> User:
    return a_person("reader@people.test", name="Reader", language="en")


class Postbox:
    """What a real mail server took, and what it says to the next letters."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(message_from_bytes(envelope.content))
        return answer


@pytest.fixture(scope="module")
def mail_server() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@pytest.fixture
def postbox(mail_server: tuple[Postbox, int], settings) -> Postbox:
    box, port = mail_server
    box.letters.clear()
    box.answers.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
    settings.EMAIL_USE_TLS = False
    return box
