"""The steps of applications that people take: the form, the one service, what is said before it cannot be undone."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from loans import forms
from loans.access import is_lending, reads_for
from loans.graphs.application import APPLICATION_GRAPH
from loans.graphs.credit import PROPOSAL_GRAPH
from loans.graphs.parties import (
    BANK_MANAGES,
    BANK_REVIEWS,
    BANK_WORKS,
    BORROWER_DECIDES,
    BORROWER_WORKS,
)
from loans.graphs.pledge import PLEDGE_FILING_GRAPH
from loans.graphs.product import PRODUCT_GRAPH
from loans.models import Application, PledgeFiling, Product, Proposal
from loans.services import applications, contracting, decisions, disbursing, filings, intake, products
from loans.services.filings import Certificate
from loans.services.intake import Findings
from loans.states.application import AMENDABLE, UNDECIDED, ApplicationState
from loans.states.credit import ProposalState
from loans.states.pledge import FilingKind, FilingState
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.portal.steps import NoForm, ReasonForm, Step, by_verb

_S = ApplicationState

PRODUCT_STEPS = by_verb(
    Step(
        "write",
        _("Write new terms"),
        forms.TermsForm,
        lambda product, data, by: products.write_version(product_id=product.pk, terms=data["terms"], by=by),
        _("They come into force when another person publishes them; applications made before keep theirs."),
    ),
    Step(
        "publish",
        _("Publish the terms"),
        NoForm,
        lambda product, data, by: products.publish_version(product_id=product.pk, by=by),
        _("From now on new applications freeze these terms. A published version is never changed."),
    ),
    Step(
        "close",
        _("Close for new applications"),
        NoForm,
        lambda product, data, by: products.close_product(product_id=product.pk, by=by),
        is_dangerous=True,
    ),
    Step(
        "reopen",
        _("Offer again"),
        NoForm,
        lambda product, data, by: products.reopen_product(product_id=product.pk, by=by),
    ),
)


def _report(application: Application, data: dict[str, Any], by: Actor) -> object:
    return intake.write_report(application_id=application.pk, findings=Findings(**data), by=by)


APPLICATION_STEPS = by_verb(
    Step(
        "amend",
        _("Change the facts"),
        forms.FactsForm,
        lambda one, data, by: applications.amend(application_id=one.pk, wanted=forms.wanted_of(data), by=by),
    ),
    Step(
        "consent",
        _("Agree to a text"),
        forms.ConsentForm,
        lambda one, data, by: applications.consent(application_id=one.pk, by=by, **data),
    ),
    Step(
        "withdraw_consent",
        _("Take a consent back"),
        forms.ConsentKindForm,
        lambda one, data, by: applications.withdraw_consent(application_id=one.pk, by=by, **data),
        _("The bank no longer handles the application: it ends, unless the offer was accepted already."),
        is_dangerous=True,
    ),
    Step(
        "add_paper",
        _("Hand in a paper"),
        forms.PaperForm,
        lambda one, data, by: applications.add_paper(
            application_id=one.pk, kind=data["kind"], upload=data["file"], by=by
        ),
        _("A proposal under way becomes void, since whoever decides must have seen it."),
    ),
    Step(
        "submit",
        _("Submit to the bank"),
        NoForm,
        lambda one, data, by: applications.submit(application_id=one.pk, by=by),
        _("The bank sees the application and its papers. The terms stay as they are frozen here."),
    ),
    Step(
        "withdraw",
        _("Withdraw the application"),
        NoForm,
        lambda one, data, by: applications.withdraw(application_id=one.pk, by=by),
        _("The application ends. It cannot be undone."),
        is_dangerous=True,
    ),
    Step(
        "discard",
        _("Discard the draft"),
        NoForm,
        lambda one, data, by: applications.withdraw(application_id=one.pk, by=by),
        is_dangerous=True,
    ),
    Step(
        "refresh",
        _("Take the newest appraisals"),
        NoForm,
        lambda one, data, by: applications.refresh_appraisals(application_id=one.pk, by=by),
        _("If a value changes, a proposal under way becomes void."),
    ),
    Step(
        "check",
        _("Check eligibility again"),
        NoForm,
        lambda one, data, by: applications.check_again(application_id=one.pk, by=by),
    ),
    Step(
        "accept",
        _("Accept the offer"),
        NoForm,
        lambda one, data, by: contracting.accept(application_id=one.pk, by=by),
        _("The rights are promised to this bank, and your applications to other banks for this request end."),
    ),
    Step(
        "declare",
        _("Declare on conflicts of interest"),
        forms.DeclareForm,
        lambda one, data, by: intake.declare(application_id=one.pk, by=by, **data),
        _("The declaration stays as given."),
    ),
    Step("take", _("Take on"), NoForm, lambda one, data, by: intake.take(application_id=one.pk, by=by)),
    Step(
        "assign",
        _("Assign to a reviewer"),
        forms.AssignForm,
        lambda one, data, by: intake.assign(application_id=one.pk, reviewer_id=data["reviewer"].user_id, by=by),
    ),
    Step(
        "look_into",
        _("Pass the pre-check"),
        NoForm,
        lambda one, data, by: intake.look_into(application_id=one.pk, by=by),
        _("The eligibility report is made anew, and due diligence begins."),
    ),
    Step(
        "tick",
        _("Tick off a check"),
        forms.CheckForm,
        lambda one, data, by: intake.tick(application_id=one.pk, by=by, **data),
    ),
    Step(
        "checklist",
        _("Tick off the checklist"),
        forms.ChecklistForm,
        lambda one, data, by: intake.tick_all(application_id=one.pk, results=data["results"], by=by),
        _("What was found, and why a line does not apply, is written beside it."),
    ),
    Step(
        "score",
        _("Score"),
        forms.ScoreForm,
        lambda one, data, by: intake.score(application_id=one.pk, answers=data, by=by),
        _("The score advises; people decide."),
    ),
    Step("report", _("Write the report"), forms.ReportForm, _report),
    Step(
        "put_forward",
        _("Put before credit review"),
        NoForm,
        lambda one, data, by: intake.put_forward(application_id=one.pk, by=by),
    ),
    Step(
        "return",
        _("Return for correction"),
        forms.ReturnForm,
        lambda one, data, by: intake.give_back(application_id=one.pk, by=by, **data),
    ),
    Step(
        "propose",
        _("Propose a decision"),
        forms.ProposeForm,
        lambda one, data, by: decisions.propose(application_id=one.pk, draft=forms.draft_of(data), by=by),
        _("Another person passes or refuses it; you cannot."),
    ),
    Step(
        "draw_up",
        _("Draw up the contracts"),
        NoForm,
        lambda one, data, by: contracting.draw_up(application_id=one.pk, by=by),
        _("Loan contract and pledge contract are filled from the decision and put before the signatories."),
    ),
    Step(
        "redraw",
        _("Change the contracts"),
        ReasonForm,
        lambda one, data, by: contracting.redraw(application_id=one.pk, reason=data["reason"], by=by),
        _("Both versions become void with their signatures."),
        is_dangerous=True,
    ),
    Step(
        "disburse",
        _("Pay out"),
        forms.PayoutForm,
        lambda one, data, by: disbursing.disburse(application_id=one.pk, disbursed_on=data["disbursed_on"], by=by),
        _("The loan begins on that day with the whole principal; interest is never deducted beforehand."),
    ),
    Step(
        "change",
        _("Begin a change of the registration"),
        NoForm,
        lambda one, data, by: filings.begin_change(application_id=one.pk, by=by),
    ),
    Step(
        "cancel_pledge",
        _("Begin the cancellation"),
        NoForm,
        lambda one, data, by: filings.begin_cancellation(application_id=one.pk, by=by),
    ),
    Step(
        "fail",
        _("Call the loan off"),
        ReasonForm,
        lambda one, data, by: contracting.call_off(application_id=one.pk, reason=data["reason"], by=by),
        _("The application ends and the rights are free again. It cannot be undone."),
        is_dangerous=True,
    ),
)

PROPOSAL_STEPS = by_verb(
    Step(
        "vote",
        _("Vote"),
        forms.VoteForm,
        lambda one, data, by: decisions.vote(
            proposal_id=one.pk, is_for=data["vote"] == "for", note=data["note"], by=by
        ),
        _("A vote is given once."),
    ),
    Step(
        "pass",
        _("Pass the proposal"),
        forms.NoteForm,
        lambda one, data, by: decisions.pass_proposal(proposal_id=one.pk, note=data["note"], by=by),
        _("An approval goes to the borrower as an offer, a refusal ends the application. It cannot be undone."),
    ),
    Step(
        "refuse",
        _("Refuse the proposal"),
        ReasonForm,
        lambda one, data, by: decisions.refuse_proposal(proposal_id=one.pk, reason=data["reason"], by=by),
    ),
)

FILING_STEPS = by_verb(
    Step(
        "file",
        _("Say that it was filed"),
        forms.FiledForm,
        lambda one, data, by: filings.say_filed(filing_id=one.pk, by=by, **data),
    ),
    Step(
        "ask_correction",
        _("The office asks for a correction"),
        forms.CorrectionForm,
        lambda one, data, by: filings.ask_correction(filing_id=one.pk, by=by, **data),
    ),
    Step(
        "correct",
        _("Say that it was corrected"),
        forms.CorrectedForm,
        lambda one, data, by: filings.correct(filing_id=one.pk, by=by, **data),
    ),
    Step(
        "refuse",
        _("The office refused it"),
        forms.RefusedForm,
        lambda one, data, by: filings.say_refused(filing_id=one.pk, by=by, **data),
    ),
    Step(
        "anew",
        _("File it anew"),
        NoForm,
        lambda one, data, by: filings.file_anew(filing_id=one.pk, by=by),
    ),
    Step(
        "certify",
        _("Hand in the certificate"),
        forms.CertificateForm,
        lambda one, data, by: filings.hand_in(
            filing_id=one.pk, certificate=Certificate(data["number"], data["effective_on"]), upload=data["file"], by=by
        ),
        _("Another person of the bank confirms it; then the pledge is in effect."),
    ),
    Step(
        "confirm",
        _("Confirm the certificate"),
        NoForm,
        lambda one, data, by: filings.confirm(filing_id=one.pk, by=by),
        _("What it says is entered in the register of rights. It cannot be undone."),
    ),
    Step(
        "send_back",
        _("Send the certificate back"),
        ReasonForm,
        lambda one, data, by: filings.send_back(filing_id=one.pk, reason=data["reason"], by=by),
    ),
)


def demand_part(application: Application, actor: Actor) -> None:
    """Raises NotPermitted for those who may look at an application and do nothing."""
    if not any(one.permits(actor, application) for one in (BORROWER_WORKS, BANK_WORKS, BANK_MANAGES)):
        raise NotPermitted()


def product_steps(product: Product, actor: Actor) -> list[Step]:
    """The steps open to the bank's people on a product now."""
    if not BANK_MANAGES.permits(actor, product):
        return []
    found = [PRODUCT_STEPS["write"]]
    if product.versions.filter(published_at__isnull=True).exists():
        found.append(PRODUCT_STEPS["publish"])
    found += [PRODUCT_STEPS[verb] for verb in ("close", "reopen") if PRODUCT_GRAPH.edge(verb, product.state)]
    return found


