"""Default, cure, and the collateral turned into money; the right never passes to the bank by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from listings.catalogue.services.listings import create_listing
from listings.catalogue.states import Mode, PriceMode
from listings.rights.ruling import enforces
from loans.graphs.disposal import DISPOSAL_GRAPH
from loans.graphs.lending import OFFICER
from loans.graphs.loan import LOAN_GRAPH
from loans.models import Disposal, Loan, LossShare, Recovery
from loans.models.disposal import UNDER_WAY
from loans.models.loan import in_cents, in_money
from loans.services.repaying import quoted, receive
from loans.services.standing import call_whole, happenings_of, paid_as
from loans.servicing.replay import replayed
from loans.servicing_refusals import LoanEnded, NoticeTooShort, NotOffered, ReferenceUsed, RouteNeedsListing
from loans.states.servicing import DisposalState, LoanState, PaymentSource, Route
from loans.waterfall import Bearer, Claims, Flow, Rank, bear, flow, give_back
from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all

#: The least the borrower gets to cure a default before its collateral is sold.
LEAST_CURE_DAYS = 10
#: A first sale starts at 70 % of the appraisal, and each further step is at most 20 % lower (online judicial sale
#: provisions, articles 10 and 26): the ladder offered by default.
FIRST_PCT, STEP_PCT, STEP_DAYS, STEPS = 70, 20, 30, 3


@enforces("ENF-START-PRICE", "ENF-RESALE")
def default_ladder(value: int, first_day: date) -> list[dict[str, Any]]:
    """Falling reserve prices for a value in cents: [{from, cents}], each at most a fifth below the one before."""
    price, rungs = value * FIRST_PCT // 100, []
    for step in range(STEPS):
        rungs.append({"from": (first_day + timedelta(days=step * STEP_DAYS)).isoformat(), "cents": price})
        price = price * (100 - STEP_PCT) // 100
    return rungs


def reserve_on(ladder: Sequence[Mapping[str, Any]], day: date) -> int | None:
    """The reserve price in force on a day, in cents; None before the first."""
    held = [int(rung["cents"]) for rung in ladder if date.fromisoformat(rung["from"]) <= day]
    return held[-1] if held else None


def give_notice(*, loan_id: int, ground: str, cure_by: date, by: Actor) -> Disposal:
    """Declare a default and give the borrower its days to cure it. Raises NoticeTooShort, NotPermitted, LoanEnded."""
    with locked(Loan, loan_id) as loan:
        if cure_by < clock.today() + timedelta(days=LEAST_CURE_DAYS):
            raise NoticeTooShort(days=LEAST_CURE_DAYS, field="cure_by")
        if loan.state != LoanState.DEFAULT:
            walk(LOAN_GRAPH, loan, "declare_default", by=by, reason=ground)
        require(OFFICER, by, loan)
        disposal = Disposal(loan=loan, ground=ground, cure_by=cure_by, noticed_by_id=by.user_id)
        data = {"loan": loan.pk, "cure_by": cure_by}
        begin(DISPOSAL_GRAPH, disposal, by=by, data=data)
        disposal.securities.set(loan.securities.standing())
    return disposal


@enforces("PLG-REALISE", "PLG-NO-FORFEIT")
def choose_route(*, disposal_id: int, route: str, by: Actor, ladder: Sequence[Mapping[str, Any]] = ()) -> Disposal:
    """After the cure has run out, decide how to sell. Raises CureStillRuns, RouteNeedsListing, NotPermitted."""
    with _its_loan(disposal_id) as (loan, disposal):
        if route == Route.MARKET and not ladder:
            raise RouteNeedsListing(field="ladder")
        prices = [int(rung["cents"]) for rung in ladder]
        if prices != sorted(prices, reverse=True) or any(price <= 0 for price in prices):
            raise RouteNeedsListing(field="ladder")
        disposal.route, disposal.ladder = route, [dict(rung) for rung in ladder]
        walk(DISPOSAL_GRAPH, disposal, "prepare", by=by, also=("route", "ladder"), data={"loan": loan.pk})
        if loan.state == LoanState.DEFAULT:
            walk(LOAN_GRAPH, loan, "dispose", by=by)
            call_whole(loan, on=clock.today(), by=by, reason=disposal.ground)
    return disposal


def offer(*, disposal_id: int, by: Actor) -> Disposal:
    """Put the collateral up for sale; on this market as a draft listing of mode "disposal", with the bank's consent."""
    with _its_loan(disposal_id) as (loan, disposal):
        if disposal.route == Route.MARKET:
            assets = list(disposal.securities.order_by("pk").values_list("asset_id", flat=True))
            listing = create_listing(by=by, asset_ids=assets, mode=Mode.DISPOSAL, values=_content(loan, disposal))
            disposal.listing_number = listing.number
        also = ("listing_number",)
        walk(DISPOSAL_GRAPH, disposal, "offer", by=by, also=also, data={"loan": loan.pk, "route": disposal.route})
    return disposal


