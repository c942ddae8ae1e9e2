"""The inbox of one person."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from marketplace.notifications import service


@require_GET
@login_required
def notice_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(service.inbox(request.user.pk), 30).get_page(request.GET.get("page"))
    notices = [{"row": row, "sentence": service.sentence_of(row)} for row in page]
    return render(request, "notifications/notice_list.html", {"page": page, "notices": notices})


@require_POST
@login_required
def notice_read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (`id`) or all as read, then go to `next` inside the site or back to the list."""
    wanted = [int(pk) for pk in request.POST.getlist("id") if pk.isdigit()]
    service.mark_read(request.user.pk, wanted or None)
    return redirect("notice_list")
