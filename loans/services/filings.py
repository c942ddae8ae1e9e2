"""Filings at the office of pledges: filed jointly, corrected, refused or certified.

The certificate, confirmed by another person, makes the pledge effective in the register, under the rights' locks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from listings.assets.models import Asset
from listings.rights.ruling import enforces, rule
from listings.rights.services.entries import Who
from listings.rights.services.pledges import record_pledge, release_pledge
from listings.rights.states import Source
from loans.graphs.application import APPLICATION_GRAPH
from loans.graphs.parties import BANK_WORKS
from loans.graphs.pledge import PLEDGE_FILING_GRAPH
from loans.models import Application, Collateral, Correction, Loan, PledgeFiling
from loans.refusals import DebtNotPaid, FilingOpen
from loans.services.releasing import let_all_go
from loans.states.application import ApplicationState, CollateralState
from loans.states.pledge import FilingKind, FilingState, Ground
from loans.states.servicing import LIVE, LoanState
from loans.telling import told
from marketplace.core import clock, files, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.locks import locked_all
from marketplace.core.workdays import work_calendar

FILE_PURPOSE = "pledge_certificate"
#: Working days within which the parties file after signing, and the bank cancels once the debt is paid: usual times, no
#: rule of law (the second is what the pledge contract says).
FILING_DAYS, CANCELLING_DAYS = 5, 5
OPEN = (FilingState.PREPARING, FilingState.FILED, FilingState.CORRECTING, FilingState.CERTIFIED)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The office's notice: its number and the day it names."""

    number: str
    effective_on: date


def begin_registration(application: Application, *, by: Actor) -> PledgeFiling:
    """Owe the registration; in the transaction that locked the application."""
    return _begin(application, FilingKind.REGISTRATION, _working_days(FILING_DAYS), by)


@enforces("PLG-CHANGE")
def begin_change(*, application_id: int, by: Actor) -> PledgeFiling:
    """Owe the registration of a change, within thirty days. Raises NotPermitted, FilingOpen."""
    with locked_all([(Application, application_id)]) as rows:
        application = rows[0]
        assert isinstance(application, Application)
        require(BANK_WORKS, by, application)
        days = int(rule("PLG-CHANGE").value("period", clock.today()))
        return _begin(application, FilingKind.CHANGE, clock.today() + timedelta(days=days), by)


@enforces("PLG-CANCEL")
def begin_cancellation(*, application_id: int, by: Actor) -> PledgeFiling:
    """Owe the cancellation: when nothing is owed on the loan any more, or none was paid out.

    Raises DebtNotPaid, FilingOpen, NotPermitted.
    """
    with locked_all([(Application, application_id)]) as rows:
        application = rows[0]
        assert isinstance(application, Application)
        if not by.is_system:
            require(BANK_WORKS, by, application)
        is_owed = Loan.objects.filter(application=application, state__in=LIVE).exists()
        if is_owed or application.state not in (ApplicationState.REGISTERED, ApplicationState.DISBURSED):
            raise DebtNotPaid()
        return _begin(application, FilingKind.CANCELLATION, _working_days(CANCELLING_DAYS), by)


def _begin(application: Application, kind: str, file_by: date, by: Actor) -> PledgeFiling:
    filing = PledgeFiling(application=application, kind=kind, file_by=file_by, created_at=clock.now())
    try:
        with transaction.atomic():
            lifecycle.begin(PLEDGE_FILING_GRAPH, filing, by=by, data=_told(application, filing))
    except IntegrityError as error:
        raise FilingOpen() from error
    return filing


def drop_filings(application: Application, *, by: Actor) -> None:
    """Nothing more is to be filed for an application called off."""
    for filing in application.filings.filter(state__in=OPEN):
        lifecycle.walk(PLEDGE_FILING_GRAPH, filing, "drop", by=by, data=_told(application, filing))


@enforces("PLG-DECIDE", "PLG-JOINT")
def say_filed(*, filing_id: int, filed_on: date, reference: str, is_online: bool, by: Actor) -> PledgeFiling:
    """It was filed: the office has two working days online, five otherwise. Raises Invalid, NotPermitted."""
    with _with_file(filing_id) as (application, filing):
        if filed_on > clock.today():
            raise Invalid(field="filed_on", problem=_("That day lies ahead."))
        if not reference.strip():
            raise Invalid(field="reference", problem=_("Give the number of the filing."))
        filing.filed_on, filing.reference, filing.is_online = filed_on, reference.strip(), is_online
        filing.decide_by = _decide_by(filed_on, is_online)
        _walk(application, filing, "file", by, also=("filed_on", "reference", "is_online", "decide_by"))
    return filing


