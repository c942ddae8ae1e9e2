"""Money in: payment intents, charges, checkout sessions, refunds and disputes, with what each does to the balance."""

from __future__ import annotations

from typing import Any

from marketplace.payments.fake_stripe.books import Books
from marketplace.payments.fake_stripe.store import Thing
from marketplace.payments.fake_stripe.wire import ApiError

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card", "Your card has expired."),
}
ASKS_3DS = {"pm_card_threeDSecure2Required", "pm_card_authenticationRequired"}
SLOW = {"pm_usBankAccount_processing"}
GOOD = {"pm_card_visa", "pm_card_mastercard", "pm_card_createDispute"}
METHODS = GOOD | ASKS_3DS | SLOW | set(DECLINES)
DISPUTE_FEE = 1500
OPEN_INTENT = {"requires_payment_method", "requires_confirmation", "requires_action"}


class Payments:
    """The cashier of the fake. Every method runs inside the caller's turn."""

    def __init__(self, books: Books, base_url: str) -> None:
        self.books, self.store, self.base_url = books, books.store, base_url

    # -- payment intents ----------------------------------------------------------------------------------------------

    def create_intent(self, **fields: Any) -> Thing:
        intent = self.books.new(
            "payment_intent",
            "pi",
            **{
                "amount_capturable": 0,
                "amount_received": 0,
                "application_fee_amount": None,
                "canceled_at": None,
                "cancellation_reason": None,
                "capture_method": "automatic_async",
                "client_secret": self.store.new_id("pi_secret"),
                "confirmation_method": "automatic",
                "customer": None,
                "description": None,
                "last_payment_error": None,
                "latest_charge": None,
                "metadata": {},
                "next_action": None,
                "payment_method": None,
                "payment_method_types": ["card"],
                "receipt_email": None,
                "status": "requires_payment_method",
                "transfer_data": None,
                "transfer_group": None,
            }
            | fields,
        )
        self.books.tell("payment_intent.created", intent)
        return intent

    def confirm(self, intent: Thing, method: str, return_url: str = "") -> Thing:
        """Try to pay. Raises ApiError 402 for a decline (the failed charge and the error are kept)."""
        if intent["status"] not in OPEN_INTENT:
            raise ApiError(
                400,
                f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
                payment_intent=intent,
            )
        if method not in METHODS:
            raise ApiError(400, f"No such PaymentMethod: '{method}'", code="resource_missing", param="payment_method")
        path = f"/v1/payment_intents/{intent['id']}/confirm"
        intent["payment_method"] = method
        if self.books.fault(("decline",), "POST", path):
            return self._decline(intent, DECLINES["pm_card_chargeDeclined"])
        if method in DECLINES:
            return self._decline(intent, DECLINES[method])
        if method in ASKS_3DS or self.books.fault(("three_d_secure",), "POST", path):
            intent["status"] = "requires_action"
            intent["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {"url": f"{self.base_url}/3ds/{intent['id']}", "return_url": return_url or None},
            }
            self.store.save(intent)
            self.books.tell("payment_intent.requires_action", intent)
            return intent
        if method in SLOW:
            intent["status"] = "processing"
            self.store.save(intent)
            self.books.tell("payment_intent.processing", intent)
            return intent
        return self.succeed(intent)

    def authenticate(self, intent: Thing, passed: bool) -> Thing:
        """The end of 3-D Secure: the payment goes on, or the intent waits for another card."""
        if intent["status"] != "requires_action":
            raise ApiError(400, "This payment awaits no authentication.", code="payment_intent_unexpected_state")
        intent["next_action"] = None
        if passed:
            return self.succeed(intent)
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": "payment_intent_authentication_failure",
            "message": "The provided payment method has failed authentication.",
        }
        self.store.save(intent)
        self.books.tell("payment_intent.payment_failed", intent)
        return intent

    def _decline(self, intent: Thing, why: tuple[str, str, str]) -> Thing:
        code, decline_code, message = why
        charge = self._charge(intent, intent["amount"], intent["currency"], status="failed")
        charge |= {"failure_code": code, "failure_message": message, "paid": False}
        self.store.save(charge)
        error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": message}
        intent["status"], intent["latest_charge"] = "requires_payment_method", charge["id"]
        intent["last_payment_error"] = error | {"charge": charge["id"]}
        self.store.save(intent)
        self.books.tell("charge.failed", charge)
        self.books.tell("payment_intent.payment_failed", intent)
        raise ApiError(
            402,
            message,
            kind="card_error",
            code=code,
            decline_code=decline_code,
            charge=charge["id"],
            payment_intent=intent,
            has_begun=True,
        )

    def succeed(self, intent: Thing) -> Thing:
        """Charge the card and take the money into the balance, less the fee."""
        path = f"/v1/payment_intents/{intent['id']}/confirm"
        amount, currency = intent["amount"], intent["currency"]
        wrong = self.books.fault(("wrong_amount",), "POST", path)
        if wrong:
            amount += int(wrong.get("by", -1))
        other = self.books.fault(("wrong_currency",), "POST", path)
        if other:
            currency = str(other.get("currency", "eur"))
        charge = self._charge(intent, amount, currency, status="succeeded")
        line = self.books.move(
            amount,
            currency,
            "charge",
            charge["id"],
            fee=self.books.fee_on(amount),
            wait=self.books.available_after(),
        )
        charge["balance_transaction"] = line["id"]
        self.store.save(charge)
        intent |= {
            "status": "succeeded",
            "amount_received": amount,
            "currency": currency,
            "latest_charge": charge["id"],
            "next_action": None,
            "last_payment_error": None,
        }
        self.store.save(intent)
        self.books.tell("charge.succeeded", charge)
        self.books.tell("payment_intent.succeeded", intent)
        self._finish_session_of(intent)
        if intent["payment_method"] == "pm_card_createDispute":
            self.open_dispute(charge, amount, "fraudulent")
        return intent

    def fail_slowly(self, intent: Thing) -> Thing:
        """The end of an asynchronous payment that the payer's bank refused."""
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": "payment_intent_payment_attempt_failed",
            "message": "The payment failed.",
        }
        self.store.save(intent)
        self.books.tell("payment_intent.payment_failed", intent)
        session = self.session_of(intent)
        if session is not None:
            self.books.tell("checkout.session.async_payment_failed", session)
        return intent

    def cancel(self, intent: Thing, reason: str) -> Thing:
        if intent["status"] not in OPEN_INTENT:
            raise ApiError(
                400,
                f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
                code="payment_intent_unexpected_state",
                payment_intent=intent,
            )
        intent |= {"status": "canceled", "canceled_at": self.store.now(), "cancellation_reason": reason or None}
        self.store.save(intent)
        self.books.tell("payment_intent.canceled", intent)
        return intent

    def _charge(self, intent: Thing, amount: int, currency: str, *, status: str) -> Thing:
        is_paid = status == "succeeded"
        return self.books.new(
            "charge",
            "ch",
            amount=amount,
            amount_captured=amount if is_paid else 0,
            amount_refunded=0,
            balance_transaction=None,
            billing_details={"name": None, "email": None},
            captured=is_paid,
            currency=currency,
            description=intent["description"],
            disputed=False,
            failure_code=None,
            failure_message=None,
            metadata=intent["metadata"],
            paid=is_paid,
            payment_intent=intent["id"],
            payment_method=intent["payment_method"],
            payment_method_details={"type": "card", "card": {"brand": "visa", "last4": "4242", "country": "SG"}},
            refunded=False,
            status=status,
            transfer_group=intent["transfer_group"],
        )

    # -- checkout -----------------------------------------------------------------------------------------------------

    def create_session(self, **fields: Any) -> Thing:
        session = self.books.new(
            "checkout.session",
            "cs_live" if self.books.is_live else "cs_test",
            payment_intent=None,
            payment_status="unpaid",
            status="open",
            mode="payment",
            **fields,
        )
        session["url"] = f"{self.base_url}/pay/{session['id']}"
        return self.store.save(session)

    def session_of(self, intent: Thing) -> Thing | None:
        for session in self.store.every("checkout.session"):
            if session["payment_intent"] == intent["id"]:
                return session
        return None

    def pay_session(self, session: Thing, method: str) -> Thing:
        """A person pays on the hosted page. Returns the session; raises ApiError for a decline."""
        if session["status"] != "open":
            raise ApiError(400, f"This session is {session['status']}.")
        intent = self.store.find("payment_intent", session["payment_intent"] or "")
        if intent is None:
            given = session["fake_intent_data"]
            intent = self.create_intent(amount=session["amount_total"], currency=session["currency"], **given)
            session["payment_intent"] = intent["id"]
            self.store.save(session)
        intent = self.confirm(intent, method, session["success_url"])
        if intent["status"] == "processing":
            session |= {"status": "complete"}
            self.store.save(session)
            self.books.tell("checkout.session.completed", public_session(session))
        return self.store.find("checkout.session", session["id"]) or session

    def _finish_session_of(self, intent: Thing) -> None:
        session = self.session_of(intent)
        if session is None:
            return
        was_open = session["status"] == "open"
        session |= {"status": "complete", "payment_status": "paid"}
        self.store.save(session)
        kind = "checkout.session.completed" if was_open else "checkout.session.async_payment_succeeded"
        self.books.tell(kind, public_session(session))

    def expire_session(self, session: Thing) -> Thing:
        if session["status"] != "open":
            raise ApiError(
                400,
                f'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of {session['status']}.",
            )
        session["status"] = "expired"
        self.store.save(session)
        intent = self.store.find("payment_intent", session["payment_intent"] or "")
        if intent is not None and intent["status"] in OPEN_INTENT:
            self.cancel(intent, "automatic")
        self.books.tell("checkout.session.expired", public_session(session))
        return session

    def expire_old_sessions(self) -> None:
        """What the provider does by itself: an unpaid session ends at its hour."""
        now = self.store.now()
        for session in self.store.in_status("checkout.session", "open"):
            if session["expires_at"] <= now:
                self.expire_session(session)

    # -- refunds ------------------------------------------------------------------------------------------------------

    def refund(self, charge: Thing, amount: int, reason: str, metadata: dict[str, str]) -> Thing:
        """Give money back. The provider keeps its fee. Raises ApiError when the charge or balance has not enough."""
        won = (one["charge"] for one in self.store.in_status("dispute", "won"))
        if charge["disputed"] and charge["id"] not in won:
            raise ApiError(
                400, "This charge has been charged back.", code="charge_disputed", param="charge", has_begun=True
            )
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left <= 0:
            raise ApiError(
                400,
                f"Charge {charge['id']} has already been refunded.",
                code="charge_already_refunded",
                has_begun=True,
            )
        if amount > left:
            raise ApiError(
                400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        if amount > self.total(charge["currency"]):
            raise ApiError(
                400,
                "Insufficient funds in your balance to refund this amount.",
                code="balance_insufficient",
                has_begun=True,
            )
        refund = self.books.new(
            "refund",
            "re",
            amount=amount,
            balance_transaction=None,
            charge=charge["id"],
            currency=charge["currency"],
            failure_reason=None,
            metadata=metadata,
            payment_intent=charge["payment_intent"],
            reason=reason or None,
            status="succeeded",
        )
        line = self.books.move(-amount, charge["currency"], "refund", refund["id"])
        refund["balance_transaction"] = line["id"]
        self.store.save(refund)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.store.save(charge)
        self.books.tell("refund.created", refund)
        self.books.tell("charge.refunded", charge)
        return refund

    def total(self, currency: str) -> int:
        """Available and pending together: what a refund may draw on."""
        balance = self.books.balance()
        return sum(
            int(row["amount"])
            for part in ("available", "pending")
            for row in balance[part]
            if row["currency"] == currency
        )

    def fail_refund(self, refund: Thing, reason: str) -> Thing:
        """The payer's bank sends a refund back, days after it succeeded."""
        if refund["status"] != "succeeded":
            raise ApiError(400, f"This refund is {refund['status']}.")
        line = self.books.move(refund["amount"], refund["currency"], "refund_failure", refund["id"])
        refund |= {"status": "failed", "failure_reason": reason, "failure_balance_transaction": line["id"]}
        self.store.save(refund)
        charge = self.store.find("charge", refund["charge"])
        if charge is not None:
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            self.store.save(charge)
        self.books.tell("refund.failed", refund)
        return refund

    # -- disputes -----------------------------------------------------------------------------------------------------

    def open_dispute(self, charge: Thing, amount: int, reason: str) -> Thing:
        """The payer's bank takes the money back, with a fee, until the dispute is decided."""
        if charge["disputed"]:
            raise ApiError(400, "This charge is disputed already.")
        dispute = self.books.new(
            "dispute",
            "du",
            amount=amount,
            balance_transactions=[],
            charge=charge["id"],
            currency=charge["currency"],
            evidence={},
            evidence_details={"due_by": self.store.now() + 7 * 24 * 3600, "has_evidence": False, "submission_count": 0},
            is_charge_refundable=False,
            metadata={},
            payment_intent=charge["payment_intent"],
            reason=reason,
            status="needs_response",
        )
        line = self.books.move(
            -amount, charge["currency"], "adjustment", dispute["id"], fee=DISPUTE_FEE, category="dispute"
        )
        dispute["balance_transactions"] = [line]
        self.store.save(dispute)
        charge["disputed"] = True
        self.store.save(charge)
        self.books.tell("charge.dispute.created", dispute)
        self.books.tell("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def close_dispute(self, dispute: Thing, won: bool) -> Thing:
        """The decision: won brings the amount back, lost leaves it with the bank; the fee is kept either way."""
        if dispute["status"] in ("won", "lost"):
            raise ApiError(400, f"This dispute is {dispute['status']}.")
        dispute["status"] = "won" if won else "lost"
        if won:
            line = self.books.move(
                dispute["amount"], dispute["currency"], "adjustment", dispute["id"], category="dispute_reversal"
            )
            dispute["balance_transactions"].append(line)
        self.store.save(dispute)
        if won:
            self.books.tell("charge.dispute.funds_reinstated", dispute)
        self.books.tell("charge.dispute.closed", dispute)
        return dispute


def public_session(session: Thing) -> Thing:
    """A session as the API shows it, without what the fake keeps for itself."""
    return {name: value for name, value in session.items() if not name.startswith("fake_")}
