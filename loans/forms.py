"""What people fill in about products, applications, decisions and filings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.patents.access import shown_assets
from loans.diligence import BY_KEY
from loans.models import Product
from loans.scoring import scorecard_for
from loans.services.applications import Wanted
from loans.services.decisions import Draft
from loans.states.application import ConsentKind, PaperKind, Purpose
from loans.states.credit import Action, CheckState, Reason
from loans.states.pledge import Ground
from marketplace.accounts.models import Membership, Organisation, in_language
from marketplace.accounts.states import OrganisationState
from marketplace.core.money import LARGEST
from marketplace.portal.steps import StepForm

CENT = Decimal("0.01")


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def _long(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _amount(**given: Any) -> forms.DecimalField:
    return forms.DecimalField(min_value=CENT, max_value=LARGEST, decimal_places=2, max_digits=18, **given)


# ── products ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class TermsField(forms.CharField):
    """The terms of a product as JSON; what they lack is said with the path of the field."""

    def __init__(self, **given: Any) -> None:
        super().__init__(widget=_long(24), max_length=20_000, **given)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):  # a program sends an object
            return value
        text = super().to_python(value)
        try:
            return json.loads(str(text), parse_float=Decimal)
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON.")) from error

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict) else value

    def run_validators(self, value: Any) -> None:
        """None of text: it is an object by now."""


class TermsForm(StepForm):
    terms = TermsField(label=_("Terms"), help_text=_("Amounts as text, shares in basis points, rates per cent a year."))


class ProductForm(TermsForm):
    code = forms.SlugField(label=_("Code"), max_length=40)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    intro_zh = forms.CharField(label=_("Description in Chinese"), max_length=2000, required=False, widget=_long())
    intro_en = forms.CharField(label=_("Description in English"), max_length=2000, required=False, widget=_long())
    field_order = ("code", "name_zh", "name_en", "intro_zh", "intro_en", "terms")


class ProductChoice(forms.ModelMultipleChoiceField):
    """Products by bank and name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.bank.name} · {obj.name}"


