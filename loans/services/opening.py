"""A loan comes to be: paid out of a registered application, or taken over from the bank's own books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from listings.assets.models import Asset
from listings.rights.ruling import enforces
from loans.graphs.lending import HEAD
from loans.graphs.loan import LOAN_GRAPH
from loans.models import Application, Disbursement, Loan, Security, SecurityValue
from loans.models.loan import in_cents
from loans.services.standing import keep_standing
from loans.servicing_refusals import LoanThere, NotRegistered, ReferenceUsed, SecuresAnother, TermPastRight
from loans.states.application import ApplicationState, CollateralState
from loans.states.servicing import VersionReason
from loans.terms import Terms
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import begin
from marketplace.core.locks import locked, locked_all
from marketplace.core.workdays import months_after


@dataclass(frozen=True, slots=True)
class Cover:
    """A right that secures the loan: what the terms make of it, and the appraisal relied on, if there is one."""

    asset_id: int
    haircut_bp: int
    ltv_bp: int
    entry_id: int | None = None
    value: Decimal | None = None
    base_date: date | None = None
    valid_until: date | None = None
    report_number: str = ""


@dataclass(frozen=True, slots=True)
class Lending:
    """Everything a new loan is made of."""

    borrower_id: int
    bank_id: int
    terms: Terms
    principal: Decimal
    months: int
    paid_on: date
    reference: str
    covers: Sequence[Cover]
    guarantor_id: int | None = None
    bank_reference: str = ""
    application_id: int | None = None


@enforces("PLG-EXIST")
def open_loan(*, application_id: int, disbursed_on: date, by: Actor) -> Loan:
    """The loan of an application whose pledge is registered, from the day it is paid out.

    The caller walks the application on in the same transaction. Raises NotRegistered (PLG-EXIST), LoanThere,
    TermPastRight, SecuresAnother.
    """
    with locked(Application, application_id) as application:
        if application.state not in (ApplicationState.REGISTERED, ApplicationState.DISBURSED):
            raise NotRegistered()
        if application.pledged_on is None or disbursed_on < application.pledged_on:
            raise NotRegistered()
        if Loan.objects.filter(application=application).exists():
            raise LoanThere()
        pledged = application.collateral.filter(state=CollateralState.PLEDGED).select_related("report")
        covers = [
            Cover(
                one.asset_id,
                one.haircut_bp,
                one.ltv_bp,
                one.entry_id,
                one.value,
                one.base_date,
                one.valid_until,
                one.report.number if one.report is not None else "",
            )
            for one in pledged
        ]
        return begin_loan(
            Lending(
                borrower_id=application.borrower_id,
                bank_id=application.bank_id,
                terms=application.terms,
                principal=application.principal,
                months=application.months,
                paid_on=disbursed_on,
                reference=f"{application.number}-1",
                covers=covers,
                guarantor_id=application.guarantor_id,
                application_id=application.pk,
            ),
            by=by,
        )


def take_over_loan(*, lending: Lending, by: Actor) -> Loan:
    """A loan the bank gave before it came here, with its own number, from its first day; payments since are entered.

    Raises NotPermitted for everybody but the bank's heads, ReferenceUsed, TermPastRight, SecuresAnother.
    """
    require(HEAD, by, lending)
    if not lending.bank_reference:
        raise ReferenceUsed(reference="")
    with transaction.atomic():
        if Loan.objects.filter(bank=lending.bank_id, bank_reference=lending.bank_reference).exists():
            raise ReferenceUsed(reference=lending.bank_reference)
        return begin_loan(lending, by=by)


@enforces("PLG-REFUSE-06")
def begin_loan(lending: Lending, *, by: Actor) -> Loan:
    """The rows of a new loan, under the locks of the rights that secure it, in the caller's transaction."""
    matures_on = months_after(lending.paid_on, lending.months)
    with locked_all([(Asset, one.asset_id) for one in lending.covers]) as rows:
        assets: dict[int, Any] = {one.pk: one for one in rows}
        for asset in assets.values():
            if asset.expires_on is not None and asset.expires_on <= matures_on:
                raise TermPastRight(number=asset.number, day=asset.expires_on.isoformat())
        loan = Loan(
            number=next_number(lending.paid_on.year),
            application_id=lending.application_id,
            borrower_id=lending.borrower_id,
            bank_id=lending.bank_id,
            guarantor_id=lending.guarantor_id,
            bank_reference=lending.bank_reference,
            terms=lending.terms.as_json(),
            principal=lending.principal,
            currency=lending.terms.currency,
            months=lending.months,
            started_on=lending.paid_on,
            matures_on=matures_on,
            opened_by_id=by.user_id,
            replayed_on=lending.paid_on,
        )
        begin(LOAN_GRAPH, loan, by=by, data={"bank": loan.bank_id, "borrower": loan.borrower_id})
        Disbursement.objects.create(
            loan=loan,
            paid_on=lending.paid_on,
            amount=lending.principal,
            reference=lending.reference,
            entered_by_id=by.user_id,
            entered_at=clock.now(),
        )
        for one in lending.covers:
            add_security(loan, one, assets[one.asset_id], on=lending.paid_on, by=by)
        keep_standing(loan, by=by, since=lending.paid_on, reason=VersionReason.OPENING)
    return loan


def add_security(loan: Loan, cover: Cover, asset: Asset, *, on: date, by: Actor) -> Security:
    """A right secures a locked loan from a day on. Raises SecuresAnother (one live loan a right)."""
    cents = in_cents(cover.value) if cover.value is not None else None
    try:
        with transaction.atomic():
            row = Security.objects.create(
                loan=loan,
                asset=asset,
                entry_id=cover.entry_id,
                haircut_bp=cover.haircut_bp,
                ltv_bp=cover.ltv_bp,
                added_on=on,
                cents=cents,
                based_on=cover.base_date if cents is not None else None,
                valid_until=cover.valid_until if cents is not None else None,
                declines_to=asset.expires_on,
                expires_on=asset.expires_on,
            )
    except IntegrityError as error:
        raise SecuresAnother(number=asset.number) from error
    if cents is not None and cover.base_date is not None and cover.valid_until is not None:
        SecurityValue.objects.create(
            security=row,
            report_number=cover.report_number,
            cents=cents,
            based_on=cover.base_date,
            valid_until=cover.valid_until,
            entered_by_id=by.user_id,
            entered_at=clock.now(),
        )
    return row


def next_number(year: int) -> str:
    """K-2026-00042; the lock is held to the end of the transaction, so two loans get two numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"loans.number.{year}"])
        cursor.execute(
            "SELECT coalesce(max(split_part(number, '-', 3)::bigint), 0) + 1 FROM loans_loan WHERE number LIKE %s",
            [f"K-{year}-%"],
        )
        return f"K-{year}-{cursor.fetchone()[0]:05d}"
