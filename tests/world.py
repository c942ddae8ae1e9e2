"""A world with one of everything, for tests of the whole market: two holders, their matters in every state, a desk.

Everything is made through the services, so nothing exists that could not come to be. Ines holds; Rita may only read in
Ines's firm; Bo owns another firm and has a parallel set of his own; Ops sits at the desk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from listings.assets.models import Asset
from listings.brokers.models import Mandate
from listings.catalogue.models import Enquiry, Listing, ListingDocument, Need, SavedSearch
from listings.catalogue.services import documents, enquiries, saved_searches
from listings.catalogue.states import DocumentAccess, ListingState, Mode, NeedState, PriceMode
from listings.deals.models import Deal, Dispute, Filing, Negotiation, RoomFile, RoyaltyPeriod
from listings.deals.services import closing, contracts, disputes, rooms, royalties, sealed
from listings.deals.services.negotiations import open_negotiation
from listings.matching.models import Match
from listings.patents.models import ImportRun
from listings.patents.services import runs, work
from listings.rights.models import Consent, Entry, PledgeRelease, Statement
from listings.rights.services import consents, pledges, statements
from listings.rights.states import Act, ConsentKind, EntryKind
from loans.models import Alarm, Application, Loan
from loans.services import watching
from marketplace.accounts.models import ApiToken, Delegation, Invitation, VerificationDocument
from marketplace.accounts.roles import Power, Role
from marketplace.accounts.services import delegations, members, tokens
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications import service as notices
from marketplace.notifications.models import WebhookEndpoint
from marketplace.notifications.webhooks import endpoints
from marketplace.payments.models import Obligation
from marketplace.search import index
from marketplace.signing.models import Document
from tests import cast
from tests.appraisals import stages as appraisals
from tests.brokers.makers import a_mandate
from tests.builders import a_pdf, a_person, an_organisation, joins
from tests.catalogue import makers
from tests.deals import stages
from tests.deals.talks import a_negotiation, accepts_nda, an_offer
from tests.loans import stages as lending
from tests.loans.lent import a_loan
from tests.payments.makers import MoneyMatters, money_matters, sandbox_pays
from tests.rights.makers import a_paper, owned, pledged
from tests.signing.makers import SigningMatters, signing_matters
from valuation.appraisals.services import objections, reviewing
from valuation.models import Agency, Appraiser, DataRequest, Objection, Order, Quote, Report, ReviewComment

HEAD = "公开(公告)号,申请号,标题,申请人,申请日\r\n"


@dataclass
class Registered:
    """What one holder has in the rights register: a statement that waits, a pledge it took, a right shared."""

    statement: Statement
    pledge: Entry
    release: PledgeRelease
    shared: Asset
    consent: Consent


@dataclass
class Appraising:
    """An appraisal being drafted with a comment of its review, and a report in force that somebody doubts."""

    agency: Agency
    appraiser: Appraiser
    order: Order
    quote: Quote
    request: DataRequest
    comment: ReviewComment
    report: Report
    objection: Objection


@dataclass
class Dealing:
    """A deal in the middle of its way, and a licence that pays royalties."""

    deal: Deal
    filing: Filing
    dispute: Dispute
    licence: Deal
    period: RoyaltyPeriod


@dataclass
class Matters:
    """What one holder has."""

    part: cast.Part
    right: Asset
    listings: dict[str, Listing]
    needs: dict[str, Need]
    run: ImportRun
    saved: SavedSearch
    open_paper: ListingDocument
    asked_paper: ListingDocument
    draft_paper: ListingDocument
    identity: VerificationDocument
    token: ApiToken
    key: str
    invitation: Invitation
    delegation: Delegation
    talks: Negotiation
    room_file: RoomFile
    sealed: Listing
    mandate: Mandate
    money: MoneyMatters
    register: Registered
    signing: SigningMatters
    dealing: Dealing
    appraising: Appraising
    webhook: WebhookEndpoint
    loan: Loan
    alarm: Alarm
    application: Application
    enquiry: Enquiry | None = None
    match: Match | None = None


@dataclass
class World:
    ines: Matters
    bo: Matters
    reader: cast.Part
    ops: cast.Part
    waiting: Any
    suspended: Any
    clients: dict[str, Client] = field(default_factory=dict)

    def visitor(self, name: str) -> Client:
        """A browser of anonymous, stranger (Bo), reader (Rita), owner (Ines) or reviewer (Ops)."""
        if name not in self.clients:
            parts = {"stranger": self.bo.part, "reader": self.reader, "owner": self.ines.part, "reviewer": self.ops}
            browser = Client(raise_request_exception=False)
            self.clients[name] = parts[name].signed_in(browser) if name in parts else browser
        return self.clients[name]


def a_sheet(*rows: str, name: str = "rights.csv") -> SimpleUploadedFile:
    """A spreadsheet export as a holder uploads it."""
    return SimpleUploadedFile(name, (HEAD + "".join(f"{row}\r\n" for row in rows)).encode(), content_type="text/csv")


def a_checked_run(part: cast.Part) -> ImportRun:
    """An upload with one sound row and one that is refused, looked at by the worker."""
    owner = part.organisation.name_zh
    sound = f"CN110112345A,201910526314.8,一种密封环,{owner},2019-06-18"
    wrong = f"CN110112346A,201910526314.9,一种密封圈,{owner},2019-06-18"
    run = runs.upload(a_sheet(sound, wrong), by=part.actor, strict=False)

    assert work.work(run.pk) == "checked"
    return run


def matters_of(part: cast.Part, agent: cast.Part) -> Matters:
    """One of everything for this holder; `agent` may act for them."""
    listings = {state: makers.a_listing(state, by=part) for state in ListingState.values}
    needs = {state: makers.a_need(state, by=part) for state in NeedState.values}
    draft = listings[ListingState.DRAFT]
    draft_paper = documents.add_document(listing_id=draft.pk, by=part.actor, upload=a_pdf("draft.pdf"), title="draft")
    shown = makers.a_listing(ListingState.DRAFT, by=part)
    open_paper = documents.add_document(listing_id=shown.pk, by=part.actor, upload=a_pdf("open.pdf"), title="open")
    asked_paper = documents.add_document(
        listing_id=shown.pk, by=part.actor, upload=a_pdf("asked.pdf"), title="asked", access=DocumentAccess.ON_REQUEST
    )
    makers.bring_listing(shown.pk, ListingState.PUBLISHED, part)
    talks, room_file = talks_of(part, shown, agent)
    token, key = tokens.issue_token(membership_id=part.membership.pk, name="ledger", days=30, by=part.actor)
    today = clock.today()
    loan = a_loan(borrower=part)
    return Matters(
        part=part,
        right=draft.rights[0],
        listings=listings,
        needs=needs,
        run=a_checked_run(part),
        saved=saved_searches.save_search(
            by=part.actor, collection="listings", name=f"mine {part.person.pk}", query="q=膜"
        ),
        open_paper=open_paper,
        asked_paper=asked_paper,
        draft_paper=draft_paper,
        identity=VerificationDocument.objects.filter(organisation=part.organisation)[0],
        token=token,
        key=key,
        invitation=members.invite(
            organisation_id=part.organisation.pk,
            email=f"guest{part.person.pk}@people.test",
            roles=[Role.STAFF],
            by=part.actor,
        ),
        delegation=delegations.grant_delegation(
            client_id=part.organisation.pk,
            agent_id=agent.organisation.pk,
            powers=[Power.LIST, Power.REGISTER],
            starts_on=today,
            ends_on=today + timedelta(days=30),
            by=part.actor,
        ),
        money=money_matters(part),
        signing=signing_matters(part),
        talks=talks,
        room_file=room_file,
        sealed=a_round_of(part),
        register=registered_by(part, draft.rights[0], agent),
        mandate=a_mandate(client=part),
        dealing=dealing_of(part, agent),
        appraising=appraising_of(part),
        webhook=endpoints.begin(url="https://93.184.215.14/told", themes=[], by=part.actor),
        loan=loan,
        application=lending.drafted(part)[0],
        alarm=watching.raise_alarm(
            loan, "invalidation", 2, "register", f"world-{loan.pk}", today, loan.securities.get()
        ),
    )


def appraising_of(part: cast.Part) -> Appraising:
    """Val's agency drafts for this holder again after a comment, and a report of it in force is doubted."""
    val = cast.val()
    agency = appraisals.agency_of(val)
    order = appraisals.reviewing_stage(part, val)
    reviewer = appraisals.member(val, "c").actor
    comment = reviewing.comment(order_id=order.pk, text="折现率依据不足", by=reviewer)
    reviewing.return_draft(order_id=order.pk, reason="见意见", by=reviewer)
    report = appraisals.issued(part, val)
    return Appraising(
        agency=agency,
        appraiser=agency.appraisers.active()[0],
        order=order,
        quote=appraisals.quote_of(order, val),
        request=order.data_requests.get(),
        comment=comment,
        report=report,
        objection=objections.object_to(report_id=report.pk, doubt="提成率偏高", upload=None, by=part.actor),
    )


