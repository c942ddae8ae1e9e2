"""The inbox of one person."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from marketplace.notifications import service
from marketplace.notifications.catalogue import THEMES

PER_PAGE = 30


def reader_of(request: HttpRequest) -> int:
    """The id of whoever is signed in; the views below let nobody else in."""
    pk = request.user.pk
    assert pk is not None
    return pk


@require_GET
@login_required
def notice_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(service.inbox(reader_of(request)), PER_PAGE).get_page(request.GET.get("page"))
    themes = {one.key: one.label for one in THEMES}
    notices = [
        {
            "id": row.pk,
            "text": service.sentence_of(row),
            "url": row.url,
            "at": row.created_at,
            "is_new": row.read_at is None,
            "object": themes[row.theme] if row.theme else "",
            "has_effect": service.has_effect(row),
        }
        for row in page
    ]
    unread_here = [notice["id"] for notice in notices if notice["is_new"]]
    context = {
        "notices": notices,
        "unread_here": unread_here,
        "number": page.number,
        "last": page.paginator.num_pages,
        "per_page": PER_PAGE,
    }
    return render(request, "notifications/notice_list.html", context)


@require_POST
@login_required
def notice_read(request: HttpRequest) -> HttpResponse:
    """Mark the notices named by `id`, or without any all of them, as read; then back to the list."""
    wanted = [int(pk) for pk in request.POST.getlist("id") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    service.mark_read(reader_of(request), wanted if "id" in request.POST else None)
    return redirect("notice_list")
