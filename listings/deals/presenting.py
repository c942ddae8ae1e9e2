"""What the page of a deal shows: where it stands, whose turn it is, the money drawn, papers, filings, history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.catalogue.naming import shown_number
from listings.catalogue.states import Mode
from listings.catalogue.views.desk import working_days_to
from listings.deals import acts, money
from listings.deals.graphs.royalty import ROYALTY_GRAPH
from listings.deals.models import Deal, Dispute, Filing, RoyaltyPeriod
from listings.deals.refusals import ProceedsTooSmall
from listings.deals.splitting import Leg
from listings.deals.states import (
    ENDED_WITHOUT,
    FUNDED,
    UNFUNDED,
    DealState,
    DisputeState,
    FilingKind,
    FilingState,
    LegPurpose,
    PeriodState,
)
from listings.deals.timelines import deal_timeline
from marketplace.accounts.models import in_language
from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence
from marketplace.payments.models import Obligation, Payout
from marketplace.payments.states import PayoutState
from marketplace.signing.models import Signature
from marketplace.signing.states import ConsentState, DocumentState

SHAPES: dict[str, str] = {
    DealState.AGREED: "now",
    DealState.SIGNING: "now",
    DealState.CONSENTING: "wait",
    DealState.PAYING: "wait",
    DealState.RECORDING: "now",
    DealState.RELEASING: "now",
    DealState.COMPLETED: "go",
    DealState.CANCELLED: "ended",
    DealState.EXPIRED: "ended",
    DealState.REFUNDING: "wait",
    DealState.REFUNDED: "ended",
}
FILING_SHAPES: dict[str, str] = {
    FilingState.DUE: "off",
    FilingState.FILED: "now",
    FilingState.REFUSED: "wait",
    FilingState.EVIDENCED: "now",
    FilingState.APPROVED: "go",
    FilingState.DROPPED: "ended",
}
DISPUTE_SHAPES: dict[str, str] = {
    DisputeState.OPEN: "stop",
    DisputeState.DECIDING: "wait",
    DisputeState.DECIDED: "go",
    DisputeState.WITHDRAWN: "ended",
}
#: Which step of the rail a state stands on.
STEP_OF = {
    DealState.AGREED: 3,
    DealState.SIGNING: 3,
    DealState.CONSENTING: 4,
    DealState.PAYING: 5,
    DealState.RECORDING: 6,
    DealState.RELEASING: 7,
    DealState.COMPLETED: 9,
}
RAIL: tuple[tuple[str, Sentence], ...] = (
    ("enquiry", gettext_lazy("Enquiry")),
    ("nda", gettext_lazy("Confidentiality")),
    ("offer", gettext_lazy("Offer")),
    ("contract", gettext_lazy("Contract")),
    ("consents", gettext_lazy("Consents")),
    ("payment", gettext_lazy("Payment")),
    ("register", gettext_lazy("Register")),
    ("payout", gettext_lazy("Payout")),
    ("done", gettext_lazy("Done")),
)
LEG_COLOURS = {
    LegPurpose.PLEDGEE: "b-pledge",
    LegPurpose.SELLER: "b-own",
    LegPurpose.CO_OWNER: "b-sole",
    LegPurpose.INVENTOR: "b-ordinary",
    LegPurpose.BROKER: "b-core",
    LegPurpose.PLATFORM: "b-band",
    LegPurpose.HOLD_BACK: "b-soft",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done next, by whom, by when, and where the actor does it (empty when it is not theirs)."""

    title: str
    text: str
    is_mine: bool
    due: datetime | None = None
    url: str = ""
    button: str = ""

    @property
    def days(self) -> int | None:
        return working_days_to(self.due)


@dataclass(slots=True)
class Facts:
    """Everything the page reads, once."""

    deal: Deal
    actor: Actor
    filings: list[Filing]
    signatures: list[Signature]
    consents: list[Any]
    obligations: list[Obligation]
    payouts: list[Payout]
    disputes: list[Dispute]
    names: dict[int, str]

    @property
    def is_seller(self) -> bool:
        return self.actor.acts_for == self.deal.seller_id

    @property
    def is_buyer(self) -> bool:
        return self.actor.acts_for == self.deal.buyer_id

    @property
    def rows(self) -> list[Model]:
        """The deal and everything of it that has a history."""
        own: list[Model] = [self.deal, *self.filings, *self.disputes, *self.consents, *self.obligations, *self.payouts]
        return [*own, self.deal.contract] if self.deal.contract else own

    def url(self, verb: str) -> str:
        return reverse("deal_act", args=[self.deal.number, verb])


