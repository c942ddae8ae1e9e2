"""Consents: asked for on one version of a document, answered by act, void as soon as the version changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from marketplace.accounts.models import Organisation, User
from marketplace.core import clock, files
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.files import DOCUMENTS
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked_all
from marketplace.core.ruling import enforces
from marketplace.signing import factors
from marketplace.signing.graphs import CONSENT_GRAPH, Asked, Bringer
from marketplace.signing.models import Consent, Document
from marketplace.signing.refusals import AlreadyAsked, NotCurrent, OtherText
from marketplace.signing.states import STANDING, UNSIGNED, ConsentState, DocumentState

PAPER_PURPOSE = "consent-paper"
#: What an answer writes beside the state.
ANSWER = ("answered_by", "answered_name", "answered_at", "address", "factor", "note")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A consent that a matter needs: of which kind, from which organisation or person, and why in both languages.

    For a party that is not on the market: the organisation that brings its paper, and its name where the kind does not
    say who it is.
    """

    kind: str
    organisation_id: int | None = None
    person_id: int | None = None
    why_zh: str = ""
    why_en: str = ""
    brought_by_id: int | None = None
    name: str = ""


@transaction.atomic
def ask_consent(
    *,
    document_id: int,
    kind: str,
    by: Actor,
    organisation_id: int | None = None,
    person_id: int | None = None,
    why_zh: str = "",
    why_en: str = "",
    answer_by: datetime | None = None,
) -> Consent:
    """Ask one organisation or one person for consent to this version. The caller has decided that `by` may.

    Raises NotFound, NotCurrent, AlreadyAsked.
    """
    (row,) = _held(document_id)
    wanted = Wanted(kind, organisation_id, person_id, why_zh, why_en)
    if _standing(row, wanted) is not None:
        raise AlreadyAsked(name=_name(wanted))
    return _ask(row, wanted, by=by, answer_by=answer_by)


@transaction.atomic
def ask_missing(
    *, document_id: int, wanted: Sequence[Wanted], by: Actor, answer_by: datetime | None = None
) -> list[Consent]:
    """Ask for those of `wanted` that are neither given nor asked for on this version; returns what stands for each."""
    (row,) = _held(document_id)
    return [_standing(row, one) or _ask(row, one, by=by, answer_by=answer_by) for one in wanted]


@transaction.atomic
def hand_in(*, consent_id: int, sha256: str, upload: UploadedFile[Any], by: Actor) -> Consent:
    """Bring the written consent of a party who is not on the market; the desk checks it within two working days.

    Raises NotFound, NotPermitted, NotCurrent, OtherText, IllegalTransition, FileRefused.
    """
    with _both(consent_id) as (document, consent):
        if not consent.is_on_paper or consent.brought_by_id != by.acts_for:
            raise NotFound()
        _still_asked(consent, document, sha256)
        consent.paper = files.keep(
            upload, purpose=PAPER_PURPOSE, by=by, allowed=DOCUMENTS, subject_id=consent.pk, org_id=by.acts_for
        )
        walk(CONSENT_GRAPH, consent, "hand_in", by=by, data=_told(consent, document), also=("paper",))
    return consent


@enforces("ES-RELIABLE")
def confirm_paper(
    *, consent_id: int, sha256: str, by: Actor, otp: str | factors.Shown = "", address: str | None = None
) -> Consent:
    """The desk has read the paper: the party consents to this version. Takes a second factor anew, as a consent does.

    Raises NotFound, NotPermitted, NotCurrent, OtherText, IllegalTransition, FactorMissing, FactorWrong, FactorTired.
    """
    shown = _shown(by, otp, purpose_of(_found(consent_id)))
    with _both(consent_id) as (document, consent):
        _still_asked(consent, document, sha256)
        _answered(consent, by, shown, address, "")
        walk(CONSENT_GRAPH, consent, "confirm", by=by, data=_told(consent, document), also=ANSWER)
    return consent


def send_back(*, consent_id: int, by: Actor, reason: str) -> Consent:
    """The paper does not carry it: another one is asked for. Raises NotFound, NotPermitted, ReasonMissing,
    IllegalTransition."""
    with _both(consent_id) as (document, consent):
        walk(CONSENT_GRAPH, consent, "send_back", by=by, reason=reason, data=_told(consent, document))
    return consent


