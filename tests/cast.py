"""The people of the tests, so that they read as stories: Ines sells, Bo buys, Lena lends, Val appraises, Ops runs.

Each is a member of a verified organisation made through the services. `part.actor` is what they do things as,
`part.signed_in(client)` a browser in their hands.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.test import Client

from marketplace.accounts.acting import SECOND_FACTOR_KEY, SESSION_KEY, actor_for
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.accounts.roles import SECOND_FACTOR_KINDS, Kind, Role
from marketplace.core.actor import Actor
from tests.builders import a_person, a_verified_organisation, an_operator, joins

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Part:
    """A person in an organisation."""

    person: User
    organisation: Organisation

    @property
    def membership(self) -> Membership:
        return (
            Membership.objects.live()
            .select_related("organisation")
            .get(user=self.person, organisation=self.organisation)
        )

    @property
    def actor(self) -> Actor:
        return actor_for(self.person, self.membership)

    def signed_in(self, client: Client | None = None) -> Client:
        """A browser signed in as this person, with the second factor shown where the organisation asks for one."""
        browser = client or Client()
        browser.force_login(self.person)
        session = browser.session
        session[SESSION_KEY] = {"membership": self.membership.pk, "delegation": None}
        if self.organisation.kind in SECOND_FACTOR_KINDS:
            enrol(self.person)
            session[SECOND_FACTOR_KEY] = str(self.person.pk)
        session.save()
        return browser


def enrol(person: User) -> Authenticator:
    """Give a person an authenticator app, once."""
    found = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    return found or Authenticator.objects.create(
        user=person, type=Authenticator.Type.TOTP, data={"secret": encrypt(TOTP_SECRET)}
    )


def _part(email: str, name: str, kind: str, name_zh: str, name_en: str) -> Part:
    person = a_person(email, name=name)
    organisation = a_verified_organisation(person, kind=kind, name_zh=name_zh, name_en=name_en)
    return Part(person, organisation)


def ines() -> Part:
    """Sells: owner of an enterprise that holds patents."""
    return _part("ines@holder.test", "Ines", Kind.ENTERPRISE, "因氏氟材有限公司", "Ines Fluoro Ltd.")


def bo() -> Part:
    """Buys: owner of another enterprise."""
    return _part("bo@buyer.test", "Bo", Kind.ENTERPRISE, "博氏精密有限公司", "Bo Precision Ltd.")


def lena() -> Part:
    """Lends: owner of a bank."""
    return _part("lena@bank.test", "Lena", Kind.BANK, "乐娜银行", "Lena Bank")


def val() -> Part:
    """Appraises: owner of a valuation agency."""
    return _part("val@agency.test", "Val", Kind.AGENCY, "瓦尔评估有限公司", "Val Appraisal Ltd.")


def cora() -> Part:
    """Keeps for others: owner of a custodian."""
    return _part("cora@custodian.test", "Cora", Kind.CUSTODIAN, "科拉托管服务有限公司", "Cora Custody Ltd.")


def ops() -> Part:
    """Runs the market: a reviewer of the operator."""
    operator = an_operator()
    person = a_person("ops@market.test", name="Ops")
    if not operator.memberships.live().filter(user=person).exists():
        joins(person, operator, [Role.REVIEWER])
    return Part(person, operator)


def stranger() -> Part:
    """Belongs to an organisation that has nothing to do with anybody."""
    return _part("stranger@elsewhere.test", "Stranger", Kind.ENTERPRISE, "路人有限公司", "Stranger Ltd.")
