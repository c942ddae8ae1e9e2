"""An agency's own profile and the people who may sign for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.roles import Kind
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from valuation.appraisals.graphs.parties import DECIDERS
from valuation.appraisals.refusals import CertificateTaken, NotAgency, NotAMember
from valuation.models import Agency, Appraiser

FACTS = (
    "legal_form",
    "filing_number",
    "filed_with",
    "filed_on",
    "fields",
    "insurer",
    "insured_amount",
    "insured_until",
    "turnaround_days",
    "is_taking_orders",
)


def may_keep(by: Actor) -> bool:
    """Whether the actor decides for an agency, for itself."""
    return by.org_kind == Kind.AGENCY and by.on_behalf_of is None and bool(DECIDERS & by.roles)


@transaction.atomic
def keep_profile(*, by: Actor, facts: dict[str, Any]) -> Agency:
    """Enter or change one's agency's profile (`facts` by the names of FACTS). Raises NotAgency, NotPermitted."""
    if by.org_kind != Kind.AGENCY:
        raise NotAgency()
    if not may_keep(by) or by.org_id is None:
        raise NotPermitted()
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=by.org_id)
    agency = Agency.objects.filter(organisation=organisation).first() or Agency(organisation=organisation)
    before = {name: _told(getattr(agency, name)) for name in FACTS if agency.pk}
    for name in FACTS:
        if name in facts:
            setattr(agency, name, facts[name])
    agency.fields = sorted({one.strip().upper() for one in agency.fields if one.strip()})
    agency.save()
    after = {name: _told(getattr(agency, name)) for name in FACTS}
    changed = sorted(name for name in FACTS if before.get(name) != after[name])
    events.record("agency.profile", agency, by, data={"organisation": organisation.pk, "changed": changed})
    return agency


def _told(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


@transaction.atomic
def enter_appraiser(*, by: Actor, user_id: int, certificate: str, is_certified: bool, joined_on: date) -> Appraiser:
    """Enter a member of one's agency with their certificate. Raises NotPermitted, NotAMember, CertificateTaken."""
    agency = _own(by)
    if not Membership.objects.live().filter(organisation=agency.organisation_id, user=user_id).exists():
        raise NotAMember(field="user")
    try:
        with transaction.atomic():
            made = Appraiser.objects.create(
                agency=agency,
                user_id=user_id,
                certificate=certificate.strip().upper(),
                is_certified=is_certified,
                joined_on=joined_on,
            )
    except IntegrityError as error:
        raise CertificateTaken(field="certificate") from error
    events.record("agency.appraiser", agency, by, data={"appraiser": made.pk, "certificate": made.certificate})
    return made


@transaction.atomic
def appraiser_leaves(*, by: Actor, appraiser_id: int, left_on: date | None = None) -> Appraiser:
    """Mark somebody as having left; reports they signed keep their signature. Raises NotPermitted, NotFound."""
    agency = _own(by)
    made = Appraiser.objects.select_for_update(no_key=True).active().filter(agency=agency, pk=appraiser_id).first()
    if made is None:
        raise NotFound()
    made.left_on = left_on or clock.today()
    made.save(update_fields=["left_on"])
    events.record("agency.appraiser_left", agency, by, data={"appraiser": made.pk, "on": made.left_on})
    return made


def _own(by: Actor) -> Agency:
    if not may_keep(by):
        raise NotPermitted()
    agency = Agency.objects.filter(organisation=by.org_id).first()
    if agency is None:
        raise NotFound()
    return agency
