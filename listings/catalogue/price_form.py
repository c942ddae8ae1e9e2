"""The price step of the wizard: which fields belong to which kind of price, and only those are asked.

Without a script the kind is chosen first and its fields follow when the step is sent; with one they follow at once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from listings.catalogue.forms import CURRENCIES, DraftForm, bounds_run_upward
from listings.catalogue.models import Listing
from listings.catalogue.states import PriceMode

#: What each kind of price asks for. Entry fee and lowest offer are the listing's `price_min` under their own names, so
#: that a price typed for one kind never turns into something else under another.
ASKED = {
    PriceMode.FIXED: ("price_min", "currency", "price_per"),
    PriceMode.RANGE: ("price_min", "price_max", "currency", "price_per"),
    PriceMode.NEGOTIABLE: (),
    PriceMode.ROYALTY: ("royalty_pct", "royalty_base_zh", "royalty_base_en", "entry_fee", "currency"),
    PriceMode.SEALED: ("offers_until", "lowest_offer", "currency"),
}
STANDS_FOR_PRICE = {PriceMode.ROYALTY: "entry_fee", PriceMode.SEALED: "lowest_offer"}


def _amount(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=2, required=False, help_text=help_text)


class PriceForm(DraftForm):
    """How it is priced. `asks_more` tells that the kind was changed and its fields have not been seen yet."""

    template_name = "catalogue/price_fields.html"
    required_here = ("price_mode",)
    shown_mode = forms.ChoiceField(
        choices=PriceMode.choices, widget=forms.HiddenInput(attrs={"data-shown": ""}), required=False
    )
    currency = forms.ChoiceField(choices=CURRENCIES, label=_("Currency"), initial="CNY")
    entry_fee = _amount(_("Entry fee"))
    lowest_offer = _amount(_("Lowest offer taken"))

    class Meta:
        model = Listing
        fields = [
            "price_mode",
            "price_min",
            "price_max",
            "royalty_pct",
            "royalty_base_zh",
            "royalty_base_en",
            "offers_until",
            "currency",
            "price_per",
        ]
        widgets = {
            "price_mode": forms.RadioSelect,
            "offers_until": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
        help_texts = {
            "price_min": _("In full, to the cent if need be: 4800000 or 4800000.00."),
            "royalty_base_zh": _("For example “net sales of licensed products”."),
        }

    field_order = (
        "price_mode",
        "royalty_pct",
        "royalty_base_zh",
        "royalty_base_en",
        "offers_until",
        "price_min",
        "price_max",
        "entry_fee",
        "lowest_offer",
        "currency",
        "price_per",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = PriceMode(self.instance.price_mode)
        self.mode = held
        if self.is_bound and self.data.get("price_mode") in PriceMode.values:
            self.mode = PriceMode(self.data["price_mode"])
        if held in STANDS_FOR_PRICE:
            self.initial[STANDS_FOR_PRICE[held]] = self.initial.pop("price_min", None)
        self.initial["shown_mode"] = held
        for name, modes in self.modes_of.items():
            self.fields[name].disabled = self.mode not in modes  # neither judged nor taken

    @property
    def modes_of(self) -> dict[str, list[PriceMode]]:
        """The kinds of price that ask for each field."""
        names = dict.fromkeys(name for asked in ASKED.values() for name in asked)
        return {name: [mode for mode, asked in ASKED.items() if name in asked] for name in names}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The visible fields in order, each with the kinds that ask for it and whether it shows now."""
        modes = self.modes_of
        return [
            {
                "field": field,
                "only": " ".join(modes.get(field.name, [])),
                "is_hidden": field.name in modes and self.mode not in modes[field.name],
            }
            for field in self.visible_fields()
        ]

    @property
    def asks_more(self) -> bool:
        shown = self.cleaned_data.get("shown_mode") or self.mode
        return bool(shown != self.mode and ASKED[self.mode])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["currency"] = data.get("currency") or "CNY"
        data["price_per"] = (
            data.get("price_per") if "price_per" in ASKED[self.mode] else ""
        ) or self.instance.price_per
        if self.mode == PriceMode.RANGE:
            bounds_run_upward(self, data, "price_min", "price_max")
        for name in ("price_min", "entry_fee", "lowest_offer", "royalty_pct"):
            if name in ASKED[self.mode] and data.get(name) is not None and data[name] <= 0:
                self.add_error(name, _("This must be more than zero."))
        if "royalty_pct" in ASKED[self.mode] and (data.get("royalty_pct") or Decimal(0)) > 100:
            self.add_error("royalty_pct", _("A royalty is at most 100%."))
        return data

    @property
    def values(self) -> dict[str, Any]:
        """The listing's columns; those of other kinds are emptied."""
        found = {name: value for name, value in super().values.items() if name in self.Meta.fields}
        for name in ("price_min", "price_max", "royalty_pct", "offers_until"):
            found[name] = found.get(name) if name in ASKED[self.mode] else None
        for name in ("royalty_base_zh", "royalty_base_en"):
            found[name] = found.get(name, "") if name in ASKED[self.mode] else ""
        if self.mode in STANDS_FOR_PRICE:
            found["price_min"] = self.cleaned_data.get(STANDS_FOR_PRICE[self.mode])
        return found
