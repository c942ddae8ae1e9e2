"""Documents and their signatures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, User, in_language
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile
from marketplace.signing.models.proofs import SealCertificate
from marketplace.signing.states import LIVE, UNSIGNED, DocumentState, FactorKind

HASH = r"^[0-9a-f]{64}$"


class DocumentQuerySet(StatefulQuerySet["Document"]):
    def live(self) -> Self:
        """Current versions, signed by all or not yet."""
        return self.filter(state__in=LIVE)

    def about(self, subject_kind: str, subject_id: int) -> Self:
        return self.filter(subject_kind=subject_kind, subject_id=subject_id)

    def signed_by_side(self, organisation_id: int) -> Self:
        """Those that name the organisation as a signer."""
        return self.filter(signatures__organisation=organisation_id).distinct()


class Document(Stateful):
    """One version of one document of a matter, in both languages, fixed from the moment it is drafted.

    All versions of a matter's document bear one number. `subject_kind` is a model label, `subject_id` its row;
    `template` the name its builder is registered under. `data` is what the builder was given, so that the bytes can be
    made again. `sha256_zh` is the hash that signers name: the Chinese text is the one that counts, and a signature
    keeps both.
    """

    number = models.CharField(max_length=24)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    template = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    title_zh = models.CharField(_("title in Chinese"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200)
    data = models.JSONField()
    file_zh = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    file_en = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    sha256_zh = models.CharField(max_length=64)
    sha256_en = models.CharField(max_length=64)
    sealed_zh = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sealed_en = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(
        SealCertificate, null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )
    sealed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("to be signed by"), null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = DocumentQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DocumentState.values), name="document_state_is_known"),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "template", "version"], name="one_document_per_version"
            ),
            models.UniqueConstraint(fields=["number", "version"], name="one_document_per_number_and_version"),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "template"],
                condition=Q(state__in=sorted(LIVE)),
                name="one_live_version_per_subject_and_template",
            ),
            models.CheckConstraint(
                condition=~Q(state=DocumentState.COMPLETE)
                | Q(
                    sealed_zh__isnull=False,
                    sealed_en__isnull=False,
                    certificate__isnull=False,
                    sealed_at__isnull=False,
                ),
                name="a_complete_document_is_sealed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(UNSIGNED)) | Q(sealed_at__isnull=True),
                name="an_unsigned_document_has_no_seal",
            ),
            models.CheckConstraint(
                condition=Q(sha256_zh__regex=HASH, sha256_en__regex=HASH), name="document_hashes_are_sha256"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="document_versions_count_from_one"),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="document_by_subject"),
            models.Index(fields=["sha256_zh"], name="document_by_hash_zh"),
            models.Index(fields=["sha256_en"], name="document_by_hash_en"),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(name="documents_stay", operation=pgtrigger.Delete),
            # What was drafted is what is signed: nothing of a version changes but its state, seal and deadline.
            pgtrigger.ReadOnly(
                name="a_drafted_text_is_fixed",
                fields=[
                    "number",
                    "subject_kind",
                    "subject_id",
                    "template",
                    "version",
                    "title_zh",
                    "title_en",
                    "data",
                    "file_zh",
                    "file_en",
                    "sha256_zh",
                    "sha256_en",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def sha256(self) -> str:
        """The hash a signer names: that of the Chinese file."""
        return self.sha256_zh

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def next_signature(self) -> Signature | None:
        """The slot whose turn it is; None when all have signed."""
        return self.signatures.filter(signed_at__isnull=True).order_by("order").first()


class SignatureQuerySet(models.QuerySet["Signature"]):
    def made(self) -> Self:
        return self.filter(signed_at__isnull=False)

    def in_turn_of(self, organisations: Collection[int]) -> Self:
        """Unsigned slots of these organisations whose turn it is, on documents that still want signatures."""
        earlier = Signature.objects.filter(
            document=models.OuterRef("document"), order__lt=models.OuterRef("order"), signed_at__isnull=True
        )
        return self.filter(
            ~models.Exists(earlier),
            organisation__in=organisations,
            signed_at__isnull=True,
            document__state__in=UNSIGNED,
        )


class Signature(models.Model):
    """One signer's place in the order, and once signed: who, when, from where, over which bytes, by what proof.

    Names are those of the day the document was drafted (the organisation) and signed (the person). `named` is the one
    person who may fill the place, where the law asks for a certificate of their own and not for the power to bind.
    """

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="signatures")
    order = models.PositiveSmallIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    capacity_zh = models.CharField(max_length=80)
    capacity_en = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160)
    named = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    sha256_zh = models.CharField(max_length=64, blank=True)
    sha256_en = models.CharField(max_length=64, blank=True)
    factor = models.CharField(max_length=16, blank=True)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = ["document", "order"]
        constraints = [
            models.UniqueConstraint(fields=["document", "order"], name="one_signer_per_place_in_the_order"),
            models.CheckConstraint(condition=Q(order__gt=0), name="signing_order_counts_from_one"),
            models.CheckConstraint(
                condition=Q(
                    signed_at__isnull=True, person__isnull=True, person_name="", sha256_zh="", sha256_en="", factor=""
                )
                | (
                    Q(signed_at__isnull=False, person__isnull=False)
                    & ~Q(person_name="")
                    & Q(sha256_zh__regex=HASH, sha256_en__regex=HASH, factor__in=FactorKind.values)
                ),
                name="a_signature_is_whole_or_absent",
            ),
            models.CheckConstraint(
                condition=Q(named__isnull=True) | Q(person__isnull=True) | Q(person=models.F("named")),
                name="a_named_place_is_filled_by_the_named",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="signatures_stay", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="a_signature_is_written_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__signed_at__isnull=False),
            ),
            pgtrigger.Trigger(
                name="a_signature_fits_its_document",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__signed_at__isnull=False),
                # In its turn, over the bytes of this version, while the document still wants signatures.
                func="""
                    IF EXISTS (
                        SELECT 1 FROM signing_signature s
                        WHERE s.document_id = NEW.document_id AND s."order" < NEW."order" AND s.signed_at IS NULL
                    ) THEN
                        RAISE EXCEPTION 'signature % of document % is out of turn', NEW."order", NEW.document_id
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    IF NOT EXISTS (
                        SELECT 1 FROM signing_document d
                        WHERE d.id = NEW.document_id AND d.state IN ('drafted', 'signing')
                          AND d.sha256_zh = NEW.sha256_zh AND d.sha256_en = NEW.sha256_en
                    ) THEN
                        RAISE EXCEPTION 'signature of document % is not over its bytes, or too late', NEW.document_id
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.order} {self.organisation_id}"

    @property
    def capacity(self) -> str:
        return in_language(self.capacity_zh, self.capacity_en)

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None
