"""The money of one's own organisation: what it owes, what it is paid, its invoices, and where it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.errors import DomainError, NotFound
from marketplace.core.exports import EXPORTS
from marketplace.payments import access, registry
from marketplace.payments.forms import PayoutAccountForm
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown, providers
from marketplace.payments.models import Obligation, PayoutAccount
from marketplace.payments.presenting import (
    ACCOUNT_SHAPES,
    SHAPES,
    is_play_money,
    obligation_row,
    payin_row,
    payout_row,
    provider_label,
    refund_row,
)
from marketplace.payments.references import shown
from marketplace.payments.services.connected import connected_shown
from marketplace.payments.services.payins import TruthContradicts, apply_payin, begin_payin
from marketplace.payments.services.payout_accounts import enter_bank_account, withdraw_account
from marketplace.payments.states import (
    LIVE_PAYINS,
    PAYABLE_STATES,
    ObligationState,
    PayoutAccountState,
    PayoutState,
)

PER_PAGE = 25


@require_safe
@login_required
def money(request: HttpRequest) -> HttpResponse:
    """What is to be paid first, then what was paid, what came, and the invoices."""
    actor = request.actor  # type: ignore[attr-defined]
    obligations = access.own_obligations(actor)
    to_pay = obligations.filter(state__in=PAYABLE_STATES).order_by("pay_by", "pk")
    page = Paginator(obligations.exclude(state__in=PAYABLE_STATES).order_by("-pk"), PER_PAGE)
    settled = page.get_page(request.GET.get("page"))
    payouts = access.own_payouts(actor).select_related("payee").order_by("-pk")[:PER_PAGE]
    context = {
        "to_pay": [obligation_row(row) for row in to_pay[:100]],
        "settled": [obligation_row(row) for row in settled],
        "page": settled,
        "payouts": [payout_row(row) for row in payouts],
        "invoices": access.own_invoices(actor).order_by("-pk")[:PER_PAGE],
        "accounts": _accounts(access.own_payout_accounts(actor)),
        "may_pay": access.may_pay(actor),
    }
    return render(request, "payments/money.html", context)


@require_safe
@login_required
@never_cache
def obligation(request: HttpRequest, reference: str) -> HttpResponse:
    """One payment owed: how much, by when, and how. Coming back from a provider's page proves nothing: it is asked."""
    row = access.obligation_for(request.actor, reference)  # type: ignore[attr-defined]
    return _obligation(request, row)


def _obligation(request: HttpRequest, row: Obligation, refusal: DomainError | None = None) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    payins = [payin_row(payin) for payin in row.payins.order_by("-pk")]
    live = [one for one in payins if one["row"].state in LIVE_PAYINS]
    may_pay = access.may_pay(actor) and row.payer_id == access.own_id(actor) and row.is_payable
    open_codes = {one["row"].provider for one in live}
    context = {
        "row": row,
        "line": obligation_row(row),
        "number": shown(row.reference),
        "shape": SHAPES[row.state],
        "label": ObligationState(row.state).label,
        "purpose": registry.purpose_label(row.purpose),
        "matter": registry.subject_label(row.subject),
        "matter_url": registry.subject_url(row.subject),
        "live": live,
        "earlier": [one for one in payins if one["row"].state not in LIVE_PAYINS],
        "refunds": [refund_row(one) for one in row.refunds.order_by("-pk")],
        "receipts": [
            {"at": one.at, "way": provider_label(one.provider), "amount": one.amount}
            for one in row.receipts.order_by("-pk")
        ],
        "plays_bank": any(one["row"].provider == "sandbox" for one in live),
        "ways": [
            {"code": one.code, "label": str(one.label), "is_play": is_play_money(one.code)}
            for one in providers.pay_ins_for(row.currency)
            if one.code not in open_codes
        ]
        if may_pay
        else [],
        "may_pay": may_pay,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "payments/obligation.html", context, status=status)


@require_POST
@login_required
def obligation_pay(request: HttpRequest, reference: str, provider: str) -> HttpResponse:
    """Open a way of paying. A provider's own page is a link on ours: the browser sends forms nowhere else."""
    actor = request.actor  # type: ignore[attr-defined]
    row = access.obligation_for(actor, reference)
    back = request.build_absolute_uri(reverse("obligation", args=[row.reference]))
    try:
        begin_payin(obligation_id=row.pk, provider=provider, by=actor, return_url=back)
    except DomainError as refusal:
        return _obligation(request, row, refusal)
    return redirect("obligation", row.reference)


