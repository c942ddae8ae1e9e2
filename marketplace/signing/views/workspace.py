"""What waits for a signature or an answer, a document with its signers, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.errors import DomainError, NotPermitted
from marketplace.signing import access, factors, presenting, services
from marketplace.signing.forms import CodeForm, PaperForm, PasskeyForm, ReasonForm
from marketplace.signing.graphs import DOCUMENT_GRAPH, Asked, Bringer, may_fill
from marketplace.signing.models import Consent, Document
from marketplace.signing.refusals import PaperMissing
from marketplace.signing.registry import consent_label
from marketplace.signing.services import consents as consent_service
from marketplace.signing.services import documents as document_service
from marketplace.signing.states import ConsentState, FactorKind

MOST_ROWS = 100


def _address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


@require_safe
@login_required
def signing_list(request: HttpRequest) -> HttpResponse:
    """Yours to sign, yours to answer, and the organisation's documents."""
    actor = request.actor  # type: ignore[attr-defined]
    mine = access.documents_of(actor).order_by("-created_at", "-pk")
    context = {
        "to_sign": access.to_sign(actor).select_related("document").order_by("document__due_at")[:MOST_ROWS],
        "to_answer": [
            {"consent": row, "kind": consent_label(row.kind)}
            for row in access.to_answer(actor).select_related("document").order_by("due_at")[:MOST_ROWS]
        ],
        "documents": [{"document": document, "badge": presenting.badge_of(document)} for document in mine[:MOST_ROWS]],
        "may_bind": access.may_bind(actor),
    }
    return render(request, "signing/list.html", context)


