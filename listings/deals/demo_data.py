"""The demo's talks, deals and money, told through the services at the times the story gives them.

After every day of a story the deals hear what happened, so that they follow signatures and payments as they do in the
running market; all others hear it when the demo is loaded. People sign with a second factor they hold in the demo; the
sandbox bank stands for the banks. Stories run from the oldest to the newest, as the bank's statements do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from listings.brokers.services.introductions import introduce
from listings.brokers.services.mandates import accept_mandate, propose_mandate
from listings.catalogue.demo_data import Cast, office_hour
from listings.catalogue.models import Listing
from listings.deals import reactions
from listings.deals.models import Deal, Filing, Negotiation
from listings.deals.services import contracts, filings, ndas, negotiations, offers, reviews, rooms, sealed
from listings.deals.services.negotiations import ShortForm
from listings.deals.states import FilingKind
from listings.deals.talks.contributions import listing_matter
from listings.deals.talks.states import Bears, Decider, Horizon, Purpose, Stage
from listings.deals.terms import Milestone, Terms
from marketplace.accounts import demo as people
from marketplace.accounts.paper import sample_paper
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.demo import Say
from marketplace.core.relay import relay_to, subscribers
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import BankAccount, Obligation, Payout
from marketplace.payments.services import payouts
from marketplace.signing.factors import Shown
from marketplace.signing.models import Consent, Document
from marketplace.signing.services import documents
from marketplace.signing.services.consents import give_consent
from marketplace.signing.services.consents import purpose_of as purpose_of_consent
from marketplace.signing.states import ConsentState, FactorKind

STANDS_DAYS = 10
SEALED_DEPOSIT = Decimal("100000.00")
PASSPHRASE = people.PASSWORD
"""What the holder of the sealed round opens it with: the demo's one password, as long as a passphrase must be."""


def load(say: Say) -> None:
    """Tell every story that is not told yet; a second run changes nothing."""
    cast = Cast()
    told = sum(story(cast) for story in STORIES)
    say(f"{told} stories of talks, deals and payments")


# ── who and when ─────────────────────────────────────────────────────────────────────────────────────────────────────
def person(name: str) -> Actor:
    """The demo person of this address before the @."""
    address = next(row["email"] for row in people.told("people") if row["email"].startswith(f"{name}@"))
    return people.actor_of(address)


@contextmanager
def days_ago(days: int) -> Iterator[None]:
    """The market's clock at ten of an earlier day; the deals hear what was done before the story goes on."""
    follower = next(one for one in subscribers() if one.handle is reactions.follow)
    with clock.at(office_hour(days)):
        yield
        relay_to(follower)


def listing_of(cast: Cast, title_zh: str) -> Listing | None:
    return Listing.objects.filter(title_zh=title_zh, organisation__in=cast.organisations.values()).first()


def untold(listing: Listing | None, buyer: Actor) -> bool:
    """Whether this buyer has not asked about the listing yet."""
    return listing is not None and not Negotiation.objects.filter(listing=listing, buyer=buyer.acts_for).exists()


# ── what people do ───────────────────────────────────────────────────────────────────────────────────────────────────
def asks(buyer: Actor, listing: Listing, message: str, **form: Any) -> Negotiation:
    told: dict[str, Any] = {
        "purpose": Purpose.PRODUCTION,
        "stage": Stage.BUDGETED,
        "horizon": Horizon.QUARTER,
        "decider": Decider.MANAGEMENT,
        **form,
    }
    return negotiations.enquire(listing_id=listing.pk, by=buyer, message=message, form=ShortForm(**told))


def terms(listing: Listing, price: str, **given: Any) -> Terms:
    """Validity is judged by the database's own clock, so an offer of an earlier day too ends after today."""
    until = timezone.now() + timedelta(days=STANDS_DAYS)
    return Terms(price=Decimal(price), mode=listing.mode, valid_until=until, **given)


def agree(talks: Negotiation, buyer: Actor, seller: Actor, agreed: Terms) -> Deal:
    offer = offers.make_offer(negotiation_id=talks.pk, by=buyer, terms=agreed, answers=0)
    offers.accept_offer(negotiation_id=talks.pk, version=offer.version, by=seller)
    return Deal.objects.get(offer=offer)


def sign(deal: Deal, by: Actor) -> None:
    contract = Document.objects.get(pk=Deal.objects.values_list("contract").get(pk=deal.pk)[0])
    assert by.user_id is not None
    shown = Shown(by.user_id, FactorKind.TOTP, documents.purpose_of(contract))
    documents.sign(document_id=contract.pk, sha256=contract.sha256, by=by, otp=shown)