def read(deal: Deal, actor: Actor) -> Facts:
    """The rows of a deal's page; those of a state that cannot have any are not asked for."""
    is_signed_for = deal.contract_id is not None
    is_paid_for = deal.state not in {DealState.AGREED, DealState.SIGNING, DealState.CONSENTING}
    was_funded = deal.state not in UNFUNDED
    shares = list(deal.shares.select_related("organisation").prefetch_related("inventors"))
    commissions = list(deal.commissions.select_related("broker"))
    deal._prefetched_objects_cache = {"commissions": commissions}  # type: ignore[attr-defined]
    names = {one.pk: one.name for one in (deal.seller, deal.buyer, deal.pledgee) if one is not None}
    names |= {one.organisation_id: one.organisation.name for one in shares}
    names |= {one.broker_id: one.broker.name for one in commissions}
    names |= {inventor.pk: inventor.name for one in shares for inventor in one.inventors.all()}
    return Facts(
        deal=deal,
        actor=actor,
        filings=list(deal.filings.exclude(state=FilingState.DROPPED).select_related("evidence")) if was_funded else [],
        signatures=list(deal.contract.signatures.order_by("order")) if deal.contract and is_signed_for else [],
        consents=(
            list(deal.contract.consents.standing().select_related("organisation", "person")) if deal.contract else []
        ),
        obligations=list(money.obligations(deal)) if is_paid_for else [],
        payouts=list(Payout.objects.about(deal.subject).order_by("id")) if was_funded else [],
        disputes=list(deal.disputes.select_related("raised_by").order_by("-id")) if was_funded else [],
        names=names,
    )


def deal_page(deal: Deal, actor: Actor) -> dict[str, Any]:
    """Context of deals/deal.html."""
    facts = read(deal, actor)
    for one in facts.disputes:
        one.deal = deal
    for filing in facts.filings:
        filing.deal = deal
    return {
        "deal": deal,
        "shape": SHAPES[deal.state],
        "label": DealState(deal.state).label,
        "mode": Mode(deal.mode).label,
        "rights": [(shown_number(one.asset), one.asset.title) for one in deal.dealt.select_related("asset__patent")],
        "rail": rail(facts),
        "turn": turn(facts),
        "money": money_picture(facts),
        "parties": parties(facts),
        "papers": papers(facts),
        "filings": [filing_row(facts, one) for one in facts.filings],
        "disputes": [dispute_row(facts, one) for one in facts.disputes],
        "offers": offers(deal, facts.names),
        "events": deal_timeline(facts.rows, facts.names),
        "acts": [
            {"state": "allowed", "label": step.label, "url": facts.url(step.verb), "button": step.label, "why": ""}
            for step in acts.deal_steps(deal, actor)
        ],
        "negotiation": deal.offer.negotiation,
        "royalties": [royalty_row(facts, one) for one in deal.royalty_periods.all()] if deal.offer.royalty_pct else [],
        "reviews": list(deal.reviews.published().select_related("by")) if deal.state == DealState.COMPLETED else [],
    }


def rail(facts: Facts) -> list[dict[str, Any]]:
    """The nine steps, each done, current, skipped or to come, with the day it was done."""
    deal = facts.deal
    current = STEP_OF.get(DealState(deal.state), 6 if deal.state in {DealState.REFUNDING, DealState.REFUNDED} else 3)
    is_over = deal.state in ENDED_WITHOUT
    paid = [one.state_since for one in facts.obligations if not one.outstanding]
    recorded = [one.recorded_on for one in facts.filings if one.state == FilingState.APPROVED and one.recorded_on]
    given = [one.answered_at for one in facts.consents if one.answered_at]
    days: dict[str, date | datetime | None] = {
        "enquiry": deal.offer.negotiation.opened_at,
        "nda": deal.nda_at,  # type: ignore[attr-defined]
        "offer": deal.agreed_at,
        "contract": deal.contract.sealed_at if deal.contract else None,
        "consents": max(given, default=None),
        "payment": max(paid, default=None) if current > 5 else None,
        "register": min(recorded, default=None),
        "payout": max((one.paid_at for one in facts.payouts if one.paid_at), default=None) if current > 7 else None,
        "done": deal.state_since if deal.state == DealState.COMPLETED else None,
    }
    steps = []
    for at, (name, label) in enumerate(RAIL):
        if at == current and not is_over and deal.state != DealState.COMPLETED:
            state = "now"
        elif at < current:
            state = "go" if days[name] or name not in {"nda", "consents", "register"} else "skipped"
        else:
            state = "off"
        steps.append({"name": name, "label": label, "state": state, "on": days[name]})
    return steps