class ReviewerChoice(forms.ModelChoiceField):
    """Members of the bank by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.user.display_name)


# ── the borrower ─────────────────────────────────────────────────────────────────────────────────────────────────────
class FactsForm(StepForm):
    """What a borrower asks for. `rights` are ids of rights it holds."""

    rights = forms.ModelMultipleChoiceField(
        label=_("Rights offered as security"), queryset=shown_assets().none(), widget=forms.CheckboxSelectMultiple
    )
    amount = _amount(label=_("Amount"))
    term_months = forms.IntegerField(label=_("Term in months"), min_value=1, max_value=120)
    purpose = forms.ChoiceField(label=_("Purpose of the loan"), choices=Purpose.choices)
    purpose_note = forms.CharField(
        label=_("What exactly the money is for"), max_length=2000, required=False, widget=_long(3)
    )
    guarantor = forms.ModelChoiceField(
        label=_("Guarantor"),
        queryset=Organisation.objects.none(),
        required=False,
        help_text=_("Only where the product asks for one."),
    )
    accepts_risks = forms.BooleanField(
        label=_("We know of same-day applications and pending invalidations of these rights and want the pledge"),
        required=False,
    )

    def __init__(self, *args: Any, holder_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = holder_id or getattr(self.subject, "borrower_id", None)
        rights, guarantor = self.fields["rights"], self.fields["guarantor"]
        assert isinstance(rights, forms.ModelMultipleChoiceField) and isinstance(guarantor, forms.ModelChoiceField)
        rights.queryset = shown_assets().filter(holder=owner).order_by("-pk")
        guarantor.queryset = Organisation.objects.filter(state=OrganisationState.VERIFIED, kind="guarantor").order_by(
            "pk"
        )
        if self.subject is not None and not self.is_bound:
            one = self.subject
            self.initial = {
                "rights": [row.asset_id for row in one.collateral.all()],
                "amount": one.amount,
                "term_months": one.term_months,
                "purpose": one.purpose,
                "purpose_note": one.purpose_note,
                "guarantor": one.guarantor_id,
                "accepts_risks": one.accepts_risks,
            }

    def wanted(self) -> Wanted:
        return wanted_of(self.cleaned_data)


def wanted_of(data: dict[str, Any]) -> Wanted:
    """What a checked form of facts asks for."""
    guarantor = data["guarantor"]
    return Wanted(
        asset_ids=[one.pk for one in data["rights"]],
        amount=data["amount"],
        term_months=data["term_months"],
        purpose=data["purpose"],
        purpose_note=data["purpose_note"],
        guarantor_id=guarantor.pk if guarantor is not None else None,
        accepts_risks=data["accepts_risks"],
    )


class ApplyForm(FactsForm):
    """A new request, to one product or several of different banks."""

    products = ProductChoice(
        label=_("Banks and products"),
        queryset=Product.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each bank sees its own application and learns of no other."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["products"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Product.objects.open().select_related("bank").order_by("bank_id", "code")


class ConsentForm(StepForm):
    """Each consent by itself: its own box, never one for all."""

    kind = forms.ChoiceField(label=_("Consent"), choices=ConsentKind.choices)
    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ConsentKindForm(StepForm):
    kind = forms.ChoiceField(label=_("Consent"), choices=ConsentKind.choices)


class PaperForm(StepForm):
    kind = forms.ChoiceField(label=_("Kind of paper"), choices=PaperKind.choices)
    file = forms.FileField(label=_("File"))


# ── the bank ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class DeclareForm(StepForm):
    has_conflict = forms.BooleanField(label=_("I have an interest in this application"), required=False)
    note = forms.CharField(label=_("Which interest"), max_length=1000, required=False, widget=_long(2))


class AssignForm(StepForm):
    reviewer = ReviewerChoice(label=_("Reviewer"), queryset=Membership.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reviewer"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Membership.objects.live()
            .filter(organisation=getattr(self.subject, "bank_id", None), roles__overlap=["reviewer", "head_of_credit"])
            .select_related("user")
        )


class ReturnForm(StepForm):
    reason_code = forms.ChoiceField(label=_("Reason"), choices=Reason.choices)
    reason = forms.CharField(label=_("In words, for the borrower"), max_length=4000, widget=_long())


class CheckForm(StepForm):
    key = forms.ChoiceField(label=_("Line of the checklist"), choices=[(one.key, one.title) for one in BY_KEY.values()])
    state = forms.ChoiceField(
        label=_("Result"), choices=[one for one in CheckState.choices if one[0] != CheckState.OPEN]
    )
    note = forms.CharField(label=_("Finding"), max_length=2000, required=False, widget=_long(3))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["key"]
        if self.subject is not None:
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(one.key, BY_KEY[one.key].title) for one in self.subject.checks.all()]


class ChecklistForm(StepForm):
    """The whole checklist at once: a result and a finding for each line. `lines` stands for them until it is known."""

    template_name = "loans/checklist_form.html"
    lines = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["lines"]
        checks = list(self.subject.checks.all()) if self.subject is not None else []
        self.keys = [one.key for one in checks]
        for one in checks:
            title = str(BY_KEY[one.key].title)
            self.fields[f"state_{one.key}"] = forms.ChoiceField(
                label=title, choices=CheckState.choices, initial=one.state, required=False
            )
            self.fields[f"note_{one.key}"] = forms.CharField(
                label=_("Finding: %(line)s") % {"line": title}, initial=one.note, max_length=2000, required=False
            )

    def rows(self) -> list[dict[str, Any]]:
        """The two fields of each line, for the table."""
        return [
            {"title": BY_KEY[key].title, "state": self[f"state_{key}"], "note": self[f"note_{key}"]}
            for key in self.keys
        ]

    def results(self) -> list[tuple[str, str, str]]:
        """(key, state, note) of every line that was looked at."""
        data = self.cleaned_data
        found = [(key, data[f"state_{key}"], data[f"note_{key}"]) for key in self.keys]
        return [one for one in found if one[1] and one[1] != CheckState.OPEN]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        return {**data, "results": self.results() if not self.errors else []}


class ScoreForm(StepForm):
    """A field a factor of the bank's scorecard. `answers` stands for them until the bank is known."""

    answers = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["answers"]
        if self.subject is None:
            return
        for factor in scorecard_for(self.subject.bank_id).data["factors"]:
            self.fields[factor["key"]] = forms.ChoiceField(
                label=in_language(factor["zh"], factor["en"]),
                choices=[(one["key"], in_language(one["zh"], one["en"])) for one in factor["answers"]],
                widget=forms.RadioSelect,
            )