@enforces("ES-RELIABLE")
def give_consent(
    *,
    consent_id: int,
    sha256: str,
    by: Actor,
    otp: str | factors.Shown = "",
    address: str | None = None,
    note: str = "",
) -> Consent:
    """Consent to the version whose hash is named.

    An organisation's owner or signatory shows a second factor anew; a person does when they have one.
    Raises NotFound, NotPermitted, NotCurrent, OtherText, IllegalTransition, FactorMissing, FactorWrong, FactorTired.
    """
    return _answer("give", consent_id, sha256, by, otp, address=address, note=note, reason="")


def refuse_consent(
    *,
    consent_id: int,
    sha256: str,
    by: Actor,
    reason: str,
    otp: str | factors.Shown = "",
    address: str | None = None,
) -> Consent:
    """Refuse consent, with the reason and no second factor. Raises as `give_consent`, and ReasonMissing."""
    return _answer("refuse", consent_id, sha256, by, otp, address=address, note="", reason=reason)


def purpose_of(consent: Consent) -> str:
    """What a passkey's challenge is bound to."""
    return f"consent:{consent.pk}:{consent.sha256_zh}"


def make_void(document: Document, *, by: Actor) -> None:
    """Void what was asked for or given on a version that ends; inside the transaction that holds the document."""
    held = list(
        Consent.objects.filter(document=document, state__in=STANDING).order_by("pk").values_list("pk", flat=True)
    )
    if not held:
        return
    with locked_all([(Consent, pk) for pk in held]) as rows:
        for row in rows:
            assert isinstance(row, Consent)
            walk(CONSENT_GRAPH, row, "void", by=by, data=_told(row, document))


@enforces("XB-CHANGE")
def ask_anew(old: Document, new: Document, *, by: Actor) -> list[Consent]:
    """Put to the new version every consent that had been asked for on the old one, whatever the answer was.

    The time to answer is as long as it was.
    """
    earlier = (
        Consent.objects.filter(document=old)
        .exclude(replaced_by__isnull=False)
        .select_related("document")
        .order_by("pk")
    )
    asked = []
    for row in earlier:
        wanted = Wanted(
            row.kind, row.organisation_id, row.person_id, row.why_zh, row.why_en, row.brought_by_id, row.name
        )
        if _standing(new, wanted) is not None:
            continue
        answer_by = clock.now() + (row.answer_by - row.asked_at) if row.answer_by else None
        asked.append(_ask(new, wanted, by=by, answer_by=answer_by, replaces=row))
    return asked


def _held(document_id: int) -> list[Document]:
    """The document, locked for the rest of the transaction and still live."""
    with locked_all([(Document, document_id)]) as rows:
        (row,) = rows
    assert isinstance(row, Document)
    if not row.is_live:
        raise NotCurrent(number=row.number, version=row.version, state=DocumentState(row.state).label)
    return [row]


def _standing(document: Document, wanted: Wanted) -> Consent | None:
    return (
        Consent.objects.standing()
        .filter(
            document=document,
            kind=wanted.kind,
            organisation=wanted.organisation_id,
            person=wanted.person_id,
            brought_by=wanted.brought_by_id,
            name=wanted.name,
        )
        .first()
    )


def _name(wanted: Wanted) -> str:
    if wanted.organisation_id is not None:
        return Organisation.objects.get(pk=wanted.organisation_id).name
    if wanted.brought_by_id is not None:
        return wanted.name
    return User.objects.get(pk=wanted.person_id or 0).display_name


def _ask(
    document: Document, wanted: Wanted, *, by: Actor, answer_by: datetime | None, replaces: Consent | None = None
) -> Consent:
    consent = Consent(
        document=document,
        sha256_zh=document.sha256_zh,
        kind=wanted.kind,
        organisation_id=wanted.organisation_id,
        person_id=wanted.person_id,
        brought_by_id=wanted.brought_by_id,
        name=wanted.name,
        asked_by_id=by.user_id,
        asked_at=clock.now(),
        why_zh=wanted.why_zh,
        why_en=wanted.why_en,
        answer_by=answer_by or _until_signed(document),
        replaces=replaces,
    )
    begin(CONSENT_GRAPH, consent, by=by, data=_told(consent, document))
    return consent


