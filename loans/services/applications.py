"""An application on the borrower's side: made for one bank or several, amended, consented to, submitted, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from listings.catalogue.numbering import next_number
from listings.patents.access import shown_assets
from listings.rights.ruling import enforces
from listings.rights.services.reservations import release
from loans.consent_texts import text_of
from loans.facts import appraisals_for, eligibility_of, kinds_of
from loans.graphs.application import APPLICATION_GRAPH
from loans.graphs.credit import PROPOSAL_GRAPH
from loans.graphs.parties import BORROWER_DECIDES, BORROWER_WORKS
from loans.models import Application, Collateral, ConsentGiven, Paper, Product, Request
from loans.refusals import ConsentTextChanged, FileFixed, NoCollateral, NotBorrowable, ProductNotOpen, RightNotTaken
from loans.states.application import AMENDABLE, PROMISED, UNDECIDED, ApplicationState, ConsentKind, PaperKind, Purpose
from loans.states.credit import ProposalState
from loans.states.product import ProductState
from loans.telling import told
from loans.terms import Terms
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events, files, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.locks import locked
from marketplace.signing.services.documents import void_document

SERIES = "LA"
MOST_RIGHTS, MOST_BANKS = 50, 8
FILE_PURPOSE = "loan_paper"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a borrower asks for; amounts in the currency of the products."""

    asset_ids: Sequence[int]
    amount: Decimal
    term_months: int
    purpose: str
    purpose_note: str = ""
    guarantor_id: int | None = None
    accepts_risks: bool = False


@transaction.atomic
def apply(*, product_ids: Sequence[int], wanted: Wanted, by: Actor) -> list[Application]:
    """Draft one application for each product, at most one a bank, each with the product's terms frozen.

    Raises NotPermitted, NotBorrowable, ProductNotOpen, NoCollateral, RightNotTaken, Invalid, NotFound.
    """
    borrower = Organisation.objects.filter(pk=by.acts_for or 0, state=OrganisationState.VERIFIED).first()
    if borrower is None or borrower.kind in (Kind.BANK, Kind.OPERATOR, Kind.IP_OFFICE):
        raise NotBorrowable()
    require(BORROWER_WORKS, by, Application(borrower=borrower))
    ids = list(dict.fromkeys(product_ids))
    found = Product.objects.select_related("version", "bank").in_bulk(ids)
    products = [found[pk] for pk in ids if pk in found]
    if not products or len(products) != len(ids) or len(products) > MOST_BANKS:
        raise NotFound()
    if len({one.bank_id for one in products}) != len(products):
        raise Invalid(field="products", problem=_("Ask a bank with one product at a time."))
    request = Request.objects.create(borrower=borrower, made_by_id=by.user_id, created_at=clock.now())
    made = []
    for product in products:
        version = product.version
        if product.state != ProductState.OPEN or version is None or product.bank_id == borrower.pk:
            raise ProductNotOpen(name=product.name)
        application = Application(
            number=next_number(SERIES),
            request=request,
            borrower=borrower,
            bank_id=product.bank_id,
            product_version=version,
            terms_json=version.terms_json,
            currency=version.terms.currency,
            created_at=clock.now(),
            **_facts(wanted, borrower.pk),
        )
        lifecycle.begin(APPLICATION_GRAPH, application, by=by, data=told(application))
        _secure(application, wanted.asset_ids)
        made.append(application)
    return made


def _facts(wanted: Wanted, borrower_id: int) -> dict[str, Any]:
    if wanted.purpose not in Purpose.values:
        raise Invalid(field="purpose", problem=_("Choose what the money is for."))
    if not wanted.amount.is_finite() or wanted.amount <= 0 or wanted.amount % Decimal("0.01"):
        raise Invalid(field="amount", problem=_("Give an amount above zero, to the cent."))
    if not 1 <= wanted.term_months <= 120:
        raise Invalid(field="term_months", problem=_("Give a term of 1 to 120 months."))
    if wanted.guarantor_id is not None:
        known = Organisation.objects.filter(pk=wanted.guarantor_id, state=OrganisationState.VERIFIED)
        if wanted.guarantor_id == borrower_id or not known.exists():
            raise Invalid(field="guarantor", problem=_("The guarantor is another verified organisation."))
    return {
        "amount": wanted.amount,
        "term_months": wanted.term_months,
        "purpose": wanted.purpose,
        "purpose_note": wanted.purpose_note.strip(),
        "guarantor_id": wanted.guarantor_id,
        "accepts_risks": wanted.accepts_risks,
    }


