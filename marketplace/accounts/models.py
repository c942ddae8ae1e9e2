"""People, organisations, who belongs where, and who may act for whom."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.roles import DELEGATE_KINDS, Kind, Power, Role
from marketplace.accounts.states import OrganisationState
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile


def in_language(zh: str, en: str) -> str:
    """The text for the active language, or the other one where it is missing."""
    return (zh or en) if (get_language() or "zh-hans").startswith("zh") else (en or zh)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. What they may do comes from memberships, never from flags on the person."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("full name"), max_length=80, blank=True)
    name_en = models.CharField(_("name in Latin letters"), max_length=80, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=8, default="zh-hans")
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_email_address")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return in_language(self.name, self.name_en) or self.email.split("@")[0]

    def get_full_name(self) -> str:
        return self.display_name


class Region(models.Model):
    """A place that organisations belong to: country, province, city, county or park."""

    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    level = models.CharField(max_length=16)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return in_language(self.name_zh, self.name_en)


class OrganisationQuerySet(StatefulQuerySet["Organisation"]):
    def public(self) -> OrganisationQuerySet:
        """Those the directory shows."""
        return self.filter(state=OrganisationState.VERIFIED)

    def by_state(self) -> dict[str, int]:
        """How many stand in each state."""
        return dict(self.order_by().values_list("state").annotate(n=models.Count("pk")))


class Organisation(Stateful):
    """A party to anything. `uscc` is the unified social credit code (GB 32100); a wrong check digit warns only."""

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name_zh = models.CharField(_("name in Chinese"), max_length=160, blank=True)
    name_en = models.CharField(_("name in English"), max_length=160, blank=True)
    uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CN")
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("region"), related_name="organisations"
    )
    address = models.CharField(_("address"), max_length=240, blank=True)
    address_en = models.CharField(_("address in English"), max_length=240, blank=True)
    legal_representative = models.CharField(_("legal representative"), max_length=80, blank=True)
    website = models.URLField(_("website"), blank=True)
    intro_zh = models.TextField(_("introduction in Chinese"), blank=True)
    intro_en = models.TextField(_("introduction in English"), blank=True)
    contact_name = models.CharField(_("contact person"), max_length=80, blank=True)
    contact_phone = models.CharField(_("contact telephone"), max_length=40, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="organisation_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=OrganisationState.values), name="organisation_state_is_known"),
            models.CheckConstraint(
                condition=~Q(name_zh="") | ~Q(name_en=""), name="organisation_has_a_name_in_some_language"
            ),
            models.CheckConstraint(
                condition=~Q(state=OrganisationState.VERIFIED) | Q(verified_at__isnull=False),
                name="verified_organisation_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["uscc"],
                condition=Q(state__in=["submitted", "verified", "suspended"]) & ~Q(uscc=""),
                name="one_live_organisation_per_credit_code",
            ),
        ]
        indexes = [models.Index(fields=["state", "kind"], name="organisation_by_state_and_kind")]

    def __str__(self) -> str:
        return self.name

    @property
    def organisation_id(self) -> int:
        """Its own id, under the name by which every other row calls it."""
        return int(self.pk)

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def place(self) -> str:
        """The postal address in the active language."""
        return in_language(self.address, self.address_en)

    @property
    def intro(self) -> str:
        return in_language(self.intro_zh, self.intro_en)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> MembershipQuerySet:
        return self.filter(ended_at__isnull=True)


class Membership(models.Model):
    """One person in one organisation, with the roles held there. Ended, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=24, choices=Role.choices), verbose_name=_("roles"))
    joined_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(ended_at__isnull=True),
                name="one_live_membership_per_person_and_organisation",
            ),
            models.CheckConstraint(condition=Q(roles__len__gt=0), name="membership_has_a_role"),
            models.CheckConstraint(condition=Q(roles__contained_by=Role.values), name="membership_roles_are_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organisation_id}"

    @property
    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> InvitationQuerySet:
        """Neither used nor withdrawn; may have expired."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)


class Invitation(models.Model):
    """An offer of membership to an e-mail address. Its link is signed, not stored: this table alone opens no door."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    roles = ArrayField(models.CharField(max_length=24, choices=Role.choices), verbose_name=_("roles"))
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "organisation",
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_per_address_and_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.organisation_id}"


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def in_force(self, on: date) -> DelegationQuerySet:
        """Those that let the agent act on the day `on`, both organisations being verified."""
        return self.filter(
            ended_at__isnull=True,
            starts_on__lte=on,
            ends_on__gte=on,
            agent__state=OrganisationState.VERIFIED,
            client__state=OrganisationState.VERIFIED,
            agent__kind__in=DELEGATE_KINDS,
        )


class Delegation(models.Model):
    """A client lets a custodian or broker act for it, within named powers and dates (both days included)."""

    client = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="delegations_given")
    agent = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="delegations_held")
    powers = ArrayField(models.CharField(max_length=16, choices=Power.choices), verbose_name=_("powers"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(powers__contained_by=Power.values), name="delegation_powers_are_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(client=F("agent")), name="nobody_delegates_to_itself"),
            models.CheckConstraint(condition=Q(powers__len__gt=0), name="delegation_names_a_power"),
            ExclusionConstraint(
                name="one_live_delegation_per_pair_at_a_time",
                expressions=[
                    ("client", RangeOperators.EQUAL),
                    ("agent", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_on",
                            "ends_on",
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} for {self.client_id}"

    @property
    def power_labels(self) -> list[str]:
        return [str(Power(power).label) for power in self.powers]


class VerificationDocument(models.Model):
    """A paper an organisation hands in to be verified."""

    class Paper(models.TextChoices):
        LICENCE = "licence", _("Business licence")
        IDENTITY = "identity", _("Identity of the legal representative")
        AUTHORITY = "authority", _("Power of attorney")
        FILING = "filing", _("Filing or licence of the trade")
        OTHER = "other", _("Other")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="documents")
    paper = models.CharField(_("document"), max_length=16, choices=Paper.choices)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.paper} of {self.organisation_id}"


class ApiToken(models.Model):
    """A key to the API for one person in one organisation. Shown once; only its hash is kept."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("full name"), max_length=80)
    head = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.head}…)"


class SignIn(models.Model):
    """One browser somebody signed in with: what the list of sessions shows, and how one is ended from another."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=240, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.at:%Y-%m-%d %H:%M}"
