"""What people are told about money; the notifications floor takes it from here, through the portal above both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Membership
from marketplace.accounts.roles import DESK_KINDS, Role
from marketplace.core.models import Event
from marketplace.payments.graphs import MONEY_DESK, TREASURERS


def treasurers_of(organisation_id: int | None) -> set[int]:
    """Owners and finance staff."""
    rows = Membership.objects.live().filter(
        organisation=organisation_id or 0, roles__overlap=[str(role) for role in TREASURERS.roles]
    )
    return set(rows.values_list("user_id", flat=True))


def money_desk(event: Event) -> set[int]:
    """The operator's people who handle money."""
    rows = Membership.objects.live().filter(
        organisation__kind__in=DESK_KINDS, roles__overlap=[str(role) for role in MONEY_DESK.roles]
    )
    return set(rows.values_list("user_id", flat=True))


def _payer(event: Event) -> Iterable[int]:
    return treasurers_of(event.data.get("payer"))


def _payee(event: Event) -> Iterable[int]:
    return treasurers_of(event.data.get("payee"))


def _payee_and_desk(event: Event) -> Iterable[int]:
    return treasurers_of(event.data.get("payee")) | money_desk(event)


def _payer_and_desk(event: Event) -> Iterable[int]:
    return treasurers_of(event.data.get("payer")) | money_desk(event)


def _account_keepers(event: Event) -> Iterable[int]:
    rows = Membership.objects.live().filter(
        organisation=event.data.get("organisation") or 0, roles__overlap=[Role.OWNER, Role.FINANCE]
    )
    return set(rows.values_list("user_id", flat=True))


def _params(event: Event) -> dict[str, Any]:
    """Amount, and the title in both languages."""
    data = event.data
    return {
        "title": {"zh": data.get("title_zh", ""), "en": data.get("title_en", "")},
        "amount": f"{data.get('amount', '')} {data.get('currency', '')}".strip(),
        "received": f"{data.get('received', '')} {data.get('currency', '')}".strip(),
        "reference": data.get("reference", ""),
        "provider": data.get("provider", ""),
        "reason": event.reason,
        "ends": data.get("ends", ""),
        "count": data.get("findings", data.get("waiting", "")),
    }


def _page(name: str, *keys: str) -> Callable[[Event], str]:
    """A page without a language prefix: the letter adds the reader's."""

    def url(event: Event) -> str:
        with translation.override("zh-hans"):
            return reverse(name, args=[event.data[key] for key in keys])

    return url


def contribute_to(announce: Callable[..., None]) -> None:
    """Enter this floor's topics with the notifications floor's `announce`."""
    payment = _page("obligation", "reference")
    own, desk = _page("money"), _page("money_desk")

    def tell(kind: str, who: Callable[[Event], Iterable[int]], sentence: Any, url: Callable[[Event], str]) -> None:
        announce(kind, recipients=who, sentence=sentence, params=_params, url=url)

    tell("obligation.begin", _payer, _("%(amount)s is to be paid: %(title)s"), payment)
    tell("obligation.remind", _payer, _("In three days %(amount)s is due: %(title)s"), payment)
    tell("obligation.fall_due", _payer, _("%(amount)s is overdue: %(title)s"), payment)
    tell("obligation.part_settle", _payer, _("%(received)s arrived, more is to come: %(title)s"), payment)
    tell("obligation.settle", _payer, _("Your payment has arrived in full and is held: %(title)s"), payment)
    tell("obligation.reopen", _payer_and_desk, _("A payment was taken back and is owed again: %(title)s"), payment)
    tell("obligation.refund", _payer, _("Your payment was refunded: %(title)s"), payment)
    tell("payout.pay", _payee, _("%(amount)s was paid out to you (%(reference)s)"), own)
    tell("payout.fail", _payee_and_desk, _("A payout of %(amount)s failed (%(reference)s): %(reason)s"), own)
    tell("payout.unknown", money_desk, _("Nobody knows whether payout %(reference)s went out; ask the provider"), desk)
    tell("payin.dispute", _payer_and_desk, _("A payment of %(amount)s is disputed at %(provider)s"), own)
    tell("payin.contradict", money_desk, _("%(provider)s tells another sum than was asked for: %(reason)s"), desk)
    tell("refund.complete", _payer, _("%(amount)s was sent back to you (%(reference)s)"), own)
    tell("refund.fail", money_desk, _("A refund of %(amount)s failed (%(reference)s): %(reason)s"), desk)
    tell("refund.stall", money_desk, _("A refund waits for money that does not come back: %(reason)s"), desk)
    tell("statement.quarantine", money_desk, _("%(count)s lines of a bank statement could not be placed"), desk)
    tell("books.differ", money_desk, _("The books do not add up: %(count)s differences"), desk)
    doubts = _page("provider_events")
    tell("inbound_event.quarantine", money_desk, _("An event of %(provider)s is in quarantine: %(reason)s"), doubts)
    tell("refused_delivery.begin", money_desk, _("%(provider)s events with a wrong signature were refused"), doubts)
    account = _page("payout_account")
    tell("payout_account.stop", _account_keepers, _("Your account at %(provider)s cannot be paid at present"), account)
    tell("payout_account.begin", _account_keepers, _("A new account to be paid to was entered (%(ends)s)"), account)
    tell("payout_account.activate", _account_keepers, _("You are now paid to the account %(ends)s"), account)
    tell("payout_account.withdraw", _account_keepers, _("The account %(ends)s was withdrawn"), account)
