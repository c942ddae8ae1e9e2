"""What people are told about documents and consents; the notifications floor takes it from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Membership
from marketplace.core.models import Event
from marketplace.signing.graphs import SIGNING_ROLES
from marketplace.signing.models import Consent, Document, Signature


def signatories_of(organisations: Iterable[int | None]) -> set[int]:
    """Owners and signatories of these organisations."""
    rows = Membership.objects.live().filter(
        organisation__in=[pk for pk in organisations if pk], roles__overlap=sorted(SIGNING_ROLES)
    )
    return set(rows.values_list("user_id", flat=True))


def whose_turn(event: Event) -> Iterable[int]:
    """Those who sign next after this event, as long as the document stands."""
    is_live = Document.objects.live().filter(pk=event.subject_id).exists()
    if not is_live:
        return ()
    named = event.data.get("turn_person")
    return [named] if named else signatories_of([event.data.get("turn")])


def all_signers(event: Event) -> Iterable[int]:
    return signatories_of(Signature.objects.filter(document=event.subject_id).values_list("organisation", flat=True))


def asked(event: Event) -> Iterable[int]:
    consent = Consent.objects.get(pk=event.subject_id)
    return [consent.person_id] if consent.person_id else signatories_of([consent.organisation_id])


def who_asked(event: Event) -> Iterable[int]:
    """Whoever asked, and the signers of the document."""
    consent = Consent.objects.get(pk=event.subject_id)
    signers = consent.document.signatures.values_list("organisation", flat=True)
    return {pk for pk in (consent.asked_by_id, *signatories_of(signers)) if pk is not None}


def _params(event: Event) -> dict[str, Any]:
    document = Document.objects.get(pk=event.subject_id)
    title = {"zh": document.title_zh, "en": document.title_en}
    return {"title": title, "number": document.number, "reason": event.reason}


def _consent_params(event: Event) -> dict[str, Any]:
    consent = Consent.objects.select_related("document", "organisation", "person").get(pk=event.subject_id)
    document, party = consent.document, consent.organisation
    name_zh = (party.name_zh or party.name_en) if party else consent.person.name if consent.person else ""
    name_en = (party.name_en or party.name_zh) if party else consent.person.name_en if consent.person else ""
    return {
        "title": {"zh": document.title_zh, "en": document.title_en},
        "number": document.number,
        "name": {"zh": name_zh or name_en, "en": name_en or name_zh},
        "reason": event.reason,
    }


def _document_page(event: Event) -> str:
    return f"/workspace/signing/{Document.objects.get(pk=event.subject_id).number}/"


def _consent_page(event: Event) -> str:
    return f"/workspace/consents/{event.subject_id}/"


def _consent_document_page(event: Event) -> str:
    return f"/workspace/signing/{event.data['number']}/"


def contribute_to(announce: Callable[..., None]) -> None:
    """Enter this floor's topics with the notifications floor's `announce`."""
    told = {"params": _params, "url": _document_page}
    announce("document.begin", recipients=whose_turn, sentence=_("Yours to sign: %(title)s (%(number)s)"), **told)
    announce("document.sign", recipients=whose_turn, sentence=_("Your turn to sign: %(title)s (%(number)s)"), **told)
    announce("document.complete", recipients=all_signers, sentence=_("Signed by all: %(title)s (%(number)s)"), **told)
    announce(
        "document.decline",
        recipients=all_signers,
        sentence=_("A signature was declined: %(title)s (%(number)s): %(reason)s"),
        **told,
    )
    announce(
        "document.expire",
        recipients=all_signers,
        sentence=_("Not signed in time: %(title)s (%(number)s)"),
        **told,
    )
    asks = {"params": _consent_params}
    announce(
        "consent.begin",
        recipients=asked,
        url=_consent_page,
        sentence=_("Your consent is asked for: %(title)s (%(number)s)"),
        **asks,
    )
    answers = {"recipients": who_asked, "url": _consent_document_page, **asks}
    announce("consent.give", sentence=_("%(name)s consents: %(title)s (%(number)s)"), **answers)
    announce("consent.refuse", sentence=_("%(name)s refuses consent: %(title)s (%(number)s): %(reason)s"), **answers)
    announce("consent.lapse", sentence=_("%(name)s did not answer in time: %(title)s (%(number)s)"), **answers)
