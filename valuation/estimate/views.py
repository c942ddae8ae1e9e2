"""The page that explains the model, and the desk's page with each sale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.deals.access import is_at_desk
from marketplace.core import formats
from marketplace.core.errors import NotFound
from valuation.estimate import presenting
from valuation.estimate.model import LEAST_OF_KIND, LEAST_SALES, VERSION, WORST_FACTOR
from valuation.estimate.sales import PAST, YEARS_BACK
from valuation.estimate.services import LEAST_NEWS, refit
from valuation.models import EstimateFit

MOST_FITS = 20


def _about(row: EstimateFit | None) -> dict[str, Any]:
    return {
        "fit": row,
        "figures": presenting.tried_words(row),
        "lack": presenting.LACKS[row.lack if row is not None else "few"] if row is None or row.lack else "",
        "weights": presenting.weights_table(row),
        "version": VERSION,
        "least_sales": LEAST_SALES,
        "least_of_kind": LEAST_OF_KIND,
        "least_news": LEAST_NEWS,
        "worst_factor": formats.trimmed(Decimal(str(WORST_FACTOR))),
        "years_back": YEARS_BACK,
    }


@require_safe
def estimate_model(request: HttpRequest) -> HttpResponse:
    """How indicative estimates are made, what the sales say of them, when none is shown."""
    row = EstimateFit.objects.newest().defer("sales", "spread").first()
    return render(request, "estimate/model.html", _about(row))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def desk_estimates(request: HttpRequest) -> HttpResponse:
    """The back-test sale by sale, and earlier fits; POST fits the sales of now."""
    if not is_at_desk(request.actor):  # type: ignore[attr-defined]
        raise NotFound()
    if request.method == "POST":
        made = refit()
        messages.success(request, _("The sales are fitted.") if made else _("Fewer than three sales are new."))
        return redirect("desk_estimates")
    fits = list(EstimateFit.objects.newest().defer("spread", "weights")[:MOST_FITS])
    row = fits[0] if fits else None
    context = {
        **_about(EstimateFit.objects.newest().defer("spread").first()),
        "sales": [_sale(one) for one in (row.sales if row is not None else [])],
        "fits": [{"row": one, "factor": presenting.factor_text(one.typical_error)} for one in fits],
    }
    return render(request, "estimate/desk.html", context)


def _sale(told: dict[str, str]) -> dict[str, Any]:
    number = told["number"]
    row: dict[str, Any] = {"number": number, "price": Decimal(told["price"]), "is_past": number.startswith(PAST)}
    if "middle" in told:
        row |= {name: Decimal(told[name]) for name in ("middle", "low", "high")}
        row["is_inside"] = row["low"] <= row["price"] <= row["high"]
        row["factor"] = formats.trimmed(row["price"] / row["middle"])
    return row
