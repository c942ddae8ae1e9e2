"""The switches: what a test or a person at the demo may make the provider do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marketplace.payments.fake_stripe.books import Books
from marketplace.payments.fake_stripe.connect import Connect
from marketplace.payments.fake_stripe.payments import Payments, public_session
from marketplace.payments.fake_stripe.store import PLATFORM, Thing
from marketplace.payments.fake_stripe.wire import ApiError, missing

FAULTS = {
    "drop_before": "close the connection without executing",
    "drop_after": "execute, then close the connection without an answer",
    "error_500_before": "answer 500 without executing",
    "error_500_after": "execute, then answer 500",
    "rate_limit": "answer 429",
    "slow": "execute, then answer after `seconds`",
    "decline": "decline the next card",
    "three_d_secure": "ask for 3-D Secure at the next card",
    "wrong_amount": "charge `by` minor units more or less",
    "wrong_currency": "charge in `currency` instead",
}
Act = Callable[["Control", Thing], Any]
_acts: dict[str, Act] = {}


def act(name: str) -> Callable[[Act], Act]:
    def keep(function: Act) -> Act:
        _acts[name] = function
        return function

    return keep


class Control:
    """Acts by name, each with the parameters of its JSON body. Runs inside the caller's turn."""

    def __init__(self, books: Books, payments: Payments, connect: Connect) -> None:
        self.books, self.payments, self.connect = books, payments, connect
        self.store = books.store

    def do(self, name: str, given: Thing) -> Any:
        """Carry out one act. Raises ApiError 404 for an unknown one, 400 for what cannot be done now."""
        if name not in _acts:
            raise ApiError(404, f"No such act: {name}. There are: {', '.join(sorted(_acts))}.")
        return _acts[name](self, given)

    def need(self, kind: str, pk: str) -> tuple[Thing, str]:
        """The thing and the account it belongs to."""
        thing = self.store.find(kind, pk, None)
        if thing is None:
            raise missing(kind, pk)
        return thing, self.store.owner(pk)

    def state(self) -> Thing:
        """Everything a test may want to count."""
        return {
            "livemode": self.books.is_live,
            "counts": self.store.counts(),
            "faults": self.store.setting("faults", []),
            "webhooks": self.store.setting("webhooks", {}),
            "balance": self.books.balance(),
            "calls": self.store.calls(),
            "deliveries": self.store.deliveries(),
        }


@act("reset")
def reset(control: Control, given: Thing) -> Thing:
    endpoints = control.store.setting("endpoints", [])
    control.store.forget_everything()
    control.store.set("endpoints", endpoints)
    return {"done": True}


@act("faults")
def arm(control: Control, given: Thing) -> Thing:
    """Arm a fault: {"kind", "path"?: shell pattern, "method"?, "times"?: 1, 0 for ever}; {} disarms all."""
    if not given:
        control.store.set("faults", [])
        return {"faults": []}
    if given.get("kind") not in FAULTS:
        raise ApiError(400, f"No such fault. There are: {', '.join(FAULTS)}.")
    faults = [*control.store.setting("faults", []), given]
    control.store.set("faults", faults)
    return {"faults": faults}


@act("webhooks")
def switch_webhooks(control: Control, given: Thing) -> Thing:
    """{"duplicate": 3, "shuffle": true, "delay_seconds": 5, "paused": true}; ending a pause sends what waited."""
    control.store.set("webhooks", given)
    if not given.get("paused"):
        control.store.hasten()
    return given


@act("endpoints")
def set_endpoints(control: Control, given: Thing) -> Thing:
    """{"endpoints": [{"url", "secret", "scope": account | connect, "events": […]}]}"""
    control.store.set("endpoints", given["endpoints"])
    return {"endpoints": len(given["endpoints"])}


@act("send")
def send_again(control: Control, given: Thing) -> Thing:
    """Deliver an event again: {"event", "times"?}."""
    event, account = control.need("event", given["event"])
    scope = "account" if account == PLATFORM else "connect"
    sent = 0
    for endpoint in control.store.setting("endpoints", []):
        if endpoint["scope"] == scope:
            for _ in range(int(given.get("times", 1))):
                control.store.owe(event["id"], endpoint["url"], scope, 0)
                sent += 1
    return {"sent": sent}


@act("mode")
def switch_mode(control: Control, given: Thing) -> Thing:
    control.store.set("livemode", bool(given["livemode"]))
    return {"livemode": control.books.is_live}


