"""The demo's people and organisations, told through the services as if they had come by themselves."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Q

from marketplace.accounts.acting import actor_for
from marketplace.accounts.models import Delegation, Membership, Organisation, Region, User, VerificationDocument
from marketplace.accounts.paper import FROM_PUBLIC_SOURCES, SAMPLE, sample_paper
from marketplace.accounts.roles import Kind, Role
from marketplace.accounts.services import delegations, members, organisations
from marketplace.accounts.states import OrganisationState
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.clock import today
from marketplace.core.demo import Say, SignIn

HERE = Path(__file__).resolve().parent
PASSWORD = "yunlan-demo-2026"  # noqa: S105  (printed on purpose, see below)
"""The password of every demo person, printed by `make run`. People of the demo exist nowhere else."""
FACTS = (
    "kind",
    "name_zh",
    "name_en",
    "uscc",
    "country",
    "address_en",
    "legal_representative",
    "website",
    "intro_zh",
    "intro_en",
    "contact_name",
    "contact_phone",
    "contact_email",
)


def told(name: str) -> list[dict[str, Any]]:
    """The rows of one of the demo's files."""
    rows: list[dict[str, Any]] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def load(say: Say) -> None:
    """Enter regions, people, organisations and delegations. What is there already is left as it is."""
    load_regions()
    people, rows = told("people"), told("organisations")
    found: dict[str, Organisation] = {}
    for row in sorted(rows, key=lambda one: one["kind"] != Kind.OPERATOR):
        staff = [person for person in people if person["organisation"] == row["key"]]
        found[row["key"]] = enter(row, staff)
    for row in rows:
        settle(found[row["key"]], row)
    for row in told("delegations"):
        delegate(found[row["client"]], found[row["delegate"]], row)
    say(f"{len(rows)} organisations, {len(people)} people")


