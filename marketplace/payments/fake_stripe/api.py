"""The /v1 addresses: which parameters each call takes, and which object it answers with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.payments.fake_stripe.books import Books
from marketplace.payments.fake_stripe.connect import Connect
from marketplace.payments.fake_stripe.payments import Payments
from marketplace.payments.fake_stripe.store import PLATFORM, Thing
from marketplace.payments.fake_stripe.wire import ApiError, Params, missing

CURRENCY = re.compile(r"[a-z]{3}")
SESSION_HOURS = 24
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


# --- payment intents -------------------------------------------------------------------------------------------------


@route("POST", "/v1/payment_intents")
def create_intent(asked: Asked) -> Thing:
    params = asked.params
    params.allow(["automatic_payment_methods", "receipt_email", "setup_future_usage", "capture_method"])
    fields: dict[str, Any] = {"amount": params.amount(), "currency": currency_of(params)}
    fields |= {
        "metadata": params.strings("metadata"),
        "description": params.text("description") or None,
        "transfer_group": params.text("transfer_group") or None,
        "payment_method_types": params.words("payment_method_types") or ["card"],
    }
    method, confirm, back = params.text("payment_method"), params.flag("confirm"), params.text("return_url")
    params.refuse_unknown()
    intent = asked.payments.create_intent(**fields)
    if method and not confirm:
        intent |= {"payment_method": method, "status": "requires_confirmation"}
        asked.books.store.save(intent)
    return asked.payments.confirm(intent, method, back) if confirm else intent


@route("POST", "/v1/payment_intents/{id}/confirm")
def confirm_intent(asked: Asked, pk: str) -> Thing:
    intent = asked.need("payment_intent", pk)
    method, back = asked.params.text("payment_method"), asked.params.text("return_url")
    asked.params.refuse_unknown()
    if not (method or intent["payment_method"]):
        raise ApiError(400, "You cannot confirm this PaymentIntent because it's missing a payment method.")
    return asked.payments.confirm(intent, method or intent["payment_method"], back)


@route("POST", "/v1/payment_intents/{id}/cancel")
def cancel_intent(asked: Asked, pk: str) -> Thing:
    reason = asked.params.text("cancellation_reason")
    asked.params.refuse_unknown()
    return asked.payments.cancel(asked.need("payment_intent", pk), reason)


@route("GET", "/v1/payment_intents/{id}")
def read_intent(asked: Asked, pk: str) -> Thing:
    return asked.need("payment_intent", pk)


@route("GET", "/v1/payment_intents")
def list_intents(asked: Asked) -> Thing:
    return page_of(asked, "payment_intent", "/v1/payment_intents", lambda row: True)


@route("GET", "/v1/charges/{id}")
def read_charge(asked: Asked, pk: str) -> Thing:
    return asked.need("charge", pk)


@route("GET", "/v1/charges")
def list_charges(asked: Asked) -> Thing:
    intent, group = asked.params.text("payment_intent"), asked.params.text("transfer_group")
    return page_of(
        asked,
        "charge",
        "/v1/charges",
        lambda row: same("payment_intent", intent)(row) and (not group or row.get("transfer_group") == group),
    )


# --- checkout --------------------------------------------------------------------------------------------------------


@route("POST", "/v1/checkout/sessions")
def create_session(asked: Asked) -> Thing:
    params = asked.params
    if params.needed("mode") != "payment":
        raise ApiError(400, "Only mode=payment is served here.", param="mode")
    lines, total, currencies = [], 0, set()
    for item in params.each("line_items"):
        quantity = item.whole("quantity", 1) or 1
        price = item.sub("price_data")
        currency, unit = currency_of(price), price.amount("unit_amount")
        product = price.sub("product_data")
        lines.append({"description": product.needed("name"), "amount": unit * quantity, "quantity": quantity})
        product.allow(["description"])
        total += unit * quantity
        currencies.add(currency)
    if not lines:
        raise ApiError(400, "Missing required param: line_items.", code="parameter_missing", param="line_items")
    if len(currencies) != 1:
        raise ApiError(400, "All line items must have the same currency.", param="line_items")
    if total > 99_999_999:
        raise ApiError(400, "The Checkout Session's total amount is too large.", code="amount_too_large")
    inner = params.sub("payment_intent_data")
    given = {
        "metadata": inner.strings("metadata"),
        "description": inner.text("description") or None,
        "transfer_group": inner.text("transfer_group") or None,
    }
    now = asked.books.store.now()
    expires = params.whole("expires_at", now + SESSION_HOURS * 3600) or 0
    if not now + 1500 <= expires <= now + SESSION_HOURS * 3600 + 60:
        raise ApiError(
            400,
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    params.allow(["payment_method_types", "submit_type", "payment_method_options", "adaptive_pricing"])
    fields: dict[str, Any] = {
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": params.text("cancel_url") or None,
        "client_reference_id": params.text("client_reference_id") or None,
        "currency": currencies.pop(),
        "customer_email": params.text("customer_email") or None,
        "expires_at": expires,
        "locale": params.text("locale") or None,
        "metadata": params.strings("metadata"),
        "success_url": params.needed("success_url"),
        "fake_lines": lines,
        "fake_intent_data": given,
    }
    params.refuse_unknown()
    return asked.payments.create_session(**fields)


@route("GET", "/v1/checkout/sessions/{id}")
def read_session(asked: Asked, pk: str) -> Thing:
    asked.payments.expire_old_sessions()
    return asked.need("checkout.session", pk)


@route("POST", "/v1/checkout/sessions/{id}/expire")
def expire_session(asked: Asked, pk: str) -> Thing:
    return asked.payments.expire_session(asked.need("checkout.session", pk))


@route("GET", "/v1/checkout/sessions")
def list_sessions(asked: Asked) -> Thing:
    asked.payments.expire_old_sessions()
    intent, status = asked.params.text("payment_intent"), asked.params.text("status")
    return page_of(
        asked,
        "checkout.session",
        "/v1/checkout/sessions",
        lambda row: same("payment_intent", intent)(row) and same("status", status)(row),
    )


# --- refunds, disputes -----------------------------------------------------------------------------------------------


@route("POST", "/v1/refunds")
def create_refund(asked: Asked) -> Thing:
    params = asked.params
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if intent_id:
        intent = asked.need("payment_intent", intent_id)
        charge_id = intent["latest_charge"] or ""
    if not charge_id:
        raise ApiError(400, "One of the following params should be provided: payment_intent, charge.")
    charge = asked.need("charge", charge_id)
    reason, metadata = params.text("reason"), params.strings("metadata")
    amount = params.amount(default=max(1, charge["amount_captured"] - charge["amount_refunded"]))
    params.refuse_unknown()
    return asked.payments.refund(charge, amount, reason, metadata)


@route("GET", "/v1/refunds/{id}")
def read_refund(asked: Asked, pk: str) -> Thing:
    return asked.need("refund", pk)


@route("GET", "/v1/refunds")
def list_refunds(asked: Asked) -> Thing:
    charge, intent = asked.params.text("charge"), asked.params.text("payment_intent")
    return page_of(
        asked,
        "refund",
        "/v1/refunds",
        lambda row: same("charge", charge)(row) and same("payment_intent", intent)(row),
    )


@route("GET", "/v1/disputes/{id}")
def read_dispute(asked: Asked, pk: str) -> Thing:
    return asked.need("dispute", pk)


@route("GET", "/v1/disputes")
def list_disputes(asked: Asked) -> Thing:
    charge, intent = asked.params.text("charge"), asked.params.text("payment_intent")
    return page_of(
        asked,
        "dispute",
        "/v1/disputes",
        lambda row: same("charge", charge)(row) and same("payment_intent", intent)(row),
    )


# --- connected accounts ----------------------------------------------------------------------------------------------


@route("POST", "/v1/accounts")
def create_account(asked: Asked) -> Thing:
    params = asked.params
    params.allow(["capabilities", "business_type", "business_profile", "controller", "settings", "tos_acceptance"])
    country = params.text("country", str(asked.books.store.setting("country", "SG"))).upper()
    fields: dict[str, Any] = {
        "country": country,
        "email": params.text("email"),
        "metadata": params.strings("metadata"),
        "kind": params.text("type", "express"),
        "currency": params.text("default_currency"),
    }
    params.refuse_unknown()
    return asked.connect.create_account(**fields)


@route("GET", "/v1/accounts/{id}")
def read_account(asked: Asked, pk: str) -> Thing:
    return asked.need("account", pk, PLATFORM)


@route("GET", "/v1/account")
def read_own_account(asked: Asked) -> Thing:
    if asked.account != PLATFORM:
        return asked.need("account", asked.account, PLATFORM)
    country = str(asked.books.store.setting("country", "SG"))
    return {
        "id": "acct_platform",
        "object": "account",
        "country": country,
        "charges_enabled": True,
        "payouts_enabled": True,
        "default_currency": "usd",
        "type": "standard",
        "settings": {"payouts": {"schedule": {"interval": "manual", "delay_days": 2}}},
    }


@route("GET", "/v1/accounts")
def list_accounts(asked: Asked) -> Thing:
    return page_of(asked, "account", "/v1/accounts", lambda row: True, PLATFORM)


@route("POST", "/v1/account_links")
def create_account_link(asked: Asked) -> Thing:
    params = asked.params
    account = asked.need("account", params.needed("account"), PLATFORM)
    back = params.needed("return_url")
    params.needed("refresh_url")
    params.needed("type")
    params.allow(["collect", "collection_options"])
    params.refuse_unknown()
    store = asked.books.store
    token = store.new_id("link")
    store.add(
        "account_link",
        {"id": token, "object": "account_link", "created": store.now(), "account": account["id"], "return_url": back},
    )
    return {
        "object": "account_link",
        "created": store.now(),
        "expires_at": store.now() + 300,
        "url": f"{asked.connect.base_url}/onboard/{token}",
    }


# --- transfers, payouts ----------------------------------------------------------------------------------------------


@route("POST", "/v1/transfers")
def create_transfer(asked: Asked) -> Thing:
    params = asked.params
    fields: dict[str, Any] = {
        "amount": params.amount(),
        "currency": currency_of(params),
        "destination": params.needed("destination"),
        "source": params.text("source_transaction"),
        "transfer_group": params.text("transfer_group"),
        "description": params.text("description"),
        "metadata": params.strings("metadata"),
    }
    params.refuse_unknown()
    return asked.connect.transfer(**fields)


@route("GET", "/v1/transfers/{id}")
def read_transfer(asked: Asked, pk: str) -> Thing:
    return asked.need("transfer", pk)


@route("GET", "/v1/transfers")
def list_transfers(asked: Asked) -> Thing:
    destination, group = asked.params.text("destination"), asked.params.text("transfer_group")
    return page_of(
        asked,
        "transfer",
        "/v1/transfers",
        lambda row: same("destination", destination)(row) and same("transfer_group", group)(row),
    )


@route("POST", "/v1/transfers/{id}/reversals")
def create_reversal(asked: Asked, pk: str) -> Thing:
    transfer = asked.need("transfer", pk)
    amount = asked.params.amount(default=max(1, transfer["amount"] - transfer["amount_reversed"]))
    metadata = asked.params.strings("metadata")
    asked.params.allow(["description", "refund_application_fee"])
    asked.params.refuse_unknown()
    return asked.connect.reverse(transfer, amount, metadata)


@route("GET", "/v1/transfers/{id}/reversals")
def list_reversals(asked: Asked, pk: str) -> Thing:
    asked.need("transfer", pk)
    return page_of(asked, "transfer_reversal", f"/v1/transfers/{pk}/reversals", same("transfer", pk))


@route("GET", "/v1/payouts/{id}")
def read_payout(asked: Asked, pk: str) -> Thing:
    return asked.need("payout", pk)


@route("GET", "/v1/payouts")
def list_payouts(asked: Asked) -> Thing:
    return page_of(asked, "payout", "/v1/payouts", same("status", asked.params.text("status")))


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


# --- expansion -------------------------------------------------------------------------------------------------------


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
