"""What the pages ask of the database: few queries, and no more for forty rows than for two."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listings.catalogue.services.enquiries import ask
from listings.catalogue.services.saved_searches import save_search
from listings.catalogue.states import ListingState, NeedState
from tests import cast
from tests.catalogue.browsing import page
from tests.catalogue.makers import a_listing, a_need

pytestmark = pytest.mark.django_db


def test_the_list_costs_at_most_four_queries_cold_and_one_warm(client, searchable, django_assert_max_num_queries):
    for _ in range(20):
        a_listing()
    searchable()
    with django_assert_max_num_queries(4):
        page(client, "listing_list")
    with django_assert_max_num_queries(1):
        page(client, "listing_list")


def test_the_list_costs_the_same_for_two_rows_and_forty(searchable, django_assert_num_queries):
    def cost() -> int:
        searchable()
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page(Client(), "listing_list", per_page=50)
        return len(queries)

    for _ in range(2):
        a_listing()
    few = cost()
    for _ in range(38):
        a_listing()
    assert cost() == few


def test_the_detail_costs_at_most_three_queries_warm(client, searchable, django_assert_max_num_queries):
    listing = a_listing()
    searchable()
    page(client, "listing_detail", listing.number)
    with django_assert_max_num_queries(3):
        page(client, "listing_detail", listing.number)


@pytest.mark.parametrize("name", ["my_listings", "my_needs", "enquiries", "review_list", "saved_search_list"])
def test_desks_cost_the_same_for_two_rows_and_twenty(searchable, name):
    who = {"my_needs": cast.bo, "review_list": cast.ops}.get(name, cast.ines)().signed_in()

    def more(count: int) -> None:
        for _ in range(count):
            listing = a_listing(ListingState.IN_REVIEW if name == "review_list" else ListingState.PUBLISHED)
            a_need(NeedState.IN_REVIEW)
            if name == "enquiries":
                ask(listing_id=listing.pk, by=cast.bo().actor, message="?")
            if name == "saved_search_list":
                save_search(by=cast.ines().actor, collection="patents", name=f"s{listing.pk}", query="q=a")

    def cost() -> int:
        page(who, name)
        with CaptureQueriesContext(connection) as queries:
            page(who, name)
        return len(queries)

    more(2)
    few = cost()
    more(18)
    assert cost() == few
