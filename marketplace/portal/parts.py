"""The living style page: every part of the face with sample data, for those who build and check pages.

Shown with DEBUG on or to staff; nobody else learns that it exists. The samples are invented, their numbers carry true
check digits.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from marketplace.core import charts, clock, formats
from marketplace.core.rows import FacetOption, ResultRow
from marketplace.core.templatetags import market

DIGEST = "9f3a6c0b7d21e4485a90bb1c7de2f03318c4a5567e8901fdcab2343e1d00c21e"


class SampleForm(forms.Form):
    """One control of every kind, bound with mistakes in it so that errors show."""

    title = forms.CharField(
        label=gettext_lazy("Title in Chinese"), max_length=120, help_text=gettext_lazy("As on the register.")
    )
    number = forms.CharField(label=gettext_lazy("Patent number"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("1", gettext_lazy("Invention")), ("2", gettext_lazy("Utility model"))]
    )
    problem = forms.CharField(label=gettext_lazy("Problem solved"), widget=forms.Textarea, required=False)
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"),
        widget=forms.RadioSelect,
        choices=[("transfer", gettext_lazy("Assignment")), ("ordinary", gettext_lazy("Ordinary licence"))],
    )
    until = forms.DateField(
        label=gettext_lazy("Valid until"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    evidence = forms.FileField(label=gettext_lazy("Evidence"), required=False)
    agree = forms.BooleanField(label=gettext_lazy("I have checked the owner and the shares"))

    def clean_number(self) -> str:
        value: str = self.cleaned_data["number"]
        if not value.endswith("8"):
            raise forms.ValidationError(_("Check digit does not fit: the last digit should be 8, you typed 3"))
        return value


def _rows() -> list[ResultRow]:
    price = Decimal("4800000.00")
    return [
        ResultRow(
            pk=1,
            url="#results",
            plain_title=_("Fluoropolymer electrolyte membrane and its preparation"),
            title=format_html("<mark>{}</mark>{}", _("Fluoropolymer"), _(" electrolyte membrane and its preparation")),
            numbers=["ZL 201910526314.8", _("Invention"), "C08J 5/22", "TRL 7"],
            owner=_("Yunlan Fluoromaterials Co., Ltd."),
            is_sample=True,
            why=_("Keeps its strength at 15 μm; 1,200 hours on the test bench of three stack makers."),
            starts_on=date(2019, 6, 18),
            expires_on=date(2039, 6, 18),
            rights=[("pledge", _("pledged, the pledgee must consent")), ("go", _("annuity paid to 2027-06"))],
            mode=_("Assignment"),
            price=market.money_large(price),
            exact=market.money_exact(price),
            is_picked=True,
        ),
        ResultRow(
            pk=2,
            url="#results",
            plain_title=_("Low-surface-energy fluorosilicone coating"),
            title=_("Low-surface-energy fluorosilicone coating"),
            numbers=["CN 202410332187.6", _("Invention, application pending"), "C09D 183/08", "TRL 4"],
            owner=_("Lanjiang University"),
            is_sample=True,
            why=_("Water contact angle 118°, less than 6° lost after 2,000 rubs."),
            starts_on=date(2024, 3, 21),
            expires_on=date(2044, 3, 21),
            rights=[("now", _("application pending"))],
            mode=_("Exclusive licence"),
            price=_("negotiable"),
        ),
    ]


def _bar() -> charts.RightsBar:
    life = charts.Span(date(2019, 1, 1), date(2040, 1, 1))
    lanes = [
        charts.Lane(
            _("Ownership"),
            _("Yunlan Fluoromaterials 70%, Lanjiang University 30%, until 2039-06-18"),
            [
                charts.Stretch(
                    "own",
                    date(2019, 6, 18),
                    date(2039, 6, 18),
                    _("Yunlan Fluoromaterials 70%, Lanjiang University 30%"),
                    "2039-06-18",
                )
            ],
        ),
        charts.Lane(
            _("Licence"),
            _("ordinary licence, whole country, until 2027-12-31"),
            [charts.Stretch("lic", date(2023, 1, 19), date(2027, 12, 31), _("ordinary, whole country"), "2027-12-31")],
        ),
        charts.Lane(
            _("Pledge"),
            _("City Bank until 2028-03-10; one planned"),
            [
                charts.Stretch("pledge", date(2025, 3, 11), date(2028, 3, 10), _("City Bank"), "2028-03-10"),
                charts.Stretch("pledge", date(2031, 1, 1), date(2034, 1, 1), _("planned"), "", planned=True),
            ],
        ),
        charts.Lane(
            _("Preservation"),
            "2022-05-10 – 2022-11-09",
            [charts.Stretch("freeze", date(2022, 5, 10), date(2022, 11, 9), "", _("lifted 2022-11-09"))],
        ),
    ]
    today = clock.today()
    return charts.rights_bar(
        lanes,
        span=life,
        today=today,
        today_label=f"{_('today')} {formats.day_short(today, (get_language() or 'zh-hans'), today)}",
        name="rb-sample",
    )


def sample_context() -> dict[str, Any]:
    """Everything parts.html shows. Labels are in the active language."""
    today = clock.today()
    now = datetime(2026, 11, 20, 7, 42, tzinfo=UTC)
    form = SampleForm(
        {"title": _("Fluoropolymer electrolyte membrane"), "number": "ZL201910526314.3", "mode": "ordinary"}
    )
    form.is_valid()
    options = [
        FacetOption("transfer", _("Assignment"), 58, is_chosen=True),
        FacetOption("exclusive", _("Exclusive licence"), 14, depth=1),
        FacetOption("open", _("Open licence"), 0, depth=2),
    ]
    million = Decimal(1_000_000)
    percentiles = [
        charts.Reading(million * n / 10, formats.money_reading(million * n / 10, "CNY", (get_language() or "zh-hans")))
        for n in (29, 38, 46, 57, 71)
    ]
    asking = charts.Reading(
        million * 48 / 10,
        f"{_('Asking price')} {formats.money_reading(million * 48 / 10, 'CNY', (get_language() or 'zh-hans'))}",
    )
    return {
        "form": form,
        "rows": _rows(),
        "picked": [{"title": _("Fluoropolymer electrolyte membrane"), "number": "ZL 201910526314.8"}],
        "states": [
            ("go", _("in force")),
            ("now", _("under way")),
            ("off", _("not begun")),
            ("wait", _("due soon")),
            ("pledge", _("pledged")),
            ("hold", _("suspended")),
            ("stop", _("overdue")),
            ("ended", _("lapsed")),
        ],
        "risks": [
            ("k-1", _("normal")),
            ("k-2", _("special mention")),
            ("k-3", _("substandard")),
            ("k-4", _("doubtful")),
            ("k-5", _("loss")),
        ],
        "seals": [
            ("verified", _("verified")),
            ("signed", _("signed")),
            ("sealed", _("seal affixed")),
            ("registered", _("registered")),
            ("recorded", _("recorded")),
        ],
        "others": [{"value": "2019-06-19", "source": _("published data file"), "on": date(2026, 11, 15)}],
        "remedies": [
            {"text": _("written consent of the pledgee"), "who": _("by City Bank, usually 5 working days")},
            {"text": _("early end of the ordinary licence"), "who": _("by licensor and licensee together")},
        ],
        "acts": [
            {
                "state": "allowed",
                "label": _("Ask, sign an NDA"),
                "why": _("may be done today"),
                "url": "#acts",
                "button": _("Ask"),
            },
            {
                "state": "conditional",
                "label": _("Ordinary licence"),
                "why": _("the pledgee must consent"),
                "url": "#acts",
                "button": _("Make an offer"),
            },
            {
                "state": "blocked",
                "label": _("Exclusive licence"),
                "why": _("conflicts with an earlier licence"),
                "url": "#acts",
            },
        ],
        "events": [
            {"on": date(2039, 6, 18), "text": _("expiry"), "planned": True},
            {"on": date(2026, 6, 11), "state": "go", "text": _("annuity of year 8 paid"), "note": _("receipt checked")},
            {
                "on": date(2025, 3, 11),
                "state": "pledge",
                "text": _("pledge registered"),
                "note": _("notice of registration"),
            },
            {"on": date(2022, 11, 9), "state": "hold", "text": _("preservation lifted"), "note": _("court paper")},
        ],
        "bar": _bar(),
        "marks": charts.timeline(
            [
                charts.Mark(date(2019, 6, 18), "off", _("filed")),
                charts.Mark(date(2021, 8, 24), "go", _("granted")),
                charts.Mark(date(2025, 3, 11), "pledge", _("pledged")),
            ],
            span=charts.Span(date(2019, 1, 1), date(2040, 1, 1)),
            today=today,
            label=_("Events of the patent by year"),
        ),
        "value": charts.value_range(*percentiles, line=asking, label=_("Value range")),
        "lying": charts.bars(
            [charts.Bar(_("Chemistry, metallurgy"), 126, "126"), charts.Bar(_("Electricity"), 44, "44", "b-lic")],
            label=_("Listings by section"),
        ),
        "months": [40, 36, 22, 49, 52, 58, 63, 50, 57, 68, 61, 72],
        "group": {"name": "mode", "legend": _("Mode"), "options": options, "more_options": [], "more_label": ""},
        "range": {
            "name": "price",
            "legend": _("Price, CNY 10 k"),
            "low": "30",
            "high": "600",
            "counts": [4, 8, 14, 22, 28, 19, 12, 7, 4, 3],
            "low_band": 1,
            "high_band": 5,
            "hist_label": _("Listings by price"),
            "missing": {"name": "price_none", "label": _("including negotiable"), "count": 27, "chosen": True},
        },
        "chosen": [{"label": _("Invention"), "href": "#results"}, {"label": "30–600", "href": "#results"}],
        "steps": [
            {"label": _("Choose the patent"), "url": "#wizard", "state": "done"},
            {"label": _("Check the rights"), "url": "#wizard", "state": "done"},
            {"label": _("Technical summary"), "url": "#wizard", "state": "now", "missing": 2},
            {"label": _("Price and term"), "url": "", "state": "open"},
            {"label": _("Preview and submit"), "url": "", "state": "open"},
        ],
        "files": [
            {
                "name": _("Register copy"),
                "url": "#files",
                "note": "PDF ·",
                "size": 421888,
                "sha256": DIGEST,
                "seal": "verified",
                "seal_label": _("verified"),
                "on": date(2026, 11, 20),
            },
            {
                "name": _("Bench test data"),
                "url": "",
                "note": _("readable after the NDA"),
                "sha256": "",
                "state": "off",
                "state_label": _("restricted"),
                "on": date(2026, 11, 18),
            },
        ],
        "notices": [
            {
                "text": _("The register asks for a correction, 7 working days left"),
                "url": "#notices",
                "object": "D-2026-0318",
                "at": now,
                "state": "wait",
                "is_new": True,
                "has_effect": True,
            },
            {
                "text": _("The receipt for the annuity of year 8 was checked"),
                "url": "#notices",
                "object": "ZL 201910526314.8",
                "at": now,
                "state": "go",
                "is_new": False,
                "has_effect": False,
            },
        ],
        "figures": [
            {
                "label": _("Listings on the market"),
                "figure": market.number(4918),
                "unit": "",
                "note": _("63 new this week, 21 withdrawn"),
            },
            {"label": _("Open needs"), "figure": market.number(1206), "unit": "", "note": ""},
            {"label": _("Patents on record"), "figure": market.number(1048576), "unit": "", "note": ""},
        ],
        "columns_shown": [
            {"value": "owner", "label": _("Owner"), "chosen": True},
            {"value": "ipc", "label": "IPC", "chosen": True},
            {"value": "trl", "label": "TRL", "chosen": False},
        ],
        "tabs": [
            {"label": _("Published"), "url": "#tabs", "count": 12, "current": True},
            {"label": _("Drafts"), "url": "#tabs", "count": 3, "current": False},
        ],
        "price": Decimal("4800000.00"),
        "owed": Decimal("-12000.00"),
        "due": today + timedelta(days=9),
        "saved": now,
        "codes": ["k7mf-2qpd", "93xh-w0te", "vb4n-8sza", "r1cy-6ulg"],
        "last": 500,
        "number": 5,
        "per_page": 20,
    }


@require_GET
def parts(request: HttpRequest) -> HttpResponse:
    """All parts on one page, for those who build pages: with DEBUG only."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "portal/parts.html", sample_context())
