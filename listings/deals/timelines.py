"""The events of a deal in words, for components/timeline.html."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from listings.catalogue.timelines import reason_of
from listings.deals.models import Filing
from listings.deals.states import FilingKind
from marketplace.core.formats import money_exact
from marketplace.core.models import Event
from marketplace.core.money import Money
from marketplace.payments.models import Obligation, Payout
from marketplace.signing.models import Consent

WORDS = {
    "deal.begin": ("go", _("Offer accepted: the deal is made")),
    "deal.draw_up": ("now", _("Contract drawn up")),
    "deal.redraw": ("wait", _("Contract taken back to be changed")),
    "deal.ask_consents": ("now", _("Contract signed by both sides; consents asked for")),
    "deal.payoff": ("pledge", _("Pledgee stated what it is owed")),
    "deal.call_for_payment": ("now", _("Buyer asked to pay into holding")),
    "deal.fund": ("go", _("Price held by the platform")),
    "deal.release": ("go", _("Money released to be paid out")),
    "deal.settle": ("go", _("Money released as decided")),
    "deal.complete": ("go", _("Everybody is paid: completed")),
    "deal.reopen": ("stop", _("A payout came back")),
    "deal.cancel": ("ended", _("Cancelled")),
    "deal.lapse": ("ended", _("Lapsed: the time was over")),
    "deal.refund": ("wait", _("Money to go back to the buyer")),
    "deal.refunded": ("ended", _("Money is back with the buyer")),
    "deal.agree_refund": ("wait", _("One side agreed to the refund")),
    "deal.review": ("off", _("A review was written")),
    "deal.reviews_public": ("off", _("Reviews are public")),
    "filing.begin": ("off", _("To be filed at an office")),
    "filing.file": ("now", _("Filed")),
    "filing.refuse": ("wait", _("Refused by the office")),
    "filing.prove": ("now", _("The office’s notice handed in")),
    "filing.approve": ("go", _("Recorded, checked by a second person")),
    "filing.return": ("wait", _("Evidence returned")),
    "filing.drop": ("ended", _("Filing no longer needed")),
    "dispute.begin": ("stop", _("Dispute raised")),
    "dispute.state": ("off", _("Statement added to the dispute")),
    "dispute.propose": ("wait", _("Decision proposed")),
    "dispute.decide": ("go", _("Dispute decided")),
    "dispute.withdraw": ("ended", _("Dispute withdrawn")),
    "document.sign": ("go", _("Contract signed")),
    "document.complete": ("go", _("Contract signed by all and sealed")),
    "consent.give": ("go", _("Consent given")),
    "consent.hand_in": ("now", _("Consent on paper handed in")),
    "consent.confirm": ("go", _("Consent on paper confirmed")),
    "consent.send_back": ("wait", _("Consent on paper sent back")),
    "consent.refuse": ("stop", _("Consent refused")),
    "obligation.settle": ("go", _("Payment complete")),
    "obligation.reopen": ("stop", _("A payment came back")),
    "payout.pay": ("go", _("Paid out")),
    "payout.fail": ("stop", _("A payout failed")),
    "refund.complete": ("ended", _("Refunded")),
}
MOST_SHOWN = 80


def deal_timeline(subjects: Sequence[Model], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """What happened to these rows (a deal and what belongs to it), newest first. One query, by subject."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for one in subjects:
        by_kind[one._meta.label_lower].append(one.pk)
    about = Q()
    for kind, ids in by_kind.items():
        about |= Q(subject_kind=kind, subject_id__in=ids)
    rows = Event.objects.filter(about, kind__in=WORDS).order_by("-id")[:MOST_SHOWN]
    labels = {(one._meta.label_lower, one.pk): _label(one, names) for one in subjects}
    return [_line(row, names, labels[row.subject_kind, row.subject_id]) for row in rows]


def _label(subject: Model, names: Mapping[int, str]) -> str:
    """Which filing, payment, payout or consent a line is about; a deal has many of each."""
    if isinstance(subject, Filing):
        return str(FilingKind(subject.kind).label)
    if isinstance(subject, Obligation):
        return f"{subject.title} {_exact(subject.money)}"
    if isinstance(subject, Payout):
        payee = names.get(subject.payee_id or 0, "")
        return f"{payee} {_exact(subject.money)}".strip()
    if isinstance(subject, Consent):
        return str(subject.party_name)
    return ""


def _exact(money: Money) -> str:
    return money_exact(money.amount, money.currency, get_language() or "")


def _line(row: Event, names: Mapping[int, str], label: str) -> dict[str, Any]:
    state, text = WORDS[row.kind]
    by = names.get(row.org_id or 0, "")
    note = " · ".join(filter(None, (label, "" if by and by in label else by, reason_of(row))))
    return {"at": row.at, "state": state, "text": text, "note": note}
