"""Forms of the talks before a deal: enquiry, messages, confidentiality, data room, offers, sealed offers."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Listing
from listings.catalogue.states import LICENCES, Mode
from listings.deals.clearing import codes
from listings.deals.services.negotiations import LONGEST_MESSAGE, ShortForm
from listings.deals.talks.states import Bears, Decider, Horizon, Purpose, Stage
from listings.deals.terms import CURRENCIES, LONGEST_CONDITIONS, OF_LICENCES, Milestone, Terms
from marketplace.core import clock

CURRENCY_CHOICES = [(code, code) for code in CURRENCIES]
USUAL_VALID_DAYS = 14


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def money_field(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=2, min_value=0, **more)


class QualifyForm(forms.Form):
    """The short form that says how serious an enquiry is."""

    purpose = forms.ChoiceField(label=_("What you want it for"), choices=Purpose.choices, widget=forms.RadioSelect)
    stage = forms.ChoiceField(label=_("How far you are"), choices=Stage.choices, widget=forms.RadioSelect)
    horizon = forms.ChoiceField(label=_("When you want to decide"), choices=Horizon.choices, widget=forms.RadioSelect)
    decider = forms.ChoiceField(label=_("Who decides"), choices=Decider.choices, widget=forms.RadioSelect)
    budget_min = money_field(_("Budget from"), required=False)
    budget_max = money_field(_("Budget up to"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCY_CHOICES, initial="CNY")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = data.get("budget_min"), data.get("budget_max")
        if low is not None and high is not None and high < low:
            self.add_error("budget_max", _("The highest amount is below the lowest."))
        return data

    @property
    def told(self) -> ShortForm:
        """What to hand to the service."""
        return ShortForm(**{name: self.cleaned_data[name] for name in QualifyForm.base_fields})


class EnquiryForm(QualifyForm):
    """A qualified first question."""

    message = forms.CharField(
        label=_("Your question"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST_MESSAGE,
        help_text=_(
            "The holder sees your organisation’s name, your answers and this text. Contact details stay hidden until "
            "both agree."
        ),
    )
    field_order = ["message", "purpose", "stage", "horizon", "decider", "budget_min", "budget_max", "currency"]


class MessageForm(forms.Form):
    text = forms.CharField(
        label=_("Your message"), widget=forms.Textarea(attrs={"rows": 4}), max_length=LONGEST_MESSAGE
    )


class NdaTextForm(forms.Form):
    """The holder's own confidentiality text: written, or handed in."""

    text_zh = forms.CharField(
        label=_("Text in Chinese"), widget=forms.Textarea(attrs={"rows": 12, "lang": "zh-CN"}), required=False
    )
    text_en = forms.CharField(
        label=_("Text in English"), widget=forms.Textarea(attrs={"rows": 12, "lang": "en"}), required=False
    )
    upload = forms.FileField(label=_("Or a PDF"), required=False)


class NdaAcceptForm(forms.Form):
    """Acceptance of exactly the text that was shown."""

    sha256 = forms.CharField(widget=forms.HiddenInput, min_length=64, max_length=64)
    name = forms.CharField(label=_("Your full name"), max_length=80)
    agreed = forms.BooleanField(label=_("I have read the text and accept it for my organisation"))


class RoomFileForm(forms.Form):
    upload = forms.FileField(label=_("File"))
    title = forms.CharField(label=_("What it is"), max_length=120, required=False)


class GrantForm(forms.Form):
    """A file of the room given until the end of a day."""

    file = forms.TypedChoiceField(label=_("File"), coerce=int)
    until = forms.DateField(label=_("Open until the end of"), widget=day_input())

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].choices = choices  # type: ignore[attr-defined]
        self.fields["until"].initial = clock.today() + timedelta(days=30)

    @property
    def expires_at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.cleaned_data["until"] + timedelta(days=1), time.min))


