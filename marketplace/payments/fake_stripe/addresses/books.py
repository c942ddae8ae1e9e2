"""Addresses of the books: balance, its lines, and events."""

from __future__ import annotations

from marketplace.payments.fake_stripe.routing import Asked, page_of, route, same
from marketplace.payments.fake_stripe.store import Thing

# --- balance, events -------------------------------------------------------------------------------------------------


@route("GET", "/v1/balance")
def read_balance(asked: Asked) -> Thing:
    return asked.books.balance(asked.account)


@route("GET", "/v1/balance_transactions/{id}")
def read_line(asked: Asked, pk: str) -> Thing:
    return asked.need("balance_transaction", pk)


@route("GET", "/v1/balance_transactions")
def list_lines(asked: Asked) -> Thing:
    params = asked.params
    payout, kind, source = params.text("payout"), params.text("type"), params.text("source")
    currency = params.text("currency")
    lines = asked.need("payout", payout)["fake_lines"] if payout else None
    return page_of(
        asked,
        "balance_transaction",
        "/v1/balance_transactions",
        lambda row: (
            (lines is None or row["id"] in lines)
            and same("type", kind)(row)
            and same("source", source)(row)
            and same("currency", currency)(row)
        ),
    )


@route("GET", "/v1/events/{id}")
def read_event(asked: Asked, pk: str) -> Thing:
    return asked.need("event", pk)


@route("GET", "/v1/events")
def list_events(asked: Asked) -> Thing:
    kind, kinds = asked.params.text("type"), set(asked.params.words("types"))
    return page_of(
        asked, "event", "/v1/events", lambda row: same("type", kind)(row) and (not kinds or row["type"] in kinds)
    )
