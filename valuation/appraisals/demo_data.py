"""The demo's appraisals, told through the services at the times the story gives them.

After every day of a story appraisals hear what happened, so that they follow fees and signatures as they do in the
running market. Fees are transferred at the sandbox bank, whose statements follow each other in time: what was paid
before the demo's deals is told before them, the rest after them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from listings.assets.models import Asset
from listings.catalogue.demo_data import Cast, office_hour
from listings.catalogue.models import Listing
from listings.deals.demo_data import paper, pays, person
from marketplace.core import clock, timers
from marketplace.core.actor import Actor
from marketplace.core.demo import Say
from marketplace.core.relay import relay_to, subscribers
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import BankAccount, Payout
from marketplace.payments.services import payouts
from marketplace.signing.factors import Shown
from marketplace.signing.models import Document
from marketplace.signing.services import documents
from marketplace.signing.states import FactorKind
from valuation.appraisals import reactions
from valuation.appraisals.sections import BY_NAME
from valuation.appraisals.services import agencies, data, drafting, orders, quotes, reports, reviewing, scores
from valuation.appraisals.services.drafting import Frame, Working
from valuation.appraisals.states import OrderState
from valuation.models import Agency, Order, Quote, Report

HERE = Path(__file__).with_name("demo")
QUOTES_OPEN_DAYS = 5
OFFERED_AGAIN = (60, 30, 7)
Row = Mapping[str, Any]


def load(say: Say) -> None:
    """Agencies, and the orders whose fees were paid before the demo's deals. A second run changes nothing."""
    cast = Cast()
    for row in _told("agencies"):
        _profile(row)
    made = sum(tell(row, cast) for row in _told("orders") if not row.get("is_late"))
    say(f"{len(_told('agencies'))} valuation agencies, {made} appraisal orders")


def load_late(say: Say) -> None:
    """The orders whose fees were paid after those of the demo's deals."""
    cast = Cast()
    made = sum(tell(row, cast) for row in _told("orders") if row.get("is_late"))
    say(f"{made} appraisal orders under way")


