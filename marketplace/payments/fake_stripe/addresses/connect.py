"""Addresses of what goes out: connected accounts, transfers and their reversals, payouts."""

from __future__ import annotations

from typing import Any

from marketplace.payments.fake_stripe.routing import Asked, currency_of, page_of, route, same
from marketplace.payments.fake_stripe.store import PLATFORM, Thing

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
