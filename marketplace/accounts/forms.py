"""Forms of the accounts pages: they parse and complain; what is allowed is decided by the services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from marketplace.accounts import uscc
from marketplace.accounts.models import Organisation, User, VerificationDocument
from marketplace.accounts.roles import CLOSED_KINDS, DELEGATE_KINDS, Kind, Power, Role, roles_of
from marketplace.accounts.services.organisations import FACTS
from marketplace.accounts.services.tokens import MOST_DAYS
from marketplace.core import clock
from marketplace.core.errors import DomainError


def complain(form: forms.Form | forms.ModelForm, refusal: DomainError) -> None:
    """Put a refusal where its field stands, or above the form, with its cure; what was typed stays."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, " ".join(part for part in (refusal.message, refusal.cure) if part))


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **attrs)


class OrganisationForm(forms.ModelForm):
    """All facts of an organisation. Kinds that only the operator enters are offered to nobody else."""

    class Meta:
        model = Organisation
        fields = list(FACTS)
        help_texts = {
            "uscc": _("18 characters, as on the business licence. Individuals leave it empty."),
            "name_zh": _("As on the licence or identity card."),
            "country": _("Two letters, such as CN, US, DE."),
            "legal_representative": _("As on the business licence."),
        }

    def __init__(self, *args: Any, may_enter_closed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.kind if self.instance.pk else ""
        cast(forms.ChoiceField, self.fields["kind"]).choices = [
            (value, label)
            for value, label in Kind.choices
            if may_enter_closed or value not in CLOSED_KINDS or value == own
        ]
        self.fields["intro_zh"].widget.attrs["rows"] = 5
        self.fields["intro_en"].widget.attrs["rows"] = 5
        code = cast(forms.CharField, self.fields["uscc"])
        code.widget.attrs.update(autocomplete="off", spellcheck="false")
        code.max_length = 40  # spaces and hyphens fall away before the code is measured
        code.validators = []
        code.widget.attrs["maxlength"] = 40
        cast("forms.ModelChoiceField[Any]", self.fields["region"]).empty_label = _("not given")

    def clean_uscc(self) -> str:
        return uscc.compact(self.cleaned_data["uscc"])[:18]

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).strip().upper()
        if len(code) != 2 or not code.isascii() or not code.isalpha():
            raise forms.ValidationError(_("Write the country as two letters, such as CN."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("name_zh") and not cleaned.get("name_en"):
            self.add_error("name_zh", _("Give the name in Chinese or in English."))
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FACTS}

    def _post_clean(self) -> None:
        """The instance is left alone: only the services write it."""


class DocumentForm(forms.Form):
    paper = forms.ChoiceField(label=_("Document"), choices=VerificationDocument.Paper.choices)
    file = forms.FileField(
        label=_("File"), help_text=_("PDF, PNG, JPEG, DOCX or XLSX. Only you and the reviewers can open it.")
    )


class RolesField(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, kind: str, **kwargs: Any) -> None:
        choices = [(role.value, role.label) for role in roles_of(kind)]
        super().__init__(choices=choices, label=_("Roles"), **kwargs)


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"] = RolesField(kind, initial=[Role.STAFF])


class RolesForm(forms.Form):
    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"] = RolesField(kind)


class DelegationForm(forms.Form):
    agent = forms.ModelChoiceField(
        label=_("Who acts for you"), queryset=Organisation.objects.none(), empty_label=_("choose")
    )
    powers = forms.MultipleChoiceField(label=_("Powers"), choices=Power.choices, widget=forms.CheckboxSelectMultiple)
    starts_on = forms.DateField(label=_("First day"), widget=DayInput())
    ends_on = forms.DateField(
        label=_("Last day"),
        widget=DayInput(),
        help_text=_("Both days are included. You can end it sooner at any time."),
    )

    def __init__(self, *args: Any, client_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Any]", self.fields["agent"]).queryset = (
            Organisation.objects.public()
            .filter(kind__in=DELEGATE_KINDS)
            .exclude(pk=client_id)
            .order_by("name_zh", "pk")
        )
        self.fields["starts_on"].initial = clock.today
        self.fields["ends_on"].initial = lambda: clock.today() + timedelta(days=365)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day lies before the first."))
        return cleaned


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the key"), max_length=80, help_text=_("What will use it, such as “patent ledger”.")
    )
    days = forms.IntegerField(label=_("Valid for, days"), min_value=1, max_value=MOST_DAYS, initial=90)


class ProfileForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Letters and notices come in this language.")
    )

    class Meta:
        model = User
        fields = ["name", "name_en", "phone", "language"]

    def _post_clean(self) -> None:
        """The instance is left alone: only the services write it."""


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is wrong, and what would put it right. The organisation reads it."),
    )


class PeopleSearchForm(forms.Form):
    q = forms.CharField(label=_("Name or e-mail address"), max_length=120, required=False)