#: Steps that no edge of the graph stands for: where they are open and to whom.
_BESIDE: tuple[tuple[str, frozenset[str], Any], ...] = (
    ("amend", AMENDABLE, BORROWER_WORKS),
    ("add_paper", AMENDABLE | UNDECIDED, BORROWER_WORKS),
    ("check", AMENDABLE, BORROWER_WORKS),
    ("refresh", AMENDABLE, BORROWER_WORKS),
    ("refresh", UNDECIDED, BANK_REVIEWS),
    ("withdraw_consent", UNDECIDED | {_S.RETURNED, _S.OFFERED}, BORROWER_DECIDES),
    ("assign", UNDECIDED, BANK_MANAGES),
    ("checklist", frozenset({_S.DUE_DILIGENCE}), BANK_REVIEWS),
    ("tick", frozenset({_S.DUE_DILIGENCE}), BANK_REVIEWS),
    ("score", frozenset({_S.DUE_DILIGENCE}), BANK_REVIEWS),
    ("report", frozenset({_S.DUE_DILIGENCE}), BANK_REVIEWS),
    ("propose", UNDECIDED - {_S.SUBMITTED}, BANK_REVIEWS),
    ("change", frozenset({_S.DISBURSED}), BANK_WORKS),
    ("cancel_pledge", frozenset({_S.REGISTERED, _S.DISBURSED}), BANK_WORKS),
)


