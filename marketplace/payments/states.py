"""Kinds of account, and where an obligation, a payment in, a payout, a refund and a statement line stand."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

#: What a sum concerns, as (model label, id): ("deals.deal", 7). This floor never looks inside.
Subject = tuple[str, int]


class AccountKind(TextChoices):
    """Entries are signed: plus is debit, minus is credit. The comment says on which side the balance stands."""

    CLEARING = "clearing", _("At the provider")  # + money that lies at a provider
    HELD = "held", _("Held")  # − held for a subject
    PAYABLE = "payable", _("Owed out")  # − owed to a party
    FEE = "fee", _("Platform fees")  # − our income
    TAX = "tax", _("Tax to hand on")  # − owed to the tax office
    PROVIDER_FEE = "provider_fee", _("Providers’ charges")  # + our cost
    SUSPENSE = "suspense", _("Unattributed")  # − came in, and we do not know (or may not say) for what
    UNEXPLAINED = "unexplained", _("Left without explanation")  # + left the bank, and we do not know for what
    RECEIVABLE = "receivable", _("To be recovered")  # + owed to us, after a loss of money that had gone out


#: Balances that are never on the debit side, and those never on the credit side; the database refuses the rest.
CREDIT_ONLY = (AccountKind.HELD, AccountKind.PAYABLE, AccountKind.SUSPENSE, AccountKind.TAX)
DEBIT_ONLY = (AccountKind.UNEXPLAINED, AccountKind.RECEIVABLE, AccountKind.PROVIDER_FEE)


class ObligationState(TextChoices):
    OPEN = "open", _("To be paid")
    PART_PAID = "part_paid", _("Paid in part")
    PAID = "paid", _("Paid")
    REOPENED = "reopened", _("Open again")
    REFUNDING = "refunding", _("Being refunded")
    REFUNDED = "refunded", _("Refunded")
    CANCELLED = "cancelled", _("Cancelled")


#: Money that comes for one of these is taken for it.
PAYABLE_STATES = frozenset({ObligationState.OPEN, ObligationState.PART_PAID, ObligationState.REOPENED})


class PayInState(TextChoices):
    PREPARED = "prepared", _("Being prepared")
    WAITING = "waiting", _("Waiting for the payer")
    PART_RECEIVED = "part_received", _("Received in part")
    RECEIVED = "received", _("Received")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    DISPUTED = "disputed", _("Disputed by the payer")
    RETURNED = "returned", _("Taken back")


LIVE_PAYINS = frozenset({PayInState.PREPARED, PayInState.WAITING, PayInState.PART_RECEIVED})


class PayoutState(TextChoices):
    PREPARED = "prepared", _("Prepared")
    SUBMITTED = "submitted", _("With the provider")
    PAID = "paid", _("Paid out")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class RefundState(TextChoices):
    REVERSING = "reversing", _("Waiting for money to come back")
    PREPARED = "prepared", _("Prepared")
    SUBMITTED = "submitted", _("With the provider")
    COMPLETE = "complete", _("Refunded")
    FAILED = "failed", _("Failed")
    OVERTAKEN = "overtaken", _("Not needed: the payer’s bank took the money back")


#: Refunds that are over: nothing more leaves on them.
REFUNDS_OVER = frozenset({RefundState.COMPLETE, RefundState.OVERTAKEN})


class ReversalState(TextChoices):
    PREPARED = "prepared", _("Prepared")
    SUBMITTED = "submitted", _("With the provider")
    DONE = "done", _("Money is back")
    FAILED = "failed", _("Failed")


class CallState(TextChoices):
    """A call to a provider: kept before it is made. UNKNOWN is not failed: the reconciler asks first."""

    PLANNED = "planned", _("Not sent yet")
    SENT = "sent", _("Sent, no answer yet")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    UNKNOWN = "unknown", _("Unknown")


class HoldbackState(TextChoices):
    HELD_BACK = "held_back", _("Held back")
    FREED = "freed", _("Freed")


class PayoutAccountState(TextChoices):
    WAITING = "waiting", _("Usable after the waiting time")
    ACTIVE = "active", _("In use")
    REPLACED = "replaced", _("Replaced")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class LineState(TextChoices):
    """What became of a line of a bank statement. Everything but IGNORED stands in the ledger."""

    MATCHED = "matched", _("Matched")
    PARTIAL = "partial", _("Matched, pays a part")
    OVER = "over", _("Matched, with an excess")
    UNMATCHED = "unmatched", _("No reference found")
    THIRD_PARTY = "third_party", _("Paid by somebody else")
    DUPLICATE = "duplicate", _("Paid already")
    CURRENCY = "currency", _("Other currency")
    SUMS_DIFFER = "sums_differ", _("Sums do not agree")
    RETURNED = "returned", _("Return of an earlier payment")
    PAYOUT = "payout", _("Our payout")
    PAYOUT_RETURN = "payout_return", _("Payout came back")
    REFUND = "refund", _("Our refund")
    BANK_CHARGE = "bank_charge", _("Bank charge")
    UNEXPLAINED = "unexplained", _("Left without explanation")
    IGNORED = "ignored", _("No money moved")
    SENT_BACK = "sent_back", _("Sent back to the payer")


#: Lines somebody has to look at; two persons settle them.
QUARANTINED = frozenset(
    {
        LineState.UNMATCHED,
        LineState.THIRD_PARTY,
        LineState.DUPLICATE,
        LineState.CURRENCY,
        LineState.SUMS_DIFFER,
        LineState.UNEXPLAINED,
        LineState.OVER,
    }
)
