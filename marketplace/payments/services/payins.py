"""Paying an obligation through a provider: begin, and apply what the provider says."""

from __future__ import annotations

from decimal import Decimal

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import PayInOpened, PayInTruth, ProviderRefused, ProviderUnknown, providers
from marketplace.payments.graphs import PAYIN_GRAPH, TREASURERS
from marketplace.payments.models import Obligation, PayIn, ProviderCall
from marketplace.payments.refusals import NotPayable, ProviderFails, ProviderNotOffered
from marketplace.payments.services import calls
from marketplace.payments.services.receipts import give_again, take_back, take_in
from marketplace.payments.services.refunds import overtake_refunds
from marketplace.payments.states import AccountKind, ObligationState, PayInState

ZERO = Decimal("0.00")
UNPAID = frozenset(
    {PayInState.PREPARED, PayInState.WAITING, PayInState.PART_RECEIVED, PayInState.EXPIRED, PayInState.FAILED}
)
DISPUTE_RANK = {"": 0, "open": 1, "won": 2, "lost": 3}  # of two disputes of one charge the lost one stays
log = structlog.get_logger(__name__)


class TruthContradicts(Exception):
    """The provider tells another sum or currency than was asked for: nothing is booked, somebody has to look."""


def begin_payin(*, obligation_id: int, provider: str, by: Actor, return_url: str = "") -> PayIn:
    """Open a way of paying `obligation_id`, and give it with its `instructions`; the one already open if there is one.

    Calls the provider, so it must not be called within a transaction. `return_url` is where a hosted page sends the
    browser afterwards; coming back proves nothing. Raises NotPermitted, NotPayable, ProviderNotOffered, ProviderFails.
    """
    _refuse_early(obligation_id, by)
    with transaction.atomic(durable=True):
        payin = _prepare(obligation_id, provider, by)
    if payin.state != PayInState.PREPARED:
        return payin
    try:
        opened = _opened(payin, return_url)
    except ProviderRefused as error:
        with transaction.atomic(durable=True), locked(PayIn, payin.pk) as fresh:
            fresh.note = str(error)[:240]
            walk(PAYIN_GRAPH, fresh, "fail", by=SYSTEM, data=_facts(fresh), also=["note"])
        raise ProviderFails(why=error.message or error.code) from error
    except (ProviderUnknown, calls.CallInFlight, calls.KeyForgotten, calls.CallSettled) as error:
        raise ProviderFails(why=str(error)) from error
    with transaction.atomic(durable=True), locked(PayIn, payin.pk) as fresh:
        fresh.external_id, fresh.instructions = opened.external_id, opened.instructions
        if fresh.state == PayInState.PREPARED:
            walk(PAYIN_GRAPH, fresh, "open", by=SYSTEM, data=_facts(fresh), also=["external_id", "instructions"])
        else:  # money was faster than the answer
            fresh.save(update_fields=["external_id", "instructions"])
    return fresh


def _opened(payin: PayIn, return_url: str) -> PayInOpened:
    """Open it at the provider. After a call without an answer the provider is asked first: it may be open already.

    A provider gives the same answer to the same key, also the same failure. So when it knows of none, the key is given
    up with its payment in (`_give_up`), and the next attempt is another one.
    """
    gateway, key = providers.pay_in(payin.provider), _opening_key(payin)
    call = ProviderCall.objects.get(key=key)
    if calls.was_sent(call):
        found = gateway.find_payin(payin)
        if found is not None:
            return found
    try:
        return calls.make(
            key,
            lambda: gateway.open_payin(payin, key=key, return_url=return_url or _page_of(payin)),
            key_life=gateway.capabilities().key_life,
        )
    except (ProviderUnknown, calls.KeyForgotten) as error:
        if call.tries:
            _give_up(payin, str(error))
        raise


