"""Pages of live loans: one's own, one loan, its steps; the bank's book and its alarms."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loans.live import access, acts, closes, pages, papers
from loans.live.forms import EarlyForm
from loans.models import Position
from loans.states.servicing import LIVE, AlarmKind, Category, LoanState
from loans.tasks import close_missed_days
from marketplace.core import clock
from marketplace.core.errors import NotPermitted
from marketplace.core.money import Money
from marketplace.portal.steps import take
from marketplace.signing.paper import Language

PER_PAGE = 40


@require_safe
@login_required
def my_loans(request: HttpRequest) -> HttpResponse:
    """What one's organisation has borrowed."""
    actor = request.actor  # type: ignore[attr-defined]
    seen = access.loans_seen_by(actor).filter(borrower=actor.acts_for).order_by("-pk")
    page = Paginator(seen, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "loan": one,
            "url": reverse("loan", args=[one.number]),
            "shape": pages.SHAPES[one.state],
            "label": LoanState(one.state).label,
            "next": one.rows_to_come.order_by("n").first() if one.state in LIVE else None,
        }
        for one in page
    ]
    return render(request, "loans/live/my_loans.html", {"rows": rows, "page": page})


@require_safe
@login_required
def loan_detail(request: HttpRequest, number: str) -> HttpResponse:
    """Where the loan stands, what is to come, what came, what secures it."""
    actor = request.actor  # type: ignore[attr-defined]
    loan = access.loan_of(actor, number)
    return render(request, "loans/live/loan.html", pages.loan_page(loan, actor))


@require_http_methods(["GET", "POST"])
@login_required
def loan_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One step of the loan, confirmed on a page of its own."""
    actor = request.actor  # type: ignore[attr-defined]
    loan = access.loan_of(actor, number)
    back = reverse("loan", args=[loan.number])
    step = next((one for one in acts.open_steps(loan, actor) if one.verb == verb), None)
    return take(request, loan, step, template="loans/live/act.html", back=back, loan=loan)


@require_safe
@login_required
def loan_calendar(request: HttpRequest, number: str) -> HttpResponse:
    """The instalments to come, for a calendar program."""
    loan = access.loan_of(request.actor, number)  # type: ignore[attr-defined]
    return HttpResponse(
        pages.calendar_file(loan),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{loan.number}.ics"'},
    )


@require_safe
@login_required
def loan_early(request: HttpRequest, number: str) -> HttpResponse:
    """What an early repayment would leave, both ways, and what would end the debt; nothing is paid by looking."""
    loan = access.loan_of(request.actor, number)  # type: ignore[attr-defined]
    asked = "amount" in request.GET
    form = EarlyForm(request.GET if asked else None, subject=loan)
    context: dict[str, object] = {"loan": loan, "form": form, "back": reverse("loan", args=[loan.number])}
    if asked and form.is_valid():
        context |= pages.early_page(loan, form.cleaned_data["amount"], form.cleaned_data["on"])
    return render(request, "loans/live/early.html", context, status=422 if asked and not form.is_valid() else 200)


@require_safe
@login_required
def loan_statement(request: HttpRequest, number: str) -> HttpResponse:
    """The statement of account as of today."""
    loan = access.loan_of(request.actor, number)  # type: ignore[attr-defined]
    day = max(clock.today(), loan.started_on)
    return _paper(f"{loan.number}-{day.isoformat()}", papers.statement(loan, day, _language()))


@require_safe
@login_required
def loan_certificate(request: HttpRequest, number: str) -> HttpResponse:
    """That the loan is paid off. Raises LoanNotPaidOff."""
    loan = access.loan_of(request.actor, number)  # type: ignore[attr-defined]
    return _paper(f"{loan.number}-paid", papers.certificate(loan, _language()))


def _language() -> Language:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def _paper(name: str, content: bytes) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_safe
@login_required
def loan_book(request: HttpRequest) -> HttpResponse:
    """The bank's book on the newest closed day, and its loans by class."""
    actor = request.actor  # type: ignore[attr-defined]
    bank_id = access.bank_of(actor)
    context = pages.book_page(bank_id)
    rows = _positions(bank_id, request, context["day"])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "positions": [_row(one) for one in page],
        "open_alarms": access.alarms_seen_by(actor).open().count(),
        "chosen": request.GET.get("class", ""),
        "only_short": "short" in request.GET,
    }
    return render(request, "loans/live/book.html", context)


def _positions(bank_id: int, request: HttpRequest, day: date | None) -> QuerySet[Position]:
    if day is None:
        return Position.objects.none()
    rows = Position.objects.filter(business_date=day, loan__bank=bank_id).select_related("loan__borrower")
    chosen = request.GET.get("class", "")
    if chosen.isdecimal() and int(chosen) in Category.values:
        rows = rows.filter(category=int(chosen))
    if "short" in request.GET:
        rows = rows.filter(shortfall__gt=0)
    return rows.order_by("-category", "-shortfall", "loan_id")


def _row(one: Position) -> dict[str, object]:
    def money(cents: int) -> Money:
        return pages.money_of(one.loan, cents)

    return {
        "position": one,
        "loan": one.loan,
        "url": reverse("loan", args=[one.loan.number]),
        "shape": pages.CLASS_SHAPES[one.category],
        "label": Category(one.category).label,
        "principal": money(one.principal),
        "shortfall": money(one.shortfall),
        "value": money(one.value),
    }


@require_safe
@login_required
def loan_alarms(request: HttpRequest) -> HttpResponse:
    """What was noticed about the bank's loans and is not handled, the gravest first."""
    actor = request.actor  # type: ignore[attr-defined]
    access.bank_of(actor)
    seen = access.alarms_seen_by(actor)
    rows = seen if "all" in request.GET else seen.open()
    kind = request.GET.get("kind", "")
    if kind in AlarmKind.values:
        rows = rows.filter(kind=kind)
    page = Paginator(rows.order_by("-severity", "-on", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [pages.alarm_row(one) for one in page], "kinds": AlarmKind.choices, "chosen": kind}
    return render(request, "loans/live/alarms.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def alarm_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what was done about an alarm."""
    alarm = access.alarm_of(request.actor, pk)  # type: ignore[attr-defined]
    back = reverse("loan_alarms")
    return take(request, alarm, acts.ALARM_STEP, template="loans/live/act.html", back=back, loan=alarm.loan)


@require_safe
@login_required
def loan_closes(request: HttpRequest) -> HttpResponse:
    """The last closes of day: which days are closed, how long it took, what was cut off, which days are missing."""
    actor = request.actor  # type: ignore[attr-defined]
    access.bank_of(actor)
    return render(request, "loans/live/closes.html", closes.closes_page() | {"may_close": closes.may_close(actor)})


@require_POST
@login_required
def loan_close_now(request: HttpRequest) -> HttpResponse:
    """Close the days that were missed, behind the page; asking twice closes each once."""
    actor = request.actor  # type: ignore[attr-defined]
    access.bank_of(actor)
    if not closes.may_close(actor):
        raise NotPermitted()
    close_missed_days.delay()
    messages.success(request, gettext("The days missed are being closed; this page shows each as it is done."))
    return redirect("loan_closes")