def _until_signed(document: Document) -> datetime | None:
    """While signatures are wanted an answer is due as they are; a complete document sets no time by itself."""
    return document.expires_at if document.state in UNSIGNED else None


def _answer(
    verb: str,
    consent_id: int,
    sha256: str,
    by: Actor,
    otp: str | factors.Shown,
    *,
    address: str | None,
    note: str,
    reason: str,
) -> Consent:
    consent = _found(consent_id)
    _may_answer(consent, consent.document, sha256, by)
    assert by.user_id is not None
    shown: factors.Shown | None = None
    if verb == "give" and (consent.organisation_id is not None or factors.kinds_of(by.user_id)):
        shown = _shown(by, otp, purpose_of(consent))
    with _both(consent_id) as (document, consent):
        _may_answer(consent, document, sha256, by)
        _answered(consent, by, shown, address, note or reason)
        walk(CONSENT_GRAPH, consent, verb, by=by, reason=reason, data=_told(consent, document), also=ANSWER)
    return consent


def _found(consent_id: int) -> Consent:
    consent = Consent.objects.select_related("document").filter(pk=consent_id).first()
    if consent is None:
        raise NotFound()
    return consent


@contextmanager
def _both(consent_id: int) -> Iterator[tuple[Document, Consent]]:
    """A consent with its document, both locked for the transaction."""
    with locked_all([(Document, _found(consent_id).document_id), (Consent, consent_id)]) as (document, consent):
        assert isinstance(document, Document) and isinstance(consent, Consent)
        yield document, consent


def _shown(by: Actor, otp: str | factors.Shown, purpose: str) -> factors.Shown:
    """The second factor, shown for this act. Raises NotPermitted, FactorMissing, FactorWrong, FactorTired."""
    if by.user_id is None:
        raise NotPermitted()
    shown = (
        otp if isinstance(otp, factors.Shown) else factors.show_code(person_id=by.user_id, code=otp, purpose=purpose)
    )
    if (shown.person_id, shown.purpose) != (by.user_id, purpose):
        raise NotPermitted()
    return shown


def _answered(consent: Consent, by: Actor, shown: factors.Shown | None, address: str | None, note: str) -> None:
    """Write down who answered, when, from where and by which factor."""
    person = User.objects.get(pk=by.user_id or 0)
    consent.answered_by = person
    consent.answered_name = (person.name or person.name_en or person.email.split("@")[0])[:80]
    consent.answered_at = clock.now()
    consent.address = address
    consent.factor = shown.kind if shown else ""
    consent.note = note[:2000]


def _may_answer(consent: Consent, document: Document, sha256: str, by: Actor) -> None:
    is_own = consent.person_id == by.user_id
    if consent.person_id is None:
        is_own = by.acts_for is not None and by.acts_for in (consent.organisation_id, consent.brought_by_id)
    if not is_own or by.user_id is None:
        raise NotFound()
    if not Asked().permits(by, consent) and not Bringer().permits(by, consent):
        raise NotPermitted()
    _still_asked(consent, document, sha256)


def _still_asked(consent: Consent, document: Document, sha256: str) -> None:
    """Raises NotCurrent for a version or a question that is over, OtherText for another text than the one asked on."""
    is_late = consent.answer_by is not None and consent.answer_by <= clock.now()
    if consent.state == ConsentState.VOID or not document.is_live:
        raise NotCurrent(number=document.number, version=document.version, state=DocumentState(document.state).label)
    if is_late and consent.state == ConsentState.ASKED:
        raise NotCurrent(number=document.number, version=document.version, state=ConsentState.LAPSED.label)
    if sha256.strip().lower() != consent.sha256_zh:
        raise OtherText()


def _told(consent: Consent, document: Document) -> dict[str, object]:
    return {
        "subject": [document.subject_kind, document.subject_id],
        "touched": {document.subject_kind: [document.subject_id], "signing.document": [document.pk]},
        "document": document.pk,
        "number": document.number,
        "version": document.version,
        "sha256": consent.sha256_zh,
        "kind": consent.kind,
        "organisation": consent.organisation_id,
        "person": consent.person_id,
        "brought_by": consent.brought_by_id,
    }
