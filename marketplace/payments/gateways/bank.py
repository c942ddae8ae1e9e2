"""Bank transfer: payers transfer to the market's account with a reference; statements tell what came and what left.

Nothing is asked of a bank over a wire. Payouts and refunds become orders that a person carries out at the bank (the
desk exports them), and the statement line that carries their reference is what books them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Sentence
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
from marketplace.payments.models import (
    BankAccount,
    PayIn,
    Payout,
    PayoutAccount,
    Refund,
    Reversal,
    StatementImport,
)
from marketplace.payments.references import shown
from marketplace.payments.services.payout_accounts import BANK_RAIL


class BankProvider:
    """The provider "bank": the market's own accounts at its bank."""

    code = "bank"
    label: Sentence = _("Bank transfer")
    is_play = False

    def capabilities(self) -> Capabilities:
        """Offered in the currencies in which the market has an account."""
        return Capabilities(
            currencies=frozenset(BankAccount.objects.filter(provider=self.code).values_list("currency", flat=True)),
            settled_by="statement",
            rail=BANK_RAIL,
            partial_pay=True,
            settlement_days=1,
            is_play=self.is_play,
        )

    def balance(self) -> BalanceTruth:
        """The last closing balance of each account, as its statement told it."""
        totals: dict[str, Decimal] = {}
        notes = []
        for account in BankAccount.objects.filter(provider=self.code):
            last = (
                StatementImport.objects.filter(account=account)
                .exclude(closing=None)
                .order_by("-closing_on", "-pk")
                .first()
            )
            if last is not None and last.closing is not None:
                totals[account.currency] = last.closing
                notes.append(f"{account.currency} {last.closing_on}")
        return BalanceTruth(totals, note=", ".join(notes))

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────
    def open_payin(self, payin: PayIn, *, key: str, return_url: str) -> PayInOpened:
        account = self._account(payin.currency)
        instructions = {
            "kind": "bank",
            "holder_zh": account.holder_zh,
            "holder_en": account.holder_en,
            "account_number": account.account_number,
            "bank_zh": account.bank_zh,
            "bank_en": account.bank_en,
            "bank_code": account.bank_code,
            "reference": payin.obligation.reference,
            "reference_shown": shown(payin.obligation.reference),
        }
        return PayInOpened(f"{self.code}-{payin.pk}", instructions)

    def find_payin(self, payin: PayIn) -> PayInOpened | None:
        """None: instructions are written here and cannot get lost on the way."""
        return None

    def fetch_payin(self, payin: PayIn) -> PayInTruth | None:
        return None

    def send_refund(self, refund: Refund, *, key: str) -> RefundTruth:
        return RefundTruth("submitted", left=refund.left, came_back=refund.came_back)

    def fetch_refund(self, refund: Refund) -> RefundTruth:
        """A statement line will tell; until then it stands where it stood."""
        return RefundTruth("submitted", left=refund.left, came_back=refund.came_back)

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────
    def submit_payout(self, payout: Payout, account: PayoutAccount | None, *, key: str) -> PayoutTruth:
        if account is None and not payout.to_account:
            raise ProviderRefused("no_account", "nobody knows where to pay")
        return PayoutTruth("submitted", left=payout.left, came_back=payout.came_back)

    def fetch_payout(self, payout: Payout) -> PayoutTruth:
        """A statement line will tell; until then it stands where it stood."""
        return PayoutTruth("submitted", left=payout.left, came_back=payout.came_back)

    def send_reversal(self, reversal: Reversal, *, key: str) -> ReversalTruth:
        raise ProviderRefused("not_possible", "a bank transfer cannot be taken back")

    def fetch_reversal(self, reversal: Reversal) -> ReversalTruth:
        return ReversalTruth("unknown")

    def _account(self, currency: str) -> BankAccount:
        found = BankAccount.objects.filter(provider=self.code, currency=currency).first()
        if found is None:
            raise ProviderRefused("no_account", f"the market has no account in {currency}")
        return found


def where_to(payout: Payout) -> dict[str, Any]:
    """Name, number and bank of a payout's payee, for an order at the bank."""
    account = payout.account
    if account is None:
        return {"name": payout.to_name, "number": payout.to_account, "bank": "", "code": ""}
    return {
        "name": account.holder_name,
        "number": account.account_number,
        "bank": account.bank_name,
        "code": account.bank_code,
    }
