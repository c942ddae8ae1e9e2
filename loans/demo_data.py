"""The demo's pledge loans: two banks' products, an application in every state, loans that run well and badly.

Applications are told through the services on the days the story gives them. Loans of before the market are taken over
from the banks' own books, as a bank that joins would do, with the payments made since. Rights are chosen among those
that no other story of the demo speaks of. What the rights of an application are worth stood in papers of before the
market, but for one that was appraised here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.catalogue.demo_data import Cast, office_hour
from listings.catalogue.states import ListingState
from listings.deals.demo_data import paper, person
from listings.rights.models import Entry, Reservation
from listings.rights.services.entries import Who
from listings.rights.services.pledges import record_pledge
from listings.rights.states import Source
from loans import reactions
from loans.consent_texts import texts_for
from loans.live import reactions as live_reactions
from loans.models import Application, CloseRun, Collateral, Loan, Product, Security
from loans.scoring import scorecard_for
from loans.services import (
    applications,
    contracting,
    day_end,
    decisions,
    disbursing,
    disposing,
    filings,
    intake,
    products,
    repaying,
    shortfalls,
    watching,
)
from loans.services.applications import Wanted
from loans.services.decisions import Draft
from loans.services.filings import Certificate
from loans.services.intake import Findings
from loans.services.opening import Cover, Lending, take_over_loan
from loans.services.products import Face
from loans.states.application import BINDING, RUNNING, ApplicationState
from loans.states.credit import Action, CheckState
from loans.states.servicing import LoanState, Route
from loans.waterfall import Bearer
from marketplace.accounts import demo as people
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.demo import Say
from marketplace.core.money import Money
from marketplace.core.relay import relay_to, subscribers
from marketplace.core.workdays import months_after
from marketplace.signing.factors import Shown
from marketplace.signing.models import Document
from marketplace.signing.services import documents
from marketplace.signing.states import FactorKind

HERE = Path(__file__).with_name("demo")
#: The bank's people by what they do; the smaller bank has two.
STAFF = {
    "citybank": {"admin": "bankadmin", "reviewer": "lena", "approver": "ken", "officer": "mei", "head": "hugo"},
    "ruralbank": {"admin": "nong", "reviewer": "nong", "approver": "gu", "officer": "nong", "head": "gu"},
}
#: Who asks and who signs for the borrowers.
BORROWERS = {
    "fluoro": ("ines", "gong"),
    "silicon": ("song", "song"),
    "lanxin": ("xin", "xin"),
    "yunlu": ("lu", "lu"),
    "yanshi": ("yan", "yan"),
    "linzy": ("lin", "lin"),
}
YEARS_LEFT = 4
Row = dict[str, Any]


def load(say: Say) -> None:
    """Products, applications and loans that are not there yet; a second run changes nothing."""
    cast = Cast()
    for row in _told("products"):
        _product(row)
    lent = sum(_loan(row, cast) for row in _told("loans"))
    asked = sum(_application(row, cast) for row in _told("applications"))
    if not CloseRun.objects.exists():
        _close()
        for row in _told("loans"):
            _afterwards(row)
        day_end.close_day(clock.today() - timedelta(days=1))
    say(f"{len(_told('products'))} loan products, {asked} applications, {lent} loans taken over")


@lru_cache(maxsize=3)
def _told(name: str) -> list[Row]:
    rows: list[Row] = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    return rows


@contextmanager
def _days_ago(days: int) -> Iterator[None]:
    """The market's clock at ten of an earlier day; loans hear what was done before the story goes on."""
    wanted = {reactions.follow, live_reactions.watch}
    followers = [one for one in subscribers() if one.handle in wanted]
    with clock.at(office_hour(days)):
        yield
        for one in followers:
            relay_to(one)


def _officer(bank: str, role: str) -> Actor:
    return person(STAFF[bank][role])


