"""Pledges: registered once, released by the pledgee, or by two people of the desk on the pledgee's written proof."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.checking import check
from listings.rights.facts import GivenConsent
from listings.rights.graphs import DESK, PLEDGEE, RELEASE_GRAPH
from listings.rights.models import Entry, PledgeRelease
from listings.rights.refusals import EntryClash, EntryEnded, EvidenceMissing, FactsMissing
from listings.rights.ruling import enforces
from listings.rights.scope import Scope
from listings.rights.services.entries import Who, close, its_right, record_entry, shown_number
from listings.rights.services.reservations import spoken_for
from listings.rights.states import Act, EndReason, EntryKind
from marketplace.core import clock, events, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked_all
from marketplace.core.money import Money


@enforces("PLG-EXIST", "PLG-CONTENT", "PLG-REFUSE-09", "PLG-RANK", "PLG-REFUSE-07")
def record_pledge(
    *,
    asset_id: int,
    pledgor: Who,
    pledgee: Who,
    registered_on: date,
    reference: str,
    amount: Money,
    debt_due_on: date,
    by: Actor,
    source: str,
    evidence_id: Any = None,
    subject: tuple[str, int] | None = None,
    consents: Collection[GivenConsent] = (),
) -> Entry:
    """Enter a pledge from the day of its registration, which is the day it exists (Civil Code art. 444(1)).

    `amount` is the secured claim, `debt_due_on` the last day of the debt; the pledge itself stands until released. A
    loan's pledge (`subject`) is checked once more under the right's lock, and refused while a deal has been promised
    the right. Raises RightsRefused, RightReserved, AlreadyPledged, FactsMissing, NotPermitted, NotFound, Busy.
    """
    if not reference:
        raise FactsMissing(field="reference", missing=_("the registration number"))
    facts: dict[str, Any] = {
        "asset_id": asset_id,
        "kind": EntryKind.PLEDGE,
        "by": by,
        "source": source,
        "starts_on": registered_on,
        "party": pledgee,
        "grantor": pledgor,
        "amount": amount,
        "debt_due_on": debt_due_on,
        "reference": reference,
        "recorded_on": registered_on,
        "evidence_id": evidence_id,
        "subject": subject,
    }
    if subject is None:
        return record_entry(**facts)
    with spoken_for([asset_id], subject=subject, act=Act.PLEDGE, by=by):
        check(
            [asset_id],
            Act.PLEDGE,
            holder_id=pledgor.organisation_id,
            other_id=pledgee.organisation_id,
            scope=Scope(ends_on=debt_due_on),
            subject=subject,
            consents=consents,
        ).demand()
        return record_entry(**facts)


def _is_pledge(entry: Entry) -> None:
    if entry.kind != EntryKind.PLEDGE:
        raise FactsMissing(missing=_("a pledge"))
    if entry.ended_at is not None:
        raise EntryEnded()


@enforces("PLG-CANCEL")
def release_pledge(*, entry_id: int, by: Actor, on: date, evidence_id: Any = None, note: str = "") -> Entry:
    """The pledgee lets go; the pledge ends on the day of cancellation (Announcement 461, art. 14).

    Raises NotPermitted for everybody but the pledgee's people, EntryEnded, NotFound.
    """
    with its_right(entry_id) as entry:
        require(PLEDGEE, by, entry)
        _is_pledge(entry)
        close(entry, on=on, reason=EndReason.RELEASED, by=by, note=note, evidence_id=evidence_id)
        events.record("rights.release_pledge", entry, by, data={"touched": {"assets.asset": [entry.asset_id]}})
    return entry


@transaction.atomic
def propose_release(*, entry_id: int, by: Actor, on: date, evidence_id: Any) -> PledgeRelease:
    """Somebody at the desk has the pledgee's written proof; a second person has to agree within two weeks.

    Raises NotPermitted, EvidenceMissing, EntryEnded, EntryClash (one is proposed already), NotFound.
    """
    require(DESK, by)
    if evidence_id is None:
        raise EvidenceMissing(field="evidence")
    if by.user_id is None:
        raise NotPermitted()
    with its_right(entry_id) as entry:
        _is_pledge(entry)
        release = PledgeRelease(
            entry=entry,
            released_on=on,
            evidence_id=evidence_id,
            proposed_by_id=by.user_id,
            created_at=clock.now(),
        )
        try:
            with transaction.atomic():
                lifecycle.begin(RELEASE_GRAPH, release, by=by, data={"touched": {"assets.asset": [entry.asset_id]}})
        except IntegrityError as error:
            raise EntryClash(number=shown_number(entry.asset)) from error
    return release


@enforces("PLG-CANCEL")
def approve_release(*, release_id: int, by: Actor) -> PledgeRelease:
    """The second person agrees and the pledge ends. Raises SamePerson, NotPermitted, IllegalTransition, EntryEnded."""
    with _release_and_right(release_id) as (release, entry):
        release.decided_by_id = by.user_id
        lifecycle.walk(
            RELEASE_GRAPH,
            release,
            "approve",
            by=by,
            also=("decided_by",),
            data={"touched": {"assets.asset": [entry.asset_id]}},
        )
        close(entry, on=release.released_on, reason=EndReason.RELEASED, by=by, evidence_id=release.evidence_id)
        events.record("rights.release_pledge", entry, by, data={"touched": {"assets.asset": [entry.asset_id]}})
    return release


def refuse_release(*, release_id: int, by: Actor, reason: str) -> PledgeRelease:
    """The proof does not carry. Raises NotPermitted, IllegalTransition, ReasonMissing."""
    with _release_and_right(release_id) as (release, entry):
        release.decided_by_id = by.user_id
        lifecycle.walk(
            RELEASE_GRAPH,
            release,
            "refuse",
            by=by,
            reason=reason,
            also=("decided_by",),
            data={"touched": {"assets.asset": [entry.asset_id]}},
        )
    return release


@contextmanager
def _release_and_right(release_id: int) -> Iterator[tuple[PledgeRelease, Entry]]:
    """A release and its entry, with the right and the release locked in one order. Raises NotFound, Busy."""
    row = PledgeRelease.objects.filter(pk=release_id).values_list("entry__asset_id", "entry_id").first()
    if row is None:
        raise NotFound()
    with locked_all([(Asset, row[0]), (PledgeRelease, release_id)]) as rows:
        release = rows[1]
        assert isinstance(release, PledgeRelease)
        yield release, Entry.objects.select_related("asset").get(pk=row[1])
