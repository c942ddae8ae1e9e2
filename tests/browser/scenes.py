"""What a story finds when its curtain rises, made in the database of a running site; and how its books stand since."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.db.models import Sum

from listings.assets.models import Asset
from listings.deals.models import Deal
from listings.patents.models import AnnuityPayment
from listings.patents.services import statuses
from listings.patents.tasks import refresh_statuses
from listings.rights.models import Entry
from listings.rights.services.consents import give_consent
from listings.rights.states import Act, ConsentKind, EntryKind
from loans.models import Loan
from loans.models.loan import in_money
from loans.services import day_end
from loans.services.standing import position_of
from loans.tasks import close_business_day
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind, Role
from marketplace.core import clock, invariants, relay
from marketplace.core.actor import SYSTEM
from marketplace.core.timers import run_due as run_timers
from marketplace.core.workdays import months_after
from marketplace.payments import demo as payments_demo
from marketplace.payments.models import Account, Obligation, Payout
from marketplace.payments.services import books
from marketplace.payments.services.connected import open_connected_account, refresh_account
from marketplace.payments.tasks import reconcile, send_payouts
from tests import cast
from tests.appraisals import stages as appraisals
from tests.brokers.makers import a_mandate
from tests.builders import a_person, a_verified_organisation, an_operator, joins
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.loans import stages as loans
from tests.loans.lent import a_cover, a_loan
from tests.payments.makers import a_bank_account, a_payout_account
from tests.rights.makers import owned, pledged
from valuation.appraisals import fees
from valuation.models import Order

Told = dict[str, Any]
KNOWN: dict[str, Callable[..., Any]] = {}
CODE_PERIOD_S = 30


def known(function: Callable[..., Any]) -> Callable[..., Any]:
    """May be asked for by its name."""
    KNOWN[function.__name__] = function
    return function


def a_part(email: str, name: str, kind: str, names: tuple[str, str], country: str = "CN") -> cast.Part:
    """The owner of a verified organisation, with an authenticator app to sign with."""
    person = a_person(email, name=name)
    facts = {"kind": kind, "name_zh": names[0], "name_en": names[1], "country": country}
    organisation = a_verified_organisation(person, **facts, **({} if country == "CN" else {"uscc": ""}))
    cast.enrol(person)
    return cast.Part(person, organisation)


def a_desk_officer(email: str, name: str, *roles: str) -> cast.Part:
    operator, person = an_operator(), a_person(email, name=name)
    if not operator.memberships.live().filter(user=person).exists():
        joins(person, operator, roles)
    cast.enrol(person)
    return cast.Part(person, operator)


def told_of(**parts: cast.Part) -> Told:
    return {
        role: {"email": part.person.email, "name": part.person.name, "organisation": part.organisation.name_zh,
               "organisation_id": part.organisation.pk}
        for role, part in parts.items()
    }  # fmt: skip


@known
def sale_abroad() -> Told:
    """A pledged right of two owners in Singapore, whose seller has a broker; a buyer; two officers of the market.

    The payees but the seller have their accounts at Stripe; the seller opens its own on stage.
    """
    seller = a_part(
        "shen@sealion.test", "沈海", Kind.ENTERPRISE, ("海狮膜材料有限公司", "Sealion Membranes Pte Ltd"), "SG"
    )
    owner = a_part("tan@lantau-labs.test", "陈琳", Kind.ENTERPRISE, ("澜涛实验室", "Lantao Laboratories Pte Ltd"), "SG")
    bank = a_part("lim@straits-bank.test", "林德", Kind.BANK, ("海峡创新银行", "Straits Innovation Bank Ltd"), "SG")
    broker = a_part(
        "zhou@bridge.test", "周桥", Kind.BROKER, ("桥梁技术经纪行", "Bridge Technology Brokers Pte Ltd"), "SG"
    )
    buyer = a_part("bai@baiyun-power.test", "柏舟", Kind.ENTERPRISE, ("白云动力有限公司", "Baiyun Power Co., Ltd."))
    right = a_right(seller, title_zh="一种耐高压复合膜", title_en="A membrane for high pressures")
    owned(right, (seller, (7, 10)), (owner, (3, 10)))
    give_consent(asset_id=right.pk, kind=ConsentKind.CO_OWNER, acts=[Act.LIST, Act.PLEDGE], by=owner.actor)
    pledged(right, bank)
    a_mandate(seller, broker, payer="client")
    for part in (owner, bank, broker):
        has_an_account_at_stripe(part)
    return {
        "right": right.number,
        **told_of(seller=seller, owner=owner, bank=bank, broker=broker, buyer=buyer, **officers()),
    }


def has_an_account_at_stripe(part: cast.Part) -> None:
    """Opened here, and its papers given on the practice provider's own switchboard."""
    account = open_connected_account(organisation_id=part.organisation.pk, country="SG", by=part.actor)
    switch = urllib.request.Request(
        f"{settings.STRIPE_API_BASE}/_control/onboard",
        data=json.dumps({"account": account.external_id}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(switch, timeout=20).close()
    refresh_account(account.pk)


@known
def agreed_sale() -> Told:
    """A sale at 4.6 million, just agreed, payable by bank transfer; the money desk has two officers."""
    seller = a_part("shi@inno-fluoro.test", "石诺", Kind.ENTERPRISE, ("英诺氟材有限公司", "Inno Fluoro Co., Ltd."))
    buyer = a_part("bo@boyi-precision.test", "薄毅", Kind.ENTERPRISE, ("博益精密有限公司", "Boyi Precision Co., Ltd."))
    a_bank_account()
    a_payout_account(seller)
    deal = stages.agreed(a_listing(by=seller), seller=seller, buyer=buyer)
    return {"deal": deal.number, **told_of(seller=seller, buyer=buyer, **officers())}


@known
def appraisal_house() -> Told:
    """A holder with a right and a listing of it, two agencies, the people of one of them, and a bank that lends."""
    client = a_part(
        "cen@cenlan-membrane.test", "岑岚", Kind.ENTERPRISE, ("岑岚膜业有限公司", "Cenlan Membranes Co., Ltd.")
    )
    agency = a_part(
        "heng@pingheng.test",
        "衡平",
        Kind.AGENCY,
        ("平衡资产评估事务所（普通合伙）", "Pingheng Appraisal"),
    )
    rival = a_part(
        "zhun@zhunsheng.test",
        "准绳",
        Kind.AGENCY,
        ("准绳资产评估事务所（普通合伙）", "Zhunsheng Appraisal"),
    )
    bank = a_part("ling@linghe-bank.test", "凌禾", Kind.BANK, ("凌禾银行股份有限公司", "Linghe Bank Co., Ltd."))
    for part in (agency, rival):
        appraisals.agency_of(part)
    staff = {name: appraisals.member(agency, letter) for name, letter in (("anna", "a"), ("bai", "b"), ("chen", "c"))}
    for part in staff.values():
        cast.enrol(part.person)
    a_payout_account(agency)
    right = a_right(client, title_zh="一种耐氯复合纳滤膜", title_en="A chlorine-tolerant nanofiltration membrane")
    listing = a_listing(by=client, assets=[right])
    return {
        "right": right.pk,
        "listing": listing.number,
        **told_of(client=client, agency=agency, rival=rival, bank=bank, **staff),
    }


@known
def lending_house() -> Told:
    """A firm with a right appraised for a pledge and one more, its two signatories; a bank, its officers, its product.

    The annuity of the appraised right falls due in two months and nobody will pay it.
    """
    payments_demo.load(lambda line: None)
    borrower = a_part(
        "ruan@ruanhe-seal.test", "阮禾", Kind.ENTERPRISE, ("阮禾密封件有限公司", "Ruanhe Seals Co., Ltd.")
    )
    bank = a_part("yun@yunhu-bank.test", "云湖", Kind.BANK, ("云湖银行股份有限公司", "Yunhu Bank Co., Ltd."))
    agency = a_part("heng@pingheng.test", "衡平", Kind.AGENCY, ("平衡资产评估事务所（普通合伙）", "Pingheng Appraisal"))
    appraisals.agency_of(agency)
    for part in (borrower, bank):
        facts = {"address": "云澜市科技路 1 号", "address_en": "1 Keji Road, Yunlan"}
        Organisation.objects.filter(pk=part.organisation.pk).update(**facts)
        has_a_payout_account(part)
    right = with_annuities_until(a_right(borrower, title_zh="一种低摩擦旋转密封件"), due_in_days=60)
    spare = a_right(borrower, title_zh="一种耐高温唇形密封圈")
    report = appraisals.through(appraisals.requested(borrower, right), agency, borrower)
    product = loans.a_product(bank, frequency="3 MONTHS", method="EQUAL_INSTALMENT", cure_days=15)
    staff = {role: loans.officer(bank, role) for role in (Role.REVIEWER, Role.APPROVER, Role.POST_LOAN)}
    second = loans.officer(borrower, Role.SIGNATORY), loans.officer(bank, Role.SIGNATORY)
    for part in (*staff.values(), *second):
        cast.enrol(part.person)
    return {
        "right": {"pk": right.pk, "number": right.number, "value": f"{report.amount:.2f}"},
        "spare": {"pk": spare.pk, "number": spare.number},
        "product": product.name_zh,
        "players": told_of(
            borrower=borrower,
            bank=bank,
            reviewer=staff[Role.REVIEWER],
            approver=staff[Role.APPROVER],
            officer=staff[Role.POST_LOAN],
            borrower_signs=second[0],
            bank_signs=second[1],
        ),
    }


@known
def defaulted_loans() -> Told:
    """Two loans of 800,000 that owe 40,000 of interest since two months, each on one right; who buys, who reviews."""
    payments_demo.load(lambda line: None)
    borrower = a_part(
        "qi@qiyuan-seal.test", "戚源", Kind.ENTERPRISE, ("戚源密封科技有限公司", "Qiyuan Sealing Co., Ltd.")
    )
    bank = a_part("hai@haiqu-bank.test", "海渠", Kind.BANK, ("海渠银行股份有限公司", "Haiqu Bank Co., Ltd."))
    buyer = a_part("lu@luming-drive.test", "鹿鸣", Kind.ENTERPRISE, ("鹿鸣传动有限公司", "Luming Drives Co., Ltd."))
    officer = loans.officer(bank, Role.POST_LOAN)
    cast.enrol(officer.person)
    for part in (borrower, bank):
        has_a_payout_account(part)
    numbers = []
    for title in ("一种耐高温旋转密封结构", "一种自润滑密封环"):
        right = a_right(borrower, title_zh=title, title_en="A sealing structure")
        entry = pledged(right, bank)
        loan = a_loan(
            "800000.00",
            12,
            bank=bank,
            borrower=borrower,
            paid_on=months_after(clock.today(), -14),
            covers=[a_cover(right, value="1400000.00", entry_id=entry.pk)],
            method="SINGLE_PAYMENT",
            day_count="30E/360",
            annual_rate_pct=Decimal(5),
            penalty_grace_days=240,
        )
        numbers.append(loan.number)
    day_end.close_day(clock.today())
    return {
        "loans": numbers,
        "players": told_of(borrower=borrower, seller=bank, officer=officer, buyer=buyer, **officers()),
    }


@known
def day_in(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


@known
def payouts_go_out() -> None:
    """What the minute's beat does for payouts, at once."""
    send_payouts()
    reconcile()
    relay.relay_all()


def has_a_payout_account(part: cast.Part) -> None:
    if not part.organisation.payout_accounts.exists():
        a_payout_account(part)


def with_annuities_until(right: Asset, *, due_in_days: int) -> Asset:
    """All annuities of a right are paid but the one that falls due so many days from now."""
    due = clock.today() + timedelta(days=due_in_days)
    filed_on = due.replace(year=due.year - 6, day=min(due.day, 28))
    Asset.objects.filter(pk=right.pk).update(filed_on=filed_on, expires_on=filed_on.replace(year=filed_on.year + 20))
    AnnuityPayment.objects.bulk_create(
        AnnuityPayment(
            patent_id=right.pk, year=n, amount=Decimal(900), paid_on=filed_on.replace(year=filed_on.year + n - 1),
            source="office",
        )
        for n in range(3, 7)
    )  # fmt: skip
    statuses.refresh(asset_id=right.pk, by=SYSTEM)
    right.refresh_from_db()
    return right


@known
def days_go_by(days: int) -> str:
    """The practice market's clock goes ahead; its nights' work is done once, on the new day. Tells that day."""
    clock.set_ahead(clock.ahead() + timedelta(days=days))
    run_timers()
    refresh_statuses()
    relay.relay_all()
    close_business_day()
    relay.relay_all()
    return clock.today().isoformat()


@known
def today() -> str:
    return clock.today().isoformat()


@known
def rows_to_come(number: str) -> list[Told]:
    """The instalments to come: the day each is payable, and its sum."""
    rows = Loan.objects.get(number=number).rows_to_come.order_by("n")
    return [
        {"due": one.payable_on.isoformat(), "total": f"{in_money(one.principal + one.interest):.2f}"} for one in rows
    ]


@known
def days_until(day: str) -> int:
    return (date.fromisoformat(day) - clock.today()).days


@known
def pledge_spare(right: int, bank: int) -> None:
    """The office registered the pledge of another right, and the market’s desk entered it."""
    pledged(Asset.objects.get(pk=right), Organisation.objects.get(pk=bank), registered_on=clock.today())


@known
def loan_of(number: str) -> Told:
    """How a loan stands, its register entries, its payouts, and what is wrong with the books and rules anywhere."""
    loan = Loan.objects.get(number=number)
    shortfall = loan.shortfalls.order_by("-pk").first()
    position = position_of(loan, clock.today())
    return {
        "state": loan.state,
        "owed": f"{in_money(position.principal + position.due + position.accrued):.2f}",
        "days_past_due": position.days_past_due,
        "payments": [[f"{one.value_date}", f"{in_money(one.cents):.2f}"] for one in loan.payments.order_by("pk")],
        "shortfall": shortfall.state if shortfall else "",
        "missing": f"{in_money(shortfall.cents):.2f}" if shortfall else "",
        "alarms": sorted(set(loan.alarms_raised.values_list("kind", flat=True))),
        "pledged": Entry.objects.live().filter(asset__securities__loan=loan, kind=EntryKind.PLEDGE).count(),
        "paid_on": [f"{one.amount:.2f}" for one in Payout.objects.about(loan.subject).order_by("pk")],
        "wrong": [str(one) for one in books.check().findings],
        "broken": [answer.as_dict() for answer in invariants.ask_all() if answer.broken],
    }  # fmt: skip


def officers() -> dict[str, cast.Part]:
    """Two people of the market, for what takes two."""
    return {
        "desk": a_desk_officer("gao@market.test", "高审", Role.REVIEWER, Role.FINANCE),
        "second": a_desk_officer("fang@market.test", "方核", Role.APPROVER, Role.FINANCE),
    }


# ── asked between two clicks ─────────────────────────────────────────────────────────────────────────────────────────
@known
def code(after: int = 0) -> Told:
    """A code of the builders' authenticator apps and the period it is of, one later than `after`."""
    while (step := int(time.time()) // CODE_PERIOD_S) <= after:
        time.sleep(0.5)
    return {"code": format_hotp_value(hotp_value(cast.TOTP_SECRET, step)), "step": step}


@known
def session(email: str, organisation_id: int) -> str:
    """The session of somebody who has signed in with password and code, as the pages of signing in leave it."""
    part = cast.Part(a_person(email), Organisation.objects.get(pk=organisation_id))
    browser = part.signed_in()
    kept = browser.session
    shown = {"at": time.time(), "email": email}
    kept[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", **shown},
        {"method": "mfa", "type": "totp", **shown},
    ]
    kept.save()
    return str(browser.cookies[settings.SESSION_COOKIE_NAME].value)


@known
def money_of(deal: str) -> Told:
    """How a deal stands in the ledger; what is wrong with the books and with what must hold, anywhere in the market."""
    row = Deal.objects.get(number=deal)
    rows = Account.objects.filter(subject_kind=row.subject[0], subject_id=row.pk)
    sums = rows.order_by().values_list("kind").annotate(Sum("balance"))
    report = books.check()
    return {
        "state": row.state,
        "held": f"{-dict(sums).get('held', 0):.2f}",
        "payable": f"{-dict(sums).get('payable', 0):.2f}",
        "owed": [
            {"reference": one.reference, "state": one.state, "amount": f"{one.amount:.2f}", "paid": f"{one.paid:.2f}"}
            for one in Obligation.objects.about(row.subject).order_by("pk")
        ],
        "payouts": [
            {"to": one.payee_id, "purpose": one.purpose, "amount": f"{one.amount:.2f}", "state": one.state,
             "reference": one.reference}
            for one in Payout.objects.about(row.subject).order_by("pk")
        ],
        "wrong": [str(one) for one in report.findings],
        "broken": [answer.as_dict() for answer in invariants.ask_all() if answer.broken],
    }  # fmt: skip


@known
def appraisal_state(number: str) -> str:
    return Order.objects.values_list("state", flat=True).get(number=number)


@known
def appraisal_of(number: str) -> Told:
    """How an order stands, what is held for it and paid to its agency, and what is wrong with the books anywhere."""
    order = Order.objects.get(number=number)
    report = order.reports.order_by("-pk").first()
    return {
        "state": order.state,
        "held": f"{fees.held(order).amount:.2f}",
        "payouts": [{"to": one.payee_id, "amount": f"{one.amount:.2f}"} for one in Payout.objects.about(order.subject)],
        "report": report.number if report else "",
        "amount": f"{report.amount:.2f}" if report else "",
        "wrong": [str(one) for one in books.check().findings],
        "broken": [answer.as_dict() for answer in invariants.ask_all() if answer.broken],
    }


@known
def market_total(kind: str, currency: str, provider: str = "") -> str:
    """The balance of all accounts of a kind (at one provider, if it is named), debit positive."""
    rows = Account.objects.filter(kind=kind, currency=currency)
    rows = rows.filter(provider=provider) if provider else rows
    return f"{rows.aggregate(total=Sum('balance'))['total'] or 0:.2f}"
