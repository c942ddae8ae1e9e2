"""The sandbox bank: a bank to play with. It moves no money; whatever it does reaches the books as a bank statement.

Its movements are the outside world of the demo. A page lets people pay too little, too much, from elsewhere or twice,
and send payouts back. It exists only where the market is a demo, and every page where it acts says so.
"""

from __future__ import annotations

import csv
import io
import secrets
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.locks import locked
from marketplace.payments.gateways.bank import BankProvider, where_to
from marketplace.payments.gateways.ports import (
    BalanceTruth,
    PayInTruth,
    PayoutTruth,
    ProviderRefused,
    RefundTruth,
)
from marketplace.payments.models import (
    BankAccount,
    PayIn,
    Payout,
    PayoutAccount,
    Refund,
    SandboxMovement,
    StatementImport,
    StatementLine,
)
from marketplace.payments.services.statements import import_statement

ZERO = Decimal("0.00")
CODE = "sandbox"


class SandboxProvider(BankProvider):
    """The provider "sandbox"."""

    code = CODE
    label = _("Sandbox bank (play money)")
    is_play = True

    def balance(self) -> BalanceTruth:
        """What lies there, by the bank's own movements."""
        rows = SandboxMovement.objects.order_by().values_list("account__currency").annotate(total=Sum("amount"))
        return BalanceTruth(dict(rows), note=f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")

    def fetch_payin(self, payin: PayIn) -> PayInTruth | None:
        self.pull()
        return None

    def submit_payout(self, payout: Payout, account: PayoutAccount | None, *, key: str) -> PayoutTruth:
        """The bank carries the order out at once; its statement tells us."""
        to = where_to(payout)
        if not to["number"]:
            raise ProviderRefused("no_account", "nobody knows where to pay")
        self._carry_out(payout.currency, payout.amount, to["name"], to["number"], payout.reference, key)
        return PayoutTruth("submitted", left=payout.left, came_back=payout.came_back)

    def fetch_payout(self, payout: Payout) -> PayoutTruth:
        self.pull()
        payout.refresh_from_db()
        known = SandboxMovement.objects.filter(order_key=f"payout:{payout.pk}:{payout.attempt}").exists()
        return PayoutTruth("submitted" if known else "unknown", left=payout.left, came_back=payout.came_back)

    def send_refund(self, refund: Refund, *, key: str) -> RefundTruth:
        payer = refund.obligation.payer
        came = StatementLine.objects.filter(obligation=refund.obligation, amount__gt=0).order_by("-pk").first()
        number = came.payer_account if came else ""
        self._carry_out(refund.currency, refund.amount, payer.name_zh or payer.name_en, number, refund.reference, key)
        return RefundTruth("submitted", left=refund.left, came_back=refund.came_back)

    def fetch_refund(self, refund: Refund) -> RefundTruth:
        self.pull()
        refund.refresh_from_db()
        known = SandboxMovement.objects.filter(order_key=f"refund:{refund.pk}:{refund.attempt}").exists()
        return RefundTruth("submitted" if known else "unknown", left=refund.left, came_back=refund.came_back)

    def _carry_out(self, currency: str, amount: Decimal, name: str, number: str, text: str, key: str) -> None:
        account = self._account(currency)
        with transaction.atomic():
            if SandboxMovement.objects.filter(order_key=key).exists():
                return
            balance = SandboxMovement.objects.filter(account=account).aggregate(total=Sum("amount"))["total"] or ZERO
            if balance < amount:
                raise ProviderRefused("insufficient_funds", f"{balance} {currency} lie at the sandbox bank")
            SandboxMovement.objects.create(
                account=account,
                external_id=new_id(),
                at=clock.now(),
                amount=-amount,
                party_name=name,
                party_account=number,
                text=text,
                order_key=key,
            )

    def pull(self) -> list[StatementImport]:
        """Read what its statements tell that we do not have yet."""
        return [found for account in BankAccount.objects.filter(provider=CODE) if (found := pull_statement(account))]


def new_id() -> str:
    return f"SB{secrets.token_hex(8).upper()}"


def send(*, account: BankAccount, amount: Decimal, party_name: str, party_account: str, text: str) -> SandboxMovement:
    """Somebody transfers play money to the market. Raises ValueError for a sum that is not positive."""
    if amount <= 0:
        raise ValueError("A transfer is of some money.")
    return SandboxMovement.objects.create(
        account=account,
        external_id=new_id(),
        at=clock.now(),
        amount=amount,
        party_name=party_name[:200],
        party_account=party_account[:60],
        text=text[:240],
    )


def give_back(movement_id: int) -> SandboxMovement:
    """The bank undoes a movement: a transfer is recalled by its payer, a payout returned by the payee's bank."""
    with locked(SandboxMovement, movement_id) as row:
        found = SandboxMovement.objects.filter(returns=row).first()
        if found is not None:
            return found
        return SandboxMovement.objects.create(
            account=row.account,
            external_id=new_id(),
            at=clock.now(),
            amount=-row.amount,
            party_name=row.party_name,
            party_account=row.party_account,
            text=f"退回 {row.text}"[:240],
            returns=row,
        )


def statement_of(account: BankAccount) -> bytes | None:
    """The statement of the days that hold anything not read yet, as the CSV file such a bank would give. None if none.

    It holds whole days, so files overlap, as real ones do.
    """
    known = StatementLine.objects.filter(account=account).values("external_id")
    unread = SandboxMovement.objects.filter(account=account).exclude(external_id__in=known).order_by("pk").first()
    if unread is None:
        return None
    since = timezone.localdate(unread.at)
    rows = list(SandboxMovement.objects.filter(account=account).order_by("pk"))
    balance = ZERO
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["交易日期", "收入", "支出", "余额", "对方户名", "对方账号", "摘要", "交易流水号", "币种"])
    for row in rows:
        balance += row.amount
        if timezone.localdate(row.at) < since:
            continue
        into, gone = (row.amount, "") if row.amount > 0 else ("", -row.amount)
        day = timezone.localdate(row.at).isoformat()
        writer.writerow(
            [day, into, gone, balance, row.party_name, row.party_account, row.text, row.external_id, account.currency]
        )
    return out.getvalue().encode("utf-8-sig")


def pull_statement(account: BankAccount) -> StatementImport | None:
    """Read the sandbox bank's own statement, by the same way as any uploaded file."""
    content = statement_of(account)
    if content is None:
        return None
    name = f"sandbox-{account.currency}-{clock.now():%Y%m%d-%H%M%S}.csv"
    return import_statement(account_id=account.pk, name=name, content=content, by=SYSTEM)
