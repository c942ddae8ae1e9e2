"""What people type about patents, parsed and checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.patents import numbers
from listings.patents.models import PatentKind
from listings.patents.reasons import sentence
from listings.patents.record import PartyIn, PatentIn

SEPARATORS = str.maketrans({"；": ";", "\n": ";", "\r": ";", "|": ";"})


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File with patents"), max_length=200)
    is_strict = forms.BooleanField(
        label=_("Take the file whole or not at all"),
        required=False,
        help_text=_("Without this, sound records are taken and the others are listed for correction."),
    )


def parsed_number(text: str) -> numbers.Number:
    """A number as typed, Chinese unless it says otherwise. Raises NumberError."""
    return numbers.parse(text, "CN")


class NumberField(forms.CharField):
    """A patent number in any spelling, its check digit looked at."""

    def clean(self, value: Any) -> numbers.Number | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parsed_number(text)
        except numbers.NumberError as error:
            raise forms.ValidationError(sentence(error.code, error.params), code=error.code) from error


class PatentForm(forms.Form):
    """One right as its holder states it. Names stand one a line or separated by semicolons."""

    number = NumberField(
        label=_("Patent or application number"),
        max_length=200,
        help_text=_("With or without ZL or CN, with its check digit. Other offices: country code first."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", "—"), *PatentKind.choices], required=False)
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=400, required=False)
    title_en = forms.CharField(label=_("Title in English"), max_length=400, required=False)
    owners = forms.CharField(
        label=_("Owners or applicants"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000, required=False
    )
    inventors = forms.CharField(
        label=_("Inventors"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000, required=False
    )
    filed_on = forms.DateField(label=_("Filing date"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    granted_on = forms.DateField(label=_("Grant date"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    ipc = forms.CharField(
        label=_("IPC"),
        max_length=400,
        required=False,
        help_text=_("Main class first, separated by semicolons: C08F 14/18; C08L 27/12"),
    )
    abstract_zh = forms.CharField(
        label=_("Abstract in Chinese"), widget=forms.Textarea(attrs={"rows": 4}), max_length=5000, required=False
    )
    abstract_en = forms.CharField(
        label=_("Abstract in English"), widget=forms.Textarea(attrs={"rows": 4}), max_length=5000, required=False
    )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not told.get("title_zh") and not told.get("title_en"):
            self.add_error("title_zh", _("Fill in the title in at least one language."))
        filed, granted = told.get("filed_on"), told.get("granted_on")
        if filed and granted and granted < filed:
            self.add_error("granted_on", _("The grant date lies before the filing date."))
        return told

    def clean_ipc(self) -> list[str]:
        from listings.patents.readers.classes import symbols

        text = self.cleaned_data["ipc"]
        found = list(symbols(text)) if text.strip() else []
        if text.strip() and not found:
            raise forms.ValidationError(_("No IPC symbol was recognised. Write it like C08F 14/18."))
        return found

    def record(self) -> PatentIn:
        """The statement as the importer takes it."""
        told = self.cleaned_data
        number: numbers.Number = told["number"]
        is_application = number.kind == numbers.APPLICATION
        role = "owner" if told["granted_on"] else "applicant"
        return PatentIn(
            source="template",
            office=number.office,
            kind=told["kind"] or number.right,
            application_number=number.canonical if is_application else "",
            publication_number="" if is_application else number.canonical,
            kind_code=number.kind_code,
            grant_number=number.canonical if told["granted_on"] and is_application else "",
            title_zh=told["title_zh"],
            title_en=told["title_en"],
            abstract_zh=told["abstract_zh"],
            abstract_en=told["abstract_en"],
            filed_on=told["filed_on"],
            granted_on=told["granted_on"],
            ipc=told["ipc"],
            parties=[*_named(told["owners"], role), *_named(told["inventors"], "inventor")],
        )


def _named(text: str, role: str) -> list[PartyIn]:
    names = [one.strip() for one in text.translate(SEPARATORS).split(";")]
    return [PartyIn(role=role, name=name[:400], sequence=at) for at, name in enumerate(filter(None, names), 1)]
