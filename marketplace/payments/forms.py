"""Forms of the money pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.payments.models import BankAccount, LineMatch, Obligation, PayoutAccount


class PayoutAccountForm(forms.ModelForm):
    """A bank account in the organisation's own name."""

    class Meta:
        model = PayoutAccount
        fields = ["holder_name", "account_number", "bank_name", "bank_code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("holder_name", "account_number", "bank_name"):
            self.fields[name].required = True
        self.fields["holder_name"].help_text = _("Must be the name of your organisation.")


class OurAccountForm(forms.ModelForm):
    """An account of the market's own, as payers are told of it."""

    currency = forms.ChoiceField(label=_("Currency"), choices=[(one, one) for one in ("CNY", "USD", "EUR", "HKD")])

    class Meta:
        model = BankAccount
        fields = ["currency", "account_number", "holder_zh", "holder_en", "bank_zh", "bank_en", "bank_code"]
        labels = {
            "account_number": _("Account number"),
            "holder_zh": _("Account holder, Chinese"),
            "holder_en": _("Account holder, English"),
            "bank_zh": _("Bank and branch, Chinese"),
            "bank_en": _("Bank and branch, English"),
            "bank_code": _("Bank code (CNAPS or BIC)"),
        }

    def validate_unique(self) -> None:
        """The service decides between entering and correcting."""


class StatementForm(forms.Form):
    """A statement file of one of the market's accounts."""

    account = forms.ModelChoiceField(queryset=BankAccount.objects.none(), label=_("Account"))
    file = forms.FileField(label=_("Statement file"), help_text=_("CSV, MT940 or CAMT.053, at most 50 MB."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["account"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = BankAccount.objects.order_by("provider", "currency")


class ProposalForm(forms.Form):
    """What a quarantined line is, in the eyes of the first of two persons."""

    act = forms.ChoiceField(label=_("What is to be done"), choices=LineMatch.Act.choices)
    reference = forms.CharField(
        label=_("Reference of the payment"), required=False, max_length=20, help_text=_("Needed to attribute it.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=240, widget=forms.Textarea(attrs={"rows": 2}))

    def obligation_id(self) -> int | None:
        """The obligation named, if there is one."""
        text = self.cleaned_data["reference"].replace("-", "").replace(" ", "").upper()
        return Obligation.objects.filter(reference=text).values_list("pk", flat=True).first() if text else None


class SandboxForm(forms.Form):
    """A transfer of play money."""

    account = forms.ModelChoiceField(queryset=BankAccount.objects.none(), label=_("To account"))
    amount = forms.DecimalField(
        label=_("Amount"), max_digits=16, decimal_places=2, min_value=Decimal("0.01"), localize=False
    )
    party_name = forms.CharField(label=_("Name of the payer"), max_length=160)
    text = forms.CharField(label=_("Reference or text"), max_length=140)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["account"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = BankAccount.objects.filter(provider="sandbox").order_by("currency")
