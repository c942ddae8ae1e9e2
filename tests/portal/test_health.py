"""Liveness touches nothing; readiness names each part's state."""

from datetime import timedelta

import pytest
import redis
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client

from marketplace.core import clock, health, tasks


def test_alive_without_a_database(client: Client) -> None:
    # no django_db mark: a query would raise
    for path in ("/healthz", "/healthz?x=1"):
        answer = client.get(path)
        assert answer.status_code == 200 and answer.json() == {"status": "alive"}
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_only_when_every_part_is(client: Client, indexes: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert set(parts) >= {"database", "broker", "worker", "search"}
    assert parts["worker"] == {"ready": False, "state": "not heard of yet"}
    assert parts["database"]["ready"] and parts["broker"]["ready"] and parts["search"]["ready"]
    tasks.heartbeat()
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.json()["status"] == "ready"


@pytest.mark.django_db
def test_a_worker_gone_silent_is_not_ready(client: Client, indexes: None) -> None:
    cache.set(tasks.HEART_KEY, clock.now() - timedelta(seconds=tasks.HEART_GOOD_FOR_S + 5), 100)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (
        "35 s ago" in answer.json()["parts"]["worker"]["state"] or "36 s" in answer.json()["parts"]["worker"]["state"]
    )


@pytest.mark.django_db
def test_without_an_index_it_says_so(client: Client) -> None:
    tasks.heartbeat()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["search"]["ready"] is False


@pytest.mark.django_db
def test_a_lost_broker_is_named(client: Client, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    part = client.get("/readyz").json()["parts"]["broker"]
    assert part["ready"] is False and redis.exceptions.ConnectionError.__name__ in part["state"]


@pytest.mark.django_db
def test_a_lost_database_is_named_and_no_error_page_comes(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert health.database() == health.PartState(False, "no answer: DatabaseError")
