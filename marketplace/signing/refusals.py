"""What signing refuses, each with its sentence and cure."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class NotYourTurn(DomainError):
    """Signatures come in order."""

    code = "not_your_turn"
    sentence = _("%(name)s signs before you.")
    remedy = _("You will be told when it is your turn.")


class AlreadySigned(DomainError):
    """One signature per place."""

    code = "already_signed"
    sentence = _("Your organisation has signed this document already.")
    remedy = _("Nothing is left for you to do here; see who signs next.")


class OtherText(DomainError):
    """The hash named is not that of the version that stands."""

    code = "other_text"
    sentence = _("The text you looked at is not the one that stands now.")
    remedy = _("Open the document again, read the current version, and act on that one.")


class NotCurrent(DomainError):
    """A newer version, a refusal or the deadline has ended this one."""

    code = "document_not_current"
    sentence = _("Document %(number)s, version %(version)s, is no longer open: %(state)s.")
    remedy = _("Go back to the matter and open the current version.")


class SignerUnverified(DomainError):
    """A signer must be an organisation whose identity the market has verified."""

    code = "signer_unverified"
    sentence = _("%(name)s is not a verified organisation, so it cannot be made a signer.")
    remedy = _("It submits its papers for review first.")


class SignersWrong(DomainError):
    """No signers, or two in one place."""

    code = "signers_wrong"
    status = 422
    sentence = _("A document needs at least one signer, each with a place of its own in the order.")
    remedy = _("Number the signers 1, 2, 3.")


class FactorMissing(DomainError):
    """Signing needs a second factor even where signing in does not."""

    code = "no_second_factor"
    status = 403
    sentence = _("Signing takes a second factor, and you have none yet.")
    remedy = _("Add an authenticator app or a passkey at “Sign-in and security”, then come back.")


class FactorWrong(DomainError):
    """The code does not fit; nothing was signed."""

    code = "second_factor_wrong"
    status = 422
    sentence = _("The code is not right, or it has been used already. Nothing was signed.")
    remedy = _("Wait for the next code of your authenticator app and enter that one.")


class FactorTired(DomainError):
    """Too many wrong codes."""

    code = "second_factor_tired"
    status = 429
    sentence = _("Too many wrong codes were entered.")
    remedy = _("Wait %(minutes)s minutes. If it was not you, change your password.")


class SealUnavailable(DomainError):
    """The platform's key or certificate cannot be used; the last signature waits rather than standing unsealed."""

    code = "seal_unavailable"
    status = 503
    sentence = _("The market cannot seal the document at the moment, so your signature was not taken.")
    remedy = _("Try again later with a new code. Tell the operator if it lasts.")


class AlreadyAsked(DomainError):
    code = "consent_already_asked"
    sentence = _("%(name)s has been asked for this consent already.")
    remedy = _("See the consents at the document.")


class TooManyChecks(DomainError):
    """The public page is for people, not for harvesting."""

    code = "too_many_checks"
    status = 429
    sentence = _("Too many files were checked from your address.")
    remedy = _("Wait a minute and try again.")


class NotAPdf(DomainError):
    code = "not_a_pdf"
    status = 422
    sentence = _("This is not a PDF file of at most %(limit)s MB.")
    remedy = _("Choose the file as you received it, without converting or printing it again.")


class NotAHash(DomainError):
    code = "not_a_hash"
    status = 422
    sentence = _("A SHA-256 hash has 64 signs, 0 to 9 and a to f.")
    remedy = _("Copy it whole from the document’s page, or choose the file itself.")


class PaperMissing(DomainError):
    code = "paper_missing"
    status = 422
    sentence = _("The signed paper is missing.")
    remedy = _("Choose the file and hand it in again.")
