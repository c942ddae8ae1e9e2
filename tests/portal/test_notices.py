"""The inbox: one's own notices only, marked by oneself only, rendered harmless."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM
from marketplace.notifications import service
from marketplace.notifications.models import Delivery
from marketplace.portal import registry
from tests.builders import a_person, an_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """Tell people something through the topics and the relay's subscriber."""
    monkeypatch.setattr(service, "_topics", dict(service._topics))

    def tell(*people: User, words: str = "hello", url: str = "/listings/") -> None:
        service.announce(
            "test.told",
            recipients=lambda event: [person.pk for person in people],
            sentence=_("“%(name)s” is empty."),
            params=lambda event: {"name": words},
            url=lambda event: url,
        )
        subject = people[0]
        service.deliver([events.record("test.told", subject, by=SYSTEM)])

    return tell


def test_only_ones_own_are_listed(signed_in: Client, reader: User, told) -> None:
    other = a_person("other@people.test")
    told(reader, words="mine")
    told(other, words="not mine")
    html = signed_in.get("/en/workspace/notices/").content.decode()
    assert "“mine” is empty." in html and "not mine" not in html
    assert "1 unread" in html
    assert "“mine”是空文件。" in signed_in.get("/workspace/notices/").content.decode()


def test_marking_touches_only_ones_own(signed_in: Client, reader: User, told) -> None:
    other = a_person("other@people.test")
    told(reader, other)
    foreign = service.inbox(other.pk).get()
    signed_in.post("/workspace/notices/read/", {"id": [foreign.pk]})
    foreign.refresh_from_db()
    assert foreign.read_at is None
    assert service.unread_count(reader.pk) == 1
    signed_in.post("/workspace/notices/read/")
    assert service.unread_count(reader.pk) == 0
    assert service.unread_count(other.pk) == 1


@pytest.mark.parametrize("junk", ["", "x", "٣", "-1", "9" * 40, "1;drop"])
def test_an_unreadable_id_marks_nothing(signed_in: Client, reader: User, told, junk: str) -> None:
    told(reader)
    assert signed_in.post("/workspace/notices/read/", {"id": junk}).status_code == 302
    assert service.unread_count(reader.pk) == 1


def test_named_notices_are_marked_and_the_rest_stays(signed_in: Client, reader: User, told) -> None:
    told(reader)
    told(reader)
    newest = service.inbox(reader.pk).first()
    assert newest is not None
    signed_in.post("/workspace/notices/read/", {"id": newest.pk})
    newest.refresh_from_db()
    assert newest.read_at is not None
    assert service.unread_count(reader.pk) == 1


def test_words_are_escaped(signed_in: Client, reader: User, told) -> None:
    told(reader, words="<script>alert(1)</script>", url='/x"onclick="y')
    html = signed_in.get("/workspace/notices/").content.decode()
    assert "<script>alert" not in html and 'onclick="y' not in html


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    assert "/account/login/" in client.get("/workspace/notices/")["Location"]
    assert "/account/login/" in client.post("/workspace/notices/read/")["Location"]
    assert "/account/login/" in client.get("/workspace/")["Location"]
    assert client.get("/workspace/notices/read/").status_code == 405


def test_the_list_costs_the_same_for_two_and_for_thirty(
    signed_in: Client, reader: User, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    def fill(count: int) -> None:
        first = Delivery.objects.count() + 1
        Delivery.objects.bulk_create(
            Delivery(event_id=first + n, recipient=reader, channel="in_app", topic="none") for n in range(count)
        )

    fill(2)
    with django_assert_max_num_queries(7) as few:
        signed_in.get("/workspace/notices/")
    fill(28)
    with django_assert_num_queries(len(few)):
        html = signed_in.get("/workspace/notices/").content.decode()
    assert html.count('<li class="new">') == 30


def test_pages_follow_each_other(signed_in: Client, reader: User) -> None:
    Delivery.objects.bulk_create(
        Delivery(event_id=n, recipient=reader, channel="in_app", topic="none") for n in range(1, 41)
    )
    first = signed_in.get("/workspace/notices/").content.decode()
    second = signed_in.get("/workspace/notices/?page=2").content.decode()
    assert first.count('<li class="new">') == 30 and second.count('<li class="new">') == 10
    assert first.count('name="id"') == 30
    assert 'href="?page=2"' in first


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("", "You act for yourself so far"),
        (OrganisationState.DRAFT, "has not been submitted yet"),
        (OrganisationState.SUBMITTED, "is under review"),
        (OrganisationState.RETURNED, "was returned for correction"),
        (OrganisationState.VERIFIED, "Nothing waits for you"),
        (OrganisationState.SUSPENDED, "Your organisation is suspended"),
    ],
)
def test_the_workspace_names_the_next_step(
    signed_in: Client, reader: User, monkeypatch: pytest.MonkeyPatch, state: str, words: str
) -> None:
    if state:
        an_organisation(state, reader)
    monkeypatch.setattr(registry, "todos", [])
    html = signed_in.get("/en/workspace/").content.decode()
    assert words in html
    side = html.split('class="side"', 1)[1].split("</nav>", 1)[0]
    assert side.count('aria-current="page"') == 1
    assert 'aria-current="page">Yours to do' in side


def test_what_is_due_first_stands_first(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    today = clock.today()
    lines = [
        {"text": "whenever", "url": "/"},
        {"text": "in a month", "url": "/", "due": today + timedelta(days=30)},
        {"text": "late", "url": "/", "due": clock.now() - timedelta(days=20)},
    ]
    monkeypatch.setattr(registry, "todos", [registry.ToDo(1, lambda actor: lines)])
    html = signed_in.get("/en/workspace/").content.decode()
    assert html.index(">late<") < html.index(">in a month<") < html.index(">whenever<")
    assert 'class="late"' in html and "working days late" in html
    assert "3 matters wait for you" in html
