"""The pages and the API of talks: what each side reads and does, and that nobody else is let in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from listings.deals.contacts import HIDDEN
from listings.deals.models import Deal, NdaText, Negotiation, Offer, RoomFile, RoomGrant, SealedOffer, SealedRound
from listings.deals.services import negotiations
from marketplace.accounts.roles import Role
from marketplace.core.models import FileOpening
from tests import cast
from tests.brokers.makers import a_mandate, a_proposal, zhou
from tests.builders import a_pdf, a_person, joins
from tests.catalogue import makers
from tests.deals.talks import a_negotiation, a_room_file, a_sealed_listing, accepts_nda, an_offer, given

pytestmark = pytest.mark.django_db
ANSWERS = {
    "message": "How thick is it? Call 13812345678",
    "purpose": "production",
    "stage": "evaluating",
    "horizon": "quarter",
    "decider": "board",
    "currency": "CNY",
    "budget_min": "100000",
    "budget_max": "5000000",
}
TERMS = {
    "answers": "0",
    "price": "4600000.00",
    "currency": "CNY",
    "milestones": "signing; 2600000; 0\nhandover; 2000000; 90",
    "tax_by": "law",
    "annuity_by": "buyer",
    "records": "buyer",
    "conditions": "Training for two.",
}


def until(days: int = 14) -> str:
    return f"{timezone.localtime(timezone.now() + timedelta(days=days)):%Y-%m-%dT%H:%M}"


def text(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_from_the_form_on_the_listing_to_the_deal():
    """The whole way in browsers: question, answer, NDA, data room, offer, counter, acceptance."""
    listing = makers.a_listing()
    bo, ines = cast.bo().signed_in(), cast.ines().signed_in()
    answer = bo.post(reverse("listing_ask", args=[listing.number]), ANSWERS)
    talks = Negotiation.objects.get()
    page = reverse("negotiation", args=[talks.number])
    assert answer.status_code == 302 and answer["Location"] == page
    assert bo.get(reverse("listing_ask", args=[listing.number]))["Location"] == page
    seen = text(ines.get(reverse("enquiries")))
    assert talks.number in seen and HIDDEN in seen and "13812345678" not in seen
    thread = text(ines.get(page))
    assert "自用生产" in thread and "董事会" in thread and "13812345678" not in thread
    ines.post(reverse("negotiation_say", args=[talks.number]), {"text": "15 μm."})
    assert "15 μm." in text(bo.get(page))

    upload = SimpleUploadedFile("bench.pdf", a_pdf().read(), content_type="application/pdf")
    assert ines.post(reverse("listing_room", args=[listing.number]), {"upload": upload}).status_code == 302
    row = RoomFile.objects.get()
    room = reverse("negotiation_room", args=[talks.number])
    day = f"{timezone.localdate() + timedelta(days=9):%Y-%m-%d}"
    assert ines.post(room, {"file": row.pk, "until": day}).status_code == 302
    file = reverse("room_file_open", args=[talks.number, row.pk])
    assert bo.get(file).status_code == 403 and not FileOpening.objects.exists()
    nda = reverse("negotiation_nda", args=[talks.number])
    assert "保密承诺书" in text(bo.get(nda))
    accepted = {"sha256": NdaText.objects.get().sha256, "name": "Bo", "agreed": "on"}
    assert bo.post(nda, accepted).status_code == 302
    assert bo.get(file).content.startswith(b"%PDF") and FileOpening.objects.count() == 1
    assert "127.0.0.1" in text(ines.get(reverse("listing_room", args=[listing.number])))
    ines.post(reverse("room_file_revoke", args=[talks.number, row.pk]))
    assert bo.get(file).status_code == 404

    new = reverse("offer_new", args=[talks.number])
    assert bo.post(new, {**TERMS, "valid_until": until(), "price": "1"}).status_code == 422
    assert bo.post(new, {**TERMS, "valid_until": until()}).status_code == 302
    assert "4,600,000.00 元" in text(ines.get(page))
    counter = {**TERMS, "valid_until": until(), "price": "4750000.00", "milestones": "", "answers": "1"}
    assert ines.post(new, counter).status_code == 302
    second = text(bo.get(reverse("offer_detail", args=[talks.number, 2])))
    assert "4,600,000.00 元" in second and "4,750,000.00 元" in second and "<del>" in second
    assert ines.get(reverse("offer_act", args=[talks.number, 2, "accept"])).status_code == 200
    assert ines.post(reverse("offer_act", args=[talks.number, 2, "accept"])).status_code == 403
    assert bo.post(reverse("offer_act", args=[talks.number, 1, "accept"])).status_code == 409
    accept = reverse("offer_act", args=[talks.number, 2, "accept"])
    confirm = text(bo.get(accept))
    assert "4,750,000.00 元" in confirm and "alertdialog" in confirm
    assert bo.post(accept).status_code == 302
    assert Deal.objects.get().price == 4750000
    assert Deal.objects.get().number in text(bo.get(page))


def everything() -> dict[str, tuple[str, ...]]:
    """Every address of talks between Ines and Bo, a sealed round and a mandate, as (method, url)."""
    talks = a_negotiation()
    an_offer(talks)
    row = a_room_file(talks.listing)
    accepts_nda(talks)
    given(talks, row)
    sealed = a_sealed_listing()
    sealed_talks = a_negotiation(listing=sealed)
    mandate = a_mandate()
    n = talks.number
    urls = [
        reverse(name, args=[n])
        for name in (
            "negotiation",
            "negotiation_say",
            "negotiation_share",
            "negotiation_qualify",
            "negotiation_close",
            "negotiation_nda",
            "negotiation_room",
            "offer_new",
        )
    ]
    urls += [reverse(name, args=[n, row.pk]) for name in ("room_file_open", "room_file_revoke")]
    urls += [reverse("offer_detail", args=[n, 1]), reverse("offer_act", args=[n, 1, "accept"])]
    urls += [reverse("sealed_hand_in", args=[sealed_talks.number])]
    urls += [reverse(name, args=[talks.listing.number]) for name in ("listing_room", "listing_nda")]
    urls += [reverse("room_file_withdraw", args=[talks.listing.number, row.pk])]
    urls += [reverse(name, args=[sealed.number]) for name in ("sealed_round", "sealed_open")]
    urls += [reverse(name, args=[mandate.pk]) for name in ("mandate", "mandate_introduce")]
    urls += [reverse("mandate_act", args=[mandate.pk, "terminate"])]
    api = f"/api/v1/negotiations/{n}/"
    urls += [api, f"/api/v1/mandates/{mandate.pk}/", f"/api/v1/mandates/{mandate.pk}/accept/"]
    verbs = "messages qualify share-contacts close nda room grant revoke offers accept reject withdraw sealed"
    urls += [f"{api}{verb}/" for verb in verbs.split()]
    urls.append(f"{api}room/{row.pk}/content/")
    return dict.fromkeys(urls, ("get", "post"))


def test_for_another_organisation_none_of_it_exists():
    urls = everything()
    before = (Offer.objects.count(), RoomGrant.objects.in_force().count(), FileOpening.objects.count())
    stranger, wrong = cast.stranger().signed_in(Client(raise_request_exception=False)), []
    for url, methods in urls.items():
        for method in methods:
            status = getattr(stranger, method)(url).status_code
            if status not in (404, 405):
                wrong.append(f"{method} {url}: {status}")
            status = getattr(Client(), method)(url).status_code
            if status not in (302, 401, 403, 405):
                wrong.append(f"anonymous {method} {url}: {status}")
    assert not wrong, "\n".join(wrong)
    after = (Offer.objects.count(), RoomGrant.objects.in_force().count(), FileOpening.objects.count())
    assert len(urls) > 30 and before == after


def test_a_reader_of_the_house_reads_and_changes_nothing():
    talks = a_negotiation()
    an_offer(talks)
    ines = cast.ines()
    rita = a_person("rita@holder.test", name="Rita")
    joins(rita, ines.organisation, [Role.READ_ONLY])
    browser = cast.Part(rita, ines.organisation).signed_in()
    assert browser.get(reverse("negotiation", args=[talks.number])).status_code == 200
    assert browser.get(reverse("offer_detail", args=[talks.number, 1])).status_code == 200
    for name, args, body in (
        ("negotiation_say", [], {"text": "Hello"}),
        ("negotiation_share", [], {}),
        ("negotiation_close", [], {"reason": "no"}),
        ("offer_act", [1, "accept"], {}),
        ("offer_act", [1, "reject"], {}),
    ):
        assert browser.post(reverse(name, args=[talks.number, *args]), body).status_code == 403, name
    assert Offer.objects.get().state == "standing" and not Deal.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_stands_in_both_languages(language):
    urls = [url for url in everything() if not url.startswith("/api/") and "/act/" not in url]
    ines, bo, broker = cast.ines().signed_in(), cast.bo().signed_in(), zhou().signed_in()
    prefix = "" if language == "zh-hans" else "/en"
    reached = 0
    for url in [*urls, reverse("enquiries"), reverse("mandate_list"), reverse("mandate_new")]:
        answers = [browser.get(prefix + url) for browser in (ines, bo, broker)]
        assert {one.status_code for one in answers} <= {200, 302, 403, 404, 405, 409}, url
        for one in answers:
            if one.status_code == 200 and one["Content-Type"].startswith("text/html"):
                reached += 1
                body = one.content.decode()
                assert f'lang="{"en" if language == "en" else "zh-CN"}"' in body and "%(" not in body, url
    assert reached > 25


def test_the_inbox_and_the_thread_cost_the_same_for_more():
    def asks(count, start=0):
        for n in range(start, start + count):
            buyer = cast._part(f"q{n}@buyer.test", f"Q{n}", "enterprise", f"询问者{n}有限公司", f"Asker {n} Ltd.")
            talks = a_negotiation(listing=listing, buyer=buyer)
            an_offer(talks, by=buyer)
            negotiations.say(negotiation_id=talks.pk, by=buyer.actor, text="Hello")
            negotiations.say(negotiation_id=first.pk, by=cast.bo().actor, text="And?")

    def counted(url):
        ines.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert ines.get(url).status_code == 200
        return len(queries)

    listing, ines = makers.a_listing(), cast.ines().signed_in()
    first = a_negotiation(listing=listing)
    asks(2)
    urls = [
        reverse("enquiries"),
        reverse("negotiation", args=[first.number]),
        reverse("listing_room", args=[listing.number]),
    ]
    few = [counted(url) for url in urls]
    asks(5, start=2)
    assert [counted(url) for url in urls] == few
    assert max(few) <= 18, few


def test_sealed_offers_in_browsers():
    listing = a_sealed_listing(timezone.now() + timedelta(seconds=30))
    talks = a_negotiation(listing=listing)
    ines, bo, ops = cast.ines().signed_in(), cast.bo().signed_in(), cast.ops().signed_in()
    page = reverse("sealed_round", args=[listing.number])
    phrase = "correct horse battery staple"
    assert ines.post(page, {"passphrase": phrase, "again": "x" * 20, "binding_days": "30"}).status_code == 422
    assert ines.post(page, {"passphrase": phrase, "again": phrase, "binding_days": "30"}).status_code == 302
    hand_in = reverse("sealed_hand_in", args=[talks.number])
    assert bo.post(hand_in, TERMS).status_code == 302
    assert SealedOffer.objects.count() == 1
    assert "4600000" not in text(ines.get(page)) and "4,600,000" not in text(ines.get(page))
    assert ines.post(reverse("sealed_open", args=[listing.number]), {"passphrase": phrase}).status_code == 409
    import time

    found = SealedRound.objects.get()
    while timezone.now() < found.closes_at:
        time.sleep(0.1)
    assert bo.post(hand_in, TERMS).status_code == 422
    assert listing.number in text(ops.get(reverse("sealed_desk")))
    assert ops.post(reverse("sealed_open", args=[listing.number])).status_code == 302
    assert ines.post(reverse("sealed_open", args=[listing.number]), {"passphrase": "x" * 20}).status_code == 422
    assert ines.post(reverse("sealed_open", args=[listing.number]), {"passphrase": phrase}).status_code == 302
    assert "4,600,000.00 元" in text(ines.get(page))
    assert "4,600,000.00" not in text(ops.get(page)), "the result is the holder's"


def test_the_api_does_what_the_pages_do():
    listing = makers.a_listing()
    bo, ines = cast.bo().signed_in(), cast.ines().signed_in()
    json = {"content_type": "application/json"}
    made = bo.post("/api/v1/negotiations/", {**ANSWERS, "listing": listing.number}, **json)
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    api = f"/api/v1/negotiations/{number}/"
    assert made.json()["side"] == "buyer" and ines.get(api).json()["side"] == "holder"
    assert ines.post(f"{api}messages/", {"text": "ines@holder.test"}, **json).status_code == 201
    assert bo.get(f"{api}messages/").json()[0]["text"] == HIDDEN
    terms = {"price": "100.00", "mode": "transfer", "valid_until": (timezone.now() + timedelta(days=3)).isoformat()}
    assert bo.post(f"{api}offers/", {**terms, "answers": 0}, **json).status_code == 201
    stale = ines.post(f"{api}offers/", {**terms, "answers": 0}, **json)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "offer_stale")
    counter = ines.post(f"{api}offers/", {**terms, "price": "120.00", "answers": 1}, **json)
    assert counter.json()["differences"][0] == {"field": "price", "before": "100.00", "after": "120.00"}
    assert bo.post(f"{api}accept/", {"version": 1}, **json).status_code == 409
    done = bo.post(f"{api}accept/", {"version": 2}, **json)
    assert done.status_code == 200 and done.json()["state"] == "accepted"
    assert [one["number"] for one in bo.get("/api/v1/negotiations/").json()] == [number]


def test_mandates_in_browsers():
    ines, broker = cast.ines().signed_in(), zhou().signed_in()
    today = timezone.localdate()
    body = {
        "other": zhou().organisation.pk,
        "side": "selling",
        "scope": "all",
        "starts_on": f"{today:%Y-%m-%d}",
        "ends_on": f"{today + timedelta(days=90):%Y-%m-%d}",
        "tail_months": "6",
        "commission_pct": "3",
        "payer": "client",
    }
    assert ines.post(reverse("mandate_new"), {**body, "ends_on": "2020-01-01"}).status_code == 422
    answer = ines.post(reverse("mandate_new"), body)
    assert answer.status_code == 302
    page = answer["Location"]
    pk = int(page.rstrip("/").rsplit("/", 1)[1])
    assert broker.post(reverse("mandate_act", args=[pk, "accept"])).status_code == 302
    listing = makers.a_listing()
    told = {"matter": listing.number, "other": cast.bo().organisation.pk}
    assert broker.post(reverse("mandate_introduce", args=[pk]), told).status_code == 302
    assert broker.post(reverse("mandate_introduce", args=[pk]), {**told, "matter": "L-2026-99999"}).status_code == 422
    assert listing.number in text(ines.get(page))
    talks = a_negotiation(listing=listing)
    assert "佣金为价款的 3%" in text(cast.bo().signed_in().get(reverse("negotiation", args=[talks.number])))
    with translation.override("en"):
        assert a_proposal().number in text(ines.get(reverse("mandate_list")))