class OfferForm(forms.Form):
    """The terms of an offer. What belongs to licences is asked for licences only."""

    answers = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=100_000)
    price = money_field(_("Price in all"), help_text=_("In full, to the cent if need be: 4600000 or 4600000.00."))
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCY_CHOICES, initial="CNY")
    upfront = money_field(_("Of this on signing"), required=False)
    milestones = forms.CharField(
        label=_("Milestones"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_(
            "One a line: name; amount; days after agreement. For example “Handover of know-how; 600000; 90”. They add "
            "up to the price."
        ),
    )
    deposit = money_field(_("Deposit"), required=False)
    hold_back_pct = forms.DecimalField(
        label=_("Held back, percent"), max_digits=6, decimal_places=3, min_value=0, max_value=99, required=False
    )
    hold_back_days = forms.IntegerField(label=_("Held back, days"), min_value=0, max_value=1095, required=False)
    royalty_pct = forms.DecimalField(
        label=_("Royalty, percent"), max_digits=6, decimal_places=3, min_value=0, max_value=100, required=False
    )
    royalty_base = forms.CharField(label=_("Royalty on"), max_length=160, required=False)
    royalty_minimum = money_field(_("Least royalty a year"), required=False)
    territories = forms.CharField(
        label=_("Territory"),
        max_length=300,
        required=False,
        help_text=_(
            "Codes of provinces or cities separated by commas, for example 330000; empty for the whole country."
        ),
    )
    fields_of_use = forms.CharField(
        label=_("Field of use"),
        max_length=300,
        required=False,
        help_text=_("IPC symbols separated by commas, for example C08J, H01M; empty for every use."),
    )
    starts_on = forms.DateField(label=_("Licence begins"), widget=day_input(), required=False)
    term_months = forms.IntegerField(label=_("Licence term in months"), min_value=1, max_value=240, required=False)
    tax_by = forms.ChoiceField(label=_("Taxes are borne by"), choices=Bears.choices, initial=Bears.LAW)
    annuity_by = forms.ChoiceField(label=_("Annuities are paid by"), choices=Bears.choices, initial=Bears.BUYER)
    records = forms.ChoiceField(label=_("Recordal is filed by"), choices=Bears.choices, initial=Bears.BUYER)
    conditions = forms.CharField(
        label=_("Further conditions"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=LONGEST_CONDITIONS,
        required=False,
    )
    valid_until = forms.DateTimeField(
        label=_("Stands until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, *args: Any, listing: Listing, sealed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listing = listing
        if listing.mode not in LICENCES:
            for name in OF_LICENCES:
                self.fields.pop(name, None)
        else:
            for name in ("tax_by", "annuity_by", "records"):
                self.fields[name].choices = list(Bears.said(is_licence=True).items())  # type: ignore[attr-defined]
        if sealed:
            del self.fields["valid_until"]
            self.fields["answers"].required = False

    @classmethod
    def initial_of(cls, listing: Listing, terms: Terms | None, answers: int) -> dict[str, Any]:
        """What the form starts from: the version answered, or what the listing asks."""
        valid = timezone.localtime(clock.now() + timedelta(days=USUAL_VALID_DAYS)).replace(second=0, microsecond=0)
        if terms is None:
            return {
                "answers": answers,
                "price": listing.price_min,
                "currency": listing.currency,
                "royalty_pct": listing.royalty_pct,
                "royalty_base": listing.royalty_base,
                "term_months": listing.term_months,
                "valid_until": valid,
            }
        given: dict[str, Any] = {name: getattr(terms, name) for name in cls.base_fields if hasattr(terms, name)}
        given |= {
            "answers": answers,
            "milestones": "\n".join(f"{one.title}; {one.amount:.2f}; {one.due_days}" for one in terms.milestones),
            "territories": ", ".join(terms.territories),
            "fields_of_use": ", ".join(terms.fields_of_use),
            "valid_until": valid,
        }
        return given

    def clean_milestones(self) -> tuple[Milestone, ...]:
        lines = [line for line in self.cleaned_data["milestones"].replace("；", ";").splitlines() if line.strip()]
        found = []
        for line in lines:
            parts = [part.strip() for part in line.split(";")]
            try:
                title, amount, days = parts
                found.append(Milestone(title[:120], Decimal(amount.replace(",", "")), int(days)))
            except (ValueError, InvalidOperation) as error:
                raise forms.ValidationError(
                    _("“%(line)s” is no milestone: write name; amount; days.") % {"line": line[:60]}
                ) from error
        return tuple(found)

    @property
    def terms(self) -> Terms:
        """The terms as typed; for a sealed offer the round sets until when they stand."""
        told = self.cleaned_data
        zero = Decimal(0)
        return Terms(
            price=told["price"],
            currency=told["currency"],
            mode=Mode(self.listing.mode),
            upfront=told.get("upfront"),
            milestones=told.get("milestones") or (),
            deposit=told.get("deposit") or Decimal("0.00"),
            hold_back_pct=told.get("hold_back_pct") or zero,
            hold_back_days=told.get("hold_back_days") or 0,
            royalty_pct=told.get("royalty_pct"),
            royalty_base=(told.get("royalty_base") or "").strip(),
            royalty_minimum=told.get("royalty_minimum"),
            territories=codes(told.get("territories") or ""),
            fields_of_use=codes(told.get("fields_of_use") or ""),
            starts_on=told.get("starts_on"),
            term_months=told.get("term_months"),
            tax_by=told["tax_by"],
            annuity_by=told["annuity_by"],
            records=told["records"],
            conditions=(told.get("conditions") or "").strip(),
            valid_until=told.get("valid_until") or clock.now() + timedelta(days=USUAL_VALID_DAYS),
        )


class RoundForm(forms.Form):
    """A round of sealed offers is begun."""

    passphrase = forms.CharField(
        label=_("Opening passphrase"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        min_length=16,
        max_length=200,
        strip=False,
        help_text=_("At least 16 characters. It is stored nowhere; without it nobody can open the offers."),
    )
    again = forms.CharField(
        label=_("The same once more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
        strip=False,
    )
    deposit = money_field(_("Deposit asked of each offer"), required=False)
    binding_days = forms.IntegerField(
        label=_("Days an offer binds after the opening"), min_value=1, max_value=180, initial=30
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("passphrase") and data.get("again") and data["passphrase"] != data["again"]:
            self.add_error("again", _("The two do not agree."))
        return data


class PassphraseForm(forms.Form):
    passphrase = forms.CharField(
        label=_("Opening passphrase"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        max_length=200,
        strip=False,
    )
