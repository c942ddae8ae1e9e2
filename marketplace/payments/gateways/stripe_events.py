"""The events of Stripe: which we subscribe to, and which row of ours each one makes us look at.

An event is a hint that something of ours may have changed. Its handler finds the row; what is booked is what Stripe
answers when it is asked about that row, so order, repetition and delay of events make no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.payments.gateways.ports import ProviderRefused
from marketplace.payments.gateways.stripe import CODE, StripeProvider, entry
from marketplace.payments.inbound import Doubt
from marketplace.payments.models import PayIn, Payout, PayoutAccount, Refund

#: What the two webhook endpoints ask Stripe for: events of our own account, and of the connected ones.
SUBSCRIBED: dict[str, frozenset[str]] = {
    "account": frozenset(
        {
            "charge.dispute.closed",
            "charge.dispute.created",
            "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
            "charge.refunded",
            "charge.succeeded",
            "checkout.session.async_payment_failed",
            "checkout.session.async_payment_succeeded",
            "checkout.session.completed",
            "checkout.session.expired",
            "payment_intent.canceled",
            "payment_intent.payment_failed",
            "payment_intent.succeeded",
            "refund.created",
            "refund.failed",
            "refund.updated",
            "transfer.created",
            "transfer.reversed",
            "transfer.updated",
        }
    ),
    "connect": frozenset({"account.updated", "payout.failed", "payout.paid"}),
}


class Doubtful(Exception):
    """The event is genuine, but nothing may follow from it until a person has looked."""

    def __init__(self, doubt: Doubt, note: str = "") -> None:
        self.doubt, self.note = doubt, note
        super().__init__(f"{doubt}: {note}")


class NotYet(Exception):
    """Our own row is not ready for it (its call is still under way): try again shortly."""


@dataclass(frozen=True, slots=True)
class Look:
    """A row to ask the provider about. `returned` is the transfer whose money the payee's bank sent back, and why."""

    kind: str
    pk: int
    returned: tuple[str, str] = ("", "")


Thing = dict[str, Any]
Handler = Callable[[StripeProvider, Thing, str], list[Look]]
HANDLERS: dict[tuple[str, str], Handler] = {}


def handles(scope: str, *kinds: str) -> Callable[[Handler], Handler]:
    def keep(handler: Handler) -> Handler:
        for kind in kinds:
            HANDLERS[scope, kind] = handler
        return handler

    return keep


def handled() -> dict[str, frozenset[str]]:
    """The kinds that have a handler, by scope; must equal SUBSCRIBED."""
    return {scope: frozenset(kind for place, kind in HANDLERS if place == scope) for scope in SUBSCRIBED}


def resolve(provider: StripeProvider, scope: str, kind: str, payload: Thing) -> list[Look]:
    """The rows an event concerns; asks Stripe where the event does not name them.

    Raises Doubtful when it concerns nothing of ours, NotYet, ProviderUnknown.
    """
    handler = HANDLERS.get((scope, kind))
    if handler is None:
        raise Doubtful(Doubt.OTHER_ACCOUNT, f"{kind} of {payload.get('account') or 'our own account'}")
    try:
        return handler(provider, payload["data"]["object"], str(payload.get("account", "")))
    except ProviderRefused as refusal:
        raise Doubtful(Doubt.UNKNOWN_OBJECT, str(refusal)) from refusal


def row_id(metadata: Any, name: str) -> int:
    """Our id in an object's metadata. Raises Doubtful when there is none that could be ours."""
    text = entry(metadata, name)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Doubtful(Doubt.UNKNOWN_OBJECT, f"no {name} of ours in its metadata")
    return int(text)


@handles(
    "account",
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
)
def session_changed(provider: StripeProvider, session: Thing, account: str) -> list[Look]:
    found = PayIn.objects.filter(provider=CODE, external_id=session["id"]).values_list("pk", flat=True).first()
    return [Look("payin", found)] if found else [waiting_payin(row_id(session.get("metadata"), "payin"))]