@transaction.atomic
def load_regions() -> None:
    known = dict(Region.objects.values_list("code", "pk"))
    for row in told("regions"):
        if row["code"] not in known:
            region = Region.objects.create(
                code=row["code"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                level=row["level"],
                parent_id=known[row["parent"]] if row["parent"] else None,
            )
            known[region.code] = region.pk


@transaction.atomic
def enter(row: dict[str, Any], staff: list[dict[str, Any]]) -> Organisation:
    """One organisation as a draft, with its members; the one already there if it is."""
    named = Q(name_zh=row["name_zh"]) & Q(name_en=row["name_en"])
    known = Organisation.objects.filter(named, is_sample=row["is_sample"]).first()
    owners = [person for person in staff if Role.OWNER in person["roles"]]
    if known is None:
        facts = {name: row[name] for name in FACTS}
        facts |= {"address": row["address_zh"], "region": Region.objects.get(code=row["region"])}
        known = organisations.create_organisation(
            by=SYSTEM,
            facts=facts,
            owner_id=enter_person(owners[0]).pk if owners else None,
            is_sample=row["is_sample"],
        )
    if not owners:  # a real office shown from its public data: nobody signs in for it
        return known
    owner = actor_of(owners[0]["email"], known)
    for person in staff:
        user = enter_person(person)
        held = known.memberships.live().filter(user=user).first()
        if held is None:
            offer = members.invite(organisation_id=known.pk, email=user.email, roles=person["roles"], by=owner)
            # The demo's people live nowhere: nobody waits for this letter.
            type(offer).objects.filter(pk=offer.pk).update(mailed_at=offer.created_at)
            members.accept_invitation(
                invitation_id=offer.pk, token=members.invitation_token(offer), by=Actor(user_id=user.pk)
            )
        elif sorted(held.roles) != sorted(person["roles"]):
            members.change_roles(membership_id=held.pk, roles=person["roles"], by=owner)
    return known


@lru_cache(maxsize=1)
def password_hash() -> str:
    """The demo's one password, hashed once: a good hash takes a third of a second, and here it protects nothing."""
    return make_password(PASSWORD)


def enter_person(row: dict[str, Any]) -> User:
    """A demo person with a verified address, the demo's password and, where the role asks, an authenticator."""
    person = User.objects.filter(email=row["email"]).first()
    if person is None:
        person = User.objects.create_user(
            row["email"],
            None,
            name=row["name"],
            name_en=row["name_en"],
            language=row["language"],
            is_sample=True,
        )
        person.password = password_hash()
        person.save(update_fields=["password"])
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    if row["needs_mfa"] and not Authenticator.objects.filter(user=person).exists():
        Authenticator.objects.create(
            user=person, type=Authenticator.Type.TOTP, data={"secret": encrypt(totp_secret(person.email))}
        )
    return person


def totp_secret(email: str) -> str:
    """The authenticator secret of a demo person: made from the address, so that it is the same on every machine."""
    seed = hashlib.sha256(f"demo authenticator of {email.lower()}".encode()).digest()
    return base64.b32encode(seed[:20]).decode()


def settle(organisation: Organisation, row: dict[str, Any]) -> None:
    """Bring a draft to the state the story gives it: papers, submission, decision."""
    if organisation.state != OrganisationState.DRAFT or row["state"] == OrganisationState.DRAFT:
        return
    held = organisation.memberships.live().filter(roles__contains=[Role.OWNER]).select_related("user").first()
    owner = actor_of(held.user.email, organisation) if held else SYSTEM
    paper = (
        VerificationDocument.Paper.IDENTITY
        if organisation.kind == Kind.INDIVIDUAL
        else VerificationDocument.Paper.LICENCE
    )
    if not organisation.documents.exists():
        sentence = SAMPLE if organisation.is_sample else FROM_PUBLIC_SOURCES
        content = sample_paper(organisation.name_en, sentence)
        upload = SimpleUploadedFile("sample.pdf", content, content_type="application/pdf")
        organisations.add_document(organisation_id=organisation.pk, paper=paper, upload=upload, by=owner)
    organisations.submit_organisation(organisation_id=organisation.pk, by=owner)
    if organisation.kind == Kind.OPERATOR:
        organisations.verify_organisation(organisation_id=organisation.pk, by=SYSTEM)
    elif row["state"] == OrganisationState.VERIFIED:
        organisations.verify_organisation(organisation_id=organisation.pk, by=reviewer())
    elif row["state"] == OrganisationState.RETURNED:
        organisations.return_organisation(
            organisation_id=organisation.pk, by=reviewer(), reason=row["return_reason_zh"] or row["return_reason_en"]
        )
    organisation.refresh_from_db()


def delegate(client: Organisation, agent: Organisation, row: dict[str, Any]) -> None:
    """A delegation of the story, unless it is there or has run out before the demo began."""
    starts_on, ends_on = date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])
    if ends_on < today() or Delegation.objects.filter(client=client, agent=agent).exists():
        return
    owner = client.memberships.live().filter(roles__contains=[Role.OWNER]).select_related("user")[0]
    delegations.grant_delegation(
        client_id=client.pk,
        agent_id=agent.pk,
        powers=row["powers"],
        starts_on=starts_on,
        ends_on=ends_on,
        by=actor_of(owner.user.email, client),
    )


def reviewer() -> Actor:
    """The operator's reviewer of the demo."""
    held = (
        Membership.objects.live()
        .filter(organisation__kind=Kind.OPERATOR, organisation__is_sample=True, roles__contains=[Role.REVIEWER])
        .select_related("user", "organisation")
    )
    return actor_for(held[0].user, held[0])


def actor_of(email: str, organisation: Organisation | None = None) -> Actor:
    """The actor a demo person is, in `organisation` or in the first they joined."""
    held = Membership.objects.live().filter(user__email=email).select_related("user", "organisation")
    if organisation is not None:
        held = held.filter(organisation=organisation)
    membership = held.order_by("pk")[0]
    return actor_for(membership.user, membership)


def sign_ins() -> list[SignIn]:
    """One line per demo person, for the list that `make run` prints."""
    if settings.PRODUCTION:
        return []
    organisations_by_key = {row["key"]: row["name_zh"] for row in told("organisations")}
    lines = []
    for row in told("people"):
        roles = ", ".join(str(Role(role).label) for role in row["roles"])
        code = f"manage.py demo_code {row['email']}" if row["needs_mfa"] else ""
        note = f"{PASSWORD}  {code}".strip()
        lines.append(
            SignIn(row["email"], f"{row['name']}, {organisations_by_key[row['organisation']]} ({roles})", note)
        )
    return lines
