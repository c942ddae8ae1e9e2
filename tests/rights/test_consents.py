"""Consents: given by whoever binds its organisation, or entered at the desk with the paper."""

from __future__ import annotations

import pytest

from listings.rights.models import Consent
from listings.rights.refusals import EvidenceMissing, FactsMissing
from listings.rights.services import consents
from listings.rights.states import Act, ConsentKind
from marketplace.accounts.roles import Role
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.models import Event
from tests import cast
from tests.builders import member_actor
from tests.rights.makers import a_paper, a_subject

pytestmark = pytest.mark.django_db


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


def test_the_desk_takes_back_what_it_entered_and_nobody_else(right):
    facts = {"asset_id": right.pk, "kind": ConsentKind.CO_OWNER, "acts": [Act.ASSIGN], "name": " 云澜大学 "}
    entered = consents.record_consent(by=cast.ops().actor, evidence_id=a_paper().pk, **facts)
    with pytest.raises(NotPermitted):
        consents.revoke_consent(consent_id=entered.pk, by=cast.ines().actor)
    assert entered.name == "云澜大学" and Consent.objects.live().get() == entered

    revoked = consents.revoke_consent(consent_id=entered.pk, by=cast.ops().actor)
    assert revoked.revoked_at is not None and not Consent.objects.live().exists()
    told = Event.objects.get(kind="rights.consent_revoke", subject_id=entered.pk)
    assert ("assets.asset", right.pk) in told.touched() and told.data["acts"] == ["assign"]


def test_the_desk_does_not_take_back_what_an_organisation_gave(right):
    given = consents.give_consent(asset_id=right.pk, kind=ConsentKind.CO_OWNER, acts=[Act.ASSIGN], by=cast.bo().actor)
    with pytest.raises(NotPermitted):
        consents.revoke_consent(consent_id=given.pk, by=cast.ops().actor)


def test_a_consent_says_who_agrees_to_what(right):
    facts = {"asset_id": right.pk, "kind": ConsentKind.CO_OWNER, "by": cast.ops().actor, "evidence_id": a_paper().pk}
    with pytest.raises(FactsMissing):
        consents.record_consent(acts=[Act.ASSIGN], name="  ", **facts)
    with pytest.raises(FactsMissing):
        consents.record_consent(acts=[], name="云澜大学", **facts)
    with pytest.raises(ValueError, match="steal"):
        consents.record_consent(acts=["steal"], name="云澜大学", **facts)
    with pytest.raises(NotFound):
        consents.record_consent(acts=[Act.ASSIGN], name="云澜大学", **(facts | {"asset_id": 10**9}))
    assert not Consent.objects.exists()


def test_a_consent_to_one_deal_is_another_than_a_standing_one(right):
    facts = {"asset_id": right.pk, "kind": ConsentKind.CO_OWNER, "acts": [Act.ASSIGN], "by": cast.bo().actor}
    standing, deal = consents.give_consent(**facts), a_subject()
    once = consents.give_consent(subject=deal, version=2, **facts)
    assert (once.subject_kind, once.subject_id, once.subject_version) == (*deal, 2)
    assert consents.give_consent(subject=deal, version=2, **facts) == once != standing
    assert consents.give_consent(subject=deal, version=3, **facts) not in (once, standing)
    assert Event.objects.filter(kind="rights.consent").count() == 3
