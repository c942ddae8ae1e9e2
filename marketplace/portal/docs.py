"""Interactive API documentation, from files served here, under a policy of its own."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe


@require_safe
@csp_replace({"style-src": [SELF, "'unsafe-inline'"], "img-src": [SELF, "data:"], "object-src": [NONE]})
def api_docs(request: HttpRequest) -> HttpResponse:
    """The page that loads the documentation viewer; the viewer writes inline styles, so only this page allows them.

    The address carries no language, so `?lang=en` asks for English.
    """
    address = reverse("api_docs")
    with translation.override("en" if request.GET.get("lang") == "en" else "zh-hans"):
        context = {"alternate_urls": {"zh-hans": address, "en": f"{address}?lang=en"}, "canonical_path": address}
        return render(request, "portal/api_docs.html", context)
