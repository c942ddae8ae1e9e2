"""Who sees which entry, statement, release and paper of the rights register."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from listings.assets.models import Asset
from listings.assets.states import PartyRole
from listings.patents.access import get_shown
from listings.rights.facts import plain_name
from listings.rights.graphs import DESK, HOLDER
from listings.rights.models import Consent, Entry, PledgeRelease, Statement
from listings.rights.services.statements import PURPOSE
from listings.rights.states import EntryKind, ReleaseState, StatementState
from marketplace.accounts.models import Organisation
from marketplace.core import clock
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound
from marketplace.core.files import guard
from marketplace.core.models import StatefulQuerySet, StoredFile


def is_at_desk(actor: Actor) -> bool:
    """Decides on statements and enters what offices say."""
    return DESK.permits(actor, None)


def may_state(actor: Actor, asset: Asset) -> bool:
    """Whether the actor may state entries of this right: its holder's keepers, or a delegate with that power."""
    if actor.acts_for is None or asset.holder_id != actor.acts_for:
        return False
    return HOLDER.permits(actor, Statement(organisation_id=actor.acts_for))


def get_right(pk: int) -> Asset:
    """A right with a page of its own. Raises NotFound."""
    return get_shown(pk)


def get_own_right(actor: Actor, pk: int) -> Asset:
    """One the actor may state entries of. Raises NotFound."""
    asset = get_shown(pk)
    if not may_state(actor, asset):
        raise NotFound()
    return asset


def owns_beside_the_holder(organisation_id: int, asset: Asset) -> bool:
    """Whether the organisation is a co-owner: by the register's entries, else by the names the office published."""
    if asset.holder_id == organisation_id:
        return False
    owners = Entry.objects.of([asset.pk]).on(clock.today()).filter(kind=EntryKind.OWNERSHIP, is_recorded_only=False)
    if owners.exists():
        return owners.filter(party_id=organisation_id).exists()
    organisation = Organisation.objects.get(pk=organisation_id)
    names = {plain_name(one) for one in (organisation.name_zh, organisation.name_en) if one}
    roles = (PartyRole.OWNER, PartyRole.ASSIGNEE, PartyRole.APPLICANT)
    return any(plain_name(one.name) in names for one in asset.parties.filter(role__in=roles))


def statements_visible_to(actor: Actor) -> StatefulQuerySet[Statement]:
    """The desk sees all; a holder its own."""
    rows = Statement.objects.select_related("asset", "asset__patent", "organisation", "evidence", "stated_by")
    if is_at_desk(actor):
        return rows
    if actor.acts_for is None or not HOLDER.permits(actor, Statement(organisation_id=actor.acts_for)):
        return rows.none()
    return rows.filter(organisation_id=actor.acts_for)


def get_statement(actor: Actor, pk: int) -> Statement:
    """Raises NotFound."""
    return found(statements_visible_to(actor), pk=pk)


def waiting_statements(actor: Actor) -> StatefulQuerySet[Statement]:
    """What waits for the desk's decision."""
    rows = Statement.objects.select_related("asset", "asset__patent", "organisation")
    return rows.in_state(StatementState.SUBMITTED) if is_at_desk(actor) else rows.none()


def releases_visible_to(actor: Actor) -> QuerySet[PledgeRelease]:
    """Releases that wait for a second person at the desk."""
    rows = PledgeRelease.objects.select_related("entry", "entry__asset", "entry__party", "proposed_by", "evidence")
    return rows.in_state(ReleaseState.PROPOSED) if is_at_desk(actor) else rows.none()


def get_release(actor: Actor, pk: int) -> PledgeRelease:
    """Raises NotFound."""
    return found(releases_visible_to(actor), pk=pk)


def get_consent(actor: Actor, pk: int) -> Consent:
    """A consent the actor's organisation gave, or that the desk entered. Raises NotFound."""
    rows = Consent.objects.live()
    mine = Q(organisation_id=actor.org_id) if actor.org_id is not None else Q(pk=-1)
    return found(rows.filter(Q(organisation__isnull=True) if is_at_desk(actor) else mine), pk=pk)


def sees_terms(actor: Actor, entry: Entry) -> bool:
    """Whether amounts and papers of an entry are open to the actor: its parties and the desk."""
    if is_at_desk(actor):
        return True
    parties = {entry.party_id, entry.grantor_id, entry.created_for_id} - {None}
    return actor.acts_for is not None and actor.acts_for in parties


@guard(PURPOSE)
def may_open_paper(actor: Actor, file: StoredFile) -> bool:
    """A proof: whoever handed it in, the parties of the entry it proves, and the desk."""
    if is_at_desk(actor) or (actor.acts_for is not None and file.org_id == actor.acts_for):
        return True
    proven = Entry.objects.filter(Q(evidence=file) | Q(end_evidence=file))
    return any(sees_terms(actor, entry) for entry in proven)
