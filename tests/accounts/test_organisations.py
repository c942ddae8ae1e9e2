"""Organisations: every verb, every forbidden state, every refusal, and the database alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from marketplace.accounts.graphs import ORGANISATION_GRAPH, missing_for_review
from marketplace.accounts.models import Organisation
from marketplace.accounts.refusals import (
    CreditCodeMalformed,
    CreditCodeTaken,
    KindClosed,
    OrganisationIncomplete,
    OwnReview,
    VerifiedFactsFixed,
)
from marketplace.accounts.roles import Kind, Role
from marketplace.accounts.services import organisations
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.actor import ANONYMOUS, Actor
from marketplace.core.errors import IllegalTransition, Invalid, NotPermitted, ReasonMissing
from marketplace.core.events import timeline
from marketplace.core.files import FileTypeRefused
from tests import cast
from tests.builders import (
    a_credit_code,
    a_draft_organisation,
    a_pdf,
    a_person,
    a_submitted_organisation,
    a_verified_organisation,
    an_operator,
    an_organisation,
    facts,
    member_actor,
    operator_actor,
    owner_actor,
    with_papers,
)

pytestmark = pytest.mark.django_db

SERVICES = {
    "submit": lambda pk, by: organisations.submit_organisation(organisation_id=pk, by=by),
    "verify": lambda pk, by: organisations.verify_organisation(organisation_id=pk, by=by),
    "return": lambda pk, by: organisations.return_organisation(organisation_id=pk, by=by, reason="Why"),
    "suspend": lambda pk, by: organisations.suspend_organisation(organisation_id=pk, by=by, reason="Why"),
    "reinstate": lambda pk, by: organisations.reinstate_organisation(organisation_id=pk, by=by),
}
FORBIDDEN = [
    (verb, state)
    for verb in SERVICES
    for state in OrganisationState.values
    if ORGANISATION_GRAPH.edge(verb, state) is None
]
ALLOWED = [(edge.verb, source, edge.target) for edge in ORGANISATION_GRAPH.edges for source in edge.sources]


def right_actor(verb: str, organisation: Organisation) -> Actor:
    return owner_actor(organisation) if verb == "submit" else operator_actor()


def test_every_verb_of_the_graph_has_its_service() -> None:
    assert {edge.verb for edge in ORGANISATION_GRAPH.edges} == set(SERVICES)


@pytest.mark.parametrize(("verb", "source", "target"), ALLOWED)
def test_a_step_leads_where_the_graph_says_and_leaves_its_event(verb: str, source: str, target: str) -> None:
    made = an_organisation(source)
    if source == OrganisationState.DRAFT:
        with_papers(made)
    by = right_actor(verb, made)
    SERVICES[verb](made.pk, by)
    made.refresh_from_db()
    assert made.state == target
    told = timeline(made)[0]
    assert (told.kind, told.before, told.after) == (f"organisation.{verb}", source, target)
    assert (told.actor_id, told.org_id, told.on_behalf_of_id) == (by.user_id, by.org_id, None)


@pytest.mark.parametrize(("verb", "state"), FORBIDDEN)
def test_a_step_is_refused_in_every_other_state(verb: str, state: str) -> None:
    made = an_organisation(state)
    with pytest.raises(IllegalTransition):
        SERVICES[verb](made.pk, right_actor(verb, made))
    made.refresh_from_db()
    assert made.state == state


@pytest.mark.parametrize(("verb", "source", "target"), ALLOWED)
@pytest.mark.parametrize("who", ["stranger", "finance", "anonymous", "other side", "operator's finance"])
def test_a_step_is_refused_to_everybody_else(verb: str, source: str, target: str, who: str) -> None:
    finance = a_person()
    made = an_organisation(source)
    actor = {
        "stranger": lambda: cast.stranger().actor,
        "finance": lambda: replace(owner_actor(made), user_id=finance.pk, roles=frozenset({Role.FINANCE})),
        "anonymous": lambda: ANONYMOUS,
        "other side": lambda: operator_actor() if verb == "submit" else owner_actor(made),
        "operator's finance": lambda: member_actor(an_operator(), Role.FINANCE),
    }[who]()
    with pytest.raises(NotPermitted):
        SERVICES[verb](made.pk, actor)
    made.refresh_from_db()
    assert made.state == source


@pytest.mark.parametrize("verb", ["return", "suspend"])
def test_a_decision_against_somebody_needs_a_reason(verb: str) -> None:
    made = an_organisation(OrganisationState.VERIFIED)
    service = getattr(organisations, f"{verb}_organisation")
    with pytest.raises(ReasonMissing):
        service(organisation_id=made.pk, by=operator_actor(), reason="  ")


def test_the_reason_stands_in_the_event() -> None:
    made = an_organisation(OrganisationState.SUBMITTED)
    organisations.return_organisation(organisation_id=made.pk, by=operator_actor(), reason="The stamp is missing.")
    assert timeline(made)[0].reason == "The stamp is missing."


def test_nobody_decides_on_their_own_organisation() -> None:
    ops = cast.ops()
    own = a_submitted_organisation(ops.person, name_zh="自家公司")
    with pytest.raises(OwnReview):
        organisations.verify_organisation(organisation_id=own.pk, by=ops.actor)


def test_review_is_due_at_the_end_of_the_third_working_day() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    made = with_papers(a_draft_organisation())
    with clock.at(datetime(2026, 9, 30, 17, 0, tzinfo=shanghai)):  # the National Day holiday runs to 7 October
        organisations.submit_organisation(organisation_id=made.pk, by=owner_actor(made))
    made.refresh_from_db()
    # 8 and 9 October and the swapped Saturday, 10 October, are worked.
    assert made.due_at.astimezone(shanghai) == datetime(2026, 10, 11, 0, 0, tzinfo=shanghai)


def test_an_empty_draft_says_what_it_lacks() -> None:
    made = a_draft_organisation(uscc="")
    with pytest.raises(OrganisationIncomplete) as refused:
        organisations.submit_organisation(organisation_id=made.pk, by=owner_actor(made))
    assert len(missing_for_review(made)) == 2
    told = refused.value.as_dict()
    assert "unified social credit code" in told["message_en"] and "verification document" in told["message_en"]


def test_an_individual_needs_proof_of_identity_and_no_code() -> None:
    made = a_draft_organisation(kind=Kind.INDIVIDUAL, uscc="", name_zh="林知遥")
    organisations.add_document(organisation_id=made.pk, paper="other", upload=a_pdf(), by=owner_actor(made))
    with pytest.raises(OrganisationIncomplete):
        organisations.submit_organisation(organisation_id=made.pk, by=owner_actor(made))
    with_papers(made)
    assert organisations.submit_organisation(organisation_id=made.pk, by=owner_actor(made)).state == "submitted"


def test_a_foreign_organisation_needs_no_code() -> None:
    assert a_submitted_organisation(country="US", uscc="", name_zh="").state == "submitted"


def test_a_wrong_check_digit_does_not_block() -> None:
    assert a_verified_organisation(uscc="91350203M0001QKT19").state == "verified"


@pytest.mark.parametrize("code", ["123", "91350100M000100Y4Z"])
def test_a_malformed_code_blocks_even_the_draft(code: str) -> None:
    with pytest.raises(CreditCodeMalformed):
        a_draft_organisation(uscc=code)


def test_a_second_organisation_with_a_live_code_is_refused() -> None:
    code = a_credit_code()
    a_verified_organisation(uscc=code)
    second = with_papers(a_draft_organisation(uscc=code))
    with pytest.raises(CreditCodeTaken):
        organisations.submit_organisation(organisation_id=second.pk, by=owner_actor(second))


def test_the_race_for_a_code_is_lost_in_clear_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of each saw the other as a draft: the constraint decides, and says so as a refusal."""
    code = a_credit_code()
    first, second = (with_papers(a_draft_organisation(uscc=code)) for _ in range(2))
    organisations.submit_organisation(organisation_id=first.pk, by=owner_actor(first))
    monkeypatch.setattr("marketplace.accounts.graphs.LIVE_STATES", ())
    with pytest.raises(CreditCodeTaken):
        organisations.submit_organisation(organisation_id=second.pk, by=owner_actor(second))


