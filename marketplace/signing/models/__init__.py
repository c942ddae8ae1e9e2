"""Documents with their signatures, the consents to them, what proves a signer, and what seals."""

from marketplace.signing.models.consents import Consent
from marketplace.signing.models.documents import Document, Signature
from marketplace.signing.models.proofs import FactorUse, SealCertificate

__all__ = ["Consent", "Document", "FactorUse", "SealCertificate", "Signature"]
