"""Statements of holders: entered in the register once the desk confirms them."""

from __future__ import annotations

from datetime import date

import pytest

from listings.rights.models import Consent, Statement
from listings.rights.refusals import StatementNotOurs, UnknownCode
from listings.rights.services import statements
from listings.rights.states import EntryKind, Source, StatementState
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.errors import NotFound, NotPermitted, ReasonMissing
from tests import cast
from tests.builders import a_pdf, member_actor

pytestmark = pytest.mark.django_db


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
    assert (entry.starts_on, entry.ends_on) == (date(2026, 1, 1), date(2027, 12, 31))
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


def test_a_statement_silent_on_its_first_day_holds_from_the_day_it_is_entered(right):
    facts = {name: value for name, value in LICENCE.items() if name != "starts_on"}
    entry = statements.confirm(statement_id=stated(right, facts=facts).pk, by=cast.ops().actor).became
    assert entry.starts_on == clock.today()


def test_readers_state_nothing_and_nothing_is_stated_of_no_right(right):
    reader = member_actor(cast.ines().organisation, Role.READ_ONLY)
    facts = {"kind": EntryKind.LICENCE, "facts": LICENCE}
    with pytest.raises(NotPermitted):
        statements.state(asset_id=right.pk, upload=a_pdf(), by=reader, **facts)
    with pytest.raises(NotFound):
        statements.state(asset_id=10**9, upload=a_pdf(), by=cast.ines().actor, **facts)
    assert not Statement.objects.exists()


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