@act("settings")
def set_numbers(control: Control, given: Thing) -> Thing:
    """{"fee_bp", "fee_fixed", "settle_seconds", "country"}"""
    for name in ("fee_bp", "fee_fixed", "settle_seconds", "country"):
        if name in given:
            control.store.set(name, given[name])
    return {"done": True}


@act("clock")
def set_clock(control: Control, given: Thing) -> Thing:
    """Set the fake's clock forward: {"advance_seconds"}. Keys older than 24 hours are forgotten."""
    control.store.set("clock_ahead", control.store.setting("clock_ahead", 0) + int(given["advance_seconds"]))
    control.payments.expire_old_sessions()
    return {"now": control.store.now()}


@act("drift")
def drift(control: Control, given: Thing) -> Thing:
    """Make the balance wrong by {"amount", "currency"} minor units: the books must notice."""
    now: dict[str, int] = control.store.setting("drift", {})
    now[given["currency"]] = now.get(given["currency"], 0) + int(given["amount"])
    control.store.set("drift", now)
    return now


@act("pay")
def pay(control: Control, given: Thing) -> Thing:
    """Play the hosted page: {"session", "method"?: pm_card_visa}. Answers the session; a decline is in "error"."""
    session, _account = control.need("checkout.session", given["session"])
    try:
        return public_session(control.payments.pay_session(session, given.get("method", "pm_card_visa")))
    except ApiError as refusal:
        if not refusal.has_begun:
            raise
        after, _account = control.need("checkout.session", given["session"])
        return public_session(after) | {"error": refusal.error}


@act("authenticate")
def authenticate(control: Control, given: Thing) -> Thing:
    """The end of 3-D Secure: {"payment_intent", "passed"?: true}."""
    intent, _account = control.need("payment_intent", given["payment_intent"])
    return control.payments.authenticate(intent, bool(given.get("passed", True)))


@act("finish")
def finish(control: Control, given: Thing) -> Thing:
    """The end of an asynchronous payment: {"payment_intent", "passed"?: true}."""
    intent, _account = control.need("payment_intent", given["payment_intent"])
    if intent["status"] != "processing":
        raise ApiError(400, f"This payment is {intent['status']}.")
    passed = bool(given.get("passed", True))
    return control.payments.succeed(intent) if passed else control.payments.fail_slowly(intent)


@act("expire")
def expire(control: Control, given: Thing) -> Thing:
    session, _account = control.need("checkout.session", given["session"])
    return public_session(control.payments.expire_session(session))


@act("dispute")
def dispute(control: Control, given: Thing) -> Thing:
    """The payer's bank disputes a charge: {"charge", "amount"?, "reason"?}."""
    charge, _account = control.need("charge", given["charge"])
    return control.payments.open_dispute(
        charge, int(given.get("amount") or charge["amount"]), given.get("reason", "fraudulent")
    )


@act("close_dispute")
def close_dispute(control: Control, given: Thing) -> Thing:
    """{"dispute", "won": true | false}"""
    found, _account = control.need("dispute", given["dispute"])
    return control.payments.close_dispute(found, bool(given["won"]))


@act("fail_refund")
def fail_refund(control: Control, given: Thing) -> Thing:
    refund, _account = control.need("refund", given["refund"])
    return control.payments.fail_refund(refund, given.get("reason", "lost_or_stolen_card"))


@act("onboard")
def onboard(control: Control, given: Thing) -> Thing:
    account, _account = control.need("account", given["account"])
    return control.connect.onboard(account)


@act("restrict")
def restrict(control: Control, given: Thing) -> Thing:
    account, _account = control.need("account", given["account"])
    return control.connect.restrict(account, given.get("reason", "requirements.past_due"))


@act("settle")
def settle(control: Control, given: Thing) -> Thing:
    """Let all money become available; {"account"?} for one account only."""
    control.connect.settle(given.get("account"))
    return control.books.balance()


@act("payout")
def pay_out(control: Control, given: Thing) -> Thing:
    """Pay an account's available money to its bank: {"account", "currency", "paid"?: true}."""
    payout = control.connect.pay_out(given["account"], given["currency"])
    return control.connect.payout_arrives(payout, given["account"]) if given.get("paid", True) else payout


@act("fail_payout")
def fail_payout(control: Control, given: Thing) -> Thing:
    """The bank returns a payout, however late: {"payout", "code"?}."""
    payout, account = control.need("payout", given["payout"])
    return control.connect.payout_comes_back(payout, account, given.get("code", "account_closed"))
