"""Ownership passes whole or in exact shares, on the day of registration."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from listings.assets.models import Asset, Party
from listings.assets.states import PartyRole
from listings.rights.facts import GivenConsent
from listings.rights.models import Entry
from listings.rights.refusals import EvidenceMissing, RightsRefused, ShareNotHeld, SharesExceedOne
from listings.rights.services import ownership, reservations
from listings.rights.states import Act, ConsentKind, EntryKind, Source
from marketplace.core import clock
from marketplace.core.errors import Invalid
from marketplace.core.models import Event
from tests import cast
from tests.rights.makers import a_paper, a_subject, owned, pledged, who

pytestmark = pytest.mark.django_db


def shares(right: Asset, on: date | None = None) -> dict[str, Fraction]:
    found = Entry.objects.of([right.pk]).on(on or clock.today()).filter(kind=EntryKind.OWNERSHIP)
    return {one.party_shown: Fraction(one.share_numerator or 1, one.share_denominator or 1) for one in found}


def assign(right, to, *, from_=None, share=None, on=None, **given):
    if "subject" not in given:
        given.setdefault("evidence_id", a_paper().pk)
    return ownership.record_assignment(
        asset_id=right.pk,
        from_=who(from_ or cast.ines()),
        to=who(to),
        share=share,
        effective_on=on or clock.today(),
        by=given.pop("by", None) or cast.ops().actor,
        source=given.pop("source", Source.CNIPA),
        **given,
    )


@pytest.mark.rule("PAT-ASSIGN-REG", "PAT-TRANSFER-OTHER", "PAT-ASSIGN-WRITTEN")
def test_ownership_passes_on_the_day_of_registration_with_the_keeping(right):
    bo, day = cast.bo(), clock.today() - timedelta(days=3)
    assign(right, bo, on=day)

    right.refresh_from_db()
    assert right.holder_id == bo.organisation.pk
    assert shares(right, day - timedelta(days=1)) == {cast.ines().organisation.name: Fraction(1)}
    assert shares(right, day) == {bo.organisation.name: Fraction(1)}
    with pytest.raises(Invalid):
        assign(right, cast.lena(), from_=bo, on=clock.today() + timedelta(days=1))
    with pytest.raises(EvidenceMissing):
        assign(right, cast.lena(), from_=bo, evidence_id=None)


def test_a_share_passes_exactly_and_the_rest_stays(right):
    ines, bo = cast.ines(), cast.bo()
    owned(right, (ines, (2, 3)), (bo, (1, 3)))

    assign(right, bo, share=Fraction(1, 7))

    assert shares(right) == {ines.organisation.name: Fraction(11, 21), bo.organisation.name: Fraction(10, 21)}
    right.refresh_from_db()
    assert right.holder_id == ines.organisation.pk
    with pytest.raises(ShareNotHeld):
        assign(right, bo, share=Fraction(12, 21))
    with pytest.raises(ShareNotHeld):
        assign(right, bo, from_=cast.lena())


def test_the_whole_of_a_share_passes_and_nothing_is_left_behind(right):
    ines, bo = cast.ines(), cast.bo()
    owned(right, (ines, (2, 3)), ("云澜大学", (1, 3)))

    made = assign(right, bo, share=Fraction(2, 3))

    assert shares(right) == {bo.organisation.name: Fraction(2, 3), "云澜大学": Fraction(1, 3)}
    right.refresh_from_db()
    assert right.holder_id == bo.organisation.pk
    told = Event.objects.get(kind="rights.assign", subject_id=made.pk).data
    assert (told["from"], told["to"], told["share"]) == (ines.organisation.pk, bo.organisation.pk, "2/3")
    with pytest.raises(ShareNotHeld):
        assign(right, ines, from_=bo, share=Fraction(0))


def test_owners_the_office_names_are_entered_before_one_of_them_gives(right):
    Party.objects.create(asset=right, role=PartyRole.OWNER, sequence=2, name="云澜大学")

    made = assign(right, cast.bo())

    standing = Entry.objects.of([right.pk]).on(clock.today()).filter(kind=EntryKind.OWNERSHIP)
    assert {(one.party_id, one.party_name, one.share_numerator) for one in standing} == {
        (cast.bo().organisation.pk, "", None),
        (None, "云澜大学", None),
    }
    assert Event.objects.get(kind="rights.assign", subject_id=made.pk).data["share"] is None


def test_shares_never_add_up_to_more_than_the_right(right):
    owned(right, (cast.ines(), (1, 3)), (cast.bo(), (1, 3)), ("云澜大学", (1, 3)))

    with pytest.raises(SharesExceedOne):
        owned(right, ("甲", (1, 1_000_000)))
    assert sum(shares(right).values()) == 1
    owned(right, ("乙", None))


@pytest.mark.rule("PAT-ASSIGN-WRITTEN")
def test_a_deals_assignment_is_checked_once_more_and_uses_up_its_reservation(right):
    ines, bo, deal = cast.ines(), cast.bo(), a_subject()
    reservations.reserve([right.pk], subject=deal, act=Act.ASSIGN, by=ines.actor)
    pledged(right)
    facts = {"by": ines.actor, "source": Source.MARKET, "subject": deal}
    with pytest.raises(RightsRefused):
        assign(right, bo, **facts)

    assign(right, bo, consents=[GivenConsent(ConsentKind.PLEDGEE, cast.lena().organisation.pk)], **facts)
    right.refresh_from_db()
    assert right.holder_id == bo.organisation.pk
    assert reservations.release(subject=deal, by=ines.actor) == 0
