"""What waits for a decision: a holder's statement, and a release that the operator enters for the pledgee."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.models.entries import Entry
from listings.rights.models.reservations import Consent
from listings.rights.states import EntryKind, ReleaseState, StatementState
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile

CONSENT = "consent"


class Statement(Stateful):
    """An entry a holder asks for, with its proof. Confirmed by the operator it becomes the entry `became`
    or, for the paper of a co-owner who is not on the market, the consent `became_consent`.

    `facts` are the arguments of `record_entry` as plain JSON (dates as ISO text).
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="statements")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=20, choices=[*EntryKind.choices, (CONSENT, _("Consent"))])
    facts = models.JSONField(default=dict)
    evidence = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    became = models.OneToOneField(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="statement")
    became_consent = models.OneToOneField(
        Consent, null=True, blank=True, on_delete=models.PROTECT, related_name="statement"
    )

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=StatementState.values), name="statement_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=StatementState.CONFIRMED)
                & (Q(became__isnull=False) | Q(kind=CONSENT, became_consent__isnull=False))
                | ~Q(state=StatementState.CONFIRMED) & Q(became__isnull=True, became_consent__isnull=True),
                name="a_confirmed_statement_became_an_entry",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="statement_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} stated of {self.asset_id}"


class PledgeRelease(Stateful):
    """A release entered by the operator on the pledgee's written proof: one person proposes, another approves."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="releases")
    released_on = models.DateField(_("released on"))
    evidence = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReleaseState.values), name="release_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=ReleaseState.DONE) | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                name="two_persons_release_a_pledge",
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state=ReleaseState.PROPOSED), name="one_open_release_per_pledge"
            ),
        ]

    def __str__(self) -> str:
        return f"release of entry {self.entry_id}"
