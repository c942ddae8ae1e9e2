"""Money out: connected accounts and their onboarding, transfers and reversals, payouts to their banks."""

from __future__ import annotations

from typing import Any

from marketplace.payments.fake_stripe.books import Books
from marketplace.payments.fake_stripe.store import PLATFORM, Thing
from marketplace.payments.fake_stripe.wire import ApiError

# Cross-border: what one platform may send to another country without asking (checked 2026-11).
ONE_TRANSFER_AREA = frozenset(
    [
        "US",
        "GB",
        "CA",
        "CH",
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


class Connect:
    """The payout side of the fake. Every method runs inside the caller's turn."""

    def __init__(self, books: Books, base_url: str) -> None:
        self.books, self.store, self.base_url = books, books.store, base_url

    # -- accounts -----------------------------------------------------------------------------------------------------

    def create_account(self, *, country: str, email: str, metadata: dict[str, str], kind: str, **more: Any) -> Thing:
        return self.books.new(
            "account",
            "acct",
            business_type="company",
            business_profile={"name": more.get("name") or None, "url": None},
            capabilities={"transfers": "inactive"},
            charges_enabled=False,
            country=country,
            default_currency=more.get("currency") or "usd",
            details_submitted=False,
            email=email or None,
            metadata=metadata,
            payouts_enabled=False,
            requirements={
                "currently_due": ["external_account", "tos_acceptance.date", "company.name"],
                "eventually_due": [],
                "past_due": [],
                "disabled_reason": "requirements.past_due",
            },
            settings={"payouts": {"schedule": {"interval": "daily", "delay_days": 2}, "debit_negative_balances": True}},
            tos_acceptance={"date": None},
            type=kind,
        )

    def onboard(self, account: Thing) -> Thing:
        """A person finishes the onboarding page: the account may receive transfers and pay out."""
        account |= {
            "details_submitted": True,
            "charges_enabled": True,
            "payouts_enabled": True,
            "capabilities": {"transfers": "active"},
        }
        account["requirements"] = {"currently_due": [], "eventually_due": [], "past_due": [], "disabled_reason": None}
        account["tos_acceptance"] = {"date": self.store.now()}
        self.store.save(account)
        self.books.tell("account.updated", account, account["id"])
        return account

    def restrict(self, account: Thing, reason: str) -> Thing:
        """The provider stops an account, as it does when papers are missing."""
        account |= {"payouts_enabled": False, "capabilities": {"transfers": "inactive"}}
        account["requirements"] |= {"currently_due": ["external_account"], "disabled_reason": reason}
        self.store.save(account)
        self.books.tell("account.updated", account, account["id"])
        return account

    # -- transfers ----------------------------------------------------------------------------------------------------

    def transfer(self, *, amount: int, currency: str, destination: str, source: str, **more: Any) -> Thing:
        """Move money to a connected account, out of a charge when `source` names one, else out of what is available."""
        account = self.store.find("account", destination)
        if account is None:
            raise ApiError(400, f"No such destination: '{destination}'", code="resource_missing", param="destination")
        if account["capabilities"].get("transfers") != "active":
            raise ApiError(
                400,
                "Your destination account needs to have at least one of the following capabilities enabled: "
                "transfers, crypto_transfers, legacy_payments",
                code="insufficient_capabilities_for_transfer",
                has_begun=True,
            )
        home = str(self.store.setting("country", "SG"))
        if account["country"] != home and not {home, account["country"]} <= ONE_TRANSFER_AREA:
            raise ApiError(
                400,
                f"Cannot create transfers between a platform in {home} and an account in {account['country']}.",
                code="transfers_not_allowed",
                has_begun=True,
            )
        wait = 0
        if source:
            wait = self._draw_on(source, amount, currency)
        elif amount > self.books.available(currency):
            raise ApiError(
                400,
                "You have insufficient available funds in your Stripe account.",
                code="balance_insufficient",
                has_begun=True,
            )
        transfer = self.books.new(
            "transfer",
            "tr",
            amount=amount,
            amount_reversed=0,
            balance_transaction=None,
            currency=currency,
            description=more.get("description") or None,
            destination=destination,
            destination_payment=None,
            metadata=more.get("metadata") or {},
            reversed=False,
            source_transaction=source or None,
            source_type="card",
            transfer_group=more.get("transfer_group") or None,
        )
        out = self.books.move(-amount, currency, "transfer", transfer["id"], wait=wait)
        payment = self.books.new(
            "charge",
            "py",
            destination,
            amount=amount,
            amount_captured=amount,
            amount_refunded=0,
            balance_transaction=None,
            captured=True,
            currency=currency,
            disputed=False,
            metadata={},
            paid=True,
            payment_intent=None,
            refunded=False,
            source_transfer=transfer["id"],
            status="succeeded",
        )
        into = self.books.move(amount, currency, "payment", payment["id"], account=destination, wait=wait)
        payment["balance_transaction"] = into["id"]
        self.store.save(payment)
        transfer |= {"balance_transaction": out["id"], "destination_payment": payment["id"]}
        self.store.save(transfer)
        self.books.tell("transfer.created", transfer)
        return transfer

    def _draw_on(self, source: str, amount: int, currency: str) -> int:
        """Check that the charge covers the transfer; returns how many seconds until the charge is available."""
        charge = self.store.find("charge", source)
        if charge is None or charge["status"] != "succeeded":
            raise ApiError(400, f"No such charge: '{source}'", code="resource_missing", param="source_transaction")
        if charge["currency"] != currency:
            raise ApiError(
                400,
                f"The currency of source_transaction's balance transaction ({charge['currency']}) must be the same as "
                f"the transfer currency ({currency})",
                param="currency",
            )
        drawn = sum(
            one["amount"] - one["amount_reversed"]
            for one in self.store.every("transfer")
            if one["source_transaction"] == source
        )
        if drawn + amount > charge["amount"]:
            raise ApiError(
                400,
                "Transfers using this transaction as a source must not exceed the source amount of "
                f"{charge['amount']}. "
                f"(This transfer: {amount}, existing transfers: {drawn})",
                code="transfer_source_balance_parameters_mismatch",
                param="amount",
                has_begun=True,
            )
        line = self.store.find("balance_transaction", charge["balance_transaction"]) or {}
        return max(0, int(line.get("available_on", 0)) - self.store.now())

    def reverse(self, transfer: Thing, amount: int, metadata: dict[str, str]) -> Thing:
        """Take a transfer back, wholly or in part. Raises ApiError when the account has spent it."""
        left = transfer["amount"] - transfer["amount_reversed"]
        if amount > left:
            raise ApiError(
                400,
                f"Reversal amount ({amount}) is greater than the transfer's unreversed amount ({left})",
                param="amount",
            )
        account, currency = transfer["destination"], transfer["currency"]
        balance = self.books.balance(account)
        held = sum(
            int(row["amount"])
            for part in ("available", "pending")
            for row in balance[part]
            if row["currency"] == currency
        )
        if amount > held:
            raise ApiError(
                400,
                f"Insufficient funds in the connected account {account} to reverse this transfer.",
                code="balance_insufficient",
                has_begun=True,
            )
        line = self.books.move(amount, currency, "transfer_refund", transfer["id"])
        self.books.move(-amount, currency, "payment_refund", transfer["destination_payment"], account=account)
        reversal = self.books.new(
            "transfer_reversal",
            "trr",
            amount=amount,
            balance_transaction=line["id"],
            currency=currency,
            destination_payment_refund=None,
            metadata=metadata,
            source_refund=None,
            transfer=transfer["id"],
        )
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        self.store.save(transfer)
        self.books.tell("transfer.reversed", self.shown_transfer(transfer))
        return reversal

    def shown_transfer(self, transfer: Thing) -> Thing:
        """A transfer with its reversals, as the API shows it."""
        reversals = [one for one in self.store.every("transfer_reversal") if one["transfer"] == transfer["id"]]
        return transfer | {
            "reversals": {
                "object": "list",
                "data": reversals[:10],
                "has_more": len(reversals) > 10,
                "total_count": len(reversals),
                "url": f"/v1/transfers/{transfer['id']}/reversals",
            }
        }

    # -- payouts ------------------------------------------------------------------------------------------------------

    def settle(self, account: str | None = None) -> None:
        """Let the time pass that money needs to become available."""
        now = self.store.now()
        for line in self.store.every("balance_transaction", account):
            if line["available_on"] > now:
                line |= {"available_on": now, "status": "available"}
                self.store.save(line)

    def pay_out(self, account: str, currency: str) -> Thing:
        """What the provider does daily by itself: everything available goes to the account's bank."""
        if account == PLATFORM:
            raise ApiError(400, "The platform's own payouts are manual.")
        amount = self.books.available(currency, account)
        if amount <= 0:
            raise ApiError(400, "There is nothing to pay out.", code="balance_insufficient")
        paid_before = {
            source
            for one in self.store.every("payout", account)
            for source in one["fake_lines"]
            if one["status"] != "failed"
        }
        lines = [
            row["id"]
            for row in self.store.every("balance_transaction", account)
            if row["currency"] == currency
            and row["available_on"] <= self.store.now()
            and row["type"] in ("payment", "payment_refund")
            and row["id"] not in paid_before
        ]
        payout = self.books.new(
            "payout",
            "po",
            account,
            amount=amount,
            arrival_date=self.store.now() + 24 * 3600,
            automatic=True,
            balance_transaction=None,
            currency=currency,
            destination=self.store.new_id("ba"),
            failure_balance_transaction=None,
            failure_code=None,
            failure_message=None,
            metadata={},
            method="standard",
            source_type="card",
            status="in_transit",
            type="bank_account",
            fake_lines=lines,
        )
        line = self.books.move(-amount, currency, "payout", payout["id"], account=account)
        payout["balance_transaction"] = line["id"]
        self.store.save(payout)
        self.books.tell("payout.created", public_payout(payout), account)
        return payout

    def payout_arrives(self, payout: Thing, account: str) -> Thing:
        payout["status"] = "paid"
        self.store.save(payout)
        self.books.tell("payout.paid", public_payout(payout), account)
        return payout

    def payout_comes_back(self, payout: Thing, account: str, code: str) -> Thing:
        """The bank refuses: also days after the payout was reported paid, which is how the API behaves."""
        if payout["status"] in ("failed", "canceled"):
            raise ApiError(400, f"This payout is {payout['status']}.")
        line = self.books.move(payout["amount"], payout["currency"], "payout_failure", payout["id"], account=account)
        payout |= {
            "status": "failed",
            "failure_code": code,
            "failure_message": "The bank account has been closed." if code == "account_closed" else "The bank refused.",
            "failure_balance_transaction": line["id"],
        }
        self.store.save(payout)
        self.books.tell("payout.failed", public_payout(payout), account)
        return payout


def public_payout(payout: Thing) -> Thing:
    return {name: value for name, value in payout.items() if not name.startswith("fake_")}
