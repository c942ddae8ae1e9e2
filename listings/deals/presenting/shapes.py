"""Colour and form of each state, as the pages draw it."""

from __future__ import annotations

from listings.deals.states import DealState, DisputeState, FilingState, PeriodState

SHAPES: dict[str, str] = {
    DealState.AGREED: "now",
    DealState.SIGNING: "now",
    DealState.CONSENTING: "wait",
    DealState.PAYING: "wait",
    DealState.RECORDING: "now",
    DealState.RELEASING: "now",
    DealState.COMPLETED: "go",
    DealState.CANCELLED: "ended",
    DealState.EXPIRED: "ended",
    DealState.REFUNDING: "wait",
    DealState.REFUNDED: "ended",
}
FILING_SHAPES: dict[str, str] = {
    FilingState.DUE: "off",
    FilingState.FILED: "now",
    FilingState.REFUSED: "wait",
    FilingState.EVIDENCED: "now",
    FilingState.APPROVED: "go",
    FilingState.DROPPED: "ended",
}
DISPUTE_SHAPES: dict[str, str] = {
    DisputeState.OPEN: "stop",
    DisputeState.DECIDING: "wait",
    DisputeState.DECIDED: "go",
    DisputeState.WITHDRAWN: "ended",
}

ROYALTY_SHAPES = {
    PeriodState.RUNNING: "off",
    PeriodState.DUE: "wait",
    PeriodState.INVOICED: "now",
    PeriodState.PAID: "go",
}
