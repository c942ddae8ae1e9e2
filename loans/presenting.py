"""What the pages of applications show to their reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from listings.catalogue.timelines import reason_of
from loans import access, acts
from loans.consent_texts import texts_for
from loans.diligence import BY_KEY
from loans.drawing import ltv_gauge, rights_bars, spread_of, value_line
from loans.eligibility import Appraised, Result, limit_of
from loans.models import Application, Collateral, PledgeFiling, Product, Proposal
from loans.quoting import quote
from loans.states.application import ApplicationState, CollateralState, ConsentKind, PaperKind, Purpose
from loans.states.credit import Action, CheckState, ProposalState, Reason
from loans.states.pledge import FilingKind, FilingState
from loans.terms import WHOLE_BP
from marketplace.accounts.models import in_language
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.models import Event
from marketplace.portal.steps import Step

_S = ApplicationState
SHAPES: dict[str, str] = {
    **dict.fromkeys((_S.DRAFT,), "off"),
    **dict.fromkeys((_S.SUBMITTED, _S.PRE_CHECK, _S.DUE_DILIGENCE, _S.CREDIT_REVIEW), "now"),
    **dict.fromkeys((_S.RETURNED, _S.OFFERED), "wait"),
    **dict.fromkeys((_S.ACCEPTED, _S.CONTRACTING, _S.REGISTERING), "now"),
    **dict.fromkeys((_S.REGISTERED, _S.DISBURSED), "go"),
    **dict.fromkeys((_S.REJECTED, _S.WITHDRAWN, _S.EXPIRED, _S.FAILED), "ended"),
}
RESULT_SHAPES = {Result.PASS: "go", Result.CONDITION: "wait", Result.BLOCK: "stop", Result.UNKNOWN: "off"}
FILING_SHAPES: dict[str, str] = {
    FilingState.PREPARING: "wait",
    FilingState.FILED: "now",
    FilingState.CORRECTING: "wait",
    FilingState.REFUSED: "stop",
    FilingState.CERTIFIED: "now",
    FilingState.EFFECTIVE: "go",
    FilingState.DROPPED: "ended",
}
WORDS: dict[str, tuple[str, Any]] = {
    "loan_application.begin": ("off", _("Draft made")),
    "loan_application.amend": ("off", _("Facts changed")),
    "loan_application.consent": ("off", _("Consent given")),
    "loan_application.withdraw_consent": ("stop", _("Consent taken back")),
    "loan_application.add_paper": ("off", _("Paper handed in")),
    "loan_application.submit": ("now", _("Submitted to the bank")),
    "loan_application.take": ("now", _("Taken on by the bank")),
    "loan_application.look_into": ("go", _("Pre-check passed")),
    "loan_application.put_forward": ("now", _("Put before credit review")),
    "loan_application.return": ("wait", _("Returned for correction")),
    "loan_application.reject": ("ended", _("Declined")),
    "loan_application.offer": ("go", _("Offer made to the borrower")),
    "loan_application.expire": ("ended", _("Offer lapsed")),
    "loan_application.accept": ("go", _("Offer accepted; the rights are promised")),
    "loan_application.draw_up": ("now", _("Contracts drawn up")),
    "loan_application.redraw": ("wait", _("Contracts taken back")),
    "loan_application.unsign": ("wait", _("A contract was not signed")),
    "loan_application.file": ("now", _("Contracts signed; the pledge is to be registered")),
    "loan_application.register": ("pledge", _("Pledge in effect")),
    "loan_application.disburse": ("go", _("Loan paid out")),
    "loan_application.withdraw": ("ended", _("Withdrawn")),
    "loan_application.lapse": ("ended", _("Lapsed: the time was over")),
    "loan_application.give_way": ("ended", _("Another bank’s offer was accepted")),
    "loan_application.fail": ("ended", _("Called off by the bank")),
    "pledge_filing.file": ("now", _("Filed at the office")),
    "pledge_filing.ask_correction": ("wait", _("The office asks for a correction")),
    "pledge_filing.correct": ("now", _("Corrected")),
    "pledge_filing.refuse": ("stop", _("Refused by the office")),
    "pledge_filing.certify": ("now", _("Certificate handed in")),
    "pledge_filing.confirm": ("go", _("Certificate confirmed")),
}
#: What only the bank's own people read.
INTERNAL: dict[str, tuple[str, Any]] = {
    "loan_application.declare": ("off", _("Declaration on interests")),
    "loan_application.assign": ("off", _("Assigned")),
    "loan_application.check": ("off", _("Checklist ticked")),
    "loan_application.score": ("off", _("Scored")),
    "loan_application.report": ("off", _("Report written")),
    "loan_proposal.begin": ("now", _("Decision proposed")),
    "loan_proposal.vote": ("off", _("A vote was given")),
    "loan_proposal.pass": ("go", _("Proposal passed")),
    "loan_proposal.refuse": ("wait", _("Proposal not passed")),
    "loan_proposal.void": ("ended", _("Proposal void: the facts changed")),
}
MOST_SHOWN = 80


def row(application: Application) -> dict[str, Any]:
    """An application in a list."""
    return {
        "application": application,
        "url": reverse("loan_application", args=[application.number]),
        "product": application.product_version.product.name,
        "purpose": Purpose(application.purpose).label,
        "money": application.money,
        "shape": SHAPES[application.state],
        "label": _S(application.state).label,
    }


def timeline(subjects: Iterable[Model], *, is_lending: bool) -> list[dict[str, Any]]:
    """What happened, newest first; the bank's own work for the bank alone. One query."""
    about = Q(pk__in=[])
    for one in subjects:
        about |= Q(subject_kind=one._meta.label_lower, subject_id=one.pk)
    words = {**WORDS, **INTERNAL} if is_lending else WORDS
    rows = Event.objects.filter(about, kind__in=words).order_by("-id")[:MOST_SHOWN]
    return [
        {"at": one.at, "state": words[one.kind][0], "text": words[one.kind][1], "note": reason_of(one)} for one in rows
    ]


