"""Who sees which money. A party sees what it owes and is paid; the desk sees everything; a delegate sees nothing."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound
from marketplace.payments.graphs import MONEY_DESK, TREASURERS
from marketplace.payments.models import (
    InboundEvent,
    Invoice,
    Obligation,
    Payout,
    PayoutAccount,
    RefusedDelivery,
    StatementImport,
    StatementLine,
)
from marketplace.payments.models.obligations import ObligationQuerySet
from marketplace.payments.models.payouts import PayoutQuerySet


def own_id(actor: Actor) -> int | None:
    """The organisation whose money the actor may look at: their own. No power lets a delegate see a client's money."""
    return actor.org_id if actor.on_behalf_of is None else None


def is_at_money_desk(actor: Actor) -> bool:
    return MONEY_DESK.permits(actor, None)


def may_pay(actor: Actor) -> bool:
    """Whether the actor pays for their organisation and says where it is paid."""
    own = own_id(actor)
    return own is not None and TREASURERS.permits(actor, PayoutAccount(organisation_id=own))


def own_obligations(actor: Actor) -> ObligationQuerySet:
    own = own_id(actor)
    return Obligation.objects.owed_by(own) if own is not None else Obligation.objects.none()


def obligation_for(actor: Actor, reference: str) -> Obligation:
    """One's own, or any at the desk. Raises NotFound."""
    rows = Obligation.objects.all() if is_at_money_desk(actor) else own_obligations(actor)
    return found(rows.select_related("payer"), reference=reference.replace("-", "").upper())


def own_payouts(actor: Actor) -> PayoutQuerySet:
    own = own_id(actor)
    return Payout.objects.to(own) if own is not None else Payout.objects.none()


def own_invoices(actor: Actor) -> QuerySet[Invoice]:
    """Those one's organisation received or issued."""
    own = own_id(actor)
    if own is None:
        return Invoice.objects.none()
    return Invoice.objects.filter(Q(buyer=own) | Q(issuer=own))


def invoice_for(actor: Actor, number: str) -> Invoice:
    rows = Invoice.objects.all() if is_at_money_desk(actor) else own_invoices(actor)
    return found(rows.select_related("issuer", "buyer", "credits"), number=number)


def own_payout_accounts(actor: Actor) -> QuerySet[PayoutAccount]:
    own = own_id(actor)
    return PayoutAccount.objects.filter(organisation=own) if own is not None else PayoutAccount.objects.none()


def own_payout_account(actor: Actor, pk: int) -> PayoutAccount:
    return found(own_payout_accounts(actor), pk=pk)


def require_money_desk(actor: Actor) -> None:
    """Raises NotFound for everybody else: nobody learns what stands there."""
    if not is_at_money_desk(actor):
        raise NotFound()


def statement_for(actor: Actor, pk: int) -> StatementImport:
    require_money_desk(actor)
    return found(StatementImport.objects.select_related("account"), pk=pk)


def line_for(actor: Actor, pk: int) -> StatementLine:
    require_money_desk(actor)
    return found(StatementLine.objects.select_related("account", "statement", "obligation"), pk=pk)


def payout_for_desk(actor: Actor, pk: int) -> Payout:
    require_money_desk(actor)
    return found(Payout.objects.select_related("payee", "account"), pk=pk)


def provider_event_for(actor: Actor, pk: int) -> InboundEvent:
    require_money_desk(actor)
    return found(InboundEvent.objects.all(), pk=pk)


def refused_delivery_for(actor: Actor, pk: int) -> RefusedDelivery:
    require_money_desk(actor)
    return found(RefusedDelivery.objects.all(), pk=pk)


def require_treasurer(actor: Actor) -> int:
    """The organisation the actor keeps the money of. Raises NotFound without one, NotPermitted without the role."""
    own = own_id(actor)
    if own is None:
        raise NotFound()
    require(TREASURERS, actor, PayoutAccount(organisation_id=own))
    return own
