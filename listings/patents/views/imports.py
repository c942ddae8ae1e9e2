"""Bringing patents in by file: upload, check, go ahead, progress, result, errors to correct."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.patents import access, corrections, reasons
from listings.patents.forms import UploadForm
from listings.patents.models import ImportRun, ImportState
from listings.patents.numbers import format_number
from listings.patents.readers.template import template_csv, template_xlsx
from listings.patents.services import runs
from marketplace.core.errors import DomainError, NotFound, NotPermitted
from marketplace.core.exports import EXPORTS, XLSX_MIME

REJECTIONS_SHOWN = 50
RUNS_A_PAGE = 25
SHAPES = {
    ImportState.UPLOADED: "now",
    ImportState.CHECKED: "wait",
    ImportState.RUNNING: "now",
    ImportState.DONE: "go",
    ImportState.FAILED: "stop",
    ImportState.CANCELLED: "ended",
}
TEMPLATES = {"csv": (template_csv, "text/csv; charset=utf-8"), "xlsx": (template_xlsx, XLSX_MIME)}


@require_safe
@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    """Imports of the organisation, newest first."""
    actor = request.actor  # type: ignore[attr-defined]
    access.own_organisation_id(actor)
    page = Paginator(access.runs_visible_to(actor).order_by("-id"), RUNS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "runs": [
            {
                "run": run,
                "shape": SHAPES[ImportState(run.state)],
                "has_run": run.state not in (ImportState.UPLOADED, ImportState.CHECKED),
            }
            for run in page
        ],
        "number": page.number,
        "last": page.paginator.num_pages,
        "per_page": RUNS_A_PAGE,
        "may_import": runs.may_import(actor),
    }
    return render(request, "patents/import_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_new(request: HttpRequest) -> HttpResponse:
    """Choose a file. It is only checked at first."""
    actor = request.actor  # type: ignore[attr-defined]
    access.own_organisation_id(actor)
    if not runs.may_import(actor):
        raise NotPermitted()
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = runs.upload(form.cleaned_data["file"], by=actor, strict=form.cleaned_data["is_strict"])
        except DomainError as refusal:
            form.add_error(
                refusal.field if refusal.field in form.fields else None, f"{refusal.message} {refusal.cure}".strip()
            )
        else:
            return redirect("import_run", pk=run.pk)
    return render(request, "patents/import_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@login_required
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: what the check found, how far it is, what came of it. htmx asks for the moving part alone."""
    run = access.get_run(request.actor, pk)  # type: ignore[attr-defined]
    part = request.headers.get("HX-Request") == "true" and "part" in request.GET
    return render(
        request, "patents/parts/import_state.html" if part else "patents/import_run.html", _context(request, run)
    )


def _context(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    actor = request.actor  # type: ignore[attr-defined]
    edges = {edge.verb: edge for edge in runs.IMPORT_GRAPH.open_to(actor, run)}
    go = edges.get("go")
    refusal = runs.IMPORT_GRAPH.refusal(go, run, actor) if go else None
    rejections = run.rejections.all()
    return {
        "run": run,
        "state": ImportState(run.state),
        "shape": SHAPES[ImportState(run.state)],
        "is_moving": run.state in (ImportState.UPLOADED, ImportState.RUNNING),
        "total": run.found.get("records", 0),
        "preview": [
            {
                **row,
                "number": _spelt(row["office"], row["number"]),
                "title": row["title_zh"] or row["title_en"],
                "filed_on": date.fromisoformat(row["filed_on"]) if row["filed_on"] else None,
                "reason": reasons.sentence(row["code"], row["params"]) if row["code"] else "",
            }
            for row in run.preview
        ],
        "rejections": [
            {"file": one.file, "line": one.line, "number": one.number, "reason": reasons.sentence(one.code, one.params)}
            for one in rejections[:REJECTIONS_SHOWN]
        ],
        "rejections_shown": REJECTIONS_SHOWN,
        "rejected_total": rejections.count(),
        "not_patents": [
            {"file": one["file"], "what": reasons.NOT_PATENTS.get(one["what"], one["what"])} for one in run.not_patents
        ],
        "may_go": go is not None and refusal is None,
        "refusal": refusal,
        "may_cancel": "cancel" in edges,
    }


def _spelt(office: str, number: str) -> str:
    """A number as pages write it; one that does not begin with its office stays as it was read."""
    bare = number.removeprefix(office)
    return format_number(office, bare) if office and bare and bare != number else number


@require_POST
@login_required
def import_go(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a checked import go ahead."""
    run = access.get_run(request.actor, pk)  # type: ignore[attr-defined]
    runs.go(run_id=run.pk, by=request.actor)  # type: ignore[attr-defined]
    return redirect("import_run", pk=run.pk)


@require_POST
@login_required
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an import; what was taken stays."""
    run = access.get_run(request.actor, pk)  # type: ignore[attr-defined]
    runs.cancel(run_id=run.pk, by=request.actor)  # type: ignore[attr-defined]
    messages.info(request, _("Stopped. What was taken by then stays in the register."))
    return redirect("import_run", pk=run.pk)


@require_safe
@login_required
def import_errors(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The rejected rows with their reasons and the rows themselves, to correct and upload again."""
    run = access.get_run(request.actor, pk)  # type: ignore[attr-defined]
    if kind not in EXPORTS:
        raise NotFound()
    head, rows = corrections.table(run)
    return EXPORTS[kind]("import-errors", head, rows)


@require_safe
def import_template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Our own template, empty but for one example."""
    if kind not in TEMPLATES:
        raise NotFound()
    make, mime = TEMPLATES[kind]
    return FileResponse(io.BytesIO(make()), as_attachment=True, filename=f"patents-template.{kind}", content_type=mime)
