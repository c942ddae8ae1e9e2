"""Reading what the eligibility report is made of: register, appraisals, other applications, dealings on this market.

Ten statements for an application, however many rights it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from listings.deals.models import Deal
from listings.deals.states import DealState
from listings.patents.models import Patent
from listings.rights.checking import Verdict, check
from listings.rights.scope import Scope
from listings.rights.states import Act
from listings.rights.wording import Day, Named
from loans.eligibility import Appraised, Circle, Facts, Line, report
from loans.models import Application, Collateral
from loans.states.application import RUNNING
from marketplace.accounts.models import Membership
from marketplace.accounts.roles import Kind
from marketplace.core import clock
from marketplace.core.money import Money
from marketplace.core.workdays import months_after
from valuation.appraisals.states import Purpose, ValueType
from valuation.models import Report

#: How long after the contracts the money may be paid out; the debt ends that much later at most.
PAYOUT_DAYS = 60
#: How far back a purchase on this market counts as recent.
RECENT_DAYS = 730
JUMP = 2


def last_day(application: Application) -> date:
    """The last day the debt may have: as the contracts say, and before them as they would say today."""
    if application.debt_until is not None:
        return application.debt_until
    return months_after(clock.today() + timedelta(days=PAYOUT_DAYS), application.months)


def register_says(application: Application, *, lock: bool = False) -> Verdict:
    """The register of rights on pledging the application's collateral, for the debt it would secure."""
    return check(
        [one.asset_id for one in application.collateral.all()],
        Act.PLEDGE,
        holder_id=application.borrower_id,
        other_id=application.bank_id,
        other_country=application.bank.country,
        scope=Scope(ends_on=last_day(application)),
        subject=application.subject,
        lock=lock,
    )


def facts_of(application: Application, verdict: Verdict | None = None) -> Facts:
    """Everything the report on an application is made of, as of today."""
    said = verdict or register_says(application)
    pledged = list(application.collateral.all())
    appraised = {one.asset_id: Appraised(one.value, one.base_date, one.valid_until) for one in pledged}
    today = clock.today()
    for pk, one in appraised.items():
        if one.valid_until is not None and one.valid_until < today:
            appraised[pk] = Appraised()
    borrower = application.borrower
    return Facts(
        on=today,
        ends_on=last_day(application),
        terms=application.terms,
        amount=application.principal,
        months=application.months,
        purpose=application.purpose,
        region=borrower.region.code if borrower.region is not None else "",
        is_person=borrower.kind == Kind.INDIVIDUAL,
        has_guarantor=application.guarantor_id is not None,
        accepts_risks=application.accepts_risks,
        rights=said.rights,
        findings=said.findings,
        appraised=appraised,
        elsewhere=_elsewhere(application, list(appraised)),
        circles=circles_of(application, pledged),
    )


def eligibility_of(application: Application, verdict: Verdict | None = None) -> list[Line]:
    """The report on an application, as of today."""
    return report(facts_of(application, verdict))


def _elsewhere(application: Application, assets: Collection[int]) -> frozenset[int]:
    """Rights in applications of other requests under way, whoever the banks are: who they are is not told."""
    rows = Collateral.objects.standing().filter(asset__in=assets, application__state__in=RUNNING)
    return frozenset(rows.exclude(application__request=application.request_id).values_list("asset", flat=True))


