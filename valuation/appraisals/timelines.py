"""The events of an appraisal in words, for components/timeline.html."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from listings.catalogue.timelines import reason_of
from marketplace.core.models import Event

WORDS = {
    "appraisal.begin": ("off", _("Requested")),
    "appraisal.invite": ("now", _("Agencies asked for quotes")),
    "appraisal.close_quotes": ("now", _("Quotes opened")),
    "appraisal.decline": ("ended", _("Declined by every agency")),
    "appraisal.engage": ("go", _("Agency engaged")),
    "appraisal.start": ("go", _("Fee held; work begins")),
    "appraisal.post": ("now", _("Posted as engaged elsewhere")),
    "appraisal.begin_drafting": ("now", _("Drafting begun")),
    "appraisal.hand_in": ("now", _("Handed in for internal review")),
    "appraisal.return": ("wait", _("Returned by the reviewer")),
    "appraisal.approve": ("go", _("Approved for signature")),
    "appraisal.take_back": ("wait", _("Taken back from signing")),
    "appraisal.issue": ("go", _("Report issued")),
    "appraisal.revise": ("wait", _("Revision begun")),
    "appraisal.cancel": ("ended", _("Cancelled")),
    "appraisal.lapse": ("ended", _("Lapsed: the time was over")),
    "appraisal.terminate": ("ended", _("Terminated")),
    "appraisal.resign": ("ended", _("The agency resigned")),
    "appraisal.compute": ("off", _("A method was computed")),
    "data_request.begin": ("off", _("Data asked for")),
    "data_request.deliver": ("now", _("Data delivered")),
    "data_request.accept": ("go", _("Data accepted")),
    "data_request.withhold": ("stop", _("Data withheld")),
    "data_request.return": ("wait", _("Data asked for again")),
    "report.begin": ("now", _("Report before its signers")),
    "report.issue": ("go", _("Report issued")),
    "report.drop": ("ended", _("Given up before it was signed")),
    "report.dispute": ("stop", _("Disputed")),
    "report.settle": ("go", _("Objection settled")),
    "report.suspend": ("hold", _("Agency suspended")),
    "report.reinstate": ("go", _("Agency reinstated")),
    "report.end_right": ("stop", _("A right it values has ended")),
    "report.revive": ("go", _("The right is in force again")),
    "report.expire": ("ended", _("Its year of use is over")),
    "report.supersede": ("ended", _("Replaced by a newer report")),
    "report.withdraw": ("ended", _("Withdrawn by the agency")),
    "report.show": ("off", _("Shown on a listing")),
    "report.hide": ("off", _("No longer shown on a listing")),
    "report.offer_again": ("wait", _("Re-appraisal offered")),
    "objection.begin": ("stop", _("Objection raised")),
    "objection.explain": ("now", _("Explained by the agency")),
    "objection.ask_second": ("wait", _("Second opinion ordered")),
    "objection.conclude": ("go", _("Second opinion given")),
    "document.sign": ("go", _("A signature was given")),
    "document.complete": ("go", _("Signed by all and sealed")),
    "obligation.settle": ("go", _("Fee paid")),
    "payout.pay": ("go", _("Fee paid out to the agency")),
    "refund.complete": ("ended", _("Fee given back")),
}
#: What only the agency at work sees.
INTERNAL = frozenset(
    {
        "appraisal.compute",
        "appraisal.hand_in",
        "appraisal.return",
        "appraisal.approve",
        "appraisal.take_back",
        "report.begin",
        "report.drop",
    }
)
MOST_SHOWN = 80


def appraisal_timeline(
    subjects: Iterable[Model], names: Mapping[int, str], *, is_inside: bool = True
) -> list[dict[str, Any]]:
    """What happened to these rows, newest first, in one query; without the agency's own affairs for others."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for one in subjects:
        by_kind[one._meta.label_lower].append(one.pk)
    about = Q(pk__in=[])
    for kind, ids in by_kind.items():
        about |= Q(subject_kind=kind, subject_id__in=ids)
    kinds = set(WORDS) if is_inside else set(WORDS) - INTERNAL
    rows = Event.objects.filter(about, kind__in=kinds).order_by("-id")[:MOST_SHOWN]
    return [_line(row, names) for row in rows]


def _line(row: Event, names: Mapping[int, str]) -> dict[str, Any]:
    state, text = WORDS[row.kind]
    note = " · ".join(filter(None, (names.get(row.org_id or 0, ""), reason_of(row))))
    return {"at": row.at, "state": state, "text": text, "note": note}
