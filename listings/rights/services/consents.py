"""Who agreed to what: given by whoever is asked, taken back as freely until it was used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.graphs import DESK, SIGNERS
from listings.rights.models import Consent
from listings.rights.refusals import EvidenceMissing, FactsMissing
from listings.rights.ruling import enforces
from listings.rights.states import Act, ConsentKind
from listings.rights.watchers import tell_watchers
from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked


@enforces("PAT-COOWN-ALL")
def give_consent(
    *,
    asset_id: int,
    kind: str,
    acts: Sequence[str],
    by: Actor,
    subject: tuple[str, int] | None = None,
    version: int | None = None,
    evidence_id: Any = None,
) -> Consent:
    """The organisation the actor belongs to agrees to these acts on a right, for one subject or standing.

    Signatories only, never a delegate. Giving it twice for the same changes nothing. Raises NotPermitted, NotFound,
    FactsMissing, Busy.
    """
    if by.org_id is None or not SIGNERS.permits(by, Consent(organisation_id=by.org_id)):
        raise NotPermitted()
    return _keep(asset_id, kind, acts, by, by.org_id, "", subject, version, evidence_id)


def record_consent(
    *,
    asset_id: int,
    kind: str,
    acts: Sequence[str],
    name: str,
    by: Actor,
    evidence_id: Any,
    subject: tuple[str, int] | None = None,
) -> Consent:
    """The desk enters the written consent of somebody not on the market. Raises NotPermitted, EvidenceMissing."""
    require(DESK, by)
    if evidence_id is None:
        raise EvidenceMissing(field="evidence")
    if not name.strip():
        raise FactsMissing(missing=_("who agreed"))
    return _keep(asset_id, kind, acts, by, None, name.strip(), subject, None, evidence_id)


def _keep(
    asset_id: int,
    kind: str,
    acts: Sequence[str],
    by: Actor,
    organisation_id: int | None,
    name: str,
    subject: tuple[str, int] | None,
    version: int | None,
    evidence_id: Any,
) -> Consent:
    wanted = sorted({Act(one).value for one in acts})
    if not wanted:
        raise FactsMissing(missing=_("what is agreed to"))
    with locked(Asset, asset_id) as asset:
        facts: dict[str, Any] = {
            "asset": asset,
            "kind": ConsentKind(kind),
            "acts": wanted,
            "organisation_id": organisation_id,
            "name": name,
            "subject_kind": subject[0] if subject else "",
            "subject_id": subject[1] if subject else None,
            "subject_version": version,
        }
        given = Consent.objects.live().filter(**facts).first()
        if given is not None:
            return given
        consent = Consent.objects.create(**facts, evidence_id=evidence_id, given_at=clock.now(), given_by_id=by.user_id)
        events.record("rights.consent", consent, by, data=_touching(consent))
    return consent


def _touching(consent: Consent) -> dict[str, Any]:
    return {
        "touched": {"assets.asset": [consent.asset_id]},
        "kind": consent.kind,
        "acts": consent.acts,
        "subject": [consent.subject_kind, consent.subject_id],
    }


@transaction.atomic
def revoke_consent(*, consent_id: int, by: Actor) -> Consent:
    """Take a consent back; what rests on it is taken off the market in the same transaction.

    By the organisation that gave it, or the desk for a name it entered. Raises NotPermitted, NotFound, Busy.
    """
    row = Consent.objects.filter(pk=consent_id, revoked_at__isnull=True).first()
    if row is None:
        raise NotFound()
    if row.organisation_id is None:
        require(DESK, by)
    else:
        require(SIGNERS, by, row)
    with locked(Asset, row.asset_id):
        changed = Consent.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=clock.now())
        if changed != 1:
            raise NotFound()
        row.refresh_from_db()
        events.record("rights.consent_revoke", row, by, data=_touching(row))
        tell_watchers([row.asset_id])
    return row
