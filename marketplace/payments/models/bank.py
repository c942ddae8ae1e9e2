"""The market's own bank accounts, the statements read from them, and the demo's sandbox bank."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import in_language
from marketplace.payments.models.ledger import Journal, append_only
from marketplace.payments.models.obligations import Obligation
from marketplace.payments.models.payouts import Payout, Refund
from marketplace.payments.states import QUARANTINED, LineState

ZERO = Decimal("0.00")


class BankAccount(models.Model):
    """An account of the market into which payers transfer: one per provider and currency."""

    provider = models.CharField(max_length=24)
    currency = models.CharField(max_length=3)
    holder_zh = models.CharField(max_length=160)
    holder_en = models.CharField(max_length=160)
    account_number = models.CharField(max_length=40)
    bank_zh = models.CharField(max_length=160)
    bank_en = models.CharField(max_length=160)
    bank_code = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "currency"], name="one_account_of_ours_per_provider_and_currency"
            )
        ]

    def __str__(self) -> str:
        return f"{in_language(self.bank_zh, self.bank_en)} · {self.currency} · …{self.account_number[-4:]}"


class StatementImport(models.Model):
    """One statement file read: what it held and what became of it. The same bytes a second time add nothing.

    `problems` are [line, code, params]: statements/faults.py says them in words.
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    form = models.CharField(max_length=12)
    lines_read = models.PositiveIntegerField(default=0)
    lines_new = models.PositiveIntegerField(default=0)
    lines_known = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    opening = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    closing = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    closing_on = models.DateField(null=True, blank=True)
    ledger_after = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name} {self.at:%Y-%m-%d %H:%M}"

    @property
    def difference(self) -> Decimal | None:
        """The bank's closing balance less ours at that moment; None where the file names none."""
        return None if self.closing is None else self.closing - self.ledger_after


class StatementLineQuerySet(models.QuerySet["StatementLine"]):
    def quarantined(self) -> StatementLineQuerySet:
        """Those that still wait for two persons."""
        return self.filter(state__in=QUARANTINED, settled_at__isnull=True)


class StatementLine(models.Model):
    """One movement on an account of ours, as the bank told it: plus came in, minus left.

    Known again by the bank's own id, or by `fingerprint` and its `ordinal` among equal ones. What the bank said is
    never changed; `state`, `rest` (what is not attributed yet) and `settled_at` follow what we do with it.
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="lines")
    statement = models.ForeignKey(StatementImport, on_delete=models.PROTECT, related_name="lines")
    external_id = models.CharField(max_length=120, blank=True)
    fingerprint = models.CharField(max_length=64)
    ordinal = models.PositiveSmallIntegerField(default=1)
    booked_on = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=60, blank=True)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=LineState.choices)
    rest = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    journal = models.OneToOneField(Journal, null=True, blank=True, on_delete=models.PROTECT, related_name="line")
    obligation = models.ForeignKey(Obligation, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    payout = models.ForeignKey(Payout, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"], condition=~Q(external_id=""), name="a_bank_line_is_kept_once"
            ),
            models.UniqueConstraint(
                fields=["account", "fingerprint", "ordinal"], name="a_bank_line_is_kept_once_by_its_content"
            ),
            models.CheckConstraint(condition=Q(state__in=LineState.values), name="line_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["state"], condition=Q(settled_at__isnull=True), name="line_not_settled"),
            models.Index(fields=["account", "booked_on"], name="line_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"

    @property
    def is_quarantined(self) -> bool:
        return self.state in QUARANTINED and self.settled_at is None


class LineMatch(models.Model):
    """What two persons decided about a quarantined line: the first proposes, the second approves or rejects.

    `act` is attribute (to the obligation), send_back (to the payer) or charge (a charge of the bank).
    """

    class Act(models.TextChoices):
        ATTRIBUTE = "attribute", _("Attribute to an obligation")
        SEND_BACK = "send_back", _("Send back to the payer")
        CHARGE = "charge", _("Book as a charge of the bank")

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="matches")
    act = models.CharField(max_length=12, choices=Act.choices)
    obligation = models.ForeignKey(Obligation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    reason = models.CharField(max_length=240)
    proposed_by_id = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    decided_by_id = models.BigIntegerField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    is_approved = models.BooleanField(null=True)
    journal = models.OneToOneField(Journal, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(decided_at__isnull=True), name="one_open_proposal_per_bank_line"
            ),
            models.CheckConstraint(
                condition=Q(decided_by_id__isnull=True) | ~Q(decided_by_id=models.F("proposed_by_id")),
                name="a_bank_line_is_matched_by_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by_id__isnull=True, is_approved__isnull=True)
                | Q(decided_at__isnull=False, decided_by_id__isnull=False, is_approved__isnull=False),
                name="proposal_is_decided_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} line {self.line_id}"


class SandboxMovement(models.Model):
    """A movement at the sandbox bank: the demo's outside world, not our books. Its statement is read from these."""

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    party_name = models.CharField(max_length=200)
    party_account = models.CharField(max_length=60)
    text = models.CharField(max_length=240)
    order_key = models.CharField(max_length=120, blank=True)
    returns = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="returned_by")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_key"], condition=~Q(order_key=""), name="the_sandbox_executes_an_order_once"
            )
        ]
        triggers = append_only("movements")

    def __str__(self) -> str:
        return f"{self.external_id} {self.amount}"
