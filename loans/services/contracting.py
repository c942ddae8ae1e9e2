"""From an offer accepted to both contracts signed: the rights are promised, the papers drawn up and put to sign."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from listings.assets.models import Asset
from listings.rights.ruling import enforces
from listings.rights.scope import Scope
from listings.rights.services.reservations import release, reserve
from listings.rights.states import Act
from loans.contracts.filling import particulars_of
from loans.contracts.papers import CAPACITIES, LOAN, PLEDGE
from loans.facts import last_day
from loans.graphs.application import APPLICATION_GRAPH
from loans.models import Application, Collateral
from loans.services.applications import let_go
from loans.services.filings import begin_registration, drop_filings
from loans.states.application import AMENDABLE, UNDECIDED, ApplicationState
from loans.telling import told
from marketplace.core import clock, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.locks import locked, locked_all
from marketplace.signing.services.documents import SignerSlot, draft_document, void_document
from marketplace.signing.states import DocumentState


@contextmanager
def with_rights(application_id: int) -> Iterator[Application]:
    """The application, and the rights offered, locked in the market's one order."""
    assets = Collateral.objects.filter(application=application_id).values_list("asset", flat=True)
    with locked_all([(Application, application_id)], held=[(Asset, pk) for pk in assets]) as rows:
        application = rows[0]
        assert isinstance(application, Application)
        yield application


@enforces("PLG-REFUSE-09")
def accept(*, application_id: int, by: Actor) -> Application:
    """Accept the bank's offer: the rights are promised to it, and the request's other applications give way.

    Under the rights' locks, so that of a sale and a pledge of one right under way one comes first. Raises OfferOver,
    AnotherAccepted, NotEligible, RightReserved, NotPermitted, IllegalTransition.
    """
    with with_rights(application_id) as application:
        application.accepted_at, application.accepted_by_id = clock.now(), by.user_id
        lifecycle.walk(
            APPLICATION_GRAPH,
            application,
            "accept",
            by=by,
            data=told(application),
            also=("accepted_at", "accepted_by"),
        )
        reserve(
            [one.asset_id for one in application.collateral.all()],
            subject=application.subject,
            act=Act.PLEDGE,
            scope=Scope(ends_on=last_day(application)),
            by=by,
        )
        _give_way(application)
    return application


def _give_way(accepted: Application) -> None:
    """End the request's other applications; each bank is told that another offer was taken, not whose."""
    others = (
        Application.objects.filter(request=accepted.request_id, state__in=[*AMENDABLE, *UNDECIDED, "offered"])
        .exclude(pk=accepted.pk)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for pk in list(others):
        with locked(Application, pk) as other:
            was = other.state
            lifecycle.walk(APPLICATION_GRAPH, other, "give_way", by=SYSTEM, data=told(other))
            let_go(other, was=was, by=SYSTEM, reason="another offer was accepted")


@enforces("LN-CONTRACT", "PLG-WRITTEN")
def draw_up(*, application_id: int, by: Actor) -> Application:
    """Fill both contracts from what was decided and put them before the signatories: the borrower, then the bank.

    Raises ContractLacks, SignersWrong, SignerUnverified, NotPermitted, IllegalTransition.
    """
    with with_rights(application_id) as application:
        application.debt_until = last_day(application)
        lifecycle.walk(APPLICATION_GRAPH, application, "draw_up", by=by, data=told(application), also=("debt_until",))
        data = particulars_of(application).as_data()
        drawn = {}
        for template in (LOAN, PLEDGE):
            first, second = CAPACITIES[template]
            drawn[template] = draft_document(
                subject=application.subject,
                template=template,
                data=data,
                signers=[
                    SignerSlot(1, application.borrower_id, *first),
                    SignerSlot(2, application.bank_id, *second),
                ],
                by=by,
            )
        application.loan_contract, application.pledge_contract = drawn[LOAN], drawn[PLEDGE]
        application.save(update_fields=["loan_contract", "pledge_contract"])
    return application


def redraw(*, application_id: int, reason: str, by: Actor) -> Application:
    """Take the contracts back: both versions are void with their signatures. Raises ReasonMissing, NotPermitted."""
    with locked(Application, application_id) as application:
        lifecycle.walk(APPLICATION_GRAPH, application, "redraw", by=by, reason=reason, data=told(application))
        for document in (application.loan_contract, application.pledge_contract):
            if document is not None and document.is_live:
                void_document(document_id=document.pk, by=by, reason=reason)
        application.loan_contract, application.pledge_contract, application.debt_until = None, None, None
        application.save(update_fields=["loan_contract", "pledge_contract", "debt_until"])
    return application


def contract_signed(*, application_id: int) -> None:
    """Once both contracts are complete, the pledge is to be registered. Runs twice harmlessly."""
    with locked(Application, application_id) as application:
        documents = (application.loan_contract, application.pledge_contract)
        if application.state != ApplicationState.CONTRACTING:
            return
        if any(one is None or one.state != DocumentState.COMPLETE for one in documents):
            return
        lifecycle.walk(APPLICATION_GRAPH, application, "file", by=SYSTEM, data=told(application))
        begin_registration(application, by=SYSTEM)


def contract_ended(*, application_id: int, reason: str) -> None:
    """A contract was declined, expired or void: the bank draws both up again. Runs twice harmlessly."""
    with locked(Application, application_id) as application:
        if application.state == ApplicationState.CONTRACTING and any(
            one is not None and not one.is_live and one.state != DocumentState.COMPLETE
            for one in (application.loan_contract, application.pledge_contract)
        ):
            for document in (application.loan_contract, application.pledge_contract):
                if document is not None and document.is_live:
                    void_document(document_id=document.pk, by=SYSTEM, reason=reason)
            application.loan_contract, application.pledge_contract, application.debt_until = None, None, None
            lifecycle.walk(
                APPLICATION_GRAPH,
                application,
                "unsign",
                by=SYSTEM,
                data=told(application),
                also=("loan_contract", "pledge_contract", "debt_until"),
            )


def call_off(*, application_id: int, reason: str, by: Actor) -> Application:
    """The bank calls the loan off before it is paid out; the rights are free again. A pledge that is registered has to
    be cancelled first. Raises StillPledged, ReasonMissing, NotPermitted, IllegalTransition."""
    with with_rights(application_id) as application:
        was = application.state
        lifecycle.walk(APPLICATION_GRAPH, application, "fail", by=by, reason=reason, data=told(application))
        drop_filings(application, by=SYSTEM)
        let_go(application, was=was, by=by, reason=reason)
        release(subject=application.subject, by=by)
    return application
