"""Rules on what others hold in a right: pledges, licences, open licences, export and promises."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import translation

from listings.assets.models import Asset
from listings.rights.checking import GivenConsent
from listings.rights.scope import Scope
from listings.rights.services import entries, licences, reservations
from listings.rights.services.entries import Who
from listings.rights.states import Act, ConsentKind, EndReason, EntryKind, ExportCategory, LicenceType
from marketplace.core import clock
from tests import cast
from tests.catalogue.makers import a_right
from tests.rights.asking import ask, codes
from tests.rights.makers import a_subject, entered, licensed, pledged, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines():
    return cast.ines()


@pytest.fixture
def right(ines) -> Asset:
    return a_right(ines)


# ── pledge ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("PLG-NO-TRANSFER", "OL-BAR-PLEDGE", "PLG-NO-WAIVER", "LIC-REFUSE-09")
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (Act.ASSIGN, "pledgee_must_agree"),
        (Act.ORDINARY, "pledgee_must_agree"),
        (Act.EXCLUSIVE, "pledgee_must_agree"),
        (Act.DECLARE_OPEN, "pledgee_must_agree_to_open_licence"),
        (Act.WAIVE, "pledgee_must_agree_to_waiver"),
    ],
)
def test_a_pledged_right_moves_only_with_the_pledgee(right, act, code):
    lena = cast.lena()
    pledged(right, lena)

    verdict = ask(right, act)
    assert codes(verdict, blocks=True) == {code} and verdict.blocks[0].consent_from == (lena.organisation.pk,)
    agreed = ask(right, act, consents=[GivenConsent(ConsentKind.PLEDGEE, lena.organisation.pk)])
    assert agreed.is_allowed
    assert ("proceeds_to_pledgee" in codes(agreed)) == (act in (Act.ASSIGN, Act.ORDINARY, Act.EXCLUSIVE))


@pytest.mark.rule("PLG-NO-WAIVER")
def test_an_article_nobody_read_says_so(right):
    pledged(right)

    assert [one.is_verified for one in ask(right, Act.WAIVE).blocks] == [False]
    assert [one.is_verified for one in ask(right, Act.ASSIGN).blocks] == [True]


@pytest.mark.rule("PLG-NO-TRANSFER")
def test_a_pledged_right_may_be_offered_and_says_it_is_pledged(right):
    pledged(right)

    assert ask(right, Act.LIST).is_allowed and codes(ask(right, Act.LIST)) == {"offered_while_pledged"}


@pytest.mark.rule("PLG-REFUSE-09")
def test_a_pledged_right_is_not_pledged_again(right):
    pledged(right)

    assert codes(ask(right, Act.PLEDGE), blocks=True) == {"already_pledged_to"}


@pytest.mark.rule("PLG-RANK")
def test_a_security_interest_that_was_only_recorded_is_told_not_enforced(right):
    entered(right, EntryKind.PLEDGE, party=Who(None, "SOME BANK"), is_recorded_only=True)

    verdict = ask(right, Act.ASSIGN)
    assert verdict.is_allowed and codes(verdict) == {"security_interest_recorded"}


# ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────────
MATRIX = [
    # standing              asked           blocked by                    told of
    (LicenceType.EXCLUSIVE, Act.EXCLUSIVE, "exclusive_licence_in_force", None),
    (LicenceType.EXCLUSIVE, Act.SOLE, "exclusive_licence_in_force", None),
    (LicenceType.EXCLUSIVE, Act.ORDINARY, "exclusive_licence_in_force", None),
    (LicenceType.EXCLUSIVE, Act.CROSS, "exclusive_licence_in_force", None),
    (LicenceType.SOLE, Act.EXCLUSIVE, "sole_licence_in_force", None),
    (LicenceType.SOLE, Act.SOLE, "sole_licence_in_force", None),
    (LicenceType.SOLE, Act.ORDINARY, "sole_licence_in_force", None),
    (LicenceType.ORDINARY, Act.EXCLUSIVE, None, "licence_to_disclose"),
    (LicenceType.ORDINARY, Act.SOLE, None, "licence_to_disclose"),
    (LicenceType.ORDINARY, Act.ORDINARY, None, None),
    (LicenceType.CROSS, Act.EXCLUSIVE, None, "licence_to_disclose"),
    (LicenceType.CROSS, Act.CROSS, None, None),
    (LicenceType.EXCLUSIVE, Act.ASSIGN, None, "licence_goes_with_the_right"),
    (LicenceType.ORDINARY, Act.ASSIGN, None, "licence_goes_with_the_right"),
    (LicenceType.SOLE, Act.PLEDGE, None, "licence_goes_with_the_right"),
]


@pytest.mark.rule("LIC-COMPAT", "LIC-REFUSE-10", "LIC-SOLE-SUB", "LIC-WARRANTY")
@pytest.mark.parametrize(("standing", "act", "blocked", "told"), MATRIX)
def test_licences_stand_beside_each_other_as_their_types_allow(right, standing, act, blocked, told):
    licensed(right, standing)

    verdict = ask(right, act)

    assert codes(verdict, blocks=True) == ({blocked} if blocked else set())
    assert codes(verdict, blocks=False) == ({told} if told else set())


ZHEJIANG = Scope(("330000",), ("C08",), date(2027, 1, 1), date(2028, 12, 31))


@pytest.mark.rule("LIC-COMPAT")
@pytest.mark.parametrize(
    ("asked", "meets"),
    [
        (Scope(("330800",), ("C08F",), date(2028, 1, 1), date(2028, 6, 30)), True),
        (Scope(("320000",), ("C08F",), date(2028, 1, 1), date(2028, 6, 30)), False),
        (Scope(("330800",), ("B23",), date(2028, 1, 1), date(2028, 6, 30)), False),
        (Scope(("330800",), ("C08F",), date(2029, 1, 1), date(2029, 6, 30)), False),
        (Scope((), (), date(2028, 12, 31), None), True),
        (Scope(("320000", "330802"), ("C08J", "C08F 14"), date(2026, 12, 1), date(2027, 1, 1)), True),
    ],
)
def test_exclusive_licences_clash_only_in_the_same_place_field_and_time(right, asked, meets):
    licensed(right, LicenceType.EXCLUSIVE, scope=ZHEJIANG)

    assert ask(right, Act.EXCLUSIVE, scope=asked).is_allowed != meets


@pytest.mark.rule("LIC-NO-SUB", "LIC-DEFAULT-TYPE")
def test_a_sub_licence_rests_on_a_licence_that_allows_and_covers_it(right):
    bo = cast.bo()
    licensed(right, LicenceType.ORDINARY, scope=ZHEJIANG, party=who(bo))
    inside = Scope(("330800",), ("C08F",), date(2027, 6, 1), date(2027, 12, 31))
    as_bo = {"holder_id": bo.organisation.pk}
    assert codes(ask(right, Act.SUB, scope=inside, **as_bo), blocks=True) == {"may_not_sublicense"}

    licensed(right, LicenceType.ORDINARY, scope=ZHEJIANG, party=who(bo), may_sublicense=True)
    assert ask(right, Act.SUB, scope=inside, **as_bo).is_allowed
    beyond = Scope(("330800",), ("C08F",), date(2027, 6, 1), date(2029, 1, 1))
    assert not ask(right, Act.SUB, scope=beyond, **as_bo).is_allowed
    assert not ask(right, Act.SUB, scope=inside, holder_id=cast.lena().organisation.pk).is_allowed


# ── open licence ─────────────────────────────────────────────────────────────────────────────────────────────────────
def declared(right, ines, **given):
    return licences.declare_open(
        asset_id=right.pk,
        owner=who(ines),
        by=ines.actor,
        subject=given.pop("subject", a_subject("catalogue.listing")),
        starts_on=given.pop("starts_on", clock.today()),
        ends_on=given.pop("ends_on", clock.today() + timedelta(days=365)),
        note_zh="每年五万元",
        note_en="CNY 50,000 a year",
        **given,
    )


@pytest.mark.rule("OL-BAR-EXCL")
@pytest.mark.parametrize("standing", [LicenceType.EXCLUSIVE, LicenceType.SOLE])
def test_no_open_licence_while_somebody_is_shut_in(right, standing):
    licence = licensed(right, standing, scope=Scope(("330000",)))
    assert codes(ask(right, Act.DECLARE_OPEN), blocks=True) == {"open_licence_beside_exclusive"}

    entries.end_entry(entry_id=licence.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.ENDED)
    assert ask(right, Act.DECLARE_OPEN).is_allowed


@pytest.mark.rule("OL-NO-EXCL", "OL-WITHDRAW", "OL-CONTENT")
def test_beside_an_open_licence_only_ordinary_ones(right, ines):
    declared(right, ines)

    assert codes(ask(right, Act.EXCLUSIVE), blocks=True) == {"open_licence_in_force"}
    assert codes(ask(right, Act.SOLE), blocks=True) == {"open_licence_in_force"}
    assert ask(right, Act.ORDINARY).findings == []
    assert codes(ask(right, Act.DECLARE_OPEN), blocks=True) == {"open_licence_declared_already"}
    assert codes(ask(right, Act.ASSIGN), blocks=False) == {"open_licence_goes_with_the_right"}


@pytest.mark.rule("OL-FORM", "OL-ANNUITY-CUT")
def test_an_open_licence_is_there_to_be_taken_and_cuts_the_annuity(right, ines):
    bo = cast.bo()
    assert codes(ask(right, Act.TAKE_OPEN, holder_id=None, other_id=bo.organisation.pk)) == {"no_open_licence_declared"}
    declared(right, ines)
    assert ask(right, Act.TAKE_OPEN, holder_id=None, other_id=bo.organisation.pk).is_allowed
    assert ask(right, Act.PAY_ANNUITY).findings == []

    from tests.rights.makers import a_paper

    licences.take_open_licence(
        asset_id=right.pk,
        taker=who(bo),
        by=bo.actor,
        notice_id=a_paper().pk,
        noticed_on=clock.today(),
        paid_on=clock.today(),
        subject=a_subject(),
    )
    again = ask(right, Act.TAKE_OPEN, holder_id=None, other_id=bo.organisation.pk)
    assert codes(again, blocks=True) == {"open_licence_taken_already"}
    assert "annuity_cut_for_open_licence" not in codes(ask(right, Act.ORDINARY))
    [cut] = ask(right, Act.PAY_ANNUITY).findings
    with translation.override("en"):
        assert cut.code == "annuity_cut_for_open_licence" and "15 %" in cut.text


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("XB-PROHIBITED", "XB-RESTRICTED", "XB-FREE", "XB-RECORD")
@pytest.mark.parametrize(
    ("category", "code", "is_block", "cured"),
    [
        (None, "export_category_missing", True, False),
        (ExportCategory.PROHIBITED, "export_prohibited", True, False),
        (ExportCategory.RESTRICTED, "export_restricted", True, True),
        (ExportCategory.FREE, "export_registration", False, True),
    ],
)
def test_technology_leaves_the_mainland_as_its_category_allows(right, category, code, is_block, cured):
    if category:
        entered(right, EntryKind.EXPORT_CONTROL, export_category=category)
    abroad = {"other_country": "DE"}

    assert codes(ask(right, Act.ASSIGN, **abroad), blocks=is_block) == {code}
    assert ask(right, Act.ASSIGN, other_country="CN").findings == []
    with_licence = ask(right, Act.ASSIGN, consents=[GivenConsent(ConsentKind.EXPORT)], **abroad)
    assert (with_licence.findings == []) == cured


@pytest.mark.rule("XB-IMPORT")
def test_technology_that_comes_in_is_told_to_be_an_import(ines):
    right = a_right(ines)
    type(ines.organisation).objects.filter(pk=ines.organisation.pk).update(country="DE")

    assert codes(ask(right, Act.ASSIGN, other_country="CN"), blocks=False) == {"technology_import"}


# ── promises ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_another_deal_was_promised_is_not_promised_again(right, ines):
    deal = a_subject()
    reservations.reserve([right.pk], subject=deal, act=Act.ASSIGN, by=ines.actor)

    assert codes(ask(right, Act.PLEDGE), blocks=True) == {"promised_elsewhere"}
    assert codes(ask(right, Act.ORDINARY), blocks=True) == {"promised_elsewhere"}
    assert ask(right, Act.ASSIGN, subject=deal).is_allowed
    assert ask(right, Act.LIST).is_allowed

    reservations.release(subject=deal, by=ines.actor)
    assert ask(right, Act.PLEDGE).is_allowed


@pytest.mark.parametrize(
    ("promised", "asked", "is_open"),
    [
        (Act.ORDINARY, Act.ORDINARY, True),
        (Act.CROSS, Act.ORDINARY, True),
        (Act.ORDINARY, Act.EXCLUSIVE, False),
        (Act.EXCLUSIVE, Act.ORDINARY, False),
        (Act.ORDINARY, Act.PAY_ANNUITY, True),
        (Act.ASSIGN, Act.PAY_ANNUITY, True),
    ],
)
def test_ordinary_licences_are_promised_beside_each_other(right, ines, promised, asked, is_open):
    reservations.reserve([right.pk], subject=a_subject(), act=promised, by=ines.actor)
    found = [one.code for one in ask(right, asked).findings if one.code == "promised_elsewhere"]
    assert found == ([] if is_open else ["promised_elsewhere"])


def test_one_promise_among_many_is_told_once(right, ines):
    for _ in range(2):
        reservations.reserve([right.pk], subject=a_subject(), act=Act.ORDINARY, by=ines.actor)
    found = ask(right, Act.PLEDGE).findings
    assert [one.code for one in found] == ["promised_elsewhere"]
