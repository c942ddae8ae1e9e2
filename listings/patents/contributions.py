"""What the register adds to shared pages: masthead, workspace, home, sitemap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.patents import access, presenting
from listings.patents.models import ImportRun, ImportState, SourceRecord
from listings.patents.search import NAME
from listings.patents.services.runs import may_import
from marketplace.core.actor import Actor
from marketplace.portal import registry
from marketplace.portal.sitemaps import in_sitemap
from marketplace.search import index

REGISTER = _("Rights")


def contribute() -> None:
    """Enter the register's places, desks and figures."""
    registry.place(20, _("Patent register"), "patent_list")
    registry.desk(REGISTER, 110, _("My patents"), "portfolio", shows=belongs)
    registry.desk(REGISTER, 120, _("Imports"), "import_list", shows=may_import, count=waiting_imports)
    registry.figure(10, _("Patents and applications in the register"), known_patents, url_name="patent_list")
    registry.calendar(calendar_days)
    registry.data_date(newest_source)
    registry.entrance(40, _("Look up a patent"), _("Status, term, annuities, each with source and date"), "patent_list")


def belongs(actor: Actor) -> bool:
    return actor.acts_for is not None


def waiting_imports(actor: Actor) -> list[QuerySet[ImportRun]]:
    """Imports that wait for somebody's go-ahead."""
    if actor.acts_for is None:
        return []
    return [ImportRun.objects.filter(state=ImportState.CHECKED, organisation_id=actor.acts_for)]


def known_patents() -> int:
    return index.ready(NAME).documents


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[registry.Entry]:
    """Annuities of the organisation's rights: the last day without surcharge, and the last of all."""
    if actor.acts_for is None:
        return
    assets = list(Asset.objects.filter(holder=actor.acts_for).select_related("patent"))
    calendars = presenting.annuity_calendars(assets)
    for asset in assets:
        calendar = calendars[asset.pk]
        coming = calendar.next_year if calendar else None
        if coming is None:
            continue
        url, told = reverse("patent_detail", args=[asset.pk]), {"year": coming.year, "number": asset.number}
        if first <= coming.on_time_until <= last:
            yield registry.Entry(
                coming.on_time_until, gettext("Annuity of year %(year)s due: %(number)s") % told, url, asset.title
            )
        if first <= coming.last_day <= last:
            yield registry.Entry(
                coming.last_day, gettext("Grace for annuity of year %(year)s ends: %(number)s") % told, url, asset.title
            )


def newest_source() -> date | None:
    """The newest date that a source of the register speaks of."""
    newest: date | None = SourceRecord.objects.aggregate(newest=Max("as_of"))["newest"]
    return newest


@in_sitemap("patents")
class PatentSitemap(Sitemap):
    """Every right with a page."""

    limit = 5000

    def items(self) -> QuerySet[Asset]:
        return access.shown_assets().order_by("pk")

    def location(self, item: Asset) -> str:
        return reverse("patent_detail", args=[item.pk])