def consent(deal: Deal, by: Actor) -> None:
    """Give every consent to the deal's contract that this person's organisation was asked for."""
    assert by.user_id is not None
    for one in Consent.objects.filter(
        document__subject_id=deal.pk,
        document__subject_kind=deal.subject[0],
        organisation=by.acts_for,
        state=ConsentState.ASKED,
    ):
        shown = Shown(by.user_id, FactorKind.TOTP, purpose_of_consent(one))
        give_consent(consent_id=one.pk, sha256=one.sha256_zh, by=by, otp=shown)


def pays(subject: tuple[str, int], only: int = 12) -> None:
    """The payer transfers what is owed, the first `only` sums of it, and the bank's statement of the day is read."""
    owed = [one for one in Obligation.objects.about(subject).order_by("pay_by", "pk")[:only] if one.is_payable]
    accounts = {}
    for one in owed:
        account = BankAccount.objects.get(provider=sandbox.CODE, currency=one.currency)
        accounts[account.pk] = account
        sandbox.send(
            account=account,
            amount=one.outstanding,
            party_name=one.payer.name_zh,
            party_account=f"62220000{one.payer_id:010d}",
            text=one.reference,
        )
    for account in accounts.values():
        sandbox.pull_statement(account)


def paper(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{name}.pdf", sample_paper("demo"), content_type="application/pdf")


def recordal(deal: Deal) -> Filing:
    return deal.filings.get(kind__in=[FilingKind.ASSIGNMENT, FilingKind.LICENCE])


# ── the stories, oldest first ────────────────────────────────────────────────────────────────────────────────────────
def bought_by_four(cast: Cast) -> bool:
    """A right of two owners, brought to its buyer by a broker: signed, consented, paid, recorded, reviewed."""
    listing = listing_of(cast, "变速工况轴承诊断算法")
    seller, owner, buyer, signs, broker = map(person, ("xin", "zhou", "bo", "fan", "chuan"))
    if listing is None or not untold(listing, buyer):
        return False
    assert seller.org_id and broker.org_id and buyer.org_id
    with days_ago(66):
        mandate = propose_mandate(
            client_id=seller.org_id,
            broker_id=broker.org_id,
            by=seller,
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=364),
            commission_pct=Decimal("3.000"),
            payer="client",
        )
        accept_mandate(mandate_id=mandate.pk, by=broker)
        introduce(mandate_id=mandate.pk, matter=listing_matter(listing.number), other_id=buyer.org_id, by=broker)
    with days_ago(64):
        talks = asks(
            buyer,
            listing,
            "我们在卧式加工中心主轴上做早期故障预警，希望了解算法在每分钟三百转以下的误报率。\n"
            "We warn of early spindle faults and would like to know the false-alarm rate below 300 rpm.",
        )
    with days_ago(63):
        negotiations.say(
            negotiation_id=talks.pk,
            by=seller,
            text="低速段误报率在四十台设备上低于百分之二，试验记录可在资料室提供。\n"
            "Below 2% on forty machines; the test record can be given in the data room.",
        )
    with days_ago(58):
        deal = agree(
            talks,
            buyer,
            seller,
            terms(listing, "500000.00", conditions="转让方提供两次现场技术指导。\nTwo visits of guidance on site."),
        )
    with days_ago(56):
        contracts.draw_up(deal_id=deal.pk, by=seller)
        sign(deal, seller)
    with days_ago(55):
        sign(deal, signs)
    with days_ago(53):
        consent(deal, owner)
    with days_ago(50):
        pays(deal.subject)
    with days_ago(47):
        filing = filings.say_filed(
            filing_id=recordal(deal).pk, filed_on=clock.today(), reference="2026-YL-0917", by=buyer
        )
    with days_ago(22):
        filings.hand_in_evidence(
            filing_id=filing.pk, recorded_on=clock.today(), upload=paper("手续合格通知书"), by=buyer
        )
    with days_ago(21):
        filings.approve_evidence(filing_id=filing.pk, by=cast.reviewer)
    with days_ago(20):
        for one in Payout.objects.about(deal.subject):
            payouts.send_payout(one.pk)
        sandbox.pull_statement(BankAccount.objects.get(provider=sandbox.CODE, currency=deal.currency))
    with days_ago(17):
        reviews.write_review(
            deal_id=deal.pk,
            stars=5,
            by=buyer,
            text="资料齐全，答复及时，变更登记一次通过。\nComplete papers, quick answers, recorded at the first try.",
        )
        reviews.write_review(
            deal_id=deal.pk, stars=4, by=seller, text="付款准时，技术问题问得专业。\nPaid on time and asked well."
        )
    return True