def _secure(application: Application, asset_ids: Sequence[int]) -> None:
    """Write the rights offered anew, each with its share by the frozen terms and the appraisal in force."""
    ids = list(dict.fromkeys(asset_ids))
    assets = shown_assets().in_bulk(ids)
    if not ids or len(ids) > MOST_RIGHTS:
        raise NoCollateral(field="assets")
    if len(assets) != len(ids):
        raise NotFound()
    terms: Terms = application.terms
    kinds = kinds_of(ids)
    values = appraisals_for(application.borrower_id, ids, application.currency)
    rows = []
    for at, pk in enumerate(ids):
        line = terms.rights.get(kinds.get(pk, ""))
        if line is None:
            name = application.product_version.product.name
            raise RightNotTaken(field="assets", name=name, number=assets[pk].number)
        value = values.get(pk)
        rows.append(
            Collateral(
                application=application,
                asset_id=pk,
                position=at,
                haircut_bp=line.haircut_bp,
                ltv_bp=line.ltv_bp,
                report_id=value.report_id if value else None,
                value=value.value if value else None,
                base_date=value.base_date if value else None,
                valid_until=value.valid_until if value else None,
            )
        )
    application.collateral.all().delete()
    Collateral.objects.bulk_create(rows)


def amend(*, application_id: int, wanted: Wanted, by: Actor) -> Application:
    """Change the facts of a draft, or of what the bank returned; an open proposal is void by it.

    Raises FileFixed, NotPermitted and what `apply` raises of the facts.
    """
    with locked(Application, application_id) as application:
        require(BORROWER_WORKS, by, application)
        if application.state not in AMENDABLE:
            raise FileFixed()
        for name, value in _facts(wanted, application.borrower_id).items():
            setattr(application, name, value)
        _secure(application, wanted.asset_ids)
        changed(application, by=by)
        application.save()
        events.record("loan_application.amend", application, by, data=told(application, version=application.version))
    return application


def changed(application: Application, *, by: Actor) -> None:
    """The facts of a locked application are others now: its version rises, its open proposal is void."""
    application.version += 1
    application.save(update_fields=["version"])
    for proposal in application.proposals.filter(state=ProposalState.OPEN):
        lifecycle.walk(PROPOSAL_GRAPH, proposal, "void", by=SYSTEM, data=told(application))


def refresh_appraisals(*, application_id: int, by: Actor) -> Application:
    """Take the newest appraisal in force for each right; the bank or the borrower asks while nothing is decided.

    Raises NotPermitted, FileFixed.
    """
    with locked(Application, application_id) as application:
        if application.state not in AMENDABLE | UNDECIDED:
            raise FileFixed()
        values = appraisals_for(
            application.borrower_id, [one.asset_id for one in application.collateral.all()], application.currency
        )
        is_new = False
        for row in application.collateral.all():
            value = values.get(row.asset_id)
            taken = (value.report_id, value.value, value.base_date, value.valid_until) if value else (None,) * 4
            if taken != (row.report_id, row.value, row.base_date, row.valid_until):
                row.report_id, row.value, row.base_date, row.valid_until = taken
                row.save(update_fields=["report", "value", "base_date", "valid_until"])
                is_new = True
        if is_new:
            changed(application, by=by)
            events.record("loan_application.revalue", application, by, data=told(application))
    return application


@enforces("DP-SEPARATE", "DP-SENSITIVE", "DP-CREDIT-QUERY", "DP-CREDIT-REPORT")
def consent(*, application_id: int, kind: str, sha256: str, by: Actor) -> ConsentGiven:
    """Agree to one text, known by its hash. Given again it stays as given. Raises ConsentTextChanged, NotPermitted."""
    with locked(Application, application_id) as application:
        require(BORROWER_DECIDES, by, application)
        if kind not in ConsentKind.values or by.user_id is None:
            raise NotFound()
        if application.state not in AMENDABLE:
            raise FileFixed()
        text = text_of(kind, application.bank)
        if text.sha256 != sha256:
            raise ConsentTextChanged()
        standing = application.consents.filter(kind=kind, withdrawn_at__isnull=True).first()
        if standing is not None:
            return standing
        given = ConsentGiven.objects.create(
            application=application,
            kind=kind,
            text_zh=text.zh,
            text_en=text.en,
            sha256=text.sha256,
            given_by_id=by.user_id,
            given_at=clock.now(),
        )
        events.record("loan_application.consent", application, by, data=told(application, consent=kind, sha256=sha256))
    return given


