"""Who is told of a listing's or a need's steps, also of those that no person takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import translation

from listings.catalogue import access
from listings.catalogue.contributions import todo_lines
from listings.catalogue.models import Listing, Need
from listings.catalogue.naming import shown_number
from listings.catalogue.services import listings
from listings.catalogue.states import Mode
from listings.rights.services.consents import give_consent
from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.models import Event, Timer
from marketplace.notifications import sending, service
from marketplace.notifications.models import Delivery
from tests import cast
from tests.builders import a_person, joins, member_actor
from tests.catalogue.makers import a_listing, a_need, a_right
from tests.rights.makers import owned

pytestmark = pytest.mark.django_db


def let_it_run_out(subject: Listing | Need) -> Event:
    """The clock takes its step, as beat lets it; returns the event that it wrote."""
    timer = Timer.objects.get(subject_kind=subject._meta.label_lower, subject_id=subject.pk, done_at__isnull=True)
    with clock.at(timer.due_at + timedelta(seconds=1)):
        timers.run_due()
    event = Event.objects.filter(subject_id=subject.pk, kind__endswith=".expire").get()
    assert event.actor_id is None and not event.data.get("number"), "a step of the clock carries no data of a person"
    return event


@pytest.mark.parametrize(
    ("make", "words", "words_zh", "page"),
    [
        (a_listing, "Your listing {} has expired", "您的挂牌 {} 已到期", "/workspace/listings/{}/"),
        (a_need, "Your need {} has expired", "您的需求 {} 已到期", "/workspace/needs/{}/"),
    ],
)
def test_the_holder_hears_that_the_clock_ended_it(make, words, words_zh, page) -> None:
    subject = make()
    owner = cast.ines() if make is a_listing else cast.bo()
    english = a_person("reads-english@people.test", language="en")
    joins(english, subject.organisation, [Role.STAFF])
    stranger = a_person("stranger@people.test")
    service.deliver([let_it_run_out(subject)])
    assert sending.send_due() == 2
    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert set(letters) == {owner.person.email, english.email}
    assert words.format(subject.number) in letters[english.email].subject
    assert f"/en{page.format(subject.number)}" in letters[english.email].body
    told = service.inbox(owner.person.pk).get()
    assert told.url == page.format(subject.number)
    with translation.override("zh-hans"):
        assert service.sentence_of(told) == words_zh.format(subject.number)
    assert not service.inbox(stranger.pk).exists()


def test_a_second_relay_of_the_same_end_tells_nobody_twice() -> None:
    event = let_it_run_out(a_listing())
    service.deliver([event])
    before = Delivery.objects.count()
    service.deliver([event])
    assert Delivery.objects.count() == before > 0


def test_a_co_owner_hears_once_that_its_consent_is_awaited() -> None:
    """By notice and letter, with the count beside and the line on the first page, until it has agreed."""
    seller, partner = cast.ines(), cast.stranger()
    asset = a_right(seller)
    owned(asset, (seller, (7, 10)), (partner, (3, 10)))
    with translation.override("en"):
        listing = listings.create_listing(by=seller.actor, asset_ids=[asset.pk])
    number = shown_number(asset)
    listings.save_draft(listing_id=listing.pk, by=seller.actor, values={"mode": Mode.ORDINARY})  # may grant it alone
    assert not access.consents_awaited(partner.actor).exists()
    listings.save_draft(listing_id=listing.pk, by=seller.actor, values={"mode": Mode.TRANSFER})  # was asked before
    (asked,) = Event.objects.filter(kind="listing.ask_consent", subject_id=listing.pk)
    service.deliver([asked])
    assert sending.send_due() == 1
    (letter,) = mail.outbox
    assert letter.to == [partner.person.email]
    assert number in letter.subject and seller.organisation.name_zh in letter.subject
    told = service.inbox(partner.person.pk).get()
    for language, words in (("zh-hans", "请求您同意"), ("en", "asks for your consent")):
        with translation.override(language):
            assert words in service.sentence_of(told)
    browser = partner.signed_in()
    page = browser.get(told.url).content.decode()
    assert number in page and f"/patents/{asset.pk}/rights/#consents" in page
    assert [one.asset_id for one in access.consents_awaited(partner.actor)] == [asset.pk]
    assert any(number in line["text"] for line in todo_lines(partner.actor))
    staff = member_actor(partner.organisation, Role.STAFF)
    assert not access.consents_awaited(staff).exists() and not access.consents_awaited(seller.actor).exists()
    give_consent(asset_id=asset.pk, kind="co_owner", acts=["assign", "list"], by=partner.actor)
    assert not access.consents_awaited(partner.actor).exists()
    assert number not in browser.get(told.url).content.decode()
