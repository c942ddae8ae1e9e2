"""Reads for the floors above: the current version of a matter's document, and what stands on it."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.signing.models import Consent, Document
from marketplace.signing.services.consents import Wanted
from marketplace.signing.states import ConsentState


def current_document(subject: tuple[str, int], template: str) -> Document | None:
    """The live version, being signed or complete; None when there is none."""
    return Document.objects.live().about(*subject).filter(template=template).first()


def given_consents(document: Document) -> list[Consent]:
    """Consents given on this very version. A version that ended has none: they became void with it."""
    return list(
        Consent.objects.given().filter(document=document).select_related("organisation", "person").order_by("pk")
    )


def missing_consents(document: Document, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Those of `wanted` that are not given on this version."""
    given = set(
        Consent.objects.filter(document=document, state=ConsentState.GIVEN).values_list(
            "kind", "organisation_id", "person_id", "brought_by_id", "name"
        )
    )
    return [
        one
        for one in wanted
        if (one.kind, one.organisation_id, one.person_id, one.brought_by_id, one.name) not in given
    ]