def withdraw_consent(*, application_id: int, kind: str, by: Actor) -> None:
    """Take a consent back. Before anything is agreed the application ends with it; afterwards the contract is the
    bank's ground for what it keeps. Raises NotPermitted, NotFound."""
    with locked(Application, application_id) as application:
        require(BORROWER_DECIDES, by, application)
        standing = application.consents.filter(kind=kind, withdrawn_at__isnull=True).first()
        if standing is None:
            raise NotFound()
        standing.withdrawn_at = clock.now()
        standing.save(update_fields=["withdrawn_at"])
        events.record("loan_application.withdraw_consent", application, by, data=told(application, consent=kind))
        if application.state in UNDECIDED | {ApplicationState.RETURNED, ApplicationState.OFFERED}:
            _end(application, "withdraw", by)


def add_paper(*, application_id: int, kind: str, upload: UploadedFile[Any], by: Actor) -> Paper:
    """Hand in a paper, from draft to the offer. Raises FileFixed, NotPermitted, FileRefused, Invalid."""
    with locked(Application, application_id) as application:
        require(BORROWER_WORKS, by, application)
        if application.state not in AMENDABLE | UNDECIDED:
            raise FileFixed()
        if kind not in PaperKind.values:
            raise Invalid(field="kind", problem=_("Choose the kind of paper."))
        kept = files.keep(upload, purpose=FILE_PURPOSE, subject_id=application.pk, by=by)
        paper = Paper.objects.create(
            application=application, kind=kind, file=kept, added_by_id=by.user_id, added_at=clock.now()
        )
        if application.state in UNDECIDED:
            changed(application, by=by)  # whoever decides has seen what there is
        events.record("loan_application.add_paper", application, by, data=told(application, kind=kind))
    return paper


@enforces("PLG-UNDERTAKE")
def submit(*, application_id: int, by: Actor) -> Application:
    """Hand the application to its bank, with the report of today; the borrower's signatory does, no delegate.

    Raises NotEligible, ConsentsNotGiven, ProductNotOpen, AnotherAccepted, NotPermitted, IllegalTransition.
    """
    with locked(Application, application_id) as application:
        application.submitted_at, application.submitted_by_id = clock.now(), by.user_id
        keep_report(application)
        lifecycle.walk(
            APPLICATION_GRAPH,
            application,
            "submit",
            by=by,
            data=told(application),
            also=("submitted_at", "submitted_by", "eligibility", "checked_at"),
        )
    return application


def keep_report(application: Application) -> None:
    """Put the eligibility report of today on the application (saved by the caller)."""
    application.eligibility = [one.as_dict() for one in eligibility_of(application)]
    application.checked_at = clock.now()


def check_again(*, application_id: int, by: Actor) -> Application:
    """Make the eligibility report anew. Raises NotPermitted."""
    with locked(Application, application_id) as application:
        if by.acts_for not in (application.borrower_id, application.bank_id):
            raise NotPermitted()
        keep_report(application)
        application.save(update_fields=["eligibility", "checked_at"])
    return application


def withdraw(*, application_id: int, by: Actor, reason: str = "") -> Application:
    """End the application from the borrower's side; rights promised are free again. Raises NotPermitted,
    IllegalTransition."""
    with locked(Application, application_id) as application:
        verb = "discard" if application.state == ApplicationState.DRAFT else "withdraw"
        _end(application, verb, by, reason)
    return application


def _end(application: Application, verb: str, by: Actor, reason: str = "") -> None:
    was = application.state
    lifecycle.walk(APPLICATION_GRAPH, application, verb, by=by, reason=reason, data=told(application))
    let_go(application, was=was, by=by, reason=reason or "application ended")


def let_go(application: Application, *, was: str, by: Actor, reason: str) -> None:
    """What hung on an application that ended: its open proposal, its contracts, the rights it was promised."""
    for proposal in application.proposals.filter(state=ProposalState.OPEN):
        lifecycle.walk(PROPOSAL_GRAPH, proposal, "void", by=SYSTEM, data=told(application))
    for document in (application.loan_contract, application.pledge_contract):
        if document is not None and document.is_live:
            void_document(document_id=document.pk, by=by, reason=reason)
    if was in PROMISED:
        release(subject=application.subject, by=by)