@pytest.mark.parametrize("kind", [Kind.OPERATOR, Kind.IP_OFFICE])
def test_nobody_signs_up_as_operator_or_office(kind: str) -> None:
    with pytest.raises(KindClosed):
        organisations.create_organisation(by=Actor(user_id=a_person().pk), facts=facts(kind=kind))


def test_a_draft_cannot_turn_into_an_operator() -> None:
    made = a_draft_organisation()
    with pytest.raises(KindClosed):
        organisations.amend_organisation(organisation_id=made.pk, by=owner_actor(made), facts={"kind": Kind.OPERATOR})


@pytest.mark.parametrize("given", [{"kind": "castle"}, {"name_zh": " ", "name_en": ""}])
def test_facts_that_cannot_be_kept_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        a_draft_organisation(**given)


def test_anonymous_people_enter_nothing() -> None:
    with pytest.raises(NotPermitted):
        organisations.create_organisation(by=ANONYMOUS, facts=facts())


def test_amending_changes_and_records_only_what_differs() -> None:
    made = a_draft_organisation()
    by = owner_actor(made)
    organisations.amend_organisation(organisation_id=made.pk, by=by, facts={"address": " 聚合路18号 "})
    made.refresh_from_db()
    assert made.address == "聚合路18号"
    assert timeline(made)[0].data == {"facts": ["address"]}
    before = timeline(made).count()
    organisations.amend_organisation(organisation_id=made.pk, by=by, facts={"address": "聚合路18号"})
    assert timeline(made).count() == before