def dealing_of(part: cast.Part, buyer: cast.Part) -> Dealing:
    """A sale whose price is held, with its filing and a dispute; and a royalty licence in its first period."""
    deal = stages.agreed(makers.a_listing(by=part), seller=part, buyer=buyer)
    lifecycle_to(deal, part, buyer)
    licence = stages.agreed(
        makers.a_listing(by=part, mode=Mode.ORDINARY),
        seller=part,
        buyer=buyer,
        royalty_pct=Decimal("3.000"),
        royalty_base="净销售额",
        term_months=24,
    )
    period = royalties.begin_royalties(licence)
    assert period is not None
    return Dealing(
        deal=deal,
        filing=stages.recordal(deal),
        dispute=disputes.raise_dispute(deal_id=deal.pk, complaint="资料不全", by=buyer.actor),
        licence=licence,
        period=period,
    )


def lifecycle_to(deal: Deal, seller: cast.Part, buyer: cast.Part) -> None:
    """Signed by both and paid, by the services themselves: no relay runs where nothing is committed."""
    contract = contracts.draw_up(deal_id=deal.pk, by=seller.actor).contract
    assert contract is not None
    stages.signs(seller, contract)
    stages.signs(buyer, Document.objects.get(pk=contract.pk))
    contracts.contract_signed(deal_id=deal.pk, document_id=contract.pk)
    for one in Obligation.objects.about(deal.subject):
        sandbox_pays(one)
    closing.money_arrived(deal_id=deal.pk)
    deal.refresh_from_db()


