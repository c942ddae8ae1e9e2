"""Addresses of what comes in: intents, charges, checkout sessions, refunds, disputes."""

from __future__ import annotations

from typing import Any

from marketplace.payments.fake_stripe.routing import Asked, currency_of, page_of, route, same
from marketplace.payments.fake_stripe.store import Thing
from marketplace.payments.fake_stripe.wire import ApiError

SESSION_HOURS = 24

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
