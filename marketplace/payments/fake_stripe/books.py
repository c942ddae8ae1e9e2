"""What every part of the fake writes: balance transactions, events, and the switches that make it misbehave."""

from __future__ import annotations

import fnmatch
import random
import time
from typing import Any

from marketplace.payments.fake_stripe.store import PLATFORM, Store, Thing

API_VERSION = "2026-10-28.endive"
TWO_DAYS = 2 * 24 * 3600
FOR_EVER = 10**11


class Books:
    """The store with the rules that hold for all of its objects. Every method runs inside the caller's turn."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # -- common fields ------------------------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        return bool(self.store.setting("livemode", False))

    def new(self, kind: str, prefix: str, account: str = PLATFORM, **fields: Any) -> Thing:
        """Create and keep an object of `kind` with the fields all objects have."""
        thing = {"id": self.store.new_id(prefix), "object": kind, "created": self.store.now(), "livemode": self.is_live}
        return self.store.add(kind, thing | fields, account)

    # -- balance ------------------------------------------------------------------------------------------------------

    def move(
        self,
        amount: int,
        currency: str,
        kind: str,
        source: str,
        *,
        account: str = PLATFORM,
        fee: int = 0,
        wait: int = 0,
        category: str = "",
        description: str = "",
    ) -> Thing:
        """A balance transaction: `amount` less `fee`, in minor units, available after `wait` seconds."""
        now = self.store.now()
        details = [{"amount": fee, "currency": currency, "type": "stripe_fee", "description": "Processing fees"}]
        return self.new(
            "balance_transaction",
            "txn",
            account,
            amount=amount,
            currency=currency,
            fee=fee,
            net=amount - fee,
            type=kind,
            reporting_category=category or kind,
            source=source,
            available_on=now + wait,
            status="available" if wait <= 0 else "pending",
            exchange_rate=None,
            fee_details=details if fee else [],
            description=description,
        )

    def fee_on(self, amount: int) -> int:
        """What the provider keeps of a card payment: rate in basis points plus a fixed part, rounded half up."""
        return (amount * int(self.store.setting("fee_bp", 290)) + 5000) // 10_000 + int(
            self.store.setting("fee_fixed", 30)
        )

    def available_after(self) -> int:
        return int(self.store.setting("settle_seconds", TWO_DAYS))

    def balance(self, account: str = PLATFORM) -> Thing:
        """The balance object, every currency that was ever moved."""
        now = self.store.now()
        sums: dict[str, dict[str, int]] = {}
        for row in self.store.every("balance_transaction", account):
            place = sums.setdefault(row["currency"], {"available": 0, "pending": 0})
            place["available" if row["available_on"] <= now else "pending"] += row["net"]
        drift: dict[str, int] = self.store.setting("drift", {}) if account == PLATFORM else {}
        for currency, amount in drift.items():
            sums.setdefault(currency, {"available": 0, "pending": 0})["available"] += amount
        return {
            "object": "balance",
            "livemode": self.is_live,
            **{
                part: [
                    {
                        "amount": sums[currency][part],
                        "currency": currency,
                        "source_types": {"card": sums[currency][part]},
                    }
                    for currency in sorted(sums)
                ]
                for part in ("available", "pending")
            },
        }

    def available(self, currency: str, account: str = PLATFORM) -> int:
        for row in self.balance(account)["available"]:
            if row["currency"] == currency:
                return int(row["amount"])
        return 0

    # -- events -------------------------------------------------------------------------------------------------------

    def tell(self, kind: str, thing: Thing, account: str = PLATFORM) -> Thing:
        """Record an event with the object as it is now, and owe it to every endpoint that asked for its kind."""
        event = {
            "id": self.store.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.store.now(),
            "data": {"object": thing},
            "livemode": self.is_live,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        if account != PLATFORM:
            event["account"] = account
        self.store.add("event", event, account)
        scope = "connect" if account != PLATFORM else "account"
        for endpoint in self.store.setting("endpoints", []):
            if endpoint["scope"] == scope and ("*" in endpoint["events"] or kind in endpoint["events"]):
                self.owe(str(event["id"]), endpoint)
        return event

    def owe(self, event: str, endpoint: Thing) -> None:
        """Owe one event to one endpoint, as often and as late as the switches say."""
        ways: dict[str, Any] = self.store.setting("webhooks", {})
        for copy in range(max(1, int(ways.get("duplicate", 1)))):
            due = time.time() + float(ways.get("delay_seconds", 0)) + copy * 0.05
            if ways.get("shuffle"):
                due += random.uniform(0, float(ways.get("shuffle_seconds", 2)))  # noqa: S311 - an order, not a secret
            if ways.get("paused"):
                due = FOR_EVER
            self.store.owe(event, endpoint["url"], endpoint["scope"], due)

    # -- misbehaviour -------------------------------------------------------------------------------------------------

    def fault(self, kinds: tuple[str, ...], method: str, path: str) -> Thing | None:
        """Take the first armed fault of one of `kinds` that fits the call, counting it down; None when none does."""
        faults: list[Thing] = self.store.setting("faults", [])
        for place, fault in enumerate(faults):
            if (
                fault["kind"] in kinds
                and fault.get("method", method) == method
                and fnmatch.fnmatchcase(path, fault.get("path", "*"))
            ):
                if fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    if fault["times"] == 0:
                        del faults[place]
                    self.store.set("faults", faults)
                return fault
        return None
