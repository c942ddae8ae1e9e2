"""What other apps call: draft, sign, decline, void; ask for and answer consents."""

from marketplace.signing.services.consents import (
    Wanted,
    ask_consent,
    ask_missing,
    confirm_paper,
    give_consent,
    hand_in,
    refuse_consent,
    send_back,
)
from marketplace.signing.services.documents import SignerSlot, decline, draft_document, sign, void_document

__all__ = [
    "SignerSlot",
    "Wanted",
    "ask_consent",
    "ask_missing",
    "confirm_paper",
    "decline",
    "draft_document",
    "give_consent",
    "hand_in",
    "refuse_consent",
    "send_back",
    "sign",
    "void_document",
]
