"""The desk's page of the market's own bank accounts."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from marketplace.accounts.models import in_language
from marketplace.core.errors import DomainError
from marketplace.payments import access
from marketplace.payments.forms import OurAccountForm
from marketplace.payments.models import BankAccount
from marketplace.payments.presenting import is_play_money
from marketplace.payments.services.our_accounts import TREASURERS, OurAccount, enter_our_account, is_in_use


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required
def our_accounts(request: HttpRequest) -> HttpResponse:
    """Where payers transfer; the page asks who you are once more before it shows or takes an account."""
    actor = request.actor  # type: ignore[attr-defined]
    access.require_money_desk(actor)
    form = OurAccountForm(request.POST or None)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            enter_our_account(OurAccount(**form.cleaned_data), by=actor, is_confirmed=True)
        except DomainError as error:
            refusal = error
        else:
            messages.info(request, _("Kept. Payers see this account from now on."))
            return redirect("our_accounts")
    rows = BankAccount.objects.order_by("provider", "currency")
    context = {
        "form": form,
        "refusal": refusal,
        "may_enter": TREASURERS.permits(actor, None),
        "rows": [
            {
                "row": row,
                "holder": in_language(row.holder_zh, row.holder_en),
                "bank": in_language(row.bank_zh, row.bank_en),
                "is_play": is_play_money(row.provider),
                "is_in_use": is_in_use(row),
            }
            for row in rows
        ],
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "payments/desk/accounts.html", context, status=status)