def turn(facts: Facts) -> Turn | None:
    """The next thing owed on the deal, said to whoever looks."""
    deal = facts.deal
    if any(one.state in {DisputeState.OPEN, DisputeState.DECIDING} for one in facts.disputes):
        return Turn(_("A dispute is open"), _("No money leaves the deal until it is settled."), False)
    if deal.state == DealState.AGREED:
        mine = facts.is_seller or facts.is_buyer
        return Turn(
            _("Draw up the contract"),
            _("The offer is accepted. The contract is filled from what was agreed."),
            mine,
            deal.due_at,
            facts.url("draw_up") if mine else "",
            _("Draw up the contract"),
        )
    if deal.state == DealState.SIGNING:
        return _signing_turn(facts)
    if deal.state == DealState.CONSENTING:
        return _consent_turn(facts)
    if deal.state == DealState.PAYING:
        return _paying_turn(facts)
    if deal.state == DealState.RECORDING:
        return _filing_turn(facts)
    if deal.state == DealState.RELEASING:
        return Turn(
            _("The money is on its way"), _("Nothing is to be done; the deal closes by itself."), False, deal.due_at
        )
    if deal.state == DealState.REFUNDING:
        return Turn(
            _("The money is going back"), _("Nothing is to be done; the deal closes by itself."), False, deal.due_at
        )
    return None


def _signing_turn(facts: Facts) -> Turn:
    waiting = next((one for one in facts.signatures if one.signed_at is None), None)
    mine = waiting is not None and waiting.organisation_id == facts.actor.acts_for
    who = waiting.name if waiting else ""
    return Turn(
        _("Sign the contract") if mine else _("Waiting for the signature of %(name)s") % {"name": who},
        _("Signatories sign in their order, with a second factor."),
        mine,
        facts.deal.due_at,
        reverse("signing_document", args=[facts.deal.contract.number]) if facts.deal.contract else "",
        _("Read and sign") if mine else _("Read the contract"),
    )


def _consent_turn(facts: Facts) -> Turn:
    deal, actor = facts.deal, facts.actor
    open_ones = [one for one in facts.consents if one.answered_at is None]
    mine = next((one for one in open_ones if one.organisation_id == actor.acts_for), None)
    if deal.pledgee_id and deal.payoff is None and actor.acts_for == deal.pledgee_id:
        text = _("State what you are owed to the day of payment; it is paid first out of the price.")
        return Turn(_("State what you are owed"), text, True, deal.due_at, facts.url("payoff"), _("State the amount"))
    if mine is not None:
        return Turn(
            _("Your consent is asked for"),
            in_language(mine.why_zh, mine.why_en),
            True,
            deal.due_at,
            reverse("consent_answer", args=[mine.pk]),
            _("Read and answer"),
        )
    names = "、".join(one.party_name for one in open_ones) or facts.names.get(deal.pledgee_id or 0, "")
    return Turn(_("Waiting for consents"), _("Still missing: %(names)s") % {"names": names}, False, deal.due_at)


def _paying_turn(facts: Facts) -> Turn:
    owed = next((one for one in facts.obligations if one.is_payable), None)
    due = owed.pay_by if owed else facts.deal.due_at
    if owed is not None and facts.is_buyer:
        return Turn(
            _("Pay into holding"),
            _("The platform holds the money until the register has recorded the change; it is not an escrow agent."),
            True,
            due,
            reverse("obligation", args=[owed.reference]),
            _("Pay now"),
        )
    return Turn(
        _("Waiting for the buyer’s payment"), _("The deal goes on by itself when the money is held."), False, due
    )


