"""What is done with an organisation: entered, amended, documented, submitted, decided on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from marketplace.accounts import uscc
from marketplace.accounts.graphs import KEEPERS, ORGANISATION_GRAPH
from marketplace.accounts.models import Membership, Organisation, VerificationDocument
from marketplace.accounts.refusals import (
    CreditCodeMalformed,
    CreditCodeTaken,
    KindClosed,
    VerifiedFactsFixed,
    listed,
    violated,
)
from marketplace.accounts.roles import CLOSED_KINDS, Kind, Role
from marketplace.accounts.states import AMENDABLE, OrganisationState
from marketplace.core import clock, events, files
from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, Invalid, NotPermitted
from marketplace.core.lifecycle import AnyOf, Clock, begin, walk
from marketplace.core.locks import locked

IDENTITY_FACTS = ("kind", "name_zh", "name_en", "uscc", "country", "legal_representative")
"""What a reviewer checks against the papers; fixed while under review, verified or suspended."""
OPEN_FACTS = (
    "region",
    "address",
    "address_en",
    "website",
    "intro_zh",
    "intro_en",
    "contact_name",
    "contact_phone",
    "contact_email",
)
FACTS = IDENTITY_FACTS + OPEN_FACTS
DOCUMENT_PURPOSE = "organisation-document"


def create_organisation(
    *, by: Actor, facts: Mapping[str, Any], owner_id: int | None = None, is_sample: bool = False
) -> Organisation:
    """Enter an organisation as a draft; the person who acts becomes its owner.

    The market itself (`SYSTEM`) names the owner, or enters an organisation nobody belongs to: one known from public
    sources only.

    Raises KindClosed for kinds that only the operator enters, CreditCodeMalformed, Invalid, NotPermitted.
    """
    owner = owner_id if by.is_system else by.user_id
    if owner is None and not by.is_system:
        raise NotPermitted()
    cleaned = _cleaned(facts)
    kind = cleaned.get("kind", "")
    if kind in CLOSED_KINDS and not by.is_system and by.org_kind != Kind.OPERATOR:
        raise KindClosed(field="kind", kind=Kind(kind).label)
    with transaction.atomic():
        organisation = Organisation(**cleaned, is_sample=is_sample, created_by_id=owner)
        _check_facts(organisation)
        begin(ORGANISATION_GRAPH, organisation, by=by)
        if owner is not None:
            membership = Membership.objects.create(user_id=owner, organisation=organisation, roles=[Role.OWNER])
            events.record("membership.begin", membership, by, data=_touching(organisation, roles=[Role.OWNER]))
    return organisation


def amend_organisation(*, organisation_id: int, by: Actor, facts: Mapping[str, Any]) -> Organisation:
    """Change facts of one's own organisation. Writes nothing when nothing differs.

    Raises NotPermitted, VerifiedFactsFixed, CreditCodeMalformed, KindClosed, Invalid.
    """
    cleaned = _cleaned(facts)
    with locked(Organisation, organisation_id) as organisation:
        require(KEEPERS, by, organisation)
        changed = [name for name, value in cleaned.items() if getattr(organisation, name) != value]
        fixed = [name for name in changed if name in IDENTITY_FACTS]
        if fixed and organisation.state not in AMENDABLE:
            words = {column.name: column.verbose_name for column in Organisation._meta.fields}
            raise VerifiedFactsFixed(field=fixed[0], facts=listed(words[name] for name in fixed))
        if "kind" in changed and {cleaned["kind"], organisation.kind} & CLOSED_KINDS:
            raise KindClosed(field="kind", kind=Kind(cleaned["kind"]).label)
        for name in changed:
            setattr(organisation, name, cleaned[name])
        if changed:
            _check_facts(organisation)
            organisation.save(update_fields=changed)
            events.record("organisation.amend", organisation, by, data={"facts": changed})
    return organisation


def add_document(*, organisation_id: int, paper: str, upload: UploadedFile, by: Actor) -> VerificationDocument:
    """Hand in a paper. Raises NotPermitted, Invalid, IllegalTransition (while suspended), FileRefused."""
    if paper not in VerificationDocument.Paper.values:
        raise Invalid(field="paper", problem=_("Choose what the document is."))
    with locked(Organisation, organisation_id) as organisation:
        require(AnyOf((KEEPERS, Clock())), by, organisation)
        if organisation.state == OrganisationState.SUSPENDED:
            raise IllegalTransition(state=OrganisationState.SUSPENDED.label)
        stored = files.keep(upload, purpose=DOCUMENT_PURPOSE, subject_id=organisation.pk, org_id=organisation.pk, by=by)
        document = VerificationDocument.objects.create(
            organisation=organisation, paper=paper, file=stored, added_by_id=by.user_id
        )
        events.record("organisation.add_document", organisation, by, data={"paper": paper, "document": document.pk})
    return document


def withdraw_document(*, organisation_id: int, document_id: int, by: Actor) -> VerificationDocument:
    """Take a paper back while the organisation is not under review or decided; its file stays on record.

    Raises NotPermitted, NotFound, IllegalTransition.
    """
    with locked(Organisation, organisation_id) as organisation:
        require(KEEPERS, by, organisation)
        document = found(organisation.documents.filter(withdrawn_at__isnull=True), pk=document_id)
        if organisation.state not in AMENDABLE:
            raise IllegalTransition(state=OrganisationState(organisation.state).label)
        document.withdrawn_at = clock.now()
        document.save(update_fields=["withdrawn_at"])
        events.record("organisation.withdraw_document", organisation, by, data={"document": document.pk})
    return document


def submit_organisation(*, organisation_id: int, by: Actor) -> Organisation:
    """Put it before the reviewers, who owe an answer within three working days.

    Raises IllegalTransition, NotPermitted, OrganisationIncomplete, CreditCodeMalformed, CreditCodeTaken.
    """
    try:
        with locked(Organisation, organisation_id) as organisation:
            walk(ORGANISATION_GRAPH, organisation, "submit", by=by)
    except IntegrityError as error:
        # Two organisations with one code, submitted at the same moment: the guard of each saw the other as a draft.
        if violated(error) == "one_live_organisation_per_credit_code":
            raise CreditCodeTaken(field="uscc", uscc=organisation.uscc) from error
        raise
    return organisation


def verify_organisation(*, organisation_id: int, by: Actor) -> Organisation:
    """Trust it. Raises IllegalTransition, NotPermitted, OwnReview."""
    with locked(Organisation, organisation_id) as organisation:
        organisation.verified_at = clock.now()
        walk(ORGANISATION_GRAPH, organisation, "verify", by=by, also=["verified_at"])
    return organisation


def return_organisation(*, organisation_id: int, by: Actor, reason: str) -> Organisation:
    """Send it back for correction. Raises IllegalTransition, NotPermitted, OwnReview, ReasonMissing."""
    with locked(Organisation, organisation_id) as organisation:
        walk(ORGANISATION_GRAPH, organisation, "return", by=by, reason=reason)
    return organisation


def suspend_organisation(*, organisation_id: int, by: Actor, reason: str) -> Organisation:
    """Take the trust away; members keep reading. Raises IllegalTransition, NotPermitted, OwnReview, ReasonMissing."""
    with locked(Organisation, organisation_id) as organisation:
        walk(ORGANISATION_GRAPH, organisation, "suspend", by=by, reason=reason)
    return organisation


def reinstate_organisation(*, organisation_id: int, by: Actor, reason: str = "") -> Organisation:
    """Give the trust back. Raises IllegalTransition, NotPermitted, OwnReview."""
    with locked(Organisation, organisation_id) as organisation:
        walk(ORGANISATION_GRAPH, organisation, "reinstate", by=by, reason=reason)
    return organisation


def _cleaned(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Only known facts, texts stripped, the credit code compact."""
    unknown = set(facts) - set(FACTS)
    if unknown:
        raise ValueError(f"Not facts of an organisation: {sorted(unknown)}.")
    cleaned = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
    if "uscc" in cleaned:
        cleaned["uscc"] = uscc.compact(cleaned["uscc"])
    if "country" in cleaned:
        cleaned["country"] = cleaned["country"].upper()
    return cleaned


def _check_facts(organisation: Organisation) -> None:
    """Raises Invalid or CreditCodeMalformed for facts that cannot even be kept as a draft."""
    if organisation.kind not in Kind.values:
        raise Invalid(field="kind", problem=_("Choose a kind of organisation."))
    if not (organisation.name_zh or organisation.name_en):
        raise Invalid(field="name_zh", problem=_("Give the name in Chinese or in English."))
    if organisation.uscc and organisation.country == "CN" and not uscc.is_well_formed(organisation.uscc):
        raise CreditCodeMalformed(field="uscc")


def _touching(organisation: Organisation, **data: Any) -> dict[str, Any]:
    return {"touched": {"accounts.organisation": [organisation.pk]}, **data}