def circles_of(application: Application, pledged: Sequence[Collateral]) -> dict[int, list[Circle]]:
    """What looks odd about how the borrower came by a right, its price and who appraised it."""
    found: dict[int, list[Circle]] = {}
    values = {one.asset_id: one for one in pledged}
    since = clock.now() - timedelta(days=RECENT_DAYS)
    bought = (
        Deal.objects.filter(assets__in=values, buyer=application.borrower_id, agreed_at__gte=since)
        .filter(state=DealState.COMPLETED)
        .select_related("seller")
        .prefetch_related("assets")
        .order_by("pk")
    )
    deals = list(bought)
    agencies = {one.report_id: one.report.agency.organisation for one in pledged if one.report is not None}
    near = _sharing_members(
        {application.borrower_id, application.bank_id},
        {one.seller_id for one in deals} | {one.pk for one in agencies.values()},
    )
    for deal in deals:
        on = Day(deal.agreed_at.date())
        rights = [one.pk for one in deal.assets.all()]
        for pk in rights:
            if pk not in values:
                continue
            if (application.borrower_id, deal.seller_id) in near:
                seller = Named(deal.seller.name_zh, deal.seller.name_en)
                found.setdefault(pk, []).append(_circle("related_seller", day=on, seller=seller))
            held = values[pk]
            if held.value is not None and len(rights) == 1 and held.value > deal.price * JUMP:
                price, value = f"{deal.price:,.2f}", f"{held.value:,.2f}"
                found.setdefault(pk, []).append(_circle("value_jump", day=on, price=price, value=value))
    for one in pledged:
        agency = agencies.get(one.report_id)
        if agency is not None and any(
            (side, agency.pk) in near for side in (application.borrower_id, application.bank_id)
        ):
            named = Named(agency.name_zh, agency.name_en)
            found.setdefault(one.asset_id, []).append(_circle("near_agency", agency=named))
    return found


def _circle(code: str, **params: object) -> Circle:
    return Circle(code, params)  # type: ignore[arg-type]  # names and days are read as text in the active language


def _sharing_members(some: Collection[int], others: Collection[int]) -> set[tuple[int, int]]:
    """Pairs of organisations, one of each side, with a person who is a member of both."""
    if not others:
        return set()
    rows = Membership.objects.live().filter(organisation__in={*some, *others}).values_list("user", "organisation")
    of_user: dict[int, set[int]] = {}
    for user, organisation in rows:
        of_user.setdefault(user, set()).add(organisation)
    return {
        (one, other)
        for places in of_user.values()
        for one in places & set(some)
        for other in places & set(others)
        if one != other
    }


@dataclass(frozen=True, slots=True)
class Relied:
    """What a right is valued at by a report, for an application of a borrower."""

    report_id: int
    value: Decimal
    base_date: date
    valid_until: date


def appraisals_for(borrower_id: int, assets: Sequence[int], currency: str) -> dict[int, Relied]:
    """The newest report in force for each right that the borrower may use for a pledge: its own, or one made for it to
    use, at market or liquidation value, in the currency of the product.

    A report on a bundle concludes one sum: it counts only when all its rights are offered, and is then shared out in
    equal parts, the odd cents to the first ones. Three statements.
    """
    wanted = set(assets)
    usable = (
        Report.objects.usable(clock.today())
        .filter(assets__in=wanted, purpose=Purpose.PLEDGE, currency=currency)
        .filter(value_type__in=[ValueType.MARKET, ValueType.LIQUIDATION])
        .filter(client=borrower_id)
        .distinct()
        .order_by("-base_date", "-pk")
        .prefetch_related("valued")
    )
    found: dict[int, Relied] = {}
    for one in usable:
        rights = [each.asset_id for each in sorted(one.valued.all(), key=lambda row: row.position)]
        if not set(rights) <= wanted or set(rights) & found.keys():
            continue
        parts = Money(one.amount, one.currency).split([1] * len(rights))
        for asset_id, part in zip(rights, parts, strict=True):
            found[asset_id] = Relied(one.pk, part.amount, one.base_date, one.valid_until)
    return found


def kinds_of(assets: Sequence[int]) -> Mapping[int, str]:
    """{asset: kind of patent} of rights that are patents."""
    return dict(Patent.objects.filter(pk__in=assets).values_list("pk", "patent_kind"))


def is_member(user_id: int | None, organisation_id: int) -> bool:
    """Whether a person belongs to an organisation."""
    return Membership.objects.live().filter(user=user_id, organisation=organisation_id).exists()
