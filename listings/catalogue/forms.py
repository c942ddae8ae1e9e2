"""Forms of the wizard and of needs. Drafts may lack anything; what is typed must be readable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.models import Listing, ListingDocument, Need
from listings.catalogue.naming import kind_key, kind_word, shown_number
from listings.catalogue.states import LICENCES, Mode
from marketplace.accounts.roles import Kind
from marketplace.core.actor import Actor

CURRENCIES = [("CNY", _("CNY yuan")), ("USD", _("USD dollar")), ("EUR", _("EUR euro")), ("HKD", _("HKD dollar"))]
LONGEST_TEXT = 5000


class DraftForm(forms.ModelForm):
    """A part of a draft. `values` is what to hand to the service; nothing is saved here."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen_version"].initial = self.instance.version
        columns = {column.name: column for column in self._meta.model._meta.fields}
        for name, field in self.fields.items():
            if name in columns:  # the model's own limits, which a form that leaves its instance alone would skip
                field.validators = [*field.validators, *columns[name].validators]
            field.required = name in self.required_here or name in self.needed
            if isinstance(field, forms.ModelChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField):
                field.empty_label = _("not given")
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.update({"rows": 4, "maxlength": LONGEST_TEXT})
                field.max_length = LONGEST_TEXT  # type: ignore[attr-defined]
            if name.endswith("_zh"):
                field.widget.attrs["lang"] = "zh-CN"
            elif name.endswith("_en"):
                field.widget.attrs["lang"] = "en"

    #: Must be filled in to save at all.
    required_here: Sequence[str] = ()
    #: Not called optional, since nothing is submitted without them; a draft may lack them.
    needed: Sequence[str] = ()
    use_required_attribute = False

    def full_clean(self) -> None:
        """Judge what is typed with only `required_here` compulsory."""
        for name in self.needed:
            self.fields[name].required = False
        super().full_clean()
        for name in self.needed:
            self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in list(data.items()):
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                self.add_error(name, _("This text is longer than %(most)s characters.") % {"most": LONGEST_TEXT})
        return data

    def validate_unique(self) -> None:
        """Uniqueness is the service's and the database's matter."""

    def _post_clean(self) -> None:
        """Leave the instance alone: it belongs to the page, and the service reads the row anew under its lock."""

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in {"seen_version", "assets"}}

    @property
    def seen(self) -> int | None:
        found: int | None = self.cleaned_data.get("seen_version")
        return found


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AssetChoice(forms.ModelMultipleChoiceField):
    """Rights as ticks, each with its number, kind and title."""

    def label_from_instance(self, obj: Asset) -> str:
        return f"{shown_number(obj)} · {kind_word(kind_key(obj))} · {obj.title}"


