"""The operator's money desk: balances, statements, what could not be placed, payouts, invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.accounts.models import User
from marketplace.core.errors import DomainError, Invalid, NotFound
from marketplace.core.exports import EXPORTS
from marketplace.payments import access
from marketplace.payments.forms import ProposalForm, StatementForm
from marketplace.payments.gateways.bank import where_to
from marketplace.payments.graphs import PAYOUT_GRAPH
from marketplace.payments.ledger import natural
from marketplace.payments.models import (
    Account,
    BookCheck,
    Invoice,
    LineMatch,
    Payout,
    Refund,
    StatementImport,
    StatementLine,
)
from marketplace.payments.presenting import (
    balances_drawn,
    line_row,
    payout_row,
    provider_label,
    refund_row,
)
from marketplace.payments.services.payouts import retry_payout, stuck_payouts
from marketplace.payments.services.quarantine import decide_proposal, propose
from marketplace.payments.services.refunds import retry_refund
from marketplace.payments.services.statements import import_statement
from marketplace.payments.statements import Fault
from marketplace.payments.states import AccountKind, LineState, PayoutState, RefundState

PER_PAGE = 50
#: Kinds of account in the order in which they are shown: where money lies, whose it is, what is ours.
SHOWN = (
    AccountKind.CLEARING,
    AccountKind.HELD,
    AccountKind.PAYABLE,
    AccountKind.SUSPENSE,
    AccountKind.UNEXPLAINED,
    AccountKind.RECEIVABLE,
    AccountKind.FEE,
    AccountKind.TAX,
    AccountKind.PROVIDER_FEE,
)


@require_safe
@login_required
def money_desk(request: HttpRequest) -> HttpResponse:
    """Where the market's money lies and whose it is; what needs somebody; whether the books add up."""
    access.require_money_desk(request.actor)  # type: ignore[attr-defined]
    sums = Account.objects.order_by().values_list("currency", "kind", "provider").annotate(Sum("balance"), Count("pk"))
    currencies: dict[str, dict[str, Decimal]] = {}
    rows: list[dict[str, Any]] = []
    order = {kind: place for place, kind in enumerate(SHOWN)}
    for currency, kind, provider, balance, accounts in sorted(sums, key=lambda one: (one[0], order[one[1]], one[2])):
        total = natural(kind, balance)
        by_kind = currencies.setdefault(currency, {})
        by_kind[kind] = by_kind.get(kind, Decimal(0)) + total
        rows.append(
            {
                "currency": currency,
                "label": AccountKind(kind).label,
                "provider": provider_label(provider) if provider else "—",
                "accounts": accounts,
                "balance": total,
            }
        )
    lang = get_language() or "zh-hans"
    context = {
        "rows": rows,
        "pictures": [
            {"currency": currency, "svg": balances_drawn(kinds, currency, lang)}
            for currency, kinds in currencies.items()
            if any(kinds.values())
        ],
        "check": BookCheck.objects.first(),
        "waiting": StatementLine.objects.quarantined().count(),
        "stuck": stuck_payouts().count(),
        "failed_refunds": Refund.objects.in_state(RefundState.FAILED, RefundState.REVERSING).count(),
    }
    return render(request, "payments/desk/money.html", context)


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def statements(request: HttpRequest) -> HttpResponse:
    """Upload a statement; what earlier ones brought."""
    actor = request.actor  # type: ignore[attr-defined]
    access.require_money_desk(actor)
    form = StatementForm(request.POST or None, request.FILES or None)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            run = import_statement(
                account_id=form.cleaned_data["account"].pk, name=upload.name, content=upload.read(), by=actor
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("statement", run.pk)
    page = Paginator(StatementImport.objects.select_related("account"), PER_PAGE).get_page(request.GET.get("page"))
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(
        request, "payments/desk/statements.html", {"form": form, "refusal": refusal, "page": page}, status=status
    )


@require_safe
@login_required
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """What one statement held and what became of each line."""
    row = access.statement_for(request.actor, pk)  # type: ignore[attr-defined]
    lines = Paginator(row.lines.order_by("pk"), PER_PAGE).get_page(request.GET.get("page"))
    counts = [{"label": LineState(state).label, "count": count} for state, count in sorted(row.counts.items())]
    return render(
        request,
        "payments/desk/statement.html",
        {
            "row": row,
            "lines": [line_row(one) for one in lines],
            "page": lines,
            "counts": counts,
            "problems": [(line, str(Fault(code, params))) for line, code, params in row.problems],
        },
    )


# ── what could not be placed ─────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def quarantine(request: HttpRequest) -> HttpResponse:
    """Lines that wait for two persons, the oldest first."""
    access.require_money_desk(request.actor)  # type: ignore[attr-defined]
    found = StatementLine.objects.quarantined().select_related("account").order_by("booked_on", "pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    proposed = set(LineMatch.objects.filter(line__in=list(page), decided_at=None).values_list("line", flat=True))
    rows = [{**line_row(one), "is_proposed": one.pk in proposed} for one in page]
    return render(request, "payments/desk/quarantine.html", {"rows": rows, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def quarantine_line(request: HttpRequest, pk: int) -> HttpResponse:
    """One line: what the bank told, what it could be, and the proposal of the first of two persons."""
    actor = request.actor  # type: ignore[attr-defined]
    line = access.line_for(actor, pk)
    form = ProposalForm(request.POST or None)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            told = form.cleaned_data
            propose(
                line_id=line.pk,
                act=told["act"],
                reason=told["reason"],
                obligation_id=form.obligation_id(),
                by=actor,
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("quarantine_line", line.pk)
    return _line_page(request, line, form, refusal)


def _line_page(
    request: HttpRequest, line: StatementLine, form: ProposalForm, refusal: DomainError | None
) -> HttpResponse:
    matches = list(line.matches.select_related("obligation").order_by("-pk"))
    people = User.objects.in_bulk(
        {pk for match in matches for pk in (match.proposed_by_id, match.decided_by_id) if pk is not None}
    )
    open_match = next((match for match in matches if match.decided_at is None), None)
    actor = request.actor  # type: ignore[attr-defined]
    context = {
        "line": line_row(line),
        "row": line,
        "form": form,
        "refusal": refusal,
        "open": open_match,
        "is_own": open_match is not None and open_match.proposed_by_id == actor.user_id,
        "matches": [
            {
                "row": match,
                "by": people[match.proposed_by_id],
                "decided_by": people.get(match.decided_by_id or 0),
            }
            for match in matches
        ],
    }
    status = refusal.status if refusal else 422 if form.is_bound and form.errors else 200
    return render(request, "payments/desk/line.html", context, status=status)


@require_POST
@login_required
def quarantine_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's word on the open proposal."""
    actor = request.actor  # type: ignore[attr-defined]
    line = access.line_for(actor, pk)
    match = line.matches.filter(decided_at=None).first()
    if match is None:
        return redirect("quarantine_line", line.pk)
    try:
        word = request.POST.get("decision")
        if word not in {"approve", "reject"}:
            raise Invalid(field="decision", problem=_("Say yes or no."))
        decide_proposal(match_id=match.pk, approve=word == "approve", by=actor)
    except DomainError as refusal:
        return _line_page(request, line, ProposalForm(), refusal)
    return redirect("quarantine_line", line.pk)


# ── payouts ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def payouts_desk(request: HttpRequest) -> HttpResponse:
    """Payouts that stand still first, refunds that do, then all."""
    actor = request.actor  # type: ignore[attr-defined]
    access.require_money_desk(actor)
    page = Paginator(Payout.objects.select_related("payee").order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    stuck = stuck_payouts().select_related("payee").order_by("state_since")[:PER_PAGE]
    refunds = Refund.objects.in_state(RefundState.FAILED, RefundState.REVERSING).select_related("obligation")
    context = {
        "stuck": [
            {**payout_row(row), "may_retry": any(edge.verb == "retry" for edge in PAYOUT_GRAPH.open_to(actor, row))}
            for row in stuck
        ],
        "refunds": [{**refund_row(row), "may_retry": row.state == RefundState.FAILED} for row in refunds[:PER_PAGE]],
        "rows": [payout_row(row) for row in page],
        "page": page,
        "orders": _orders(Payout, PayoutState.SUBMITTED).count() + _orders(Refund, RefundState.SUBMITTED).count(),
    }
    return render(request, "payments/desk/payouts.html", context)


def _orders(model: type[Payout] | type[Refund], submitted: str) -> Any:
    """What of a kind somebody is to carry out at the bank."""
    return model.objects.in_state(submitted).filter(provider="bank").order_by("pk")


@require_POST
@login_required
def payout_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed payout again."""
    row = access.payout_for_desk(request.actor, pk)  # type: ignore[attr-defined]
    try:
        retry_payout(payout_id=row.pk, by=request.actor)  # type: ignore[attr-defined]
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    return redirect("payouts_desk")


@require_POST
@login_required
def refund_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed refund again."""
    actor = request.actor  # type: ignore[attr-defined]
    access.require_money_desk(actor)
    if not Refund.objects.filter(pk=pk).exists():
        raise NotFound()
    try:
        retry_refund(refund_id=pk, by=actor)
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    return redirect("payouts_desk")


@require_safe
@login_required
def payment_orders(request: HttpRequest, kind: str) -> HttpResponseBase:
    """What is to be carried out at the bank by hand, as a file: payouts and refunds with their references."""
    access.require_money_desk(request.actor)  # type: ignore[attr-defined]
    if kind not in EXPORTS:
        raise NotFound()
    head = [_("Reference"), _("Name"), _("Account number"), _("Bank"), _("Bank code"), _("Amount"), _("Currency")]
    rows = []
    for payout in _orders(Payout, PayoutState.SUBMITTED).select_related("account"):
        to = where_to(payout)
        rows.append(
            [payout.reference, to["name"], to["number"], to["bank"], to["code"], payout.amount, payout.currency]
        )
    for refund in _orders(Refund, RefundState.SUBMITTED).select_related("obligation__payer"):
        payer = refund.obligation.payer
        came = refund.obligation.lines.filter(amount__gt=0).order_by("-pk").first()
        number = came.payer_account if came else ""
        rows.append([refund.reference, payer.name_zh or payer.name_en, number, "", "", refund.amount, refund.currency])
    return EXPORTS[kind]("payment-orders", head, rows)


@require_safe
@login_required
def invoices_desk(request: HttpRequest) -> HttpResponse:
    """Every invoice and credit note, newest first."""
    access.require_money_desk(request.actor)  # type: ignore[attr-defined]
    found = Invoice.objects.select_related("buyer", "issuer").order_by("-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "payments/desk/invoices.html", {"page": page, "here": reverse("invoices_desk")})