def _give_up(payin: PayIn, why: str) -> None:
    """Nothing came of it twice. If it was opened after all and somebody pays, it is booked from this state as well."""
    with transaction.atomic(durable=True), locked(PayIn, payin.pk) as fresh:
        if fresh.state == PayInState.PREPARED:
            fresh.note = why[:240]
            walk(PAYIN_GRAPH, fresh, "fail", by=SYSTEM, data=_facts(fresh), also=["note"])


def _refuse_early(obligation_id: int, by: Actor) -> None:
    """What is plain without a lock is said without one; under the lock all of it is asked again."""
    row = Obligation.objects.filter(pk=obligation_id).first()
    if row is None:
        raise NotFound()
    _may_be_paid(row, by)


def _may_be_paid(row: Obligation, by: Actor) -> None:
    if not by.is_system:
        require(TREASURERS, by, row)
    if not row.is_payable:
        raise NotPayable(state=ObligationState(row.state).label)


def _prepare(obligation_id: int, provider: str, by: Actor) -> PayIn:
    with locked(Obligation, obligation_id) as row:
        _may_be_paid(row, by)
        if provider not in {one.code for one in providers.pay_ins_for(row.currency)}:
            raise ProviderNotOffered(field="provider")
        live = PayIn.objects.live().filter(obligation=row, provider=provider).select_for_update(no_key=True).first()
        partial = providers.get(provider).capabilities().partial_pay
        if live is not None:
            if live.amount == row.outstanding or partial:
                return live
            # A part was paid another way: this one asks for too much now.
            walk(PAYIN_GRAPH, live, "expire", by=SYSTEM, data=_facts(live))
        payin = PayIn(
            obligation=row,
            provider=provider,
            amount=row.outstanding,
            currency=row.currency,
            created_at=clock.now(),
        )
        begin(PAYIN_GRAPH, payin, by=by, data=_facts(payin))
        calls.plan(_opening_key(payin), provider=provider, operation="payin.open", about=payin)
        return payin


def apply_payin(payin_id: int) -> PayIn:
    """Ask the provider how a payment stands, and book what is new. Safe to call at any time, any number of times.

    Calls the provider, so it must not be called within a transaction. Raises NotFound, ProviderUnknown,
    ProviderRefused, TruthContradicts (nothing booked; an event `payin.contradict` is left).
    """
    payin = PayIn.objects.select_related("obligation").filter(pk=payin_id).first()
    if payin is None:
        raise NotFound()
    truth = providers.pay_in(payin.provider).fetch_payin(payin)
    if truth is None:  # statements tell; reading them has booked whatever there was
        payin.refresh_from_db()
        return payin
    return book_payin(payin_id, truth)


def book_payin(payin_id: int, truth: PayInTruth) -> PayIn:
    """Book the difference between what the provider tells and what is booked. Sums only grow, so an old answer that
    comes late changes nothing. Raises TruthContradicts."""
    found = PayIn.objects.filter(pk=payin_id).values_list("obligation_id", flat=True).first()
    if found is None:
        raise NotFound()
    with locked_all([(Obligation, found), (PayIn, payin_id)]) as (row, payin):
        assert isinstance(row, Obligation) and isinstance(payin, PayIn)
        _refuse_contradiction(payin, truth)
        payin.obligation = row
        received = max(ZERO, truth.received.amount - payin.received)
        withdrawn = max(ZERO, truth.withdrawn - payin.withdrawn)
        reinstated = max(ZERO, truth.reinstated - payin.reinstated)
        fee = max(ZERO, truth.fee - payin.fee)
        named = f"payin:{payin.pk}"
        if received:
            payin.received += received
            take_in(row, received, provider=payin.provider, key=f"{named}:in:{payin.received}", payin=payin)
        if fee:
            payin.fee += fee
            cost = ledger.account(AccountKind.PROVIDER_FEE, payin.currency, provider=payin.provider)
            lines = [(cost, fee), (ledger.clearing(payin.provider, payin.currency), -fee)]
            ledger.post(f"{named}:fee:{payin.fee}", "provider_fee", lines, by=SYSTEM, subject=row.subject)
        if withdrawn:
            payin.withdrawn += withdrawn
            take_back(row, withdrawn, provider=payin.provider, key=f"{named}:back:{payin.withdrawn}", payin=payin)
        if reinstated:
            payin.reinstated += reinstated
            give_again(row, reinstated, provider=payin.provider, key=f"{named}:again:{payin.reinstated}", payin=payin)
        if truth.charge_id:
            payin.charge_id = truth.charge_id
        if truth.note:
            payin.note = truth.note[:240]
        payin.checked_at = clock.now()
        is_worse = DISPUTE_RANK[truth.dispute] > DISPUTE_RANK[payin.dispute]
        if is_worse:
            payin.dispute = truth.dispute
        payin.save(
            update_fields=[
                "received", "fee", "withdrawn", "reinstated", "charge_id", "note", "checked_at", "dispute",
            ]
        )  # fmt: skip
        _follow(payin, truth)
        if payin.state == PayInState.RETURNED:
            overtake_refunds(row)
    return payin


