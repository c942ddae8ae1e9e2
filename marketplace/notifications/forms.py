"""Forms of the notices' pages: they parse and complain."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.notifications import preferences
from marketplace.notifications.catalogue import ROWS, THEMES, Theme
from marketplace.notifications.models import Channel, Frequency, Habits

AT_ONCE_OR_NOT = [(one.value, one.label) for one in (Frequency.AT_ONCE, Frequency.OFF)]


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def has_choice(theme: Theme, channel: str) -> bool:
    """Whether anything of a theme can be switched off by a channel: not where all of it is compulsory."""
    rows = [row for row in ROWS if row.theme == theme.key]
    return channel not in preferences.ALWAYS or not rows or any(not row.is_compulsory for row in rows)


class PreferencesForm(forms.Form):
    """One choice for each theme and channel that is set up here, the quiet hours and the WeCom account."""

    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=TimeInput())
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=TimeInput())
    wecom_id = forms.CharField(
        label=_("WeCom account"),
        required=False,
        max_length=64,
        help_text=_("Your account in the market's WeCom, as its administrator knows it."),
    )

    def __init__(self, data: Any = None, *, habits: Habits, chosen: preferences.Chosen) -> None:
        start = {name: getattr(habits, name) for name in ("quiet_from", "quiet_until", "wecom_id")}
        super().__init__(data, initial=start)
        self.channels = preferences.channels()
        if Channel.WECOM not in self.channels:
            del self.fields["wecom_id"]
        for theme in THEMES:
            for channel in self.channels:
                if not has_choice(theme, channel):
                    continue
                self.fields[f"{theme.key}.{channel}"] = forms.ChoiceField(
                    label=f"{theme.label}: {Channel(channel).label}",
                    choices=AT_ONCE_OR_NOT if channel == Channel.IN_APP else Frequency.choices,
                    initial=chosen.get((habits.user_id, theme.key, channel)) or theme.default(channel),
                )

    def clean(self) -> dict[str, Any]:
        cleaned = cast(dict[str, Any], super().clean())
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", _("Give both ends of the quiet hours, or none."))
        return cleaned

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A line for each theme, with its field for each channel, or None where it is always sent."""
        return [
            {
                "theme": theme,
                "cells": [
                    {
                        "label": Channel(channel).label,
                        "field": self[name] if (name := f"{theme.key}.{channel}") in self.fields else None,
                    }
                    for channel in self.channels
                ],
            }
            for theme in THEMES
        ]

    def chosen(self) -> dict[tuple[str, str], str]:
        found = {}
        for name, value in self.cleaned_data.items():
            theme, dot, channel = name.partition(".")
            if dot:
                found[theme, channel] = value
        return found


class WebhookForm(forms.Form):
    """An address of an organisation's own, and what it is told."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_(
            "An https address on the public network. It is posted to as JSON, signed as Standard Webhooks ask."
        ),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    themes = forms.MultipleChoiceField(
        label=_("Themes"),
        required=False,
        choices=[(theme.key, theme.label) for theme in THEMES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means all."),
    )
