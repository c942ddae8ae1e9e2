"""Pages of applications: the list, the request with products compared, one application, each step on its own page."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from loans import access, acts
from loans.forms import ApplyForm, ProductForm
from loans.models import Application, Product
from loans.presenting import application_page, compared, links, row
from loans.services import applications, products
from loans.services.products import Face
from loans.states.application import RUNNING, UNDECIDED
from loans.states.product import ProductState
from marketplace.core.access import found
from marketplace.core.errors import DomainError, NotFound, NotPermitted
from marketplace.portal.steps import Step, take

PER_PAGE = 50
USUAL_AMOUNT, USUAL_MONTHS = Decimal("1000000.00"), 24


def _asked(request: HttpRequest) -> tuple[Decimal, int]:
    """Amount and months of the address, or the usual ones where they are none."""
    try:
        amount = Decimal(request.GET.get("amount", "")).quantize(Decimal("0.01"))
        months = int(request.GET.get("months", ""))
    except (InvalidOperation, ValueError):
        return USUAL_AMOUNT, USUAL_MONTHS
    fits = Decimal("0.01") <= amount <= Decimal(10**12) and 1 <= months <= 120
    return (amount, months) if fits else (USUAL_AMOUNT, USUAL_MONTHS)


@require_safe
def loan_products(request: HttpRequest) -> HttpResponse:
    """Products on offer compared for an amount and a term, the yearly rate with all costs first."""
    actor = request.actor  # type: ignore[attr-defined]
    amount, months = _asked(request)
    shown = compared(
        Product.objects.open().select_related("bank", "version").order_by("bank_id", "code"), amount, months
    )
    context = {
        "products": shown,
        "amount": amount,
        "months": months,
        "may_apply": acts.may_apply(actor) and access.borrows(actor),
    }
    return render(request, "loans/products.html", context)


@require_safe
@login_required
def my_applications(request: HttpRequest) -> HttpResponse:
    """A borrower's applications, or what came in to a bank: what waits soonest first."""
    actor = request.actor  # type: ignore[attr-defined]
    seen = access.applications_seen_by(actor).for_page()
    only = request.GET.get("show", "running")
    if only == "mine":
        seen = seen.filter(reviewer=actor.user_id, state__in=sorted(RUNNING))
    elif only == "undecided":
        seen = seen.filter(state__in=sorted(UNDECIDED))
    elif only != "all":
        only, seen = "running", seen.filter(state__in=sorted(RUNNING))
    page = Paginator(seen.order_by("due_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [row(one) for one in page],
        "show": only,
        "is_bank": access.is_bank(actor),
        "may_apply": acts.may_apply(actor) and access.borrows(actor),
        "may_manage": acts.may_manage_products(actor) and access.is_bank(actor),
    }
    return render(request, "loans/applications.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def loan_apply(request: HttpRequest) -> HttpResponse:
    """The borrower's request: rights, amount, purpose and the banks to be asked, with what each would cost."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.borrows(actor):
        raise NotFound()
    if not acts.may_apply(actor):
        raise NotPermitted()
    amount, months = _asked(request)
    start = {"amount": amount, "term_months": months, "products": request.GET.getlist("product")}
    form = ApplyForm(request.POST or None, initial=start, holder_id=actor.acts_for)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        chosen = [one.pk for one in form.cleaned_data["products"]]
        try:
            made = applications.apply(product_ids=chosen, wanted=form.wanted(), by=actor)
            return redirect("loan_application", made[0].number) if len(made) == 1 else redirect("my_loan_applications")
        except DomainError as error:
            refusal = error
    shown = compared(
        Product.objects.open().select_related("bank", "version").order_by("bank_id", "code"), amount, months
    )
    context = {"form": form, "refusal": refusal, "products": shown, "amount": amount, "months": months}
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "loans/apply.html", context, status=status)


@require_safe
@login_required
def loan_application(request: HttpRequest, number: str) -> HttpResponse:
    """Where the application stands, its eligibility, collateral, papers, decision, contracts and pledge."""
    actor = request.actor  # type: ignore[attr-defined]
    one = (
        access.applications_seen_by(actor)
        .for_page()
        .select_related("loan_contract", "pledge_contract", "loan", "diligence")
    )
    application = found(one, number=number)
    return render(request, "loans/application.html", application_page(application, actor))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def loan_application_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One step of the application."""
    actor = request.actor  # type: ignore[attr-defined]
    application = access.application_of(actor, number)
    acts.demand_part(application, actor)
    return _take(request, application, application, acts.APPLICATION_STEPS.get(verb))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def loan_proposal_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a proposal."""
    actor = request.actor  # type: ignore[attr-defined]
    application = access.application_of(actor, number)
    proposal = access.proposal_of(actor, application, pk)
    acts.demand_part(application, actor)
    return _take(request, application, proposal, acts.PROPOSAL_STEPS.get(verb))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def loan_filing_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a filing."""
    actor = request.actor  # type: ignore[attr-defined]
    application = access.application_of(actor, number)
    filing = access.filing_of(actor, application, pk)
    acts.demand_part(application, actor)
    return _take(request, application, filing, acts.FILING_STEPS.get(verb))


def _take(request: HttpRequest, application: Application, subject: object, step: Step | None) -> HttpResponse:
    ended = step is not None and step.verb == "discard"
    back = reverse("my_loan_applications") if ended else reverse("loan_application", args=[application.number])
    return take(request, subject, step, template="loans/act.html", back=back, about=application)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def my_loan_products(request: HttpRequest) -> HttpResponse:
    """A bank's products with their versions, and a new one."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_bank(actor):
        raise NotFound()
    if not acts.may_manage_products(actor):
        raise NotPermitted()
    form = ProductForm(request.POST or None)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        face = Face(data["name_zh"], data["name_en"], data["intro_zh"], data["intro_en"])
        try:
            products.write_product(code=data["code"], face=face, terms=data["terms"], by=actor)
            return redirect("my_loan_products")
        except DomainError as error:
            refusal = error
    own = Product.objects.filter(bank=actor.org_id).select_related("version").prefetch_related("versions")
    context = {
        "products": [
            {
                "product": one,
                "label": ProductState(one.state).label,
                "acts": links(
                    acts.product_steps(one, actor), lambda verb, pk=one.pk: reverse("loan_product_act", args=[pk, verb])
                ),
            }
            for one in own
        ],
        "form": form,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "loans/my_products.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def loan_product_act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One step of a product."""
    actor = request.actor  # type: ignore[attr-defined]
    product = access.product_of(actor, pk)
    if product.bank_id != actor.org_id:
        raise NotFound()
    if not acts.may_manage_products(actor):
        raise NotPermitted()
    step = acts.PRODUCT_STEPS.get(verb)
    return take(
        request, product, step, template="loans/product_act.html", back=reverse("my_loan_products"), about=product
    )
