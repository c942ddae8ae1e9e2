"""What the pages of live loans show; reads only, a fixed number of statements."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from loans.alarms import KIND_OF, bits
from loans.live import access, acts
from loans.live.contributions import instalments
from loans.live.early import previewed
from loans.live.spread import drawn_parts
from loans.models import CloseRun, Loan, Position
from loans.models.loan import in_money
from loans.portfolio import portfolio
from loans.services.repaying import quoted
from loans.services.standing import position_of
from loans.servicing.happenings import Early
from loans.states.servicing import (
    LIVE,
    AlarmKind,
    Category,
    CloseState,
    DisposalState,
    LoanState,
    Severity,
    ShortfallState,
)
from loans.stress import totals
from marketplace.core import charts, clock, formats
from marketplace.core.actor import Actor
from marketplace.core.events import timeline
from marketplace.core.money import Money
from marketplace.payments.models import Obligation
from marketplace.payments.models.obligations import ObligationQuerySet
from marketplace.payments.presenting import obligation_row
from marketplace.payments.states import PAYABLE_STATES
from marketplace.portal import agenda

SHAPES: dict[str, str] = {
    LoanState.ACTIVE: "go",
    LoanState.OVERDUE: "wait",
    LoanState.ACCELERATED: "stop",
    LoanState.DEFAULT: "stop",
    LoanState.DISPOSAL: "stop",
    LoanState.SETTLED: "now",
    LoanState.RELEASED: "ended",
    LoanState.WRITTEN_OFF: "ended",
}
SEVERITY_SHAPES = {Severity.NOTE: "now", Severity.AMBER: "wait", Severity.RED: "stop"}
CLASS_SHAPES = {1: "go", 2: "wait", 3: "stop", 4: "stop", 5: "stop"}
STRESS_NAMES = {
    "today": gettext_lazy("As it is"),
    "fall_20": gettext_lazy("Values 20 % lower"),
    "fall_40": gettext_lazy("Values 40 % lower"),
    "lapse": gettext_lazy("The weakest tenth of the rights lapses"),
}


def last_close() -> date | None:
    """The newest day that is closed."""
    return (
        CloseRun.objects.filter(state=CloseState.DONE)
        .order_by("-business_date")
        .values_list("business_date", flat=True)
        .first()
    )


def money_of(loan: Loan, cents: int) -> Money:
    return Money(in_money(cents), loan.currency)


def loan_page(loan: Loan, actor: Actor) -> dict[str, Any]:
    """Everything one side may know of a loan on one page."""
    lends = access.lends(actor, loan)
    today = max(clock.today(), loan.started_on)
    is_live = loan.state in LIVE
    stands = position_of(loan, today)
    quote = quoted(loan, today) if is_live else None
    closed = Position.objects.filter(loan=loan).order_by("-business_date").first() if lends else None
    schedule = loan.schedules.order_by("-version").first()
    shortfall = access.shortfall_of(loan)
    disposal = access.disposal_of(loan)
    return {
        "loan": loan,
        "lends": lends,
        "is_live": is_live,
        "is_paid_off": loan.state in (LoanState.SETTLED, LoanState.RELEASED),
        "label": LoanState(loan.state).label,
        "shape": SHAPES[loan.state],
        "stands": stands,
        "figures": [
            (_("Principal owed"), money_of(loan, stands.principal)),
            (_("Of it due"), money_of(loan, stands.principal_due)),
            (_("Interest due"), money_of(loan, stands.interest_due)),
            (_("Interest of the running period"), money_of(loan, stands.accrued)),
            (_("Penalty"), money_of(loan, stands.penalty_due)),
            (_("Costs"), money_of(loan, stands.cost_due)),
            (_("Paid ahead"), money_of(loan, stands.credit)),
        ],
        "due_now": money_of(loan, stands.due) if stands.due else None,
        "payoff": money_of(loan, quote.total) if quote else None,
        "schedule": schedule,
        "rows": schedule.rows if schedule else [],
        "versions": loan.schedules.count(),
        "payments": [
            {"payment": one, "money": money_of(loan, abs(one.cents)), "is_back": one.cents < 0}
            for one in loan.payments.order_by("-value_date", "-pk")[:60]
        ],
        "securities": [
            {
                "asset": one.asset,
                "value": money_of(loan, one.cents) if one.cents is not None else None,
                "valid_until": one.valid_until,
                "impairment": one.get_impairment_display(),
                "released_on": one.released_on,
            }
            for one in loan.securities.select_related("asset").order_by("pk")
        ],
        "closed": _closed(loan, closed) if closed else None,
        "shortfall": shortfall,
        "missing": money_of(loan, shortfall.cents) if shortfall else None,
        "shortfall_label": ShortfallState(shortfall.state).label if shortfall else "",
        "disposal": disposal,
        "disposal_label": DisposalState(disposal.state).label if disposal else "",
        "disposal_rows": _waterfall(loan, disposal.waterfall) if disposal else [],
        "losses": _losses(loan),
        "alarms": [alarm_row(one) for one in access.alarms_seen_by(actor).filter(loan=loan)[:30]] if lends else [],
        "acts": [
            {"label": one.label, "url": reverse("loan_act", args=[loan.number, one.verb]), "state": "allowed"}
            for one in acts.open_steps(loan, actor)
        ],
        "payments_open": [obligation_row(one) for one in payments_open(loan)] if not lends else [],
        "events": timeline(loan)[:40],
    }


def early_page(loan: Loan, amount: Decimal, on: date) -> dict[str, Any]:
    """Both ways of an early repayment beside the loan as it is, and what would end the debt on that day."""
    titles = {Early.SHORTER: _("With a shorter term"), Early.SMALLER: _("With smaller instalments")}
    lang = get_language() or "zh-hans"
    pay = reverse("loan_act", args=[loan.number, "pay"])

    def money(value: Decimal) -> Money:
        return Money(value, loan.currency)

    return {
        "on": on,
        "amount": money(amount),
        "payoff": money_of(loan, quoted(loan, on).total),
        "pay_url": pay,
        "ways": [
            {
                "how": one.how.value,
                "title": titles[one.how],
                "rows": one.rows,
                "figures": [
                    (_("Instalments left"), str(len(one.rows))),
                    (_("Last one due"), formats.day(one.last_due, lang) if one.last_due else "—"),
                    (_("Next instalment"), formats.money_figure(one.instalment)),
                    (_("Interest still to come"), formats.money_figure(one.interest)),
                    (_("Interest saved"), formats.money_figure(one.interest_saved)),
                ],
            }
            for one in previewed(loan, amount=amount, on=on)
        ],
    }


def payments_open(loan: Loan) -> ObligationQuerySet:
    """What the borrower asked to pay through this market and has not paid yet."""
    return Obligation.objects.about(loan.subject).filter(state__in=sorted(PAYABLE_STATES)).order_by("pay_by", "pk")


def _closed(loan: Loan, closed: Position) -> dict[str, Any]:
    return {
        "on": closed.business_date,
        "category": Category(closed.category).label,
        "shape": CLASS_SHAPES[closed.category],
        "dpd": closed.dpd,
        "provision": money_of(loan, closed.provision),
        "value": money_of(loan, closed.value),
        "line": money_of(loan, closed.line),
        "shortfall": money_of(loan, closed.shortfall),
        "found": [AlarmKind(KIND_OF[one]).label for one in bits(closed.alarms)],
    }


RANKS = {
    "sale_costs": gettext_lazy("Costs of the sale"),
    "enforcement": gettext_lazy("Costs of enforcement"),
    "interest": gettext_lazy("Interest"),
    "principal": gettext_lazy("Principal"),
    "penalty": gettext_lazy("Penalty"),
    "later": gettext_lazy("Creditors of a later registration"),
    "surplus": gettext_lazy("Back to the pledgor"),
}


def _waterfall(loan: Loan, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "rank": str(RANKS[one["rank"]]),
            "claimed": money_of(loan, one["claimed"]),
            "paid": money_of(loan, one["paid"]),
        }
        for one in rows
    ]


BEARERS = {
    "bank": gettext_lazy("The bank"),
    "province": gettext_lazy("The province’s risk pool"),
    "city": gettext_lazy("The city’s risk pool"),
    "guarantor": gettext_lazy("The guarantor"),
}


def _losses(loan: Loan) -> list[dict[str, Any]]:
    """Who bore how much of a lost principal, and what came back to whom since."""
    back: Counter[str] = Counter()
    for shares in loan.recoveries.values_list("shares", flat=True):
        back.update(shares)
    return [
        {
            "who": BEARERS.get(one.bearer, one.bearer),
            "pct": one.pct or None,
            "money": money_of(loan, one.cents),
            "back": money_of(loan, back[one.bearer]),
        }
        for one in loan.loss_shares.order_by("pk")
    ]


def alarm_row(one: Any) -> dict[str, Any]:
    """An alarm as lists show it."""
    return {
        "alarm": one,
        "label": AlarmKind(one.kind).label,
        "shape": "ended" if one.handled_at else SEVERITY_SHAPES[one.severity],
        "severity": Severity(one.severity).label,
        "loan_url": reverse("loan", args=[one.loan.number]),
        "url": "" if one.handled_at else reverse("alarm_act", args=[one.pk]),
    }


def book_page(bank_id: int, currency: str = "CNY") -> dict[str, Any]:
    """A bank's book on the newest closed day: classes, ageing, vintages, loan to value, concentration, stress."""
    run = CloseRun.objects.filter(state=CloseState.DONE).order_by("-business_date").first()
    found = portfolio(run, bank_id, currency) if run is not None else None
    if run is None or found is None or not found.rows:
        return {"day": run.business_date if run else None, "rows": [], "currency": currency}
    rows, whole = found.rows, totals(found.rows)

    def money(cents: int) -> Money:
        return Money(in_money(cents), currency)

    bad = sum(one["principal"] for one in rows if one["category"] >= 3)
    ageing = [(_("Not overdue"), "current"), (_("1–30 days"), "to_30"), (_("31–90 days"), "to_90"),
              (_("More than 90 days"), "past_90")]  # fmt: skip
    return {
        "day": run.business_date,
        "currency": currency,
        "loans": whole["loans"],
        "principal": money(whole["principal"]),
        "provision": money(whole["provision"]),
        "shortfall": money(whole["shortfall"]),
        "short": whole["short"],
        "bad_pct": 100 * in_money(bad) / in_money(whole["principal"]) if whole["principal"] else 0,
        "rows": [
            {
                "label": Category(one["category"]).label,
                "shape": CLASS_SHAPES[one["category"]],
                "category": one["category"],
                "loans": one["loans"],
                "principal": money(one["principal"]),
                "provision": money(one["provision"]),
            }
            for one in rows
        ],
        "ageing": charts.bars(
            [charts.Bar(str(label), whole[name], str(whole[name])) for label, name in ageing], label=_("Days past due")
        ),
        "vintages": [
            {
                "name": one.name,
                "loans": one.loans,
                "owed": money(one.owed),
                "late_pct": _share(one.late, one.owed),
                "bad_pct": _share(one.bad, one.owed),
            }
            for one in found.quarters
        ],
        "concentrations": drawn_parts(found, whole["principal"], currency),
        "stress": [
            {"label": str(STRESS_NAMES[one.name]), "short": one.short, "more": one.more, "money": money(one.shortfall)}
            for one in found.stress
        ],
    }


def _share(part: int, whole: int) -> Decimal:
    return 100 * in_money(part) / in_money(whole) if whole else Decimal(0)


def calendar_file(loan: Loan) -> bytes:
    """The instalments to come as an iCalendar file (RFC 5545), whole-day entries."""
    return agenda.as_file(loan.number, instalments(loan.rows_to_come.select_related("loan").order_by("n")))
