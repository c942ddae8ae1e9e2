"""Writing the register: what each service does, whom it refuses, and what the database refuses by itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from listings.assets.models import Asset
from listings.rights.facts import GivenConsent
from listings.rights.models import Consent, Entry, PledgeRelease
from listings.rights.refusals import (
    AlreadyPledged,
    EntryClash,
    EntryEnded,
    EvidenceMissing,
    FactsMissing,
    LicencesClash,
    NotOpen,
    OrderTooLong,
    RightReserved,
    RightsRefused,
    SamePerson,
    ShareNotHeld,
    SharesExceedOne,
    StatementNotOurs,
    TakenAlready,
    UnknownCode,
)
from listings.rights.scope import Scope
from listings.rights.services import consents, entries, licences, ownership, pledges, reservations, statements
from listings.rights.services.entries import Who
from listings.rights.states import (
    Act,
    ConsentKind,
    EndReason,
    EntryKind,
    LicenceType,
    ReleaseState,
    Source,
    StatementState,
)
from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.errors import IllegalTransition, Invalid, NotFound, NotPermitted, ReasonMissing
from marketplace.core.models import Event, Timer
from tests import cast
from tests.builders import a_pdf, an_operator, member_actor
from tests.catalogue.makers import a_right
from tests.rights.makers import a_paper, a_subject, entered, licensed, owned, pledged, preserved, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def right():
    return a_right()


def shares(right: Asset, on: date | None = None) -> dict[str, Fraction]:
    found = Entry.objects.of([right.pk]).on(on or clock.today()).filter(kind=EntryKind.OWNERSHIP)
    return {one.party_shown: Fraction(one.share_numerator or 1, one.share_denominator or 1) for one in found}


# ── entries ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_entry_is_written_with_its_event_and_touches_its_right(right):
    entry = licensed(right, LicenceType.SOLE)

    event = Event.objects.get(kind="rights.record", subject_id=entry.pk)
    assert ("assets.asset", right.pk) in event.touched() and event.actor_id == cast.ops().person.pk


@pytest.mark.parametrize("by", [cast.ines, cast.lena])
def test_only_the_desk_enters_what_offices_say(right, by):
    with pytest.raises(NotPermitted):
        licensed(right, by=by().actor)


@pytest.mark.parametrize("column", ["kind", "party_name", "starts_on", "reference", "is_recorded_only"])
def test_an_entry_is_never_changed(right, column):
    entry = licensed(right)
    value = {"kind": "pledge", "starts_on": date(2020, 1, 1), "is_recorded_only": True}.get(column, "other")

    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(**{column: value})


def test_an_entry_is_ended_once_and_never_deleted(right):
    entry = licensed(right)
    entries.end_entry(entry_id=entry.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.ENDED)

    with pytest.raises(EntryEnded):
        entries.end_entry(entry_id=entry.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.ENDED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(ended_on=None, ended_at=None, end_reason="")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).delete()


@pytest.mark.rule("PAT-FREEZE-COURT")
def test_an_order_runs_at_most_six_months_by_the_service_and_by_the_database(right):
    with pytest.raises(OrderTooLong):
        preserved(right, starts_on=date(2026, 3, 31), ends_on=date(2026, 10, 1))
    assert preserved(right, starts_on=date(2026, 3, 31), ends_on=date(2026, 9, 30)).ends_on == date(2026, 9, 30)

    whole = Scope()
    with pytest.raises(IntegrityError, match="six_months"), transaction.atomic():
        Entry.objects.create(
            asset=right,
            kind=EntryKind.PRESERVATION,
            territory=whole.territory,
            field=whole.field,
            starts_on=date(2026, 3, 31),
            ends_on=date(2026, 10, 1),
            source=Source.OPERATOR,
            created_at=clock.now(),
        )


def test_the_day_after_its_last_an_entry_is_ended_by_the_clock(right):
    order = preserved(right)
    timer = Timer.objects.get(subject_kind="rights.entry", subject_id=order.pk)

    assert timer.due_at.astimezone().date() >= order.ends_on
    with clock.at(timer.due_at - timedelta(seconds=1)):
        timers.run_due()
        order.refresh_from_db()
        assert order.ended_at is None
    with clock.at(timer.due_at):
        timers.run_due()
    order.refresh_from_db()
    assert (order.ended_on, order.end_reason) == (order.ends_on + timedelta(days=1), EndReason.TERM)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (EntryKind.OWNERSHIP, {}),
        (EntryKind.LICENCE, {"party": Who(None, "x")}),
        (EntryKind.PRESERVATION, {"party": Who(None, "x")}),
        (EntryKind.OWNERSHIP, {"party": Who(None, "x"), "share": (3, 2)}),
    ],
)
def test_an_entry_says_what_it_lacks(right, kind, given):
    with pytest.raises(FactsMissing):
        entered(right, kind, **given)


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

    licences.withdraw_open(entry_id=opened.pk, by=cast.ops().actor, on=clock.today())

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


# ── pledges ──────────────────────────────────────────────────────────────────────────────────────────────────────────
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


# ── ownership ────────────────────────────────────────────────────────────────────────────────────────────────────────
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


# ── reservations ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_bundle_is_reserved_whole_or_not_at_all(right):
    p, q, r = right, a_right(), a_right()
    ines = cast.ines().actor
    reservations.reserve([p.pk, q.pk], subject=a_subject(), act=Act.ASSIGN, by=ines)
    other = a_subject()

    with pytest.raises(RightReserved):
        reservations.reserve([q.pk, r.pk], subject=other, act=Act.ASSIGN, by=ines)
    assert reservations.release(subject=other, by=ines) == 0
    reservations.reserve([r.pk], subject=other, act=Act.ASSIGN, by=ines)


@pytest.mark.parametrize(
    ("first", "second", "agrees"),
    [
        (Act.ORDINARY, Act.ORDINARY, True),
        (Act.ORDINARY, Act.CROSS, True),
        (Act.ORDINARY, Act.EXCLUSIVE, False),
        (Act.EXCLUSIVE, Act.ORDINARY, False),
        (Act.EXCLUSIVE, Act.EXCLUSIVE, False),
        (Act.ASSIGN, Act.PLEDGE, False),
        (Act.PLEDGE, Act.ASSIGN, False),
    ],
)
def test_lanes_say_what_may_be_under_way_together(right, first, second, agrees):
    by = cast.ines().actor
    reservations.reserve([right.pk], subject=a_subject(), act=first, by=by)
    if agrees:
        assert reservations.reserve([right.pk], subject=a_subject(), act=second, by=by)
    else:
        with pytest.raises(RightReserved):
            reservations.reserve([right.pk], subject=a_subject(), act=second, by=by)


def test_exclusive_licences_of_two_provinces_can_be_under_way_together(right):
    by = cast.ines().actor
    for code in ("330000", "320000"):
        reservations.reserve([right.pk], subject=a_subject(), act=Act.EXCLUSIVE, scope=Scope((code,)), by=by)
    with pytest.raises(RightReserved):
        reservations.reserve([right.pk], subject=a_subject(), act=Act.EXCLUSIVE, scope=Scope(("330800",)), by=by)


def test_reserving_again_is_the_same_reservation_and_another_scope_replaces_it(right):
    deal, by = a_subject(), cast.ines().actor
    [one] = reservations.reserve([right.pk], subject=deal, act=Act.EXCLUSIVE, scope=Scope(("330000",)), by=by)
    [same] = reservations.reserve([right.pk], subject=deal, act=Act.EXCLUSIVE, scope=Scope(("330000",)), by=by)
    [wider] = reservations.reserve([right.pk], subject=deal, act=Act.EXCLUSIVE, by=by)

    one.refresh_from_db()
    assert same.pk == one.pk and wider.pk != one.pk and one.released_at is not None


# ── consents ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("PAT-COOWN-ALL")
def test_signatories_bind_their_organisation_and_nobody_elses(right):
    bo = cast.bo()
    reader = member_actor(bo.organisation, Role.READ_ONLY)
    facts = {"asset_id": right.pk, "kind": ConsentKind.CO_OWNER, "acts": [Act.ASSIGN]}
    with pytest.raises(NotPermitted):
        consents.give_consent(by=reader, **facts)
    given = consents.give_consent(by=bo.actor, **facts)
    assert consents.give_consent(by=bo.actor, **facts).pk == given.pk

    with pytest.raises(NotPermitted):
        consents.revoke_consent(consent_id=given.pk, by=cast.lena().actor)
    consents.revoke_consent(consent_id=given.pk, by=bo.actor)
    with pytest.raises(NotFound):
        consents.revoke_consent(consent_id=given.pk, by=bo.actor)


def test_the_desk_records_a_paper_consent_with_its_proof(right):
    facts = {"asset_id": right.pk, "kind": ConsentKind.CO_OWNER, "acts": [Act.ASSIGN], "name": "云澜大学"}
    with pytest.raises(NotPermitted):
        consents.record_consent(by=cast.ines().actor, evidence_id=a_paper().pk, **facts)
    with pytest.raises(EvidenceMissing):
        consents.record_consent(by=cast.ops().actor, evidence_id=None, **facts)
    assert consents.record_consent(by=cast.ops().actor, evidence_id=a_paper().pk, **facts).name == "云澜大学"


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
LICENCE = {"party": "乙公司", "starts_on": "2026-01-01", "ends_on": "2027-12-31", "licence_type": "sole"}


def stated(right, kind=EntryKind.LICENCE, facts=None, by=None):
    return statements.state(
        asset_id=right.pk,
        kind=kind,
        facts=LICENCE if facts is None else facts,
        upload=a_pdf(),
        by=(by or cast.ines()).actor,
    )


def test_a_statement_becomes_an_entry_when_the_desk_confirms_it(right):
    statement = statements.confirm(
        statement_id=stated(right, facts={**LICENCE, "territories": ["330000"]}).pk, by=cast.ops().actor
    )

    entry = statement.became
    assert statement.state == StatementState.CONFIRMED and entry.source == Source.HOLDER
    assert (entry.party_name, entry.licence_type, entry.territories) == ("乙公司", "sole", ["330000"])
    assert entry.evidence_id == statement.evidence_id and entry.grantor_id == right.holder_id


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (EntryKind.OWNERSHIP, {"party": "云澜大学", "starts_on": "2024-01-01", "share": "1/3"}),
        (
            EntryKind.PLEDGE,
            {"party": "甲银行", "starts_on": "2026-01-01", "reference": "Y1", "amount": "100.00", "currency": "CNY"},
        ),
        (EntryKind.PRESERVATION, {"party": "法院", "starts_on": "2026-11-01", "ends_on": "2027-01-31"}),
        (EntryKind.INVALIDATION, {"starts_on": "2026-11-01"}),
        (EntryKind.EXPORT_CONTROL, {"starts_on": "2026-11-01", "export_category": "restricted"}),
        (EntryKind.SERVICE_INVENTION, {"party": "林知远", "starts_on": "2020-05-06"}),
    ],
)
def test_every_kind_that_is_stated_can_be_entered(right, kind, facts):
    assert statements.confirm(statement_id=stated(right, kind, facts).pk, by=cast.ops().actor).became.kind == kind


@pytest.mark.rule("PAT-COOWN-ALL")
def test_a_co_owners_paper_becomes_a_consent(right):
    statement = stated(right, "consent", {"party": "云澜大学", "acts": ["assign"]})
    made = statements.confirm(statement_id=statement.pk, by=cast.ops().actor).became_consent

    assert made is not None and Consent.objects.live().get().name == "云澜大学"


def test_a_statement_is_the_holders_and_decided_by_the_desk(right):
    with pytest.raises(StatementNotOurs):
        stated(right, by=cast.bo())
    with pytest.raises(UnknownCode):
        stated(right, facts={**LICENCE, "territories": ["Zhejiang"]})
    statement = stated(right)
    with pytest.raises(NotPermitted):
        statements.confirm(statement_id=statement.pk, by=cast.ines().actor)
    with pytest.raises(ReasonMissing):
        statements.refuse(statement_id=statement.pk, by=cast.ops().actor, reason="")
    assert statements.refuse(statement_id=statement.pk, by=cast.ops().actor, reason="x").state == StatementState.REFUSED
    other = stated(right)
    with pytest.raises(NotPermitted):
        statements.withdraw(statement_id=other.pk, by=cast.bo().actor)
    assert statements.withdraw(statement_id=other.pk, by=cast.ines().actor).state == StatementState.WITHDRAWN
    with pytest.raises(NotFound):
        statements.confirm(statement_id=10**9, by=cast.ops().actor)
