"""The steps of appraisals that people take: the form, the one service, what is said before it cannot be undone."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.catalogue.graphs import HOLDER
from listings.catalogue.models import Listing
from marketplace.accounts.roles import Role
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.portal.steps import NoForm, ReasonForm, Step, by_verb
from valuation.appraisals import forms
from valuation.appraisals.access import is_appraising
from valuation.appraisals.graphs.order import DATA_GRAPH, ORDER_GRAPH, QUOTE_GRAPH
from valuation.appraisals.graphs.parties import AGENCY_REVIEWS, AGENCY_WORKS, CLIENT_WORKS, EITHER_DECIDES
from valuation.appraisals.graphs.report import OBJECTION_GRAPH, REPORT_GRAPH
from valuation.appraisals.services import data as data_service
from valuation.appraisals.services import drafting, objections, orders, quotes, reports, reviewing, scores
from valuation.appraisals.services.quotes import Terms
from valuation.appraisals.states import STANDING, OrderState
from valuation.models import DataRequest, Objection, Order, Quote, Report, ReviewComment

LOOKING = frozenset({Role.READ_ONLY, Role.FINANCE})


ORDER_STEPS = by_verb(
    Step(
        "invite",
        _("Ask for quotes"),
        forms.InviteForm,
        lambda order, data, by: orders.invite(
            order_id=order.pk, agency_ids=[one.pk for one in data["agencies"]], by=by
        ),
        _("Each agency is told of the rights, the purpose and the dates, and none of another’s quote."),
    ),
    Step(
        "cancel",
        _("Cancel the order"),
        ReasonForm,
        lambda order, data, by: orders.cancel(order_id=order.pk, reason=data["reason"], by=by),
        is_dangerous=True,
    ),
    Step(
        "terminate",
        _("Terminate the engagement"),
        ReasonForm,
        lambda order, data, by: orders.terminate(order_id=order.pk, reason=data["reason"], by=by),
        _("The fee goes back to the client, less the agreed part when the client ends it after drafting began."),
        is_dangerous=True,
    ),
    Step(
        "ask",
        _("Ask for data"),
        forms.AskForm,
        lambda order, data, by: data_service.ask(order_id=order.pk, by=by, **data),
    ),
    Step(
        "ask_usual",
        _("Ask for the usual data"),
        forms.AskUsualForm,
        lambda order, data, by: data_service.ask_usual(order_id=order.pk, due_on=data["due_on"], by=by),
    ),
    Step(
        "begin_drafting",
        _("Begin drafting"),
        NoForm,
        lambda order, data, by: data_service.begin_drafting(order_id=order.pk, by=by),
    ),
    Step(
        "frame",
        _("Set the frame"),
        forms.FrameForm,
        lambda order, data, by: drafting.set_frame(
            order_id=order.pk,
            frame=drafting.Frame(
                data["economic_life_ends_on"],
                data["visited_on"],
                data["unit"],
                data["single_reason"],
                data["signers"],
            ),
            by=by,
        ),
    ),
    Step(
        "weigh",
        _("Weigh the methods"),
        forms.WeightForm,
        lambda order, data, by: drafting.weigh(order_id=order.pk, weights=data, by=by),
        _("The weights make 100 percent. The conclusion follows from them; nobody types it."),
    ),
    Step(
        "drop_method",
        _("Take a method out"),
        forms.MethodForm,
        lambda order, data, by: drafting.drop_method(order_id=order.pk, method=data["method"], by=by),
    ),
    Step(
        "compute_scores",
        _("Score from the register"),
        NoForm,
        lambda order, data, by: scores.compute_scores(order_id=order.pk, by=by),
    ),
    Step(
        "give_score",
        _("Give points"),
        forms.ScoreForm,
        lambda order, data, by: scores.give_score(
            order_id=order.pk,
            asset_id=data["asset"],
            indicator=data["indicator"],
            points=data["points"],
            evidence=data["evidence"],
            by=by,
        ),
    ),
    Step(
        "hand_in",
        _("Hand in for review"),
        NoForm,
        lambda order, data, by: drafting.hand_in(order_id=order.pk, by=by),
        _("A reviewer who wrote none of it reads the draft."),
    ),
    Step(
        "comment",
        _("Write a comment"),
        forms.CommentForm,
        lambda order, data, by: reviewing.comment(order_id=order.pk, by=by, **data),
    ),
    Step(
        "return",
        _("Return to the drafter"),
        ReasonForm,
        lambda order, data, by: reviewing.return_draft(order_id=order.pk, reason=data["reason"], by=by),
    ),
    Step(
        "approve",
        _("Approve for signature"),
        NoForm,
        lambda order, data, by: reviewing.approve(order_id=order.pk, by=by),
        _("The text is fixed and goes to the two appraisers and then to whoever seals for the agency."),
    ),
    Step(
        "take_back",
        _("Take back to be changed"),
        ReasonForm,
        lambda order, data, by: reviewing.take_back(order_id=order.pk, reason=data["reason"], by=by),
        _("Signatures given so far become void."),
        is_dangerous=True,
    ),
    Step(
        "revise",
        _("Revise the report"),
        ReasonForm,
        lambda order, data, by: reports.revise(order_id=order.pk, reason=data["reason"], by=by),
        _("The report in force stands until its successor is signed by all."),
    ),
)

QUOTE_STEPS = by_verb(
    Step(
        "offer",
        _("Quote"),
        forms.QuoteForm,
        lambda quote, data, by: quotes.offer(quote_id=quote.pk, terms=Terms(**data), by=by),
        _("The client sees it when quoting is over; other agencies never do."),
    ),
    Step(
        "decline",
        _("Decline"),
        ReasonForm,
        lambda quote, data, by: quotes.decline(quote_id=quote.pk, reason=data["reason"], by=by),
    ),
    Step(
        "engage",
        _("Engage this agency"),
        NoForm,
        lambda quote, data, by: orders.engage(order_id=quote.order_id, quote_id=quote.pk, by=by),
        _("You owe the fee into holding; it is released to the agency when the report is issued."),
    ),
)

DATA_STEPS = by_verb(
    Step(
        "deliver",
        _("Deliver"),
        forms.DeliverForm,
        lambda request, data, by: data_service.deliver(
            request_id=request.pk, answer=data["answer"], uploads=[data["paper"]] if data["paper"] else [], by=by
        ),
    ),
    Step(
        "withhold",
        _("Withhold"),
        ReasonForm,
        lambda request, data, by: data_service.withhold(request_id=request.pk, reason=data["reason"], by=by),
        _("The agency may go on without it, or refuse to (Appraisal Law, article 18)."),
        is_dangerous=True,
    ),
    Step(
        "accept",
        _("Accept"),
        NoForm,
        lambda request, data, by: data_service.accept(request_id=request.pk, by=by),
    ),
    Step(
        "return",
        _("Ask again"),
        ReasonForm,
        lambda request, data, by: data_service.ask_again(request_id=request.pk, reason=data["reason"], by=by),
    ),
    Step(
        "drop",
        _("No longer needed"),
        NoForm,
        lambda request, data, by: data_service.drop(request_id=request.pk, by=by),
    ),
)

COMMENT_STEPS = by_verb(
    Step(
        "answer",
        _("Answer the comment"),
        forms.AnswerForm,
        lambda comment, data, by: drafting.answer_comment(comment_id=comment.pk, answer=data["answer"], by=by),
    ),
)

REPORT_STEPS = by_verb(
    Step(
        "withdraw",
        _("Withdraw the report"),
        ReasonForm,
        lambda report, data, by: reports.withdraw(report_id=report.pk, reason=data["reason"], by=by),
        _("Everybody who relies on it is told. It cannot be undone."),
        is_dangerous=True,
    ),
    Step(
        "show",
        _("Show it on a listing"),
        forms.ShowForm,
        lambda report, data, by: reports.show(report_id=report.pk, listing_id=data["listing"], by=by),
    ),
    Step(
        "hide",
        _("Show it no longer"),
        forms.ShowForm,
        lambda report, data, by: reports.hide(report_id=report.pk, listing_id=data["listing"], by=by),
    ),
    Step(
        "doubt",
        _("Raise an objection"),
        forms.DoubtForm,
        lambda report, data, by: objections.object_to(
            report_id=report.pk, doubt=data["doubt"], upload=data["paper"], by=by
        ),
        _("The report is marked as disputed wherever it is used until this is settled."),
        is_dangerous=True,
    ),
)

OBJECTION_STEPS = by_verb(
    Step(
        "explain",
        _("Explain"),
        forms.ExplainForm,
        lambda objection, data, by: objections.explain(
            objection_id=objection.pk, explanation=data["explanation"], by=by
        ),
    ),
    Step(
        "settle",
        _("Accept the explanation"),
        NoForm,
        lambda objection, data, by: objections.settle(objection_id=objection.pk, by=by),
    ),
    Step(
        "withdraw",
        _("Withdraw the objection"),
        ReasonForm,
        lambda objection, data, by: objections.withdraw(objection_id=objection.pk, reason=data["reason"], by=by),
    ),
)


#: Ordered by the form of an order, so it is no step of its own.
SECOND_OPINION = _("Order a second opinion")


def demand_part(order: Order, actor: Actor) -> None:
    """Raises NotPermitted for those who may look and do nothing: read-only members, and the desk."""
    who = (CLIENT_WORKS, EITHER_DECIDES, AGENCY_WORKS, AGENCY_REVIEWS)
    if not any(one.permits(actor, order) for one in who):
        raise NotPermitted()


def demand_part_in(quote: Quote, actor: Actor) -> None:
    """The same for a quote: the agency that was asked, and the client."""
    if not (AGENCY_WORKS.permits(actor, quote) or CLIENT_WORKS.permits(actor, quote)):
        raise NotPermitted()


def demand_more_than_looking(actor: Actor) -> None:
    """Raises NotPermitted for delegates and for members who only read or only keep the money."""
    if actor.on_behalf_of is not None or not actor.roles - LOOKING:
        raise NotPermitted()


def order_steps(order: Order, actor: Actor) -> list[Step]:
    """The steps open to the actor on the order now, guards aside."""
    open_now = [edge.verb for edge in ORDER_GRAPH.open_to(actor, order)]
    found = [ORDER_STEPS[verb] for verb in open_now if verb in ORDER_STEPS]
    if "resign" in open_now:
        found.append(ORDER_STEPS["terminate"])
    if AGENCY_WORKS.permits(actor, order):
        extra: tuple[str, ...] = ()
        if order.state == OrderState.DATA:
            extra = ("ask", "ask_usual", "compute_scores")
        elif order.state == OrderState.DRAFTING:
            extra = ("ask", "frame", "weigh", "drop_method", "compute_scores", "give_score")
        found = [*(ORDER_STEPS[verb] for verb in extra), *found]
    if order.state == OrderState.REVIEWING and AGENCY_REVIEWS.permits(actor, order):
        found.insert(0, ORDER_STEPS["comment"])
    return found


def quote_steps(quote: Quote, actor: Actor) -> list[Step]:
    """The steps open on a quote: the agency quotes or declines, the client engages once quotes are open."""
    verbs = [edge.verb for edge in QUOTE_GRAPH.open_to(actor, quote)]
    found = [QUOTE_STEPS[verb] for verb in verbs if verb in QUOTE_STEPS]
    if quote.order.state != OrderState.QUOTING:
        found = [one for one in found if one.verb != "offer"]
    if "accept" in verbs and quote.order.state == OrderState.CHOOSING:
        found.append(QUOTE_STEPS["engage"])
    return found


def data_steps(request: DataRequest, actor: Actor) -> list[Step]:
    if request.order.state not in data_service.OPEN_FOR_DATA:
        return []
    return [DATA_STEPS[edge.verb] for edge in DATA_GRAPH.open_to(actor, request) if edge.verb in DATA_STEPS]


def comment_steps(comment: ReviewComment, actor: Actor) -> list[Step]:
    order = comment.order
    may = order.state == OrderState.DRAFTING and AGENCY_WORKS.permits(actor, order) and not comment.answer
    return [COMMENT_STEPS["answer"]] if may else []


def report_steps(report: Report, actor: Actor) -> list[Step]:
    """The steps open on a report."""
    found = [REPORT_STEPS[edge.verb] for edge in REPORT_GRAPH.open_to(actor, report) if edge.verb in REPORT_STEPS]
    own = actor.acts_for
    may_list = report.is_usable and own and HOLDER.permits(actor, Listing(organisation_id=own))
    if may_list and Listing.objects.filter(organisation=own, listed__asset__in=report.assets.all()).exists():
        found.append(REPORT_STEPS["show"])
    if report.showings.filter(ended_at__isnull=True, listing__organisation=own).exists():
        found.append(REPORT_STEPS["hide"])
    is_open = report.objections.unsettled().exists()
    if report.state in STANDING and not is_open and objections.may_object(report, actor):
        found.append(REPORT_STEPS["doubt"])
    if is_appraising(actor, report.order):
        found += [ORDER_STEPS[e.verb] for e in ORDER_GRAPH.open_to(actor, report.order) if e.verb == "revise"]
    return found


def objection_steps(objection: Objection, actor: Actor) -> list[Step]:
    open_now = OBJECTION_GRAPH.open_to(actor, objection)
    return [OBJECTION_STEPS[edge.verb] for edge in open_now if edge.verb in OBJECTION_STEPS]
