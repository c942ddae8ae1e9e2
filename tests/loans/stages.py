"""Applications for a loan brought to each stage by the services that lead there, in the hands of the cast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from listings.assets.models import Asset
from loans.consent_texts import texts_for
from loans.models import Application, Collateral, PledgeFiling, Product, Proposal
from loans.services import applications, contracting, decisions, filings, intake, products
from loans.services.applications import Wanted
from loans.services.decisions import Draft
from loans.services.filings import Certificate
from loans.services.intake import Findings
from loans.services.products import Face
from loans.states.application import Purpose
from loans.states.credit import Action, CheckState
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind, Role
from marketplace.core import clock
from marketplace.signing.factors import Shown
from marketplace.signing.models import Document
from marketplace.signing.services import documents
from marketplace.signing.states import FactorKind
from tests import cast
from tests.builders import a_pdf, a_person, a_verified_organisation, joins
from tests.cast import Part
from tests.catalogue.makers import a_right

AMOUNT = Decimal("1000000.00")
VALUE = Decimal("6000000.00")
TERMS: dict[str, Any] = {
    "currency": "CNY",
    "amount_min": "100000.00",
    "amount_max": "10000000.00",
    "term_min": 6,
    "term_max": 36,
    "rights": {
        "invention": {"haircut_bp": 6500, "ltv_bp": 4500, "life_months": 12},
        "utility_model": {"haircut_bp": 8000, "ltv_bp": 3000, "life_months": 12},
    },
    "annual_rate_pct": "4.35",
    "fee": {"share_bp": 50, "amount": "0.00"},
    "limits": [{"role": "approver", "amount": "3000000.00"}, {"role": "head_of_credit", "amount": None, "votes": 1}],
}


def officer(part: Part, role: str, at: int = 0) -> Part:
    """A member of the bank with one role of credit; the same one each time."""
    person = a_person(f"{role}{at}.{part.organisation.pk}@bank.test", name=role)
    if not part.organisation.memberships.live().filter(user=person).exists():
        joins(person, part.organisation, [role])
    return Part(person, part.organisation)


def reviewer(bank: Part | None = None) -> Part:
    return officer(bank or cast.lena(), Role.REVIEWER)


def approver(bank: Part | None = None) -> Part:
    return officer(bank or cast.lena(), Role.APPROVER)


def head(bank: Part | None = None) -> Part:
    return officer(bank or cast.lena(), Role.HEAD_OF_CREDIT)


def another_bank() -> Part:
    person = a_person("bea@otherbank.test", name="Bea")
    made = a_verified_organisation(person, kind=Kind.BANK, name_zh="贝雅银行", name_en="Bea Bank")
    return Part(person, made)


def a_product(bank: Part | None = None, code: str = "patent-loan", **given: Any) -> Product:
    """A product on offer, written by the bank's owner and published by its head of credit."""
    bank = bank or cast.lena()
    found = Product.objects.filter(bank=bank.organisation, code=code).first()
    if found is not None:
        return found
    made = products.write_product(
        code=code, face=Face("专利质押贷", "Patent pledge loan"), terms={**TERMS, **given}, by=bank.actor
    )
    return products.publish_version(product_id=made.pk, by=head(bank).actor)


def wanted(*assets: Asset, **given: Any) -> Wanted:
    return Wanted(
        **{
            "asset_ids": [one.pk for one in assets],
            "amount": AMOUNT,
            "term_months": 24,
            "purpose": Purpose.WORKING_CAPITAL,
            "purpose_note": "采购原材料",
            **given,
        }
    )


def appraised(application: Application, value: Decimal = VALUE) -> None:
    """Stands in for a report in force on each right; the report itself is tested with the appraisals."""
    Collateral.objects.filter(application=application).update(
        value=value, base_date=clock.today(), valid_until=clock.today() + timedelta(days=364)
    )


def drafted(
    borrower: Part | None = None, *assets: Asset, banks: Sequence[Part] = (), value: Decimal = VALUE, **given: Any
) -> list[Application]:
    """One application a bank, with the rights appraised."""
    borrower = borrower or cast.ines()
    made = applications.apply(
        product_ids=[a_product(one).pk for one in banks or (cast.lena(),)],
        wanted=wanted(*(assets or (a_right(borrower),)), **given),
        by=borrower.actor,
    )
    for one in made:
        appraised(one, value)
    return made


def consented(application: Application, borrower: Part | None = None) -> Application:
    for text in texts_for(application.bank):
        applications.consent(
            application_id=application.pk, kind=text.kind, sha256=text.sha256, by=(borrower or cast.ines()).actor
        )
    return application


