"""Members of one's organisation and invitations."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.accounts import access, acting
from marketplace.accounts.forms import InviteForm, RolesForm, complain
from marketplace.accounts.graphs import OWNERS
from marketplace.accounts.models import Invitation, Membership, Organisation, User
from marketplace.accounts.roles import Role
from marketplace.accounts.services import members
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import DomainError


@require_GET
@login_required
def member_list(request: HttpRequest) -> HttpResponse:
    """Who belongs here, in which roles, and who has been asked."""
    organisation = access.own_organisation(request.actor)  # type: ignore[attr-defined]
    return _page(request, organisation, InviteForm(kind=organisation.kind))


def _page(request: HttpRequest, organisation: Organisation, form: InviteForm, status: int = 200) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    invitations = [
        {
            "pk": row.pk,
            "email": row.email,
            "roles": [Role(role).label for role in row.roles],
            "expires_at": row.expires_at,
            "is_expired": row.expires_at <= clock.now(),
        }
        for row in access.invitations_visible_to(actor).order_by("-pk")
    ]
    context = {
        "organisation": organisation,
        "members": access.memberships_visible_to(actor).order_by("joined_at", "pk"),
        "invitations": invitations,
        "form": form,
        "may_manage": OWNERS.permits(actor, organisation),
        "me": actor.user_id,
    }
    return render(request, "accounts/member_list.html", context, status=status)


@require_POST
@login_required
def member_invite(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    form = InviteForm(request.POST, kind=organisation.kind)
    if form.is_valid():
        try:
            members.invite(organisation_id=organisation.pk, by=actor, **form.cleaned_data)
        except DomainError as refusal:
            if refusal.status == 403:
                raise
            complain(form, refusal)
        else:
            messages.info(request, _("Invited. A letter with a link is on its way."))
            return redirect("member_list")
    return _page(request, organisation, form, status=422)


@require_http_methods(["GET", "POST"])
@login_required
def member_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the roles of one member."""
    actor = request.actor  # type: ignore[attr-defined]
    membership: Membership = access.get_membership_for(actor, pk)
    require(OWNERS, actor, membership.organisation)
    form = RolesForm(request.POST or None, kind=membership.organisation.kind, initial={"roles": membership.roles})
    if request.method == "POST" and form.is_valid():
        try:
            members.change_roles(membership_id=pk, by=actor, **form.cleaned_data)
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("Roles changed."))
            return redirect("member_list")
    context = {"membership": membership, "form": form, "is_me": membership.user_id == actor.user_id}
    return render(request, "accounts/member_roles.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a member go, or leave; asked back first."""
    actor = request.actor  # type: ignore[attr-defined]
    membership: Membership = access.get_membership_for(actor, pk)
    is_me = membership.user_id == actor.user_id
    if not is_me:
        require(OWNERS, actor, membership.organisation)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            members.end_membership(membership_id=pk, by=actor)
        except DomainError as error:
            refusal = error
        else:
            messages.info(request, _("The membership has ended."))
            return redirect("workspace" if is_me else "member_list")
    context = {"membership": membership, "is_me": is_me, "refusal": refusal}
    return render(request, "accounts/member_end.html", context, status=refusal.status if refusal else 200)


@require_POST
@login_required
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    invitation: Invitation = access.get_invitation_for(actor, pk)
    members.withdraw_invitation(invitation_id=invitation.pk, by=actor)
    messages.info(request, _("Invitation withdrawn."))
    return redirect("member_list")


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Where the letter's link leads. Somebody without an account is shown the way to one and back."""
    offered = members.invitation_for_link(pk, token)
    actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST" and not actor.is_anonymous:
        membership = members.accept_invitation(invitation_id=pk, token=token, by=actor)
        acting.switch(request, membership_id=membership.pk)
        messages.info(
            request, _("You now belong to %(organisation)s.") % {"organisation": membership.organisation.name}
        )
        return redirect("workspace")
    context = {
        "invitation": offered,
        "roles": [Role(role).label for role in offered.roles],
        "is_mine": isinstance(request.user, User) and request.user.email.lower() == offered.email.lower(),
        "is_anonymous": actor.is_anonymous,
        "here": request.path,
    }
    response = render(request, "accounts/invitation.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address is a secret
    return response
