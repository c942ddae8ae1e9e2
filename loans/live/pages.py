"""What the pages of live loans show; reads only, a fixed number of statements."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loans.alarms import KIND_OF, bits
from loans.live import access, acts
from loans.models import CloseRun, Loan, Position
from loans.models.loan import in_money
from loans.services.repaying import quoted
from loans.services.standing import position_of
from loans.states.servicing import LIVE, AlarmKind, Category, CloseState, LoanState, Severity, ShortfallState
from loans.stress import book, stress, totals
from marketplace.core import charts, clock
from marketplace.core.actor import Actor
from marketplace.core.events import timeline
from marketplace.core.money import Money

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
        "disposal_rows": _waterfall(loan, disposal.waterfall) if disposal else [],
        "alarms": [alarm_row(one) for one in access.alarms_seen_by(actor).filter(loan=loan)[:30]] if lends else [],
        "acts": [
            {"label": one.label, "url": reverse("loan_act", args=[loan.number, one.verb])}
            for one in acts.open_steps(loan, actor)
        ],
        "events": timeline(loan)[:40],
    }


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
    """A bank's book on the newest closed day: classes, ageing, loan-to-value, stress."""
    day = last_close()
    rows = book(day, bank_id, currency) if day else []
    if day is None or not rows:
        return {"day": day, "rows": [], "currency": currency}
    whole = totals(rows)

    def money(cents: int) -> Money:
        return Money(in_money(cents), currency)

    bad = sum(one["principal"] for one in rows if one["category"] >= 3)
    ageing = [(_("Not overdue"), "current"), (_("1–30 days"), "to_30"), (_("31–90 days"), "to_90"),
              (_("More than 90 days"), "past_90")]  # fmt: skip
    ltv = [(_("Up to 30 %"), "ltv_30"), (_("30–50 %"), "ltv_50"), (_("Above 50 %, or no value"), "ltv_more")]
    return {
        "day": day,
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
        "ltv": charts.bars(
            [charts.Bar(str(label), whole[name], str(whole[name])) for label, name in ltv], label=_("Loan to value")
        ),
        "stress": [
            {"label": str(STRESS_NAMES[one.name]), "short": one.short, "more": one.more, "money": money(one.shortfall)}
            for one in stress(day, bank_id, currency)
        ],
    }


def calendar_file(loan: Loan) -> str:
    """The instalments to come as an iCalendar file (RFC 5545), whole-day entries."""
    stamp = f"{clock.now():%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//IP Market//Loans//EN"]
    for row in loan.rows_to_come.order_by("n"):
        amount = in_money(row.principal + row.interest)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{loan.number}-{row.n}@loans",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{row.payable_on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{row.payable_on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{loan.number}: {amount:.2f} {loan.currency}",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
