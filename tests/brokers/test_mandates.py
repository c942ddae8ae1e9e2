"""Mandates and introductions: who may agree on them, what excludes what, and what a commission rests on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from listings.brokers.graphs import MANDATE_GRAPH
from listings.brokers.models import Introduction, Mandate
from listings.brokers.refusals import (
    AlreadyIntroduced,
    BrokerUnfit,
    CommissionUnfit,
    DualMandateHidden,
    MandateDates,
    MandateNotInForce,
    MandateOverlaps,
    OutsideMandate,
    ScopeUnfit,
)
from listings.brokers.services import introductions, mandates
from listings.brokers.services.introductions import commissions_for, introduce
from listings.brokers.states import MandateState, Scope, Side
from listings.deals.talks.contributions import listing_matter
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event
from tests import cast
from tests.brokers.makers import a_mandate, a_proposal, an_introduction, zhou
from tests.builders import member_actor
from tests.catalogue import makers

pytestmark = pytest.mark.django_db


def owed(listing, on=None, buyer=None):
    return commissions_for(
        matter_kind="catalogue.listing",
        matter_id=listing.pk,
        holder_id=listing.organisation_id,
        buyer_id=(buyer or cast.bo()).organisation.pk,
        on=on or clock.today(),
    )


def test_a_proposal_is_accepted_by_the_other_side():
    made = a_proposal()
    assert made.state == MandateState.PROPOSED and made.receiver_id == zhou().organisation.pk
    with pytest.raises(NotPermitted):
        mandates.accept_mandate(mandate_id=made.pk, by=cast.ines().actor)
    with pytest.raises(NotPermitted):
        mandates.accept_mandate(mandate_id=made.pk, by=member_actor(zhou().organisation, Role.STAFF))
    mandates.accept_mandate(mandate_id=made.pk, by=zhou().actor)
    assert Mandate.objects.get(pk=made.pk).state == MandateState.ACTIVE
    assert Event.objects.filter(kind="mandate.accept", subject_id=made.pk).exists()


def test_a_broker_may_propose_to_a_client():
    made = a_proposal(by=zhou().actor)
    assert made.receiver_id == cast.ines().organisation.pk
    mandates.accept_mandate(mandate_id=made.pk, by=cast.ines().actor)


def test_proposals_are_withdrawn_declined_and_lapse():
    first, second, third = a_proposal(), a_proposal(), a_proposal()
    mandates.withdraw_mandate(mandate_id=first.pk, by=cast.ines().actor)
    mandates.decline_mandate(mandate_id=second.pk, by=zhou().actor)
    with clock.at(clock.now() + timedelta(days=31)):
        take_timed_step(MANDATE_GRAPH, third.pk, "lapse")
    states = [Mandate.objects.get(pk=one.pk).state for one in (first, second, third)]
    assert states == [MandateState.WITHDRAWN, MandateState.DECLINED, MandateState.LAPSED]
    with pytest.raises(IllegalTransition):
        mandates.accept_mandate(mandate_id=first.pk, by=zhou().actor)


def test_a_mandate_runs_out_after_its_last_day():
    made = a_mandate()
    with clock.at(clock.now() + timedelta(days=366)):
        take_timed_step(MANDATE_GRAPH, made.pk, "expire")
    assert Mandate.objects.get(pk=made.pk).state == MandateState.EXPIRED


@pytest.mark.parametrize(
    ("error", "change"),
    [
        (MandateDates, {"ends_on": clock.today() - timedelta(days=1)}),
        (MandateDates, {"ends_on": clock.today() + timedelta(days=1500)}),
        (CommissionUnfit, {"commission_pct": Decimal("0")}),
        (CommissionUnfit, {"commission_pct": Decimal("50.001")}),
        (ScopeUnfit, {"scope": Scope.ASSETS}),
        (NotFound, {"scope": Scope.MATTER, "matter_number": "L-2026-99999"}),
    ],
)
def test_unfit_proposals_are_refused(error, change):
    with pytest.raises(error):
        a_proposal(**change)


def test_a_mandate_needs_a_broker_and_somebody_who_may_bind():
    with pytest.raises(BrokerUnfit):
        a_proposal(broker=cast.bo())
    with pytest.raises(NotPermitted):
        a_proposal(by=cast.stranger().actor)
    with pytest.raises(NotPermitted):
        a_proposal(by=member_actor(cast.ines().organisation, Role.STAFF))


def test_a_selling_client_names_its_own_rights():
    with pytest.raises(ScopeUnfit):
        a_proposal(scope=Scope.ASSETS, asset_ids=[makers.a_right(cast.bo()).pk])
    with pytest.raises(ScopeUnfit):
        a_proposal(scope=Scope.MATTER, matter_number=makers.a_listing(by=cast.bo()).number)
    listing = makers.a_listing()
    made = a_proposal(scope=Scope.MATTER, matter_number=listing.number)
    assert made.asset_ids == [one.pk for one in listing.rights] and made.matter_id == listing.pk


def test_exclusive_mandates_of_the_same_rights_and_time_exclude_each_other():
    one, two = makers.a_right(), makers.a_right()
    a_mandate(is_exclusive=True, scope=Scope.ASSETS, asset_ids=[one.pk])
    other = zhou("chen")
    for scope in ({"scope": Scope.ALL}, {"scope": Scope.ASSETS, "asset_ids": [one.pk, two.pk]}):
        made = a_proposal(broker=other, is_exclusive=True, **scope)
        with pytest.raises(MandateOverlaps):
            mandates.accept_mandate(mandate_id=made.pk, by=other.actor)
        assert Mandate.objects.get(pk=made.pk).state == MandateState.PROPOSED
    a_mandate(broker=other, is_exclusive=True, scope=Scope.ASSETS, asset_ids=[two.pk])
    a_mandate(broker=other, scope=Scope.ALL)
    a_mandate(broker=other, is_exclusive=True, scope=Scope.ALL, side=Side.BUYING)
    later = clock.today() + timedelta(days=365)
    a_mandate(broker=other, is_exclusive=True, scope=Scope.ALL, starts_on=later, ends_on=later + timedelta(days=30))


def test_terms_never_change_and_introductions_stay():
    made = an_introduction(makers.a_listing())
    with pytest.raises(DatabaseError), transaction.atomic():
        Mandate.objects.update(commission_pct=Decimal("9"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Introduction.objects.filter(pk=made.pk).update(note="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        Introduction.objects.all().delete()


@pytest.mark.rule("PF-BROKER-FEE")
def test_an_introduction_freezes_the_terms():
    listing = makers.a_listing()
    made = an_introduction(listing, pct="3.000")
    mandates.terminate_mandate(mandate_id=made.mandate_id, by=cast.ines().actor, reason="Another broker.")
    a_mandate(broker=zhou("chen"), commission_pct=Decimal("5"))
    (commission,) = owed(listing)
    assert commission.pct == Decimal("3.000") and commission.broker_id == zhou().organisation.pk
    assert commission.terms["payer"] == "split"


@pytest.mark.rule("PF-BROKER-BYPASS")
def test_protection_ends_with_the_tail_of_the_frozen_terms():
    listing = makers.a_listing()
    made = an_introduction(listing)
    last = introductions.protected_until(made)
    assert (last.year, last.month) != (made.mandate.ends_on.year, made.mandate.ends_on.month)
    assert owed(listing, on=last) and not owed(listing, on=last + timedelta(days=1))


def test_nothing_is_owed_for_others_and_once_per_client():
    listing = makers.a_listing()
    assert owed(listing) == []
    first = an_introduction(listing)
    other = zhou("chen")
    second = a_mandate(broker=other)
    introduce(
        mandate_id=second.pk,
        matter=listing_matter(listing.number),
        other_id=cast.bo().organisation.pk,
        by=other.actor,
    )
    assert [one.introduction_id for one in owed(listing)] == [first.pk]
    assert owed(listing, buyer=cast.stranger()) == []


def test_an_introduction_is_made_by_the_broker_in_force_within_scope_and_once():
    listing, outside = makers.a_listing(), makers.a_listing(by=cast.bo())
    mandate = a_mandate(scope=Scope.MATTER, matter_number=listing.number)
    bo = cast.bo().organisation.pk

    def by(actor, matter=listing, other=bo):
        return introduce(mandate_id=mandate.pk, matter=listing_matter(matter.number), other_id=other, by=actor)

    with pytest.raises(NotFound):
        by(cast.ines().actor)
    with pytest.raises(NotPermitted):
        by(member_actor(zhou().organisation, Role.READ_ONLY))
    with pytest.raises(NotFound):
        by(zhou().actor, other=cast.ines().organisation.pk)
    with pytest.raises(OutsideMandate):
        by(zhou().actor, matter=outside, other=cast.stranger().organisation.pk)
    by(zhou().actor)
    with pytest.raises(AlreadyIntroduced):
        by(zhou().actor)
    with pytest.raises(ReasonMissing):
        mandates.terminate_mandate(mandate_id=mandate.pk, by=zhou().actor, reason="")
    mandates.terminate_mandate(mandate_id=mandate.pk, by=zhou().actor, reason="Done.")
    with pytest.raises(MandateNotInForce):
        by(zhou().actor, other=cast.stranger().organisation.pk)


@pytest.mark.rule("PF-BROKER-TRUTH")
def test_a_mandate_of_both_sides_is_disclosed():
    listing = makers.a_listing()
    selling = a_mandate()
    a_mandate(client=cast.bo(), side=Side.BUYING)
    told = {
        "mandate_id": selling.pk,
        "matter": listing_matter(listing.number),
        "other_id": cast.bo().organisation.pk,
        "by": zhou().actor,
    }
    with pytest.raises(DualMandateHidden):
        introduce(**told)
    assert introduce(**told, discloses_dual=True).is_dual


def test_a_buying_mandate_earns_on_the_holders_listing():
    listing = makers.a_listing()
    mandate = a_mandate(client=cast.bo(), side=Side.BUYING)
    introduce(
        mandate_id=mandate.pk,
        matter=listing_matter(listing.number),
        other_id=cast.ines().organisation.pk,
        by=zhou().actor,
    )
    (commission,) = owed(listing)
    assert commission.client_id == cast.bo().organisation.pk
