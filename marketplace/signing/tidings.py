"""What people are told about documents and consents; the notifications floor takes it from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Membership, Organisation
from marketplace.core.models import Event
from marketplace.signing.graphs import OPERATORS, SIGNING_ROLES
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
    if consent.person_id:
        return [consent.person_id]
    return signatories_of([consent.organisation_id or consent.brought_by_id])


def whoever_brings_it(event: Event) -> Iterable[int]:
    return signatories_of([Consent.objects.get(pk=event.subject_id).brought_by_id])


def the_desk(event: Event) -> Iterable[int]:
    """Whoever checks papers for the market."""
    rows = Membership.objects.live().filter(
        organisation__kind__in=sorted(OPERATORS.kinds), roles__overlap=sorted(OPERATORS.roles)
    )
    return set(rows.values_list("user_id", flat=True))


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
    whose = party or consent.person
    name_zh = name_en = consent.name
    if isinstance(whose, Organisation):
        name_zh, name_en = whose.name_zh, whose.name_en
    elif whose is not None:
        name_zh, name_en = whose.name, whose.name_en
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
    announce(
        "consent.hand_in",
        recipients=the_desk,
        url=_consent_page,
        sentence=_("A consent on paper to check: %(title)s (%(number)s)"),
        **asks,
    )
    announce(
        "consent.send_back",
        recipients=whoever_brings_it,
        url=_consent_page,
        sentence=_("The paper of a consent was sent back: %(title)s (%(number)s): %(reason)s"),
        **asks,
    )
    announce("consent.confirm", sentence=_("A consent on paper was confirmed: %(title)s (%(number)s)"), **answers)
    announce("consent.give", sentence=_("%(name)s consents: %(title)s (%(number)s)"), **answers)
    announce("consent.refuse", sentence=_("%(name)s refuses consent: %(title)s (%(number)s): %(reason)s"), **answers)
    announce("consent.lapse", sentence=_("%(name)s did not answer in time: %(title)s (%(number)s)"), **answers)
