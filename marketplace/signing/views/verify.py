"""The public page that checks a file or a hash. No sign-in, nothing kept."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from marketplace.core.errors import DomainError
from marketplace.signing import presenting
from marketplace.signing.forms import FileForm
from marketplace.signing.refusals import NotAHash, NotAPdf, TooManyChecks
from marketplace.signing.verifying import LARGEST, LARGEST_MB, Answer, Outcome, verify_file, verify_hash

MOST_A_MINUTE = 30
FINDINGS = {
    Outcome.SEALED: ("go", _("This is the sealed file, unchanged")),
    Outcome.TEXT: ("go", _("This is the text of a document of this market, unchanged")),
    Outcome.ADDED: ("stop", _("Something was added to this file after it was sealed")),
    Outcome.ALTERED: (
        "stop",
        _("Not a file this market sealed: at least one byte has changed, or it was made elsewhere"),
    ),
    Outcome.UNKNOWN: ("off", _("This market knows no such file")),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Take a file or a hash; say what is known of it and nothing of what it is about."""
    answer: Answer | None = None
    refusal: DomainError | None = None
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST":
        try:
            answer = _check(request, form)
        except DomainError as error:
            refusal = error
            if error.field:
                form.add_error(error.field, " ".join((error.message, error.cure)))
    shape, words = FINDINGS[answer.outcome] if answer else ("", "")
    context = {
        "form": form,
        "answer": answer,
        "shape": shape,
        "words": words,
        "badge": presenting.badge_of(answer.document) if answer and answer.document else None,
        "refusal": refusal if refusal is not None and not refusal.field else None,
        "limit": LARGEST_MB,
    }
    return render(request, "signing/verify.html", context, status=refusal.status if refusal else 200)


def _check(request: HttpRequest, form: FileForm) -> Answer:
    _count(request)
    form.is_valid()
    file = form.cleaned_data.get("file")
    if file is not None:
        if file.size > LARGEST:
            raise NotAPdf(field="file", limit=LARGEST_MB)
        return verify_file(file.read())
    if form.cleaned_data.get("sha256"):
        return verify_hash(form.cleaned_data["sha256"])
    if request.FILES:
        raise NotAPdf(field="file", limit=LARGEST_MB)
    raise NotAHash(field="sha256")


def _count(request: HttpRequest) -> None:
    """At most thirty checks a minute from one address; hashing and checking seals costs time."""
    key = f"verify:{request.META.get('REMOTE_ADDR', '')}"
    if not cache.add(key, 1, 60) and cache.incr(key) > MOST_A_MINUTE:
        raise TooManyChecks()