def _refuse_contradiction(payin: PayIn, truth: PayInTruth) -> None:
    told = truth.received
    wrong = told.currency != payin.currency and bool(told.amount)
    partial = providers.get(payin.provider).capabilities().partial_pay
    wrong = wrong or (not partial and told.amount not in {ZERO, payin.amount})
    wrong = wrong or truth.withdrawn - truth.reinstated > told.amount
    if wrong:
        raise TruthContradicts(
            f"{payin.provider} tells {told.amount} {told.currency} for {payin.amount} {payin.currency}"
        )


def _follow(payin: PayIn, truth: PayInTruth) -> None:
    """Walk the payment to where its booked sums say it stands; never from what an answer says alone."""
    standing = payin.received - payin.withdrawn + payin.reinstated
    for _ in range(4):
        verb = _next_verb(payin, standing, truth)
        if not verb:
            return
        walk(PAYIN_GRAPH, payin, verb, by=SYSTEM, data=_facts(payin))
        if verb == "dispute":
            log.warning("payin_disputed", payin=payin.pk)


def _next_verb(payin: PayIn, standing: Decimal, truth: PayInTruth) -> str:
    state = payin.state
    if state in UNPAID:
        if payin.received >= payin.amount:
            return "receive"
        if payin.received and state in {PayInState.WAITING, PayInState.EXPIRED}:
            return "part_receive"
        if not payin.received and state in {PayInState.PREPARED, PayInState.WAITING}:
            return {"failed": "fail", "expired": "expire"}.get(truth.outcome, "")
        return ""
    if state == PayInState.RECEIVED:
        if payin.dispute in {"open", "lost"} or (payin.dispute == "won" and standing < payin.amount):
            return "dispute"
        return "take_back" if standing <= 0 < payin.received else ""
    if state == PayInState.DISPUTED:
        if payin.dispute == "won" and standing >= payin.amount:
            return "win"
        return "take_back" if payin.dispute == "lost" else ""
    if state == PayInState.RETURNED:
        return "win" if standing >= payin.amount else ""
    return ""


def contradict(payin_id: int, why: str) -> None:
    """Leave a trace of an answer that was not booked, where the desk sees it."""
    with locked(PayIn, payin_id) as payin:
        payin.note = why[:240]
        payin.save(update_fields=["note"])
        events.record("payin.contradict", payin, SYSTEM, reason=why, data=_facts(payin))


def _facts(payin: PayIn) -> dict[str, object]:
    row = payin.obligation
    return {
        "subject": [row.subject_kind, row.subject_id],
        "obligation": row.pk,
        "purpose": row.purpose,
        "payer": row.payer_id,
        "provider": payin.provider,
        "amount": str(payin.amount),
        "currency": payin.currency,
        "received": str(payin.received),
        "withdrawn": str(payin.withdrawn),
    }


def _opening_key(payin: PayIn) -> str:
    return f"payin:{payin.pk}"


def _page_of(payin: PayIn) -> str:
    language = translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(language):
        return str(settings.SITE_URL) + reverse("obligation", args=[payin.obligation.reference])
