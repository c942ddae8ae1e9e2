"""The sandbox bank's own page: pay too little, too much, as somebody else, twice; send payouts back. Demo only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound
from marketplace.payments import access
from marketplace.payments.forms import SandboxForm
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import BankAccount, Obligation, SandboxMovement
from marketplace.payments.models.obligations import ObligationQuerySet
from marketplace.payments.presenting import obligation_row
from marketplace.payments.states import PAYABLE_STATES

THIRD_PARTY = "云澜第三方贸易有限公司"
ACCOUNT = "6222000011112222"
MOST_SHOWN = 60


def _require_demo() -> None:
    """The page is not there outside a demo."""
    if not settings.IS_DEMO:
        raise NotFound()


def _obligations(actor: Actor) -> ObligationQuerySet:
    """What the visitor may play with: what their own organisation owes; at the desk everything."""
    return Obligation.objects.all() if access.is_at_money_desk(actor) else access.own_obligations(actor)


def _movements(actor: Actor) -> Any:
    """Movements that carry a reference of theirs; at the desk all of them."""
    rows = SandboxMovement.objects.select_related("account", "returned_by").order_by("-pk")
    if access.is_at_money_desk(actor):
        return rows
    own = [
        *access.own_obligations(actor).values_list("reference", flat=True),
        *access.own_payouts(actor).values_list("reference", flat=True),
    ]
    wanted = Q(pk__in=[])
    for reference in own[-200:]:
        wanted |= Q(text__contains=reference)
    return rows.filter(wanted)


@require_safe
@login_required
def sandbox_bank(request: HttpRequest) -> HttpResponse:
    """The bank's counter: open payments with one-press transfers, a free transfer, and what has moved."""
    _require_demo()
    return _page(request, SandboxForm(), None)


def _page(request: HttpRequest, form: SandboxForm, refusal: DomainError | None) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    currencies = set(BankAccount.objects.filter(provider=sandbox.CODE).values_list("currency", flat=True))
    open_ones = _obligations(actor).filter(state__in=PAYABLE_STATES, currency__in=currencies)
    context = {
        "form": form,
        "refusal": refusal,
        "rows": [obligation_row(row) for row in open_ones.select_related("payer").order_by("pay_by")[:MOST_SHOWN]],
        "movements": _movements(actor)[:MOST_SHOWN],
        "is_desk": access.is_at_money_desk(actor),
    }
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    return render(request, "payments/sandbox_bank.html", context, status=status)


@require_POST
@login_required
def sandbox_send(request: HttpRequest) -> HttpResponse:
    """A free transfer: any sum, name and text. The bank's statement is read at once."""
    _require_demo()
    form = SandboxForm(request.POST)
    if not form.is_valid():
        return _page(request, form, None)
    told = form.cleaned_data
    sandbox.send(
        account=told["account"],
        amount=told["amount"],
        party_name=told["party_name"],
        party_account=ACCOUNT,
        text=told["text"],
    )
    sandbox.pull_statement(told["account"])
    return redirect("sandbox_bank")


@require_POST
@login_required
def sandbox_pay(request: HttpRequest, reference: str, how: str) -> HttpResponse:
    """One press: the exact sum, half of it, more than it, as a third party, or twice."""
    _require_demo()
    row = access.obligation_for(request.actor, reference)  # type: ignore[attr-defined]
    account = BankAccount.objects.filter(provider=sandbox.CODE, currency=row.currency).first()
    if account is None or not row.is_payable:
        return redirect("sandbox_bank")
    name = row.payer.name_zh or row.payer.name_en
    half = (row.outstanding / 2).quantize(Decimal("0.01"))
    plans: dict[str, list[tuple[Decimal, str]]] = {
        "exact": [(row.outstanding, name)],
        "short": [(max(half, Decimal("0.01")), name)],
        "over": [(row.outstanding + Decimal("100.00"), name)],
        "third": [(row.outstanding, THIRD_PARTY)],
        "twice": [(row.outstanding, name), (row.outstanding, name)],
    }
    if how not in plans:
        raise NotFound()
    for amount, payer in plans[how]:
        sandbox.send(
            account=account, amount=amount, party_name=payer, party_account=ACCOUNT, text=f"货款 {row.reference}"
        )
    sandbox.pull_statement(account)
    back = reverse("obligation", args=[row.reference]) if request.POST.get("next") == "payment" else "sandbox_bank"
    return redirect(back)


@require_POST
@login_required
def sandbox_return(request: HttpRequest, pk: int) -> HttpResponse:
    """The bank undoes a movement."""
    _require_demo()
    row = _movements(request.actor).filter(pk=pk).first()  # type: ignore[attr-defined]
    if row is None:
        raise NotFound()
    sandbox.give_back(row.pk)
    sandbox.pull_statement(row.account)
    return redirect("sandbox_bank")
