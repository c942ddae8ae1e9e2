"""The register of rights: entries that are written once, and may be ended once."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.fields import Int4MultirangeField
from listings.rights.states import SHUTTING, EndReason, EntryKind, ExportCategory, LicenceType, Source
from marketplace.accounts.models import Organisation, User, in_language
from marketplace.core.models import StoredFile

ENDING = ("ended_on", "ended_at", "end_reason", "end_note", "end_evidence_id", "ended_by_id", "ended_for_id", "period")
PRESERVATION_MONTHS = 6  # Provisions on patent disputes, art. 13 (2015), art. 9 since 2020: per order, renewable


def _behind(last_day: str) -> Func:
    """The day behind a last day, as SQL that is the same every day (a stored column needs that)."""
    return Func(F(last_day), template="(%(expressions)s + 1)", output_field=models.DateField())


class EntryQuerySet(models.QuerySet["Entry"]):
    def of(self, asset_ids: list[int]) -> EntryQuerySet:
        return self.filter(asset_id__in=asset_ids)

    def on(self, day: date) -> EntryQuerySet:
        """Those in force on a day."""
        return self.filter(period__contains=day)

    def live(self) -> EntryQuerySet:
        """Not ended, whether begun or not."""
        return self.filter(ended_at__isnull=True)

    def verified(self) -> EntryQuerySet:
        """Without what an office merely recorded."""
        return self.filter(is_recorded_only=False)


class Entry(models.Model):
    """Something the register says of a right: who owns, licenses, pledges or froze it, from when, by what proof.

    Written once: later only the ending columns are set, once (a trigger refuses all else). `grantor` gives and `party`
    receives: licensor and licensee, pledgor and pledgee; for ownership `party` is the owner, for an order it is the
    court; each is an organisation of the market or a bare name. `starts_on` is the first and `ends_on` the last day;
    `ended_on` the day from which it no longer holds. `period` is made of the three and is what "in force on" asks.
    A pledge has no last day of its own: it stands until released, whatever `debt_due_on` says (Announcement 461, 14).
    `is_recorded_only`: an office recorded the paper without looking whether it is right; nobody here has either.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=20, choices=EntryKind.choices)
    licence_type = models.CharField(_("type of licence"), max_length=12, choices=LicenceType.choices, blank=True)
    export_category = models.CharField(max_length=12, choices=ExportCategory.choices, blank=True)
    grantor = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    grantor_name = models.CharField(_("granted by"), max_length=400, blank=True)
    party = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="entries")
    party_name = models.CharField(_("party"), max_length=400, blank=True)
    share_numerator = models.PositiveIntegerField(null=True, blank=True)
    share_denominator = models.PositiveIntegerField(null=True, blank=True)
    may_sublicense = models.BooleanField(_("may sub-license"), default=False)
    under = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="beneath")
    territories = ArrayField(models.CharField(max_length=6), default=list, blank=True)
    fields = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    territory = Int4MultirangeField()
    field = Int4MultirangeField()
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    debt_due_on = models.DateField(_("debt due"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    reference = models.CharField(_("number at the office, court or contract"), max_length=120, blank=True)
    note_zh = models.TextField(blank=True)
    note_en = models.TextField(blank=True)
    source = models.CharField(max_length=12, choices=Source.choices)
    is_recorded_only = models.BooleanField(default=False)
    recorded_on = models.DateField(_("recorded at the office"), null=True, blank=True)
    evidence = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_for = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=12, choices=EndReason.choices, blank=True)
    end_note = models.TextField(blank=True)
    end_evidence = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_for = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    period = models.GeneratedField(
        expression=Func(
            F("starts_on"),
            Case(
                When(ends_on__isnull=True, ended_on__isnull=True, then=Value(None)),
                default=Greatest(Least(_behind("ends_on"), F("ended_on")), F("starts_on")),
                output_field=models.DateField(),
            ),
            Value("[)"),
            function="daterange",
            output_field=DateRangeField(),
        ),
        output_field=DateRangeField(),
        db_persist=True,
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="entry_kind_is_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="entry_source_is_known"),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.LICENCE, licence_type__in=LicenceType.values)
                | ~Q(kind=EntryKind.LICENCE) & Q(licence_type=""),
                name="a_licence_and_nothing_else_has_a_type",
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.EXPORT_CONTROL, export_category__in=ExportCategory.values)
                | ~Q(kind=EntryKind.EXPORT_CONTROL) & Q(export_category=""),
                name="an_export_category_stands_in_its_own_entry",
            ),
            models.CheckConstraint(
                condition=Q(share_numerator__isnull=True, share_denominator__isnull=True)
                | Q(
                    kind=EntryKind.OWNERSHIP,
                    share_numerator__gt=0,
                    share_denominator__gte=F("share_numerator"),
                ),
                name="an_owner_share_is_a_fraction_up_to_one",
            ),
            models.CheckConstraint(
                condition=Q(party__isnull=False)
                | ~Q(party_name="")
                | ~Q(kind__in=[EntryKind.OWNERSHIP, EntryKind.LICENCE, EntryKind.PLEDGE]),
                name="owner_licensee_and_pledgee_are_named",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="entry_ends_no_earlier_than_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(kind=EntryKind.PLEDGE) | Q(ends_on__isnull=True), name="a_pledge_stands_until_released"
            ),
            models.CheckConstraint(
                condition=~Q(kind=EntryKind.PRESERVATION)
                | Q(
                    ends_on__isnull=False,
                    ends_on__lte=Func(
                        F("starts_on"),
                        template=f"((%(expressions)s + interval '{PRESERVATION_MONTHS} months')::date)",
                        output_field=models.DateField(),
                    ),
                ),
                name="a_preservation_order_runs_at_most_six_months",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_on__isnull=True, end_reason="")
                | Q(ended_at__isnull=False, ended_on__isnull=False, end_reason__in=EndReason.values),
                name="an_ended_entry_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True, currency="") | Q(amount__gte=0) & ~Q(currency=""),
                name="entry_amount_has_its_currency",
            ),
            models.UniqueConstraint(
                fields=["asset"],
                condition=Q(kind=EntryKind.PLEDGE, ended_at__isnull=True, is_recorded_only=False),
                name="one_live_pledge_per_asset",
            ),
            models.CheckConstraint(
                condition=Q(under__isnull=True)
                | Q(kind=EntryKind.LICENCE, licence_type__in=[LicenceType.SUB, LicenceType.OPEN]),
                name="only_sub_and_open_licences_lie_beneath_an_entry",
            ),
            models.UniqueConstraint(
                fields=["under", "party"],
                condition=Q(kind=EntryKind.LICENCE, licence_type=LicenceType.OPEN, ended_at__isnull=True),
                name="one_open_licence_per_taker_and_declaration",
            ),
            models.UniqueConstraint(
                fields=["asset"],
                condition=Q(kind=EntryKind.OPEN_DECLARATION, ended_at__isnull=True),
                name="one_live_open_declaration_per_asset",
            ),
            ExclusionConstraint(
                name="shutting_licences_do_not_overlap",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("territory", RangeOperators.OVERLAPS),
                    ("field", RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(kind=EntryKind.LICENCE, licence_type__in=sorted(SHUTTING), is_recorded_only=False),
            ),
            ExclusionConstraint(
                name="no_shutting_licence_beside_an_open_declaration",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                    (
                        Func(
                            F("kind"),
                            template="(CASE %(expressions)s WHEN 'open_declaration' THEN 1 ELSE 0 END)",
                            output_field=models.IntegerField(),
                        ),
                        RangeOperators.NOT_EQUAL,
                    ),
                ],
                condition=Q(kind=EntryKind.OPEN_DECLARATION)
                | Q(kind=EntryKind.LICENCE, licence_type__in=sorted(SHUTTING), is_recorded_only=False),
            ),
        ]
        indexes = [
            models.Index(fields=["asset", "kind"], name="entry_by_asset_and_kind"),
            models.Index(
                fields=["subject_kind", "subject_id"], condition=Q(subject_id__isnull=False), name="entry_by_subject"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="entries_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="entries_only_end_and_only_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF OLD.ended_at IS NOT NULL
                       OR (to_jsonb(NEW) - ARRAY[{", ".join(f"'{name}'" for name in ENDING)}])
                          IS DISTINCT FROM (to_jsonb(OLD) - ARRAY[{", ".join(f"'{name}'" for name in ENDING)}]) THEN
                        RAISE EXCEPTION 'entry % of the rights register may only be ended, and only once', OLD.id
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="owner_shares_never_exceed_one",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("NEW.kind = 'ownership'"),
                declare=[
                    ("day", "date"),
                    ("one", "record"),
                    ("num", "numeric"),
                    ("den", "numeric"),
                    ("cut", "numeric"),
                ],
                func="""
                    -- the lock makes two transactions that each see only their own share take turns
                    PERFORM 1 FROM assets_asset WHERE id = NEW.asset_id FOR NO KEY UPDATE;
                    FOR day IN SELECT DISTINCT starts_on FROM rights_entry
                               WHERE asset_id = NEW.asset_id AND kind = 'ownership' LOOP
                        num := 0; den := 1;
                        FOR one IN SELECT share_numerator AS n, share_denominator AS d FROM rights_entry
                                   WHERE asset_id = NEW.asset_id AND kind = 'ownership' AND period @> day
                                     AND share_numerator IS NOT NULL AND NOT is_recorded_only LOOP
                            num := num * one.d + one.n * den; den := den * one.d;
                            cut := gcd(num, den); num := div(num, cut); den := div(den, cut);
                        END LOOP;
                        IF num > den THEN
                            RAISE EXCEPTION 'owners of asset % would hold %/% of it on %', NEW.asset_id, num, den, day
                                USING ERRCODE = 'check_violation', CONSTRAINT = 'owner_shares_never_exceed_one';
                        END IF;
                    END LOOP;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.licence_type} of {self.asset_id} from {self.starts_on}"

    @property
    def organisation_id(self) -> int | None:
        return self.party_id

    @property
    def note(self) -> str:
        return in_language(self.note_zh, self.note_en)

    @property
    def party_shown(self) -> str:
        """The party's name as an organisation of the market, else as recorded."""
        return self.party.name if self.party is not None else self.party_name

    @property
    def grantor_shown(self) -> str:
        return self.grantor.name if self.grantor is not None else self.grantor_name

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds or held; None while no end is known."""
        upper: date | None = self.period.upper if self.period is not None else None
        return date.fromordinal(upper.toordinal() - 1) if upper is not None else None
