"""A model contract filled from a deal: what was agreed, the rights as the register has them, the parties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from listings.assets.models import Asset, Party
from listings.assets.states import PartyRole
from listings.catalogue.states import Mode
from listings.deals import clearing
from listings.deals.contracts.completeness import demand_complete
from listings.deals.contracts.encumbrances import encumbrances_of
from listings.deals.contracts.particulars import ContractKind, ContractTerms, Instalment, Place, Right, Side
from listings.deals.models import Deal
from listings.patents.models import Patent
from listings.patents.numbers import format_number
from marketplace.accounts.models import Organisation, Region
from marketplace.accounts.roles import Kind
from marketplace.core import clock

KINDS: dict[str, ContractKind] = {
    Mode.TRANSFER: ContractKind.ASSIGNMENT,
    Mode.DISPOSAL: ContractKind.ASSIGNMENT,
    Mode.EXCLUSIVE: ContractKind.EXCLUSIVE,
    Mode.SOLE: ContractKind.SOLE,
    Mode.ORDINARY: ContractKind.ORDINARY,
    Mode.OPEN: ContractKind.OPEN,
}
#: What the two sides are called in each kind of contract: (zh, en) of who gives and of who takes.
CAPACITIES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    ContractKind.ASSIGNMENT: (("转让方", "Assignor"), ("受让方", "Assignee")),
    ContractKind.OPEN: (("专利权人", "Patentee"), ("被许可人", "Licensee")),
}
LICENSING = (("许可方", "Licensor"), ("被许可方", "Licensee"))


@dataclass(frozen=True, slots=True)
class Filled:
    """A template's name, its data, and what each side is called in it."""

    template: str
    data: dict[str, Any]
    giver: tuple[str, str]
    taker: tuple[str, str]


def contract_of(deal: Deal) -> Filled:
    """The contract of a deal, complete. Raises ContractIncomplete, naming everything the law wants and nobody said."""
    kind = KINDS[deal.mode]
    terms = terms_of(deal, kind)
    demand_complete(terms, today=clock.today())
    giver, taker = CAPACITIES.get(kind, LICENSING)
    return Filled(f"deals.{kind}", terms.as_data(), giver, taker)


def terms_of(deal: Deal, kind: ContractKind) -> ContractTerms:
    """Everything the contract's text is filled from, complete or not."""
    agreed = deal.offer.terms
    scope = clearing.scope_of(agreed)
    assets = [one.asset for one in deal.dealt.select_related("asset__patent").order_by("position")]
    owners = deal.shares.exclude(organisation=deal.seller).select_related("organisation")
    register = encumbrances_of([asset.pk for asset in assets], on=clock.today())
    return ContractTerms(
        kind=kind,
        number=deal.number,
        holder=side_of(deal.seller),
        taker=side_of(deal.buyer),
        rights=tuple(right_of(asset) for asset in assets),
        price=deal.price,
        currency=deal.currency,
        upfront=agreed.upfront,
        instalments=tuple(Instalment(one.title, one.amount, one.due_days) for one in agreed.milestones),
        deposit=deal.deposit,
        hold_back_pct=deal.hold_back_pct,
        hold_back_days=deal.hold_back_days,
        royalty_pct=agreed.royalty_pct,
        royalty_base=agreed.royalty_base,
        royalty_minimum=agreed.royalty_minimum,
        territories=tuple(_place(code) for code in agreed.territories),
        fields=tuple(agreed.fields_of_use),
        starts_on=scope.starts_on,
        ends_on=scope.ends_on,
        may_sublicense=kind == ContractKind.OPEN and register.may_sublicense,
        tax_by=agreed.tax_by,
        annuity_by=agreed.annuity_by,
        records=agreed.records,
        co_owners=tuple(one.organisation.name_zh or one.organisation.name_en for one in owners),
        pledgee=side_of(deal.pledgee) if deal.pledgee else None,
        is_service_invention=register.is_service_invention,
        declaration=register.declaration if kind == ContractKind.OPEN else "",
        earlier_licences=register.earlier_licences,
        conditions=agreed.conditions,
        agreed_on=timezone.localdate(deal.agreed_at),
    )


def side_of(organisation: Organisation) -> Side:
    """An organisation as a contract names it."""
    return Side(
        name_zh=organisation.name_zh or organisation.name_en,
        name_en=organisation.name_en or organisation.name_zh,
        code=organisation.uscc,
        country=organisation.country,
        address_zh=organisation.address,
        address_en=organisation.address_en,
        representative=organisation.legal_representative,
        is_person=organisation.kind == Kind.INDIVIDUAL,
    )


def right_of(asset: Asset) -> Right:
    """A right as a contract names it."""
    patent: Patent | None = getattr(asset, "patent", None)
    names = {role: "、".join(_names(asset, role)) for role in (PartyRole.APPLICANT, PartyRole.OWNER)}
    application = patent.application_number if patent else asset.number
    granted: date | None = asset.granted_on
    shown = format_number(
        asset.office,
        asset.number,
        patent.kind_code if patent and asset.office != "CN" else "",
        is_granted=asset.is_granted,
    )
    return Right(
        title_zh=asset.title_zh or asset.title_en,
        title_en=asset.title_en or asset.title_zh,
        kind=patent.patent_kind if patent else asset.kind,
        is_granted=asset.is_granted,
        application_number=application or asset.number,
        patent_number=shown if asset.is_granted else "",
        applicant=names[PartyRole.APPLICANT] or names[PartyRole.OWNER],
        owner=names[PartyRole.OWNER] or (asset.holder.name_zh if asset.holder else ""),
        filed_on=asset.filed_on,
        granted_on=granted,
        expires_on=asset.expires_on,
    )


def _names(asset: Asset, role: str) -> list[str]:
    return [one.name or one.name_en for one in Party.objects.filter(asset=asset, role=role).order_by("sequence")]


def _place(code: str) -> Place:
    region = Region.objects.filter(code=code).first()
    return Place(region.name_zh, region.name_en) if region else Place(code, code)