class ReportForm(StepForm):
    business = forms.CharField(label=_("The borrower and its business"), max_length=8000, widget=_long(6))
    collateral = forms.CharField(
        label=_("Title, value and realisability of the collateral"), max_length=8000, widget=_long(6)
    )
    repayment = forms.CharField(label=_("Purpose and source of repayment"), max_length=8000, widget=_long(6))
    opinion = forms.CharField(label=_("Opinion"), max_length=4000, widget=_long(3))


class ProposeForm(StepForm):
    action = forms.ChoiceField(label=_("Proposal"), choices=Action.choices, widget=forms.RadioSelect)
    amount = _amount(label=_("Amount"), required=False)
    term_months = forms.IntegerField(label=_("Term in months"), min_value=1, max_value=120, required=False)
    conditions = forms.CharField(label=_("Conditions"), max_length=4000, required=False, widget=_long(3))
    reason_code = forms.ChoiceField(
        label=_("Reason, where it is declined"), choices=[("", "—"), *Reason.choices], required=False
    )
    reason = forms.CharField(label=_("Reasons"), max_length=4000, widget=_long())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None and not self.is_bound:
            self.initial = {"amount": self.subject.amount, "term_months": self.subject.term_months}


def draft_of(data: dict[str, Any]) -> Draft:
    """What a checked form of a proposal says."""
    return Draft(
        action=data["action"],
        reason=data["reason"],
        amount=data["amount"],
        term_months=data["term_months"],
        conditions=data["conditions"],
        reason_code=data["reason_code"],
    )


class VoteForm(StepForm):
    vote = forms.ChoiceField(
        label=_("Vote"), choices=[("for", _("For")), ("against", _("Against"))], widget=forms.RadioSelect
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=_long(2))


class NoteForm(StepForm):
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=_long(2))


# ── the pledge ───────────────────────────────────────────────────────────────────────────────────────────────────────
class FiledForm(StepForm):
    filed_on = forms.DateField(label=_("Filed on"), widget=Day)
    reference = forms.CharField(label=_("Number of the filing"), max_length=80)
    is_online = forms.BooleanField(label=_("Filed online"), required=False, initial=True)


class CorrectionForm(StepForm):
    found = forms.CharField(label=_("What the office wants corrected"), max_length=4000, widget=_long())
    correct_by = forms.DateField(label=_("By"), widget=Day, required=False)


class CorrectedForm(StepForm):
    answer = forms.CharField(label=_("What was put right"), max_length=4000, widget=_long())


class RefusedForm(StepForm):
    ground = forms.ChoiceField(label=_("Ground"), choices=Ground.choices)
    reason = forms.CharField(label=_("In the office’s words"), max_length=4000, widget=_long())


class CertificateForm(StepForm):
    number = forms.CharField(label=_("Registration number"), max_length=80)
    effective_on = forms.DateField(label=_("Registered on"), widget=Day)
    file = forms.FileField(label=_("The office’s notice"))


class PayoutForm(StepForm):
    disbursed_on = forms.DateField(label=_("Paid out on"), widget=Day)