def at_the_register(cast: Cast) -> bool:
    """Paid and held; the office asked for a correction, the proof of the second filing waits at the market's desk."""
    listing = listing_of(cast, "四氟丙烯气相合成工艺转让")
    seller, signs, buyer = map(person, ("ines", "gong", "song"))
    if listing is None or not untold(listing, buyer):
        return False
    with days_ago(40):
        talks = asks(
            buyer,
            listing,
            "拟建年产三千吨装置，请问催化剂寿命与单程收率。\n"
            "We plan a plant of 3,000 t a year; what are catalyst life and yield per pass?",
            stage=Stage.READY,
            decider=Decider.BOARD,
        )
    with days_ago(39):
        negotiations.say(
            negotiation_id=talks.pk,
            by=seller,
            text="中试八千小时，单程收率百分之九十一。\nPilot of 8,000 hours, 91% per pass.",
        )
    with days_ago(34):
        deal = agree(
            talks,
            buyer,
            seller,
            terms(listing, "7200000.00", deposit=Decimal("720000.00"), hold_back_pct=Decimal(5), hold_back_days=180),
        )
    with days_ago(32):
        contracts.draw_up(deal_id=deal.pk, by=seller)
        sign(deal, signs)
    with days_ago(31):
        sign(deal, buyer)
    with days_ago(27):
        pays(deal.subject)
    with days_ago(24):
        filing = filings.say_filed(
            filing_id=recordal(deal).pk, filed_on=clock.today(), reference="2026-YL-1030", by=buyer
        )
    with days_ago(12):
        filings.say_refused(
            filing_id=filing.pk,
            found="转让合同中专利权人名称与登记簿不一致，须补正。\nThe owner named is not the registered one.",
            correct_by=clock.today() + timedelta(days=30),
            by=buyer,
        )
    with days_ago(10):
        filings.say_filed(filing_id=filing.pk, filed_on=clock.today(), reference="2026-YL-1030-B", by=buyer)
    with days_ago(1):
        filings.hand_in_evidence(
            filing_id=filing.pk, recorded_on=clock.today(), upload=paper("手续合格通知书"), by=buyer
        )
    return True


def pledged(cast: Cast) -> bool:
    """A pledged right is sold: both have signed, and the pledgee is asked for its consent and what it is owed."""
    listing = listing_of(cast, "富锂锰基正极氟化改性工艺转让")
    seller, buyer, signs = map(person, ("li", "ines", "gong"))
    if listing is None or not untold(listing, buyer):
        return False
    with days_ago(18):
        talks = asks(
            buyer,
            listing,
            "氟化气源由我们自供，想了解设备材质要求。\nWe make the gas ourselves; which alloys are needed?",
            stage=Stage.READY,
        )
        deal = agree(talks, buyer, seller, terms(listing, "2600000.00", deposit=Decimal("260000.00")))
    with days_ago(9):
        contracts.draw_up(deal_id=deal.pk, by=seller)
        sign(deal, seller)
    with days_ago(8):
        sign(deal, signs)
    return True


def half_signed(cast: Cast) -> bool:
    """The seller has signed; the buyer's signature is awaited."""
    listing = listing_of(cast, "聚合釜防挂胶搅拌装置")
    seller, signs, buyer = map(person, ("ines", "gong", "bo"))
    if listing is None or not untold(listing, buyer):
        return False
    with days_ago(11):
        talks = asks(
            buyer,
            listing,
            "我们为氟化工客户配套反应设备，想整体受让。\nWe build reactors and would take the patent over.",
            purpose=Purpose.PRODUCTION,
        )
    with days_ago(6):
        deal = agree(talks, buyer, seller, terms(listing, "240000.00"))
    with days_ago(3):
        contracts.draw_up(deal_id=deal.pk, by=seller)
        sign(deal, signs)
    return True


def to_be_paid(cast: Cast) -> bool:
    """An ordinary licence, signed; the deposit is held and the rest is awaited by transfer."""
    listing = listing_of(cast, "免钠处理氟塑料粘接工艺")
    seller, buyer, signs = map(person, ("zhou", "ines", "gong"))
    if listing is None or not untold(listing, buyer):
        return False
    with days_ago(14):
        talks = asks(
            buyer,
            listing,
            "用于储罐衬里粘接，需要三年普通许可。\nFor tank linings: an ordinary licence of three years.",
        )
        deal = agree(talks, buyer, seller, terms(listing, "120000.00", deposit=Decimal("20000.00"), term_months=36))
    with days_ago(5):
        contracts.draw_up(deal_id=deal.pk, by=seller)
        sign(deal, seller)
        sign(deal, signs)
    with days_ago(1):
        pays(deal.subject, only=1)
    return True


