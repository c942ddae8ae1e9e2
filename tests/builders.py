"""Makers of what tests need. All of them go through the services, so that nothing exists that could not come to be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.accounts.acting import actor_for
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.accounts.paper import sample_paper
from marketplace.accounts.roles import Kind, Role
from marketplace.accounts.services import members, organisations
from marketplace.accounts.states import OrganisationState
from marketplace.accounts.uscc import expected_check_digit
from marketplace.core.actor import SYSTEM, Actor

PASSWORD = "correct horse battery"
_numbers = count(1)


def a_person(email: str = "", *, name: str = "", language: str = "zh-hans") -> User:
    """A person with a verified address; the one of that address if there is one."""
    email = email or f"person{next(_numbers)}@people.test"
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    person = User.objects.create_user(email, PASSWORD, name=name or email.split("@")[0], language=language)
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person


def a_credit_code() -> str:
    """A well-formed credit code nobody else has, with its right check digit."""
    body = f"91990100MA{next(_numbers):07d}"
    return body + expected_check_digit(body + "0")


def facts(**given: Any) -> dict[str, Any]:
    """What an organisation says of itself."""
    return {
        "kind": Kind.ENTERPRISE,
        "name_zh": "云澜样例有限公司",
        "name_en": "Yunlan Sample Ltd.",
        "uscc": a_credit_code(),
        "country": "CN",
        **given,
    }


def a_draft_organisation(owner: User | None = None, **given: Any) -> Organisation:
    """An organisation just entered; `owner` owns it."""
    owner = owner or a_person()
    told = facts(**given)
    if told["kind"] == Kind.OPERATOR or told["kind"] == Kind.IP_OFFICE:
        return organisations.create_organisation(by=SYSTEM, facts=told, owner_id=owner.pk)
    return organisations.create_organisation(by=Actor(user_id=owner.pk), facts=told)


def with_papers(organisation: Organisation) -> Organisation:
    """The same with the paper its kind asks for."""
    paper = "identity" if organisation.kind == Kind.INDIVIDUAL else "licence"
    organisations.add_document(
        organisation_id=organisation.pk, paper=paper, upload=a_pdf(), by=owner_actor(organisation)
    )
    return organisation


def a_submitted_organisation(owner: User | None = None, **given: Any) -> Organisation:
    made = with_papers(a_draft_organisation(owner, **given))
    return organisations.submit_organisation(organisation_id=made.pk, by=owner_actor(made))


def a_verified_organisation(owner: User | None = None, **given: Any) -> Organisation:
    """Verified by the market; the verified one of that name that `owner` owns if there is one."""
    if owner is not None and "name_zh" in given:
        found = Organisation.objects.filter(
            name_zh=given["name_zh"], memberships__user=owner, memberships__ended_at=None
        ).first()
        if found is not None:
            return found
    made = a_submitted_organisation(owner, **given)
    return organisations.verify_organisation(organisation_id=made.pk, by=SYSTEM)


def an_organisation(state: str = OrganisationState.VERIFIED, owner: User | None = None, **given: Any) -> Organisation:
    """An organisation in any of its states, brought there by the steps that lead there."""
    if state == OrganisationState.DRAFT:
        return a_draft_organisation(owner, **given)
    made = a_submitted_organisation(owner, **given)
    if state == OrganisationState.SUBMITTED:
        return made
    reviewer = operator_actor()
    if state == OrganisationState.RETURNED:
        return organisations.return_organisation(organisation_id=made.pk, by=reviewer, reason="Name differs.")
    made = organisations.verify_organisation(organisation_id=made.pk, by=reviewer)
    if state == OrganisationState.SUSPENDED:
        return organisations.suspend_organisation(organisation_id=made.pk, by=reviewer, reason="Complaint.")
    return made


def an_operator() -> Organisation:
    """The market's operator; there is one."""
    found = Organisation.objects.filter(kind=Kind.OPERATOR).first()
    return found or a_verified_organisation(
        a_person("root@market.test"), kind=Kind.OPERATOR, name_zh="云澜市场运营中心", name_en="Yunlan Market Operator"
    )


def operator_actor() -> Actor:
    return owner_actor(an_operator())


def owner_actor(organisation: Organisation) -> Actor:
    """The actor its first owner is."""
    held = (
        Membership.objects.live()
        .filter(organisation=organisation, roles__contains=[Role.OWNER])
        .select_related("user", "organisation")
        .order_by("pk")[0]
    )
    return actor_for(held.user, held)


def joins(person: User, organisation: Organisation, roles: Sequence[str]) -> Membership:
    """A membership that came about by invitation."""
    offer = members.invite(
        organisation_id=organisation.pk, email=person.email, roles=roles, by=owner_actor(organisation)
    )
    return members.accept_invitation(
        invitation_id=offer.pk, token=members.invitation_token(offer), by=Actor(user_id=person.pk)
    )


def member_actor(organisation: Organisation, *roles: str) -> Actor:
    """The actor a new member with these roles is."""
    membership = joins(a_person(), organisation, roles)
    return actor_for(membership.user, membership)


def a_pdf(name: str = "paper.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, sample_paper("test"), content_type="application/pdf")
