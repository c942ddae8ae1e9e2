"""Stripe: Checkout takes money into the platform's balance, transfers send it on to connected accounts.

Charges and transfers are separate, because payee and split are settled long after the payment (contract, recordal). The
platform holds the money meanwhile; it is no escrow agent, and Stripe says the same of itself. Our id travels in the
metadata of everything created, so that an object whose answer was lost is found again.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.core.money import Money
from marketplace.payments.gateways import stripe_facts as facts
from marketplace.payments.gateways.ports import (
    BalanceTruth,
    Capabilities,
    PayInOpened,
    PayInTruth,
    PayoutTruth,
    ProviderRefused,
    RefundTruth,
    ReversalTruth,
)
from marketplace.payments.gateways.stripe_client import asking, client
from marketplace.payments.gateways.stripe_facts import from_minor, to_minor
from marketplace.payments.models import PayIn, Payout, PayoutAccount, Refund, Reversal
from marketplace.payments.states import ReversalState

CODE = "stripe"
ZERO = Decimal("0.00")
LATE_FAILURE = "late_failure"
SESSION_EXPANDED = ["payment_intent.latest_charge.balance_transaction"]
GONE = {"failed", "canceled"}


class StripeProvider:
    """The pay-in and pay-out provider "stripe"."""

    code = CODE
    label = _("Card or wallet (Stripe)")

    def capabilities(self) -> Capabilities:
        home = settings.STRIPE_COUNTRY
        countries = facts.payout_countries(home)
        return Capabilities(
            currencies=frozenset(settings.STRIPE_CURRENCIES) or facts.SETTLED,
            settled_by="fetch",
            rail=CODE,
            pays_out=bool(countries),
            reverses=True,
            pay_out_source=True,
            payout_countries=countries,
            largest=facts.LARGEST,
            hold_days=facts.HOLD_DAYS.get(home, facts.HOLD_DAYS_ELSEWHERE),
            settlement_days=facts.SETTLEMENT_DAYS,
            key_life=facts.KEY_LIFE,
            is_play=settings.STRIPE_IS_FAKE,
            sources=facts.SOURCES,
        )

    def balance(self) -> BalanceTruth:
        with asking():
            found = client().v1.balance.retrieve()
        totals: dict[str, Decimal] = {}
        for part in (found.available, found.pending):
            for row in part:
                currency = row.currency.upper()
                totals[currency] = totals.get(currency, ZERO) + from_minor(row.amount, currency)
        return BalanceTruth(totals, note=f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC")

    # -- money in -----------------------------------------------------------------------------------------------------

    def open_payin(self, payin: PayIn, *, key: str, return_url: str) -> PayInOpened:
        """A Checkout Session for the whole sum, good for a day; the payer is sent to its page.

        The return page proves nothing: only `fetch_payin` says whether it was paid. The body depends on the row alone,
        not on who asks in which language: under one key Stripe refuses a second body.
        """
        obligation = payin.obligation
        metadata = {"payin": str(payin.pk), "obligation": obligation.number}
        with asking():
            session = client().v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "success_url": return_url,
                    "cancel_url": return_url,
                    "client_reference_id": f"payin-{payin.pk}",
                    "expires_at": int((payin.created_at + facts.SESSION_LIFE).timestamp()),
                    "locale": "auto",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": payin.currency.lower(),
                                "unit_amount": to_minor(payin.amount, payin.currency),
                                "product_data": {"name": f"{obligation.title_zh} / {obligation.title_en}"[:240]},
                            },
                        }
                    ],
                    "metadata": metadata,
                    "payment_intent_data": {
                        "metadata": metadata,
                        "description": obligation.number,
                        "transfer_group": group_of(obligation.subject),
                    },
                },
                {"idempotency_key": key},
            )
        return PayInOpened(session.id, {"kind": "redirect", "url": session.url})

    def find_payin(self, payin: PayIn) -> PayInOpened | None:
        """The session of a payment in whose answer was lost. Raises ProviderUnknown."""
        with asking():
            session = self._session_of(payin)
        return PayInOpened(session.id, {"kind": "redirect", "url": session.url}) if session is not None else None

    def fetch_payin(self, payin: PayIn) -> PayInTruth:
        """What Stripe took, whatever we asked for: that the two agree is checked where it would be booked."""
        nothing = Money(ZERO, payin.currency)
        with asking():
            session = self._session_of(payin)
            if session is None:
                return PayInTruth(nothing, note="no session")
            intent = session.payment_intent
            if intent is None:
                return PayInTruth(nothing, outcome="expired" if session.status == "expired" else "")
            if intent.status != "succeeded":
                return PayInTruth(nothing, outcome=outcome_of(session, intent), note=why_not(intent))
            charge = intent.latest_charge
            disputes = list(client().v1.disputes.list({"charge": charge.id, "limit": 100}).auto_paging_iter())
        line = charge.balance_transaction
        if line is None:
            return PayInTruth(nothing, note="settling")
        withdrawn, reinstated, fee = ZERO, ZERO, from_minor(line.fee, line.currency)
        for dispute in disputes:
            for moved in dispute.balance_transactions:
                fee += from_minor(moved.fee, moved.currency)
                if moved.amount < 0:
                    withdrawn -= from_minor(moved.amount, moved.currency)
                else:
                    reinstated += from_minor(moved.amount, moved.currency)
        return PayInTruth(
            # What reached the balance, in its currency: a sum that was converted on the way contradicts the payment.
            Money(from_minor(line.amount, line.currency), line.currency.upper()),
            fee=fee,
            withdrawn=withdrawn,
            reinstated=reinstated,
            outcome="succeeded",
            dispute=dispute_state(disputes),
            charge_id=charge.id,
        )

    def close_payin(self, payin: PayIn) -> None:
        """Close the page of a payment nobody is to make any more. Raises ProviderRefused when it was made already."""
        with asking():
            client().v1.checkout.sessions.expire(payin.external_id)

    def _session_of(self, payin: PayIn) -> Any:
        """The session of a payment in, found by our id in its metadata when the answer that named it was lost."""
        sessions = client().v1.checkout.sessions
        if payin.external_id:
            return sessions.retrieve(payin.external_id, {"expand": SESSION_EXPANDED})
        since = int(payin.created_at.timestamp()) - 60
        for session in sessions.list({"created": {"gte": since}, "limit": 100}).auto_paging_iter():
            if entry(session.metadata, "payin") == str(payin.pk):
                return sessions.retrieve(session.id, {"expand": SESSION_EXPANDED})
        return None

    def send_refund(self, refund: Refund, *, key: str) -> RefundTruth:
        with asking():
            sent = client().v1.refunds.create(
                {
                    "charge": charge_behind(refund),
                    "amount": to_minor(refund.amount, refund.currency),
                    "metadata": {"refund": str(refund.pk), "attempt": str(refund.attempt)},
                },
                {"idempotency_key": key},
            )
        return refund_truth([sent]) if refund.attempt == 1 else self.fetch_refund(refund)

    def fetch_refund(self, refund: Refund) -> RefundTruth:
        with asking():
            every = client().v1.refunds.list({"charge": charge_behind(refund), "limit": 100}).auto_paging_iter()
            ours = [one for one in every if entry(one.metadata, "refund") == str(refund.pk)]
        return refund_truth(ours)

    # -- money out ----------------------------------------------------------------------------------------------------

    def submit_payout(self, payout: Payout, account: PayoutAccount | None, *, key: str) -> PayoutTruth:
        """Transfer to the payee's connected account, drawn on the charge the money came in by."""
        if account is None or not account.external_id:
            raise ProviderRefused("no_account", "The payee has no account at Stripe.")
        asked: Any = {
            "amount": to_minor(payout.amount, payout.currency),
            "currency": payout.currency.lower(),
            "destination": account.external_id,
            "transfer_group": group_of(payout.subject),
            "description": payout.reference,
            "metadata": {"payout": str(payout.pk), "attempt": str(payout.attempt)},
        }
        if payout.source is not None and payout.source.charge_id:
            asked["source_transaction"] = payout.source.charge_id
        with asking():
            sent = client().v1.transfers.create(asked, {"idempotency_key": key})
        if payout.attempt > 1:
            return self.fetch_payout(payout)  # sums count from the first attempt on
        return PayoutTruth("paid", left=from_minor(sent.amount, sent.currency), external_id=sent.id)

    def fetch_payout(self, payout: Payout) -> PayoutTruth:
        """Every transfer ever made for the payout (one per attempt), with what of them was taken back.

        A reversal for a refund is booked by itself (`fetch_reversal`); it counts here once that is done, not before,
        so that nothing is booked twice.
        """
        booked = set(
            Reversal.objects.in_state(ReversalState.DONE).filter(payout=payout).values_list("external_id", flat=True)
        )
        with asking():
            ours = self._transfers_of(payout)
            if not ours:
                return PayoutTruth("unknown")
            last = max(ours, key=lambda one: int(entry(one.metadata, "attempt") or 1))
            reversals = [
                one
                for transfer in ours
                if transfer.amount_reversed
                for one in client().v1.transfers.reversals.list(transfer.id, {"limit": 100}).auto_paging_iter()
            ]
        late = [one for one in reversals if not entry(one.metadata, "reversal")]
        failed = [one for one in late if one.transfer == last.id and entry(one.metadata, "why") == LATE_FAILURE]
        is_current = int(entry(last.metadata, "attempt") or 1) == payout.attempt
        state: Any = "failed" if failed else "paid"
        if not is_current:
            state = "unknown"  # the attempt under way has left no trace yet
        return PayoutTruth(
            state,
            left=total(ours),
            came_back=total([*late, *(one for one in reversals if one.id in booked)]),
            external_id=last.id,
            note=entry(failed[0].metadata, "code") if failed else "",
        )

    def _transfers_of(self, payout: Payout) -> list[Any]:
        transfers = client().v1.transfers
        every = transfers.list({"transfer_group": group_of(payout.subject), "limit": 100}).auto_paging_iter()
        return [one for one in every if entry(one.metadata, "payout") == str(payout.pk)]

    def send_reversal(self, reversal: Reversal, *, key: str) -> ReversalTruth:
        with asking():
            sent = client().v1.transfers.reversals.create(
                reversal.payout.external_id,
                {
                    "amount": to_minor(reversal.amount, reversal.currency),
                    "metadata": {"reversal": str(reversal.pk), "attempt": str(reversal.attempt)},
                },
                {"idempotency_key": key},
            )
        return ReversalTruth("done", external_id=sent.id)

    def fetch_reversal(self, reversal: Reversal) -> ReversalTruth:
        if not reversal.payout.external_id:
            return ReversalTruth("unknown")
        with asking():
            every = client().v1.transfers.reversals.list(reversal.payout.external_id, {"limit": 100})
            for one in every.auto_paging_iter():
                if entry(one.metadata, "reversal") == str(reversal.pk):
                    return ReversalTruth("done", external_id=one.id)
        return ReversalTruth("unknown")

    # -- the payee's bank sends money back ----------------------------------------------------------------------------

    def transfers_in_bank_payout(self, account: str, bank_payout: str) -> tuple[str, str, list[tuple[str, str]]]:
        """What a connected account's payout to its bank is made of: (status, failure code, our payouts), the last as
        (our id, transfer). Works for payouts Stripe makes by itself, which ours are."""
        here: Any = {"stripe_account": account}
        with asking():
            found = client().v1.payouts.retrieve(bank_payout, None, here)
            lines = client().v1.balance_transactions.list(
                {"payout": bank_payout, "type": "payment", "limit": 100, "expand": ["data.source"]}, here
            )
            sources: list[Any] = [line.source for line in lines.auto_paging_iter()]
            transfers = [str(one.source_transfer) for one in sources if one.source_transfer]
            ours = [client().v1.transfers.retrieve(one) for one in transfers]
        pairs = [(entry(one.metadata, "payout"), str(one.id)) for one in ours]
        return found.status, found.failure_code or "", [pair for pair in pairs if pair[0].isdigit()]

    def bring_back(self, payout_id: int, transfer: str, code: str) -> None:
        """After the payee's bank returned a payout: take the transfer back, so that the sum is ours to pay again.

        Once per transfer, whatever happens: the key is the transfer's. What a refund reversed already is left out.
        """
        with asking():
            found = client().v1.transfers.retrieve(transfer)
            left = found.amount - found.amount_reversed
            if left <= 0:
                return
            client().v1.transfers.reversals.create(
                transfer,
                {"amount": left, "metadata": {"payout": str(payout_id), "why": LATE_FAILURE, "code": code}},
                {"idempotency_key": bring_back_key(transfer)},
            )

    # -- connected accounts -------------------------------------------------------------------------------------------

    def open_account(self, *, organisation_id: int, country: str, email: str, key: str) -> str:
        """A connected account for a payee, once per key. Returns its id."""
        with asking():
            made = client().v1.accounts.create(
                {
                    "type": "express",
                    "country": country,
                    "email": email,
                    "capabilities": {"transfers": {"requested": True}},
                    "metadata": {"organisation": str(organisation_id)},
                },
                {"idempotency_key": key},
            )
        return str(made.id)

    def onboarding_url(self, account: str, *, return_url: str) -> str:
        """The page where the payee gives Stripe its papers; good for minutes, so it is made at each click."""
        with asking():
            link = client().v1.account_links.create(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": return_url,
                }
            )
        return str(link.url)

    def account_facts(self, account: str) -> dict[str, Any]:
        """Whether the account can be paid now, and what Stripe still asks of it."""
        with asking():
            found = client().v1.accounts.retrieve(account).to_dict()
        asked = found.get("requirements") or {}
        return {
            "is_ready": bool(found["payouts_enabled"])
            and (found.get("capabilities") or {}).get("transfers") == "active",
            "country": found["country"],
            "due": list(asked.get("currently_due") or []),
            "stopped_because": asked.get("disabled_reason") or "",
        }

    # -- events, asked for --------------------------------------------------------------------------------------------

    def events_since(self, moment: int, kinds: Iterable[str], account: str = "") -> list[dict[str, Any]]:
        """The events of these kinds since `moment` (seconds since 1970), oldest first: what webhooks may have lost."""
        options: Any = {"stripe_account": account} if account else {}
        asked: Any = {"created": {"gte": moment}, "limit": 100, "types": sorted(kinds)}
        with asking():
            found = [event.to_dict() for event in client().v1.events.list(asked, options).auto_paging_iter()]
        return found[::-1]

    def payin_of_intent(self, intent: str) -> str:
        """Our id of the payment in behind a payment intent; empty when it is none of ours."""
        with asking():
            return entry(client().v1.payment_intents.retrieve(intent).metadata, "payin")


