"""The fee of an appraisal as the ledger has it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum

from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.models import Obligation
from marketplace.payments.models.obligations import ObligationQuerySet
from marketplace.payments.states import ObligationState

if TYPE_CHECKING:
    from valuation.models import Order

PURPOSE = "appraisal_fee"
_ENDED = (ObligationState.CANCELLED, ObligationState.REFUNDED)


def obligations(order: Order) -> ObligationQuerySet:
    """What the client owes or owed for the order."""
    return Obligation.objects.about(order.subject).filter(purpose=PURPOSE).order_by("id")


def held(order: Order) -> Money:
    """What the platform holds for the order now."""
    return Money(ledger.held(order.subject, order.currency), order.currency)


def paid_in(order: Order) -> Decimal:
    """What came in for it and was not sent back."""
    found = obligations(order).aggregate(paid=Sum("paid"), back=Sum("refunded"))
    return (found["paid"] or Decimal("0.00")) - (found["back"] or Decimal("0.00"))


def is_held(order: Order) -> bool:
    """Claims that the whole fee is with the platform."""
    asked = obligations(order).exclude(state__in=_ENDED)
    return asked.exists() and not asked.exclude(state=ObligationState.PAID).exists()