def _filing_turn(facts: Facts) -> Turn:
    first = next(
        (one for one in facts.filings if one.kind in {FilingKind.ASSIGNMENT, FilingKind.LICENCE}),
        None,
    )
    if first is None:
        return Turn(_("Waiting for the register"), "", False, facts.deal.due_at)
    steps = acts.filing_steps(first, facts.actor)
    mine = first.owed_by_id == facts.actor.acts_for
    words = {
        FilingState.DUE: _("File it at the register"),
        FilingState.FILED: _("Waiting for the register’s answer"),
        FilingState.REFUSED: _("Correct the filing and hand it in again"),
        FilingState.EVIDENCED: _("The operator checks the register’s notice"),
    }
    due = first.due_at
    step = steps[0] if steps and (mine or first.state == FilingState.EVIDENCED) else None
    return Turn(
        words.get(FilingState(first.state), _("Waiting for the register")),
        first.refusal or _("The change takes effect when the register records it (Patent Law, article 10)."),
        step is not None,
        due,
        reverse("filing_act", args=[facts.deal.number, first.pk, step.verb]) if step else "",
        str(step.label) if step else "",
    )


def money_picture(facts: Facts) -> dict[str, Any]:
    """What is held, where it goes (drawn and as a table that sums to the price), what was asked for, what went out."""
    deal = facts.deal
    try:
        legs = money.legs_of(deal)
        refusal = None
    except ProceedsTooSmall as error:
        legs, refusal = [], error
    held = money.held(deal) if deal.state in FUNDED or facts.obligations else None
    return {
        "held": held,
        "price": deal.money,
        "legs": list(_leg_rows(facts, legs)),
        "refusal": refusal,
        "is_private": not _sees_money(facts),
        "obligations": facts.obligations,
        "payouts": [
            {
                "name": facts.names.get(one.payee_id or 0, _("Platform")),
                "purpose": LegPurpose(one.purpose).label if one.purpose in LegPurpose.values else one.purpose,
                "money": one.money,
                "state": PayoutState(one.state).label,
                "shape": {"paid": "go", "failed": "stop", "cancelled": "ended"}.get(one.state, "now"),
                "on": one.paid_at,
            }
            for one in facts.payouts
        ],
    }


def _sees_money(facts: Facts) -> bool:
    return facts.actor.acts_for in {facts.deal.seller_id, facts.deal.buyer_id} or facts.actor.on_behalf_of is None


def _leg_rows(facts: Facts, legs: Iterable[Leg]) -> Iterable[dict[str, Any]]:
    left = Decimal(0)
    for leg in legs:
        share = leg.money.amount * 100 / facts.deal.price
        yield {
            "name": facts.names.get(leg.payee_id, "") if leg.payee_id else _("Platform fee"),
            "why": LegPurpose(leg.purpose).label,
            "money": leg.money,
            "pct": share,
            "css": LEG_COLOURS[leg.purpose],
            "x": f"{left:.3f}%",
            "width": f"{max(share - Decimal('0.3'), Decimal('0.2')):.3f}%",
            "is_wide": share > 12,
        }
        left += share


def parties(facts: Facts) -> list[dict[str, Any]]:
    """Who owes what, by when."""
    deal = facts.deal
    rows: dict[int, dict[str, Any]] = {}

    def owe(who: int | None, what: Sentence, due: datetime | date | None, shape: str, said: Sentence) -> None:
        if who is not None:
            name = facts.names.get(who, "")
            rows[who] = {
                "name": name,
                "is_me": who == facts.actor.acts_for,
                "what": what,
                "due": due,
                "shape": shape,
                "said": said,
            }

    for who in facts.names:
        owe(who, _("Nothing now"), None, "go", _("Done"))
    for signature in facts.signatures:
        if signature.signed_at is None and deal.state == DealState.SIGNING:
            owe(signature.organisation_id, _("Sign the contract"), deal.due_at, "now", _("Open"))
    for consent in facts.consents:
        if consent.answered_at is None:
            owe(consent.organisation_id, _("Answer the request for consent"), consent.answer_by, "now", _("Open"))
    if any(one.is_payable for one in facts.obligations):
        owe(deal.buyer_id, _("Pay into holding"), deal.due_at, "now", _("Open"))
    for filing in facts.filings:
        if filing.state in {FilingState.DUE, FilingState.REFUSED}:
            shape = "wait" if filing.state == FilingState.REFUSED else "off"
            owe(filing.owed_by_id, FilingKind(filing.kind).label, filing.due_on, shape, FilingState(filing.state).label)
    if deal.state == DealState.AGREED:
        owe(deal.seller_id, _("Draw up the contract"), deal.due_at, "now", _("Open"))
    return list(rows.values())