class RightsForm(DraftForm):
    """Which rights, and what is done with them."""

    required_here = ("mode",)
    needed = ("assets",)
    assets = AssetChoice(
        queryset=Asset.objects.none(),
        label=_("Rights"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Several rights make a bundle; the first is its face."),
    )

    class Meta:
        model = Listing
        fields = ["mode"]
        labels = {"mode": _("Mode")}
        widgets = {"mode": forms.RadioSelect}

    def __init__(self, *args: Any, actor: Actor, assets: QuerySet[Asset], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["assets"]
        assert isinstance(choice, AssetChoice)
        choice.queryset = assets.select_related("patent").order_by("-filed_on", "-id")
        modes = [
            (value, label) for value, label in Mode.choices if value != Mode.DISPOSAL or actor.org_kind == Kind.BANK
        ]
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["assets"] = [asset.pk for asset in self.instance.rights]

    @property
    def asset_ids(self) -> list[int]:
        """In the order held before, new ones last: the face of a bundle stays its face."""
        chosen = {asset.pk for asset in self.cleaned_data["assets"]}
        kept = [asset.pk for asset in self.instance.rights if asset.pk in chosen] if self.instance.pk else []
        return kept + sorted(chosen - set(kept))


class OfferForm(DraftForm):
    """Until when the listing stands and where it is; for a licence also where, for what and how long it runs."""

    needed = ("valid_until",)
    licence_only = ("territory_zh", "territory_en", "field_of_use_zh", "field_of_use_en", "term_months")

    class Meta:
        model = Listing
        fields = [
            "territory_zh",
            "territory_en",
            "field_of_use_zh",
            "field_of_use_en",
            "term_months",
            "region",
            "valid_until",
        ]
        labels = {"region": _("Region")}
        widgets = {"valid_until": _date_input()}
        help_texts = {
            "territory_zh": _("For example “mainland China”."),
            "field_of_use_zh": _("Leave empty when any use is allowed."),
            "valid_until": _("At most 24 months from today; the listing ends by itself then."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.mode not in LICENCES:
            for name in self.licence_only:
                del self.fields[name]

    @property
    def values(self) -> dict[str, Any]:
        """What was said of a licence falls away when the listing is none any more."""
        found = super().values
        if self.instance.mode not in LICENCES:
            found |= {name: None if name == "term_months" else "" for name in self.licence_only}
        return found


class SummaryForm(DraftForm):
    """What it is, in plain words, in both languages."""

    needed = ("title_zh", "problem_zh", "benefit_zh", "applications_zh", "readiness")

    class Meta:
        model = Listing
        fields = [
            "title_zh",
            "title_en",
            "problem_zh",
            "problem_en",
            "benefit_zh",
            "benefit_en",
            "applications_zh",
            "applications_en",
            "readiness",
            "evidence_zh",
            "evidence_en",
        ]
        help_texts = {
            "title_zh": _("Applications are called applications, never patents."),
            "benefit_zh": _(
                "Figures with their conditions say more than praise. Open licences carry no promotional wording."
            ),
            "readiness": _("1 basic principle · 4 works in the laboratory · 7 shown in use · 9 in regular production"),
        }


def bounds_run_upward(form: forms.BaseForm, data: dict[str, Any], low: str, high: str) -> None:
    """Complain where a highest amount stands alone or below the lowest."""
    if data.get(high) is None:
        return
    if data.get(low) is None and low == "price_min":
        form.add_error(low, _("A highest amount needs a lowest one."))
    elif data.get(low) is not None and data[high] < data[low]:
        form.add_error(high, _("The highest amount is below the lowest."))


class DocumentForm(forms.ModelForm):
    """One paper to add."""

    upload = forms.FileField(label=_("File"))

    class Meta:
        model = ListingDocument
        fields = ["title", "access"]


class NeedForm(DraftForm):
    """A need, on one page."""

    needed = ("title_zh", "problem_zh", "requirements_zh", "deadline")

    ipc = forms.CharField(
        label=_("IPC hints"),
        required=False,
        max_length=200,
        help_text=_("Symbols separated by commas, for example C08J 5/22, H01M."),
    )
    currency = forms.ChoiceField(choices=CURRENCIES, label=_("Currency"), initial="CNY")
    modes = forms.MultipleChoiceField(
        label=_("Open to"),
        choices=[choice for choice in Mode.choices if choice[0] != Mode.DISPOSAL],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Need
        fields = [
            "title_zh",
            "title_en",
            "problem_zh",
            "problem_en",
            "requirements_zh",
            "requirements_en",
            "budget_min",
            "budget_max",
            "currency",
            "deadline",
            "modes",
            "region",
            "is_anonymous",
        ]
        labels = {"region": _("Region")}
        widgets = {"deadline": _date_input()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ipc"].initial = ", ".join(self.instance.ipc_hints)

    def clean_ipc(self) -> list[str]:
        """IPC symbols from a section on: C, C08, C08J, C08J 5/22 (ST.8 leaves out leading zeros)."""
        text = self.cleaned_data["ipc"].upper().replace("，", ",").replace("、", ",").replace(";", ",")
        found = []
        for part in filter(None, (" ".join(one.split()) for one in text.split(","))):
            if not re.fullmatch(r"[A-H](\d{2}([A-Z]( ?\d{1,4}/\d{2,6})?)?)?", part):
                raise forms.ValidationError(_("“%(symbol)s” is not an IPC symbol.") % {"symbol": part[:20]})
            found.append(part)
        if len(found) > 10:
            raise forms.ValidationError(_("At most ten symbols."))
        return list(dict.fromkeys(found))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["currency"] = data.get("currency") or "CNY"
        bounds_run_upward(self, data, "budget_min", "budget_max")
        for name in ("budget_min", "budget_max"):
            if data.get(name) is not None and data[name] < 0:
                self.add_error(name, _("A budget is not negative."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        found = super().values
        found["ipc_hints"] = found.pop("ipc", [])
        return found


class ReasonForm(forms.Form):
    """A decision's reason."""

    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False
    )


class SaveSearchForm(forms.Form):
    """A name for the search at hand."""

    name = forms.CharField(label=_("Name"), max_length=80)
    collection = forms.CharField(widget=forms.HiddenInput, max_length=12)
    query = forms.CharField(widget=forms.HiddenInput, max_length=2000, required=False)