def _product(row: Row) -> None:
    by = _officer(row["bank"], "admin")
    if Product.objects.filter(bank=by.org_id, code=row["code"]).exists():
        return
    with _days_ago(row["days"]):
        face = Face(row["name_zh"], row["name_en"], row["intro_zh"], row["intro_en"])
        made = products.write_product(code=row["code"], face=face, terms=row["terms"], by=by)
        products.publish_version(product_id=made.pk, by=_officer(row["bank"], "head"))


def _free_rights(cast: Cast, owner: str, many: int) -> list[Asset]:
    """Granted inventions of an organisation that nobody has a claim on, and no loan or deal speaks of."""
    held = Asset.objects.filter(
        holder=cast.organisations[owner], office="CN", status=LegalStatus.IN_FORCE, patent__patent_kind="invention"
    )
    spoken_for = Collateral.objects.filter(application__state__in=RUNNING | BINDING).values("asset")
    taken = Entry.objects.live().values("asset")
    free = held.exclude(pk__in=taken).exclude(pk__in=Reservation.objects.live().values("asset"))
    free = free.exclude(pk__in=Security.objects.values("asset")).exclude(pk__in=spoken_for)
    free = free.filter(expires_on__gt=clock.today() + timedelta(days=YEARS_LEFT * 366)).order_by("pk")
    offered = free.filter(listings__state=ListingState.PUBLISHED).distinct()
    found = [*free.exclude(pk__in=offered.values("pk")), *offered]  # those that are on offer come last
    if len(found) < many:
        raise RuntimeError(f"{owner} has {len(found)} rights free for the demo's loans and {many} are wanted.")
    return found[:many]


# ── applications ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _application(row: Row, cast: Cast) -> bool:
    """Lead an application to the state in which the story leaves it; False where it is told already."""
    asks, signs = (person(name) for name in BORROWERS[row["borrower"]])
    if Application.objects.filter(borrower=asks.acts_for, purpose_note=row["note"]).exists():
        return False
    rights = [cast.asset(key, "CN") for key in row.get("patents", ())] or _free_rights(
        cast, row["borrower"], row["rights"]
    )
    chosen = [Product.objects.get(bank=cast.organisations[bank], code=code) for bank, code in row["products"]]
    with _days_ago(row["days"]):
        wanted = Wanted(
            asset_ids=[one.pk for one in rights if one is not None],
            amount=Decimal(row["amount"]),
            term_months=row["months"],
            purpose=row["purpose"],
            purpose_note=row["note"],
        )
        made = applications.apply(product_ids=[one.pk for one in chosen], wanted=wanted, by=asks)
        for one in made:
            _value(one, row)
    for step in STEPS[: STEPS.index(row["until"]) + 1] if row["until"] in STEPS else ():
        _step(step, made[0], row, asks, signs)
    if row["until"] not in STEPS and row["until"] != ApplicationState.DRAFT:
        _ends(row["until"], made[0], row, asks, signs)
    made[0].refresh_from_db()
    if made[0].state != row["until"]:
        raise RuntimeError(f"{made[0].number} of the demo came to {made[0].state} and not to {row['until']}.")
    return True


def _value(application: Application, row: Row) -> None:
    """What a paper of before the market says of rights without a report made here."""
    base = timezone.localdate() - timedelta(days=60)
    application.collateral.filter(value__isnull=True).update(
        value=Decimal(row["value"]), base_date=base, valid_until=months_after(base, 12)
    )


_S = ApplicationState
STEPS: tuple[str, ...] = (
    _S.SUBMITTED, _S.PRE_CHECK, _S.DUE_DILIGENCE, _S.CREDIT_REVIEW, _S.OFFERED, _S.ACCEPTED, _S.CONTRACTING,
    _S.REGISTERING, _S.REGISTERED, _S.DISBURSED,
)  # fmt: skip
#: Days after the application on which each step was taken, at the most; a short story takes them sooner.
AFTER = (0, 1, 2, 8, 12, 13, 15, 17, 20, 21)


