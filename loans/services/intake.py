"""An application on the bank's side before the decision: declared on, taken, looked into, scored, reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from listings.rights.ruling import enforces
from loans import diligence
from loans.graphs.application import APPLICATION_GRAPH
from loans.graphs.parties import BANK_MANAGES, BANK_REVIEWS, BANK_WORKS, REVIEWERS
from loans.guards import is_free_of_interest
from loans.models import Application, Check, Declaration, Diligence, Score
from loans.refusals import FileFixed, UnknownCheck
from loans.scoring import outcome, scorecard_for
from loans.services.applications import keep_report, let_go
from loans.states.application import UNDECIDED, ApplicationState
from loans.states.credit import CheckState, Reason
from loans.telling import told
from marketplace.accounts.models import Membership
from marketplace.core import clock, events, lifecycle
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted, ReasonMissing
from marketplace.core.locks import locked


@dataclass(frozen=True, slots=True)
class Findings:
    """The parts of a due-diligence report."""

    business: str
    collateral: str
    repayment: str
    opinion: str


@enforces("LN-RELATED")
def declare(*, application_id: int, has_conflict: bool, note: str, by: Actor) -> Declaration:
    """An officer's word on their own interest, once; it is never taken back. Raises NotPermitted, Invalid."""
    with locked(Application, application_id) as application:
        require(BANK_WORKS, by, application)
        if by.user_id is None or application.state == ApplicationState.DRAFT:
            raise NotPermitted()
        if has_conflict and not note.strip():
            raise Invalid(field="note", problem=_("Say which interest it is."))
        try:
            with transaction.atomic():
                made = Declaration.objects.create(
                    application=application,
                    officer_id=by.user_id,
                    has_conflict=has_conflict,
                    note=note.strip(),
                    at=clock.now(),
                )
        except IntegrityError as error:
            raise Invalid(problem=_("You have declared yourself already; the word stands.")) from error
        events.record("loan_application.declare", application, by, data=told(application, conflict=has_conflict))
    return made


def take(*, application_id: int, by: Actor) -> Application:
    """Take an application on as its reviewer. Raises NotDeclared, HasInterest, NotPermitted, IllegalTransition."""
    with locked(Application, application_id) as application:
        application.reviewer_id = by.user_id
        lifecycle.walk(APPLICATION_GRAPH, application, "take", by=by, data=told(application), also=("reviewer",))
    return application


def assign(*, application_id: int, reviewer_id: int, by: Actor) -> Application:
    """Hand an application to another reviewer of the bank. Raises NotPermitted, NotFound, FileFixed."""
    with locked(Application, application_id) as application:
        require(BANK_MANAGES, by, application)
        if application.state not in UNDECIDED:
            raise FileFixed()
        known = Membership.objects.live().filter(
            organisation=application.bank_id, user=reviewer_id, roles__overlap=sorted(REVIEWERS)
        )
        if not known.exists():
            raise NotFound()
        application.reviewer_id = reviewer_id
        application.save(update_fields=["reviewer"])
        events.record("loan_application.assign", application, by, data=told(application, reviewer=reviewer_id))
    return application


def look_into(*, application_id: int, by: Actor) -> Application:
    """Pass the pre-check on the report of now and begin due diligence. Raises NotEligible, NotDeclared."""
    with locked(Application, application_id) as application:
        keep_report(application)
        lifecycle.walk(
            APPLICATION_GRAPH,
            application,
            "look_into",
            by=by,
            data=told(application),
            also=("eligibility", "checked_at"),
        )
        diligence.begin(application)
    return application


def give_back(*, application_id: int, reason_code: str, reason: str, by: Actor) -> Application:
    """Return an application to the borrower with what would put it right. Raises ReasonMissing, NotPermitted."""
    if reason_code not in Reason.values:
        raise ReasonMissing(field="reason_code")
    with locked(Application, application_id) as application:
        was = application.state
        application.reason_code = reason_code
        lifecycle.walk(
            APPLICATION_GRAPH,
            application,
            "return",
            by=by,
            reason=reason,
            data=told(application, reason_code=reason_code),
            also=("reason_code",),
        )
        let_go(application, was=was, by=by, reason=reason)
    return application


def tick(*, application_id: int, key: str, state: str, note: str, by: Actor) -> Check:
    """Say what a line of the checklist showed. Raises UnknownCheck, FileFixed, Invalid, NotDeclared, NotPermitted."""
    if state not in CheckState.values or state == CheckState.OPEN:
        raise UnknownCheck(field="state")
    with locked(Application, application_id) as application:
        _may_look(application, by)
        line = application.checks.filter(key=key).first()
        if line is None:
            raise UnknownCheck(field="key")
        if state in (CheckState.FINDING, CheckState.NOT_NEEDED) and not note.strip():
            raise Invalid(field="note", problem=_("Write down what was found, or why it does not apply."))
        line.state, line.note, line.checked_by_id, line.checked_at = state, note.strip(), by.user_id, clock.now()
        line.save()
        events.record("loan_application.check", application, by, data=told(application, key=key, check=state))
    return line


def tick_all(*, application_id: int, results: Sequence[tuple[str, str, str]], by: Actor) -> None:
    """Say what several lines showed, (key, state, note) each; all of them or none. Raises what `tick` raises."""
    with transaction.atomic():
        for key, state, note in results:
            line = Check.objects.filter(application=application_id, key=key).first()
            if line is None or (line.state, line.note) != (state, note.strip()):
                tick(application_id=application_id, key=key, state=state, note=note, by=by)


def score(*, application_id: int, answers: Mapping[str, str], by: Actor) -> Score:
    """Score the application by the bank's newest scorecard. Raises AnswersIncomplete, FileFixed, NotDeclared."""
    with locked(Application, application_id) as application:
        _may_look(application, by)
        assert by.user_id is not None
        card = scorecard_for(application.bank_id)
        found = outcome(card.data, answers)
        made = Score.objects.create(
            application=application,
            scorecard=card,
            answers=dict(answers),
            points=found.points,
            grade=found.grade,
            by_id=by.user_id,
            at=clock.now(),
        )
        events.record("loan_application.score", application, by, data=told(application, grade=found.grade))
    return made


@enforces("LN-COLLATERAL")
def write_report(*, application_id: int, findings: Findings, by: Actor) -> Diligence:
    """Write the due-diligence report, or write it anew. Raises Invalid, FileFixed, NotDeclared, NotPermitted."""
    for name in findings.__slots__:
        if not getattr(findings, name).strip():
            raise Invalid(field=name, problem=_("Each part of the report says something."))
    with locked(Application, application_id) as application:
        _may_look(application, by)
        made, _new = Diligence.objects.update_or_create(
            application=application,
            defaults={
                **{name: getattr(findings, name).strip() for name in findings.__slots__},
                "written_by_id": by.user_id or 0,  # whoever is free of interest is somebody
                "written_at": clock.now(),
            },
        )
        events.record("loan_application.report", application, by, data=told(application))
    return made


def put_forward(*, application_id: int, by: Actor) -> Application:
    """Put a finished file before credit review. Raises DiligenceOpen, NotDeclared, IllegalTransition."""
    with locked(Application, application_id) as application:
        lifecycle.walk(APPLICATION_GRAPH, application, "put_forward", by=by, data=told(application))
    return application


def _may_look(application: Application, by: Actor) -> None:
    require(BANK_REVIEWS, by, application)
    if application.state != ApplicationState.DUE_DILIGENCE:
        raise FileFixed()
    is_free_of_interest(application, by)
