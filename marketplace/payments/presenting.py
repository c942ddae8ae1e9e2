"""Money rows as pages show them: state shapes, instructions, what is whose turn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.accounts.models import in_language
from marketplace.core import charts, formats
from marketplace.payments import registry
from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import Obligation, PayIn, Payout, Refund, StatementLine
from marketplace.payments.references import shown
from marketplace.payments.states import (
    QUARANTINED,
    AccountKind,
    LineState,
    ObligationState,
    PayInState,
    PayoutAccountState,
    PayoutState,
    RefundState,
)

SHAPES: dict[str, str] = {
    ObligationState.OPEN: "now",
    ObligationState.PART_PAID: "now",
    ObligationState.PAID: "go",
    ObligationState.REOPENED: "wait",
    ObligationState.REFUNDING: "now",
    ObligationState.REFUNDED: "ended",
    ObligationState.CANCELLED: "ended",
}
PAYIN_SHAPES: dict[str, str] = {
    PayInState.PREPARED: "off",
    PayInState.WAITING: "now",
    PayInState.PART_RECEIVED: "now",
    PayInState.RECEIVED: "go",
    PayInState.FAILED: "stop",
    PayInState.EXPIRED: "ended",
    PayInState.DISPUTED: "hold",
    PayInState.RETURNED: "stop",
}
PAYOUT_SHAPES: dict[str, str] = {
    PayoutState.PREPARED: "off",
    PayoutState.SUBMITTED: "now",
    PayoutState.PAID: "go",
    PayoutState.FAILED: "stop",
    PayoutState.CANCELLED: "ended",
}
REFUND_SHAPES: dict[str, str] = {
    RefundState.REVERSING: "now",
    RefundState.PREPARED: "off",
    RefundState.SUBMITTED: "now",
    RefundState.COMPLETE: "go",
    RefundState.FAILED: "stop",
    RefundState.OVERTAKEN: "ended",
}
ACCOUNT_SHAPES: dict[str, str] = {
    PayoutAccountState.WAITING: "wait",
    PayoutAccountState.ACTIVE: "go",
    PayoutAccountState.REPLACED: "ended",
    PayoutAccountState.WITHDRAWN: "ended",
}


def obligation_row(row: Obligation) -> dict[str, Any]:
    """One line of a list of what is owed."""
    return {
        "row": row,
        "number": shown(row.reference),
        "url": reverse("obligation", args=[row.reference]),
        "purpose": registry.purpose_label(row.purpose),
        "state": ObligationState(row.state).label,
        "shape": "stop" if row.is_overdue else SHAPES[row.state],
        "is_overdue": row.is_overdue,
    }


def payout_row(row: Payout) -> dict[str, Any]:
    """One line of a list of payouts."""
    return {
        "row": row,
        "number": shown(row.reference),
        "to": row.payee.name if row.payee else row.to_name,
        "purpose": _("Sent back") if row.purpose == "send_back" else registry.purpose_label(row.purpose),
        "provider": provider_label(row.provider),
        "state": PayoutState(row.state).label,
        "shape": PAYOUT_SHAPES[row.state],
        "why": payout_note(row),
        "matter": registry.subject_label(row.subject),
        "matter_url": registry.subject_url(row.subject),
    }


def payout_note(row: Payout) -> str:
    """Why a payout does not move, in words."""
    known = {
        "no_account": _("The payee has not said where to be paid."),
        "ask_by_hand": _("Nobody knows whether it was carried out: ask the provider before anything else."),
    }
    return known.get(row.note, row.note)


def refund_row(row: Refund) -> dict[str, Any]:
    return {
        "row": row,
        "number": shown(row.reference),
        "state": RefundState(row.state).label,
        "shape": REFUND_SHAPES[row.state],
        "provider": provider_label(row.provider),
    }


def payin_row(row: PayIn) -> dict[str, Any]:
    """One way of paying with its instructions in the active language."""
    told = row.instructions or {}
    is_play = is_play_money(row.provider)
    shown_lines = []
    if told.get("kind") == "bank":
        shown_lines = [
            (_("Account holder"), in_language(told["holder_zh"], told["holder_en"])),
            (_("Account number"), told["account_number"]),
            (_("Bank"), in_language(told["bank_zh"], told["bank_en"])),
            (_("Bank code"), told["bank_code"] or "—"),
            (_("Reference, to be copied exactly"), told["reference_shown"]),
        ]
    return {
        "row": row,
        "provider": provider_label(row.provider),
        "state": PayInState(row.state).label,
        "shape": PAYIN_SHAPES[row.state],
        "redirect": told.get("url", "") if told.get("kind") == "redirect" else "",
        "lines": shown_lines,
        "is_play": is_play,
    }


def line_row(row: StatementLine) -> dict[str, Any]:
    """One line of a statement."""
    shape = "go"
    if row.is_quarantined:
        shape = "wait"
    elif row.state in {LineState.IGNORED, LineState.SENT_BACK}:
        shape = "ended"
    elif row.state in {LineState.RETURNED, LineState.PAYOUT_RETURN}:
        shape = "stop"
    return {
        "row": row,
        "url": reverse("quarantine_line", args=[row.pk]),
        "state": LineState(row.state).label,
        "shape": shape,
        "waits": row.is_quarantined,
    }


def provider_label(code: str) -> str:
    try:
        return str(providers.get(code).label)
    except KeyError:
        return code


def is_play_money(code: str) -> bool:
    """Whether a provider only pretends: its pages say so."""
    try:
        return providers.get(code).capabilities().is_play
    except KeyError:
        return False


def balances_drawn(totals: dict[str, Decimal], currency: str, lang: str) -> str:
    """The market's balance in one picture: where money lies above, whose it is below."""
    css = {AccountKind.CLEARING: "b-own", AccountKind.HELD: "b-lic", AccountKind.SUSPENSE: "b-pledge"}
    rows = [
        charts.Bar(
            str(AccountKind(kind).label),
            total,
            formats.money_exact(total, currency, lang),
            css.get(AccountKind(kind), "b-own"),
        )
        for kind, total in totals.items()
        if total
    ]
    return charts.bars(rows, label=_("Balances by kind of account, %(currency)s") % {"currency": currency})


WAITING_STATES = sorted(QUARANTINED)