def _step(step: str, one: Application, row: Row, asks: Actor, signs: Actor) -> None:
    """One step as the people of both sides take it."""
    bank = row["products"][0][0]
    reviewer, approver = _officer(bank, "reviewer"), _officer(bank, "approver")
    with _days_ago(max(0, row["days"] - AFTER[STEPS.index(step)])):
        if step == _S.SUBMITTED:
            _submits(one, row, signs if signs.acts_for == asks.acts_for else asks)
        elif step == _S.PRE_CHECK:
            intake.declare(application_id=one.pk, has_conflict=False, note="", by=reviewer)
            intake.take(application_id=one.pk, by=reviewer)
        elif step == _S.DUE_DILIGENCE:
            intake.look_into(application_id=one.pk, by=reviewer)
            _examines(one, reviewer, is_done=row["until"] != _S.DUE_DILIGENCE)
        elif step == _S.CREDIT_REVIEW:
            intake.put_forward(application_id=one.pk, by=reviewer)
            if row["until"] != _S.CREDIT_REVIEW or row.get("is_proposed"):
                _proposes(one, row, reviewer)
        elif step == _S.OFFERED:
            intake.declare(application_id=one.pk, has_conflict=False, note="", by=approver)
            decisions.pass_proposal(proposal_id=one.proposals.get().pk, note="同意。 Agreed.", by=approver)
        elif step == _S.ACCEPTED:
            contracting.accept(application_id=one.pk, by=signs)
        elif step == _S.CONTRACTING:
            contracting.draw_up(application_id=one.pk, by=reviewer)
            if row["until"] == _S.CONTRACTING:
                return
            one.refresh_from_db()
            for party in (signs, _officer(bank, "admin")):
                for document_id in (one.loan_contract_id, one.pledge_contract_id):
                    assert document_id is not None
                    _signs(document_id, party)
            contracting.contract_signed(application_id=one.pk)
        elif step == _S.REGISTERING:
            _files(one, row, reviewer)
        elif step == _S.REGISTERED:
            _certifies(one, reviewer, approver)
        else:
            disbursing.disburse(application_id=one.pk, disbursed_on=clock.today(), by=_officer(bank, "officer"))


def _submits(one: Application, row: Row, by: Actor) -> None:
    for kind, title in (("licence", "营业执照"), ("accounts", "近三年财务报表")):
        applications.add_paper(application_id=one.pk, kind=kind, upload=paper(title), by=by)
    for text in texts_for(one.bank):
        applications.consent(application_id=one.pk, kind=text.kind, sha256=text.sha256, by=by)
    applications.submit(application_id=one.pk, by=by)