def application_steps(application: Application, actor: Actor) -> list[Step]:
    """The steps open to the actor on the application now, guards aside."""
    found: list[Step] = []
    if is_lending(actor, application) and BANK_WORKS.permits(actor, application):
        declared = {one.officer_id for one in application.declarations.all()}
        if application.state in UNDECIDED and actor.user_id not in declared:
            found.append(APPLICATION_STEPS["declare"])
    by_edge = [
        APPLICATION_STEPS[edge.verb]
        for edge in APPLICATION_GRAPH.open_to(actor, application)
        if edge.verb in APPLICATION_STEPS and edge.verb not in ("withdraw",)
    ]
    found += by_edge
    for verb, states, who in _BESIDE:
        if application.state in states and who.permits(actor, application):
            found.append(APPLICATION_STEPS[verb])
    edge = APPLICATION_GRAPH.edge("withdraw", application.state)
    if edge is not None and application.state != _S.DRAFT and edge.who.permits(actor, application):
        found.append(APPLICATION_STEPS["withdraw"])
    return found


def proposal_steps(proposal: Proposal, actor: Actor) -> list[Step]:
    """The steps open on a proposal; none to its maker."""
    if proposal.state != ProposalState.OPEN or actor.user_id == proposal.maker_id:
        return []
    found = [
        PROPOSAL_STEPS[edge.verb] for edge in PROPOSAL_GRAPH.open_to(actor, proposal) if edge.verb in PROPOSAL_STEPS
    ]
    voted = {one.voter_id for one in proposal.votes.all()}
    if proposal.votes_needed and actor.user_id not in voted and BANK_WORKS.permits(actor, proposal):
        found.insert(0, PROPOSAL_STEPS["vote"])
    return found


def filing_steps(filing: PledgeFiling, actor: Actor) -> list[Step]:
    """The steps open on a filing."""
    found = [
        FILING_STEPS[edge.verb] for edge in PLEDGE_FILING_GRAPH.open_to(actor, filing) if edge.verb in FILING_STEPS
    ]
    waits = filing.kind != FilingKind.REGISTRATION or filing.application.state == _S.REGISTERING
    if filing.state == FilingState.REFUSED and waits and BANK_WORKS.permits(actor, filing):
        found.append(FILING_STEPS["anew"])
    return found


def may_apply(actor: Actor) -> bool:
    """Whether the actor may draft applications for the organisation it acts for."""
    own = reads_for(actor)
    return own is not None and BORROWER_WORKS.permits(actor, Application(borrower_id=own))


def may_manage_products(actor: Actor) -> bool:
    return actor.org_id is not None and BANK_MANAGES.permits(actor, Product(bank_id=actor.org_id))
