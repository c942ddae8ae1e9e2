"""What a story finds when its curtain rises, made in the database of a running site; and how its books stand since."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.db.models import Sum

from listings.deals.models import Deal
from listings.rights.services.consents import give_consent
from listings.rights.states import Act, ConsentKind
from marketplace.accounts.roles import Kind, Role
from marketplace.core import invariants
from marketplace.payments.models import Account, Obligation, Payout
from marketplace.payments.services import books
from marketplace.payments.services.connected import open_connected_account, refresh_account
from tests import cast
from tests.appraisals import stages as appraisals
from tests.brokers.makers import a_mandate
from tests.builders import a_person, a_verified_organisation, an_operator, joins
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
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
