"""Talks: begun by an enquiry, carried by messages, quiet after a while, and nobody else's business."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from listings.catalogue.services.enquiries import ask
from listings.deals.contacts import HIDDEN
from listings.deals.graphs.talks import NEGOTIATION_GRAPH
from listings.deals.models import Message, Negotiation, Offer
from listings.deals.services import negotiations as service
from listings.deals.services.negotiations import ShortForm
from listings.deals.talks import presenting as shown
from listings.deals.talks.reactions import follow_talks
from listings.deals.talks.refusals import TalksClosed
from listings.deals.talks.states import OfferState, TalkState
from marketplace.accounts.roles import Power, Role
from marketplace.accounts.services import delegations
from marketplace.core import clock
from marketplace.core.errors import IllegalTransition, Invalid, NotFound, NotPermitted, ReasonMissing
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event, Timer
from marketplace.core.timers import run_due
from tests import cast
from tests.builders import member_actor
from tests.catalogue import makers
from tests.deals.talks import FORM, a_negotiation, an_offer

pytestmark = pytest.mark.django_db


def fresh(talks: Negotiation) -> Negotiation:
    return Negotiation.objects.for_page().get(pk=talks.pk)


def test_an_enquiry_begins_talks_with_its_form():
    talks = a_negotiation()
    assert talks.state == TalkState.ASKED and talks.is_qualified
    assert (talks.holder, talks.buyer) == (cast.ines().organisation, cast.bo().organisation)
    event = Event.objects.get(kind="negotiation.begin")
    assert event.subject_id == talks.pk and event.data["number"] == talks.number


def test_a_plain_enquiry_gets_its_talks_from_the_relay_once():
    listing = makers.a_listing()
    enquiry = ask(listing_id=listing.pk, by=cast.bo().actor, message="How thick?")
    events = list(Event.objects.filter(kind="listing.enquiry"))
    follow_talks(events)
    follow_talks(events)
    talks = Negotiation.objects.get()
    assert talks.enquiry == enquiry and not talks.is_qualified
    assert service.open_negotiation(enquiry_id=enquiry.pk) == talks


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("purpose", {"purpose": "fun"}),
        ("stage", {"stage": ""}),
        ("horizon", {"horizon": "soon"}),
        ("decider", {"decider": "x"}),
        ("budget_min", {"budget_min": Decimal("-1")}),
        ("budget_max", {"budget_min": Decimal("5"), "budget_max": Decimal("4")}),
    ],
)
def test_the_form_is_checked_before_anything_is_written(field, change):
    listing = makers.a_listing()
    told = {"purpose": "production", "stage": "ready", "horizon": "month", "decider": "board", **change}
    with pytest.raises(Invalid) as refused:
        service.enquire(listing_id=listing.pk, by=cast.bo().actor, message="How?", form=ShortForm(**told))
    assert refused.value.field == field and not Negotiation.objects.exists()


def test_the_asking_side_may_qualify_later_and_the_holder_may_not():
    enquiry = ask(listing_id=makers.a_listing().pk, by=cast.bo().actor, message="How?")
    talks = service.open_negotiation(enquiry_id=enquiry.pk)
    service.qualify(negotiation_id=talks.pk, by=cast.bo().actor, form=FORM)
    assert fresh(talks).is_qualified
    with pytest.raises(NotPermitted):
        service.qualify(negotiation_id=talks.pk, by=cast.ines().actor, form=FORM)


def test_the_holders_first_message_answers():
    talks = a_negotiation()
    service.say(negotiation_id=talks.pk, by=cast.ines().actor, text="15 μm.")
    talks = fresh(talks)
    assert talks.state == TalkState.TALKING and talks.first_answered_at is not None
    assert talks.last_said_by == "holder"
    service.say(negotiation_id=talks.pk, by=cast.bo().actor, text="Thank you.")
    assert fresh(talks).last_said_by == "buyer"
    assert [one.text for one in Message.objects.all()] == ["15 μm.", "Thank you."]


def test_a_second_question_of_the_asker_is_no_answer():
    talks = a_negotiation()
    service.say(negotiation_id=talks.pk, by=cast.bo().actor, text="And how wide?")
    assert fresh(talks).state == TalkState.ASKED


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_message_says_something_and_not_too_much(text):
    with pytest.raises(Invalid):
        service.say(negotiation_id=a_negotiation().pk, by=cast.bo().actor, text=text)


def test_strangers_do_not_exist_here_and_readers_do_not_write():
    talks = a_negotiation()
    reader = member_actor(cast.bo().organisation, Role.READ_ONLY)
    for verb in (
        lambda by: service.say(negotiation_id=talks.pk, by=by, text="Hello"),
        lambda by: service.share_contacts(negotiation_id=talks.pk, by=by),
        lambda by: service.close(negotiation_id=talks.pk, by=by, reason="no"),
        lambda by: service.qualify(negotiation_id=talks.pk, by=by, form=FORM),
    ):
        with pytest.raises(NotFound):
            verb(cast.stranger().actor)
        with pytest.raises(NotFound):
            verb(cast.ops().actor)
        with pytest.raises(NotPermitted):
            verb(reader)


def test_a_delegate_writes_within_its_power():
    talks = a_negotiation()
    cora, ines, today = cast.cora(), cast.ines(), clock.today()
    from marketplace.accounts.acting import actor_for

    def acting(power):
        made = delegations.grant_delegation(
            client_id=ines.organisation.pk,
            agent_id=cora.organisation.pk,
            powers=[power],
            starts_on=today,
            ends_on=today,
            by=ines.actor,
        )
        actor = actor_for(cora.person, cora.membership, made)
        delegations.end_delegation(delegation_id=made.pk, by=ines.actor)
        return actor

    service.say(negotiation_id=talks.pk, by=acting(Power.ENQUIRE), text="For Ines: 15 μm.")
    said = Message.objects.get()
    assert said.organisation == ines.organisation and said.on_behalf_of == ines.organisation
    with pytest.raises(NotFound):
        service.say(negotiation_id=talks.pk, by=acting(Power.NEED), text="Hello")


def test_contacts_are_hidden_until_both_sides_share():
    talks = a_negotiation(message="Call me: 13812345678")
    service.say(negotiation_id=talks.pk, by=cast.ines().actor, text="Or write to ines@holder.test")

    def texts(organisation):
        now = fresh(talks)
        return [row["text"] for row in shown.thread(now, list(now.messages.all()), organisation.pk)]

    hidden = [f"Call me: {HIDDEN}", f"Or write to {HIDDEN}"]
    assert texts(cast.bo().organisation) == texts(cast.ines().organisation) == hidden
    service.share_contacts(negotiation_id=talks.pk, by=cast.bo().actor)
    assert texts(cast.ines().organisation) == hidden and shown.contact_lines(fresh(talks), talks.holder_id) == []
    service.share_contacts(negotiation_id=talks.pk, by=cast.ines().actor)
    service.share_contacts(negotiation_id=talks.pk, by=cast.ines().actor)
    assert texts(cast.ines().organisation) == ["Call me: 13812345678", "Or write to ines@holder.test"]
    assert len(shown.contact_lines(fresh(talks), talks.holder_id)) == 3
    assert Event.objects.filter(kind="negotiation.share_contacts").count() == 2


def test_closing_needs_a_reason_and_ends_a_standing_offer():
    talks = a_negotiation()
    offer = an_offer(talks)
    with pytest.raises(ReasonMissing):
        service.close(negotiation_id=talks.pk, by=cast.ines().actor, reason=" ")
    service.close(negotiation_id=talks.pk, by=cast.ines().actor, reason="Sold elsewhere.")
    assert fresh(talks).state == TalkState.CLOSED
    assert Offer.objects.get(pk=offer.pk).state == OfferState.ENDED
    with pytest.raises(TalksClosed):
        service.say(negotiation_id=talks.pk, by=cast.bo().actor, text="Wait")
    with pytest.raises(IllegalTransition):
        service.close(negotiation_id=talks.pk, by=cast.bo().actor, reason="Fine")


def test_reminders_after_three_and_seven_days_and_silence_after_thirty():
    talks = a_negotiation()
    start = talks.opened_at
    for days, told in ((2, 0), (4, 1), (8, 2), (12, 2)):
        with clock.at(start + timedelta(days=days)):
            run_due()
        assert Event.objects.filter(kind="negotiation.remind").count() == told
    with clock.at(start + timedelta(days=31)):
        run_due()
    assert fresh(talks).state == TalkState.LAPSED


def test_an_answer_disarms_the_reminders():
    talks = a_negotiation()
    service.say(negotiation_id=talks.pk, by=cast.ines().actor, text="15 μm")
    names = Timer.objects.filter(subject_id=talks.pk, done_at=None, subject_kind="deals.negotiation")
    assert set(names.values_list("name", flat=True)) == {"negotiation.lapse"}


def test_talks_lapse_sixty_days_after_the_last_word_and_a_message_takes_them_up_again():
    talks = a_negotiation()
    service.say(negotiation_id=talks.pk, by=cast.ines().actor, text="15 μm")
    offer = an_offer(talks, valid_until=timezone.now() + timedelta(days=300))
    later = clock.now() + timedelta(days=50)
    with clock.at(later):
        service.say(negotiation_id=talks.pk, by=cast.bo().actor, text="Still thinking")
    with clock.at(later + timedelta(days=20)):
        take_timed_step(NEGOTIATION_GRAPH, talks.pk, "lapse")
    assert fresh(talks).state == TalkState.TALKING
    with clock.at(later + timedelta(days=61)):
        take_timed_step(NEGOTIATION_GRAPH, talks.pk, "lapse")
        assert fresh(talks).state == TalkState.LAPSED
        follow_talks(list(Event.objects.filter(kind="negotiation.lapse")))
        assert Offer.objects.get(pk=offer.pk).state == OfferState.ENDED
        service.say(negotiation_id=talks.pk, by=cast.bo().actor, text="Back again")
    assert fresh(talks).state == TalkState.TALKING


def test_response_time_is_the_median_of_three_or_more():
    ines, waits = cast.ines(), (1, 5, 30)
    assert service.response_time(ines.organisation.pk) is None
    for hours in waits:
        talks = a_negotiation(listing=makers.a_listing())
        with clock.at(talks.opened_at + timedelta(hours=hours)):
            service.say(negotiation_id=talks.pk, by=ines.actor, text="Yes")
    found = service.response_time(ines.organisation.pk)
    assert found is not None and round(found.total_seconds() / 3600) == 5
    assert shown.waited(found) == "5 小时" and shown.waited(timedelta(days=3)) == "3 天" and shown.waited(None) == "—"


def test_the_database_refuses_what_the_services_never_do():
    talks = a_negotiation()
    service.say(negotiation_id=talks.pk, by=cast.ines().actor, text="15 μm")
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.update(text="something else")
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Negotiation.objects.filter(pk=talks.pk).update(state="agreed")
    with pytest.raises(IntegrityError), transaction.atomic():
        Negotiation.objects.filter(pk=talks.pk).update(buyer=talks.holder)