def _decide_by(start: date, is_online: bool) -> date:
    days = int(rule("PLG-DECIDE").value("online" if is_online else "paper", start))
    return work_calendar().add_working_days(start, days)


def ask_correction(*, filing_id: int, found: str, correct_by: date | None, by: Actor) -> PledgeFiling:
    """The office wants something put right, by a day if it named one. Raises ReasonMissing, NotPermitted, Invalid."""
    with _with_file(filing_id) as (application, filing):
        if correct_by is not None and correct_by < clock.today():
            raise Invalid(field="correct_by", problem=_("That day has gone by."))
        filing.correct_by = correct_by
        _walk(application, filing, "ask_correction", by, reason=found, also=("correct_by",))
        Correction.objects.create(filing=filing, found=found.strip(), found_on=clock.today(), correct_by=correct_by)
    return filing


def correct(*, filing_id: int, answer: str, by: Actor) -> PledgeFiling:
    """What was wanting is put right and filed again; the office's time begins anew. Raises ReasonMissing."""
    with _with_file(filing_id) as (application, filing):
        today = clock.today()
        filing.correct_by, filing.decide_by = None, _decide_by(today, filing.is_online)
        _walk(application, filing, "correct", by, reason=answer, also=("correct_by", "decide_by"))
        filing.corrections.filter(answered_on__isnull=True).update(answer=answer.strip(), answered_on=today)
    return filing


@enforces(*(one.rule for one in Ground))
def say_refused(*, filing_id: int, ground: str, reason: str, by: Actor) -> PledgeFiling:
    """The office refused the filing, on one of its grounds. A registration is filed anew by `file_anew`.

    Raises Invalid, ReasonMissing, NotPermitted.
    """
    if ground not in Ground.values:
        raise Invalid(field="ground", problem=_("Name the ground of the refusal."))
    with _with_file(filing_id) as (application, filing):
        filing.ground = ground
        _walk(application, filing, "refuse", by, reason=reason, also=("ground",))
    return filing


def file_anew(*, filing_id: int, by: Actor) -> PledgeFiling:
    """After a refusal that can be put right, owe the same filing again. Raises FilingOpen, Invalid, NotPermitted."""
    with _with_file(filing_id) as (application, filing):
        require(BANK_WORKS, by, application)
        waits = filing.kind != FilingKind.REGISTRATION or application.state == ApplicationState.REGISTERING
        if filing.state != FilingState.REFUSED or not waits:
            raise Invalid(problem=_("Only a refused filing that is still needed is filed anew."))
        return _begin(application, filing.kind, _working_days(FILING_DAYS), by)


@enforces("PLG-DOCS")
def hand_in(*, filing_id: int, certificate: Certificate, upload: UploadedFile[Any], by: Actor) -> PledgeFiling:
    """Hand in the office's notice with its number and day. Raises Invalid, FileRefused, NotPermitted."""
    with _with_file(filing_id) as (application, filing):
        first = filing.filed_on or clock.today()
        if not first <= certificate.effective_on <= clock.today():
            raise Invalid(field="effective_on", problem=_("The day lies between the filing and today."))
        if not certificate.number.strip():
            raise Invalid(field="number", problem=_("Give the number of the registration."))
        filing.certificate, filing.effective_on = certificate.number.strip(), certificate.effective_on
        filing.handed_in_by_id = by.user_id
        filing.evidence = files.keep(upload, purpose=FILE_PURPOSE, subject_id=filing.pk, by=by)
        _walk(application, filing, "certify", by, also=("certificate", "effective_on", "handed_in_by", "evidence"))
    return filing


def send_back(*, filing_id: int, reason: str, by: Actor) -> PledgeFiling:
    """The certificate does not show it. Raises ReasonMissing, NotPermitted."""
    with _with_file(filing_id) as (application, filing):
        filing.certificate, filing.effective_on, filing.evidence, filing.handed_in_by = "", None, None, None
        _walk(
            application,
            filing,
            "send_back",
            by,
            reason=reason,
            also=("certificate", "effective_on", "evidence", "handed_in_by"),
        )
    return filing