@handles("account", "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled")
@handles("account", "charge.succeeded", "charge.refunded")
def payment_changed(provider: StripeProvider, thing: Thing, account: str) -> list[Look]:
    return [payin_named(row_id(thing.get("metadata"), "payin"), thing)]


@handles(
    "account",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
def dispute_changed(provider: StripeProvider, dispute: Thing, account: str) -> list[Look]:
    found = PayIn.objects.filter(provider=CODE, charge_id=dispute["charge"]).values_list("pk", flat=True).first()
    if found:
        return [Look("payin", found)]
    ours = provider.payin_of_intent(dispute["payment_intent"]) if dispute.get("payment_intent") else ""
    return [payin_named(row_id({"payin": ours}, "payin"), dispute)]


@handles("account", "refund.created", "refund.updated", "refund.failed")
def refund_changed(provider: StripeProvider, refund: Thing, account: str) -> list[Look]:
    pk = row_id(refund.get("metadata"), "refund")
    if not Refund.objects.filter(pk=pk, provider=CODE).exists():
        raise Doubtful(Doubt.UNKNOWN_OBJECT, f"there is no refund {pk}")
    return [Look("refund", pk)]


@handles("account", "transfer.created", "transfer.updated", "transfer.reversed")
def transfer_changed(provider: StripeProvider, transfer: Thing, account: str) -> list[Look]:
    return [Look("payout", payout_named(row_id(transfer.get("metadata"), "payout")))]


@handles("connect", "account.updated")
def account_changed(provider: StripeProvider, thing: Thing, account: str) -> list[Look]:
    return [Look("payout_account", payout_account(account))]


@handles("connect", "payout.paid", "payout.failed")
def bank_payout_changed(provider: StripeProvider, bank_payout: Thing, account: str) -> list[Look]:
    """What the payee's bank did with a payout, asked of Stripe: a payload that says "failed" proves nothing."""
    payout_account(account)
    status, code, ours = provider.transfers_in_bank_payout(account, bank_payout["id"])
    return [
        Look("payout", payout_named(int(pk)), (transfer, code or "unknown") if status == "failed" else ("", ""))
        for pk, transfer in ours
    ]


def payin_named(pk: int, thing: Thing) -> Look:
    """The payment in of this id, if the thing can be its: an object of another payment that names ours is doubted."""
    payin = PayIn.objects.filter(pk=pk, provider=CODE).first()
    if payin is None:
        raise Doubtful(Doubt.UNKNOWN_OBJECT, f"there is no payment {pk}")
    if thing["object"] == "charge" and thing.get("paid") and payin.charge_id not in ("", thing["id"]):
        raise Doubtful(Doubt.UNKNOWN_OBJECT, f"payment {pk} was made by another charge, {payin.charge_id}")
    return Look("payin", pk)


def waiting_payin(pk: int) -> Look:
    """A session whose name we do not know yet: its creation is under way, or its answer was lost."""
    payin = PayIn.objects.filter(pk=pk, provider=CODE).first()
    if payin is None or payin.external_id:
        raise Doubtful(Doubt.UNKNOWN_OBJECT, f"there is no payment {pk} with this session")
    raise NotYet(f"payment {pk} is being opened")


def payout_named(pk: int) -> int:
    if not Payout.objects.filter(pk=pk, provider=CODE).exists():
        raise Doubtful(Doubt.UNKNOWN_OBJECT, f"there is no payout {pk}")
    return pk


def payout_account(account: str) -> int:
    """Our row of a connected account. Raises Doubtful for a stranger's."""
    found = PayoutAccount.objects.filter(rail=CODE, external_id=account).order_by("-pk").first()
    if not account or found is None:
        raise Doubtful(Doubt.OTHER_ACCOUNT, f"{account or 'no account'} is none of ours")
    return int(found.pk)
