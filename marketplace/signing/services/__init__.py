"""What other apps call: draft, sign, decline, void; ask for and answer consents."""

from marketplace.signing.services.consents import Wanted, ask_consent, ask_missing, give_consent, refuse_consent
from marketplace.signing.services.documents import SignerSlot, decline, draft_document, sign, void_document

__all__ = [
    "SignerSlot",
    "Wanted",
    "ask_consent",
    "ask_missing",
    "decline",
    "draft_document",
    "give_consent",
    "refuse_consent",
    "sign",
    "void_document",
]
