"""The ports through which the market tells people outside it: one courier a channel, open where it is set up."""

from __future__ import annotations

from marketplace.notifications.couriers.mail import MailCourier
from marketplace.notifications.couriers.port import Courier, Letter, Receipt, Refused, Uncertain
from marketplace.notifications.couriers.sms import SmsCourier
from marketplace.notifications.couriers.wecom import WecomCourier
from marketplace.notifications.models import Channel

__all__ = ["Courier", "Letter", "Receipt", "Refused", "Uncertain", "courier_for", "open_channels"]

COURIERS: dict[str, type[Courier]] = {
    Channel.MAIL: MailCourier,
    Channel.SMS: SmsCourier,
    Channel.WECOM: WecomCourier,
}


def courier_for(channel: str) -> Courier:
    """A courier of its own for one run: it may keep a connection, and is to be closed."""
    return COURIERS[channel]()


def open_channels() -> list[str]:
    """The channels that are set up on this machine."""
    return [channel for channel, courier in COURIERS.items() if courier.is_open()]