def links(steps: Sequence[Step], url: Any) -> list[dict[str, Any]]:
    return [{"verb": one.verb, "label": one.label, "url": url(one.verb), "state": "allowed"} for one in steps]


def step_rows(application: Application, actor: Actor) -> list[dict[str, Any]]:
    """The acts list: what is open to the actor. Whether a guard refuses is asked when the step is taken: asking the
    register for each button would cost more than the page."""
    return links(
        acts.application_steps(application, actor),
        lambda verb: reverse("loan_application_act", args=[application.number, verb]),
    )


def eligibility_rows(application: Application) -> list[dict[str, Any]]:
    """The stored report in the active language, what stands in the way first."""
    order = {Result.BLOCK: 0, Result.CONDITION: 1, Result.UNKNOWN: 2, Result.PASS: 3}
    rows = [
        {
            "shape": RESULT_SHAPES[Result(one["result"])],
            "rank": order[Result(one["result"])],
            "number": one["number"],
            **{
                name: in_language(one[f"{name}_zh"], one[f"{name}_en"])
                for name in ("title", "evidence", "cure", "article")
            },
        }
        for one in application.eligibility
    ]
    return sorted(rows, key=lambda one: one["rank"])


# ── the collateral ───────────────────────────────────────────────────────────────────────────────────────────────────
def collateral_of(application: Application, rows: Sequence[Collateral]) -> dict[str, Any]:
    """Each right with what it counts for, the limits, the loan to value, and the chance that it is worth less than
    the loan."""
    terms, today = application.terms, clock.today()
    usable = {
        one.asset_id: Appraised(one.value if one.valid_until is not None and one.valid_until >= today else None)
        for one in rows
    }
    kinds = {one.asset_id: one.asset.patent.patent_kind for one in rows}
    limit = limit_of(terms, kinds, usable)
    total = sum((one.value or Decimal(0) for one in usable.values()), Decimal(0))
    principal = application.principal
    return {
        "rows": [
            {
                "row": one,
                "asset": one.asset,
                "url": reverse("patent_detail", args=[one.asset_id]),
                "state": CollateralState(one.state).label,
                "value": one.value,
                "haircut": Decimal(one.haircut_bp) / 100,
                "counts": (usable[one.asset_id].value or Decimal(0)) * (WHOLE_BP - one.haircut_bp) / WHOLE_BP,
                "report": one.report,
            }
            for one in rows
        ],
        "total": total,
        "limit": limit,
        "ltv": principal / total * 100 if total else None,
        "room": limit - principal,
    }


def drawings_of(application: Application, rows: Sequence[Collateral]) -> dict[str, Any]:
    """What only the bank sees: the registers drawn, the value's spread with the loan in it, the loan to value."""
    today = clock.today()
    values = [one.value if one.valid_until is not None and one.valid_until >= today else None for one in rows]
    spread = spread_of(rows, application.principal)
    return {
        "bars": rights_bars(rows),
        "spread": spread,
        "value_line": value_line(spread, application.principal, application.currency) if spread else "",
        "gauge": ltv_gauge(rows, values, application.principal),
    }


