"""Appraisal orders brought to each stage by the services that lead there, in the hands of the cast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from listings.assets.models import Asset
from marketplace.accounts.roles import Kind, Role
from marketplace.core import clock, relay
from marketplace.signing.factors import Shown
from marketplace.signing.models import Document
from marketplace.signing.services import documents
from marketplace.signing.states import FactorKind
from tests import cast
from tests.builders import a_pdf, a_person, a_verified_organisation, joins
from tests.cast import Part
from tests.catalogue.makers import a_right
from tests.payments.makers import sandbox_pays
from valuation.appraisals import fees
from valuation.appraisals.services import agencies, data, drafting, issuing, orders, quotes, reviewing
from valuation.appraisals.services.drafting import Frame, Working
from valuation.appraisals.services.orders import Wanted
from valuation.appraisals.services.quotes import Terms
from valuation.models import Agency, Order, Quote, Report

FEE = Decimal("53000.00")
INCOME = {
    "revenue": ["10000000", "11000000", "12000000", "13000000", "14000000"],
    "royalty_rate": "0.042",
    "discount_rate": "0.175",
    "tax_rate": "0.25",
    "tab": False,
}
COST = {"current_cost": "2600000", "functional": "0.10", "technological": "0.15", "economic": "0"}


def agency_of(part: Part, *, certificates: Sequence[str] = ()) -> Agency:
    """The part's agency with its profile and three appraisers: the owner, and two members more."""
    found = Agency.objects.filter(organisation=part.organisation).first()
    if found is not None:
        return found
    made = agencies.keep_profile(
        by=part.actor,
        facts={
            "legal_form": Agency.Form.PARTNERSHIP,
            "filing_number": f"云财资备〔2024〕{part.organisation.pk}号",
            "filed_with": "云澜市财政局",
            "filed_on": date(2024, 3, 1),
            "fields": ["C08", "H01M"],
            "insurer": "云澜财产保险",
            "insured_amount": Decimal("20000000.00"),
            "insured_until": clock.today() + timedelta(days=700),
            "turnaround_days": 20,
            "is_taking_orders": True,
        },
    )
    for at, role in enumerate((Role.APPRAISER, Role.APPRAISER, Role.REVIEWER)):
        person = a_person(f"{'abc'[at]}{part.organisation.pk}@agency.test", name=("安可", "白蕊", "陈审")[at])
        joins(person, part.organisation, [role])
        if role == Role.APPRAISER:
            agencies.enter_appraiser(
                by=part.actor,
                user_id=person.pk,
                certificate=f"33{part.organisation.pk:04d}{at:02d}",
                is_certified=True,
                joined_on=date(2024, 1, 1),
            )
    return made


def member(part: Part, letter: str) -> Part:
    """A member of the agency: "a" and "b" appraise, "c" reviews."""
    return Part(a_person(f"{letter}{part.organisation.pk}@agency.test"), part.organisation)


def vera() -> Part:
    """Appraises too: owner of another agency."""
    person = a_person("vera@second.test", name="Vera")
    organisation = a_verified_organisation(
        person, kind=Kind.AGENCY, name_zh="维拉评估有限公司", name_en="Vera Appraisal Ltd."
    )
    return Part(person, organisation)


def wanted(*assets: Asset, **given: Any) -> Wanted:
    """A plain order for a pledge, base date today."""
    return Wanted(
        **{
            "asset_ids": [one.pk for one in assets],
            "purpose": "pledge",
            "base_date": clock.today(),
            "deadline": clock.today() + timedelta(days=40),
            "quotes_until": clock.now() + timedelta(days=7),
            **given,
        }
    )


def requested(client: Part | None = None, *assets: Asset, **given: Any) -> Order:
    client = client or cast.ines()
    return orders.request_appraisal(by=client.actor, wanted=wanted(*(assets or (a_right(client),)), **given))


def invited(order: Order, *parts: Part, client: Part | None = None) -> Order:
    client = client or cast.ines()
    ids = [agency_of(part).pk for part in parts or (cast.val(),)]
    return orders.invite(order_id=order.pk, agency_ids=ids, by=client.actor)


def terms(**given: Any) -> Terms:
    return Terms(**{"fee": FEE, "days": 20, "methods": ["relief_from_royalty"], "is_independent": True, **given})


def quote_of(order: Order, part: Part) -> Quote:
    return Quote.objects.get(order=order, agency__organisation=part.organisation)


def quoted(order: Order, part: Part | None = None, **given: Any) -> Order:
    part = part or cast.val()
    quotes.offer(quote_id=quote_of(order, part).pk, terms=terms(**given), by=part.actor)
    return now(order)


def chosen(client: Part | None = None, agency: Part | None = None, **given: Any) -> Order:
    """The client chose the agency; their contract waits for both."""
    client, agency = client or cast.ines(), agency or cast.val()
    order = quoted(invited(requested(client, **given), agency, client=client), agency)
    orders.engage(order_id=order.pk, quote_id=quote_of(order, agency).pk, by=client.actor)
    return now(order)


def contracted(order: Order, client: Part | None = None, agency: Part | None = None) -> Order:
    """Client and agency signed the engagement contract; the fee is owed."""
    for part in (client or cast.ines(), agency or cast.val()):
        signs(part, Document.objects.get(pk=order.contract_id))
    orders.contract_signed(order_id=order.pk, document_id=order.contract_id or 0)
    return now(order)