def under_disposal(bank_id: int, asset_ids: Sequence[int]) -> set[int]:
    """Those of the rights that secure a loan of the bank which is being realised by a sale on offer."""
    sold = Disposal.objects.filter(loan__bank=bank_id, state__in=(DisposalState.OFFERED, DisposalState.SOLD))
    rows = sold.filter(securities__asset__in=asset_ids)
    return set(rows.values_list("securities__asset_id", flat=True)) & set(asset_ids)


def _content(loan: Loan, disposal: Disposal) -> dict[str, Any]:
    """What the listing says first; the bank completes it and hands it in for review like any other."""
    first = in_money(int(disposal.ladder[0]["cents"]))
    told: dict[str, Any] = {"price_mode": PriceMode.FIXED, "price_min": first, "currency": loan.currency}
    for language, suffix in (("zh-hans", "zh"), ("en", "en")):
        with translation.override(language):
            told[f"title_{suffix}"] = _("Sale of pledged patents, loan %(number)s") % {"number": loan.number}
    return told


def sold(
    *, disposal_id: int, proceeds: Decimal, sold_on: date, by: Actor, costs: Decimal = Decimal(0),
    enforcement: Decimal = Decimal(0), deal_id: int | None = None,
) -> Disposal:  # fmt: skip
    """What was realised before costs, which are the first rank; `deal_id` is the deal of this market that sold it.

    Raises NotPermitted, IllegalTransition, NotFound, Busy.
    """
    with _its_loan(disposal_id) as (loan, disposal):
        disposal.proceeds, disposal.sold_on = in_cents(proceeds), sold_on
        disposal.costs, disposal.enforcement = in_cents(costs), in_cents(enforcement)
        disposal.deal_id = deal_id
        walk(
            DISPOSAL_GRAPH,
            disposal,
            "sell",
            by=by,
            also=("proceeds", "sold_on", "costs", "enforcement", "deal_id"),
            data={"loan": loan.pk, "cents": disposal.proceeds},
        )
    return disposal


@enforces("PLG-NO-TRANSFER", "PLG-SURPLUS")
def payoff_for(*, bank_id: int, asset_ids: Sequence[int], most: int) -> int:
    """Cents that a sale of these rights today pays the bank first: what the loans they secure owe, at most `most`.

    `most` is the price less its costs. A bank states it in the deal as its payoff; what it leaves goes to the owners.
    """
    loans = Loan.objects.live().filter(bank=bank_id, securities__asset__in=asset_ids, securities__released_on=None)
    return min(most, sum(quoted(one, clock.today()).total for one in loans.distinct().order_by("pk")))


def shares_out(disposal: Disposal) -> Flow:
    """How the proceeds would be distributed on the day of the sale, by rank."""
    if disposal.proceeds is None or disposal.sold_on is None:
        raise NotOffered()
    loan = disposal.loan
    paid_by_the_sale = {
        paid_as(pk) for pk in loan.payments.filter(source=PaymentSource.DISPOSAL).values_list("pk", flat=True)
    }
    before = [one for one in happenings_of(loan) if one.reference not in paid_by_the_sale]
    position = replayed(loan.contract, before, disposal.sold_on)
    claims = Claims(
        sale_costs=disposal.costs,
        enforcement=disposal.enforcement + position.cost_due,
        interest=position.interest_due + position.accrued,
        principal=position.principal,
        penalty=position.penalty_due,
    )
    return flow(disposal.proceeds, claims)


@dataclass(frozen=True, slots=True)
class Distributed:
    """What a distribution did: the ranks, and who bears what was lost, if anything was."""

    disposal: Disposal
    flow: Flow
    borne: dict[str, int]


