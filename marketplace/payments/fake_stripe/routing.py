"""How a call finds the address that answers it, and the shape of every answer: pages of lists, expanded objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.payments.fake_stripe.books import Books
from marketplace.payments.fake_stripe.connect import Connect
from marketplace.payments.fake_stripe.payments import Payments
from marketplace.payments.fake_stripe.store import Thing
from marketplace.payments.fake_stripe.wire import ApiError, Params, missing

CURRENCY = re.compile(r"[a-z]{3}")
KEPT_PRIVATE = "fake_"


@dataclass
class Asked:
    """One call: whose account it is about, its parameters, and the parts of the fake that answer."""

    account: str
    params: Params
    books: Books
    payments: Payments
    connect: Connect

    def need(self, kind: str, pk: str, account: str | None = None) -> Thing:
        thing = self.books.store.find(kind, pk, self.account if account is None else account)
        if thing is None:
            raise missing(kind, pk)
        return thing


Handler = Callable[..., Thing]
_routes: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    def keep(handler: Handler) -> Handler:
        _routes.append((method, re.compile(pattern.replace("{id}", r"([A-Za-z0-9_]+)")), handler))
        return handler

    return keep


def resolve(method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
    """The handler of a call and the ids in its path. Raises ApiError 404 as the API does for unknown addresses."""
    for verb, pattern, handler in _routes:
        match = pattern.fullmatch(path)
        if match and verb == method:
            return handler, match.groups()
    raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")


def currency_of(params: Params) -> str:
    currency = params.needed("currency").lower()
    if not CURRENCY.fullmatch(currency):
        raise ApiError(400, f"Invalid currency: {currency}", param="currency")
    return currency


def page_of(asked: Asked, kind: str, url: str, keeps: Callable[[Thing], bool], account: str | None = None) -> Thing:
    """One page of a list, newest first, by cursor. `keeps` is the filter of this list."""
    params = asked.params
    limit = params.whole("limit", 10) or 10
    if not 1 <= limit <= 100:
        raise ApiError(400, "This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    after, before = params.text("starting_after"), params.text("ending_before")
    created = params.sub("created")
    since, until = created.whole("gte"), created.whole("lte")
    rows = [
        row
        for row in asked.books.store.every(kind, asked.account if account is None else account)
        if keeps(row) and (since is None or row["created"] >= since) and (until is None or row["created"] <= until)
    ]
    ids = [row["id"] for row in rows]
    for cursor, name in ((after, "starting_after"), (before, "ending_before")):
        if cursor and cursor not in ids:
            raise missing(kind, cursor, name)
    if after:
        rows = rows[ids.index(after) + 1 :]
        shown, more = rows[:limit], len(rows) > limit
    elif before:
        rows = rows[: ids.index(before)]
        shown, more = rows[-limit:], len(rows) > limit
    else:
        shown, more = rows[:limit], len(rows) > limit
    return {"object": "list", "data": [public(row, asked) for row in shown], "has_more": more, "url": url}


def public(thing: Thing, asked: Asked) -> Thing:
    """An object as the API shows it."""
    if thing["object"] == "transfer":
        thing = asked.connect.shown_transfer(thing)
    return {name: value for name, value in thing.items() if not name.startswith(KEPT_PRIVATE)}


def same(name: str, value: str) -> Callable[[Thing], bool]:
    return lambda row: not value or row[name] == value


def expand(thing: Thing, paths: list[str], asked: Asked) -> Thing:
    """Replace ids by the objects they name, along each dotted path. Raises ApiError for what cannot be expanded."""
    for path in paths:
        _expand(thing, path.split("."), path, asked)
    return thing


def _expand(place: Any, steps: list[str], path: str, asked: Asked) -> None:
    if isinstance(place, list):
        for one in place:
            _expand(one, steps, path, asked)
        return
    name, rest = steps[0], steps[1:]
    if not isinstance(place, dict) or name not in place:
        raise ApiError(400, f"This property cannot be expanded ({path}).", param="expand")
    value = place[name]
    if value is None:
        return
    if isinstance(value, str):
        found = asked.books.store.anything(value, asked.account)
        if found is None:
            raise ApiError(400, f"This property cannot be expanded ({path}).", param="expand")
        place[name] = value = public(found, asked)
    if rest:
        _expand(value, rest, path, asked)


def answer(method: str, path: str, asked: Asked) -> Thing:
    """The object that answers a call, expanded as asked."""
    handler, ids = resolve(method, path)
    paths = asked.params.words("expand")
    thing = public(handler(asked, *ids), asked)
    asked.params.refuse_unknown()
    return expand(thing, paths, asked)
