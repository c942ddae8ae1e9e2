"""Every address of the site: who may, by which method, and that looking changes nothing."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.architecture.addresses import VISITORS, Address, resolver_names, table
from tests.world import World

LOOKERS = ("anonymous", "owner", "reviewer")
#: Tables that a look may write to: sessions, the log of openings, and how often a listing was looked at.
LOOKED_AT = {"django_session", "core_fileopening"}
#: Addresses whose senders prove themselves by a signature, and what each answers to a made-up one.
SIGNED = {"stripe_webhook": 400, "stripe_connect_webhook": 400, "unsubscribe": 404}


def ask(client: Client, method: str, url: str, is_api: bool) -> HttpResponse:
    """One request of which nothing stays: neither rows nor cookies."""
    cookies = client.cookies.copy()
    kind = (
        {"content_type": "application/json"} if method in ("patch", "delete") or (is_api and method == "post") else {}
    )
    with transaction.atomic():
        answer = getattr(client, method)(url, **({"data": "{}"} | kind if kind else {}))
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def outcome(answer: HttpResponse) -> str:
    """The word of the table for an answer."""
    if answer.status_code in (301, 302, 303):
        return "in" if "/account/login/" in answer["Location"] else "ok"
    if answer.status_code < 300 or answer.status_code in (400, 409, 422):
        return "ok"
    return str(answer.status_code)


def test_the_table_and_the_resolver_name_the_same_addresses() -> None:
    known = {one.name for one in table()}
    there = set(resolver_names())
    assert there - known == set(), "addresses nobody reviewed: add them to addresses.toml"
    assert known - there == set(), "addresses that are gone: take them out of addresses.toml"


def test_who_may(world: World) -> None:
    wrong = []
    for address in table():
        url = address.url(world)
        for method, expected in address.allowed:
            for visitor, word in zip(VISITORS, expected, strict=True):
                got = outcome(ask(world.visitor(visitor), method, url, address.is_api))
                if address.name == "readyz" and got == "503":
                    got = "ok"  # it answers; that no worker runs in a test is what it says
                if got != word:
                    wrong.append(f"{method.upper():6} {address.label} {url}, {visitor}: {got}, the table says {word}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_other_methods_are_refused(world: World) -> None:
    """405 for whoever may come at all; the sign-in library and the sitemaps of the framework answer as they do."""
    wrong = []
    owner = world.visitor("owner")
    for address in table():
        if address.name.startswith(("account_", "mfa_", "django.")) or _is_hidden(address):
            continue
        url = address.url(world)
        for method in ("post", "put", "patch", "delete", "trace"):
            if address.expected(method) is None:
                answer = ask(owner, method, url, address.is_api)
                if answer.status_code != 405:
                    wrong.append(f"{method.upper():6} {address.label}: {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)


def _is_hidden(address: Address) -> bool:
    """Closed to the owner anyway, so that nothing is said of methods."""
    return all(answers[VISITORS.index("owner")] in ("403", "404") for _method, answers in address.allowed)


def fingerprint() -> dict[str, str]:
    """A hash of every table's rows."""
    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            table_name = connection.ops.quote_name(name)
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table_name} t")
            found[name] = cursor.fetchone()[0]
    return found


class Writes:
    """Notes the tables that statements change while it watches."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', sql)
        if found:
            self.tables.add(found.group(1))
        return execute(sql, params, many, context)


def test_looking_changes_nothing(world: World) -> None:
    """No GET writes, but for the log of openings and what the table says an address notes."""
    for visitor in LOOKERS:
        world.visitor(visitor)  # signing in is no look
    before = fingerprint()
    wrong, noted = [], set(LOOKED_AT)
    for address in table():
        if address.expected("get") is None:
            continue
        url = address.url(world)
        noted |= set(address.notes)
        for visitor in LOOKERS:
            client = world.visitor(visitor)
            cookies, writes = client.cookies.copy(), Writes()
            with connection.execute_wrapper(writes):
                answer = client.get(url)
                if answer.streaming:
                    b"".join(answer.streaming_content)
            client.cookies = cookies
            if writes.tables - LOOKED_AT - set(address.notes):
                wrong.append(f"{address.label} by {visitor}: {sorted(writes.tables)}")
    after = fingerprint()
    assert not wrong, "\n" + "\n".join(wrong)
    assert {name for name in after if after[name] != before[name]} <= noted


def test_no_form_is_taken_without_its_token(world: World) -> None:
    """Every address that takes a POST, as somebody who otherwise may: 403."""
    parts = {"owner": world.ines.part, "reviewer": world.ops}
    wrong = []
    for address in table():
        for method in ("post", "patch", "delete"):
            expected = address.expected(method)
            if expected is None:
                continue
            who = "owner" if expected[VISITORS.index("owner")] == "ok" else "reviewer"
            client = parts[who].signed_in(Client(enforce_csrf_checks=True))
            kind = {"content_type": "application/json", "data": "{}"} if address.is_api else {}
            answer = getattr(client, method)(address.url(world), **kind)
            if answer.status_code != SIGNED.get(address.name, 403):
                wrong.append(f"{method.upper()} {address.label}: {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)
