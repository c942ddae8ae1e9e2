"""What providers tell us of themselves: the states of such an event, and why one is kept from acting."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from marketplace.core.lifecycle import AnyOf, Clock, Edge, Graph, WorkingDays, register
from marketplace.payments.graphs import MONEY_DESK


class InboundState(TextChoices):
    RECEIVED = "received", _("To be applied")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Of no concern to us")
    QUARANTINED = "quarantined", _("In quarantine")
    DISMISSED = "dismissed", _("Dismissed")


class Doubt(TextChoices):
    """Why an event, or a delivery that is none, changes nothing until a person has looked."""

    FORGED = "forged", _("The signature is not the provider’s")
    STALE = "stale", _("Signed too long ago")
    MALFORMED = "malformed", _("Not an event")
    OTHER_MODE = "other_mode", _("Test event on a live account, or the reverse")
    OTHER_ACCOUNT = "other_account", _("Of an account that is none of ours")
    UNKNOWN_OBJECT = "unknown_object", _("About something we never asked for")
    WRONG_AMOUNT = "wrong_amount", _("Another sum than asked")
    WRONG_CURRENCY = "wrong_currency", _("Another currency than asked")
    NOT_APPLIED = "not_applied", _("Could not be applied after many tries")


_S = InboundState
INBOUND_GRAPH = register(
    Graph(
        name="inbound_event",
        model="payments.inboundevent",
        initial=_S.RECEIVED,
        states=InboundState,
        edges=(
            Edge("apply", (_S.RECEIVED,), _S.APPLIED, Clock(), _("Apply the event"), due=WorkingDays(1)),
            Edge("ignore", (_S.RECEIVED,), _S.IGNORED, Clock(), _("Ignore")),
            Edge("quarantine", (_S.RECEIVED,), _S.QUARANTINED, Clock(), _("Set aside")),
            Edge(
                "retry",
                (_S.QUARANTINED,),
                _S.RECEIVED,
                AnyOf((MONEY_DESK, Clock())),
                _("Try again"),
                due=WorkingDays(1),
            ),
            Edge("dismiss", (_S.QUARANTINED,), _S.DISMISSED, MONEY_DESK, _("Dismiss"), asks_reason=True),
        ),
    )
)
