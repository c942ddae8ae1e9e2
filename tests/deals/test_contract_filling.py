"""A contract takes from the register what nobody types: declaration, earlier licences, service inventions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listings.catalogue.states import Mode
from listings.deals.contracts.completeness import ContractIncomplete, demand_complete
from listings.deals.contracts.filling import contract_of, terms_of
from listings.deals.contracts.particulars import ContractKind
from listings.rights.services.entries import close
from listings.rights.states import EntryKind, LicenceType
from marketplace.core import clock
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.deals.test_contracts import said
from tests.rights.makers import entered, licensed, who

pytestmark = pytest.mark.django_db


def declared(asset, **given):
    return entered(asset, EntryKind.OPEN_DECLARATION, reference="2026KFXK000123", **given)


@pytest.mark.rule("OL-FORM")
def test_the_notice_names_the_declaration_of_the_register():
    asset = a_right(cast.ines())
    entry = declared(asset)
    deal = stages.agreed(a_listing(by=cast.ines(), assets=[asset], mode=Mode.OPEN), term_months=24)
    filled = contract_of(deal)
    assert filled.data["declaration"] == f"2026KFXK000123, {entry.starts_on.isoformat()}"
    made = terms_of(deal, ContractKind.OPEN)
    assert "2026KFXK000123" in said(made, "zh") and "2026KFXK000123" in said(made, "en")
    assert "The Licensee grants no sub-licences." in said(made, "en")


@pytest.mark.rule("OL-FORM")
def test_a_declaration_that_ended_is_not_named():
    asset = a_right(cast.ines())
    entry = declared(asset)
    deal = stages.agreed(a_listing(by=cast.ines(), assets=[asset], mode=Mode.OPEN))
    close(entry, on=clock.today(), reason="withdrawn", by=cast.ops().actor)
    made = terms_of(deal, ContractKind.OPEN)
    assert made.declaration == ""
    with pytest.raises(ContractIncomplete):
        demand_complete(made, today=clock.today())


def test_takers_license_on_only_where_the_declaration_says_so():
    asset = a_right(cast.ines())
    declared(asset, may_sublicense=True)
    deal = stages.agreed(a_listing(by=cast.ines(), assets=[asset], mode=Mode.OPEN))
    assert "The declaration lets the Licensee grant sub-licences" in said(terms_of(deal, ContractKind.OPEN), "en")


@pytest.mark.rule("LIC-WARRANTY", "PAT-INVENTOR-FIRST")
def test_an_assignment_names_earlier_licences_and_the_inventors_right():
    asset = a_right(cast.ines())
    today = clock.today()
    deal = stages.agreed(a_listing(by=cast.ines(), assets=[asset]))
    plain = terms_of(deal, ContractKind.ASSIGNMENT)
    assert (plain.earlier_licences, plain.is_service_invention) == ((), False)
    licensed(asset, LicenceType.ORDINARY, party=who(cast.lena()), ends_on=today + timedelta(days=400))
    over = licensed(asset, LicenceType.ORDINARY, party=who("早先公司"))
    close(over, on=today, reason="ended", by=cast.ops().actor)
    entered(asset, EntryKind.SERVICE_INVENTION, party=who("王工"))
    made = terms_of(deal, ContractKind.ASSIGNMENT)
    (earlier,) = made.earlier_licences
    until = today + timedelta(days=400)
    assert earlier.zh == f"乐娜银行（普通许可，至{until.year}年{until.month}月{until.day}日）"
    assert earlier.en == f"Lena Bank (ordinary licence, until {until.day} {until:%B} {until.year})"
    assert made.is_service_invention
    assert "完成人优先受让权" in said(made, "zh") and "乐娜银行" in said(made, "zh")
    assert "早先公司" not in said(made, "zh")