@lru_cache(maxsize=2)
def _told(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    return rows


@contextmanager
def _days_ago(days: int) -> Iterator[None]:
    """The market's clock at ten of an earlier day; appraisals hear what was done before the story goes on."""
    follower = next(one for one in subscribers() if one.handle is reactions.follow)
    with clock.at(office_hour(days)):
        yield
        relay_to(follower)


# ── agencies ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _profile(row: Row) -> None:
    owner = person(row["owner"])
    if Agency.objects.filter(organisation=owner.org_id).exists():
        return
    facts = {**row["facts"], "filed_on": date.fromisoformat(row["facts"]["filed_on"])}
    facts["insured_amount"] = Decimal(facts["insured_amount"])
    facts["insured_until"] = clock.today() + timedelta(days=row["insured_for_days"])
    agencies.keep_profile(by=owner, facts=facts)
    for one in row["appraisers"]:
        user_id = person(one["person"]).user_id
        assert user_id is not None
        agencies.enter_appraiser(
            by=owner,
            user_id=user_id,
            certificate=one["certificate"],
            is_certified=True,
            joined_on=date.fromisoformat(one["joined_on"]),
        )


def _agency_of(cast: Cast, key: str) -> Agency:
    return Agency.objects.get(organisation=cast.organisations[key])


def _owner_of(key: str) -> Actor:
    return person(next(row["owner"] for row in _told("agencies") if row["key"] == key))


# ── one order ────────────────────────────────────────────────────────────────────────────────────────────────────────
def tell(row: Row, cast: Cast) -> bool:
    """Lead an order to the state in which the story leaves it; False where it is told already or its right is gone."""
    client, asset = person(row["orders"]), cast.asset(row["patent"], "CN")
    if asset is None or Order.objects.filter(client=client.acts_for, ordered__asset=asset).exists():
        return False
    order = _asked(row, cast, client, asset)
    days, until = row["days"], row["until"]
    if "engage" in days:
        agency = _owner_of(row["agency"])
        with _days_ago(days["engage"]):
            chosen = Quote.objects.get(order=order, agency__organisation=agency.org_id)
            contract = orders.engage(order_id=order.pk, quote_id=chosen.pk, by=client).contract
            assert contract is not None
            for party in (person(row["signs"]), agency) if until != OrderState.CONTRACTING else ():
                _signs(contract.pk, party)
    if "pay" in days:
        with _days_ago(days["pay"]):
            pays(order.subject)
    if "data" in days:
        with _days_ago(days["data"]):
            _gather(order, agency, client, is_done="draft" in days)
    if "draft" in days:
        with _days_ago(days["draft"]):
            _draft(row, order, asset)
    if "review" in days:
        _review(row, order)
    if "sign" in days:
        _sign(row, order, client)
    order.refresh_from_db()
    expected = OrderState.ISSUED if until in ("issued", "expired") else until
    if order.state != expected:
        raise RuntimeError(f"{order.number} of the demo came to {order.state} and not to {expected}.")
    return True


def _asked(row: Row, cast: Cast, client: Actor, asset: Asset) -> Order:
    """Requested and quoted for. Quoting is judged by the database's own clock, so it ends after today."""
    with _days_ago(row["days"]["request"]):
        order = orders.request_appraisal(
            by=client,
            wanted=orders.Wanted(
                asset_ids=[asset.pk],
                purpose=row["purpose"],
                base_date=timezone.localdate() - timedelta(days=row["base_days"]),
                deadline=clock.today() + timedelta(days=row["wanted_in"]),
                quotes_until=timezone.now() + timedelta(days=QUOTES_OPEN_DAYS),
                user_ids=[cast.organisations[key].pk for key in row["users"]],
                note=row.get("note", ""),
            ),
        )
        invited = [_agency_of(cast, key).pk for key in row.get("invites", row["quotes"])]
        orders.invite(order_id=order.pk, agency_ids=invited, by=client)
    for at, (key, terms) in enumerate(row["quotes"].items()):
        with _days_ago(row["days"]["quotes"] + len(row["quotes"]) - 1 - at):
            quote = Quote.objects.get(order=order, agency=_agency_of(cast, key))
            told = {**terms, "fee": Decimal(terms["fee"])}
            quotes.offer(quote_id=quote.pk, terms=quotes.Terms(**told, is_independent=True), by=_owner_of(key))
    return order


def _gather(order: Order, agency: Actor, client: Actor, *, is_done: bool) -> None:
    """The usual data are asked for; where drafting follows, all are delivered and accepted, else the first two are."""
    due = clock.today() + timedelta(days=14)
    asked = data.ask_usual(order_id=order.pk, due_on=due, by=agency)
    for at, request in enumerate(asked if is_done else asked[:2]):
        uploads = [paper("近三年财务报表")] if at == 2 else []
        data.deliver(
            request_id=request.pk, answer="见附件或登记簿。 Attached, or see the register.", uploads=uploads, by=client
        )
        if is_done or at == 0:
            data.accept(request_id=request.pk, by=agency)
    if is_done:
        data.begin_drafting(order_id=order.pk, by=agency)


def _draft(row: Row, order: Order, asset: Asset) -> None:
    """Words, frame, scores, methods and, where all have one, their weights."""
    by = person(row["drafter"])
    for section, said in row["texts"].items():
        assert section in BY_NAME
        drafting.write_text(order_id=order.pk, section=section, zh=said["zh"], en=said["en"], by=by)
    frame = Frame(
        economic_life_ends_on=date.fromisoformat(row["economic_life"]),
        visited_on=timezone.localdate() - timedelta(days=row["visited_before"]),
        unit=10000,
        signer_ids=[_user_id(name) for name in row["signers"]],
    )
    drafting.set_frame(order_id=order.pk, frame=frame, by=by)
    scores.compute_scores(order_id=order.pk, by=by)
    for indicator, (points, evidence) in row.get("scores", {}).items():
        scores.give_score(
            order_id=order.pk, asset_id=asset.pk, indicator=indicator, points=Decimal(points), evidence=evidence, by=by
        )
    for one in row["methods"]:
        told = {name: one[name] for name in ("method", "input", "reasons", "uncertain", "why")}
        drafting.use_method(order_id=order.pk, working=Working(**told), by=by)
    weights = {one["method"]: Decimal(one["weight"]) for one in row["methods"] if "weight" in one}
    if weights:
        drafting.weigh(order_id=order.pk, weights=weights, by=by)


def _user_id(name: str) -> int:
    found = person(name).user_id
    assert found is not None
    return found


def _review(row: Row, order: Order) -> None:
    """Handed in; the reviewer's comment waits, or the report is approved on the day it is put before its signers."""
    with _days_ago(row["days"]["review"]):
        drafting.hand_in(order_id=order.pk, by=person(row["drafter"]))
    if "comment" in row:
        with _days_ago(row["days"]["review"] - 1):
            reviewing.comment(order_id=order.pk, by=person(row["reviewer"]), **row["comment"])


def _sign(row: Row, order: Order, client: Actor) -> None:
    """Approved and signed; where all sign, the fee is paid out and the years of the report go by."""
    day = row["days"]["sign"]
    with _days_ago(day):
        report = reviewing.approve(order_id=order.pk, by=person(row["reviewer"]))
        for name in row.get("signed") or [*row["signers"], row["seals"]]:
            assert report.document_id is not None
            _signs(report.document_id, person(name))
    if "signed" in row:
        return
    with _days_ago(day - 1):
        for one in Payout.objects.about(order.subject):
            payouts.send_payout(one.pk)
        sandbox.pull_statement(BankAccount.objects.get(provider=sandbox.CODE, currency=order.currency))
        if "shown_on" in row:
            listing = Listing.objects.filter(title_zh=row["shown_on"], organisation=client.acts_for).first()
            if listing is not None:
                reports.show(report_id=report.pk, listing_id=listing.pk, by=client)
    _let_time_pass(report)


def _signs(document_id: int, by: Actor) -> None:
    """With a second factor they hold in the demo."""
    document = Document.objects.get(pk=document_id)
    assert by.user_id is not None
    shown = Shown(by.user_id, FactorKind.TOTP, documents.purpose_of(document))
    documents.sign(document_id=document.pk, sha256=document.sha256, by=by, otp=shown)


def _let_time_pass(report: Report) -> None:
    """The clock at each day on which something falls due for an old report: the offers, and its end."""
    for before in (*OFFERED_AGAIN, -1):
        passed = (timezone.localdate() - report.valid_until).days + before
        if passed >= 0:
            with _days_ago(passed):
                timers.run_due()
