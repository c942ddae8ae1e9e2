"""What people type about rights: an entry a holder states, a day looked at, reasons."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.rights.models.statements import CONSENT
from listings.rights.scope import field_bounds, territory_bounds
from listings.rights.services.statements import STATED
from listings.rights.states import Act, EntryKind, ExportCategory, LicenceType
from marketplace.core.errors import DomainError

CURRENCIES = ("CNY", "USD", "EUR", "HKD")
SEPARATORS = str.maketrans({"，": ",", "、": ",", "；": ",", ";": ",", "\n": ",", "\r": ","})
#: Kinds that name somebody; what is missing of the others the service says.
NAMED = frozenset(
    {
        EntryKind.OWNERSHIP,
        EntryKind.LICENCE,
        EntryKind.PLEDGE,
        EntryKind.SERVICE_INVENTION,
        EntryKind.COMMISSIONED,
        CONSENT,
    }
)


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **more)


def parts(text: str) -> list[str]:
    """Codes typed with commas, semicolons or line breaks between them."""
    return [one.strip() for one in text.translate(SEPARATORS).split(",") if one.strip()]


class DayForm(forms.Form):
    on = _day(_("State on"), required=False)


class StatementForm(forms.Form):
    """One entry with its proof. Which fields a kind needs is said by the refusal that lacks them."""

    kind = forms.ChoiceField(
        label=_("What is to be entered"),
        choices=[(one.value, one.label) for one in STATED] + [(CONSENT, _("Written consent of a co-owner"))],
    )
    party = forms.CharField(
        label=_("Other party"),
        max_length=400,
        required=False,
        help_text=_("Owner, licensee, pledgee, court, inventor or co-owner, as the paper names it."),
    )
    licence_type = forms.ChoiceField(
        label=_("Type of licence"),
        choices=[
            ("", "—"),
            *[(one, one.label) for one in LicenceType if one not in (LicenceType.OPEN, LicenceType.SUB)],
        ],
        required=False,
        help_text=_("A contract that does not say is an ordinary licence."),
    )
    starts_on = _day(_("First day"))
    ends_on = _day(_("Last day"), required=False)
    territories = forms.CharField(
        label=_("Territory"),
        max_length=400,
        required=False,
        help_text=_("Division codes such as 330000 for Zhejiang; empty for the whole territory."),
    )
    fields_of_use = forms.CharField(
        label=_("Field of use"),
        max_length=400,
        required=False,
        help_text=_("IPC symbols such as C08F or C08F 14; empty for all fields."),
    )
    share = forms.CharField(label=_("Share of an owner"), max_length=20, required=False, help_text=_("Such as 1/3."))
    amount = forms.DecimalField(
        label=_("Amount"), max_digits=18, decimal_places=2, min_value=Decimal("0.00"), required=False
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(one, one) for one in CURRENCIES], required=False)
    debt_due_on = _day(_("Debt due"), required=False)
    export_category = forms.ChoiceField(
        label=_("Export category"), choices=[("", "—"), *ExportCategory.choices], required=False
    )
    acts = forms.MultipleChoiceField(
        label=_("Consent to"),
        choices=[
            (one, one.label) for one in (Act.LIST, Act.ASSIGN, Act.EXCLUSIVE, Act.SOLE, Act.DECLARE_OPEN, Act.PLEDGE)
        ],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    may_sublicense = forms.BooleanField(label=_("The licensee may sub-license"), required=False)
    reference = forms.CharField(label=_("Number at the office, court or contract"), max_length=120, required=False)
    evidence = forms.FileField(
        label=_("Paper that proves it"), max_length=200, help_text=_("Register copy, contract, order or notice.")
    )

    def clean_share(self) -> str:
        text = str(self.cleaned_data["share"]).replace("％", "%").strip()
        if not text:
            return ""
        try:
            share = Fraction(text.removesuffix("%")) / 100 if text.endswith("%") else Fraction(text)
        except (ValueError, ZeroDivisionError) as error:
            raise forms.ValidationError(_("Write a fraction such as 1/3, or a percentage.")) from error
        if not 0 < share <= 1 or share.denominator > 1_000_000:
            raise forms.ValidationError(_("A share lies between nothing and the whole."))
        return f"{share.numerator}/{share.denominator}"

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        kind = given.get("kind")
        if kind in NAMED and not given.get("party"):
            self.add_error("party", _("Say who it is."))
        if kind == EntryKind.PRESERVATION and not given.get("ends_on"):
            self.add_error("ends_on", _("A preservation order has a last day."))
        if kind == EntryKind.PLEDGE and not given.get("reference"):
            self.add_error("reference", _("A pledge has its registration number."))
        if kind == EntryKind.EXPORT_CONTROL and not given.get("export_category"):
            self.add_error("export_category", _("Choose the category."))
        if kind == CONSENT and not given.get("acts"):
            self.add_error("acts", _("Say what the co-owner agreed to."))
        starts_on, ends_on = given.get("starts_on"), given.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day lies before the first."))
        for name, bounds_of in (("territories", territory_bounds), ("fields_of_use", field_bounds)):
            try:
                for code in parts(given.get(name) or ""):
                    bounds_of(code)
            except DomainError as refusal:
                self.add_error(name, refusal.message)
        return given

    def facts(self) -> dict[str, Any]:
        """The entry as plain values, as `state` takes it."""
        given = self.cleaned_data
        kind = given["kind"]
        facts: dict[str, Any] = {
            "party": given["party"].strip(),
            "starts_on": given["starts_on"].isoformat(),
            "territories": parts(given["territories"]),
            "fields": parts(given["fields_of_use"]),
            "reference": given["reference"].strip(),
            "may_sublicense": given["may_sublicense"],
        }
        for name in ("ends_on", "debt_due_on"):
            if given[name]:
                facts[name] = given[name].isoformat()
        if kind == EntryKind.LICENCE:
            facts["licence_type"] = given["licence_type"] or LicenceType.ORDINARY
        if kind == EntryKind.PLEDGE:
            facts.pop("ends_on", None)
        if given["share"]:
            facts["share"] = given["share"]
        if given["amount"] is not None:
            facts |= {"amount": str(given["amount"]), "currency": given["currency"] or CURRENCIES[0]}
        if given["export_category"]:
            facts["export_category"] = given["export_category"]
        if given["acts"]:
            facts["acts"] = given["acts"]
        return facts


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class ReleaseForm(forms.Form):
    """A pledge released: the day of cancellation, with the paper of it."""

    on = _day(_("Released on"))
    evidence = forms.FileField(label=_("Proof of release"), max_length=200, required=False)


class ConsentForm(forms.Form):
    acts = forms.MultipleChoiceField(
        label=_("Consent to"),
        choices=[
            (one, one.label) for one in (Act.LIST, Act.ASSIGN, Act.EXCLUSIVE, Act.SOLE, Act.DECLARE_OPEN, Act.PLEDGE)
        ],
        widget=forms.CheckboxSelectMultiple,
    )