def _examines(one: Application, by: Actor, *, is_done: bool) -> None:
    """The checklist, whole or half, with the score and the report where it is whole."""
    keys = [line.key for line in one.checks.order_by("pk")]
    for key in keys if is_done else keys[: len(keys) // 2]:
        intake.tick(application_id=one.pk, key=key, state=CheckState.DONE, note="已核对原件。 Originals seen.", by=by)
    if not is_done:
        return
    answers = {one["key"]: one["answers"][-1]["key"] for one in scorecard_for(one.bank_id).data["factors"]}
    intake.score(application_id=one.pk, answers=answers, by=by)
    said = {
        "business": "主营产品由所质专利覆盖，收入稳步增长。 The patents cover the main products; revenue grows.",
        "collateral": "权属清楚，无在先质押；同类专利有成交。 Title is clear, nothing pledged; like patents sell.",
        "repayment": "以货款回笼偿还，现金流为本息的 1.6 倍。 From receipts; cash flow is 1.6 × debt service.",
        "opinion": "建议按方案批准。 To be approved as proposed.",
    }
    intake.write_report(application_id=one.pk, findings=Findings(**said), by=by)


def _proposes(one: Application, row: Row, by: Actor) -> None:
    draft = Draft(
        action=Action.APPROVE,
        reason="现金流与押品均可覆盖。 Cash flow and collateral both carry it.",
        amount=Decimal(row["amount"]),
        term_months=row["months"],
    )
    decisions.propose(application_id=one.pk, draft=draft, by=by)


def _signs(document_id: int, by: Actor) -> None:
    contract = Document.objects.get(pk=document_id)
    assert by.user_id is not None
    shown = Shown(by.user_id, FactorKind.TOTP, documents.purpose_of(contract))
    documents.sign(document_id=contract.pk, sha256=contract.sha256, by=by, otp=shown)


def _files(one: Application, row: Row, by: Actor) -> None:
    """Filed at the office; in one story it asks for a correction."""
    filing = one.filings.get()
    filings.say_filed(filing_id=filing.pk, filed_on=clock.today(), reference=row["filing"], is_online=True, by=by)
    if row["until"] == _S.REGISTERING:
        filings.ask_correction(
            filing_id=filing.pk,
            found="质押合同未写明专利申请日。 The pledge contract lacks the filing dates.",
            correct_by=clock.today() + timedelta(days=20),
            by=by,
        )


def _certifies(one: Application, reviewer: Actor, approver: Actor) -> None:
    filing = one.filings.get()
    notice = Certificate(f"Y2026980{one.pk:06d}", clock.today())
    filings.hand_in(filing_id=filing.pk, certificate=notice, upload=paper("质押登记通知书"), by=reviewer)
    filings.confirm(filing_id=filing.pk, by=approver)


def _ends(until: str, one: Application, row: Row, asks: Actor, signs: Actor) -> None:
    """Stories that end otherwise: returned, declined, withdrawn."""
    for step in (_S.SUBMITTED, _S.PRE_CHECK):
        _step(step, one, row, asks, signs)
    bank = row["products"][0][0]
    reviewer, approver = _officer(bank, "reviewer"), _officer(bank, "approver")
    with _days_ago(max(0, row["days"] - 3)):
        if until == _S.RETURNED:
            intake.give_back(application_id=one.pk, reason_code="papers", reason=row["why"], by=reviewer)
        elif until == _S.REJECTED:
            draft = Draft(action=Action.REJECT, reason=row["why"], reason_code="cash_flow")
            decisions.propose(application_id=one.pk, draft=draft, by=reviewer)
            intake.declare(application_id=one.pk, has_conflict=False, note="", by=approver)
            decisions.pass_proposal(proposal_id=one.proposals.get().pk, by=approver)
        else:
            applications.withdraw(application_id=one.pk, by=signs, reason=row["why"])


# ── loans of before the market ───────────────────────────────────────────────────────────────────────────────────────
def _loan(row: Row, cast: Cast) -> bool:
    """Take a loan over with its pledges and what was paid since; False where it is there already."""
    bank, borrower = cast.organisations[row["bank"]], cast.organisations[row["borrower"]]
    if Loan.objects.filter(bank=bank, bank_reference=row["reference"]).exists():
        return False
    paid_on = clock.today() - timedelta(days=row["days"])
    product = Product.objects.get(bank=bank, code=row["product"])
    assert product.version is not None
    terms = product.version.terms
    covers = []
    for at, asset in enumerate(_free_rights(cast, row["borrower"], row["rights"])):
        entry = record_pledge(
            asset_id=asset.pk,
            pledgor=Who(borrower.pk),
            pledgee=Who(bank.pk),
            registered_on=paid_on,
            reference=f"{row['pledge']}{at}",
            amount=Money(Decimal(row["principal"]), "CNY"),
            debt_due_on=months_after(paid_on, row["months"]),
            by=people.reviewer(),
            source=Source.CNIPA,
        )
        line = terms.rights["invention"]
        base = max(paid_on, clock.today() - timedelta(days=int(row.get("appraised_before") or row["days"])))
        covers.append(
            Cover(asset.pk, line.haircut_bp, line.ltv_bp, entry.pk, Decimal(row["value"]), base, months_after(base, 12))
        )
    loan = take_over_loan(
        lending=Lending(
            borrower_id=borrower.pk,
            bank_id=bank.pk,
            terms=terms,
            principal=Decimal(row["principal"]),
            months=row["months"],
            paid_on=paid_on,
            reference=f"{row['reference']}-1",
            covers=covers,
            bank_reference=row["reference"],
        ),
        by=_officer(row["bank"], "head"),
    )
    _pays(loan, row, _officer(row["bank"], "officer"))
    return True


def _pays(loan: Loan, row: Row, by: Actor) -> None:
    """Instalments as they fell due until now, but for the newest `unpaid` ones; or the whole debt."""
    due = [one for one in loan.rows_to_come.order_by("n") if one.payable_on <= clock.today()]
    for at, one in enumerate(due[: len(due) - row.get("unpaid", 0)]):
        on = min(clock.today(), one.payable_on + timedelta(days=row.get("late", {}).get(str(at), 0)))
        amount = Decimal(one.principal + one.interest) / 100
        reference = f"{row['reference']}-P{at + 1}"
        repaying.receive(loan_id=loan.pk, reference=reference, value_date=on, amount=amount, by=by, source="file")
    if row["until"] in (LoanState.SETTLED, LoanState.RELEASED):
        ends = repaying.quoted(loan, clock.today())
        amount, reference = Decimal(ends.total) / 100, f"{row['reference']}-END"
        repaying.receive(
            loan_id=loan.pk, reference=reference, value_date=clock.today(), amount=amount, early="shorter", by=by
        )


def _close() -> None:
    """The last business days are closed, so that the book, its alarms and shortfalls are there."""
    watching.watch_annuities(clock.today())
    day_end.close_day(clock.today() - timedelta(days=3))
    day_end.close_day(clock.today() - timedelta(days=2))


def _afterwards(row: Row) -> None:
    """What the bank did about a loan that went badly, or was paid off."""
    officer = _officer(row["bank"], "officer")
    loan = Loan.objects.get(bank=officer.org_id, bank_reference=row["reference"])
    until = row["until"]
    if until == LoanState.RELEASED and loan.state == LoanState.SETTLED:
        watching.release_pledges(loan_id=loan.pk, by=officer)
    if until == "short":
        with _days_ago(1):
            shortfalls.notify(shortfall_id=loan.shortfalls.get().pk, by=officer)
    if until in (LoanState.DEFAULT, LoanState.DISPOSAL, "shared"):
        _calls_default(loan, row, officer)
    for alarm in loan.alarms_raised.filter(handled_at=None).order_by("pk")[: row.get("handles", 0)]:
        watching.handle(alarm_id=alarm.pk, action=row["action"], by=officer)


def _calls_default(loan: Loan, row: Row, by: Actor) -> None:
    """Notice; where it ran out, the route, and in one story the sale and who bears the loss."""
    told = row["until"]
    with _days_ago(0 if told == LoanState.DEFAULT else 40):
        cure_by = clock.today() + timedelta(days=15)
        disposal = disposing.give_notice(loan_id=loan.pk, ground=row["ground"], cure_by=cure_by, by=by)
    if told == LoanState.DEFAULT:
        return
    with _days_ago(20):
        disposing.choose_route(disposal_id=disposal.pk, route=Route.AUCTION, by=by)
        disposing.offer(disposal_id=disposal.pk, by=by)
    if told == "shared":
        with _days_ago(5):
            sold = date.fromisoformat(clock.today().isoformat())
            disposing.sold(disposal_id=disposal.pk, proceeds=Decimal(row["proceeds"]), costs=Decimal(row["costs"]),
                           sold_on=sold, by=by)  # fmt: skip
            pools = [Bearer("province", Decimal(40), 100_000_000), Bearer("city", Decimal(20), 100_000_000)]
            disposing.distribute(disposal_id=disposal.pk, bearers=pools, by=by)
