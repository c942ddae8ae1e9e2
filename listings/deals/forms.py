"""What people fill in on the pages of a deal."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.portal.steps import StepForm


class _Day(forms.DateInput):
    input_type = "date"


class PayoffForm(StepForm):
    """What the pledgee is owed on the day of payment."""

    amount = forms.DecimalField(
        label=_("Owed in all"),
        max_digits=18,
        decimal_places=2,
        min_value=0,
        help_text=_("Principal, interest and costs to the day of payment. It is paid first out of the price."),
    )


class FiledForm(StepForm):
    filed_on = forms.DateField(label=_("Filed on"), widget=_Day)
    reference = forms.CharField(label=_("File number at the office"), max_length=80, required=False)


class RefusedForm(StepForm):
    found = forms.CharField(
        label=_("What the office found wanting"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    correct_by = forms.DateField(label=_("To be corrected by"), widget=_Day, required=False)


class EvidenceForm(StepForm):
    recorded_on = forms.DateField(
        label=_("Recorded on"), widget=_Day, help_text=_("The day the office’s notice names.")
    )
    file = forms.FileField(label=_("The office’s notice"), help_text=_("PDF or image."))


class ComplaintForm(StepForm):
    complaint = forms.CharField(
        label=_("What is wrong, and what you ask for"), max_length=8000, widget=forms.Textarea(attrs={"rows": 6})
    )


class StatementForm(StepForm):
    text = forms.CharField(label=_("Your statement"), max_length=8000, widget=forms.Textarea(attrs={"rows": 5}))
    file = forms.FileField(label=_("Paper"), required=False)


class DecisionForm(StepForm):
    seller_pct = forms.DecimalField(
        label=_("Share of the money held for the seller’s side, percent"),
        max_digits=6,
        decimal_places=3,
        min_value=0,
        max_value=100,
        help_text=_("The rest goes back to the buyer."),
    )
    decision = forms.CharField(
        label=_("Decision and reasons"), max_length=8000, widget=forms.Textarea(attrs={"rows": 6})
    )


class ReviewForm(StepForm):
    stars = forms.TypedChoiceField(
        label=_("Stars"),
        coerce=int,
        choices=[
            (5, _("5 – excellent")),
            (4, _("4 – good")),
            (3, _("3 – fair")),
            (2, _("2 – poor")),
            (1, _("1 – bad")),
        ],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In your words"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class StatementOfRoyaltyForm(StepForm):
    base = forms.DecimalField(label=_("Royalty base of the period"), max_digits=18, decimal_places=2, min_value=0)
