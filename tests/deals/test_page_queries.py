"""What the pages of a deal ask of the database: few statements, and no more of them when there is more to show.

Everything counts: session, person, the counts beside the side navigation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listings.deals.models import DealShare, Review, RoyaltyPeriod
from listings.deals.services import disputes
from marketplace.core import clock
from tests import cast
from tests.brokers.makers import an_introduction
from tests.builders import a_pdf
from tests.catalogue.makers import a_listing
from tests.deals import stages
from tests.deals.talks import a_room_file, accepts_nda, given

pytestmark = pytest.mark.django_db(transaction=True)

DEAL_PAGE = 12
ROOM = 12
BOARDS = {
    "/workspace/deals/": 8,
    "/workspace/money/": 8,
    "/desk/deals/": 8,
    "/desk/money/": 10,
    "/desk/money/payouts/": 10,
    "/desk/money/unplaced/": 8,
}


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"


def statements(browser: Client, url: str) -> list[str]:
    """The statements of the page on its second showing: calendars and the like are in the cache by then."""
    cache.clear()
    assert browser.get(url).status_code == 200, url
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(url).status_code == 200, url
    return [one["sql"] for one in seen.captured_queries]


def repeated(found: Sequence[str]) -> str:
    """The statements in order, shortened, for a test that fails."""
    return "\n".join(f"{len(found)} statements: {one[:150]}" for one in found)


def test_a_deal_page_takes_twelve_statements_at_every_stage_and_for_every_side():
    deal, lengths = stages.agreed(), {}
    browsers = {"seller": cast.ines().signed_in(), "buyer": cast.bo().signed_in(), "operator": cast.ops().signed_in()}
    for stage in (None, stages.signed, stages.paid, stages.recorded):
        deal = stage(deal) if stage else deal
        for side, browser in browsers.items():
            found = statements(browser, f"/workspace/deals/{deal.number}/")
            lengths[deal.state, side] = found
    wrong = {place: repeated(found) for place, found in lengths.items() if len(found) > DEAL_PAGE}
    assert not wrong, "\n\n".join(f"{place}\n{text}" for place, text in wrong.items())


def test_a_deal_page_with_every_list_filled_takes_no_more():
    """Commissions, an inventor's part, royalty periods, reviews and a dispute with statements, all on one page."""
    ines, bo, listing = cast.ines(), cast.bo(), a_listing()
    an_introduction(listing, pct="3.000")
    deal = stages.paid(stages.signed(stages.agreed(listing)))
    stages.evidenced(deal)
    share, inventor = deal.shares.get(), cast.stranger().organisation
    share.inventors.add(inventor)
    DealShare.objects.filter(pk=share.pk).update(inventor_pct=Decimal("20.000"))
    today, at = clock.today(), clock.now()
    for n in range(3):
        start = today + timedelta(days=100 * n)
        RoyaltyPeriod.objects.create(
            deal=deal,
            starts_on=start,
            ends_on=start + timedelta(days=99),
            statement_due_on=start + timedelta(days=120),
            pct=Decimal("5.125"),
            base=Decimal("1000000.10"),
            royalty=Decimal("51250.01"),
            state="running",
            state_since=at,
        )
    for one, other in ((ines, bo), (bo, ines)):
        Review.objects.create(
            deal=deal,
            by=one.organisation,
            about=other.organisation,
            written_by=one.person,
            stars=4,
            text=f"评价：{one.organisation.name_zh}",
            written_at=at,
            published_at=at,
        )
    dispute = disputes.raise_dispute(deal_id=deal.pk, complaint="权利范围与约定不符", by=bo.actor)
    for part in (ines, bo):
        disputes.add_statement(dispute_id=dispute.pk, text="补充说明", upload=a_pdf(), by=part.actor)
    shown = (inventor.name_zh, "51,250.01", "1,000,000.10", "评价：", "补充说明", ".pdf", "权利范围与约定不符", "zhou")
    for part in (ines, bo, cast.ops()):
        browser = part.signed_in()
        found = statements(browser, f"/workspace/deals/{deal.number}/")
        assert len(found) <= DEAL_PAGE, repeated(found)
        page = browser.get(f"/workspace/deals/{deal.number}/").content.decode()
        assert [text for text in shown if text not in page] == []


def test_boards_and_money_pages_cost_the_same_for_more_deals():
    ines, ops = cast.ines().signed_in(), cast.ops().signed_in()
    counts: list[dict[str, list[str]]] = []
    for _ in range(2):
        stages.paid(stages.signed(stages.agreed()))
        stages.signed(stages.agreed())
        counts.append({url: statements(ops if url.startswith("/desk") else ines, url) for url in BOARDS})
    few, many = counts
    grown = {url: repeated(many[url]) for url in BOARDS if len(many[url]) > len(few[url])}
    assert not grown, "\n\n".join(f"{url}, before {len(few[url])}\n{text}" for url, text in grown.items())
    wrong = {url: repeated(found) for url, found in many.items() if len(found) > BOARDS[url]}
    assert not wrong, "\n\n".join(f"{url}\n{text}" for url, text in wrong.items())


def test_a_room_costs_the_same_for_more_files():
    from tests.catalogue import makers
    from tests.deals.talks import a_negotiation

    listing = makers.a_listing()
    talks = a_negotiation(listing=listing)
    accepts_nda(talks)
    buyer, holder = cast.bo().signed_in(), cast.ines().signed_in()
    places = {
        f"/workspace/enquiries/{talks.number}/room/": buyer,
        f"/workspace/listings/{listing.number}/room/": holder,
    }
    counts = []
    for files in (1, 4):
        for n in range(files):
            given(talks, a_room_file(listing, title=f"{files} {n}"))
        counts.append({url: statements(browser, url) for url, browser in places.items()})
    few, many = counts
    for url in places:
        assert len(many[url]) <= len(few[url]) <= ROOM, repeated(many[url])