@enforces("PLG-EXIST", "PLG-CANCEL")
def confirm(*, filing_id: int, by: Actor) -> PledgeFiling:
    """A second person of the bank confirms the certificate, and what it says comes into effect in the same transaction:
    the pledge of each right in the register, or its end.

    Raises SameConfirmer, RightsRefused, AlreadyPledged, NotPermitted, IllegalTransition.
    """
    with _with_file(filing_id) as (application, filing):
        filing.confirmed_by_id = by.user_id
        _walk(application, filing, "confirm", by, also=("confirmed_by",))
        effect = _EFFECTS.get(FilingKind(filing.kind))
        if effect is not None:
            effect(application, filing, by)
    return filing


def _pledge(application: Application, filing: PledgeFiling, by: Actor) -> None:
    assert filing.effective_on is not None and application.debt_until is not None
    for row in application.collateral.filter(state=CollateralState.OFFERED).order_by("asset_id"):
        row.entry = record_pledge(
            asset_id=row.asset_id,
            pledgor=Who(application.borrower_id),
            pledgee=Who(application.bank_id),
            registered_on=filing.effective_on,
            reference=filing.certificate,
            amount=application.money,
            debt_due_on=application.debt_until,
            by=by,
            source=Source.MARKET,
            evidence_id=filing.evidence_id,
            subject=application.subject,
        )
        row.state = CollateralState.PLEDGED
        row.save(update_fields=["entry", "state"])
    application.pledged_on = filing.effective_on
    lifecycle.walk(APPLICATION_GRAPH, application, "register", by=SYSTEM, data=told(application), also=("pledged_on",))


def _cancel(application: Application, filing: PledgeFiling, by: Actor) -> None:
    assert filing.effective_on is not None
    for row in application.collateral.filter(state=CollateralState.PLEDGED).order_by("asset_id"):
        assert row.entry_id is not None
        release_pledge(
            entry_id=row.entry_id,
            by=by,
            on=filing.effective_on,
            evidence_id=filing.evidence_id,
            note=filing.certificate,
        )
        row.state = CollateralState.RELEASED
        row.save(update_fields=["state"])
    loan = Loan.objects.filter(application=application, state=LoanState.SETTLED).first()
    if loan is not None:
        let_all_go(loan, on=filing.effective_on, by=SYSTEM)


#: A change of the registration alters nothing in the register of rights: filing and certificate keep it.
_EFFECTS: dict[FilingKind, Callable[[Application, PledgeFiling, Actor], None]] = {
    FilingKind.REGISTRATION: _pledge,
    FilingKind.CANCELLATION: _cancel,
}


def _working_days(count: int) -> date:
    return work_calendar().add_working_days(clock.today(), count)


@contextmanager
def _with_file(filing_id: int) -> Iterator[tuple[Application, PledgeFiling]]:
    """A filing with its application and the rights concerned, locked in the market's one order."""
    application_id = PledgeFiling.objects.filter(pk=filing_id).values_list("application", flat=True).first()
    if application_id is None:
        raise NotFound()
    assets = Collateral.objects.filter(application=application_id).values_list("asset", flat=True)
    loans = Loan.objects.filter(application=application_id).values_list("pk", flat=True)
    wanted: list[Any] = [(Application, application_id), (PledgeFiling, filing_id)]
    held: list[Any] = [*((Asset, pk) for pk in assets), *((Loan, pk) for pk in loans)]
    with locked_all(wanted, held=held) as rows:
        application, filing = rows
        assert isinstance(application, Application) and isinstance(filing, PledgeFiling)
        filing.application = application
        yield application, filing


def _walk(
    application: Application,
    filing: PledgeFiling,
    verb: str,
    by: Actor,
    *,
    reason: str = "",
    also: tuple[str, ...] = (),
) -> None:
    data = _told(application, filing)
    lifecycle.walk(PLEDGE_FILING_GRAPH, filing, verb, by=by, reason=reason, also=also, data=data)


def _told(application: Application, filing: PledgeFiling) -> dict[str, Any]:
    return told(application, kind=filing.kind, touched={"loans.application": [application.pk]})
