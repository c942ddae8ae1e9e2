"""Deals brought to each stage by the services that lead there, in the hands of the cast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from listings.catalogue.models import Listing
from listings.catalogue.services import enquiries
from listings.deals.models import Deal, Filing, Negotiation, Offer
from listings.deals.services import contracts, filings
from listings.deals.services.negotiations import open_negotiation
from listings.deals.services.offers import accept_offer, make_offer
from listings.deals.states import FilingKind
from listings.deals.terms import Terms
from marketplace.core import clock, invariants, relay
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import Obligation, PayoutAccount
from marketplace.payments.services import books
from marketplace.signing.factors import Shown
from marketplace.signing.models import Consent, Document
from marketplace.signing.services import documents
from marketplace.signing.services.consents import confirm_paper, give_consent, hand_in
from marketplace.signing.services.consents import purpose_of as consent_purpose
from marketplace.signing.states import ConsentState, FactorKind
from tests import cast
from tests.builders import a_pdf
from tests.cast import Part
from tests.catalogue.makers import a_listing
from tests.payments.makers import a_bank_account, a_payout_account, sandbox_pays, send_all

PRICE = Decimal("4600000.00")


def talks(listing: Listing, buyer: Part | None = None) -> Negotiation:
    """Bo's talks about a listing."""
    buyer = buyer or cast.bo()
    enquiry = enquiries.ask(listing_id=listing.pk, by=buyer.actor, message="能否转让？")
    return open_negotiation(enquiry_id=enquiry.pk)


def terms(listing: Listing, **given: Any) -> Terms:
    """Terms that fit a listing, good for ten days."""
    return Terms(**{"price": PRICE, "mode": listing.mode, "valid_until": clock.now() + timedelta(days=10), **given})


def agreed(
    listing: Listing | None = None, *, seller: Part | None = None, buyer: Part | None = None, **given: Any
) -> Deal:
    """Bo offers, Ines accepts."""
    seller, buyer = seller or cast.ines(), buyer or cast.bo()
    listing = listing or a_listing(by=seller)
    negotiation = talks(listing, buyer)
    offer = make_offer(negotiation_id=negotiation.pk, by=buyer.actor, terms=terms(listing, **given))
    accept_offer(negotiation_id=negotiation.pk, version=offer.version, by=seller.actor)
    return Deal.objects.get(offer=Offer.objects.get(pk=offer.pk))


def now(deal: Deal) -> Deal:
    """The deal as it stands after everything that happened was relayed."""
    relay.relay_all()
    return Deal.objects.select_related("contract", "listing").get(pk=deal.pk)


def signs(part: Part, document: Document) -> Document:
    """Sign with a second factor shown just now."""
    shown = Shown(part.person.pk, FactorKind.TOTP, documents.purpose_of(document))
    return documents.sign(document_id=document.pk, sha256=document.sha256, by=part.actor, otp=shown)


def consents(part: Part, consent: Consent) -> Consent:
    shown = Shown(part.person.pk, FactorKind.TOTP, consent_purpose(consent))
    return give_consent(consent_id=consent.pk, sha256=consent.sha256_zh, by=part.actor, otp=shown)


def brings(part: Part, consent: Consent) -> Consent:
    """Hand in the paper of somebody who is not on the market."""
    return hand_in(consent_id=consent.pk, sha256=consent.sha256_zh, upload=a_pdf(), by=part.actor)


def confirms(desk: Part, consent: Consent) -> Consent:
    shown = Shown(desk.person.pk, FactorKind.TOTP, consent_purpose(consent))
    return confirm_paper(consent_id=consent.pk, sha256=consent.sha256_zh, by=desk.actor, otp=shown)


def signed(deal: Deal, seller: Part | None = None, buyer: Part | None = None) -> Deal:
    """Drawn up and signed by both; consents or payment come next."""
    seller, buyer = seller or cast.ines(), buyer or cast.bo()
    contract = contracts.draw_up(deal_id=deal.pk, by=seller.actor).contract
    assert contract is not None
    signs(seller, contract)
    signs(buyer, Document.objects.get(pk=contract.pk))
    return now(deal)


def consented(deal: Deal, parts: Sequence[Part] = ()) -> Deal:
    """Everybody asked gives consent."""
    deal = now(deal)
    by_id = {part.organisation.pk: part for part in parts}
    for one in Consent.objects.filter(document=deal.contract, state=ConsentState.ASKED):
        consents(by_id[one.organisation_id], one)
    return now(deal)


def paid(deal: Deal) -> Deal:
    """Everything the buyer owes now is held."""
    for one in Obligation.objects.about(deal.subject):
        if one.is_payable:
            sandbox_pays(one)
    return now(deal)


def recordal(deal: Deal) -> Filing:
    return deal.filings.get(kind__in=[FilingKind.ASSIGNMENT, FilingKind.LICENCE])


def evidenced(deal: Deal, buyer: Part | None = None) -> Filing:
    """Filed, and the office's notice handed in by the buyer."""
    buyer = buyer or cast.bo()
    filing = recordal(deal)
    filings.say_filed(filing_id=filing.pk, filed_on=clock.today(), reference="2026-1", by=buyer.actor)
    return filings.hand_in_evidence(filing_id=filing.pk, recorded_on=clock.today(), upload=a_pdf(), by=buyer.actor)


def recorded(deal: Deal) -> Deal:
    """The operator confirmed the office's notice: the right passes and the money is released."""
    filing = evidenced(deal)
    filings.approve_evidence(filing_id=filing.pk, by=cast.ops().actor)
    return now(deal)


def paid_out(deal: Deal, *parts: Part) -> Deal:
    """Every payout of the deal arrived at the sandbox bank; `parts` are those who get something."""
    for part in parts:
        if not PayoutAccount.objects.filter(organisation=part.organisation).exists():
            a_payout_account(part)
    send_all()
    sandbox.pull_statement(a_bank_account("sandbox", deal.currency))
    return now(deal)


@contextmanager
def what_if() -> Iterator[None]:
    """Everything inside is undone: one deal, several endings. The relay hands on nothing of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def adds_up() -> None:
    """The books and everything that must hold, at this moment."""
    wrong = [one for one in books.check().findings if not one.what.startswith("bank")]
    assert wrong == []
    assert [answer.as_dict() for answer in invariants.ask_all() if answer.broken] == []
