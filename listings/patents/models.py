"""Patents: the first kind of asset. Columns are the merged view; every source's own words stay in `SourceRecord`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from marketplace.accounts.models import Organisation, User, in_language
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile


class PatentKind(models.TextChoices):
    INVENTION = "invention", _("Invention")
    UTILITY_MODEL = "utility_model", _("Utility model")
    DESIGN = "design", _("Design")
    PLANT = "plant", _("Plant")
    OTHER = "other", _("Other")


class Patent(models.Model):
    """A patent or an application for one.

    Numbers are canonical per office (listings.patents.numbers). `expires_override` holds an end set by term
    compensation or a disclaimer and beats the computed one. `facts` says, for each column, which source it comes from
    and as of when: {"filed_on": ["cnipa", "2026-11-20"], …}; `conflicts` keeps what other sources say instead.
    `is_partial`: no source has told more than claims, events or a family yet, so it is not shown or found.
    """

    asset = models.OneToOneField(Asset, primary_key=True, on_delete=models.CASCADE, related_name="patent")
    patent_kind = models.CharField(max_length=16, choices=PatentKind.choices, default=PatentKind.OTHER)
    application_number = models.CharField(max_length=40, blank=True)
    publication_number = models.CharField(max_length=40, blank=True)
    kind_code = models.CharField(max_length=4, blank=True)
    grant_number = models.CharField(max_length=40, blank=True)
    abstract_zh = models.TextField(blank=True)
    abstract_en = models.TextField(blank=True)
    first_claim = models.TextField(blank=True)
    claims = models.JSONField(default=list)
    published_on = models.DateField(null=True, blank=True)
    expires_override = models.DateField(null=True, blank=True)
    priorities = models.JSONField(default=list)
    publications = models.JSONField(default=list)
    ipc = ArrayField(models.CharField(max_length=20), default=list)
    cpc = ArrayField(models.CharField(max_length=20), default=list)
    family = ArrayField(models.CharField(max_length=40), default=list)
    legal_status_text = models.CharField(max_length=200, blank=True)
    cited_by_count = models.PositiveIntegerField(null=True, blank=True)
    has_evaluation_report = models.BooleanField(default=False)
    title_other = models.JSONField(default=dict)
    family_id = models.CharField(max_length=40, blank=True)
    locarno = ArrayField(models.CharField(max_length=20), default=list)
    status_basis = models.CharField(max_length=32, blank=True)
    is_partial = models.BooleanField(default=False)
    extras = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    conflicts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.grant_number or self.application_number or self.publication_number

    @property
    def abstract(self) -> str:
        return in_language(self.abstract_zh, self.abstract_en)


class Identifier(models.Model):
    """A number by which a patent is known. The unique key is what makes a second record of the same right join it."""

    class Sort(models.TextChoices):
        APPLICATION = "application", _("Application number")
        PUBLICATION = "publication", _("Publication number")

    patent = models.ForeignKey(Patent, on_delete=models.CASCADE, related_name="identifiers")
    sort = models.CharField(max_length=12, choices=Sort.choices)
    office = models.CharField(max_length=2)
    number = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sort", "office", "number"], name="a_number_names_one_patent")]

    def __str__(self) -> str:
        return f"{self.office}{self.number}"


class Citation(models.Model):
    """A document the patent cites: another publication, or literature in `text`."""

    patent = models.ForeignKey(Patent, on_delete=models.CASCADE, related_name="citations")
    sequence = models.PositiveSmallIntegerField()
    office = models.CharField(max_length=2, blank=True)
    number = models.CharField(max_length=40, blank=True)
    kind_code = models.CharField(max_length=4, blank=True)
    category = models.CharField(max_length=20, blank=True)
    cited_by = models.CharField(max_length=12, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["sequence"]
        indexes = [models.Index(fields=["office", "number"], name="citation_of_a_publication")]

    def __str__(self) -> str:
        return self.number or self.text[:40]


class AnnuityPaymentQuerySet(models.QuerySet["AnnuityPayment"]):
    def paid_on(self, asset_ids: Sequence[int]) -> dict[int, dict[int, date]]:
        """{right: {year of the patent: day it was paid}} of these rights. One statement."""
        paid: dict[int, dict[int, date]] = {}
        for asset_id, year, on in self.filter(patent_id__in=asset_ids).values_list("patent_id", "year", "paid_on"):
            paid.setdefault(asset_id, {})[year] = on
        return paid


class AnnuityPayment(models.Model):
    """An annuity known to be paid: the year of the patent it is for, what was paid and when."""

    patent = models.ForeignKey(Patent, on_delete=models.CASCADE, related_name="annuity_payments")
    year = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    paid_on = models.DateField()
    source = models.CharField(max_length=20)

    objects = AnnuityPaymentQuerySet.as_manager()

    class Meta:
        ordering = ["year", "paid_on"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="annuity_payment_is_positive")]

    def __str__(self) -> str:
        return f"year {self.year} of {self.patent_id}"


class FeeRate(models.Model):
    """A yearly fee by kind and year of the patent, valid between two dates (the last one open)."""

    office = models.CharField(max_length=2, default="CN")
    patent_kind = models.CharField(max_length=16, choices=PatentKind.choices)
    first_year = models.PositiveSmallIntegerField()
    last_year = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)
    is_verified = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_year__gte=F("first_year")), name="fee_rate_years_run_forward")
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.patent_kind} {self.first_year}–{self.last_year}: {self.amount}"


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKED = "checked", _("Checked, waiting for your go-ahead")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class ImportRun(Stateful):
    """One import: by whom, of what, how far, with what result. Rejections are rows beside it.

    `position` counts the items taken from the file so far: it moves in the transaction of each batch, so a run whose
    worker died goes on exactly behind its last batch. `found` is what the check saw (counts), `preview` its first rows;
    `heard_at` is when a worker last said it was at work.
    """

    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    is_strict = models.BooleanField(default=False)
    bytes_total = models.PositiveBigIntegerField(default=0)
    bytes_done = models.PositiveBigIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)
    preview = models.JSONField(default=list)
    not_patents = models.JSONField(default=list)
    heard_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_is_known"),
            models.CheckConstraint(
                condition=Q(records=F("created") + F("updated") + F("unchanged") + F("rejected")),
                name="import_counts_add_up",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state_label(self) -> str:
        return str(ImportState(self.state).label)


class ImportRejection(models.Model):
    """One record that was not taken, with where it stands and why (a code with parameters, said in both languages)."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejections")
    file = models.CharField(max_length=300)
    line = models.PositiveBigIntegerField(null=True, blank=True)
    number = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code}"


class SourceRecord(models.Model):
    """What one source said about one patent, last time it spoke: the parsed content and the raw bytes (zlib).

    `document` tells the documents of one source apart. `earlier_sha256` remembers the contents that this one
    replaced, so that a file holding two versions of a document, read again, changes nothing.
    """

    patent = models.ForeignKey(Patent, on_delete=models.CASCADE, related_name="source_records", db_index=False)
    source = models.CharField(max_length=20)
    document = models.CharField(max_length=80)
    as_of = models.DateField(null=True, blank=True)
    content = models.JSONField()
    content_sha256 = models.BinaryField(max_length=32)
    earlier_sha256 = ArrayField(models.BinaryField(max_length=32), default=list)
    raw = models.BinaryField()
    run = models.ForeignKey(
        ImportRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patent", "source", "document"], name="one_record_per_patent_source_and_document"
            )
        ]
        indexes = [
            # For the newest date alone, which every public page states: without it each answer reads all records.
            models.Index(fields=["as_of"], name="source_records_by_date", condition=models.Q(as_of__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.document}"
