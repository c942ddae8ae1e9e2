"""What the agency asks the client for, and what the client hands in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from marketplace.core import clock, files, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, Invalid, NotFound, NotPermitted
from marketplace.core.locks import locked, locked_all
from valuation.appraisals.graphs.order import DATA_GRAPH, ORDER_GRAPH
from valuation.appraisals.graphs.parties import AGENCY_WORKS
from valuation.appraisals.sections import beginning
from valuation.appraisals.states import OrderState
from valuation.appraisals.telling import told
from valuation.models import DataFile, DataRequest, Draft, Order

FILE_PURPOSE = "appraisal_data"
MOST_FILES = 10
OPEN_FOR_DATA = (OrderState.DATA, OrderState.DRAFTING)
#: What nearly every patent appraisal needs; the agency asks for what fits and adds its own.
USUAL: tuple[tuple[str, str, str, str], ...] = (
    ("专利证书、权利要求书和说明书", "Certificate, claims and description", "确认评估对象", "To know what is valued"),
    ("年费缴纳凭证", "Proof of annuities paid", "确认权利有效", "To know that it is in force"),
    ("近三年财务报表", "Accounts of the last three years", "预测收益", "To forecast earnings"),
    (
        "许可、转让和销售合同",
        "Licence, assignment and sales contracts",
        "确定提成率和收入",
        "For royalty rate and revenue",
    ),
    ("市场与竞争资料", "Data on market and competition", "判断经济寿命", "To judge the economic life"),
    ("研发成本明细", "Costs of research and development", "成本法测算", "For the cost approach"),
)


def ask(*, order_id: int, title: str, why: str = "", is_required: bool = True, due_on: date, by: Actor) -> DataRequest:
    """Ask the client for something. Raises NotPermitted, IllegalTransition, Invalid."""
    if not title.strip():
        raise Invalid(field="title", problem=_("Say what is needed."))
    if due_on < clock.today():
        raise Invalid(field="due_on", problem=_("The day must lie ahead."))
    with locked(Order, order_id) as order:
        _demand_open(order, by)
        request = DataRequest(
            order=order,
            title=title.strip()[:200],
            why=why.strip(),
            is_required=is_required,
            due_on=due_on,
            asked_by_id=by.user_id,
        )
        lifecycle.begin(DATA_GRAPH, request, by=by, data=told(order, title=request.title))
    return request


def ask_usual(*, order_id: int, due_on: date, by: Actor) -> list[DataRequest]:
    """Ask for what nearly every appraisal needs, but for what was asked already."""
    known = set(DataRequest.objects.filter(order=order_id).values_list("title", flat=True))
    return [
        ask(order_id=order_id, title=f"{zh} / {en}", why=f"{why_zh} / {why_en}", due_on=due_on, by=by)
        for zh, en, why_zh, why_en in USUAL
        if f"{zh} / {en}" not in known
    ]


def _demand_open(order: Order, by: Actor) -> None:
    if not AGENCY_WORKS.permits(by, order):
        raise NotPermitted()
    if order.state not in OPEN_FOR_DATA:
        raise IllegalTransition(state=OrderState(order.state).label)


@contextmanager
def _request(pk: int) -> Iterator[tuple[Order, DataRequest]]:
    order_id = DataRequest.objects.filter(pk=pk).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound()
    with locked_all([(Order, order_id), (DataRequest, pk)]) as (order, request):
        assert isinstance(order, Order) and isinstance(request, DataRequest)
        if order.state not in OPEN_FOR_DATA:
            raise IllegalTransition(state=OrderState(order.state).label)
        request.order = order
        yield order, request


def deliver(*, request_id: int, answer: str, uploads: Sequence[UploadedFile[Any]], by: Actor) -> DataRequest:
    """The client answers with words, papers or both. Raises NotPermitted, IllegalTransition, Invalid, FileRefused."""
    if not answer.strip() and not uploads:
        raise Invalid(field="answer", problem=_("Write an answer or add a file."))
    if len(uploads) > MOST_FILES:
        raise Invalid(field="files", problem=_("At most ten files at once."))
    with _request(request_id) as (order, request):
        request.answer = answer.strip()[:4000]
        data = told(order, title=request.title)
        lifecycle.walk(DATA_GRAPH, request, "deliver", by=by, data=data, also=("answer",))
        for upload in uploads:
            kept = files.keep(upload, purpose=FILE_PURPOSE, subject_id=order.pk, by=by)
            DataFile.objects.create(request=request, file=kept, at=clock.now())
    return request


def _step(verb: str, request_id: int, by: Actor, reason: str = "") -> DataRequest:
    with _request(request_id) as (order, request):
        data = told(order, title=request.title)
        lifecycle.walk(DATA_GRAPH, request, verb, by=by, reason=reason, data=data)
    return request


def withhold(*, request_id: int, reason: str, by: Actor) -> DataRequest:
    """The client will not give it; the agency may go on without, or refuse to (Appraisal Law, article 18)."""
    return _step("withhold", request_id, by, reason)


def accept(*, request_id: int, by: Actor) -> DataRequest:
    return _step("accept", request_id, by)


def ask_again(*, request_id: int, reason: str, by: Actor) -> DataRequest:
    """What came does not do. Raises ReasonMissing too."""
    return _step("return", request_id, by, reason)


def drop(*, request_id: int, by: Actor) -> DataRequest:
    return _step("drop", request_id, by)


def begin_drafting(*, order_id: int, by: Actor) -> Order:
    """The data is there: the draft begins from the usual words. Raises DataMissing, NotPermitted."""
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "begin_drafting", by=by, data=told(order))
        Draft.objects.get_or_create(order=order, defaults={"texts": beginning(), "updated_at": clock.now()})
    return order