def registered_by(part: cast.Part, right: Asset, agent: cast.Part) -> Registered:
    """A statement about the holder's right, a pledge of another's right to it with a release that waits at the desk,
    and a right that another keeps and it owns half of, with its consent."""
    pledge = pledged(makers.a_right(agent), part)
    shared = makers.a_right(agent)
    owned(shared, (agent, (1, 2)), (part, (1, 2)))
    return Registered(
        statement=statements.state(
            asset_id=right.pk,
            kind=EntryKind.INVALIDATION,
            facts={"starts_on": clock.today().isoformat()},
            upload=a_pdf("notice.pdf"),
            by=part.actor,
        ),
        pledge=pledge,
        release=pledges.propose_release(
            entry_id=pledge.pk, by=cast.ops().actor, on=clock.today(), evidence_id=a_paper().pk
        ),
        shared=shared,
        consent=consents.give_consent(asset_id=shared.pk, kind=ConsentKind.CO_OWNER, acts=[Act.ASSIGN], by=part.actor),
    )


def talks_of(part: cast.Part, listing: Listing, agent: cast.Part) -> tuple[Negotiation, RoomFile]:
    """Talks about a public listing with an offer that stands, the text accepted and a file of the data room given."""
    talks = a_negotiation(listing=Listing.objects.get(pk=listing.pk), buyer=agent)
    an_offer(talks, by=agent)
    room_file = rooms.add_room_file(listing_id=listing.pk, by=part.actor, upload=a_pdf("room.pdf"))
    accepts_nda(talks, agent)
    expires_at = clock.now() + timedelta(days=30)
    rooms.grant(room_file_id=room_file.pk, negotiation_id=talks.pk, by=part.actor, expires_at=expires_at)
    return talks, room_file


def a_round_of(part: cast.Part) -> Listing:
    """A listing whose round of sealed offers is under way."""
    listing = makers.a_listing(
        by=part, price_mode=PriceMode.SEALED, price_min=None, offers_until=clock.now() + timedelta(days=30)
    )
    sealed.begin_round(listing_id=listing.pk, by=part.actor, passphrase="correct horse battery staple")
    return listing


def a_world() -> World:
    """The world, its events told and its indexes built."""
    ops, agent, ines, bo = cast.ops(), cast.cora(), cast.ines(), cast.bo()
    rita = a_person("rita@holder.test", name="Rita")
    joins(rita, ines.organisation, [Role.READ_ONLY])
    waiting = an_organisation(OrganisationState.SUBMITTED, a_person("new@waiting.test"), name_zh="待审有限公司")
    suspended = an_organisation(OrganisationState.SUSPENDED, a_person("out@suspended.test"), name_zh="停用有限公司")
    mine, his = matters_of(ines, agent), matters_of(bo, agent)
    his.enquiry = enquiries.ask(listing_id=mine.listings["published"].pk, by=bo.actor, message="How thick is it?")
    open_negotiation(enquiry_id=his.enquiry.pk)
    mine.enquiry = enquiries.ask(listing_id=his.listings["published"].pk, by=ines.actor, message="How wide is it?")
    open_negotiation(enquiry_id=mine.enquiry.pk)
    index_everything()
    mine.match = a_match(mine.needs["published"], his.listings["published"])
    his.match = a_match(his.needs["published"], mine.listings["published"])
    notices.deliver(list(Event.objects.order_by("pk")))  # the relay waits for a commit that a test never makes
    return World(mine, his, cast.Part(rita, ines.organisation), ops, waiting, suspended)


def a_match(need: Need, listing: Listing) -> Match:
    """As the worker writes it."""
    now = clock.now()
    return Match.objects.create(
        need=need,
        listing=listing,
        relevance=0.2,
        total=0.2,
        words=0.2,
        wanted="zh",
        offered="zh",
        found_at=now,
        refreshed_at=now,
    )


def index_everything() -> None:
    """Build every index from the database as it is now."""
    for one in index.collections():
        index.rebuild(one.name)
