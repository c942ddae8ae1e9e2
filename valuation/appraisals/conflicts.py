"""Whether an agency stands too near to a right or its parties to value it (Appraisal Law, articles 14, 20 and 23)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.assets.models import Asset, Party
from listings.assets.states import PartyRole
from listings.brokers.models import Mandate
from listings.brokers.states import MandateState
from listings.rights.facts import plain_name
from listings.rights.models import Entry
from listings.rights.ruling import enforces
from marketplace.accounts.models import Membership
from marketplace.core import clock
from valuation.appraisals.refusals import InConflict
from valuation.appraisals.states import AT_WORK, OrderState
from valuation.models import Agency, Order, Report

#: How far back a job for somebody else about the same right counts.
EARLIER_YEARS = 3
WORDS = {
    "owns": gettext_lazy("it owns or holds %(number)s, or a share of it"),
    "entry": gettext_lazy("it is a party to a right entered on %(number)s"),
    "is_client": gettext_lazy("it is the client itself"),
    "mandate": gettext_lazy("it has a mandate of a party to this matter"),
    "other_side": gettext_lazy("it has valued %(number)s for somebody else: %(order)s"),
    "people": gettext_lazy("a member of it is also a member of the client"),
    "own_report": gettext_lazy("the second opinion is about its own report %(number)s"),
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason against an agency, with what its sentence names."""

    code: str
    number: str = ""
    order: str = ""

    @property
    def text(self) -> str:
        return str(WORDS[self.code]) % {"number": self.number, "order": self.order}

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "number": self.number, "order": self.order}


def conflicts_of(
    agency: Agency,
    *,
    client_id: int,
    assets: Sequence[Asset],
    order_id: int | None = None,
    second_of: Report | None = None,
) -> list[Conflict]:
    """Every reason against the agency that this market knows of; five queries, however many rights."""
    found = list(_interests(agency, client_id, assets))
    found += _jobs(agency, client_id, assets, order_id)
    if second_of is not None and second_of.agency_id == agency.pk:
        found.append(Conflict("own_report", number=second_of.number))
    return found


def _interests(agency: Agency, client_id: int, assets: Sequence[Asset]) -> Iterator[Conflict]:
    own = agency.organisation_id
    if own == client_id:
        yield Conflict("is_client")
    numbers = {asset.pk: asset.number for asset in assets}
    names = {plain_name(name) for name in (agency.organisation.name_zh, agency.organisation.name_en) if name}
    owners = Party.objects.filter(asset__in=numbers, role__in=[PartyRole.OWNER, PartyRole.APPLICANT])
    owning = {one.asset_id for one in owners if {plain_name(one.name), plain_name(one.name_en)} & names}
    owning |= {asset.pk for asset in assets if asset.holder_id == own}
    for pk in sorted(owning):
        yield Conflict("owns", number=numbers[pk])
    entered = Entry.objects.live().filter(asset__in=numbers).filter(Q(party=own) | Q(grantor=own))
    for pk in sorted(set(entered.values_list("asset", flat=True)) - owning):
        yield Conflict("entry", number=numbers[pk])
    parties = {client_id, *(asset.holder_id for asset in assets if asset.holder_id)}
    mandates = Mandate.objects.filter(broker=own, client__in=parties, state=MandateState.ACTIVE)
    if mandates.filter(ends_on__gte=clock.today()).exists():
        yield Conflict("mandate")
    people = Membership.objects.live().filter(organisation=own).values("user")
    if Membership.objects.live().filter(organisation__in=parties, user__in=people).exists():
        yield Conflict("people")


def _jobs(agency: Agency, client_id: int, assets: Sequence[Asset], order_id: int | None) -> list[Conflict]:
    since = clock.now() - timedelta(days=365 * EARLIER_YEARS)
    earlier = (
        Order.objects.filter(agency=agency, ordered__asset__in=assets, created_at__gte=since)
        .filter(state__in=[*AT_WORK, OrderState.CONTRACTING, OrderState.ISSUED])
        .exclude(client=client_id)
        .exclude(pk=order_id or 0)
        .values_list("number", "ordered__asset__number")
        .distinct()
    )
    return [Conflict("other_side", number=right, order=number) for number, right in sorted(set(earlier))]


@enforces("APR-CONFLICT")
def demand_none(
    agency: Agency,
    *,
    client_id: int,
    assets: Sequence[Asset],
    order_id: int | None = None,
    second_of: Report | None = None,
) -> None:
    """Raises InConflict with everything that was found."""
    found = conflicts_of(agency, client_id=client_id, assets=assets, order_id=order_id, second_of=second_of)
    if found:
        raise InConflict(name=agency.organisation.name, found=_(", ").join(one.text for one in found))
