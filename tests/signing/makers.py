"""Documents for tests of the whole market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marketplace.signing import registry
from marketplace.signing.models import Consent, Document
from marketplace.signing.paper import Clause, Language, Paper
from marketplace.signing.services import SignerSlot, ask_consent, draft_document
from tests.cast import Part

TEMPLATE = "test.paper"


@dataclass
class SigningMatters:
    """A document that one holder is to sign, and a consent asked of them."""

    document: Document
    consent: Consent


def _build(data: dict[str, Any], language: Language) -> Paper:
    return Paper(title="签署样张" if language == "zh" else "Paper to sign", clauses=(Clause("—", (data["text"],)),))


def signing_matters(part: Part) -> SigningMatters:
    """A paper of their own organisation, drafted and waiting for them."""
    registry.template(TEMPLATE, "Test paper", _build)
    document = draft_document(
        subject=("accounts.organisation", part.organisation.pk),
        template=TEMPLATE,
        data={"text": part.organisation.name_en},
        signers=[SignerSlot(1, part.organisation.pk, "甲方", "Party A")],
        by=part.actor,
    )
    consent = ask_consent(document_id=document.pk, kind="co_owner", organisation_id=part.organisation.pk, by=part.actor)
    return SigningMatters(document, consent)