def bring_back_key(transfer: str) -> str:
    return f"bring-back:{transfer}"


def group_of(subject: tuple[str, int]) -> str:
    """The label that ties a matter's charges and transfers together at Stripe; a label only, it moves nothing."""
    return f"{subject[0]}:{subject[1]}"


def entry(metadata: Any, name: str) -> str:
    """One entry of an object's metadata; the library's objects have no `get`."""
    return str(metadata[name]) if metadata is not None and name in metadata else ""


def outcome_of(session: Any, intent: Any) -> Any:
    """A declined card is no failure: the payer may try another while the session is open."""
    if session.status == "expired" or intent.status == "canceled":
        return "expired"
    if session.status == "complete" and intent.status == "requires_payment_method":
        return "failed"
    return ""


def why_not(intent: Any) -> str:
    error = intent.last_payment_error
    return str(error.message)[:240] if error else str(intent.status)


def dispute_state(disputes: list[Any]) -> Any:
    """ "open" while one is undecided, else how the last one ended."""
    if not disputes:
        return ""
    if any(one.status not in ("won", "lost", "warning_closed") for one in disputes):
        return "open"
    return "lost" if disputes[0].status == "lost" else "won"


def charge_behind(refund: Refund) -> str:
    if refund.payin is None or not refund.payin.charge_id:
        raise ProviderRefused("no_charge", "There is no charge to refund.")
    return refund.payin.charge_id


def total(things: Iterable[Any]) -> Decimal:
    """The sum of the amounts of objects of one currency."""
    return sum((from_minor(one.amount, one.currency) for one in things), ZERO)


def refund_truth(ours: list[Any]) -> RefundTruth:
    """What several attempts at one refund come to: the newest tells the state, all of them the sums."""
    if not ours:
        return RefundTruth("unknown")
    last = max(ours, key=lambda one: int(entry(one.metadata, "attempt") or 1))
    states: dict[str, Any] = {"succeeded": "complete", "failed": "failed", "canceled": "failed"}
    return RefundTruth(
        states.get(last.status, "submitted"),
        left=total(ours),
        came_back=total(one for one in ours if one.status in GONE),
        external_id=last.id,
        note=str(last.failure_reason or "") if last.status in GONE else "",
    )