@require_POST
@login_required
def obligation_ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask the providers how the open payments stand, now."""
    row = access.obligation_for(request.actor, reference)  # type: ignore[attr-defined]
    for payin in row.payins.live():
        try:
            apply_payin(payin.pk)
        except (ProviderUnknown, ProviderRefused):
            messages.warning(request, _("The provider does not answer now; we ask again by ourselves."))
        except TruthContradicts:
            messages.warning(request, _("The provider tells something else than was asked for; the desk looks at it."))
    return redirect("obligation", row.reference)


# ── where to be paid ─────────────────────────────────────────────────────────────────────────────────────────────────
def _accounts(rows: Any) -> list[dict[str, Any]]:
    live = rows.filter(state__in=[PayoutAccountState.ACTIVE, PayoutAccountState.WAITING]).order_by("rail", "-pk")
    return [
        {
            "row": row,
            "state": PayoutAccountState(row.state).label,
            "shape": ACCOUNT_SHAPES[row.state],
            "is_waiting": row.state == PayoutAccountState.WAITING,
        }
        for row in live
    ]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required
def payout_account(request: HttpRequest) -> HttpResponse:
    """Where the organisation is paid; the page asks who you are once more, and a change takes 48 hours."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation_id = access.require_treasurer(actor)
    form = PayoutAccountForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _account_page(request, form, None)
    try:
        enter_bank_account(organisation_id=organisation_id, by=actor, is_confirmed=True, **form.cleaned_data)
    except DomainError as refusal:
        return _account_page(request, form, refusal)
    messages.info(request, _("Kept. It is used from 48 hours on; everybody who keeps your money was told."))
    return redirect("payout_account")


def _account_page(request: HttpRequest, form: PayoutAccountForm, refusal: DomainError | None) -> HttpResponse:
    rows = access.own_payout_accounts(request.actor)  # type: ignore[attr-defined]
    ended = [PayoutAccountState.REPLACED, PayoutAccountState.WITHDRAWN]
    context = {
        "form": form,
        "refusal": refusal,
        "connect": connected_shown(access.require_treasurer(request.actor)),  # type: ignore[attr-defined]
        "accounts": _accounts(rows),
        "earlier": [
            {"row": row, "state": PayoutAccountState(row.state).label, "shape": ACCOUNT_SHAPES[row.state]}
            for row in rows.filter(state__in=ended).order_by("-pk")[:20]
        ],
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "payments/payout_account.html", context, status=status)


@require_POST
@login_required
def payout_account_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a change before it takes effect, or be paid there no more."""
    actor = request.actor  # type: ignore[attr-defined]
    row: PayoutAccount = access.own_payout_account(actor, pk)
    withdraw_account(account_id=row.pk, by=actor)
    return redirect("payout_account")


# ── invoices, files ──────────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def invoice(request: HttpRequest, number: str) -> HttpResponse:
    """One invoice or credit note, as it is printed."""
    row = access.invoice_for(request.actor, number)  # type: ignore[attr-defined]
    return render(
        request,
        "payments/invoice.html",
        {
            "row": row,
            "issuer": row.parties["issuer"],
            "buyer": row.parties["buyer"],
            "credit_notes": row.credit_notes.order_by("pk"),
            "matter": registry.subject_label((row.subject_kind, row.subject_id)),
        },
    )


@require_safe
@login_required
def money_export(request: HttpRequest, what: str, kind: str) -> HttpResponseBase:
    """Obligations, payouts or invoices of one's organisation as CSV or XLSX."""
    actor = request.actor  # type: ignore[attr-defined]
    tables = {"obligations": _obligations_table, "payouts": _payouts_table, "invoices": _invoices_table}
    if what not in tables or kind not in EXPORTS:
        raise NotFound()
    head, rows = tables[what](actor)
    return EXPORTS[kind](what, head, rows)


def _obligations_table(actor: Any) -> tuple[list[str], Iterator[list[Any]]]:
    head = [_("Reference"), _("What for"), _("Amount"), _("Paid"), _("Refunded"), _("Currency"), _("Due"), _("State")]
    rows = access.own_obligations(actor).order_by("pk")
    return head, (
        [
            row.reference,
            row.title,
            row.amount,
            row.paid,
            row.refunded,
            row.currency,
            row.pay_by,
            str(ObligationState(row.state).label),
        ]
        for row in rows.iterator()
    )


def _payouts_table(actor: Any) -> tuple[list[str], Iterator[list[Any]]]:
    head = [_("Reference"), _("What for"), _("Amount"), _("Currency"), _("Through"), _("Paid out on"), _("State")]
    rows = access.own_payouts(actor).order_by("pk")
    return head, (
        [
            row.reference,
            registry.purpose_label(row.purpose),
            row.amount,
            row.currency,
            row.provider,
            row.paid_at,
            str(PayoutState(row.state).label),
        ]
        for row in rows.iterator()
    )


def _invoices_table(actor: Any) -> tuple[list[str], Iterator[list[Any]]]:
    head = [_("Number"), _("Kind"), _("Net"), _("Tax"), _("Total"), _("Currency"), _("Issued")]
    rows = access.own_invoices(actor).order_by("pk")
    return head, (
        [row.number, str(row.get_kind_display()), row.net, row.tax, row.total, row.currency, row.issued_at]
        for row in rows.iterator()
    )
