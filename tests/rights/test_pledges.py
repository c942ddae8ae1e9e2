"""Pledges: from registration on, released by the pledgee or by two people at the desk."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from listings.rights.models import Entry, PledgeRelease
from listings.rights.refusals import (
    AlreadyPledged,
    EntryClash,
    EntryEnded,
    EvidenceMissing,
    FactsMissing,
    RightReserved,
    SamePerson,
)
from listings.rights.scope import Scope
from listings.rights.services import entries, pledges, reservations
from listings.rights.states import Act, EndReason, EntryKind, ReleaseState, Source
from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from tests import cast
from tests.builders import an_operator, member_actor
from tests.catalogue.makers import a_right
from tests.rights.makers import a_paper, a_subject, licensed, pledged, who

pytestmark = pytest.mark.django_db


@pytest.mark.rule("PLG-REFUSE-09", "PLG-EXIST", "PLG-CONTENT", "PLG-REFUSE-07")
def test_a_pledge_exists_from_registration_and_only_once(right):
    registered = clock.today() - timedelta(days=10)
    pledge = pledged(right, registered_on=registered)
    assert registered in pledge.period and registered - timedelta(days=1) not in pledge.period
    assert (pledge.amount, pledge.currency, pledge.ends_on) == (Decimal("3000000.00"), "CNY", None)

    with pytest.raises(AlreadyPledged):
        pledged(right)
    with pytest.raises(FactsMissing):
        pledged(a_right(), reference="")
    with pytest.raises(IntegrityError, match="one_live_pledge_per_asset"), transaction.atomic():
        whole = Scope()
        Entry.objects.create(
            asset=right,
            kind=EntryKind.PLEDGE,
            party_name="X",
            territory=whole.territory,
            field=whole.field,
            starts_on=registered,
            source=Source.CNIPA,
            created_at=clock.now(),
        )


@pytest.mark.rule("PLG-REFUSE-09")
def test_a_loans_pledge_is_refused_while_a_deal_was_promised_the_right(right):
    deal, loan = a_subject(), a_subject("loans.loan")
    reservations.reserve([right.pk], subject=deal, act=Act.ASSIGN, by=cast.ines().actor)

    with pytest.raises(RightReserved):
        pledged(right, subject=loan, by=cast.lena().actor, source=Source.MARKET)
    reservations.release(subject=deal, by=cast.ines().actor)
    assert pledged(right, subject=loan, by=cast.lena().actor, source=Source.MARKET).pk


@pytest.mark.rule("PLG-CANCEL")
def test_the_pledgee_releases_and_nobody_else(right):
    pledge = pledged(right)
    for other in (cast.ines(), cast.bo(), cast.ops()):
        with pytest.raises(NotPermitted):
            pledges.release_pledge(entry_id=pledge.pk, by=other.actor, on=clock.today())
    with pytest.raises(FactsMissing):
        entries.end_entry(entry_id=pledge.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.RELEASED)

    released = pledges.release_pledge(entry_id=pledge.pk, by=cast.lena().actor, on=clock.today())
    assert released.end_reason == EndReason.RELEASED
    assert pledged(right).pk


@pytest.mark.rule("PLG-CANCEL")
def test_two_persons_at_the_desk_release_on_the_pledgees_proof(right):
    pledge, ops = pledged(right), cast.ops()
    with pytest.raises(EvidenceMissing):
        pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=None)
    with pytest.raises(NotPermitted):
        pledges.propose_release(entry_id=pledge.pk, by=cast.ines().actor, on=clock.today(), evidence_id=a_paper().pk)
    release = pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)
    with pytest.raises(EntryClash):
        pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)

    with pytest.raises(SamePerson):
        pledges.approve_release(release_id=release.pk, by=ops.actor)
    second = member_actor(an_operator(), Role.APPROVER)
    assert pledges.approve_release(release_id=release.pk, by=second).state == ReleaseState.DONE
    pledge.refresh_from_db()
    assert pledge.end_reason == EndReason.RELEASED
    with pytest.raises(IllegalTransition):
        pledges.approve_release(release_id=release.pk, by=second)


def test_a_release_is_refused_with_its_reason_or_lapses(right):
    pledge, ops = pledged(right), cast.ops()
    first = pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)
    with pytest.raises(ReasonMissing):
        pledges.refuse_release(release_id=first.pk, by=ops.actor, reason=" ")
    pledges.refuse_release(release_id=first.pk, by=ops.actor, reason="The seal is another bank's.")

    second = pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)
    with clock.at(second.due_at + timedelta(seconds=1)):
        timers.run_due()
    assert [one.state for one in PledgeRelease.objects.order_by("pk")] == [ReleaseState.REFUSED, ReleaseState.LAPSED]
    pledge.refresh_from_db()
    assert pledge.ended_at is None


def test_only_a_pledge_that_stands_is_released(right):
    lena, ops = cast.lena(), cast.ops()
    licence, pledge = licensed(right, party=who(lena)), pledged(right)
    with pytest.raises(FactsMissing):
        pledges.release_pledge(entry_id=licence.pk, by=lena.actor, on=clock.today())
    with pytest.raises(FactsMissing):
        pledges.propose_release(entry_id=licence.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)

    pledges.release_pledge(entry_id=pledge.pk, by=lena.actor, on=clock.today())
    with pytest.raises(EntryEnded):
        pledges.release_pledge(entry_id=pledge.pk, by=lena.actor, on=clock.today())
    with pytest.raises(EntryEnded):
        pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)
    with pytest.raises(NotFound):
        pledges.approve_release(release_id=10**9, by=ops.actor)


def test_a_release_agreed_after_the_pledgee_let_go_ends_nothing_twice(right):
    pledge, ops = pledged(right), cast.ops()
    proposed = pledges.propose_release(entry_id=pledge.pk, by=ops.actor, on=clock.today(), evidence_id=a_paper().pk)
    pledges.release_pledge(entry_id=pledge.pk, by=cast.lena().actor, on=clock.today(), note="repaid")
    with pytest.raises(EntryEnded), transaction.atomic():
        pledges.approve_release(release_id=proposed.pk, by=member_actor(an_operator(), Role.APPROVER))
    proposed.refresh_from_db()
    assert proposed.state == ReleaseState.PROPOSED


def test_the_clock_is_no_person_to_propose_a_release(right):
    pledge = pledged(right)
    with pytest.raises(NotPermitted):
        pledges.propose_release(entry_id=pledge.pk, by=SYSTEM, on=clock.today(), evidence_id=a_paper().pk)
    assert not PledgeRelease.objects.exists()
