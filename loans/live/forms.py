"""What people fill in about a live loan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loans.models import Loan
from loans.states.servicing import Category, ChargeKind, Route
from marketplace.core import clock
from marketplace.portal.steps import StepForm

EARLY = [
    ("", _("No: what is left is kept for the next instalment")),
    ("shorter", _("Yes, with a shorter term")),
    ("smaller", _("Yes, with smaller instalments")),
]


class _Day(forms.DateInput):
    input_type = "date"


def _amount(label: Any, **given: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=2, **{"min_value": 0, **given})


class PayForm(StepForm):
    """The borrower pays."""

    amount = _amount(_("Amount"))
    early = forms.ChoiceField(label=_("Repay principal early"), choices=EARLY, required=False)


class EarlyForm(StepForm):
    """How much would be repaid early, and when."""

    amount = _amount(_("Amount repaid early"), min_value=Decimal("0.01"))
    on = forms.DateField(label=_("On"), widget=_Day, initial=clock.today)

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        first = max(clock.today(), self.subject.replayed_on)
        if not first <= day <= self.subject.matures_on:
            raise forms.ValidationError(
                _("A day from %(first)s to %(last)s."),
                params={"first": first.isoformat(), "last": self.subject.matures_on.isoformat()},
            )
        return day


class ReceiveForm(PayForm):
    """The bank enters what came in."""

    reference = forms.CharField(label=_("Reference of the payment"), max_length=80)
    value_date = forms.DateField(label=_("Value date"), widget=_Day, initial=clock.today)
    field_order = ("reference", "value_date", "amount", "early")


class ReverseForm(StepForm):
    reference = forms.CharField(label=_("Reference of the payment"), max_length=80)
    reason = forms.CharField(label=_("Reason"), max_length=400)


class ChargeForm(StepForm):
    kind = forms.ChoiceField(label=_("Kind of cost"), choices=ChargeKind.choices)
    amount = _amount(_("Amount"))
    value_date = forms.DateField(label=_("Owed from"), widget=_Day, initial=clock.today)
    reference = forms.CharField(label=_("Reference"), max_length=80)


class ReplanForm(StepForm):
    """An extension or a restructuring."""

    maturity = forms.DateField(label=_("New last day"), widget=_Day, required=False)
    annual_rate_pct = forms.DecimalField(
        label=_("New rate, per cent a year"), max_digits=8, decimal_places=4, min_value=0, required=False
    )
    is_extension = forms.BooleanField(
        label=_("An extension of a loan in good standing"),
        required=False,
        help_text=_("Anything else is observed for a year and classed at least special mention."),
    )
    capitalises = forms.BooleanField(label=_("Interest due becomes principal"), required=False)
    note = forms.CharField(label=_("Why"), max_length=400)


class GradeForm(StepForm):
    category = forms.TypedChoiceField(label=_("Class"), choices=Category.choices[1:], coerce=int)
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class _OneRight(StepForm):
    """Something about one of the rights that secure the loan."""

    security = forms.TypedChoiceField(label=_("Right"), coerce=int)

    def __init__(self, *args: Any, subject: Loan, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        rows = subject.securities.standing().select_related("asset")
        self.fields["security"].choices = [(one.pk, str(one.asset)) for one in rows]  # type: ignore[attr-defined]


class LetGoForm(_OneRight):
    pass


class RevalueForm(_OneRight):
    report_number = forms.CharField(label=_("Number of the appraisal report"), max_length=40)
    value = _amount(_("Appraised value"))
    base_date = forms.DateField(label=_("Base date"), widget=_Day)
    valid_until = forms.DateField(label=_("Valid until"), widget=_Day)


class TopUpForm(StepForm):
    """Another right, pledged to the bank in the register."""

    number = forms.CharField(label=_("Patent number"), max_length=40)
    haircut_bp = forms.IntegerField(label=_("Haircut, basis points"), min_value=0, max_value=10_000)
    ltv_bp = forms.IntegerField(label=_("Maintenance ratio, basis points"), min_value=0, max_value=10_000)
    value = _amount(_("Appraised value"))
    base_date = forms.DateField(label=_("Base date"), widget=_Day)
    valid_until = forms.DateField(label=_("Valid until"), widget=_Day)


class NoticeForm(StepForm):
    ground = forms.CharField(label=_("Ground"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    cure_by = forms.DateField(label=_("Last day to cure"), widget=_Day)


class RouteForm(StepForm):
    route = forms.ChoiceField(label=_("Way to sell"), choices=Route.choices)


class SoldForm(StepForm):
    proceeds = _amount(_("Proceeds"))
    costs = _amount(_("Costs of the sale"), initial=0)
    enforcement = _amount(_("Costs of enforcement"), initial=0)
    sold_on = forms.DateField(label=_("Sold on"), widget=_Day, initial=clock.today)


class SharesForm(StepForm):
    """Who bears a principal that the proceeds do not cover."""

    province_pct = forms.DecimalField(
        label=_("Borne by the province’s pool, per cent"), min_value=0, max_value=100, initial=0, decimal_places=3
    )
    city_pct = forms.DecimalField(
        label=_("Borne by the city’s pool, per cent"), min_value=0, max_value=100, initial=0, decimal_places=3
    )
    cap = _amount(_("Most that each pool bears"), required=False)


class RecoverForm(StepForm):
    reference = forms.CharField(label=_("Reference of the payment"), max_length=80)
    amount = _amount(_("Amount"))
    received_on = forms.DateField(label=_("Received on"), widget=_Day, initial=clock.today)


class ActionForm(StepForm):
    """What was done about an alarm."""

    action = forms.CharField(label=_("What was done"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