def engaged(client: Part | None = None, agency: Part | None = None, **given: Any) -> Order:
    """The client engaged the agency and owes the fee."""
    return contracted(chosen(client, agency, **given), client, agency)


def paid(order: Order) -> Order:
    """The fee is held; no relay runs where nothing is committed, so the step is taken as it would be."""
    for one in fees.obligations(order):
        sandbox_pays(one)
    orders.fee_arrived(order_id=order.pk)
    return now(order)


def now(order: Order) -> Order:
    return Order.objects.select_related("agency__organisation", "quote", "client").get(pk=order.pk)


def drafting_stage(client: Part | None = None, agency: Part | None = None, **given: Any) -> Order:
    """Data asked for, delivered and accepted; the draft is begun."""
    client, agency = client or cast.ines(), agency or cast.val()
    order = paid(engaged(client, agency, **given))
    request = data.ask(
        order_id=order.pk, title="近三年财务报表", due_on=clock.today() + timedelta(days=5), by=agency.actor
    )
    data.deliver(request_id=request.pk, answer="见附件", uploads=[a_pdf("accounts.pdf")], by=client.actor)
    data.accept(request_id=request.pk, by=agency.actor)
    data.begin_drafting(order_id=order.pk, by=agency.actor)
    return now(order)


def working(method: str = "relief_from_royalty", given: dict[str, Any] | None = None, **more: Any) -> Working:
    """A method filled in, with a reason for each input."""
    given = given or {"relief_from_royalty": INCOME, "replacement_cost": COST}[method]
    return Working(
        **{
            "method": method,
            "input": given,
            "reasons": {name: f"依据委托人资料与同类交易：{name}" for name in given},
            "uncertain": {"royalty_rate": {"low": "0.034", "high": "0.051"}} if "royalty_rate" in given else {},
            "why": "适用于可预测收益的专利。",
            **more,
        }
    )


def write_everything(order: Order, part: Part) -> None:
    """Words, frame, two methods and their weights, by one appraiser."""
    from valuation.appraisals.sections import SECTIONS

    order_id, by = order.pk, part.actor
    for section in SECTIONS:
        drafting.write_text(
            order_id=order_id,
            section=section.name,
            zh=section.start_zh or f"{section.name}：经核查，情况属实。",
            en=section.start_en or f"{section.name}: checked and found as stated.",
            by=by,
        )
    signers = [member(part, "a").person.pk, member(part, "b").person.pk]
    frame = Frame(economic_life_ends_on=date(2036, 5, 6), visited_on=clock.today(), unit=10000, signer_ids=signers)
    drafting.set_frame(order_id=order_id, frame=frame, by=by)
    drafting.use_method(order_id=order_id, working=working(), by=by)
    drafting.use_method(order_id=order_id, working=working("replacement_cost"), by=by)
    weights = {"relief_from_royalty": Decimal(70), "replacement_cost": Decimal(30)}
    drafting.weigh(order_id=order_id, weights=weights, by=by)


def reviewing_stage(client: Part | None = None, agency: Part | None = None, **given: Any) -> Order:
    agency = agency or cast.val()
    order = drafting_stage(client, agency, **given)
    write_everything(order, member(agency, "a"))
    drafting.hand_in(order_id=order.pk, by=member(agency, "a").actor)
    return now(order)


def signing_stage(client: Part | None = None, agency: Part | None = None, **given: Any) -> Report:
    agency = agency or cast.val()
    order = reviewing_stage(client, agency, **given)
    return reviewing.approve(order_id=order.pk, by=member(agency, "c").actor)


def signs(part: Part, document: Document) -> Document:
    """Sign with a second factor shown just now."""
    shown = Shown(part.person.pk, FactorKind.TOTP, documents.purpose_of(document))
    return documents.sign(document_id=document.pk, sha256=document.sha256, by=part.actor, otp=shown)


def all_sign(report: Report, agency: Part | None = None) -> Report:
    """Both appraisers, then the agency; the report is issued."""
    agency = agency or cast.val()
    for part in (member(agency, "a"), member(agency, "b"), agency):
        signs(part, Document.objects.get(pk=report.document_id))
    issuing.signed(report_id=report.pk)
    return Report.objects.select_related("agency__organisation", "order", "document").get(pk=report.pk)


def issued(client: Part | None = None, agency: Part | None = None, **given: Any) -> Report:
    """A report in force."""
    return all_sign(signing_stage(client, agency, **given), agency)


def through(order: Order, agency: Part, client: Part | None = None) -> Report:
    """An order that waits for agencies, all the way to a report in force."""
    client = client or cast.ines()
    order = quoted(invited(order, agency, client=client), agency)
    orders.engage(order_id=order.pk, quote_id=quote_of(order, agency).pk, by=client.actor)
    order = paid(contracted(now(order), client, agency))
    data.begin_drafting(order_id=order.pk, by=agency.actor)
    write_everything(order, member(agency, "a"))
    drafting.hand_in(order_id=order.pk, by=member(agency, "a").actor)
    return all_sign(reviewing.approve(order_id=order.pk, by=member(agency, "c").actor), agency)


def at_once(order: Order) -> Order:
    """After everything that happened was relayed."""
    relay.relay_all()
    return now(order)
