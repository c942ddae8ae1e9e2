"""The library's forms of the entrance in the market's words: every field has its label and no greyed copy of it."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.utils.translation import gettext_lazy as _

PASSWORD_HELP = _(
    "At least 12 characters; not a common password, not digits alone, nothing like your name or address. "
    "A sentence is easier to keep in mind than a puzzle."
)
LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Present password"),
    "remember": _("Stay signed in"),
    "code": _("Code"),
}


class OurWords(forms.Form):
    """Set before a library's form: its labels become ours, its placeholders go."""

    labels: dict[str, Any] = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_HELP


class _NewPassword(OurWords):
    labels = {**LABELS, "password1": _("New password"), "password2": _("New password, once more")}


class LoginForm(OurWords, account.LoginForm):
    pass


class SignupForm(OurWords, account.SignupForm):
    labels = {**LABELS, "password1": _("Password"), "password2": _("Password, once more")}


class AddEmailForm(OurWords, account.AddEmailForm):
    pass


class ChangePasswordForm(_NewPassword, account.ChangePasswordForm):
    pass


class ResetPasswordForm(OurWords, account.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(_NewPassword, account.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(OurWords, account.ReauthenticateForm):
    pass


class ConfirmLoginCodeForm(OurWords, account.ConfirmLoginCodeForm):
    pass


class ConfirmEmailVerificationCodeForm(OurWords, account.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmPasswordResetCodeForm(OurWords, account.ConfirmPasswordResetCodeForm):
    pass


class AuthenticateForm(OurWords, mfa.AuthenticateForm):
    pass


class ReauthenticateByCodeForm(OurWords, mfa.ReauthenticateForm):
    pass


class ActivateAppForm(OurWords, totp.ActivateTOTPForm):
    pass