@require_safe
@login_required
def signing_document(request: HttpRequest, number: str, version: int | None = None) -> HttpResponse:
    """One version of a document; the newest when none is named."""
    actor = request.actor  # type: ignore[attr-defined]
    document = access.document_for(actor, number, version)
    turn = presenting.turn_of(document)
    context = {
        "document": document,
        "badge": presenting.badge_of(document),
        "files": presenting.files_of(document),
        "slots": presenting.slots_of(document),
        "consents": presenting.consents_of(document),
        "history": presenting.history_of(document),
        "matter": presenting.matter_of(document),
        "turn": turn,
        "days": presenting.days_to(document),
        "may_sign": turn is not None and may_fill(actor, turn),
        "may_decline": any(edge.verb == "decline" for edge in DOCUMENT_GRAPH.open_to(actor, document)),
        "own_consents": list(access.to_answer(actor).filter(document=document)),
        "versions": [
            {"document": one, "badge": presenting.badge_of(one)}
            for one in Document.objects.filter(number=number).order_by("-version")
        ],
    }
    return render(request, "signing/document.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def signing_sign(request: HttpRequest, number: str, version: int) -> HttpResponse:
    """Show the hash and ask for the second factor (GET); sign (POST)."""
    actor = request.actor  # type: ignore[attr-defined]
    document = access.document_for(actor, number, version)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            services.sign(
                document_id=document.pk,
                sha256=request.POST.get("sha256", "")[:64],
                by=actor,
                otp=_factor(request, document_service.purpose_of(document)),
                address=_address(request),
            )
        except DomainError as error:
            refusal = error
        if refusal is None:
            messages.info(request, _("Signed. The next signer has been told."))
            return redirect("signing_document", number)
    turn = presenting.turn_of(document)
    if refusal is None and (turn is None or not may_fill(actor, turn)):
        raise NotPermitted()
    context = {
        "document": document,
        "slot": turn,
        "files": presenting.files_of(document),
        **_asked(request, document.sha256, document_service.purpose_of(document), refusal),
    }
    return render(request, "signing/sign.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def signing_decline(request: HttpRequest, number: str, version: int) -> HttpResponse:
    """Ask for the reason (GET); decline (POST)."""
    actor = request.actor  # type: ignore[attr-defined]
    document = access.document_for(actor, number, version)
    if not any(edge.verb == "decline" for edge in DOCUMENT_GRAPH.open_to(actor, document)):
        raise NotPermitted()
    form = ReasonForm(request.POST or None)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            services.decline(document_id=document.pk, by=actor, reason=_reason(form))
        except DomainError as error:
            refusal = error
        if refusal is None:
            return redirect("signing_document", number)
    context = {"document": document, "form": form, "refusal": refusal}
    return render(request, "signing/decline.html", context, status=refusal.status if refusal else 200)


@never_cache
@require_safe
@login_required
def consent_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """A consent asked of one's organisation or oneself: what it is about, and both answers."""
    return _consent_page(request, access.consent_for(request.actor, pk))  # type: ignore[attr-defined]


@require_POST
@login_required
def consent_give(request: HttpRequest, pk: int) -> HttpResponse:
    """Consent to the version on the page."""
    actor = request.actor  # type: ignore[attr-defined]
    consent = access.consent_for(actor, pk)

    def take() -> None:
        services.give_consent(by=actor, **_answer(request, consent))

    return _answered(request, consent, take)


@require_POST
@login_required
def consent_hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring the paper of a party who is not on the market."""
    actor = request.actor  # type: ignore[attr-defined]
    consent = access.consent_for(actor, pk)
    if not Bringer().permits(actor, consent):
        raise NotPermitted()
    form = PaperForm(request.POST, request.FILES)
    if not form.is_valid():
        return _consent_page(request, consent, PaperMissing(field="file"))

    def take() -> None:
        services.hand_in(
            consent_id=consent.pk, sha256=form.cleaned_data["sha256"], upload=form.cleaned_data["file"], by=actor
        )

    return _answered(request, consent, take)


@require_POST
@login_required
def consent_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The desk confirms the paper."""
    actor = request.actor  # type: ignore[attr-defined]
    consent = access.consent_for(actor, pk)
    if not access.is_at_desk(actor):
        raise NotPermitted()

    def take() -> None:
        services.confirm_paper(by=actor, **_answer(request, consent))

    return _answered(request, consent, take)


@require_POST
@login_required
def consent_send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The desk sends the paper back, with the reason."""
    actor = request.actor  # type: ignore[attr-defined]
    consent = access.consent_for(actor, pk)
    if not access.is_at_desk(actor):
        raise NotPermitted()

    def take() -> None:
        services.send_back(consent_id=consent.pk, by=actor, reason=_reason(ReasonForm(request.POST)))

    return _answered(request, consent, take)


@require_POST
@login_required
def consent_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse consent, with the reason."""
    actor = request.actor  # type: ignore[attr-defined]
    consent = access.consent_for(actor, pk)

    def take() -> None:
        services.refuse_consent(
            consent_id=consent.pk,
            sha256=request.POST.get("sha256", "")[:64],
            by=actor,
            reason=_reason(ReasonForm(request.POST)),
            address=_address(request),
        )

    return _answered(request, consent, take)


def _answer(request: HttpRequest, consent: Consent) -> dict[str, Any]:
    """What a yes takes: the version read, the second factor shown for it, and from where."""
    return {
        "consent_id": consent.pk,
        "sha256": request.POST.get("sha256", "")[:64],
        "otp": _factor(request, consent_service.purpose_of(consent)),
        "address": _address(request),
    }


def _answered(request: HttpRequest, consent: Consent, take: Callable[[], None]) -> HttpResponse:
    try:
        take()
    except DomainError as error:
        return _consent_page(request, consent, error)
    return redirect("consent_answer", consent.pk)


def _consent_page(request: HttpRequest, consent: Consent, refusal: DomainError | None = None) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    is_asked = consent.state == ConsentState.ASKED
    is_open = is_asked and Asked().permits(actor, consent)
    brings = is_asked and Bringer().permits(actor, consent)
    checks = consent.state == ConsentState.HANDED_IN and access.is_at_desk(actor)
    held = factors.kinds_of(actor.user_id)
    context: dict[str, Any] = {
        "consent": consent,
        "document": consent.document,
        "kind": consent_label(consent.kind),
        "badge": presenting.consent_badge(consent),
        "files": presenting.files_of(consent.document),
        "matter": presenting.matter_of(consent.document),
        "is_open": is_open,
        "brings": brings,
        "checks": checks,
        "paper_form": PaperForm(initial={"sha256": consent.sha256_zh}) if brings else None,
        "needs_factor": consent.person_id is None or bool(held),
        "reason_form": ReasonForm(initial={"sha256": consent.sha256_zh}, auto_id="refuse_%s"),
    }
    if is_open or checks:
        context |= _asked(request, consent.sha256_zh, consent_service.purpose_of(consent), refusal)
    return render(
        request, "signing/consent.html", {**context, "refusal": refusal}, status=refusal.status if refusal else 200
    )


def _asked(request: HttpRequest, sha256: str, purpose: str, refusal: DomainError | None) -> dict[str, Any]:
    """Forms for the second factors the person has."""
    actor = request.actor  # type: ignore[attr-defined]
    held = factors.kinds_of(actor.user_id)
    options = factors.ask_passkey(request, purpose=purpose)
    return {
        "refusal": refusal,
        "held": held,
        "has_code": FactorKind.TOTP in held,
        "code_form": CodeForm(initial={"sha256": sha256}),
        "passkey_form": PasskeyForm(initial={"sha256": sha256}, auto_id="passkey_%s") if options else None,
        "js_data": {"request_options": options} if options else None,
    }


def _factor(request: HttpRequest, purpose: str) -> str | factors.Shown:
    """The code as typed, or the passkey as checked."""
    if "credential" in request.POST:
        form = PasskeyForm(request.POST)
        credential = form.cleaned_data["credential"] if form.is_valid() else None
        return factors.show_passkey(request, credential=credential, purpose=purpose)
    return request.POST.get("otp", "")[:12]


def _reason(form: ReasonForm) -> str:
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""
