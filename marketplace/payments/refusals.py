"""What the payments floor refuses, each with its sentence and cure."""

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import DomainError


class KeyUsedDifferently(DomainError):
    code = "key_used_differently"
    sentence = _("This booking was made already, with other figures.")
    remedy = _("Nothing was booked. Reload the page and look at what stands there.")


class NotEnoughHeld(DomainError):
    code = "not_enough_held"
    sentence = _("Less is held for this matter than is to go out: %(held)s held, %(wanted)s asked.")
    remedy = _("Wait for the payment to arrive, or lower the sum.")


class HeldBack(DomainError):
    code = "held_back"
    sentence = _("%(amount)s of what is held is held back and cannot be released yet.")
    remedy = _("Free the hold-back first, or release only the rest.")


class NotPayable(DomainError):
    code = "not_payable"
    sentence = _("Nothing is to be paid here: the state is “%(state)s”.")
    remedy = _("Reload the page to see where the matter stands now.")


class ProviderNotOffered(DomainError):
    code = "provider_not_offered"
    status = 422
    sentence = _("This way of paying is not offered for this payment.")
    remedy = _("Choose one of those shown.")


class ProviderFails(DomainError):
    code = "provider_fails"
    status = 503
    sentence = _("The payment provider does not answer, or refused: %(why)s")
    remedy = _("Nothing was paid. Try again in a few minutes, or choose another way of paying.")


class MoneyHasMoved(DomainError):
    code = "money_has_moved"
    sentence = _("Money has been paid for this already, so it cannot simply be cancelled.")
    remedy = _("Refund it instead.")


class RefundTooLarge(DomainError):
    code = "refund_too_large"
    status = 422
    sentence = _("Only %(most)s can be refunded here.")
    remedy = _("Lower the sum.")


class CannotReverse(DomainError):
    code = "cannot_reverse"
    sentence = _("What was paid out through %(provider)s cannot be taken back by us.")
    remedy = _("Ask the payee to pay it back; the refund follows when it has come in.")


class NameDiffers(DomainError):
    code = "holder_name_differs"
    status = 422
    sentence = _("The account holder “%(holder)s” is not your organisation “%(organisation)s”.")
    remedy = _("Name an account that is held in your organisation’s own name.")


class AccountNumberWrong(DomainError):
    code = "account_number_wrong"
    status = 422
    sentence = _("This account number cannot be right.")
    remedy = _("Check it against your bank’s papers: 8 to 34 digits or an IBAN.")


class OurAccountInUse(DomainError):
    code = "our_account_in_use"
    sentence = _("The account in %(currency)s is in use: payers were told of it, or a statement of it was read.")
    remedy = _("Keep it. Another account needs a new currency, or a move that the bank and the books make together.")


class AccountWaits(DomainError):
    code = "payout_account_waits"
    sentence = _("Another account waits to be used already.")
    remedy = _("Withdraw it first.")


class SecondFactorNeeded(DomainError):
    code = "second_factor_needed"
    status = 403
    sentence = _("Confirm that it is you before you change where money goes.")
    remedy = _("Sign in again or show your second factor, then repeat the step.")


class StatementUnreadable(DomainError):
    code = "statement_unreadable"
    status = 422
    sentence = _("This statement cannot be read: %(why)s")
    remedy = _("Export it anew as CSV, MT940 or CAMT.053, and upload it again.")


class OwnProposal(DomainError):
    code = "own_proposal"
    status = 403
    sentence = _("You proposed this yourself; a second person has to decide on it.")
    remedy = _("Ask a colleague at the desk.")


class LineSettled(DomainError):
    code = "line_settled"
    sentence = _("This line is settled, or a proposal for it waits already.")
    remedy = _("Reload the page to see where it stands now.")


class CreditTooLarge(DomainError):
    code = "credit_too_large"
    status = 422
    sentence = _("A credit note cannot be larger than what is left of its invoice: %(most)s.")
    remedy = _("Lower the sum.")
