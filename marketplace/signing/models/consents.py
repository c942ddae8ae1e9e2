"""Consents: acts of organisations or persons on one named version of a document."""

from __future__ import annotations

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile
from marketplace.signing.models.documents import HASH, Document
from marketplace.signing.states import ANSWERED, STANDING, ConsentState


class ConsentQuerySet(StatefulQuerySet["Consent"]):
    def standing(self) -> Self:
        """Asked for or given, on a version that is still the current one (a changed version makes them void)."""
        return self.filter(state__in=STANDING)

    def given(self) -> Self:
        return self.filter(state=ConsentState.GIVEN)


class Consent(Stateful):
    """One party's consent to one version of a document, asked and answered.

    `kind` is a slug whose words the app that asks has registered (co_owner, pledgee, inventor, export …). Exactly one
    of `organisation` and `person` is asked, or, of a party that is not on the market, `brought_by` is asked to bring
    its `paper`, which the operator checks; `name` is then the party's, empty where the kind says who it is (an export
    licence comes from the authority). `sha256_zh` is the hash of the version it is about.
    """

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="consents")
    sha256_zh = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="consents_asked"
    )
    person = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="consents_asked")
    brought_by = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="consents_to_bring"
    )
    name = models.CharField(max_length=400, blank=True)
    paper = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    why_zh = models.TextField(blank=True)
    why_en = models.TextField(blank=True)
    answer_by = models.DateTimeField(_("answer by"), null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_name = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    factor = models.CharField(max_length=16, blank=True)
    note = models.TextField(blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")

    objects = ConsentQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ConsentState.values), name="consent_state_is_known"),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False, person__isnull=True, brought_by__isnull=True)
                | Q(organisation__isnull=True, person__isnull=False, brought_by__isnull=True)
                | Q(organisation__isnull=True, person__isnull=True, brought_by__isnull=False),
                name="a_consent_is_asked_of_one_party",
            ),
            models.CheckConstraint(
                condition=Q(brought_by__isnull=False) | Q(name="", paper__isnull=True),
                name="only_a_consent_on_paper_has_a_paper",
            ),
            models.CheckConstraint(
                condition=Q(brought_by__isnull=True)
                | ~Q(state__in=[ConsentState.HANDED_IN, ConsentState.GIVEN])
                | Q(paper__isnull=False),
                name="a_consent_on_paper_is_given_by_its_paper",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted([*ANSWERED, ConsentState.VOID])) | Q(answered_at__isnull=True),
                name="only_an_answered_consent_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(ANSWERED))
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answered_name="")),
                name="an_answered_consent_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=ConsentState.GIVEN) | Q(person__isnull=False) | ~Q(factor=""),
                name="an_organisation_consents_by_second_factor",
            ),
            models.CheckConstraint(condition=Q(sha256_zh__regex=HASH), name="a_consent_names_a_hash"),
            models.UniqueConstraint(
                fields=["document", "kind", "organisation"],
                condition=Q(state__in=sorted(STANDING), organisation__isnull=False),
                name="one_standing_consent_per_document_kind_and_organisation",
            ),
            models.UniqueConstraint(
                fields=["document", "kind", "person"],
                condition=Q(state__in=sorted(STANDING), person__isnull=False),
                name="one_standing_consent_per_document_kind_and_person",
            ),
            models.UniqueConstraint(
                fields=["document", "kind", "name"],
                condition=Q(state__in=sorted(STANDING), brought_by__isnull=False),
                name="one_standing_consent_on_paper_per_document_kind_and_name",
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(name="consents_stay", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="a_consent_stands_on_the_current_version",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__state__in=sorted(STANDING)),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM signing_document d
                        WHERE d.id = NEW.document_id AND d.sha256_zh = NEW.sha256_zh
                          AND d.state IN ('drafted', 'signing', 'complete')
                    ) THEN
                        RAISE EXCEPTION 'consent to document % is not on its current version', NEW.document_id
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} consent to {self.document_id}"

    @property
    def party_name(self) -> str:
        """Whose consent it is; empty where only the kind says it."""
        if self.organisation is not None:
            return self.organisation.name
        return self.person.display_name if self.person is not None else self.name

    @property
    def is_on_paper(self) -> bool:
        return self.brought_by_id is not None
