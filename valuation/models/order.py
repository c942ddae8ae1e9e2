"""An appraisal order, the quotes for it, and what the agency asks the client for."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile
from marketplace.core.money import Money
from valuation.appraisals.states import RUNNING, DataState, OrderState, Purpose, QuoteState, ValueType
from valuation.models.agency import Agency
from valuation.models.archive import kept_for_ever


class OrderQuerySet(StatefulQuerySet["Order"]):
    def running(self) -> OrderQuerySet:
        return self.filter(state__in=RUNNING)

    def for_page(self) -> OrderQuerySet:
        return self.select_related("client", "agency__organisation", "quote", "contract")


class Order(Stateful):
    """A client's request for an appraisal, on its way to a report.

    `base_date` is the day the value is stated for (评估基准日); `deadline` the day the report is wanted. `users` are
    the organisations besides the client who may rely on the report, `other_users` those not on this market. `agency`,
    `quote`, `report_due` and the engagement `contract` are set when a quote is chosen, and unset where that contract is
    not signed. `wished` is an amount the client let slip: the
    agency never sees it, and no conclusion may come out at it (Guideline on patent appraisal, article 8: a preset value
    is no conclusion). `is_elsewhere`: engaged and paid outside the market, only the report is posted here.
    `second_of` is the report that a second opinion is about, `renews` the one a re-appraisal follows.
    """

    number = models.CharField(max_length=20, unique=True)
    client = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="appraisal_orders")
    assets = models.ManyToManyField(Asset, through="OrderAsset", related_name="appraisal_orders")
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    value_type = models.CharField(
        _("type of value"), max_length=12, choices=ValueType.choices, default=ValueType.MARKET
    )
    users = models.ManyToManyField(Organisation, blank=True, related_name="+", verbose_name=_("users of the report"))
    other_users = models.CharField(_("other users"), max_length=400, blank=True)
    base_date = models.DateField(_("base date"))
    deadline = models.DateField(_("report wanted by"))
    quotes_until = models.DateTimeField(_("quotes until"))
    is_statutory = models.BooleanField(_("required by law"), default=False)
    note = models.TextField(_("note to the agencies"), max_length=4000, blank=True)
    wished = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    agency = models.ForeignKey(Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    quote = models.OneToOneField("Quote", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey("signing.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    report_due = models.DateField(null=True, blank=True)
    is_elsewhere = models.BooleanField(default=False)
    second_of = models.ForeignKey(
        "Report", null=True, blank=True, on_delete=models.PROTECT, related_name="second_opinions"
    )
    renews = models.ForeignKey("Report", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals")
    ordered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = OrderQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="appraisal_state_is_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="appraisal_purpose_is_known"),
            models.CheckConstraint(condition=Q(value_type__in=ValueType.values), name="value_type_is_known"),
            models.CheckConstraint(condition=Q(wished__isnull=True) | Q(wished__gt=0), name="wished_value_is_a_sum"),
            models.CheckConstraint(
                condition=~Q(state__in=["contracting", "engaged", "data", "drafting", "reviewing", "signing", "issued"])
                | Q(agency__isnull=False, report_due__isnull=False),
                name="appraisal_at_work_has_its_agency",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["contracting", "engaged", "data", "drafting", "reviewing", "signing", "issued"])
                | Q(quote__isnull=False)
                | Q(is_elsewhere=True),
                name="appraisal_engaged_here_has_its_quote",
            ),
        ]
        indexes = [
            models.Index(fields=["client", "state"], name="appraisal_by_client"),
            models.Index(fields=["agency", "state"], name="appraisal_by_agency"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> tuple[str, int]:
        """How lower floors (ledger, documents) name this order."""
        return self._meta.label_lower, self.pk

    @property
    def agency_org_id(self) -> int | None:
        """The agency's organisation, once engaged."""
        return self.agency.organisation_id if self.agency is not None else None

    @property
    def subject_rights(self) -> list[Asset]:
        return [one.asset for one in self.ordered.select_related("asset").order_by("position")]


