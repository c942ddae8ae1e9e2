"""Watching what secures a loan: newer values, more cover, rights let go, what the register says, and who handled it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from listings.assets.models import Asset
from listings.assets.states import ENDED, LegalStatus
from listings.patents.annuities import AnnuityYear
from listings.patents.presenting import annuity_calendars
from listings.rights.models import Entry
from listings.rights.ruling import enforces
from listings.rights.services.pledges import release_pledge
from listings.rights.states import EntryKind
from loans.closing import held_on
from loans.collateral_value import cover
from loans.graphs.lending import OFFICER
from loans.models import Alarm, Application, Loan, ManualGrade, Security, SecurityValue
from loans.models.loan import in_cents
from loans.services.filings import drop_filings
from loans.services.opening import Cover, add_security
from loans.services.releasing import end_security, let_all_go
from loans.services.shortfalls import look_again
from loans.services.standing import position_of, restate_since
from loans.servicing_refusals import (
    AlarmHandled,
    GradeNotWorse,
    LoanEnded,
    NotSecuring,
    ReleaseBreaksLine,
    ValueDateWrong,
)
from loans.states.application import CollateralState
from loans.states.servicing import LIVE, AlarmKind, Impairment, LoanState, Severity
from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.locks import locked, locked_all
from marketplace.core.workdays import months_after


def revalue(
    *, security_id: int, report_number: str, value: Decimal, base_date: date, valid_until: date, by: Actor
) -> Security:
    """Enter a newer appraisal of a right; the loan's lines follow from its base date, and a shortfall may be cured.

    Raises NotPermitted, NotFound, ValueDateWrong (a base date ahead, or a validity beyond the terms' months).
    """
    with _its_loan(security_id) as (loan, security):
        require(OFFICER, by, loan)
        latest = months_after(base_date, loan.frozen.appraisal_months)
        if base_date > clock.today() or not base_date < valid_until <= latest:
            raise ValueDateWrong(field="base_date", first=loan.started_on.isoformat(), last=clock.today().isoformat())
        row = SecurityValue.objects.create(
            security=security,
            report_number=report_number,
            cents=in_cents(value),
            based_on=base_date,
            valid_until=valid_until,
            entered_by_id=by.user_id,
            entered_at=clock.now(),
        )
        newest = security.values.order_by("-based_on", "-id").first()
        if newest == row:
            security.cents, security.based_on, security.valid_until = row.cents, row.based_on, row.valid_until
            security.save(update_fields=["cents", "based_on", "valid_until"])
        events.record("loan.revalue", loan, by, data={"security": security.pk, "cents": row.cents, "on": base_date})
        restate_since(loan, base_date)
        look_again(loan)
    return security


def top_up(*, loan_id: int, more: Cover, by: Actor) -> Security:
    """Another right secures the loan from today, once its pledge stands in the register in the bank's favour.

    Raises NotSecuring (no pledge of it to this bank), SecuresAnother, LoanEnded, NotPermitted, NotFound, Busy.
    """
    with locked_all([(Asset, more.asset_id), (Loan, loan_id)]) as (asset, loan):
        assert isinstance(loan, Loan) and isinstance(asset, Asset)
        require(OFFICER, by, loan)
        if loan.state not in LIVE:
            raise LoanEnded()
        entry = Entry.objects.filter(
            asset=asset, kind=EntryKind.PLEDGE, party=loan.bank_id, ended_at__isnull=True
        ).first()
        if entry is None:
            raise NotSecuring(field="asset")
        row = add_security(loan, more, asset, on=clock.today(), by=by)
        row.entry_id = entry.pk
        row.save(update_fields=["entry_id"])
        events.record("loan.top_up", loan, by, data={"security": row.pk, "touched": {"assets.asset": [asset.pk]}})
        restate_since(loan, clock.today())
        look_again(loan)
    return row


def let_go(*, security_id: int, by: Actor) -> Security:
    """One right no longer secures the loan. Refused while the lines would not hold without it.

    The pledge in the register is released by its own act (listings.rights). Raises ReleaseBreaksLine, NotPermitted,
    NotFound, Busy.
    """
    with _its_loan(security_id) as (loan, security):
        require(OFFICER, by, loan)
        today = clock.today()
        if loan.state in LIVE:
            position = position_of(loan, today)
            kept = [one for one in loan.securities.standing().prefetch_related("values") if one.pk != security.pk]
            left = cover([held_on(one, today) for one in kept], today, loan.matures_on)
            missing = position.principal + position.interest_due - left.line
            if missing > 0:
                raise ReleaseBreaksLine(amount=f"{missing // 100:,}.{missing % 100:02d}")
        end_security(loan, security, today, by)
    return security


@enforces("PLG-CANCEL")
def release_pledges(*, loan_id: int, by: Actor) -> Loan:
    """Once the loan is paid off the bank lets its pledges go, in the register too, under the rights' locks.

    What was to be filed for the cancellation is dropped with it. Raises NotPermitted, IllegalTransition, NotFound,
    Busy.
    """
    standing = Security.objects.standing().filter(loan=loan_id).order_by("asset")
    held: list[Any] = [(Asset, asset_id) for asset_id in standing.values_list("asset_id", flat=True)]
    held += [(Application, pk) for pk in Application.objects.filter(loan=loan_id).values_list("pk", flat=True)]
    with locked_all([(Loan, loan_id)], held=held) as rows:
        loan = rows[0]
        assert isinstance(loan, Loan)
        require(OFFICER, by, loan)
        for security in standing:
            if security.entry_id is not None and Entry.objects.filter(pk=security.entry_id, ended_at=None).exists():
                release_pledge(entry_id=security.entry_id, by=by, on=clock.today())
        let_all_go(loan, on=clock.today(), by=by)
        if loan.application is not None:
            loan.application.collateral.filter(state=CollateralState.PLEDGED).update(state=CollateralState.RELEASED)
            drop_filings(loan.application, by=SYSTEM)
    return loan


@contextmanager
def _its_loan(security_id: int) -> Iterator[tuple[Loan, Security]]:
    """The loan and its right, locked in one order. Raises NotFound, Busy."""
    loan_id = Security.objects.standing().filter(pk=security_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise NotFound()
    with locked_all([(Loan, loan_id), (Security, security_id)]) as (loan, security):
        assert isinstance(loan, Loan) and isinstance(security, Security)
        yield loan, security


@enforces("LN-CLS-1")
def grade(*, loan_id: int, category: int, reason: str, by: Actor, until: date | None = None) -> ManualGrade:
    """Grade a loan worse than its days past due do, from today. Raises GradeNotWorse, NotPermitted, NotFound."""
    with locked(Loan, loan_id) as loan:
        require(OFFICER, by, loan)
        if not 2 <= category <= 5 or (until is not None and until <= clock.today()):
            raise GradeNotWorse(field="category")
        row = ManualGrade.objects.create(
            loan=loan,
            category=category,
            from_on=clock.today(),
            until_on=until,
            reason=reason,
            given_by_id=by.user_id,
            given_at=clock.now(),
        )
        events.record("loan.grade", loan, by, reason=reason, data={"category": category})
        restate_since(loan, clock.today())
    return row


def handle(*, alarm_id: int, action: str, by: Actor) -> Alarm:
    """Say what was done about an alarm, once. Raises AlarmHandled, NotPermitted, ReasonMissing through the form."""
    with locked(Alarm, alarm_id) as alarm:
        require(OFFICER, by, alarm.loan)
        if alarm.handled_at is not None:
            raise AlarmHandled()
        alarm.handled_by_id, alarm.handled_at, alarm.action = by.user_id, clock.now(), action[:1000]
        alarm.save(update_fields=["handled_by", "handled_at", "action"])
        events.record("loan.handle", alarm.loan, by, reason=action, data={"alarm": alarm.pk, "kind": alarm.kind})
    return alarm


# ── what the register says ───────────────────────────────────────────────────────────────────────────────────────────
#: What an entry of the rights register means for a loan: the alarm, how grave, and whether the right stops counting.
ENTRIES: Mapping[str, tuple[AlarmKind, Severity, Impairment | None]] = {
    EntryKind.PRESERVATION: (AlarmKind.FREEZE, Severity.RED, Impairment.FROZEN),
    EntryKind.OWNERSHIP_SUIT: (AlarmKind.SUIT, Severity.RED, Impairment.DISPUTED),
    EntryKind.INVALIDATION: (AlarmKind.INVALIDATION, Severity.AMBER, None),
    EntryKind.NAME_CHANGE: (AlarmKind.OWNER, Severity.AMBER, None),
    EntryKind.OWNERSHIP: (AlarmKind.OWNER, Severity.AMBER, None),
}


@enforces("PLG-NOTIFY", "PLG-VALUE-DROP")
def status_changed(*, asset_id: int, event_id: int) -> None:
    """A right's legal status changed: what has ended counts nothing from the day of that status, what stands again
    counts. Runs twice harmlessly."""
    asset = Asset.objects.get(pk=asset_id)
    for pk in Security.objects.standing().filter(asset=asset).values_list("pk", flat=True):
        with _its_loan(pk) as (loan, security):
            on = asset.status_on or clock.today()
            if asset.status in ENDED:
                why = Impairment.INVALID if asset.status == LegalStatus.INVALIDATED else Impairment.LAPSED
                _impair(loan, security, why, on)
                raise_alarm(loan, AlarmKind.LAPSED, Severity.RED, "status", str(event_id), on, security)
            elif security.impairment in (Impairment.LAPSED, Impairment.INVALID):
                _restore(loan, security, on)
            if asset.status == LegalStatus.IN_GRACE:
                raise_alarm(loan, AlarmKind.ANNUITY_GRACE, Severity.AMBER, "status", str(event_id), on, security)
            look_again(loan)


def entry_recorded(*, entry_id: int) -> None:
    """An entry was written about a right that secures a loan. Runs twice harmlessly."""
    entry = Entry.objects.filter(pk=entry_id).first()
    if entry is None or entry.kind not in ENTRIES:
        return
    kind, severity, impairment = ENTRIES[EntryKind(entry.kind)]
    for pk in Security.objects.standing().filter(asset=entry.asset_id).values_list("pk", flat=True):
        with _its_loan(pk) as (loan, security):
            if kind == AlarmKind.OWNER and entry.party_id == loan.borrower_id:
                continue
            raise_alarm(loan, kind, severity, "register", f"{security.pk}:{entry.pk}", entry.starts_on, security)
            if impairment is not None and entry.ended_at is None:
                _impair(loan, security, impairment, entry.starts_on)
            look_again(loan)


def entry_ended(*, entry_id: int) -> None:
    """What froze a right is over, or its pledge was released. Runs twice harmlessly."""
    entry = Entry.objects.filter(pk=entry_id).first()
    if entry is None or entry.ended_at is None:
        return
    rows = Security.objects.standing().filter(asset=entry.asset_id)
    for pk in rows.values_list("pk", flat=True):
        with _its_loan(pk) as (loan, security):
            if entry.kind == EntryKind.PLEDGE and security.entry_id == entry.pk:
                end_security(loan, security, entry.ended_on or clock.today(), SYSTEM)
                if loan.state == LoanState.SETTLED and not loan.securities.standing().exists():
                    let_all_go(loan, on=entry.ended_on or clock.today(), by=SYSTEM)
            elif entry.kind in ENTRIES and ENTRIES[EntryKind(entry.kind)][2] == security.impairment != "":
                _restore(loan, security, entry.ended_on or clock.today())
            look_again(loan)


def request_made(*, asset_ids: list[int], deal_number: str, on: date) -> None:
    """Somebody wants to buy or license rights that secure loans: the bank is asked for its consent."""
    for security in Security.objects.standing().filter(asset__in=asset_ids).select_related("loan"):
        with transaction.atomic():
            raise_alarm(
                security.loan, AlarmKind.REQUEST, Severity.NOTE, "deal", f"{security.pk}:{deal_number}", on, security
            )


def _impair(loan: Loan, security: Security, why: Impairment, on: date) -> None:
    if security.impaired_on is not None and security.impaired_on <= on:
        return
    security.impaired_on, security.impairment = on, why
    security.save(update_fields=["impaired_on", "impairment"])
    restate_since(loan, on)


def _restore(loan: Loan, security: Security, on: date) -> None:
    security.impaired_on, security.impairment = None, ""
    security.save(update_fields=["impaired_on", "impairment"])
    restate_since(loan, on)


def raise_alarm(
    loan: Loan, kind: str, severity: int, source: str, external_id: str, on: date, security: Security | None = None
) -> Alarm:
    """One alarm for a source's number; a second time finds the first."""
    alarm, is_new = Alarm.objects.get_or_create(
        source=source,
        external_id=external_id[:80],
        defaults={
            "loan": loan,
            "security": security,
            "kind": kind,
            "severity": severity,
            "on": on,
            "raised_at": clock.now(),
        },
    )
    if is_new:
        data = {"alarm": alarm.pk, "kind": kind, "severity": severity}
        events.record("loan.alarm", loan, SYSTEM, data=data)
    return alarm


#: Days before an annuity falls due on which the bank is told, and months of grace from which it is grave.
ANNUITY_DAYS = (90, 30, 7)
GRAVE_GRACE_MONTH = 4


def watch_annuities(today: date) -> int:
    """Alarms for annuities of rights that secure loans: before the due day, and for the month of grace that runs.

    Read from the annuity calendar; run once a day, again changes nothing, and a day missed is made up for the next.
    Returns how many were raised.
    """
    raised = 0
    rows = Security.objects.standing().filter(loan__state__in=LIVE).select_related("loan", "asset__patent")
    for some in in_batches(rows.order_by("pk"), 500):
        calendars = annuity_calendars([one.asset for one in some])
        for security in some:
            found = calendars[security.asset_id]
            if found is not None and found.next_year is not None:
                raised += _annuity_alarms(security, found.next_year, today)
    return raised


def _annuity_alarms(security: Security, coming: AnnuityYear, today: date) -> int:
    told: list[tuple[AlarmKind, Severity, str]] = []
    left = (coming.due_on - today).days
    if begun := [days for days in ANNUITY_DAYS if 0 <= left <= days]:
        told.append((AlarmKind.ANNUITY_DUE, Severity.NOTE, f"{security.pk}:{coming.year}:{min(begun)}"))
    for step in coming.grace:
        if step.first_day <= today <= step.last_day:
            grave = Severity.RED if step.month >= GRAVE_GRACE_MONTH else Severity.AMBER
            told.append((AlarmKind.ANNUITY_GRACE, grave, f"{security.pk}:{coming.year}:grace{step.month}"))
    known = Alarm.objects.filter(source="annuity", external_id__in=[number for _, _, number in told])
    said = set(known.values_list("external_id", flat=True)) if told else set()
    fresh = [one for one in told if one[2] not in said]
    with transaction.atomic():
        for kind, severity, number in fresh:
            raise_alarm(security.loan, kind, severity, "annuity", number, today, security)
    return len(fresh)


def in_batches(rows: QuerySet[Security], size: int) -> Iterator[list[Security]]:
    """All rows, so many at a time, by their key."""
    after = 0
    while some := list(rows.filter(pk__gt=after)[:size]):
        yield some
        after = some[-1].pk
