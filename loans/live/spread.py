"""How a book is spread, drawn: loan to value, regions, technologies, the largest borrowers."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from listings.patents.ipc_words import ipc_word
from loans.models.loan import in_money
from loans.portfolio import NO_VALUE, Part, Portfolio
from marketplace.accounts.models import Organisation, Region
from marketplace.core import charts, formats


def drawn_parts(found: Portfolio, whole: int, currency: str) -> list[tuple[str, str]]:
    """(title, drawing) of each way the book is looked at; `whole` is the principal owed, in cents."""
    regions = {str(one.pk): str(one) for one in Region.objects.filter(pk__in=[int(p.name) for p in found.regions])}
    borrowers = {
        str(one.pk): str(one.name)
        for one in Organisation.objects.filter(pk__in=[int(part.name) for part in found.borrowers])
    }
    pledged = sum(cents for _count, cents in found.technology.values())
    technology = sorted(found.technology.items(), key=lambda one: (-one[1][1], one[0]))
    return [
        (_("Loan to value"), _bars([(tenths(int(one.name)), one) for one in found.tenths], whole, currency)),
        (
            _("By region"),
            _bars([(regions.get(one.name, _("not stated")), one) for one in found.regions], whole, currency),
        ),
        (
            _("Pledged value by technology"),
            charts.bars(
                [
                    charts.Bar(
                        ipc_word(section) if section else _("not classified"), cents, _note(cents, pledged, currency)
                    )
                    for section, (_count, cents) in technology
                ],
                label=_("Pledged value by technology"),
            ),
        ),
        (
            _("The largest borrowers"),
            _bars([(borrowers.get(one.name, one.name), one) for one in found.borrowers], whole, currency),
        ),
    ]


def tenths(number: int) -> str:
    """A class of loan to value in words."""
    if number == NO_VALUE:
        return _("No value")
    if number >= 10:
        return _("Above the value")
    return f"{number * 10}–{number * 10 + 10} %"


def _bars(parts: Sequence[tuple[str, Part]], whole: int, currency: str) -> str:
    return charts.bars(
        [charts.Bar(str(name), one.owed, _note(one.owed, whole, currency)) for name, one in parts],
        label=_("Principal owed"),
    )


def _note(cents: int, whole: int, currency: str) -> str:
    share = formats.percent(100 * in_money(cents) / in_money(whole), 1) if whole else "—"
    return f"{formats.money_reading(in_money(cents), currency, get_language() or 'zh-hans')} · {share}"
