"""The steps people take on a live loan: each with its form, its one service, and who may take it when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from loans.graphs.lending import BORROWER, HEAD, OFFICER
from loans.live import access, forms
from loans.models import Disposal, Loan, Payment, Shortfall
from loans.models.loan import in_cents
from loans.services import collecting, disposing, repaying, shortfalls, watching
from loans.services.opening import Cover
from loans.servicing_refusals import NotSecuring
from loans.states.servicing import LIVE, DisposalState, LoanState, Route, ShortfallState
from loans.waterfall import Bearer
from marketplace.core import clock
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import Who
from marketplace.portal.steps import NoForm, ReasonForm, Step, by_verb


@dataclass(frozen=True)
class Open:
    """When a step is open: to whom, and in which states of the loan, its shortfall or its disposal."""

    who: Who
    loan: frozenset[str] = frozenset(LIVE)
    shortfall: str = ""
    disposal: tuple[str, ...] = ()


def _receive(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    return repaying.receive(loan_id=loan.pk, by=by, **data)


def _reverse(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    payment = found(Payment.objects.filter(loan=loan), reference=data["reference"])
    return repaying.reverse(payment_id=payment.pk, value_date=clock.today(), reason=data["reason"], by=by)


def _replan(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    changes = {name: data[name] for name in ("maturity", "annual_rate_pct") if data[name] is not None}
    more = {name: data[name] for name in ("is_extension", "capitalises", "note")}
    return repaying.restructure(loan_id=loan.pk, effective_from=clock.today(), changes=changes, by=by, **more)


def _revalue(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    security = found(loan.securities.standing(), pk=data.pop("security"))
    return watching.revalue(security_id=security.pk, by=by, **data)


def _let_go(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    return watching.let_go(security_id=found(loan.securities.standing(), pk=data["security"]).pk, by=by)


def _top_up(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    asset = Asset.objects.filter(number=data.pop("number")).first()
    if asset is None:
        raise NotSecuring(field="number")
    return watching.top_up(loan_id=loan.pk, more=Cover(asset_id=asset.pk, **data), by=by)


def _notify(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    return shortfalls.notify(shortfall_id=_shortfall(loan).pk, by=by)


def _call_in(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    return shortfalls.accelerate(shortfall_id=_shortfall(loan).pk, reason=data["reason"], by=by)


def _route(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    disposal = _disposal(loan)
    worth = sum(one.cents or 0 for one in disposal.securities.all())
    ladder = disposing.default_ladder(worth, clock.today()) if data["route"] == Route.MARKET else []
    return disposing.choose_route(disposal_id=disposal.pk, route=data["route"], ladder=ladder, by=by)


def _distribute(loan: Loan, data: dict[str, Any], by: Actor) -> object:
    cap = in_cents(data["cap"]) if data["cap"] is not None else None
    named = (("province", data["province_pct"]), ("city", data["city_pct"]))
    bearers = [Bearer(name, pct, cap) for name, pct in named if pct]
    return disposing.distribute(disposal_id=_disposal(loan).pk, bearers=bearers, by=by)


def _shortfall(loan: Loan) -> Shortfall:
    return found(Shortfall.objects.live(), loan=loan)


def _disposal(loan: Loan) -> Disposal:
    disposal = access.disposal_of(loan)
    return found(Disposal.objects.all(), pk=disposal.pk if disposal else 0)


def _of_disposal(service: Callable[..., object]) -> Callable[[Loan, dict[str, Any], Actor], object]:
    return lambda loan, data, by: service(disposal_id=_disposal(loan).pk, by=by, **data)


_BAD = frozenset({LoanState.DEFAULT, LoanState.DISPOSAL})
STEPS = by_verb(
    Step(
        "pay",
        _("Pay"),
        forms.PayForm,
        lambda loan, data, by: collecting.ask_to_pay(loan_id=loan.pk, by=by, **data),
        _("You choose how to pay on the next page. What arrives is entered on the loan and goes on to the bank."),
    ),
    Step("receive", _("Enter a payment"), forms.ReceiveForm, _receive),
    Step(
        "reverse",
        _("Take a payment back"),
        forms.ReverseForm,
        _reverse,
        _("It is then as though the payment had never come; days already closed are counted again."),
        is_dangerous=True,
    ),
    Step("charge", _("Enter a cost"), forms.ChargeForm, lambda loan, data, by: repaying.charge(
        loan_id=loan.pk, by=by, **data)),
    Step("replan", _("Extend or agree anew"), forms.ReplanForm, _replan,
         _("A new schedule is made of what is owed today; the old one is kept.")),
    Step("revalue", _("Enter an appraisal"), forms.RevalueForm, _revalue),
    Step("top_up", _("Add a right as security"), forms.TopUpForm, _top_up,
         _("Its pledge must stand in the rights register in the bank’s favour.")),
    Step("let_go", _("Let a right go"), forms.LetGoForm, _let_go,
         _("Refused while the maintenance line would not hold without it.")),
    Step("grade", _("Grade worse"), forms.GradeForm, lambda loan, data, by: watching.grade(
        loan_id=loan.pk, by=by, **data)),
    Step("notify", _("Ask for cover"), NoForm, _notify, _("The borrower has the days of the terms to cover it.")),
    Step("call_in", _("Call the loan in"), ReasonForm, _call_in, _("The whole debt is due."), is_dangerous=True),
    Step(
        "notice",
        _("Give notice of default"),
        forms.NoticeForm,
        lambda loan, data, by: disposing.give_notice(loan_id=loan.pk, by=by, **data),
        _("The borrower has until the day named to cure it; only then may the collateral be sold."),
        is_dangerous=True,
    ),
    Step("route", _("Choose the way to sell"), forms.RouteForm, _route,
         _("On this market the reserve starts at 70 % of the appraisal and falls by a fifth every thirty days.")),
    Step("offer", _("Put up for sale"), NoForm, _of_disposal(disposing.offer),
         _("On this market a draft of the listing is made for you to complete; your consent is built in.")),
    Step("sold", _("Enter the sale"), forms.SoldForm, _of_disposal(disposing.sold)),
    Step("distribute", _("Distribute the proceeds"), forms.SharesForm, _distribute,
         _("Costs, interest, principal and penalty are met in this order; what is left is the pledgor’s."),
         is_dangerous=True),
    Step("give_up", _("Give the sale up"), ReasonForm, _of_disposal(disposing.give_up)),
    Step("recover", _("Enter a recovery"), forms.RecoverForm, lambda loan, data, by: disposing.recover(
        loan_id=loan.pk, by=by, **data)),
    Step("write_off", _("Write off"), ReasonForm, lambda loan, data, by: disposing.write_off(
        loan_id=loan.pk, by=by, **data), _("The debt stays a debt; the bank takes it off its books."),
        is_dangerous=True),
    Step("release", _("Release the pledge"), NoForm, lambda loan, data, by: watching.release_pledges(
        loan_id=loan.pk, by=by), _("The pledge ends in the rights register today."), is_dangerous=True),
)  # fmt: skip
_D = DisposalState
WHEN = {
    "pay": Open(BORROWER),
    **dict.fromkeys(("receive", "reverse", "charge", "replan", "revalue", "top_up", "let_go", "grade"), Open(OFFICER)),
    "notify": Open(OFFICER, shortfall=ShortfallState.OPEN),
    "call_in": Open(OFFICER, shortfall=ShortfallState.OVERDUE),
    "notice": Open(OFFICER, frozenset({LoanState.OVERDUE, LoanState.ACCELERATED})),
    "route": Open(OFFICER, disposal=(_D.NOTICED,)),
    "offer": Open(OFFICER, disposal=(_D.PREPARING,)),
    "sold": Open(OFFICER, disposal=(_D.OFFERED,)),
    "distribute": Open(OFFICER, frozenset(LoanState), disposal=(_D.SOLD,)),
    "give_up": Open(OFFICER, disposal=(_D.NOTICED, _D.PREPARING, _D.OFFERED)),
    "recover": Open(OFFICER, _BAD | {LoanState.WRITTEN_OFF}, disposal=(_D.DISTRIBUTED,)),
    "write_off": Open(HEAD, _BAD),
    "release": Open(OFFICER, frozenset({LoanState.SETTLED})),
}


def open_steps(loan: Loan, actor: Actor) -> list[Step]:
    """The steps open to the actor on the loan now, in the order a loan passes them."""
    shortfall, disposal = access.shortfall_of(loan), access.disposal_of(loan)
    return [
        step
        for verb, step in STEPS.items()
        if (when := WHEN[verb]).who.permits(actor, loan)
        and loan.state in when.loan
        and (not when.shortfall or (shortfall is not None and shortfall.state == when.shortfall))
        and (not when.disposal or (disposal is not None and disposal.state in when.disposal))
    ]


ALARM_STEP = Step(
    "handle",
    _("Say what was done"),
    forms.ActionForm,
    lambda alarm, data, by: watching.handle(alarm_id=alarm.pk, by=by, **data),
)
