"""Forms of the signing pages: they parse; what is allowed is decided by the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_REASON = 2000


class CodeForm(forms.Form):
    """A one-time code for one act, and the hash of the text that was on the page."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    otp = forms.CharField(
        label=_("Code of your authenticator app"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        help_text=_("Six digits. Each code is good for one act."),
    )
    use_required_attribute = False


class PasskeyForm(forms.Form):
    """A passkey's answer to the challenge on the page."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    credential = forms.JSONField(widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why somebody declines or refuses."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    reason = forms.CharField(
        label=_("Reason, shown to the other side"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    use_required_attribute = False


class PaperForm(forms.Form):
    """The written consent of a party who is not on the market."""

    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    file = forms.FileField(
        label=_("The signed paper"),
        help_text=_("PDF or picture. It must name this contract and its version."),
    )
    use_required_attribute = False


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("PDF file"), required=False, widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"})
    )
    sha256 = forms.CharField(
        label=_("or its SHA-256 hash"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    use_required_attribute = False
