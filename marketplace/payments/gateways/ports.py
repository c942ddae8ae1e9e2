"""What a provider of payments can do, and the answers it gives. The only shapes the services know of the outside world.

Every method may take seconds and may fail half-way: services call them with no transaction open, with a key stored
before (`services/calls.py`). A method raises

* `ProviderRefused` when the provider said no, so that nothing happened there;
* `ProviderUnknown` when there is no telling (time-out, broken connection, a 500): it may have happened.

Answers tell sums as they stand at the provider, counted from the beginning (`PayInTruth.received` is all that ever
came in). Applying one books the difference to what is booked already, so answers may come late, twice, out of order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from marketplace.core.errors import Sentence
from marketplace.core.money import Money

if TYPE_CHECKING:
    from marketplace.payments.models import PayIn, Payout, PayoutAccount, Refund, Reversal

ZERO = Decimal("0.00")


class ProviderRefused(Exception):
    """The provider refused; nothing happened there. `code` is its own word for why."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


class ProviderUnknown(Exception):
    """No answer that can be trusted: the call may have been carried out. Ask before trying again."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can and may do. `sources` names where the facts were read and when; they are shown with them.

    `settled_by` tells where truth comes from: "fetch" (asked by API) or "statement" (lines of a bank statement).
    `rail` is the kind of `PayoutAccount` it pays to. `pay_out_source` asks that each payout names the payment in it
    comes from. `key_life` is how long the provider remembers an idempotency key. `hold_days` is how long money may lie
    there before it must be paid out.
    """

    currencies: frozenset[str]
    settled_by: Literal["fetch", "statement"]
    rail: str
    pays_in: bool = True
    pays_out: bool = True
    partial_pay: bool = False
    reverses: bool = False
    pay_out_source: bool = False
    payout_countries: frozenset[str] = frozenset()  # empty = wherever the account is
    largest: Decimal | None = None
    refund_days: int | None = None
    hold_days: int | None = None
    settlement_days: int = 0
    key_life: timedelta = timedelta(hours=24)
    is_licensed_holder: bool = False
    is_play: bool = False  # a fake or a sandbox: every page where it acts says so
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PayInOpened:
    """A payment in that the provider has made ready.

    `instructions` is what the page shows: {"kind": "redirect", "url": …} or {"kind": "bank", …details, "reference": …}.
    """

    external_id: str
    instructions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PayInTruth:
    """A payment in as the provider has it now; sums from the beginning, none ever falling.

    `withdrawn` was taken from us by a dispute or return, `reinstated` given back after it. `fee` is what the provider
    kept. `outcome` is "" while money may still come. `dispute` is "", "open", "won" or "lost".
    """

    received: Money
    fee: Decimal = ZERO
    withdrawn: Decimal = ZERO
    reinstated: Decimal = ZERO
    outcome: Literal["", "succeeded", "failed", "expired"] = ""
    dispute: Literal["", "open", "won", "lost"] = ""
    charge_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PayoutTruth:
    """A payout as the provider has it now. `left` is what ever left our balance for it (retries add up), `came_back`
    what returned to it. `state` is what the payee would say."""

    state: Literal["unknown", "submitted", "paid", "failed"]
    left: Decimal = ZERO
    came_back: Decimal = ZERO
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RefundTruth:
    """A refund as the provider has it now. `left` is what ever left our balance for it, `came_back` what returned."""

    state: Literal["unknown", "submitted", "complete", "failed"]
    left: Decimal = ZERO
    came_back: Decimal = ZERO
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReversalTruth:
    """A reversal as the provider has it now: done means the whole sum is in our balance again."""

    state: Literal["unknown", "submitted", "done", "failed"]
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class BalanceTruth:
    """What lies with the provider for us, per currency: available and pending together; and when it was read."""

    totals: dict[str, Decimal] = field(default_factory=dict)
    note: str = ""


@runtime_checkable
class Provider(Protocol):
    """What every provider has. `code` is kept in rows; `label` is shown."""

    code: str

    @property
    def label(self) -> Sentence: ...

    def capabilities(self) -> Capabilities: ...

    def balance(self) -> BalanceTruth:
        """What lies there for us; compared with the clearing account. Raises ProviderUnknown."""
        ...


@runtime_checkable
class PayInProvider(Provider, Protocol):
    """Takes money in."""

    def open_payin(self, payin: PayIn, *, key: str, return_url: str) -> PayInOpened:
        """Make the payment ready at the provider, once per key."""
        ...

    def find_payin(self, payin: PayIn) -> PayInOpened | None:
        """The payment made ready before, when the answer that named it was lost; None when there is none."""
        ...

    def fetch_payin(self, payin: PayIn) -> PayInTruth | None:
        """How it stands now; None where statements tell (`settled_by`), which are read in meanwhile if they can be."""
        ...

    def send_refund(self, refund: Refund, *, key: str) -> RefundTruth:
        """Send money of a payment back to where it came from, once per key."""
        ...

    def fetch_refund(self, refund: Refund) -> RefundTruth:
        """How it stands; finds it by our id when `external_id` is empty. "unknown" when the provider has none such."""
        ...


@runtime_checkable
class PayOutProvider(Provider, Protocol):
    """Sends money out."""

    def submit_payout(self, payout: Payout, account: PayoutAccount | None, *, key: str) -> PayoutTruth:
        """Send it, once per key."""
        ...

    def fetch_payout(self, payout: Payout) -> PayoutTruth:
        """How it stands; finds it by our id when `external_id` is empty. "unknown" when the provider has none such."""
        ...

    def send_reversal(self, reversal: Reversal, *, key: str) -> ReversalTruth:
        """Take back part of a payout, once per key. Raises ProviderRefused where the provider cannot."""
        ...

    def fetch_reversal(self, reversal: Reversal) -> ReversalTruth: ...


class Switchboard:
    """The providers in use, by code."""

    def __init__(self) -> None:
        self._providers: dict[str, Provider] = {}

    def register(self, provider: Provider) -> Provider:
        self._providers[provider.code] = provider
        return provider

    def unregister(self, code: str) -> None:
        self._providers.pop(code, None)

    def get(self, code: str) -> Provider:
        """Raises KeyError."""
        return self._providers[code]

    def known(self) -> Sequence[Provider]:
        return [self._providers[code] for code in sorted(self._providers)]

    def pay_in(self, code: str) -> PayInProvider:
        found = self._providers.get(code)
        if not isinstance(found, PayInProvider):
            raise KeyError(code)
        return found

    def pay_out(self, code: str) -> PayOutProvider:
        found = self._providers.get(code)
        if not isinstance(found, PayOutProvider):
            raise KeyError(code)
        return found

    def pay_ins_for(self, currency: str) -> Sequence[PayInProvider]:
        """Those a payer may choose among."""
        return [
            one
            for one in self.known()
            if isinstance(one, PayInProvider)
            and one.capabilities().pays_in
            and currency in one.capabilities().currencies
        ]


providers = Switchboard()
