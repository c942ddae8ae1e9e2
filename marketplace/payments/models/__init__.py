"""Rows of the payments floor."""

from marketplace.payments.models.bank import BankAccount, LineMatch, SandboxMovement, StatementImport, StatementLine
from marketplace.payments.models.inbox import InboundEvent, PollMark, RefusedDelivery
from marketplace.payments.models.invoices import Invoice, InvoiceSeries
from marketplace.payments.models.ledger import Account, BookCheck, Entry, Journal
from marketplace.payments.models.obligations import Holdback, Obligation, Receipt
from marketplace.payments.models.payins import PayIn, ProviderCall
from marketplace.payments.models.payouts import Payout, PayoutAccount, Refund, Release, Reversal

__all__ = [
    "Account",
    "BankAccount",
    "BookCheck",
    "Entry",
    "Holdback",
    "InboundEvent",
    "Invoice",
    "InvoiceSeries",
    "Journal",
    "LineMatch",
    "Obligation",
    "PayIn",
    "Payout",
    "PayoutAccount",
    "PollMark",
    "ProviderCall",
    "Receipt",
    "Refund",
    "RefusedDelivery",
    "Release",
    "Reversal",
    "SandboxMovement",
    "StatementImport",
    "StatementLine",
]
