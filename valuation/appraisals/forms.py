"""What people fill in about appraisals. A form that depends on its subject is given it as `subject`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Listing
from listings.patents.access import shown_assets
from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.portal.steps import StepForm
from valuation.appraisals import rubrics
from valuation.appraisals.services.drafting import UNITS
from valuation.appraisals.services.orders import Wanted
from valuation.appraisals.states import Purpose, ValueType
from valuation.appraisals.worksheets import BY_METHOD, WORKSHEETS, label_of
from valuation.models import Agency, Order, Report


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def _long(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


# ── the client ───────────────────────────────────────────────────────────────────────────────────────────────────────
class AgencyChoice(forms.ModelMultipleChoiceField):
    """Agencies open to orders now, by name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(queryset=Agency.objects.none(), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(_("%(name)s · %(days)s days")) % {"name": obj.organisation.name, "days": obj.turnaround_days}


class InviteForm(StepForm):
    agencies = AgencyChoice(
        label=_("Agencies you want quotes from"),
        help_text=_("The choice is yours alone. No agency sees another’s quote."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agencies"]
        assert isinstance(field, AgencyChoice)
        field.queryset = Agency.objects.open_to_orders(clock.today()).select_related("organisation").order_by("pk")


class OrderForm(InviteForm):
    """A client's request. `rights` are ids apart by commas, put there by the page the client came from."""

    rights = forms.CharField(widget=forms.HiddenInput)
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=Purpose.choices, help_text=_("The report may be used for nothing else.")
    )
    value_type = forms.ChoiceField(label=_("Type of value"), choices=ValueType.choices, initial=ValueType.MARKET)
    base_date = forms.DateField(
        label=_("Base date"), widget=Day, help_text=_("The day the value is stated for; the report is good for a year.")
    )
    deadline = forms.DateField(label=_("Report wanted by"), widget=Day)
    quotes_until = forms.DateField(label=_("Quotes until the end of"), widget=Day)
    users = forms.ModelMultipleChoiceField(
        label=_("Banks who may rely on it"),
        queryset=Organisation.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_users = forms.CharField(label=_("Other users"), max_length=400, required=False)
    is_statutory = forms.BooleanField(
        label=_("The law requires this appraisal"),
        required=False,
        help_text=_("State-owned assets, for instance: two certified appraisers sign, and papers are kept 30 years."),
    )
    note = forms.CharField(label=_("Note to the agencies"), max_length=4000, required=False, widget=_long())
    wished = forms.DecimalField(
        label=_("An amount you have in mind"),
        max_digits=18,
        decimal_places=2,
        min_value=Decimal("0.01"),
        required=False,
        help_text=_("Agencies never see it. A report that came out at it would be refused as preset."),
    )
    field_order = (
        "rights", "purpose", "value_type", "base_date", "deadline", "quotes_until", "agencies", "users", "other_users",
        "is_statutory", "note", "wished",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agencies"].required = False
        banks = Organisation.objects.filter(kind="bank", state=OrganisationState.VERIFIED).order_by("name_zh")
        self.fields["users"].queryset = banks  # type: ignore[attr-defined]

    @staticmethod
    def usual() -> dict[str, Any]:
        """What a new request starts from."""
        today = clock.today()
        return {
            "base_date": today,
            "deadline": today + timedelta(days=45),
            "quotes_until": today + timedelta(days=7),
            "purpose": Purpose.PLEDGE,
        }

    def clean_rights(self) -> list[int]:
        """Ids of rights the register shows."""
        ids = [int(one) for one in self.cleaned_data["rights"].split(",") if one.strip().isdigit()]
        if not ids or shown_assets().filter(pk__in=ids).count() != len(set(ids)):
            raise forms.ValidationError(_("Choose rights of the register."))
        return ids

    def wanted(self) -> Wanted:
        """The request as the service takes it."""
        data = self.cleaned_data
        last = datetime.combine(data["quotes_until"] + timedelta(days=1), time.min)
        return Wanted(
            asset_ids=data["rights"],
            purpose=data["purpose"],
            base_date=data["base_date"],
            deadline=data["deadline"],
            quotes_until=timezone.make_aware(last),
            value_type=data["value_type"],
            user_ids=[one.pk for one in data["users"]],
            other_users=data["other_users"],
            is_statutory=data["is_statutory"],
            note=data["note"],
            wished=data["wished"],
        )


class PostForm(OrderForm):
    """A report engaged elsewhere: the agency names its client."""

    client = forms.ModelChoiceField(label=_("The client"), queryset=Organisation.objects.none())
    agencies = None  # type: ignore[assignment]
    wished = None  # type: ignore[assignment]
    quotes_until = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **{k: v for k, v in kwargs.items() if k != "subject"})
        verified = Organisation.objects.filter(state=OrganisationState.VERIFIED).exclude(kind="operator")
        self.fields["client"].queryset = verified.order_by("name_zh")  # type: ignore[attr-defined]
        banks = verified.filter(kind="bank").order_by("name_zh")
        self.fields["users"].queryset = banks  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        self.cleaned_data |= {"quotes_until": clock.today(), "wished": None}
        return super().wanted()


class DeliverForm(StepForm):
    answer = forms.CharField(label=_("Answer"), max_length=4000, required=False, widget=_long())
    paper = forms.FileField(label=_("Paper"), required=False, help_text=_("PDF, image, Word or Excel."))


# ── the agency ───────────────────────────────────────────────────────────────────────────────────────────────────────
class ProfileForm(forms.Form):
    legal_form = forms.ChoiceField(label=_("Legal form"), choices=Agency.Form.choices)
    filing_number = forms.CharField(label=_("Filing notice number"), max_length=60)
    filed_with = forms.CharField(label=_("Filed with"), max_length=120)
    filed_on = forms.DateField(label=_("Filing published on"), widget=Day)
    fields_known = forms.CharField(
        label=_("Fields, as IPC symbols"), max_length=400, required=False, help_text=_("Apart by commas: C08, H01M.")
    )
    insurer = forms.CharField(label=_("Insurer of professional liability"), max_length=120)
    insured_amount = forms.DecimalField(label=_("Sum insured"), max_digits=18, decimal_places=2, min_value=1)
    insured_until = forms.DateField(label=_("Insured until"), widget=Day)
    turnaround_days = forms.IntegerField(label=_("Usual time, days"), min_value=1, max_value=365)
    is_taking_orders = forms.BooleanField(label=_("Takes orders"), required=False)

    def facts(self) -> dict[str, Any]:
        """By the names of the service."""
        data = dict(self.cleaned_data)
        data["fields"] = [one for one in data.pop("fields_known").replace("，", ",").split(",") if one.strip()]
        return data

    @staticmethod
    def start(agency: Agency | None) -> dict[str, Any]:
        if agency is None:
            return {"is_taking_orders": True, "turnaround_days": 20}
        names = [name for name in ProfileForm.base_fields if name != "fields_known"]
        return {name: getattr(agency, name) for name in names} | {"fields_known": ", ".join(agency.fields)}


class AppraiserForm(forms.Form):
    user = forms.TypedChoiceField(label=_("Member"), coerce=int)
    certificate = forms.CharField(label=_("Certificate number"), max_length=40)
    is_certified = forms.BooleanField(label=_("Certified asset appraiser"), required=False, initial=True)
    joined_on = forms.DateField(label=_("Since"), widget=Day)

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.live().filter(organisation=organisation_id).select_related("user")
        self.fields["user"].choices = [(one.user_id, one.user.display_name) for one in members]  # type: ignore[attr-defined]


class QuoteForm(StepForm):
    fee = forms.DecimalField(
        label=_("Fee, tax included"), max_digits=18, decimal_places=2, min_value=Decimal("0.01"),
        help_text=_("A fixed sum; it may not follow the value."),
    )  # fmt: skip
    tax_pct = forms.DecimalField(
        label=_("Tax in it, percent"), max_digits=5, decimal_places=2, min_value=0, max_value=99, initial=6
    )
    days = forms.IntegerField(label=_("Days from full data to report"), min_value=1, max_value=365)
    methods = forms.MultipleChoiceField(
        label=_("Methods you expect to use"),
        choices=[(one.method, one.label) for one in WORKSHEETS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    work_done_pct = forms.IntegerField(
        label=_("Due if the client ends it after drafting began, percent"), min_value=0, max_value=100, initial=50
    )
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=_long())
    is_independent = forms.BooleanField(
        label=_(
            "We and our appraisers have no interest in the right or its parties; the fee does not follow the value."
        ),
        required=False,
    )


class AskForm(StepForm):
    title = forms.CharField(label=_("What is needed"), max_length=200)
    why = forms.CharField(label=_("What for"), max_length=2000, required=False, widget=_long(3))
    due_on = forms.DateField(label=_("Due by"), widget=Day)
    is_required = forms.BooleanField(label=_("Needed before drafting"), required=False, initial=True)


class AskUsualForm(StepForm):
    due_on = forms.DateField(
        label=_("Due by"), widget=Day, help_text=_("Certificate, annuities, accounts, contracts, market and cost data.")
    )


class FrameForm(StepForm):
    economic_life_ends_on = forms.DateField(label=_("Economic life ends on"), widget=Day, required=False)
    visited_on = forms.DateField(label=_("Site visited on"), widget=Day, required=False)
    unit = forms.TypedChoiceField(label=_("Conclusion rounded to"), coerce=int, choices=[(u, f"{u:,}") for u in UNITS])
    signers = forms.TypedMultipleChoiceField(
        label=_("Appraisers who sign"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Two different people; both certified where the law requires the appraisal."),
        required=False,
    )
    single_reason = forms.CharField(
        label=_("Why one method only"), max_length=4000, required=False, widget=_long(3),
        help_text=_("Leave it empty with two methods or more."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        subject = kwargs.get("subject")
        if isinstance(subject, Order) and "initial" not in kwargs:
            draft = subject.draft
            kwargs["initial"] = {
                "economic_life_ends_on": draft.economic_life_ends_on,
                "visited_on": draft.visited_on,
                "unit": draft.unit,
                "signers": draft.signers,
                "single_reason": draft.single_reason,
            }
        super().__init__(*args, **kwargs)
        if isinstance(subject, Order) and subject.agency is not None:
            active = subject.agency.appraisers.active().select_related("user")
            self.fields["signers"].choices = [(one.user_id, str(one)) for one in active]  # type: ignore[attr-defined]


class WeightForm(StepForm):
    """A weight for each method of the order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for use in self.subject.methods.all() if isinstance(self.subject, Order) else ():
            self.fields[use.method] = forms.DecimalField(
                label=label_of(use.method), min_value=0, max_value=100, max_digits=5, decimal_places=2,
                initial=use.weight_pct,
            )  # fmt: skip

    def weights(self) -> Mapping[str, Decimal]:
        return self.cleaned_data


class MethodForm(StepForm):
    method = forms.ChoiceField(label=_("Method"), choices=[(one.method, one.label) for one in WORKSHEETS])


class ScoreForm(StepForm):
    asset = forms.TypedChoiceField(label=_("Right"), coerce=int)
    indicator = forms.ChoiceField(label=_("Indicator"))
    points = forms.DecimalField(label=_("Points, 0 to 100"), min_value=0, max_value=100, max_digits=5, decimal_places=2)
    evidence = forms.CharField(label=_("Evidence"), max_length=2000, widget=_long(3))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.subject, Order):
            rights = self.subject.subject_rights
            self.fields["asset"].choices = [(one.pk, f"{one.number} {one.title}") for one in rights]  # type: ignore[attr-defined]
            known = rubrics.indicators(rubrics.current().data)
            self.fields["indicator"].choices = [(i.code, i.name) for i in known if not i.is_computed]  # type: ignore[attr-defined]


class CommentForm(StepForm):
    text = forms.CharField(label=_("What must be changed"), max_length=4000, widget=_long(5))
    place = forms.CharField(label=_("Place"), max_length=40, required=False)


class AnswerForm(StepForm):
    answer = forms.CharField(label=_("Answer"), max_length=4000, widget=_long(4))


class TextForm(forms.Form):
    zh = forms.CharField(label=_("In Chinese"), max_length=20000, widget=_long(14), required=False)
    en = forms.CharField(label=_("In English"), max_length=20000, widget=_long(14), required=False)


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class ShowForm(StepForm):
    listing = forms.TypedChoiceField(
        label=_("Listing"), coerce=int, help_text=_("Everybody who sees the listing sees the value and its range.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.subject, Report):
            found = Listing.objects.filter(listed__asset__in=self.subject.assets.all()).distinct().order_by("-pk")[:50]
            self.fields["listing"].choices = [(one.pk, f"{one.number} {one.title}") for one in found]  # type: ignore[attr-defined]


class DoubtForm(StepForm):
    doubt = forms.CharField(label=_("What you doubt, and why"), max_length=8000, widget=_long(6))
    paper = forms.FileField(label=_("Paper"), required=False)


class ExplainForm(StepForm):
    explanation = forms.CharField(label=_("Explanation"), max_length=8000, widget=_long(8))


def worksheet_data(method: str, data: Any) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, str]], str]:
    """(inputs, reasons, ranges, why) of a posted worksheet, by the names of its fields."""
    sheet = BY_METHOD[method]
    inputs, reasons, ranges = {}, {}, {}
    for entry in sheet.entries:
        inputs[entry.name] = str(data.get(entry.name, ""))
        reasons[entry.name] = str(data.get(f"{entry.name}__reason", ""))
        if not entry.may_vary:
            continue
        spread, low, high = (str(data.get(f"{entry.name}__{part}", "")).strip() for part in ("spread", "low", "high"))
        if entry.sort in ("amounts", "rows"):
            if spread:
                ranges[entry.name] = {"spread": spread}
        elif low or high:  # one alone is no range, and is refused rather than dropped
            ranges[entry.name] = {"low": low, "high": high}
    return inputs, reasons, ranges, str(data.get("why", ""))
