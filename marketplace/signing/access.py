"""Who sees which document and consent. Pages, the API and the file guard get theirs only here."""

from __future__ import annotations

from django.db.models import Q

from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound
from marketplace.core.files import guard
from marketplace.core.models import StoredFile
from marketplace.signing.graphs import OPERATORS, SIGNING_ROLES
from marketplace.signing.models import Consent, Document, Signature
from marketplace.signing.models.consents import ConsentQuerySet
from marketplace.signing.models.documents import DocumentQuerySet, SignatureQuerySet
from marketplace.signing.registry import find_matter
from marketplace.signing.services.consents import PAPER_PURPOSE
from marketplace.signing.services.documents import FILE_PURPOSE
from marketplace.signing.states import UNSIGNED, ConsentState


def _own(actor: Actor) -> int | None:
    """The organisation read for. Documents bind, so a delegate reads them only where the matter itself lets them."""
    return actor.org_id if actor.on_behalf_of is None else None


def documents_of(actor: Actor) -> DocumentQuerySet:
    """Documents that name the actor's organisation as a signer, or ask it or the person for consent."""
    own = _own(actor)
    named = Q(pk__in=[])
    if own is not None:
        named |= Q(pk__in=Signature.objects.filter(organisation=own).values("document"))
        named |= Q(pk__in=Consent.objects.filter(Q(organisation=own) | Q(brought_by=own)).values("document"))
    if actor.user_id is not None and actor.on_behalf_of is None:
        named |= Q(pk__in=Consent.objects.filter(person=actor.user_id).values("document"))
    return Document.objects.filter(named)


def may_read(actor: Actor, document: Document) -> bool:
    """Signers, whoever is asked for consent, those the matter lets in, and the operator's desk."""
    if OPERATORS.permits(actor, document) or documents_of(actor).filter(pk=document.pk).exists():
        return True
    matter = find_matter(document.subject_kind)
    return matter is not None and not actor.is_anonymous and matter.may_read(actor, document.subject_id)


def document_for(actor: Actor, number: str, version: int | None = None) -> Document:
    """A version of a document, the newest one when none is named. Raises NotFound."""
    versions = Document.objects.filter(number=number).select_related(
        "file_zh", "file_en", "sealed_zh", "sealed_en", "certificate"
    )
    document = found(versions, version=version) if version is not None else versions.order_by("-version").first()
    if document is None or not may_read(actor, document):
        raise NotFound()
    return document


def consents_of(actor: Actor) -> ConsentQuerySet:
    """Consents asked of the actor's organisation or person, or brought by it on paper; every paper for the desk."""
    asked = Q(pk__in=[])
    own = _own(actor)
    if own is not None:
        asked |= Q(organisation=own) | Q(brought_by=own)
    if is_at_desk(actor):
        asked |= Q(brought_by__isnull=False)
    if actor.user_id is not None and actor.on_behalf_of is None:
        asked |= Q(person=actor.user_id)
    return Consent.objects.filter(asked)


def consent_for(actor: Actor, pk: int) -> Consent:
    """One of them. Raises NotFound."""
    return found(
        consents_of(actor).select_related(
            "document__file_zh", "document__file_en", "organisation", "person", "brought_by", "paper"
        ),
        pk=pk,
    )


def to_sign(actor: Actor) -> SignatureQuerySet:
    """Signatures whose turn it is and that the actor's organisation owes; places kept for somebody else are not."""
    own = _own(actor)
    owed = Signature.objects.in_turn_of([own] if own is not None else [])
    return owed.filter(Q(named__isnull=True) | Q(named=actor.user_id))


def to_answer(actor: Actor) -> ConsentQuerySet:
    """Consents asked for and not answered, on versions that stand; for the desk, papers to check."""
    waiting = Q(state=ConsentState.ASKED) & (Q(brought_by__isnull=True) | Q(brought_by=_own(actor)))
    if is_at_desk(actor):
        waiting |= Q(state=ConsentState.HANDED_IN)
    return consents_of(actor).filter(waiting)


def is_at_desk(actor: Actor) -> bool:
    """Whether the actor checks papers for the market."""
    return OPERATORS.permits(actor, None)


def may_bind(actor: Actor) -> bool:
    """Whether the actor signs for some organisation at all."""
    return actor.on_behalf_of is None and bool(SIGNING_ROLES & actor.roles)


def waits_for_others(actor: Actor) -> DocumentQuerySet:
    """The organisation's documents that still want signatures of anybody."""
    return documents_of(actor).filter(state__in=UNSIGNED)


@guard(PAPER_PURPOSE)
def may_open_paper(actor: Actor, file: StoredFile) -> bool:
    """A paper opens to whoever brought it, to the desk, and to the signers of the document it is about."""
    consent = Consent.objects.filter(paper=file).select_related("document").first()
    return consent is not None and (
        consents_of(actor).filter(pk=consent.pk).exists() or may_read(actor, consent.document)
    )


@guard(FILE_PURPOSE)
def may_open(actor: Actor, file: StoredFile) -> bool:
    """A document's files open to whoever reads the document."""
    document = (
        Document.objects.filter(pk=file.subject_id or 0)
        .filter(Q(file_zh=file) | Q(file_en=file) | Q(sealed_zh=file) | Q(sealed_en=file))
        .first()
    )
    return document is not None and may_read(actor, document)
