"""A world with one of everything, for tests of the whole market: two holders, their matters in every state, a desk.

Everything is made through the services, so nothing exists that could not come to be. Ines holds; Rita may only read in
Ines's firm; Bo owns another firm and has a parallel set of his own; Ops sits at the desk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from listings.assets.models import Asset
from listings.catalogue.models import Enquiry, Listing, ListingDocument, Need, SavedSearch
from listings.catalogue.services import documents, enquiries, saved_searches
from listings.catalogue.states import DocumentAccess, ListingState, NeedState
from listings.patents.models import ImportRun
from listings.patents.services import runs, work
from marketplace.accounts.models import ApiToken, Delegation, Invitation, VerificationDocument
from marketplace.accounts.roles import Power, Role
from marketplace.accounts.services import delegations, members, tokens
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications import service as notices
from marketplace.search import index
from tests import cast
from tests.builders import a_pdf, a_person, an_organisation, joins
from tests.catalogue import makers

HEAD = "公开(公告)号,申请号,标题,申请人,申请日\r\n"


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
    enquiry: Enquiry | None = None


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
    token, key = tokens.issue_token(membership_id=part.membership.pk, name="ledger", days=30, by=part.actor)
    today = clock.today()
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
    )


def a_world() -> World:
    """The world, its events told and its indexes built."""
    ops, agent, ines, bo = cast.ops(), cast.cora(), cast.ines(), cast.bo()
    rita = a_person("rita@holder.test", name="Rita")
    joins(rita, ines.organisation, [Role.READ_ONLY])
    waiting = an_organisation(OrganisationState.SUBMITTED, a_person("new@waiting.test"), name_zh="待审有限公司")
    suspended = an_organisation(OrganisationState.SUSPENDED, a_person("out@suspended.test"), name_zh="停用有限公司")
    mine, his = matters_of(ines, agent), matters_of(bo, agent)
    his.enquiry = enquiries.ask(listing_id=mine.listings["published"].pk, by=bo.actor, message="How thick is it?")
    mine.enquiry = enquiries.ask(listing_id=his.listings["published"].pk, by=ines.actor, message="How wide is it?")
    index_everything()
    notices.deliver(list(Event.objects.order_by("pk")))  # the relay waits for a commit that a test never makes
    return World(mine, his, cast.Part(rita, ines.organisation), ops, waiting, suspended)


def index_everything() -> None:
    """Build every index from the database as it is now."""
    for one in index.collections():
        index.rebuild(one.name)
