"""No page asks the database more often because there is more to show: each address without arguments, 2 rows and 12."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from listings.catalogue.services import enquiries, saved_searches
from marketplace.accounts.roles import Kind, Role
from marketplace.accounts.services import members, tokens
from marketplace.accounts.states import OrganisationState
from marketplace.core.models import Event
from marketplace.notifications import service as notices
from tests import cast
from tests.architecture.addresses import table
from tests.builders import a_person, an_organisation, joins
from tests.catalogue import makers
from tests.world import a_checked_run, index_everything

#: Nothing of ours is counted there: the library's pages, probes of the servers themselves, a way out to Stripe.
LEFT_OUT = (
    *("account_", "mfa_", "django.", "healthz", "readyz", "parts", "api_schema", "api_docs"),
    "connected_onboarding",
)
MANY = 12
FEW = 2


def more_of_everything(count: int) -> None:
    """`count` more of whatever any list shows, some of it waiting for the desk."""
    ines, bo = cast.ines(), cast.bo()
    for _n in range(count):
        listing = makers.a_listing("published", by=ines)
        makers.a_listing("draft", by=ines)
        makers.a_listing("in_review", by=ines)
        makers.a_listing("returned", by=ines)
        makers.a_listing("suspended", by=ines)
        makers.a_need("published", by=ines)
        makers.a_need("in_review", by=ines)
        enquiries.ask(listing_id=listing.pk, by=bo.actor, message="How thick?")
        other = makers.a_listing("published", by=bo)
        enquiries.ask(listing_id=other.pk, by=ines.actor, message="How wide?")
        person = a_person()
        joins(person, ines.organisation, [Role.STAFF])
        members.invite(
            organisation_id=ines.organisation.pk, email=f"guest.{person.email}", roles=[Role.STAFF], by=ines.actor
        )
        saved_searches.save_search(by=ines.actor, collection="listings", name=person.email, query="q=膜")
        tokens.issue_token(membership_id=ines.membership.pk, name=person.email, days=3, by=ines.actor)
        an_organisation(OrganisationState.SUBMITTED)
        an_organisation(OrganisationState.VERIFIED, kind=Kind.BROKER)
        a_checked_run(ines)
    index_everything()
    notices.deliver(list(Event.objects.order_by("pk")))


def counted(browsers: dict[str, Client]) -> dict[str, tuple[int, list[str], int]]:
    """For each address: its queries, their beginnings, and the length of the page."""
    found = {}
    for address in table():
        expected = address.expected("get")
        if expected is None or address.args or address.name.startswith(LEFT_OUT):
            continue
        if "ok" not in expected:
            continue  # a page of some other kind of organisation
        who = "owner" if expected[3] == "ok" else "reviewer"
        url = reverse(address.name)
        assert browsers[who].get(url).status_code in (200, 302), url
        cache.clear()
        browsers[who].get(url)  # calendars and regions are in the cache again
        with CaptureQueriesContext(connection) as queries:
            answer = browsers[who].get(url)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        said = [query["sql"][:160] for query in queries.captured_queries]
        found[address.name] = (len(queries), said, len(body))
    return found


@pytest.fixture
def browsers(db) -> Iterator[dict[str, Client]]:
    with translation.override("zh-hans"):
        yield {"owner": cast.ines().signed_in(), "reviewer": cast.ops().signed_in()}


def test_more_rows_cost_no_more_queries(browsers: dict[str, Client]) -> None:
    more_of_everything(FEW)
    few = counted(browsers)
    more_of_everything(MANY - FEW)
    many = counted(browsers)
    assert len(few) > 35
    wrong = []
    for name, (count, _said, _length) in few.items():
        if many[name][0] != count:
            extra = [sql for sql in set(many[name][1]) if many[name][1].count(sql) > 1]
            wrong.append(f"{name}: {count} queries for {FEW} rows, {many[name][0]} for {MANY}; repeated: {extra[:3]}")
    assert not wrong, "\n" + "\n".join(wrong)
    grown = {name for name in few if many[name][2] > few[name][2] + 500}
    assert {
        "listing_list",
        "need_list",
        "my_listings",
        "my_needs",
        "enquiries",
        "review_list",
        "organisation_queue",
    } <= grown
    assert {
        "organisation_list",
        "portfolio",
        "import_list",
        "member_list",
        "notice_list",
        "people_desk",
    } <= grown
    assert max(one[0] for one in many.values()) <= 30, {name: one[0] for name, one in many.items() if one[0] > 30}