# ── the pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def application_page(application: Application, actor: Actor) -> dict[str, Any]:
    """Everything the page of an application shows to this actor."""
    is_lending = access.is_lending(actor, application)
    rows = list(application.collateral.select_related("asset__patent", "asset__holder", "report__agency__organisation"))
    filings = list(application.filings.all())
    proposals = (
        list(application.proposals.select_related("maker", "checker").prefetch_related("votes")) if is_lending else []
    )
    consents = () if is_lending else application.consents.filter(withdrawn_at__isnull=True)
    given = {one.kind: one for one in consents}
    lines = eligibility_rows(application)
    start = application.disbursed_on or clock.today()
    for one in filings:
        one.application = application
    for proposal in proposals:
        proposal.application = application
    return {
        "application": application,
        "product": application.product_version.product,
        "shape": SHAPES[application.state],
        "label": _S(application.state).label,
        "purpose": Purpose(application.purpose).label,
        "reason": Reason(application.reason_code).label if application.reason_code else "",
        "is_lending": is_lending,
        "acts": step_rows(application, actor),
        "cost": quote(application.terms, application.principal, application.months, start),
        "collateral": collateral_of(application, rows),
        "drawings": drawings_of(application, rows) if is_lending else None,
        "eligibility": lines,
        "standing": [one for one in lines if one["shape"] != "go"],
        "passing": [one for one in lines if one["shape"] == "go"],
        "papers": [
            {"label": PaperKind(one.kind).label, "file": one.file} for one in application.papers.select_related("file")
        ],
        "consents": [
            {
                "label": ConsentKind(one.kind).label,
                "text": in_language(one.zh, one.en),
                "given": given.get(one.kind),
                "sha256": one.sha256,
                "kind": one.kind,
            }
            for one in (() if is_lending else texts_for(application.bank))
        ],
        "may_consent": access.reads_for(actor) == application.borrower_id
        and application.state in ("draft", "returned"),
        "checks": [
            {
                "title": BY_KEY[one.key].title,
                "label": CheckState(one.state).label,
                "shape": {"done": "go", "finding": "wait", "open": "off", "not_needed": "off"}[one.state],
                "note": one.note,
            }
            for one in (application.checks.all() if is_lending else ())
        ],
        "score": application.scores.first() if is_lending else None,
        "diligence": getattr(application, "diligence", None) if is_lending else None,
        "proposals": [_proposal(one, actor) for one in proposals],
        "filings": [_filing(one, actor) for one in filings],
        "documents": [one for one in (application.loan_contract, application.pledge_contract) if one is not None],
        "loan": getattr(application, "loan", None),
        "events": timeline([application, *filings, *proposals], is_lending=is_lending),
    }


def _proposal(one: Proposal, actor: Actor) -> dict[str, Any]:
    votes = list(one.votes.all())
    return {
        "proposal": one,
        "action": Action(one.action).label,
        "label": ProposalState(one.state).label,
        "shape": {"open": "now", "passed": "go", "refused": "stop", "void": "ended"}[one.state],
        "votes_for": sum(vote.is_for for vote in votes),
        "votes_against": sum(not vote.is_for for vote in votes),
        "acts": links(
            acts.proposal_steps(one, actor),
            lambda verb: reverse("loan_proposal_act", args=[one.application.number, one.pk, verb]),
        ),
    }


def _filing(one: PledgeFiling, actor: Actor) -> dict[str, Any]:
    return {
        "filing": one,
        "kind": FilingKind(one.kind).label,
        "label": FilingState(one.state).label,
        "shape": FILING_SHAPES[one.state],
        "acts": links(
            acts.filing_steps(one, actor),
            lambda verb: reverse("loan_filing_act", args=[one.application.number, one.pk, verb]),
        ),
    }


def compared(products: Iterable[Product], amount: Decimal, months: int) -> list[dict[str, Any]]:
    """Products side by side for an amount and a term: the yearly rate with all costs first; the cheapest on top."""
    found = []
    for one in products:
        if one.version is None:
            continue
        terms = one.version.terms
        fits = terms.amount_min <= amount <= terms.amount_max and terms.term_min <= months <= terms.term_max
        cost = quote(terms, amount, months, clock.today()) if fits else None
        found.append(
            {
                "product": one,
                "terms": terms,
                "cost": cost,
                "haircuts": [(kind, Decimal(WHOLE_BP - line.haircut_bp) / 100) for kind, line in terms.rights.items()],
            }
        )
    return sorted(found, key=lambda each: (each["cost"] is None, each["cost"].apr_pct or 0 if each["cost"] else 0))
