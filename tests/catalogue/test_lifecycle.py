"""Every verb of listings and needs, in every state it is forbidden in, for every role it is not for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.catalogue.checks import SuspendedByOperator
from listings.catalogue.graphs import LISTING_GRAPH, NEED_GRAPH
from listings.catalogue.lacks import Incomplete
from listings.catalogue.models import ListedAsset, Listing, Need
from listings.catalogue.reactions import follow_status
from listings.catalogue.refusals import AlreadySubmitted, NotYours, Stale, UnknownRight
from listings.catalogue.services import listings as service
from listings.catalogue.services import needs as need_service
from listings.catalogue.states import EDITABLE, ListingState, NeedState
from marketplace.core import clock, events, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from marketplace.core.models import Event, Timer
from tests import cast
from tests.builders import an_operator, member_actor
from tests.catalogue.makers import a_listing, a_need, a_right, content, expire, need_content

pytestmark = pytest.mark.django_db

VERBS = {
    "submit": service.submit_listing,
    "recall": service.recall_listing,
    "publish": service.publish_listing,
    "return": service.return_listing,
    "amend": service.amend_listing,
    "suspend": service.suspend_listing,
    "resume": service.resume_listing,
    "reserve": service.reserve_listing,
    "release": service.release_listing,
    "close": service.close_listing,
    "withdraw": service.withdraw_listing,
}
NEED_VERBS = {
    "submit": need_service.submit_need,
    "recall": need_service.recall_need,
    "publish": need_service.publish_need,
    "return": need_service.return_need,
    "amend": need_service.amend_need,
    "meet": need_service.meet_need,
    "withdraw": need_service.withdraw_need,
}
DESK = {"publish", "return", "suspend"}
REASONED = {"return", "suspend"}
FORBIDDEN = [
    (verb, state) for verb in VERBS for state in ListingState.values if LISTING_GRAPH.edge(verb, state) is None
]
ALLOWED = [(verb, state) for verb in VERBS for state in ListingState.values if LISTING_GRAPH.edge(verb, state)]
NEED_FORBIDDEN = [
    (verb, state) for verb in NEED_VERBS for state in NeedState.values if NEED_GRAPH.edge(verb, state) is None
]
NEED_ALLOWED = [(verb, state) for verb in NEED_VERBS for state in NeedState.values if NEED_GRAPH.edge(verb, state)]


def doer(verb: str, holder: cast.Part) -> cast.Part:
    return cast.ops() if verb in DESK else holder


def given(verb: str) -> dict[str, str]:
    return {"reason": "Because."} if verb in REASONED else {}


def test_every_verb_of_the_graphs_has_its_service():
    assert {edge.verb for edge in LISTING_GRAPH.edges} == {*VERBS, "expire"}
    assert {edge.verb for edge in NEED_GRAPH.edges} == {*NEED_VERBS, "expire"}


@pytest.mark.parametrize(("verb", "state"), ALLOWED)
def test_an_open_verb_leads_where_the_graph_says_and_writes_its_event(verb, state):
    listing = a_listing(state)
    by = doer(verb, cast.ines()).actor
    VERBS[verb](listing_id=listing.pk, by=by, **given(verb))
    after = Listing.objects.get(pk=listing.pk)
    edge = LISTING_GRAPH.edge(verb, state)
    assert after.state == edge.target
    assert after.version == listing.version + 1
    event = events.timeline(after)[0]
    assert (event.kind, event.before, event.after) == (f"listing.{verb}", state, edge.target)
    assert (event.actor_id, event.org_id) == (by.user_id, by.org_id)
    assert ("assets.asset", listing.rights[0].pk) in event.touched()


@pytest.mark.parametrize(("verb", "state"), FORBIDDEN)
def test_a_closed_verb_is_refused_and_changes_nothing(verb, state):
    listing = a_listing(state)
    count = Event.objects.count()
    with pytest.raises(IllegalTransition):
        VERBS[verb](listing_id=listing.pk, by=doer(verb, cast.ines()).actor, **given(verb))
    assert Listing.objects.get(pk=listing.pk).state == state
    assert Event.objects.count() == count


@pytest.mark.parametrize(("verb", "state"), ALLOWED)
def test_a_stranger_may_take_no_step(verb, state):
    listing = a_listing(state)
    with pytest.raises(NotPermitted):
        VERBS[verb](listing_id=listing.pk, by=cast.stranger().actor, **given(verb))


@pytest.mark.parametrize("verb", sorted(set(VERBS) - DESK))
@pytest.mark.parametrize("role", ["read_only", "finance", "signatory"])
def test_members_without_the_role_may_take_no_step(verb, role):
    state = LISTING_GRAPH.edges[[edge.verb for edge in LISTING_GRAPH.edges].index(verb)].sources[0]
    listing = a_listing(state)
    with pytest.raises(NotPermitted):
        VERBS[verb](listing_id=listing.pk, by=member_actor(cast.ines().organisation, role), **given(verb))


@pytest.mark.parametrize(("verb", "state"), NEED_ALLOWED)
def test_needs_go_where_their_graph_says(verb, state):
    need = a_need(state)
    NEED_VERBS[verb](need_id=need.pk, by=doer(verb, cast.bo()).actor, **given(verb))
    after = Need.objects.get(pk=need.pk)
    assert after.state == NEED_GRAPH.edge(verb, state).target
    assert events.timeline(after)[0].kind == f"need.{verb}"


@pytest.mark.parametrize(("verb", "state"), NEED_FORBIDDEN)
def test_needs_refuse_closed_verbs(verb, state):
    need = a_need(state)
    with pytest.raises(IllegalTransition):
        NEED_VERBS[verb](need_id=need.pk, by=doer(verb, cast.bo()).actor, **given(verb))


@pytest.mark.parametrize("verb", sorted(REASONED))
@pytest.mark.parametrize("reason", ["", "   "])
def test_a_decision_against_the_holder_needs_a_reason(verb, reason):
    listing = a_listing(ListingState.IN_REVIEW if verb == "return" else ListingState.PUBLISHED)
    with pytest.raises(ReasonMissing):
        VERBS[verb](listing_id=listing.pk, by=cast.ops().actor, reason=reason)


def test_review_is_promised_in_two_working_days():
    listing = a_listing(ListingState.IN_REVIEW)
    from marketplace.core.workdays import work_calendar

    promised = work_calendar().add_working_days(clock.today(), 2)
    assert timezone.localdate(listing.due_at - timedelta(seconds=1)) == promised


def operator_as_holder() -> cast.Part:
    operator = an_operator()
    return cast.Part(operator.memberships.live().filter(roles__contains=["owner"])[0].user, operator)


def test_nobody_publishes_their_own_organisations_listing():
    own = a_listing(ListingState.IN_REVIEW, by=operator_as_holder())
    with pytest.raises(NotYours):
        service.publish_listing(listing_id=own.pk, by=cast.ops().actor)


def test_a_listing_expires_on_its_own_after_its_last_day():
    listing = a_listing()
    timer = Timer.objects.get(subject_kind="catalogue.listing", subject_id=listing.pk, done_at=None)
    assert timer.name == "listing.expire"
    with clock.at(timer.due_at - timedelta(seconds=1)):
        timers.run_due()
    assert Listing.objects.get(pk=listing.pk).state == ListingState.PUBLISHED
    with clock.at(timer.due_at + timedelta(seconds=1)):
        timers.run_due()
    expired = Listing.objects.get(pk=listing.pk)
    assert expired.state == ListingState.EXPIRED
    assert events.timeline(expired)[0].actor_id is None


def test_a_reservation_lifted_after_the_last_day_expires_at_the_next_tick():
    listing = a_listing(ListingState.RESERVED)
    with clock.at(clock.now() + timedelta(days=400)):
        service.release_listing(listing_id=listing.pk, by=cast.ines().actor)
        timers.run_due()
    assert Listing.objects.get(pk=listing.pk).state == ListingState.EXPIRED


@pytest.mark.parametrize(
    "status", [LegalStatus.LAPSED, LegalStatus.EXPIRED, LegalStatus.INVALIDATED, LegalStatus.UNKNOWN]
)
@pytest.mark.parametrize("state", [ListingState.PUBLISHED, ListingState.RESERVED])
def test_a_listing_is_suspended_when_its_right_ends(status, state):
    listing = a_listing(state)
    asset = listing.rights[0]
    Asset.objects.filter(pk=asset.pk).update(status=status)
    with transaction.atomic():
        event = events.record("asset.status", asset, SYSTEM, after=status)
    follow_status([event])
    suspended = Listing.objects.get(pk=listing.pk)
    assert suspended.state == ListingState.SUSPENDED
    last = events.timeline(suspended)[0]
    assert last.actor_id is None
    assert "登记" in last.data["reason_zh"] and asset.number in last.data["reason_zh"]
    assert "register" in last.data["reason_en"]
    count = Event.objects.count()
    follow_status([event])
    assert Event.objects.count() == count, "a second run changes nothing"


def test_a_bundle_is_suspended_when_one_of_its_rights_ends():
    rights = [a_right(), a_right()]
    listing = a_listing(assets=rights)
    Asset.objects.filter(pk=rights[1].pk).update(status=LegalStatus.LAPSED)
    assert service.suspend_for_status([rights[1].pk]) == 1
    assert Listing.objects.get(pk=listing.pk).state == ListingState.SUSPENDED


def test_an_import_that_touches_the_right_suspends_too():
    listing = a_listing()
    asset = listing.rights[0]
    Asset.objects.filter(pk=asset.pk).update(status=LegalStatus.LAPSED)
    with transaction.atomic():
        event = events.record("patents.imported", listing, SYSTEM, data={"touched": {"assets.asset": [asset.pk]}})
    follow_status([event])
    assert Listing.objects.get(pk=listing.pk).state == ListingState.SUSPENDED


def test_a_status_that_still_allows_trade_suspends_nothing():
    listing = a_listing()
    Asset.objects.filter(pk=listing.rights[0].pk).update(status=LegalStatus.IN_GRACE)
    assert service.suspend_for_status([listing.rights[0].pk]) == 0


def test_the_holder_resumes_what_the_clock_suspended_once_the_right_stands_again():
    listing = a_listing(ListingState.SUSPENDED)
    Asset.objects.filter(pk=listing.rights[0].pk).update(status=LegalStatus.LAPSED)
    with pytest.raises(Incomplete):
        service.resume_listing(listing_id=listing.pk, by=cast.ines().actor)
    Asset.objects.filter(pk=listing.rights[0].pk).update(status=LegalStatus.IN_FORCE)
    assert service.resume_listing(listing_id=listing.pk, by=cast.ines().actor).state == ListingState.PUBLISHED


def test_the_holder_does_not_resume_what_the_operator_suspended():
    listing = a_listing()
    service.suspend_listing(listing_id=listing.pk, by=cast.ops().actor, reason="Complaint.")
    with pytest.raises(SuspendedByOperator):
        service.resume_listing(listing_id=listing.pk, by=cast.ines().actor)
    assert service.resume_listing(listing_id=listing.pk, by=cast.ops().actor).state == ListingState.PUBLISHED


def test_publishing_looks_again():
    listing = a_listing(ListingState.IN_REVIEW)
    Asset.objects.filter(pk=listing.rights[0].pk).update(status=LegalStatus.LAPSED)
    with pytest.raises(Incomplete) as refused:
        service.publish_listing(listing_id=listing.pk, by=cast.ops().actor)
    assert [lack.code for lack in refused.value.lacks] == ["right_lapsed"]


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("state", sorted(set(ListingState.values) - EDITABLE))
def test_content_is_fixed_outside_drafts(state):
    listing = a_listing(state)
    with pytest.raises(AlreadySubmitted):
        service.save_draft(listing_id=listing.pk, by=cast.ines().actor, values={"title_zh": "别的"})


def test_two_writers_do_not_overwrite_each_other():
    listing = a_listing(ListingState.DRAFT)
    service.save_draft(
        listing_id=listing.pk, by=cast.ines().actor, values={"title_zh": "甲"}, seen_version=listing.version
    )
    with pytest.raises(Stale):
        service.save_draft(
            listing_id=listing.pk, by=cast.ines().actor, values={"title_zh": "乙"}, seen_version=listing.version
        )
    assert Listing.objects.get(pk=listing.pk).title_zh == "甲"


def test_saving_the_same_again_writes_nothing():
    listing = a_listing(ListingState.DRAFT)
    count = Event.objects.count()
    saved = service.save_draft(listing_id=listing.pk, by=cast.ines().actor, values={"title_zh": listing.title_zh})
    assert saved.version == listing.version
    assert Event.objects.count() == count


def test_only_content_is_written_by_hand():
    listing = a_listing(ListingState.DRAFT)
    with pytest.raises(KeyError):
        service.save_draft(listing_id=listing.pk, by=cast.ines().actor, values={"state": "published"})
    with pytest.raises(KeyError):
        service.save_draft(listing_id=listing.pk, by=cast.ines().actor, values={"published_at": clock.now()})


def test_only_rights_held_are_listed():
    theirs = a_right(cast.bo())
    with pytest.raises(UnknownRight):
        service.create_listing(by=cast.ines().actor, asset_ids=[theirs.pk])
    listing = a_listing(ListingState.DRAFT)
    with pytest.raises(UnknownRight):
        service.save_draft(listing_id=listing.pk, by=cast.ines().actor, asset_ids=[theirs.pk])


def test_another_organisations_draft_does_not_exist_for_others():
    listing = a_listing(ListingState.DRAFT)
    with pytest.raises(NotFound):
        service.save_draft(listing_id=listing.pk, by=cast.stranger().actor, values={"title_zh": "x"})
    with pytest.raises(NotFound):
        service.copy_listing(listing_id=listing.pk, by=cast.stranger().actor)


def test_numbers_have_no_gaps_and_name_the_year():
    first = a_listing(ListingState.DRAFT)
    with pytest.raises(UnknownRight):
        service.create_listing(by=cast.ines().actor, asset_ids=[10**9])
    second = a_listing(ListingState.DRAFT)
    assert int(second.number[-5:]) == int(first.number[-5:]) + 1
    assert first.number.startswith(f"L-{clock.today().year}-")


def test_a_copy_is_a_draft_with_the_content_and_a_number_of_its_own():
    listing = a_listing(ListingState.WITHDRAWN)
    made = service.copy_listing(listing_id=listing.pk, by=cast.ines().actor)
    assert made.state == ListingState.DRAFT
    assert made.number != listing.number
    assert made.title_zh == listing.title_zh
    assert [asset.pk for asset in made.rights] == [asset.pk for asset in listing.rights]
    assert made.valid_until is None


def test_amending_keeps_the_number_and_goes_through_review_again():
    listing = a_listing()
    service.amend_listing(listing_id=listing.pk, by=cast.ines().actor)
    service.save_draft(listing_id=listing.pk, by=cast.ines().actor, values={"price_min": 5_000_000})
    service.submit_listing(listing_id=listing.pk, by=cast.ines().actor)
    service.publish_listing(listing_id=listing.pk, by=cast.ops().actor)
    again = Listing.objects.get(pk=listing.pk)
    assert again.number == listing.number
    assert again.version > listing.version


def test_a_delegate_acts_within_its_power_and_both_are_recorded():
    agent = cast.cora()
    from marketplace.accounts.services import delegations

    today = clock.today()
    kept = {
        "client_id": cast.ines().organisation.pk,
        "agent_id": agent.organisation.pk,
        "starts_on": today,
        "ends_on": today + timedelta(days=90),
        "by": cast.ines().actor,
    }
    granted = delegations.grant_delegation(powers=["list"], **kept)
    from marketplace.accounts.acting import actor_for

    actor = actor_for(agent.person, agent.membership, granted)
    listing = service.create_listing(by=actor, asset_ids=[a_right().pk], values=content())
    assert listing.organisation == cast.ines().organisation
    assert listing.on_behalf_of_id == cast.ines().organisation.pk
    submitted = service.submit_listing(listing_id=listing.pk, by=actor)
    event = events.timeline(submitted)[0]
    assert (event.org_id, event.on_behalf_of_id) == (agent.organisation.pk, cast.ines().organisation.pk)
    from dataclasses import replace

    with pytest.raises(NotPermitted):
        service.recall_listing(listing_id=listing.pk, by=replace(actor, powers=frozenset({"register"})))


def test_needs_are_written_in_drafts_only_and_by_their_own():
    need = a_need()
    with pytest.raises(AlreadySubmitted):
        need_service.save_need(need_id=need.pk, by=cast.bo().actor, values={"title_zh": "x"})
    draft = a_need(NeedState.DRAFT)
    with pytest.raises(NotFound):
        need_service.save_need(need_id=draft.pk, by=cast.stranger().actor, values={"title_zh": "x"})
    with pytest.raises(Incomplete):
        empty = need_service.create_need(by=cast.bo().actor, values=need_content(title_zh="", title_en=""))
        need_service.submit_need(need_id=empty.pk, by=cast.bo().actor)


# ── the database itself ──────────────────────────────────────────────────────────────────────────────────────────────
def test_the_database_refuses_a_change_of_state_without_its_event():
    listing = a_listing(ListingState.DRAFT)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalogue_listing SET state = 'withdrawn' WHERE id = %s", [listing.pk])


@pytest.mark.parametrize(
    "change",
    [
        "price_min = 0",
        "price_min = -1",
        "price_max = 1, price_min = 2",
        "royalty_pct = 101",
        "readiness = 10",
        "mode = 'gift'",
        "published_at = NULL",
        "valid_until = NULL",
        "price_min = NULL",
    ],
)
def test_the_database_refuses_what_cannot_be(change):
    listing = a_listing()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalogue_listing SET {change} WHERE id = %s", [listing.pk])


def test_a_right_stands_once_in_a_listing():
    listing = a_listing(ListingState.DRAFT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ListedAsset.objects.create(listing=listing, asset=listing.rights[0], position=1)


def test_expiry_is_for_the_clock():
    listing = a_listing()
    expire(listing)
    assert Listing.objects.get(pk=listing.pk).state == ListingState.EXPIRED
