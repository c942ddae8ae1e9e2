"""Licences and open licences: checked once more when they are recorded, and by the database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from listings.assets.models import Asset
from listings.rights.models import Entry
from listings.rights.refusals import (
    EntryClash,
    FactsMissing,
    LicencesClash,
    NotOpen,
    RightReserved,
    RightsRefused,
    TakenAlready,
)
from listings.rights.scope import Scope
from listings.rights.services import licences, reservations
from listings.rights.services.entries import Who
from listings.rights.states import Act, EndReason, EntryKind, LicenceType, Source
from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.core.models import Event
from marketplace.core.money import Money
from tests import cast
from tests.rights.makers import a_paper, a_subject, entered, licensed, pledged, who

pytestmark = pytest.mark.django_db


# ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("LIC-COMPAT")
def test_the_database_refuses_two_shutting_licences_of_one_place_field_and_time(right):
    licensed(right, LicenceType.EXCLUSIVE, scope=Scope(("330000",), ("C08",)))

    with pytest.raises(LicencesClash):
        licensed(right, LicenceType.SOLE, scope=Scope(("330800",), ("C08F",)))
    assert licensed(right, LicenceType.SOLE, scope=Scope(("320000",), ("C08F",))).pk
    with pytest.raises(IntegrityError, match="shutting_licences_do_not_overlap"), transaction.atomic():
        _insert_licence(right, Scope(("330802",), ("C08F 14",)))


def _insert_licence(right, scope: Scope) -> None:
    """Straight into the table, past every service."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rights_entry (asset_id, kind, licence_type, export_category, grantor_name, party_name,"
            " may_sublicense, territories, fields, territory, field, starts_on, currency, reference, note_zh, note_en,"
            " source, is_recorded_only, subject_kind, created_at, end_reason, end_note) VALUES"
            " (%s, 'licence', 'exclusive', '', '', 'X', false, '{}', '{}', %s, %s, '2026-01-01', '', '', '', '',"
            " 'market', false, '', now(), '', '')",
            [right.pk, scope.territory, scope.field],
        )


@pytest.mark.rule("LIC-COMPAT", "LIC-REFUSE-10")
def test_a_deals_licence_is_checked_once_more_when_it_is_recorded(right):
    ines, bo, deal = cast.ines(), cast.bo(), a_subject()
    facts = {"licensor": who(ines), "licensee": who(bo), "by": ines.actor, "source": Source.MARKET}
    exclusive = licences.record_licence(asset_id=right.pk, licence_type=LicenceType.EXCLUSIVE, subject=deal, **facts)
    assert exclusive.subject_id == deal[1]

    with pytest.raises(RightsRefused):
        licences.record_licence(asset_id=right.pk, subject=a_subject(), **facts)


@pytest.mark.rule("LIC-DEFAULT-TYPE")
def test_a_licence_silent_on_its_type_is_ordinary(right):
    ines = cast.ines()
    made = licences.record_licence(
        asset_id=right.pk,
        licensor=who(ines),
        licensee=Who(None, "甲公司"),
        by=ines.actor,
        source=Source.MARKET,
        subject=a_subject(),
    )
    assert made.licence_type == LicenceType.ORDINARY


@pytest.mark.rule("LIC-NO-SUB")
def test_what_lies_beneath_a_licence_ends_with_it(right):
    bo = cast.bo()
    above = licensed(right, party=who(bo), may_sublicense=True)
    below = licensed(right, LicenceType.SUB, under_id=above.pk)

    licences.end_licence(entry_id=above.pk, by=cast.ops().actor, on=clock.today())

    below.refresh_from_db()
    assert below.end_reason == EndReason.ENDED
    with pytest.raises(IntegrityError), transaction.atomic():
        licensed(right, LicenceType.EXCLUSIVE, under_id=above.pk)


def test_a_deals_licence_is_not_recorded_beside_another_promise(right):
    ines = cast.ines()
    reservations.reserve([right.pk], subject=a_subject(), act=Act.ASSIGN, by=ines.actor)
    with pytest.raises(RightReserved):
        licences.record_licence(
            asset_id=right.pk,
            licensor=who(ines),
            licensee=who(cast.bo()),
            by=ines.actor,
            source=Source.MARKET,
            subject=a_subject(),
        )
    assert not Entry.objects.of([right.pk]).filter(kind=EntryKind.LICENCE).exists()


def test_each_end_is_of_its_own_kind(right):
    pledge, licence = pledged(right), licensed(right)
    with pytest.raises(FactsMissing):
        licences.end_licence(entry_id=pledge.pk, by=cast.ops().actor, on=clock.today())
    with pytest.raises(FactsMissing):
        licences.withdraw_open(entry_id=licence.pk, by=cast.ops().actor, on=clock.today())
    pledge.refresh_from_db()
    licence.refresh_from_db()
    assert pledge.ended_at is None and licence.ended_at is None
    with pytest.raises(NotFound):
        licences.end_licence(entry_id=10**9, by=cast.ops().actor, on=clock.today())


