"""Forms of mandates and introductions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.brokers.services.mandates import MOST_COMMISSION_PCT
from listings.brokers.states import Payer, Scope, Side
from marketplace.accounts.forms import DayInput
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.workdays import years_after


class MandateForm(forms.Form):
    """A mandate proposed, by the client to a broker or by a broker to a client."""

    other = forms.ModelChoiceField(queryset=Organisation.objects.none(), label=_("Broker"))
    side = forms.ChoiceField(label=_("The client"), choices=Side.choices, initial=Side.SELLING)
    scope = forms.ChoiceField(label=_("Covers"), choices=Scope.choices, initial=Scope.ALL, widget=forms.RadioSelect)
    assets = forms.ModelMultipleChoiceField(
        queryset=Asset.objects.none(),
        label=_("Rights"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only where the mandate covers named rights."),
    )
    matter = forms.CharField(
        label=_("Listing number"), max_length=20, required=False, help_text=_("Only where it covers one listing.")
    )
    is_exclusive = forms.BooleanField(
        label=_("Exclusive: no other broker for the same rights in this time"), required=False
    )
    starts_on = forms.DateField(label=_("First day"), widget=DayInput())
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput())
    tail_months = forms.IntegerField(
        label=_("Months of protection after the end"),
        min_value=0,
        max_value=36,
        initial=6,
        help_text=_("A contract with somebody introduced still earns the commission in this time."),
    )
    commission_pct = forms.DecimalField(
        label=_("Commission, percent of the price"),
        max_digits=6,
        decimal_places=3,
        min_value=0,
        max_value=MOST_COMMISSION_PCT,
    )
    payer = forms.ChoiceField(label=_("The commission is paid by"), choices=Payer.choices, initial=Payer.SPLIT)
    note = forms.CharField(
        label=_("Further terms"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.is_broker = organisation.kind == Kind.BROKER
        others = Organisation.objects.filter(state=OrganisationState.VERIFIED).exclude(pk=organisation.pk)
        choice = self.fields["other"]
        assert isinstance(choice, forms.ModelChoiceField)
        if self.is_broker:
            choice.label = _("Client")
            choice.queryset = others.exclude(kind__in=[Kind.OPERATOR, Kind.IP_OFFICE, Kind.BROKER]).order_by("name_zh")
            del self.fields["assets"]
            self.fields["scope"].choices = [one for one in Scope.choices if one[0] != Scope.ASSETS]  # type: ignore[attr-defined]
        else:
            choice.queryset = others.filter(kind=Kind.BROKER).order_by("name_zh")
            rights = self.fields["assets"]
            assert isinstance(rights, forms.ModelMultipleChoiceField)
            rights.queryset = Asset.objects.held_by(organisation.pk).order_by("-filed_on", "-id")
        self.fields["starts_on"].initial = clock.today()
        self.fields["ends_on"].initial = years_after(clock.today(), 1) - timedelta(days=1)

    @property
    def told(self) -> dict[str, Any]:
        """What to hand to the service."""
        given = dict(self.cleaned_data)
        other, mine = given.pop("other").pk, self.organisation.pk
        given["client_id"], given["broker_id"] = (other, mine) if self.is_broker else (mine, other)
        given["asset_ids"] = [asset.pk for asset in given.pop("assets", None) or ()]
        given["matter_number"] = (given.pop("matter") or "").strip().upper()
        return given


class IntroductionForm(forms.Form):
    """Whom the broker brings to which listing."""

    matter = forms.CharField(label=_("Listing number"), max_length=20)
    other = forms.ModelChoiceField(queryset=Organisation.objects.none(), label=_("The other organisation"))
    note = forms.CharField(
        label=_("How and when you brought them together"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
    )
    discloses_dual = forms.BooleanField(
        label=_("I hold a mandate of the other side too, and both sides are told so"), required=False
    )

    def __init__(self, *args: Any, client_id: int, broker_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["other"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = (
            Organisation.objects.filter(state=OrganisationState.VERIFIED)
            .exclude(pk__in=[client_id, broker_id])
            .exclude(kind__in=[Kind.OPERATOR, Kind.IP_OFFICE])
            .order_by("name_zh")
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)