class OrderAsset(models.Model):
    """One right of an order; a bundle is valued as one. `claims` narrows the scope, empty for the whole right."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="ordered")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="ordered")
    position = models.PositiveSmallIntegerField(default=0)
    claims = models.CharField(_("claims"), max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["order", "asset"], name="a_right_stands_once_in_an_order")]
        triggers = [kept_for_ever("ordered_rights_are_archived")]

    def __str__(self) -> str:
        return f"{self.asset_id} in {self.order_id}"


class QuoteQuerySet(StatefulQuerySet["Quote"]):
    def offered(self) -> QuoteQuerySet:
        return self.filter(state=QuoteState.OFFERED)


class Quote(Stateful):
    """An agency's answer to an invitation, unseen by the other agencies for ever and by the client until all are in.

    The fee is a fixed sum: nothing here lets it follow the value (Appraisal Law, article 20). `work_done_pct` of it is
    due when the client ends the engagement once drafting has begun. `conflicts` are what the check found, `flags` what
    looks like dumping; both as [{code, …}].
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="quotes")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="quotes")
    fee = models.DecimalField(_("fee, tax included"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    tax_pct = models.DecimalField(_("tax in the fee, percent"), max_digits=5, decimal_places=2, default=6)
    days = models.PositiveSmallIntegerField(_("days from full data to report"), null=True, blank=True)
    methods = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    work_done_pct = models.PositiveSmallIntegerField(_("due if ended after drafting began, percent"), default=50)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    is_independent = models.BooleanField(_("declares independence"), default=False)
    conflicts: Any = models.JSONField(default=list)
    flags: Any = models.JSONField(default=list)
    quoted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    quoted_at = models.DateTimeField(null=True, blank=True)

    objects = QuoteQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=QuoteState.values), name="quote_state_is_known"),
            models.UniqueConstraint(fields=["order", "agency"], name="one_quote_per_order_and_agency"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state=QuoteState.ACCEPTED), name="one_quote_is_chosen_per_order"
            ),
            models.CheckConstraint(condition=Q(fee__isnull=True) | Q(fee__gt=0), name="quote_is_for_some_money"),
            models.CheckConstraint(
                condition=~Q(state__in=[QuoteState.OFFERED, QuoteState.ACCEPTED, QuoteState.LOST])
                | Q(fee__isnull=False, days__isnull=False, is_independent=True),
                name="quote_has_fee_days_and_declaration",
            ),
            models.CheckConstraint(condition=Q(work_done_pct__lte=100), name="work_done_is_a_percentage"),
            models.CheckConstraint(condition=Q(tax_pct__gte=0, tax_pct__lt=100), name="quote_tax_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} for {self.order_id}"

    @property
    def agency_org_id(self) -> int:
        return self.agency.organisation_id

    @property
    def client_id(self) -> int:
        return self.order.client_id

    @property
    def quotes_until(self) -> Any:
        return self.order.quotes_until

    @property
    def money(self) -> Money | None:
        return Money(self.fee, self.currency) if self.fee is not None else None


class DataRequest(Stateful):
    """Something the agency needs from the client, by a day. A client may withhold it; the agency may then refuse to go
    on (Appraisal Law, article 18)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="data_requests")
    title = models.CharField(_("what is needed"), max_length=200)
    why = models.TextField(_("what for"), max_length=2000, blank=True)
    is_required = models.BooleanField(_("needed before drafting"), default=True)
    due_on = models.DateField(_("by"))
    answer = models.TextField(_("answer"), max_length=4000, blank=True)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DataState.values), name="data_request_state_is_known"),
            models.CheckConstraint(condition=~Q(title=""), name="data_request_says_what_is_needed"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def client_id(self) -> int:
        return self.order.client_id

    @property
    def agency_org_id(self) -> int | None:
        return self.order.agency_org_id


class DataFile(models.Model):
    """A paper the client delivered for a request."""

    request = models.ForeignKey(DataRequest, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = [kept_for_ever("data_files_are_archived")]

    def __str__(self) -> str:
        return f"{self.file_id} for {self.request_id}"