def test_a_licence_of_another_type_beneath_does_not_end_with_the_one_above(right):
    above = licensed(right, party=who(cast.bo()), may_sublicense=True)
    sub = licensed(right, LicenceType.SUB, under_id=above.pk)
    licences.end_licence(entry_id=sub.pk, by=cast.ops().actor, on=clock.today(), note="both agreed")
    above.refresh_from_db()
    sub.refresh_from_db()
    assert above.ended_at is None and sub.end_reason == EndReason.ENDED


# ── open licence ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def opened(right):
    return licences.declare_open(
        asset_id=right.pk,
        owner=who(cast.ines()),
        by=cast.ines().actor,
        subject=a_subject("catalogue.listing"),
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=365),
        note_zh="每年五万元",
    )


def take(right, deal=None, **given):
    facts = {
        "taker": who(cast.bo()),
        "by": cast.bo().actor,
        "notice_id": given.pop("notice_id", None) or a_paper().pk,
        "noticed_on": clock.today(),
        "paid_on": clock.today(),
        "subject": deal or a_subject(),
    }
    return licences.take_open_licence(asset_id=right.pk, **(facts | given))


@pytest.mark.rule("OL-FORM", "OL-RECORD")
def test_an_open_licence_exists_by_notice_and_payment_exactly_once(right, opened):
    deal = a_subject()
    with pytest.raises(FactsMissing):
        take(right, deal, paid_on=None)
    made = take(right, deal)

    assert (made.under_id, made.party_id, made.ends_on) == (opened.pk, cast.bo().organisation.pk, opened.ends_on)
    assert take(right, deal).pk == made.pk
    with pytest.raises(TakenAlready):
        take(right)


@pytest.mark.rule("OL-WITHDRAW")
def test_a_withdrawal_does_not_reach_back(right, opened):
    taken = take(right)
    with pytest.raises(FactsMissing):
        licences.withdraw_open(entry_id=opened.pk, by=cast.ops().actor, on=clock.today() - timedelta(days=1))

    withdrawn = licences.withdraw_open(entry_id=opened.pk, by=cast.ops().actor, on=clock.today())
    assert (withdrawn.pk, withdrawn.end_reason) == (opened.pk, EndReason.WITHDRAWN)

    taken.refresh_from_db()
    assert taken.ended_at is None and clock.today() in taken.period
    with pytest.raises(NotOpen):
        take(right, taker=who(cast.lena()))


@pytest.mark.rule("OL-NO-EXCL", "OL-CONTENT")
def test_the_database_lets_nothing_shut_stand_beside_a_declaration(right, opened):
    with pytest.raises(EntryClash):
        licensed(right, LicenceType.SOLE, scope=Scope(("330000",)))
    with pytest.raises(EntryClash):
        entered(right, EntryKind.OPEN_DECLARATION)


@pytest.mark.rule("OL-CONTENT")
def test_a_declaration_states_its_fee(right):
    with pytest.raises(FactsMissing):
        licences.declare_open(
            asset_id=right.pk,
            owner=who(cast.ines()),
            by=cast.ines().actor,
            subject=a_subject(),
            starts_on=clock.today(),
            ends_on=clock.today() + timedelta(days=9),
        )


def test_an_open_licence_is_taken_by_an_organisation_with_its_notice(right, opened):
    with pytest.raises(FactsMissing):
        take(right, taker=Who(None, "甲公司"))
    with pytest.raises(FactsMissing):
        licences.take_open_licence(
            asset_id=right.pk,
            taker=who(cast.bo()),
            by=cast.bo().actor,
            notice_id=None,
            noticed_on=clock.today(),
            paid_on=clock.today(),
            subject=a_subject(),
        )
    assert not Entry.objects.filter(licence_type=LicenceType.OPEN).exists()
    with pytest.raises(NotFound):
        take(Asset(pk=10**9))


@pytest.mark.rule("OL-FORM")
@pytest.mark.parametrize(("noticed", "paid"), [(3, 1), (1, 3)])
def test_an_open_licence_begins_with_the_later_of_notice_and_payment(right, opened, noticed, paid):
    day = clock.today()
    made = take(right, noticed_on=day + timedelta(days=noticed), paid_on=day + timedelta(days=paid))
    assert (made.starts_on, made.ends_on) == (day + timedelta(days=3), opened.ends_on)
    told = Event.objects.get(kind="rights.take_open", subject_id=made.pk)
    assert told.data["under"] == opened.pk and ("assets.asset", right.pk) in told.touched()


@pytest.mark.parametrize("fee", [{"note_en": "50,000 a year"}, {"amount": Money(Decimal("50000.00"), "CNY")}])
def test_a_fee_is_stated_in_words_of_either_language_or_as_a_sum(right, fee):
    made = licences.declare_open(
        asset_id=right.pk,
        owner=who(cast.ines()),
        by=cast.ines().actor,
        subject=a_subject(),
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=9),
        **fee,
    )
    assert (made.note_en, made.amount) == (fee.get("note_en", ""), getattr(fee.get("amount"), "amount", None))