def papers(facts: Facts) -> list[dict[str, Any]]:
    """Contract, consents and the offices' notices, with hash and seal."""
    deal = facts.deal
    rows: list[dict[str, Any]] = []
    if deal.contract is not None:
        is_done = deal.contract.sealed_at is not None
        rows.append(
            {
                "title": deal.contract.title,
                "note": _("Version %(version)s") % {"version": deal.contract.version},
                "hash": deal.contract.sha256,
                "url": reverse("signing_document", args=[deal.contract.number]),
                "seal": "sealed" if is_done else "",
                "shape": "go" if is_done else "now",
                "said": DocumentState(deal.contract.state).label,
                "on": deal.contract.sealed_at,
            }
        )
        rows += [
            {
                "title": _("Consent of %(name)s") % {"name": one.party_name},
                "note": _("To version %(version)s of the contract") % {"version": deal.contract.version},
                "hash": one.sha256_zh,
                "url": "",
                "seal": "signed" if one.answered_at else "",
                "shape": "go" if one.answered_at else "wait",
                "said": ConsentState(one.state).label,
                "on": one.answered_at,
            }
            for one in facts.consents
        ]
    rows += [
        {
            "title": FilingKind(one.kind).label,
            "note": _("The office’s notice"),
            "hash": one.evidence.sha256,
            "url": reverse("file", args=[one.evidence_id]),
            "seal": "",
            "shape": FILING_SHAPES[one.state],
            "said": FilingState(one.state).label,
            "on": one.recorded_on,
        }
        for one in facts.filings
        if one.evidence is not None
    ]
    return rows


def filing_row(facts: Facts, filing: Filing) -> dict[str, Any]:
    return {
        "filing": filing,
        "label": FilingKind(filing.kind).label,
        "state": FilingState(filing.state).label,
        "shape": FILING_SHAPES[filing.state],
        "who": facts.names.get(filing.owed_by_id, ""),
        "acts": [
            {"label": one.label, "url": reverse("filing_act", args=[facts.deal.number, filing.pk, one.verb])}
            for one in acts.filing_steps(filing, facts.actor)
        ],
    }


def dispute_row(facts: Facts, dispute: Dispute) -> dict[str, Any]:
    return {
        "dispute": dispute,
        "state": DisputeState(dispute.state).label,
        "shape": DISPUTE_SHAPES[dispute.state],
        "who": dispute.raised_by.name if dispute.raised_by else _("The buyer’s bank"),
        "statements": list(dispute.statements.select_related("organisation", "file")),
        "acts": [
            {"label": one.label, "url": reverse("dispute_act", args=[facts.deal.number, dispute.pk, one.verb])}
            for one in acts.dispute_steps(dispute, facts.actor)
        ],
    }


ROYALTY_SHAPES = {
    PeriodState.RUNNING: "off",
    PeriodState.DUE: "wait",
    PeriodState.INVOICED: "now",
    PeriodState.PAID: "go",
}


def royalty_row(facts: Facts, period: RoyaltyPeriod) -> dict[str, Any]:
    period.deal = facts.deal
    is_open = bool(ROYALTY_GRAPH.edge("state", period.state)) and facts.is_buyer
    return {
        "period": period,
        "state": PeriodState(period.state).label,
        "shape": ROYALTY_SHAPES[PeriodState(period.state)],
        "url": reverse("royalty_act", args=[facts.deal.number, period.pk, "state"]) if is_open else "",
    }


def offers(deal: Deal, names: dict[int, str]) -> list[dict[str, Any]]:
    """The versions that led here, newest first."""
    return [
        {
            "version": one.version,
            "on": one.made_at,
            "by": names.get(one.maker_id, ""),
            "price": one.price,
            "currency": one.currency,
            "is_accepted": one.pk == deal.offer_id,
        }
        for one in deal.offer.negotiation.offers.order_by("-version")
    ]
