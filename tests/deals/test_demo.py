"""The demo's stories of talks, deals and money: told by the services, they end where they should."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from listings.catalogue.demo_data import HERE as LISTINGS
from listings.catalogue.states import PriceMode
from listings.deals import demo_data, money
from listings.deals.models import Deal, Negotiation, Offer, RoomGrant, SealedOffer
from listings.deals.services import sealed
from listings.deals.states import DealState, FilingState
from listings.deals.talks.states import OfferState
from listings.rights.services.consents import give_consent
from listings.rights.states import Act, ConsentKind
from marketplace.accounts import demo as people
from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.roles import Role
from marketplace.core import clock, relay
from marketplace.core.models import Event
from marketplace.payments import demo as bank
from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import Payout
from marketplace.payments.states import PayoutState
from marketplace.signing.models import Signature
from marketplace.signing.sealing import seal_key
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.rights.makers import owned, pledged

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = {row["title_zh"]: row for row in json.loads((LISTINGS / "listings.json").read_text("utf-8"))}
TITLES = (
    "变速工况轴承诊断算法",
    "四氟丙烯气相合成工艺转让",
    "富锂锰基正极氟化改性工艺转让",
    "聚合釜防挂胶搅拌装置",
    "免钠处理氟塑料粘接工艺",
    "低蠕变密封材料独占许可",
    "谐波减速器齿形技术密封报价",
)


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")
    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    yield
    if "stripe" in kept:
        providers.register(kept["stripe"])


def part_of(key: str) -> cast.Part:
    """The owner of a demo organisation."""
    name = next(row["name_zh"] for row in people.told("organisations") if row["key"] == key)
    organisation = Organisation.objects.get(name_zh=name)
    held = Membership.objects.live().filter(organisation=organisation, roles__contains=[Role.OWNER]).order_by("pk")
    return cast.Part(held[0].user, organisation)


def publish(title: str) -> None:
    """The listing as the catalogue's own chapter has it, without its patent's particulars."""
    row = ROWS[title]
    assert row["state"] == "published"
    seller = part_of(row["organisation"])
    asset = a_right(seller)
    if row["patents"] == ["p122"]:
        partner = part_of("yit")
        owned(asset, (seller, (11, 20)), (partner, (9, 20)))
        give_consent(asset_id=asset.pk, kind=ConsentKind.CO_OWNER, acts=[Act.LIST, Act.ASSIGN], by=partner.actor)
    if row["patents"] == ["p147"]:
        pledged(asset, part_of("ruralbank"))
    prices: dict[str, object] = {"price_min": Decimal("100000.00")}
    if row["price_mode"] == PriceMode.SEALED:
        prices = {
            "price_mode": PriceMode.SEALED,
            "price_min": None,
            "offers_until": clock.now() + timedelta(days=25),
        }
    a_listing(by=seller, assets=[asset], mode=row["mode"], title_zh=title, **prices)


def test_the_stories_stand_where_they_should_and_nothing_is_out_of_balance():
    people.load(lambda line: None)
    bank.load(lambda line: None)
    for title in TITLES:
        publish(title)
    demo_data.load(lambda line: None)
    relay.relay_all()

    found = Counter(Deal.objects.values_list("state", flat=True))
    standing = ("completed", "recording", "consenting", "signing", "paying")
    assert found == dict.fromkeys(standing, 1)
    stages.adds_up()

    done = Deal.objects.get(state=DealState.COMPLETED)
    assert done.reviews.exclude(published_at=None).count() == 2
    paid = Payout.objects.about(done.subject)
    assert set(paid.values_list("purpose", flat=True)) >= {"seller", "co_owner", "broker"}
    assert set(paid.values_list("state", flat=True)) == {PayoutState.PAID}

    recording = Deal.objects.get(state=DealState.RECORDING)
    assert demo_data.recordal(recording).state == FilingState.EVIDENCED
    assert money.held(recording).amount == recording.price

    paying = Deal.objects.get(state=DealState.PAYING)
    assert (money.held(paying).amount, money.still_to_come(paying).amount) == (
        paying.deposit,
        paying.price - paying.deposit,
    )

    talks = Negotiation.objects.get(listing__title_zh="低蠕变密封材料独占许可")
    assert list(Offer.objects.filter(negotiation=talks).order_by("version").values_list("state", flat=True)) == [
        OfferState.SUPERSEDED,
        OfferState.STANDING,
    ]
    assert RoomGrant.objects.in_force().filter(negotiation=talks).count() == 1

    running = SealedOffer.objects.select_related("round")[0].round
    assert len(sealed.counting_offers(running)) == 2

    signers = Signature.objects.exclude(person=None).values_list("person__email", flat=True)
    told = {row["email"]: row["needs_mfa"] for row in people.told("people")}
    assert all(told[email] for email in signers), "whoever signs in the demo holds a second factor"
    assert seal_key().is_demo

    before = Event.objects.count()
    demo_data.load(lambda line: None)
    assert Event.objects.count() == before, "a second run changes nothing"