@enforces("PLG-SURPLUS", "ENF-ORDER")
def distribute(*, disposal_id: int, by: Actor, bearers: Sequence[Bearer] = ()) -> Distributed:
    """Distribute the proceeds by rank: the bank's part is received on the loan, the surplus is the pledgor's, and a
    principal that stays open is borne by `bearers` and the bank.

    Raises NotPermitted, IllegalTransition, NotFound, Busy.
    """
    with _its_loan(disposal_id) as (loan, disposal):
        found = shares_out(disposal)
        disposal.waterfall = [{"rank": str(one.rank), "claimed": one.claimed, "paid": one.paid} for one in found.steps]
        walk(DISPOSAL_GRAPH, disposal, "distribute", by=by, also=("waterfall",), data={"loan": loan.pk})
        to_bank = sum(found.paid(one) for one in (Rank.INTEREST, Rank.PRINCIPAL, Rank.PENALTY))
        costs_of_loan = max(0, found.paid(Rank.ENFORCEMENT) - disposal.enforcement)
        paid_by_the_deal = disposal.deal_id is not None  # its ledger paid the bank first and the rest to the owners
        if to_bank + costs_of_loan and disposal.sold_on is not None and not paid_by_the_deal:
            receive(
                loan_id=loan.pk,
                reference=f"disposal-{disposal.pk}",
                value_date=disposal.sold_on,
                amount=in_money(to_bank + costs_of_loan),
                early="shorter",
                source=PaymentSource.DISPOSAL,
                by=SYSTEM,
            )
        borne = bear(found.lost_principal, bearers) if found.lost_principal else {}
        pct = {one.name: one.pct for one in bearers}
        LossShare.objects.bulk_create(
            LossShare(loan=loan, bearer=who, pct=pct.get(who, Decimal(0)), cents=cents) for who, cents in borne.items()
        )
        events.record(
            "loan.distribute",
            loan,
            by,
            data={"disposal": disposal.pk, "surplus": found.surplus, "lost": found.lost_principal, "borne": borne},
        )
    return Distributed(disposal, found, borne)


def recover(*, loan_id: int, reference: str, received_on: date, amount: Decimal, by: Actor) -> Recovery:
    """Money that came in on a loss already shared goes back to those who bore it, pro rata.

    Raises LoanEnded where nothing was lost, ReferenceUsed, NotPermitted, NotFound, Busy.
    """
    with locked(Loan, loan_id) as loan:
        require(OFFICER, by, loan)
        borne = dict(LossShare.objects.filter(loan=loan).order_by("pk").values_list("bearer", "cents"))
        if not borne:
            raise LoanEnded()
        if loan.recoveries.filter(reference=reference).exists():
            raise ReferenceUsed(reference=reference, field="reference")
        for earlier in loan.recoveries.all():
            for who, cents in earlier.shares.items():
                if who in borne:
                    borne[who] -= cents
        row = Recovery.objects.create(
            loan=loan,
            reference=reference,
            received_on=received_on,
            cents=in_cents(amount),
            shares=give_back(in_cents(amount), borne),
            entered_by_id=by.user_id,
            entered_at=clock.now(),
        )
        events.record("loan.recover", loan, by, data={"cents": row.cents, "shares": row.shares})
    return row


def write_off(*, loan_id: int, reason: str, by: Actor) -> Loan:
    """The bank takes the rest off its books; the debt stays a debt (Civil Code, article 438). Heads of credit only."""
    with locked(Loan, loan_id) as loan:
        loan.closed_on = clock.today()
        walk(LOAN_GRAPH, loan, "write_off", by=by, reason=reason, also=("closed_on",))
    return loan


def give_up(*, disposal_id: int, reason: str, by: Actor) -> Disposal:
    """The sale is given up; the loan stays in default. Raises NotPermitted, IllegalTransition, ReasonMissing."""
    with _its_loan(disposal_id) as (loan, disposal):
        walk(DISPOSAL_GRAPH, disposal, "give_up", by=by, reason=reason, data={"loan": loan.pk})
        if loan.state == LoanState.DISPOSAL:
            walk(LOAN_GRAPH, loan, "end_disposal", by=by)
    return disposal


@transaction.atomic
def cured(loan_id: int) -> None:
    """Everything due was paid while a cure was running: the notice is over."""
    disposal = Disposal.objects.filter(loan=loan_id, state__in=(DisposalState.NOTICED, DisposalState.PREPARING)).first()
    if disposal is not None:
        with locked(Disposal, disposal.pk) as row:
            if row.state in UNDER_WAY:
                walk(DISPOSAL_GRAPH, row, "cure", by=SYSTEM, data={"loan": loan_id})


@contextmanager
def _its_loan(disposal_id: int) -> Iterator[tuple[Loan, Disposal]]:
    """The loan and its disposal, locked in one order. Raises NotFound, Busy."""
    loan_id = Disposal.objects.filter(pk=disposal_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise NotFound()
    with locked_all([(Loan, loan_id), (Disposal, disposal_id)]) as (loan, disposal):
        assert isinstance(loan, Loan) and isinstance(disposal, Disposal)
        yield loan, disposal
