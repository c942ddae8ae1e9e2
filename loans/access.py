"""Who sees which product, application and file of one. Views, the API and file guards get their objects only here.

A bank sees the applications sent to it and nothing of any other bank's; a borrower its own. The market's desk sees that
an application stands where it stands, and opens none of its files: what is in them is between the two.
"""

from __future__ import annotations

from django.db.models import Q

from listings.deals.access import is_at_desk as is_at_desk
from listings.deals.talks.access import speaks_for
from loans.models import Application, PledgeFiling, Product, Proposal
from loans.models.application import ApplicationQuerySet
from loans.models.product import ProductQuerySet
from loans.services.applications import FILE_PURPOSE
from loans.services.filings import FILE_PURPOSE as CERTIFICATE_PURPOSE
from loans.states.application import SEEN_BY_BANK
from loans.states.product import ProductState
from marketplace.accounts.roles import Kind, Power
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.files import guard
from marketplace.core.models import StoredFile


def reads_for(actor: Actor) -> int | None:
    """The organisation whose applications the actor may read; a delegate needs the power to prepare them."""
    if actor.on_behalf_of is not None:
        return actor.on_behalf_of if Power.BORROW in actor.powers else None
    return speaks_for(actor)


def is_bank(actor: Actor) -> bool:
    """Belongs to a bank and acts for it."""
    return actor.org_kind == Kind.BANK and actor.on_behalf_of is None


def borrows(actor: Actor) -> bool:
    """Acts for an organisation that may ask for a loan."""
    if actor.on_behalf_of is not None:
        return Power.BORROW in actor.powers
    return reads_for(actor) is not None and not is_bank(actor) and not is_at_desk(actor)


def products_seen_by(actor: Actor) -> ProductQuerySet:
    """Products on offer for everybody, and all of its own for a bank."""
    shown = Q(state=ProductState.OPEN)
    if is_bank(actor):
        shown |= Q(bank=actor.org_id)
    return Product.objects.filter(shown).select_related("bank", "version")


def product_of(actor: Actor, pk: int) -> Product:
    return found(products_seen_by(actor), pk=pk)


def applications_seen_by(actor: Actor) -> ApplicationQuerySet:
    """The borrower's own, and those the bank was sent."""
    own = reads_for(actor)
    if own is None:
        return Application.objects.none()
    if is_bank(actor):
        return Application.objects.filter(Q(bank=own, state__in=sorted(SEEN_BY_BANK)) | Q(borrower=own))
    return Application.objects.filter(borrower=own)


def application_of(actor: Actor, number: str) -> Application:
    """One of them; raises NotFound."""
    return found(applications_seen_by(actor).for_page(), number=number)


def is_lending(actor: Actor, application: Application) -> bool:
    """Sits on the bank's side: sees the reviewer's work, which the borrower does not."""
    return is_bank(actor) and actor.org_id == application.bank_id


def proposal_of(actor: Actor, application: Application, pk: int) -> Proposal:
    """A proposal, for the bank's own people; raises NotFound."""
    rows = Proposal.objects.filter(application=application).select_related("maker", "checker")
    return found(rows if is_lending(actor, application) else rows.none(), pk=pk)


def filing_of(actor: Actor, application: Application, pk: int) -> PledgeFiling:
    return found(PledgeFiling.objects.filter(application=application), pk=pk)


def states_at_desk(actor: Actor) -> list[tuple[str, int]]:
    """For the market's desk: how many applications stand in each state, and nothing of any of them."""
    if not is_at_desk(actor):
        return []
    return Application.objects.by_state()


@guard(FILE_PURPOSE)
def may_open_paper(actor: Actor, file: StoredFile) -> bool:
    """What the borrower handed in: itself, and the bank it was handed to."""
    return applications_seen_by(actor).filter(pk=file.subject_id or 0).exists()


@guard(CERTIFICATE_PURPOSE)
def may_open_certificate(actor: Actor, file: StoredFile) -> bool:
    """The office's notice: both sides."""
    filings = PledgeFiling.objects.filter(pk=file.subject_id or 0).values("application")
    return applications_seen_by(actor).filter(pk__in=filings).exists()
