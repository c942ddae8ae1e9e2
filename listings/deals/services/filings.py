"""Matters at the register and the tax office: filed, refused and corrected, proved, and the proof checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from listings.deals.graphs.filing import FILING_GRAPH
from listings.deals.models import Deal, Filing
from listings.deals.services.transfer import release_pledges
from listings.deals.states import FilingKind
from listings.rights.ruling import enforces
from marketplace.core import clock, files, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid
from marketplace.core.locks import locked_all
from marketplace.core.workdays import months_after

PURPOSE = "filing"
RECORDAL_MONTHS = 3
TECHNOLOGY_CONTRACT_DAYS = 30

#: What happens when a recordal is approved; the deal's own services register it (they stand above filings).
Recorded = Callable[[Deal, Filing, Actor], None]
_on_recorded: list[Recorded] = []


def on_recorded(act: Recorded) -> Recorded:
    """Register what an approved recordal sets in motion, in the approving transaction."""
    _on_recorded.append(act)
    return act


@enforces("LIC-RECORD-3M", "PAT-ASSIGN-REG", "LIC-REFUSE-08")
def begin_filings(deal: Deal, *, by: Actor) -> list[Filing]:
    """Owe what the deal's kind asks for: recordal within three months of effect (Rule 15(2)) by the side agreed, the
    technology contract's registration within thirty days by the seller. Both are tasks with a last day; of a kind there
    is one a deal, so the same contract is not filed twice."""
    today = clock.today()
    recorder = deal.seller_id if deal.terms.get("records") == "seller" else deal.buyer_id
    kind = FilingKind.LICENCE if deal.is_licence else FilingKind.ASSIGNMENT
    wanted = [
        (kind, recorder, months_after(today, RECORDAL_MONTHS)),
        (
            FilingKind.TECHNOLOGY_CONTRACT,
            deal.seller_id,
            date.fromordinal(today.toordinal() + TECHNOLOGY_CONTRACT_DAYS),
        ),
    ]
    if deal.pledgee_id is not None and not deal.is_licence:
        wanted.append((FilingKind.PLEDGE_CANCELLATION, deal.pledgee_id, months_after(today, RECORDAL_MONTHS)))
    made = []
    for each, owed_by, due_on in wanted:
        filing = Filing(deal=deal, kind=each, owed_by_id=owed_by, due_on=due_on)
        lifecycle.begin(FILING_GRAPH, filing, by=by, data=_told(deal, filing))
        made.append(filing)
    return made


def drop_filings(deal: Deal, *, by: Actor) -> None:
    """Nothing more is to be filed for a deal that ended without passing anything."""
    for filing in deal.filings.open():  # steps of a filing take the deal's lock first, and the caller holds it
        lifecycle.walk(FILING_GRAPH, filing, "drop", by=by, data=_told(deal, filing))


def say_filed(*, filing_id: int, filed_on: date, reference: str, by: Actor) -> Filing:
    """Record that it was handed in, again after a refusal. Raises Invalid for a day that is not yet."""
    with _with_deal(filing_id) as (deal, filing):
        _not_in_the_future(filed_on, "filed_on")
        filing.filed_on, filing.reference, filing.refusal, filing.correct_by = filed_on, reference.strip(), "", None
        _walk(deal, filing, "file", by, also=("filed_on", "reference", "refusal", "correct_by"))
    return filing


def say_refused(*, filing_id: int, found: str, correct_by: date | None, by: Actor) -> Filing:
    """Record what the office found wanting, and until when it may be put right."""
    with _with_deal(filing_id) as (deal, filing):
        filing.refusal, filing.correct_by = found.strip(), correct_by
        _walk(deal, filing, "refuse", by, reason=found, also=("refusal", "correct_by"))
    return filing


def hand_in_evidence(*, filing_id: int, recorded_on: date, upload: UploadedFile[Any], by: Actor) -> Filing:
    """Hand in the office's notice with the day it names; a second person then checks it.

    A pledgee who shows that its pledge is cancelled thereby lets go of it here.
    """
    with _with_deal(filing_id) as (deal, filing):
        _not_in_the_future(recorded_on, "recorded_on")
        filing.evidence = files.keep(upload, purpose=PURPOSE, subject_id=filing.pk, by=by)
        filing.recorded_on, filing.evidenced_by_id = recorded_on, by.user_id
        filing.refusal, filing.correct_by = "", None  # what was wanting is put right; the history keeps it
        corrected = ("evidence", "recorded_on", "evidenced_by", "refusal", "correct_by")
        _walk(deal, filing, "prove", by, also=corrected)
        if filing.kind == FilingKind.PLEDGE_CANCELLATION and by.acts_for == deal.pledgee_id:
            release_pledges(deal, on=recorded_on, by=by)
    return filing


def approve_evidence(*, filing_id: int, by: Actor) -> Filing:
    """Confirm as a second person that the register has it; the deal moves on in the same transaction."""
    with _with_deal(filing_id) as (deal, filing):
        filing.approved_by_id = by.user_id
        _walk(deal, filing, "approve", by, also=("approved_by",))
        for act in _on_recorded:
            act(deal, filing, by)
    return filing


def return_evidence(*, filing_id: int, reason: str, by: Actor) -> Filing:
    """Send evidence back that does not show what it should."""
    with _with_deal(filing_id) as (deal, filing):
        filing.refusal = reason.strip()
        _walk(deal, filing, "return", by, reason=reason, also=("refusal",))
    return filing


@contextmanager
def _with_deal(filing_id: int) -> Iterator[tuple[Deal, Filing]]:
    """The filing and its deal, both locked: a step of one may move the other."""
    deal_id = Filing.objects.filter(pk=filing_id).values_list("deal_id", flat=True).first() or 0
    with locked_all([(Deal, deal_id), (Filing, filing_id)]) as (deal, filing):
        assert isinstance(deal, Deal) and isinstance(filing, Filing)
        yield deal, filing


def _walk(deal: Deal, filing: Filing, verb: str, by: Actor, *, reason: str = "", also: Sequence[str] = ()) -> None:
    lifecycle.walk(FILING_GRAPH, filing, verb, by=by, reason=reason, also=also, data=_told(deal, filing))


def _told(deal: Deal, filing: Filing) -> dict[str, Any]:
    return {
        "number": deal.number,
        "deal": deal.pk,
        "kind": filing.kind,
        "owed_by": filing.owed_by_id,
        "due_on": filing.due_on,
        "touched": {"deals.deal": [deal.pk]},
    }


def _not_in_the_future(day: date, field: str) -> None:
    if day > clock.today():
        raise Invalid(field=field, problem=_("This day has not come yet."))
