"""Interactive API documentation, from files served here, under a policy of its own."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
@csp_replace({"style-src": [SELF, "'unsafe-inline'"], "img-src": [SELF, "data:"], "object-src": [NONE]})
def api_docs(request: HttpRequest) -> HttpResponse:
    """The page that loads the documentation viewer; the viewer writes inline styles, so only this page allows them."""
    return render(request, "portal/api_docs.html")