@pytest.mark.parametrize("state", ["submitted", "verified", "suspended"])
def test_checked_facts_are_fixed_and_the_rest_is_not(state: str) -> None:
    made = an_organisation(state)
    by = owner_actor(made)
    if state == "suspended":  # its members may only read
        with pytest.raises(NotPermitted):
            organisations.amend_organisation(organisation_id=made.pk, by=by, facts={"website": "https://x.test/"})
        return
    with pytest.raises(VerifiedFactsFixed):
        organisations.amend_organisation(organisation_id=made.pk, by=by, facts={"name_zh": "改名有限公司"})
    organisations.amend_organisation(organisation_id=made.pk, by=by, facts={"website": "https://x.test/"})


def test_a_document_of_the_wrong_kind_changes_nothing() -> None:
    made = a_draft_organisation()
    fake = a_pdf("paper.png")
    with pytest.raises(FileTypeRefused):
        organisations.add_document(organisation_id=made.pk, paper="licence", upload=fake, by=owner_actor(made))
    assert not made.documents.exists()


def test_a_withdrawn_document_no_longer_counts() -> None:
    made = with_papers(a_draft_organisation())
    by = owner_actor(made)
    organisations.withdraw_document(organisation_id=made.pk, document_id=made.documents.get().pk, by=by)
    with pytest.raises(OrganisationIncomplete):
        organisations.submit_organisation(organisation_id=made.pk, by=by)


def test_papers_stay_while_they_are_being_checked() -> None:
    made = an_organisation("submitted")
    with pytest.raises(IllegalTransition):
        organisations.withdraw_document(
            organisation_id=made.pk, document_id=made.documents.get().pk, by=owner_actor(made)
        )


def test_the_database_refuses_a_state_no_event_explains() -> None:
    made = a_draft_organisation()
    with pytest.raises(DatabaseError, match="without its event"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_organisation SET state = 'suspended' WHERE id = %s", [made.pk])


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("UPDATE accounts_organisation SET kind = 'castle' WHERE id = %s", "organisation_kind_is_known"),
        (
            "UPDATE accounts_organisation SET name_zh = '', name_en = '' WHERE id = %s",
            "organisation_has_a_name_in_some_language",
        ),
        ("UPDATE accounts_organisation SET verified_at = NULL WHERE id = %s", "verified_organisation_has_its_time"),
    ],
)
def test_the_database_holds_each_sentence_alone(sql: str, constraint: str) -> None:
    made = a_verified_organisation()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [made.pk])


def test_the_database_refuses_a_second_live_code() -> None:
    first, second = an_organisation("submitted"), an_organisation("verified")
    with pytest.raises(IntegrityError, match="one_live_organisation_per_credit_code"), transaction.atomic():
        Organisation.objects.filter(pk=second.pk).update(uscc=first.uscc)