def in_talks(cast: Cast) -> bool:
    """Talks in full course: introduced by a broker, confidentiality accepted, a paper given, a counter-offer stands."""
    listing = listing_of(cast, "低蠕变密封材料独占许可")
    seller, buyer, broker = map(person, ("ines", "yan", "chuan"))
    if listing is None or not untold(listing, buyer):
        return False
    assert seller.org_id and broker.org_id and buyer.org_id
    with days_ago(15):
        mandate = propose_mandate(
            client_id=seller.org_id,
            broker_id=broker.org_id,
            by=broker,
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=364),
            commission_pct=Decimal("2.500"),
            is_exclusive=True,
        )
        accept_mandate(mandate_id=mandate.pk, by=seller)
        introduce(mandate_id=mandate.pk, matter=listing_matter(listing.number), other_id=buyer.org_id, by=broker)
    with days_ago(13):
        talks = asks(
            buyer,
            listing,
            "我们生产压缩机轴封，关心一百五十度下的蠕变数据，希望取得密封领域的独占许可。\n"
            "We make compressor shaft seals, need creep data at 150 °C and ask for an exclusive licence in sealing.",
            budget_min=Decimal("600000.00"),
            budget_max=Decimal("900000.00"),
        )
    with days_ago(12):
        negotiations.say(
            negotiation_id=talks.pk,
            by=seller,
            text="接受保密文本后可看试验报告。\nThe test report can be read once the confidentiality text is accepted.",
        )
        room_file = rooms.add_room_file(
            listing_id=listing.pk,
            by=seller,
            upload=paper("蠕变试验报告"),
            title="150 ℃ 蠕变试验报告 / Creep test at 150 °C",
        )
        ndas.accept_nda(
            negotiation_id=talks.pk,
            by=buyer,
            sha256=ndas.current_text(listing.pk).sha256,
            name=buyer.name,
            address=None,
        )
        rooms.grant(room_file_id=room_file.pk, negotiation_id=talks.pk, by=seller, expires_at=office_hour(-60))
    with days_ago(11):
        rooms.open_room_file(negotiation_id=talks.pk, room_file_id=room_file.pk, by=buyer, address=None)
        negotiations.share_contacts(negotiation_id=talks.pk, by=buyer)
    first = terms(listing, "720000.00", fields_of_use=("F16J",), term_months=60, annuity_by=Bears.HOLDER)
    with days_ago(5):
        offers.make_offer(negotiation_id=talks.pk, by=buyer, terms=first, answers=0)
    with days_ago(1):
        offers.make_offer(
            negotiation_id=talks.pk,
            by=seller,
            answers=1,
            terms=terms(
                listing,
                "840000.00",
                fields_of_use=("F16J",),
                term_months=60,
                annuity_by=Bears.BUYER,
                milestones=(
                    Milestone("签约 / On signing", Decimal("340000.00"), 10),
                    Milestone("首批产品下线 / First batch", Decimal("500000.00"), 180),
                ),
                conditions="许可方在签约后三十日内交付配方与工艺文件。\nRecipe and papers within 30 days of signing.",
            ),
        )
    return True


def sealed_round(cast: Cast) -> bool:
    """A round of sealed offers under way: two are handed in, with their deposits held."""
    listing = listing_of(cast, "谐波减速器齿形技术密封报价")
    seller, signs = person("xin"), ("bo", "lu")
    if listing is None or sealed.running_round(listing.pk) is not None:
        return False
    with days_ago(6):
        sealed.begin_round(
            listing_id=listing.pk, by=seller, passphrase=PASSPHRASE, deposit=SEALED_DEPOSIT, binding_days=30
        )
    for at, (name, price) in enumerate(zip(signs, ("3150000.00", "2880000.00"), strict=True)):
        buyer = person(name)
        with days_ago(4 - at):
            talks = asks(
                buyer,
                listing,
                "准备参加本轮密封报价。\nWe shall take part in this round of sealed offers.",
                stage=Stage.READY,
            )
            sealed.hand_in(negotiation_id=talks.pk, by=buyer, terms=terms(listing, price))
        with days_ago(3 - at):
            pays((talks._meta.label_lower, talks.pk))
    return True


STORIES: tuple[Callable[[Cast], bool], ...] = (
    bought_by_four,
    at_the_register,
    pledged,
    half_signed,
    in_talks,
    sealed_round,
    to_be_paid,
)
