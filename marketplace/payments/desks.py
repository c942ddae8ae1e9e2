"""What this floor has for the workspace's side navigation and first page; the portal above takes it from here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from marketplace.core import formats
from marketplace.core.actor import Actor
from marketplace.payments import access
from marketplace.payments.inbound import InboundState
from marketplace.payments.models import InboundEvent, StatementLine
from marketplace.payments.registry import subject_label
from marketplace.payments.services.payouts import stuck_payouts
from marketplace.payments.states import PAYABLE_STATES

OWN = gettext_lazy("Money")
DESK = gettext_lazy("Money desk")
MOST_LINES = 20


def has_money(actor: Actor) -> bool:
    return access.own_id(actor) is not None


def to_pay(actor: Actor) -> list[QuerySet[Any]]:
    return [access.own_obligations(actor).filter(state__in=PAYABLE_STATES)]


def unplaced(actor: Actor) -> list[QuerySet[Any]]:
    return [StatementLine.objects.quarantined()]


def standing_still(actor: Actor) -> list[QuerySet[Any]]:
    return [stuck_payouts()]


def doubted(actor: Actor) -> list[QuerySet[Any]]:
    return [InboundEvent.objects.in_state(InboundState.QUARANTINED)]


def contribute_to(registry: Any) -> None:
    """Enter this floor's lines into the portal's registry (`desk`, `todo`)."""
    at_desk = access.is_at_money_desk
    registry.desk(OWN, 310, gettext_lazy("Payments and payouts"), "money", shows=has_money, count=to_pay)
    registry.desk(OWN, 320, gettext_lazy("Where we are paid"), "payout_account", shows=access.may_pay)
    registry.desk(DESK, 610, gettext_lazy("Balances"), "money_desk", shows=at_desk)
    registry.desk(DESK, 620, gettext_lazy("Bank statements"), "statements", shows=at_desk)
    registry.desk(DESK, 625, gettext_lazy("Our bank accounts"), "our_accounts", shows=at_desk)
    registry.desk(DESK, 630, gettext_lazy("Unplaced money"), "quarantine", shows=at_desk, count=unplaced)
    registry.desk(DESK, 640, gettext_lazy("Payouts"), "payouts_desk", shows=at_desk, count=standing_still)
    registry.desk(DESK, 650, gettext_lazy("Invoices"), "invoices_desk", shows=at_desk)
    registry.desk(DESK, 660, gettext_lazy("Provider events"), "provider_events", shows=at_desk, count=doubted)
    registry.todo(30, to_do)


def to_do(actor: Actor) -> list[dict[str, Any]]:
    """What is to be paid, and at the desk what nobody could place."""
    lines: list[dict[str, Any]] = []
    if access.may_pay(actor):
        for row in access.own_obligations(actor).filter(state__in=PAYABLE_STATES).order_by("pay_by")[:MOST_LINES]:
            lines.append(
                {
                    "text": _("Pay “%(title)s”: %(matter)s")
                    % {"title": row.title, "matter": subject_label(row.subject)},
                    "url": reverse("obligation", args=[row.reference]),
                    "due": row.pay_by,
                }
            )
    if access.is_at_money_desk(actor):
        for line in StatementLine.objects.quarantined().order_by("booked_on")[:MOST_LINES]:
            text = _("Place %(money)s from %(name)s")
            money = formats.money_exact(line.amount, line.currency, get_language() or "zh-hans")
            told = {"money": money, "name": line.payer_name or "—"}
            lines.append({"text": text % told, "url": reverse("quarantine_line", args=[line.pk])})
    return lines