def submitted(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    borrower = borrower or cast.ines()
    application = consented(drafted(borrower, *assets, **given)[0], borrower)
    applications.submit(application_id=application.pk, by=borrower.actor)
    return now(application)


def declared(application: Application, *parts: Part) -> None:
    for part in parts:
        if not application.declarations.filter(officer=part.person).exists():
            intake.declare(application_id=application.pk, has_conflict=False, note="", by=part.actor)


def taken(application: Application, bank: Part | None = None) -> Application:
    part = reviewer(bank)
    declared(application, part)
    intake.take(application_id=application.pk, by=part.actor)
    return now(application)


def looked_into(application: Application, bank: Part | None = None) -> Application:
    intake.look_into(application_id=application.pk, by=reviewer(bank).actor)
    return now(application)


def diligent(application: Application, bank: Part | None = None) -> Application:
    """Checklist, score and report are there; the file is before credit review."""
    by = reviewer(bank).actor
    for line in application.checks.all():
        intake.tick(application_id=application.pk, key=line.key, state=CheckState.DONE, note="", by=by)
    answers = {
        "years": "over_5",
        "coverage": "over_1_5",
        "leverage": "under_50",
        "record": "clean",
        "use": "core",
        "market": "some",
    }
    intake.score(application_id=application.pk, answers=answers, by=by)
    findings = Findings("主营稳定。", "权属清晰，评估合理。", "经营现金流。", "同意。")
    intake.write_report(application_id=application.pk, findings=findings, by=by)
    intake.put_forward(application_id=application.pk, by=by)
    return now(application)


def in_review(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    return diligent(looked_into(taken(submitted(borrower, *assets, **given))))


def approval(**given: Any) -> Draft:
    return Draft(**{"action": Action.APPROVE, "reason": "同意", "amount": AMOUNT, "term_months": 24, **given})


def proposed(application: Application, bank: Part | None = None, **given: Any) -> Proposal:
    return decisions.propose(application_id=application.pk, draft=approval(**given), by=reviewer(bank).actor)


def offered(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    application = in_review(borrower, *assets, **given)
    proposal = proposed(application)
    declared(application, approver())
    decisions.pass_proposal(proposal_id=proposal.pk, by=approver().actor)
    return now(application)


def accepted(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    borrower = borrower or cast.ines()
    application = offered(borrower, *assets, **given)
    contracting.accept(application_id=application.pk, by=borrower.actor)
    return now(application)


def signs(part: Part, document: Document) -> Document:
    """Sign with a second factor shown just now."""
    shown = Shown(part.person.pk, FactorKind.TOTP, documents.purpose_of(document))
    return documents.sign(document_id=document.pk, sha256=document.sha256, by=part.actor, otp=shown)


def drawn_up(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    application = accepted(borrower, *assets, **given)
    Organisation.objects.filter(pk__in=[application.borrower_id, application.bank_id]).update(
        address="云澜市科技路 1 号", address_en="1 Keji Road, Yunlan"
    )
    contracting.draw_up(application_id=application.pk, by=reviewer().actor)
    return now(application)


def signed(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    """Both contracts are signed by both; the relay's step is taken as it would be."""
    borrower = borrower or cast.ines()
    application = drawn_up(borrower, *assets, **given)
    for document in (application.loan_contract, application.pledge_contract):
        assert document is not None
        signs(borrower, document)
        signs(cast.lena(), document)
    contracting.contract_signed(application_id=application.pk)
    return now(application)


def filing_of(application: Application, kind: str = "registration") -> PledgeFiling:
    """The newest filing of a kind."""
    return application.filings.filter(kind=kind).order_by("-pk")[0]


def filed(application: Application, kind: str = "registration") -> PledgeFiling:
    return filings.say_filed(
        filing_id=filing_of(application, kind).pk,
        filed_on=clock.today(),
        reference="ZY-2026-0001",
        is_online=True,
        by=reviewer().actor,
    )


def certified(application: Application, kind: str = "registration", on: date | None = None) -> PledgeFiling:
    return filings.hand_in(
        filing_id=filing_of(application, kind).pk,
        certificate=Certificate("Y2026980001234", on or clock.today()),
        upload=a_pdf(),
        by=reviewer().actor,
    )


def registered(borrower: Part | None = None, *assets: Asset, **given: Any) -> Application:
    """The pledge is in the register of rights, confirmed by the bank's approver."""
    application = signed(borrower, *assets, **given)
    filed(application)
    filing = certified(application)
    filings.confirm(filing_id=filing.pk, by=approver().actor)
    return now(application)


def now(application: Application) -> Application:
    return Application.objects.for_page().get(pk=application.pk)
