"""Rules of the check: allowed without the fact, refused or conditional with it, cured by what the remedy says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import translation

from listings.assets.models import Asset, Party
from listings.assets.states import LegalStatus, PartyRole
from listings.rights.checking import GivenConsent, check
from listings.rights.refusals import RightsRefused
from listings.rights.scope import Scope
from listings.rights.services import consents, entries
from listings.rights.services.entries import Who
from listings.rights.states import Act, ConsentKind, EndReason, EntryKind, LicenceType
from marketplace.core import clock
from tests import cast
from tests.catalogue.makers import a_right
from tests.rights.asking import ask, codes
from tests.rights.makers import a_subject, entered, licensed, owned, pledged, preserved, who

pytestmark = pytest.mark.django_db
ALL = list(Act)
#: Acts of the owner that need a licence, a declaration or nothing to be there first.
OWNERS_ACTS = [one for one in ALL if one not in (Act.TAKE_OPEN, Act.SUB)]


@pytest.fixture
def ines():
    return cast.ines()


@pytest.fixture
def right(ines) -> Asset:
    return a_right(ines)


@pytest.mark.parametrize("act", OWNERS_ACTS)
def test_the_holder_of_a_right_in_force_may_do_everything(right, act):
    assert ask(right, act).findings == []


# ── standing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("LIC-TERM", "LIC-REFUSE-01", "PLG-REFUSE-02", "FEE-GRACE", "PAT-INVALID-RETRO", "PAT-TERM-INV")
@pytest.mark.parametrize(
    ("status", "act", "code"),
    [
        (LegalStatus.EXPIRED, Act.EXCLUSIVE, "licence_of_ended_right"),
        (LegalStatus.INVALIDATED, Act.ORDINARY, "licence_of_ended_right"),
        (LegalStatus.LAPSED, Act.PLEDGE, "pledge_of_ended_right"),
        (LegalStatus.LAPSED, Act.ASSIGN, "right_lapsed"),
        (LegalStatus.EXPIRED, Act.LIST, "right_expired"),
        (LegalStatus.INVALIDATED, Act.ASSIGN, "right_invalidated"),
        (LegalStatus.WITHDRAWN, Act.ASSIGN, "application_ended"),
        (LegalStatus.UNKNOWN, Act.LIST, "status_unknown"),
    ],
)
def test_a_right_that_is_no_more_cannot_be_disposed_of(right, status, act, code):
    Asset.objects.filter(pk=right.pk).update(status=status)

    verdict = ask(right, act)

    assert code in codes(verdict, blocks=True)
    with pytest.raises(RightsRefused) as refused:
        verdict.demand()
    assert refused.value.as_dict()["findings"][0]["asset"] == right.pk


@pytest.mark.rule("PAT-TERM-UM", "PAT-TERM-DES-NEW", "PAT-TERM-DES-OLD")
@pytest.mark.parametrize(("kind", "code"), [("utility_model", "utility_model_expired"), ("design", "design_expired")])
def test_the_term_over_is_quoted_for_the_kind_of_right(ines, kind, code):
    right = a_right(ines, kind=kind, status=LegalStatus.EXPIRED)

    assert codes(ask(right, Act.ASSIGN)) == {code}


@pytest.mark.rule("FEE-RESTORE")
def test_an_annuity_does_not_bring_an_ended_right_back(right):
    Asset.objects.filter(pk=right.pk).update(status=LegalStatus.LAPSED)

    assert codes(ask(right, Act.PAY_ANNUITY), blocks=True) == {"restore_first"}


@pytest.mark.rule("OL-BAR-ANNUITY", "PLG-REFUSE-04", "LIC-REFUSE-06", "FEE-LATE")
@pytest.mark.parametrize(
    ("act", "code", "is_block"),
    [
        (Act.DECLARE_OPEN, "open_licence_annuity_unpaid", True),
        (Act.PLEDGE, "pledge_annuity_unpaid", True),
        (Act.EXCLUSIVE, "recordal_annuity_unpaid", False),
        (Act.ASSIGN, "annuity_surcharge", False),
        (Act.PAY_ANNUITY, "annuity_surcharge", False),
    ],
)
def test_months_of_grace_bar_pledge_and_open_licence_only(right, act, code, is_block):
    Asset.objects.filter(pk=right.pk).update(status=LegalStatus.IN_GRACE)
    assert codes(ask(right, act), blocks=is_block) == {code}

    Asset.objects.filter(pk=right.pk).update(status=LegalStatus.IN_FORCE)
    assert code not in codes(ask(right, act))


@pytest.mark.rule("OL-CONTENT", "PLG-REFUSE-03", "PAT-GRANT-START")
@pytest.mark.parametrize(
    ("act", "code", "is_block"),
    [
        (Act.DECLARE_OPEN, "open_licence_before_grant", True),
        (Act.PLEDGE, "pledge_before_grant", True),
        (Act.ASSIGN, "is_application", False),
        (Act.LIST, "is_application", False),
    ],
)
def test_an_application_passes_as_an_application(ines, act, code, is_block):
    application = a_right(ines, is_granted=False)

    assert codes(ask(application, act), blocks=is_block) == {code}


@pytest.mark.rule("LIC-TERM", "LIC-REFUSE-04", "PLG-REFUSE-06")
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (Act.ORDINARY, "licence_outlasts_right"),
        (Act.DECLARE_OPEN, "licence_outlasts_right"),
        (Act.PLEDGE, "debt_outlasts_right"),
    ],
)
def test_neither_licence_nor_debt_outlasts_the_right(right, act, code):
    last_day = right.expires_on - timedelta(days=1)

    assert code in codes(ask(right, act, scope=Scope(ends_on=right.expires_on)), blocks=True)
    assert ask(right, act, scope=Scope(ends_on=last_day)).is_allowed
    assert ask(right, Act.ASSIGN, scope=Scope(ends_on=right.expires_on)).findings == []


@pytest.mark.rule("OL-EVAL")
def test_a_utility_model_is_opened_with_its_evaluation_report(ines):
    without, with_it = a_right(ines, kind="utility_model"), a_right(ines, kind="utility_model", has_report=True)

    assert codes(ask(without, Act.DECLARE_OPEN)) == {"evaluation_report_missing"}
    assert ask(with_it, Act.DECLARE_OPEN).is_allowed


@pytest.mark.rule("PLG-REFUSE-11", "PAT-INVALID-RETRO", "PLG-REFUSE-10")
def test_doubts_about_validity_are_told(right):
    pending = entered(right, EntryKind.INVALIDATION)
    entered(right, EntryKind.SAME_DAY_PAIR)

    assert codes(ask(right, Act.PLEDGE), blocks=False) == {"pledge_while_invalidation_pending", "same_day_application"}
    assert codes(ask(right, Act.ASSIGN), blocks=False) == {"invalidation_pending"}

    entries.end_entry(entry_id=pending.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.DECIDED)
    assert ask(right, Act.ASSIGN).findings == []


# ── freezes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("PAT-FREEZE-COURT", "OL-BAR-FREEZE", "PLG-REFUSE-05", "LIC-REFUSE-07", "OL-RECORD")
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (Act.ASSIGN, "court_preservation"),
        (Act.LIST, "court_preservation"),
        (Act.WAIVE, "court_preservation"),
        (Act.PLEDGE, "pledge_while_frozen"),
        (Act.EXCLUSIVE, "licence_while_frozen"),
        (Act.ORDINARY, "licence_while_frozen"),
        (Act.DECLARE_OPEN, "open_licence_while_frozen"),
    ],
)
def test_a_preserved_right_stands_still_until_the_order_ends(right, act, code):
    order = preserved(right)
    assert codes(ask(right, act), blocks=True) == {code}

    after = order.ends_on + timedelta(days=1)
    assert ask(right, act, on=after).is_allowed
    entries.end_entry(entry_id=order.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.LIFTED)
    assert ask(right, act).is_allowed


@pytest.mark.rule("PAT-FREEZE-OWNERSHIP")
def test_an_ownership_dispute_freezes_but_lets_annuities_be_paid(right):
    entered(right, EntryKind.OWNERSHIP_SUIT)

    assert codes(ask(right, Act.ASSIGN), blocks=True) == {"ownership_dispute"}
    assert codes(ask(right, Act.PAY_ANNUITY)) == {"lapse_suspended"} and ask(right, Act.PAY_ANNUITY).is_allowed


@pytest.mark.rule("PAT-FREEZE-PLEDGED")
def test_a_pledge_keeps_its_priority_beside_an_order(right):
    pledged(right)
    preserved(right)

    assert "pledge_keeps_priority" in codes(ask(right, Act.ASSIGN), blocks=False)


# ── ownership ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("LIC-WARRANTY", "PLG-REFUSE-01", "LIC-REFUSE-02")
@pytest.mark.parametrize(
    ("act", "code"),
    [(Act.ASSIGN, "not_owner"), (Act.PLEDGE, "pledgor_not_owner"), (Act.ORDINARY, "licensor_not_owner")],
)
def test_nobody_disposes_of_what_is_not_theirs(right, act, code):
    assert code in codes(ask(right, act, holder_id=cast.bo().organisation.pk), blocks=True)


@pytest.mark.rule("PAT-COOWN-ALL", "PLG-REFUSE-08", "LIC-REFUSE-05")
@pytest.mark.parametrize(
    "act", [Act.ASSIGN, Act.LIST, Act.EXCLUSIVE, Act.SOLE, Act.DECLARE_OPEN, Act.WAIVE, Act.PLEDGE]
)
def test_all_owners_must_agree(right, ines, act):
    bo = cast.bo()
    owned(right, (ines, (1, 2)), (bo, (1, 2)))

    verdict = ask(right, act)
    [needed] = verdict.consents_needed()
    assert needed.is_block and needed.consent == ConsentKind.CO_OWNER and needed.consent_from == (bo.organisation.pk,)
    assert verdict.curable(ConsentKind.CO_OWNER)

    assert ask(right, act, consents=[GivenConsent(ConsentKind.CO_OWNER, bo.organisation.pk)]).is_allowed
    assert not ask(right, act, consents=[GivenConsent(ConsentKind.CO_OWNER, cast.lena().organisation.pk)]).is_allowed


@pytest.mark.rule("PAT-COOWN-LICENCE")
def test_a_co_owner_licenses_alone_and_shares_the_fee(right, ines):
    owned(right, (ines, (1, 2)), (cast.bo(), (1, 2)))

    verdict = ask(right, Act.ORDINARY)

    assert verdict.is_allowed and codes(verdict) == {"fee_shared_among_owners"}


@pytest.mark.rule("PAT-COOWN-LICENCE")
def test_paying_the_annuity_is_every_owners_own_affair(right, ines):
    owned(right, (ines, (1, 2)), (cast.bo(), (1, 2)))
    assert ask(right, Act.PAY_ANNUITY).findings == []
    assert codes(ask(right, Act.TAKE_OPEN, holder_id=None)) == {"no_open_licence_declared"}


@pytest.mark.rule("PAT-COOWN-ALL")
def test_co_owners_that_only_the_office_names_agree_by_a_paper(right):
    Party.objects.create(asset=right, role=PartyRole.OWNER, sequence=2, name="云澜大学")
    assert ask(right, Act.ASSIGN).blocks[0].consent_names == ("云澜大学",)

    assert ask(right, Act.ASSIGN, consents=[GivenConsent(ConsentKind.CO_OWNER, None, "云澜 大学")]).is_allowed
    assert not ask(right, Act.ASSIGN, consents=[GivenConsent(ConsentKind.CO_OWNER, None, "云澜学院")]).is_allowed


@pytest.mark.rule("PAT-COOWN-ALL")
def test_a_co_owner_that_the_office_names_agrees_as_an_organisation_of_the_market(right):
    bo = cast.bo()
    Party.objects.create(asset=right, role=PartyRole.OWNER, sequence=2, name=f" {bo.organisation.name_zh}")
    assert not ask(right, Act.ASSIGN).is_allowed

    consents.give_consent(asset_id=right.pk, kind=ConsentKind.CO_OWNER, acts=[Act.ASSIGN], by=bo.actor)
    assert ask(right, Act.ASSIGN).is_allowed and not ask(right, Act.EXCLUSIVE).is_allowed


@pytest.mark.rule("PAT-COOWN-ALL")
def test_a_stored_consent_counts_for_its_acts_and_subject_until_it_is_revoked(right, ines):
    bo, deal = cast.bo(), a_subject()
    owned(right, (ines, (1, 2)), (bo, (1, 2)))
    given = consents.give_consent(
        asset_id=right.pk, kind=ConsentKind.CO_OWNER, acts=[Act.ASSIGN], by=bo.actor, subject=deal
    )

    assert ask(right, Act.ASSIGN, subject=deal).is_allowed
    assert not ask(right, Act.ASSIGN).is_allowed
    assert not ask(right, Act.EXCLUSIVE, subject=deal).is_allowed

    consents.revoke_consent(consent_id=given.pk, by=bo.actor)
    assert not ask(right, Act.ASSIGN, subject=deal).is_allowed


@pytest.mark.rule("PAT-COOP-FIRST")
def test_whoever_shares_an_application_comes_first_when_a_share_is_sold(ines):
    application, partner = a_right(ines, is_granted=False), cast.stranger()
    owned(application, (ines, (1, 2)), (partner, (1, 2)))
    assert "co_developers_first" in codes(ask(application, Act.ASSIGN))
    agreed = [GivenConsent(ConsentKind.CO_OWNER, partner.organisation.pk)]
    assert "co_developers_first" not in codes(ask(application, Act.ASSIGN, consents=agreed))
    assert "co_developers_first" not in codes(ask(application, Act.ORDINARY))
    granted = a_right(ines)
    owned(granted, (ines, (1, 2)), (partner, (1, 2)))
    assert "co_developers_first" not in codes(ask(granted, Act.ASSIGN))


@pytest.mark.rule("PAT-COMMISSION-FIRST")
def test_whoever_commissioned_the_work_is_asked_before_the_application_is_sold(ines):
    application, commissioner = a_right(ines, is_granted=False), cast.stranger()
    entered(application, EntryKind.COMMISSIONED, party=who(commissioner))
    [found] = [one for one in ask(application, Act.ASSIGN).findings if one.code == "commissioner_first_refusal"]
    assert (found.is_block, found.consent_from) == (False, (commissioner.organisation.pk,))
    waived = [GivenConsent(ConsentKind.COMMISSIONER, commissioner.organisation.pk)]
    assert "commissioner_first_refusal" not in codes(ask(application, Act.ASSIGN, consents=waived))
    to_them = ask(application, Act.ASSIGN, other_id=commissioner.organisation.pk)
    assert "commissioner_first_refusal" not in codes(to_them)
    assert "commissioner_first_refusal" not in codes(ask(application, Act.ORDINARY))


@pytest.mark.rule("LIC-KEEP-ALIVE")
def test_a_right_that_others_hold_a_licence_of_is_not_given_up(right):
    licensed(right, LicenceType.ORDINARY)
    verdict = ask(right, Act.WAIVE)
    assert not verdict.is_allowed and "licensees_rely_on_it" in codes(verdict)
    assert "licensees_rely_on_it" not in codes(ask(right, Act.ASSIGN))


@pytest.mark.rule("PAT-INVENTOR-FIRST")
def test_the_inventor_of_a_service_invention_is_asked_before_it_is_sold(right):
    entered(right, EntryKind.SERVICE_INVENTION, party=Who(None, "林知远"))

    verdict = ask(right, Act.ASSIGN)
    assert verdict.is_allowed and [one.consent for one in verdict.consents_needed()] == [ConsentKind.INVENTOR]
    assert ask(right, Act.ASSIGN, consents=[GivenConsent(ConsentKind.INVENTOR)]).findings == []
    assert ask(right, Act.EXCLUSIVE).findings == []


@pytest.mark.rule("PAT-INVENTOR-FIRST")
def test_an_inventor_on_the_market_is_asked_there_and_any_other_by_name(right):
    entered(right, EntryKind.SERVICE_INVENTION, party=Who(None, "林知远"))
    entered(right, EntryKind.SERVICE_INVENTION, party=who(cast.bo()))

    asked = {(one.consent_from, one.consent_names) for one in ask(right, Act.ASSIGN).consents_needed()}
    assert asked == {((), ("林知远",)), ((cast.bo().organisation.pk,), ())}


# ── the check as a whole ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_right_of_another_office_is_not_judged_by_an_article_of_its_own(ines):
    right = a_right(ines, office="US", number="9876543")
    owned(right, (ines, (1, 2)), (cast.bo(), (1, 2)))

    [found] = ask(right, Act.ASSIGN).blocks
    with translation.override("en"):
        assert found.article.startswith("Rule of this market, after Patent Law") and not found.is_verified


def test_every_finding_reads_in_both_languages(right, ines):
    owned(right, (ines, (1, 2)), (cast.bo(), (1, 2)))
    pledged(right)
    preserved(right)

    for row in ask(right, Act.ASSIGN).findings:
        told = row.as_dict()
        assert told["message_zh"] != told["message_en"] and told["article_zh"] != told["article_en"]
        assert "%(" not in told["message_zh"] + told["message_en"] + told["remedy_zh"] + told["remedy_en"]


def test_a_bundle_takes_three_statements_however_large(ines, django_assert_num_queries):
    from django.db import transaction

    bundle = [a_right(ines) for _ in range(12)]
    for one in bundle:
        pledged(one)
        licensed(one)
    ids = [one.pk for one in bundle]

    with django_assert_num_queries(2):
        check(ids, Act.EXCLUSIVE, holder_id=ines.organisation.pk)
    with transaction.atomic(), django_assert_num_queries(3):
        verdict = check(ids, Act.EXCLUSIVE, holder_id=ines.organisation.pk, lock=True)
    assert {one.asset_id for one in verdict.blocks} == set(ids)


def test_a_past_day_sees_the_entries_of_that_day(right):
    pledge = pledged(right, registered_on=date(2024, 3, 1))
    from listings.rights.services.pledges import release_pledge

    release_pledge(entry_id=pledge.pk, by=cast.lena().actor, on=date(2025, 3, 1))

    assert ask(right, Act.ASSIGN).is_allowed
    assert codes(ask(right, Act.ASSIGN, on=date(2024, 6, 1)), blocks=True) == {"pledgee_must_agree"}
    assert ask(right, Act.ASSIGN, on=date(2024, 2, 29)).is_allowed
    assert ask(right, Act.ASSIGN, on=date(2025, 3, 1)).is_allowed
