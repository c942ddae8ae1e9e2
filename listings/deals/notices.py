"""Who is told what about a deal, its filings and disputes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.deals.models import Deal
from listings.deals.talks.notices import people_of
from marketplace.accounts.models import Membership
from marketplace.accounts.roles import DESK_KINDS, Role
from marketplace.core.models import Event
from marketplace.notifications.service import announce


def _deal_of(event: Event) -> Deal | None:
    pk = event.subject_id if event.subject_kind == "deals.deal" else event.data.get("deal")
    return Deal.objects.filter(pk=pk).first()


def _sides(event: Event) -> set[int]:
    """Both sides of the deal."""
    deal = _deal_of(event)
    return people_of(deal.seller_id) | people_of(deal.buyer_id) if deal else set()


def _everybody(event: Event) -> set[int]:
    """Both sides, co-owners, brokers and the pledgee."""
    deal = _deal_of(event)
    if deal is None:
        return set()
    others = {deal.pledgee_id, *deal.shares.values_list("organisation_id", flat=True)}
    others |= set(deal.commissions.values_list("broker_id", flat=True))
    return _sides(event).union(*(people_of(pk) for pk in others))


def _buyer(event: Event) -> set[int]:
    deal = _deal_of(event)
    return people_of(deal.buyer_id) if deal else set()


def _filer(event: Event) -> set[int]:
    return people_of(event.data.get("owed_by"))


def _desk(event: Event) -> set[int]:
    rows = Membership.objects.live().filter(
        organisation__kind__in=DESK_KINDS, roles__overlap=[Role.OWNER, Role.REVIEWER, Role.APPROVER]
    )
    return set(rows.values_list("user_id", flat=True))


def _params(event: Event) -> dict[str, Any]:
    return {"number": event.data.get("number") or _number(event), "reason": event.reason}


def _number(event: Event) -> str:
    deal = _deal_of(event)
    return deal.number if deal else ""


def _page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("deal", args=[_number(event)])


TELL: tuple[tuple[str, Callable[[Event], Iterable[int]], Any], ...] = (
    ("deal.begin", _everybody, _("Deal %(number)s is made: the contract is to be drawn up")),
    ("deal.draw_up", _sides, _("Deal %(number)s: the contract is ready to be signed")),
    ("deal.redraw", _everybody, _("Deal %(number)s: the contract is changed: %(reason)s")),
    ("deal.ask_consents", _everybody, _("Deal %(number)s: signed by both sides; consents are asked for")),
    ("deal.call_for_payment", _sides, _("Deal %(number)s: the buyer is asked to pay into holding")),
    ("deal.fund", _everybody, _("Deal %(number)s: the price is held")),
    ("deal.release", _everybody, _("Deal %(number)s: the money is being paid out")),
    ("deal.complete", _everybody, _("Deal %(number)s is completed")),
    ("deal.reopen", _sides, _("Deal %(number)s: a payout came back")),
    ("deal.cancel", _everybody, _("Deal %(number)s was cancelled: %(reason)s")),
    ("deal.lapse", _everybody, _("Deal %(number)s lapsed: the time for the next step was over")),
    ("deal.agree_refund", _sides, _("Deal %(number)s: one side agrees that the money goes back: %(reason)s")),
    ("deal.refund", _everybody, _("Deal %(number)s: the money goes back to the buyer")),
    ("deal.reviews_public", _sides, _("Deal %(number)s: the reviews are public")),
    ("filing.begin", _filer, _("Deal %(number)s: something is to be filed at an office")),
    ("filing.refuse", _everybody, _("Deal %(number)s: the office found something wanting: %(reason)s")),
    ("filing.prove", _desk, _("Deal %(number)s: evidence of recordal is to be checked")),
    ("filing.return", _filer, _("Deal %(number)s: the evidence was returned: %(reason)s")),
    ("filing.approve", _everybody, _("Deal %(number)s: the office’s notice is confirmed")),
    ("dispute.begin", lambda event: _sides(event) | _desk(event), _("Deal %(number)s: a dispute was raised")),
    ("dispute.propose", _desk, _("Deal %(number)s: a decision of the dispute waits for a second person")),
    ("dispute.decide", _sides, _("Deal %(number)s: the dispute is decided")),
    ("dispute.withdraw", _sides, _("Deal %(number)s: the dispute was withdrawn")),
)


def announce_all() -> None:
    """Called once the app is ready."""
    for kind, recipients, sentence in TELL:
        announce(kind, recipients=recipients, params=_params, sentence=sentence, url=_page)
